/**
 * What a link calls a task run: `pf:do_x`, its multiconfig in front, `~2` for its second execution. Row numbers move while a build
 * grows; this does not.
 */
import type { Tabled } from './table/task-model.ts';

function nameOf({ build, tasks }: Tabled, row: number): string {
  const recipe = build.recipes[tasks.recipe[row]!];
  const mc = recipe === undefined || recipe.mc === '' ? '' : `mc:${recipe.mc}:`;
  return `${mc}${recipe?.pf ?? ''}:${tasks.taskNames[tasks.task[row]!] ?? ''}`;
}

export function runKey(tabled: Tabled, row: number): string {
  const name = nameOf(tabled, row);
  let count = 1;
  // Rows of one recipe and task are neighbours: the table is sorted by them.
  for (let r = row - 1; r >= 0 && nameOf(tabled, r) === name; r--) count++;
  return count === 1 ? name : `${name}~${count}`;
}

/** Null: this build has no such run. */
export function rowOfKey(tabled: Tabled, key: string | undefined): number | null {
  if (key === undefined) return null;
  const match = /^(.*?)(?:~(\d{1,6}))?$/.exec(key);
  const name = match?.[1] ?? key;
  let count = Number(match?.[2] ?? 1);
  for (let row = 0; row < tabled.tasks.length; row++) {
    if (nameOf(tabled, row) === name && --count === 0) return row;
  }
  return null;
}
