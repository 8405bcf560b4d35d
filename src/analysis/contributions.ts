/**
 * Where a difference comes from. Every task (with its setscene twin) falls in exactly one part by what it was in the first and in the last
 * build, and the parts add up to the difference of the totals: exactly, since all are sums on one grid (exact-sum.ts).
 */
import { type Join, SETSCENE, wasExecuted } from './join-builds.ts';
import type { CompareInput } from './join-builds.ts';
import { versionDifference } from './recipe-version.ts';
import { TASK_COVERED, TASK_EXISTING } from '../model/task-table.ts';

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
  'cache-loss': 'From cache before, executed now',
  'cache-gain': 'Executed before, from cache now',
  'version-changed': 'Recipe version changed',
  'hash-changed': 'Same version, task hash changed',
  same: 'Nothing known changed (noise, host)',
};

/** What a task was in one build. `cached`: restored from sstate, covered by that, or its stamp was current. */
export type Presence = 'executed' | 'cached' | 'absent';

/** All rows of a joined task in one build. */
export function rowsOf(join: Join, task: number, build: number): number[] {
  const joined = join.tasks[task]!;
  const first = joined.firstRow[build]!;
  if (first === -1) return [];
  return joined.moreRows === null ? [first] : [first, ...joined.moreRows[build]!];
}

/**
 * buildstats say nothing of a task that sstate covered, only the setscene tasks that ran. A task that left no row, of a recipe of which a
 * setscene task ran, was therefore covered: bitbake runs setscene tasks only to skip the others of that recipe.
 */
export function presence(join: Join, inputs: readonly CompareInput[], task: number, build: number): Presence {
  const joined = join.tasks[task]!;
  const { outcome } = inputs[build]!.tasks;
  let cached = false;
  for (const row of rowsOf(join, task, build)) {
    const of = outcome[row]!;
    if (wasExecuted(of)) return 'executed';
    if (of === TASK_COVERED || of === TASK_EXISTING) cached = true;
  }
  if (cached) return 'cached';
  if (joined.task.endsWith(SETSCENE) || joined.firstRow[build] !== -1) return 'absent';
  return join.recipes[joined.recipe]!.restored[build] === true ? 'cached' : 'absent';
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
  const first = 0;
  const last = inputs.length - 1;
  const parts = new Map<ContributionId, { tasks: number; difference: number }>();
  for (let t = 0; t < join.tasks.length; t++) {
    const joined = join.tasks[t]!;
    let base = t;
    let twin = -1;
    if (joined.task.endsWith(SETSCENE)) {
      const real = join.find(joined.recipe, joined.task.slice(0, -SETSCENE.length));
      // The real task takes its twin along.
      if (real !== -1) continue;
      base = -1;
      twin = t;
    } else twin = join.find(joined.recipe, joined.task + SETSCENE);

    const state = (b: number): Presence => {
      const real = base === -1 ? 'absent' : presence(join, inputs, base, b);
      if (real !== 'absent' || twin === -1) return real;
      return presence(join, inputs, twin, b) === 'executed' ? 'cached' : 'absent';
    };
    const before = state(first);
    const after = state(last);
    if (before === 'absent' && after === 'absent') continue;
    const of = (b: number): number => (base === -1 ? 0 : values[b]![base]!) + (twin === -1 ? 0 : values[b]![twin]!);
    const id = partOf(join, inputs, base === -1 ? twin : base, before, after);
    const part = parts.get(id) ?? { tasks: 0, difference: 0 };
    part.tasks++;
    part.difference += of(last) - of(first);
    parts.set(id, part);
  }
  return (Object.keys(LABELS) as ContributionId[]).flatMap((id) => {
    const part = parts.get(id);
    return part === undefined ? [] : [{ id, label: LABELS[id], ...part }];
  });
}

function partOf(
  join: Join,
  inputs: readonly CompareInput[],
  task: number,
  before: Presence,
  after: Presence,
): ContributionId {
  if (before === 'absent') return 'new';
  if (after === 'absent') return 'dropped';
  if (before === 'cached' && after === 'executed') return 'cache-loss';
  if (before === 'executed' && after === 'cached') return 'cache-gain';
  const last = inputs.length - 1;
  const joined = join.tasks[task]!;
  const recipe = join.recipes[joined.recipe]!;
  const a = recipe.recipes[0] ?? null;
  const b = recipe.recipes[last] ?? null;
  if (a !== null && b !== null && versionDifference(a, b) !== null) return 'version-changed';
  const hashBefore = hashOf(inputs[0]!, joined.firstRow[0]!);
  const hashAfter = hashOf(inputs[last]!, joined.firstRow[last]!);
  return hashBefore !== '' && hashAfter !== '' && hashBefore !== hashAfter ? 'hash-changed' : 'same';
}

function hashOf(input: CompareInput, row: number): string {
  return row === -1 ? '' : (input.tasks.hash?.[row] ?? '');
}
