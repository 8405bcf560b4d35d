import type { Metric } from './metric.ts';

/**
 * The outcome of a task run. The index in this list is what columns hold, so the order is part of the
 * task-table format: append only.
 *
 * Not executed is not checked: `covered` (restored from sstate), `existing` (stamp was current) and `noexec` are
 * neither a pass nor a zero in any history, sum or count.
 */
export const TASK_OUTCOMES = [
  'succeeded',
  'failed',
  'covered',
  'existing',
  'noexec',
  'unfinished',
  'running',
  'not-run',
] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

export const TASK_SUCCEEDED = 0;
export const TASK_FAILED = 1;
export const TASK_COVERED = 2;
export const TASK_EXISTING = 3;
export const TASK_NOEXEC = 4;
export const TASK_UNFINISHED = 5;
export const TASK_RUNNING = 6;
export const TASK_NOT_RUN = 7;

/**
 * All task runs of one build, as columns. Row order: by (mc, recipe pn, pf, task name, start); the reader sorts, so that two
 * readings of the same build give the same table. Not recorded is NaN in every float column, never 0.
 *
 *     row   recipe  task  outcome  startMs         endMs           metrics: cputime  io.read_bytes …
 *     0     0       0     0        1795222723010   1795222724100            0.31     8192
 *     1     0       1     5        1795222724200   NaN                      NaN      NaN
 */
export interface TaskTable {
  readonly length: number;
  /** Index into `Build.recipes`. */
  readonly recipe: Uint32Array;
  /** Index into `taskNames`. */
  readonly task: Uint16Array;
  /** Distinct task names (`do_compile`, `do_package_setscene`), sorted. */
  readonly taskNames: readonly string[];
  /** Index into TASK_OUTCOMES. */
  readonly outcome: Uint8Array;
  /** Epoch ms. NaN: the task never started or its start was not recorded. */
  readonly startMs: Float64Array;
  /** Epoch ms. NaN: not finished, or not recorded. */
  readonly endMs: Float64Array;
  /**
   * When the run queue handed the task to a worker, epoch ms; an estimate (event logs give no time to those events, so
   * it is the latest time seen before). Null: no source told it.
   */
  readonly queuedMs: Float64Array | null;
  /** First 16 hex digits of the task hash. Null: no source told it; '' in a row: not recorded there. */
  readonly hash: readonly string[] | null;
  /** Process id of the task, which its log's name ends in. NaN where not recorded; null: no source told it. */
  readonly pid: Float64Array | null;
  /** Every metric that at least one row has, in the order of first discovery; derived ones last. */
  readonly metrics: readonly Metric[];
  /** One Float64Array of `length` for each entry of `metrics`, by metric id. */
  readonly values: ReadonlyMap<string, Float64Array>;
}

/**
 * The task graph in compressed sparse rows: dependencies of row r are `targets[offsets[r] .. offsets[r + 1]]`, all row numbers of
 * the build's task table (every node of the graph is a row, run or not).
 */
export interface TaskGraph {
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
}
