/** What a link calls a task run (chart/chart-state.ts), for a table and the build it belongs to. */
import * as key from './chart/chart-state.ts';
import type { Tabled } from './table/task-model.ts';

export function runKey({ build, tasks }: Tabled, row: number): string {
  return key.runKey({ recipes: build.recipes, tasks }, row);
}

/** Null: this build has no such run. */
export function rowOfKey({ build, tasks }: Tabled, text: string | undefined): number | null {
  return key.rowOfKey({ recipes: build.recipes, tasks }, text ?? null);
}
