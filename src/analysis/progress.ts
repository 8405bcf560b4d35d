/**
 * How far a running build is and when it will end, from its own history: the same tasks in earlier builds of its configuration. An estimate,
 * and said to be one. bitbake's own bar counts tasks, but a do_compile is not a do_unpack: here each counts with its usual wall time.
 *
 *     usual walls:   a:do_compile 60 s   b:do_compile 30 s   c:do_compile 30 s      earlier build: 2 at a time
 *     now (t = 70):  a done              b running for 10 s  c not begun
 *     work left      20 + 30 = 50 s      share done = 70 / 120      end = now + 50 / 2
 */
import type { Recipe } from '../model/build.ts';
import { TASK_NOT_RUN, TASK_RUNNING, TASK_SUCCEEDED, type TaskTable } from '../model/task-table.ts';
import type { DurationMs, EpochMs } from '../model/units.ts';

export interface ProgressInput {
  readonly recipes: readonly Pick<Recipe, 'pn' | 'mc'>[];
  readonly tasks: TaskTable;
}

export interface PastBuild extends ProgressInput {
  readonly durationMs: DurationMs;
}

export interface Progress {
  /** 0..1 of the usual work; null: nothing to measure it by. */
  readonly share: number | null;
  readonly estimatedEndMs: EpochMs | null;
  /** What it is estimated from, in words. */
  readonly basis: string;
}

function keyOf(build: ProgressInput, row: number): string {
  const recipe = build.recipes[build.tasks.recipe[row]!]!;
  return `${recipe.mc}\0${recipe.pn}\0${build.tasks.taskNames[build.tasks.task[row]!]}`;
}

function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[(values.length - 1) >> 1]!;
}

/** Median wall of each task that succeeded in the past builds, ms. */
function usualWalls(past: readonly PastBuild[]): Map<string, DurationMs> {
  const walls = new Map<string, number[]>();
  for (const build of past) {
    const { tasks } = build;
    for (let row = 0; row < tasks.length; row++) {
      const wall = tasks.endMs[row]! - tasks.startMs[row]!;
      if (tasks.outcome[row] !== TASK_SUCCEEDED || !(wall >= 0)) continue;
      const key = keyOf(build, row);
      const list = walls.get(key);
      if (list === undefined) walls.set(key, [wall]);
      else list.push(wall);
    }
  }
  return new Map([...walls].map(([key, list]) => [key, medianOf(list)]));
}

/** Work per wall time of the past builds, everything outside tasks counted in: what turns work left into time left. */
function usualParallelism(past: readonly PastBuild[]): number {
  const ratios: number[] = [];
  for (const { tasks, durationMs } of past) {
    let work = 0;
    for (let row = 0; row < tasks.length; row++) {
      const wall = tasks.endMs[row]! - tasks.startMs[row]!;
      if (wall > 0) work += wall;
    }
    if (durationMs > 0 && work > 0) ratios.push(work / durationMs);
  }
  return ratios.length === 0 ? Number.NaN : medianOf(ratios);
}

/**
 * `past`: finished builds of the same configuration, at least one. Where the build's own task graph is known (rows "not run" yet), the work
 * left is those rows; else it is what the newest past build executed and this one has not.
 */
export function estimateProgress(now: EpochMs, build: ProgressInput, past: readonly PastBuild[]): Progress | null {
  const newest = past[0];
  if (newest === undefined) return null;
  const walls = usualWalls(past);
  const { tasks } = build;
  let done = 0;
  let left = 0;
  let awaited = 0;
  const seen = new Set<string>();
  for (let row = 0; row < tasks.length; row++) {
    const key = keyOf(build, row);
    seen.add(key);
    const outcome = tasks.outcome[row]!;
    const start = tasks.startMs[row]!;
    const end = tasks.endMs[row]!;
    if (outcome === TASK_NOT_RUN) {
      const wall = walls.get(key);
      if (wall !== undefined) left += wall;
      awaited++;
    } else if (outcome === TASK_RUNNING) {
      const elapsed = Math.max(0, now - start) || 0;
      done += elapsed;
      left += Math.max(0, (walls.get(key) ?? 0) - elapsed);
    } else if (end >= start) done += end - start;
  }
  const graphKnown = awaited > 0;
  if (!graphKnown) {
    const past0 = newest.tasks;
    const counted = new Set<string>();
    for (let row = 0; row < past0.length; row++) {
      if (past0.outcome[row] !== TASK_SUCCEEDED) continue;
      const key = keyOf(newest, row);
      if (seen.has(key) || counted.has(key)) continue;
      counted.add(key);
      left += walls.get(key) ?? 0;
    }
  }
  const parallelism = usualParallelism(past);
  const builds = past.length === 1 ? 'the build before' : `the ${past.length} builds before`;
  return {
    share: done + left === 0 ? null : done / (done + left),
    estimatedEndMs: Number.isNaN(parallelism) ? null : Math.round(now + left / parallelism),
    basis: graphKnown
      ? `estimated: the tasks still to run at their median times in ${builds} of this configuration`
      : `estimated: the tasks of ${builds} of this configuration that have not run yet`,
  };
}
