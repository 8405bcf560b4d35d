/**
 * The key list of a task table: which task is at which position, so that a position can be found in a stored build without
 * decoding it. Builds that ran the same tasks have the same list and share it by its hash: then a task is at one position in all
 * of them, and its history reads the same block of each.
 *
 * A key is (mc, pn, task, n-th run of it): no version, so that an upgrade of one recipe keeps the list. Canonical order is the
 * order of the rows. As text, a recipe a line, which is what makes it small and searched without parsing:
 *
 *     BHK1 do_compile do_fetch do_package
 *     0<tab>mc<tab>pn<tab>1 0 2          first position in base 36, then task numbers in base 36, in row order
 */

import type { Recipe } from './build.ts';
import { BakehouseError } from './errors.ts';
import type { TaskTable } from './task-table.ts';

export interface TaskKey {
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  /** 0 for the first run of this task in the build. */
  readonly ordinal: number;
}

export function keyListOf(table: TaskTable, recipes: readonly Recipe[]): string {
  const lines = [['BHK1', ...table.taskNames.map(escaped)].join(' ')];
  const { length, recipe, task } = table;
  for (let row = 0; row < length; ) {
    const { mc, pn } = recipes[recipe[row]!]!;
    const first = row;
    const tasks: string[] = [];
    for (; row < length; row++) {
      const at = recipes[recipe[row]!]!;
      if (at.pn !== pn || at.mc !== mc) break;
      tasks.push(task[row]!.toString(36));
    }
    lines.push(`${first.toString(36)}\t${escaped(mc)}\t${escaped(pn)}\t${tasks.join(' ')}`);
  }
  return lines.join('\n');
}

/** Positions of all runs of a task, ascending; without a task, of all of the recipe. */
export function findPositions(list: string, mc: string, pn: string, task: string | null): number[] {
  let wanted: string | null = null;
  if (task !== null) {
    const number = taskNamesOf(list).indexOf(task);
    if (number < 0) return [];
    wanted = number.toString(36);
  }
  const positions: number[] = [];
  const needle = `\t${escaped(mc)}\t${escaped(pn)}\t`;
  for (let at = list.indexOf(needle); at >= 0; at = list.indexOf(needle, at + needle.length)) {
    const lineStart = list.lastIndexOf('\n', at) + 1;
    const lineEnd = list.indexOf('\n', at + needle.length);
    const first = Number.parseInt(list.slice(lineStart, at), 36);
    const tasks = list.slice(at + needle.length, lineEnd < 0 ? list.length : lineEnd).split(' ');
    for (const [i, number] of tasks.entries()) if (wanted === null || number === wanted) positions.push(first + i);
  }
  return positions;
}

/** The keys at these positions. */
export function keysAt(list: string, positions: readonly number[]): TaskKey[] {
  const names = taskNamesOf(list);
  const lines = list.split('\n').slice(1);
  const starts = lines.map((line) => Number.parseInt(line.slice(0, line.indexOf('\t')), 36));
  return positions.map((position) => {
    let low = 0;
    let high = lines.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= position) low = middle;
      else high = middle;
    }
    const [, mc, pn, tasks] = (lines[low] ?? '').split('\t');
    const numbers = tasks?.split(' ') ?? [];
    const at = position - (starts[low] ?? 0);
    const number = numbers[at];
    if (mc === undefined || pn === undefined || number === undefined) {
      throw new BakehouseError('unreadable', `The key list has no position ${position}.`);
    }
    const ordinal = numbers.slice(0, at).filter((other) => other === number).length;
    return { mc: unescaped(mc), pn: unescaped(pn), task: names[Number.parseInt(number, 36)] ?? '', ordinal };
  });
}

function taskNamesOf(list: string): string[] {
  const end = list.indexOf('\n');
  const line = end < 0 ? list : list.slice(0, end);
  if (!line.startsWith('BHK1')) throw new BakehouseError('unreadable', 'A key list is of another version.');
  return line.split(' ').slice(1).map(unescaped);
}

/** Names of hostile directories may hold blanks and line ends, which part fields here. */
function escaped(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name.replace(/[\x00-\x20%]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function unescaped(name: string): string {
  return name.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
