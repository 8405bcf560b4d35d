import type { Build } from '../model/build.ts';
import { TASK_COVERED, TASK_SUCCEEDED } from '../model/task-table.ts';
import type { DurationMs } from '../model/units.ts';

/** What of a build decides how long it must take. */
export interface LongestChain {
  /** Rows of the task table, first to last: each depends on the one before. Tasks that took no time are in it. */
  readonly rows: readonly number[];
  /** Of `rows` what ran: of a task restored from sstate its setscene task; what did not run is left out. */
  readonly runs: readonly number[];
  /** Sum of their walls: no number of threads makes the build shorter. */
  readonly lengthMs: DurationMs;
  /**
   * By row: how much later the task could have ended without making the longest chain longer. A setscene row has that of the task it
   * restored. NaN: not in the graph's order (a cycle).
   */
  readonly slackMs: Float64Array;
  /** Sum of all walls / length of the chain: more threads than this cannot all be kept busy. Null when nothing took time. */
  readonly parallelismMax: number | null;
}

/** The longest chain in three numbers. */
export interface ChainFigures {
  readonly lengthMs: DurationMs;
  /** Tasks of the chain that ran. */
  readonly tasks: number;
  readonly parallelismMax: number;
}

/** Null: no graph, or nothing took time. */
export function chainFigures(build: Input): ChainFigures | null {
  const chain = longestChain(build);
  if (chain === null || chain.parallelismMax === null) return null;
  return { lengthMs: chain.lengthMs, tasks: chain.runs.length, parallelismMax: chain.parallelismMax };
}

/** A step of what the build waited for. */
export interface WaitedStep {
  /** Row that ran: of a task restored from sstate its setscene task. */
  readonly row: number;
  /** From the end of the step before (or the first start of any task) to the start of this one. */
  readonly waitMs: DurationMs;
  readonly durationMs: DurationMs;
  /** Mean number of tasks that ran during the wait, or null when there was none: near the number of threads, the slots were full. */
  readonly runningMean: number | null;
}

type Input = Pick<Build, 'tasks' | 'graph'>;

/**
 * The longest chain of dependencies by measured walls (the critical path method): the bound of the build with threads without end.
 *
 * A task that did not run weighs nothing. One that was covered from sstate weighs what its setscene task took and depends
 * on nothing: what it would have needed was not built. Null without a graph. O(rows + edges).
 */
export function longestChain(build: Input): LongestChain | null {
  const network = networkOf(build);
  if (network === null) return null;
  const { order, weightMs, offsets, targets, runOf } = network;
  const n = weightMs.length;

  const earliestEnd = new Float64Array(n).fill(Number.NaN);
  const lengthMs = forward(network, weightMs, earliestEnd);
  const latestEnd = new Float64Array(n).fill(lengthMs);
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!;
    const latestStart = latestEnd[row]! - weightMs[row]!;
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
      const dependency = targets[e]!;
      if (latestStart < latestEnd[dependency]!) latestEnd[dependency] = latestStart;
    }
  }
  const slackMs = new Float64Array(n).fill(Number.NaN);
  for (const row of order) slackMs[row] = latestEnd[row]! - earliestEnd[row]!;

  const rows: number[] = [];
  let at = order.reduce((best, row) => (best < 0 || earliestEnd[row]! > earliestEnd[best]! ? row : best), -1);
  while (at >= 0) {
    rows.push(at);
    let before = -1;
    for (let e = offsets[at]!; e < offsets[at + 1]!; e++) {
      const dependency = targets[e]!;
      if (!Number.isNaN(earliestEnd[dependency]) && (before < 0 || earliestEnd[dependency]! > earliestEnd[before]!)) {
        before = dependency;
      }
    }
    at = before;
  }
  rows.reverse();

  const runs = rows.map((row) => runOf[row]!).filter((run) => run >= 0);
  for (let row = 0; row < n; row++) {
    const run = runOf[row]!;
    if (run >= 0 && run !== row) slackMs[run] = slackMs[row]!;
  }
  const total = weightMs.reduce((sum, ms) => sum + ms, 0);
  return { rows, runs, lengthMs, slackMs, parallelismMax: lengthMs > 0 ? total / lengthMs : null };
}

/**
 * By row: how much shorter the longest chain were if the task took no time; 0 off the chain. Devaux's drag: a long task beside which
 * another chain is nearly as long has little of it. A setscene row has that of the task it restored. Costs the length of the chain
 * times O(rows + edges).
 */
export function chainDrags(build: Input, { rows, lengthMs }: LongestChain): Float64Array {
  const dragMs = new Float64Array(build.tasks.length);
  const network = networkOf(build);
  if (network === null) return dragMs;
  const { weightMs, runOf } = network;
  const scratch = new Float64Array(weightMs.length);
  for (const row of rows) {
    const weight = weightMs[row]!;
    if (weight === 0) continue;
    weightMs[row] = 0;
    dragMs[row] = lengthMs - forward(network, weightMs, scratch);
    weightMs[row] = weight;
    dragMs[runOf[row]!] = dragMs[row]!;
  }
  return dragMs;
}

/**
 * What the build waited for: from the task that ended last back to the dependency that ended last, and so on; each step with the
 * time between. Waits are for a free thread, for pressure, or for bitbake itself; the longest chain has none.
 *
 * Tasks that took no time are looked through. Null without a graph or when no task ended.
 */
export function waitedFor(build: Input): WaitedStep[] | null {
  const network = networkOf(build);
  if (network === null) return null;
  const { tasks } = build;
  const { order, offsets, targets, runOf } = network;

  // The row that a dependency on `row` really waited for, and when that ended: the row's own run, else that of its dependencies.
  const lastRun = new Int32Array(tasks.length).fill(-1);
  const endOf = (run: number) => (run < 0 ? Number.NEGATIVE_INFINITY : tasks.endMs[run]!);
  const latestDependency = (row: number): number => {
    let latest = -1;
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
      const run = lastRun[targets[e]!]!;
      if (endOf(run) > endOf(latest)) latest = run;
    }
    return latest;
  };
  const before = new Int32Array(tasks.length).fill(-1);
  let last = -1;
  for (const row of order) {
    const run = runOf[row]!;
    const dependency = latestDependency(row);
    if (run >= 0 && !Number.isNaN(tasks.endMs[run]!) && !Number.isNaN(tasks.startMs[run]!)) {
      lastRun[row] = run;
      before[run] = dependency;
      if (endOf(run) > endOf(last)) last = run;
    } else lastRun[row] = dependency;
  }
  if (last < 0) return null;

  let firstStart = Number.POSITIVE_INFINITY;
  for (const startMs of tasks.startMs) if (startMs < firstStart) firstStart = startMs;
  const steps: WaitedStep[] = [];
  for (let run = last; run >= 0; run = before[run]!) {
    const startMs = tasks.startMs[run]!;
    const since = before[run]! >= 0 ? endOf(before[run]!) : firstStart;
    // Both clocks are of the same host, but starts and ends are rounded to 0.01 s by buildstats.
    const waitMs = Math.max(0, startMs - since);
    const runningMean = waitMs === 0 ? null : runningBetween(build, since, startMs) / waitMs;
    steps.push({ row: run, waitMs, durationMs: tasks.endMs[run]! - startMs, runningMean });
    // A dependency that ended after this started is no cause but a clock that went backwards; stop rather than loop.
    if (before[run]! >= 0 && tasks.startMs[before[run]!]! > startMs) break;
  }
  return steps.reverse();
}

/** Task time inside [from, to], summed over tasks. */
function runningBetween({ tasks }: Input, from: number, to: number): DurationMs {
  let sum = 0;
  for (let r = 0; r < tasks.length; r++) {
    const overlap = Math.min(to, tasks.endMs[r]!) - Math.max(from, tasks.startMs[r]!);
    if (overlap > 0) sum += overlap;
  }
  return sum;
}

interface Network {
  /** Rows so that each comes after all it depends on; rows of a cycle are not in it. */
  readonly order: readonly number[];
  readonly weightMs: Float64Array;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  /** The row that ran for a row: itself, its setscene task, or -1. */
  readonly runOf: Int32Array;
}

/** Longest path: fills `earliestEnd` and returns the largest. */
function forward({ order, offsets, targets }: Network, weightMs: Float64Array, earliestEnd: Float64Array): DurationMs {
  let largest = 0;
  for (const row of order) {
    let start = 0;
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
      const end = earliestEnd[targets[e]!]!;
      if (end > start) start = end;
    }
    const end = start + weightMs[row]!;
    earliestEnd[row] = end;
    if (end > largest) largest = end;
  }
  return largest;
}

function networkOf({ tasks, graph }: Input): Network | null {
  if (graph === null) return null;
  const n = tasks.length;
  const wall = (row: number): DurationMs => {
    const ms = tasks.endMs[row]! - tasks.startMs[row]!;
    return ms > 0 ? ms : 0;
  };
  const setscene = setsceneRows(tasks);
  const weightMs = new Float64Array(n);
  const runOf = new Int32Array(n).fill(-1);
  const covered = new Uint8Array(n);
  for (let row = 0; row < n; row++) {
    const restored = tasks.outcome[row] === TASK_COVERED ? setscene[row]! : -1;
    if (restored >= 0) {
      covered[row] = 1;
      runOf[row] = restored;
      weightMs[row] = wall(restored);
    } else if (!Number.isNaN(tasks.startMs[row])) {
      runOf[row] = row;
      weightMs[row] = wall(row);
    }
  }
  // A setscene row has no edges and its weight is on the task it stands for.
  for (let row = 0; row < n; row++) if (covered[row] === 1) weightMs[setscene[row]!] = 0;

  const offsets = new Uint32Array(n + 1);
  const targets = new Uint32Array(graph.targets.length);
  let length = 0;
  for (let row = 0; row < n; row++) {
    if (covered[row] === 0) {
      for (let e = graph.offsets[row]!; e < graph.offsets[row + 1]!; e++) targets[length++] = graph.targets[e]!;
    }
    offsets[row + 1] = length;
  }

  // Kahn's order, smallest row first among those that wait for nothing more.
  const waiting = new Uint32Array(n);
  const dependents: number[][] = Array.from({ length: n }, () => []);
  for (let row = 0; row < n; row++) {
    waiting[row] = offsets[row + 1]! - offsets[row]!;
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) dependents[targets[e]!]!.push(row);
  }
  const order: number[] = [];
  for (let row = 0; row < n; row++) if (waiting[row] === 0) order.push(row);
  for (let i = 0; i < order.length; i++) {
    for (const row of dependents[order[i]!]!) if (--waiting[row]! === 0) order.push(row);
  }
  return { order, weightMs, offsets, targets: targets.subarray(0, length), runOf };
}

/** For each row the row of its succeeded setscene task, or -1. */
function setsceneRows(tasks: Input['tasks']): Int32Array {
  const rows = new Int32Array(tasks.length).fill(-1);
  const realName = new Map<number, number>();
  tasks.taskNames.forEach((name, i) => {
    if (!name.endsWith('_setscene')) return;
    const real = tasks.taskNames.indexOf(name.slice(0, -'_setscene'.length));
    if (real >= 0) realName.set(i, real);
  });
  if (realName.size === 0) return rows;
  const byTask = new Map<number, number>();
  for (let r = 0; r < tasks.length; r++) byTask.set(tasks.recipe[r]! * 65536 + tasks.task[r]!, r);
  for (let r = 0; r < tasks.length; r++) {
    const real = realName.get(tasks.task[r]!);
    if (real === undefined || tasks.outcome[r] !== TASK_SUCCEEDED) continue;
    const row = byTask.get(tasks.recipe[r]! * 65536 + real);
    if (row !== undefined) rows[row] = r;
  }
  return rows;
}
