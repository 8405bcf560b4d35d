/**
 * Where a difference comes from. Every task (with its setscene twin) falls in exactly one part by what it was in the first and in the last
 * build, and the parts add up to the difference of the totals: exactly, since all are sums on one grid (exact-sum.ts).
 */

import { TASK_COVERED, TASK_EXISTING } from '../model/task-table.ts';
import { type CompareInput, forEachRow, type Join, SETSCENE, wasExecuted } from './join-builds.ts';
import { versionDifference } from './recipe-version.ts';

export type ContributionId =
  | 'new'
  | 'dropped'
  | 'cache-loss'
  | 'cache-gain'
  | 'version-changed'
  | 'hash-changed'
  | 'same';

export interface Contribution {
  readonly id: ContributionId;
  readonly label: string;
  /** Tasks in this part; a task and its setscene twin count once. */
  readonly tasks: number;
  /** Last build minus first, in the metric's unit. */
  readonly difference: number;
}

const LABELS: Readonly<Record<ContributionId, string>> = {
  new: 'New tasks',
  dropped: 'Dropped tasks',
  'cache-loss': 'From sstate or up to date before, executed now',
  'cache-gain': 'Executed before, from sstate or up to date now',
  'version-changed': 'Recipe version changed',
  'hash-changed': 'Same version, task hash changed',
  same: 'Nothing known changed (noise, host)',
};

/** What a task was in one build. `cached`: restored from sstate, covered by that, or its stamp was current. */
export type Presence = 'executed' | 'cached' | 'absent';

/**
 * buildstats say nothing of a task that sstate covered, only the setscene tasks that ran. A task that left no row, of a recipe of which a
 * setscene task ran, was therefore covered: bitbake runs setscene tasks only to skip the others of that recipe.
 */
export function presence(join: Join, inputs: readonly CompareInput[], t: number, build: number): Presence {
  const { outcome } = inputs[build]!.tasks;
  const first = join.firstRow[build]![t]!;
  if (first === -1) {
    if (join.taskNames[join.task[t]!]!.endsWith(SETSCENE)) return 'absent';
    return join.recipes[join.recipe[t]!]!.restored[build] === true ? 'cached' : 'absent';
  }
  let found: Presence = 'absent';
  forEachRow(join, t, build, (row) => {
    const of = outcome[row]!;
    if (wasExecuted(of)) found = 'executed';
    else if (found === 'absent' && (of === TASK_COVERED || of === TASK_EXISTING)) found = 'cached';
  });
  return found;
}

/**
 * `values[b][t]`: the metric of joined task t in build b, rounded to the grid, 0 where there is none. Only for metrics that add up.
 * Empty parts are left out.
 */
export function contributions(
  join: Join,
  inputs: readonly CompareInput[],
  values: readonly Float64Array[],
): Contribution[] {
  const last = inputs.length - 1;
  const before = values[0]!;
  const after = values[last]!;
  const parts = new Map<ContributionId, { tasks: number; difference: number }>();
  for (let t = 0; t < join.length; t++) {
    const name = join.task[t]!;
    const real = join.realOf[name]!;
    // A real task takes its setscene twin along, so a twin is looked at only where there is no real one.
    if (real !== -1 && join.find(join.recipe[t]!, real) !== -1) continue;
    const twinName = join.setsceneOf[name]!;
    const twin = twinName === -1 ? -1 : join.find(join.recipe[t]!, twinName);
    const lone = join.taskNames[name]!.endsWith(SETSCENE);

    const state = (build: number): Presence => {
      const own = presence(join, inputs, t, build);
      if (lone) return own === 'executed' ? 'cached' : 'absent';
      if (own !== 'absent' || twin === -1) return own;
      return presence(join, inputs, twin, build) === 'executed' ? 'cached' : 'absent';
    };
    const id = partOf(join, inputs, t, state(0), state(last));
    if (id === null) continue;
    const part = parts.get(id) ?? { tasks: 0, difference: 0 };
    part.tasks++;
    part.difference += after[t]! - before[t]!;
    if (twin !== -1) part.difference += after[twin]! - before[twin]!;
    parts.set(id, part);
  }
  return (Object.keys(LABELS) as ContributionId[]).flatMap((id) => {
    const part = parts.get(id);
    return part === undefined ? [] : [{ id, label: LABELS[id], ...part }];
  });
}

/** Null: in neither build. */
function partOf(
  join: Join,
  inputs: readonly CompareInput[],
  t: number,
  before: Presence,
  after: Presence,
): ContributionId | null {
  if (before === 'absent') return after === 'absent' ? null : 'new';
  if (after === 'absent') return 'dropped';
  if (before === 'cached' && after === 'executed') return 'cache-loss';
  if (before === 'executed' && after === 'cached') return 'cache-gain';
  const last = inputs.length - 1;
  const { recipes } = join.recipes[join.recipe[t]!]!;
  const a = recipes[0] ?? null;
  const b = recipes[last] ?? null;
  if (a !== null && b !== null && versionDifference(a, b) !== null) return 'version-changed';
  const hashBefore = hashOf(inputs[0]!, join.firstRow[0]![t]!);
  const hashAfter = hashOf(inputs[last]!, join.firstRow[last]![t]!);
  return hashBefore !== '' && hashAfter !== '' && hashBefore !== hashAfter ? 'hash-changed' : 'same';
}

function hashOf(input: CompareInput, row: number): string {
  return row === -1 ? '' : (input.tasks.hash?.[row] ?? '');
}
