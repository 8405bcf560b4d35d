import type { Metric } from './metric.ts';
import type { TaskTable } from './task-table.ts';
import type { EpochMs } from './units.ts';

/** One task run while it is being read, before it becomes a row. `NaN` and '' are "not recorded". */
export interface TaskRow {
  /** Index into the recipes given with the rows. */
  readonly recipe: number;
  readonly task: string;
  /** Index into TASK_OUTCOMES. */
  readonly outcome: number;
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly queuedMs: EpochMs;
  readonly hash: string;
  readonly pid: number;
}

/** What orders recipes: the first three columns of the row order. */
export interface RecipeKey {
  readonly mc: string;
  readonly pn: string;
  readonly pf: string;
}

/** By code unit, never by locale: two hosts must sort one build alike. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareRecipes(a: RecipeKey, b: RecipeKey): number {
  return compareText(a.mc, b.mc) || compareText(a.pn, b.pn) || compareText(a.pf, b.pf);
}

/** Ascending, with "not recorded" after every number. */
function compareRecorded(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a)) return 1;
  if (Number.isNaN(b)) return -1;
  return a - b;
}

export interface AssembledTasks<R> {
  readonly recipes: readonly R[];
  readonly table: TaskTable;
  /** `rowOf[i]`: the row that `rows[i]` became. */
  readonly rowOf: Uint32Array;
}

/**
 * Sorts recipes and rows into the order of TaskTable and makes the columns. `queuedMs`, `hash` and `pid` are null where no
 * row has one. Metric columns are given in the order of `rows` and come back permuted.
 */
export function assembleTasks<R extends RecipeKey>(
  recipes: readonly R[],
  rows: readonly TaskRow[],
  metrics: readonly Metric[] = [],
  values: ReadonlyMap<string, Float64Array> = new Map(),
): AssembledTasks<R> {
  const recipeOrder = recipes.map((_, i) => i).sort((a, b) => compareRecipes(recipes[a]!, recipes[b]!) || a - b);
  const recipeRank = new Uint32Array(recipes.length);
  recipeOrder.forEach((old, rank) => {
    recipeRank[old] = rank;
  });

  const taskNames = [...new Set(rows.map((row) => row.task))].sort(compareText);
  const taskIndex = new Map(taskNames.map((name, i) => [name, i]));
  // One number a row holds (recipe, task), so that sorting compares two doubles and not three strings.
  const rank = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    rank[i] = recipeRank[row.recipe]! * 65536 + taskIndex.get(row.task)!;
  });
  const order = new Uint32Array(rows.length).map((_, i) => i);
  order.sort((a, b) => {
    const byName = rank[a]! - rank[b]!;
    if (byName !== 0) return byName;
    const x = rows[a]!;
    const y = rows[b]!;
    return (
      compareRecorded(x.startMs, y.startMs) ||
      compareRecorded(x.endMs, y.endMs) ||
      compareRecorded(x.pid, y.pid) ||
      x.outcome - y.outcome ||
      compareText(x.hash, y.hash) ||
      a - b
    );
  });

  const n = rows.length;
  const recipe = new Uint32Array(n);
  const task = new Uint16Array(n);
  const outcome = new Uint8Array(n);
  const startMs = new Float64Array(n);
  const endMs = new Float64Array(n);
  const queuedMs = new Float64Array(n);
  const pid = new Float64Array(n);
  const hash: string[] = new Array(n);
  const rowOf = new Uint32Array(n);
  let anyQueued = false;
  let anyPid = false;
  let anyHash = false;
  for (let r = 0; r < n; r++) {
    const from = order[r]!;
    const row = rows[from]!;
    rowOf[from] = r;
    recipe[r] = recipeRank[row.recipe]!;
    task[r] = taskIndex.get(row.task)!;
    outcome[r] = row.outcome;
    startMs[r] = row.startMs;
    endMs[r] = row.endMs;
    queuedMs[r] = row.queuedMs;
    pid[r] = row.pid;
    hash[r] = row.hash;
    if (!Number.isNaN(row.queuedMs)) anyQueued = true;
    if (!Number.isNaN(row.pid)) anyPid = true;
    if (row.hash !== '') anyHash = true;
  }
  const permuted = new Map<string, Float64Array>();
  for (const metric of metrics) {
    const old = values.get(metric.id);
    const column = new Float64Array(n).fill(Number.NaN);
    if (old !== undefined) for (let r = 0; r < n; r++) column[r] = old[order[r]!]!;
    permuted.set(metric.id, column);
  }
  return {
    recipes: recipeOrder.map((i) => recipes[i]!),
    table: {
      length: n,
      recipe,
      task,
      taskNames,
      outcome,
      startMs,
      endMs,
      queuedMs: anyQueued ? queuedMs : null,
      hash: anyHash ? hash : null,
      pid: anyPid ? pid : null,
      metrics,
      values: permuted,
    },
    rowOf,
  };
}

/** Compressed sparse rows from edges between row numbers; the targets of a row are sorted and distinct. */
export function graphOf(
  length: number,
  edges: Iterable<readonly [from: number, to: number]>,
): { offsets: Uint32Array; targets: Uint32Array } {
  const froms: number[] = [];
  const tos: number[] = [];
  for (const [from, to] of edges) {
    froms.push(from);
    tos.push(to);
  }
  // Counted into place, then each row's few targets are sorted and made distinct on the spot.
  const starts = new Uint32Array(length + 1);
  for (const from of froms) starts[from + 1]!++;
  for (let r = 0; r < length; r++) starts[r + 1]! += starts[r]!;
  const next = starts.slice();
  const all = new Uint32Array(froms.length);
  for (let i = 0; i < froms.length; i++) all[next[froms[i]!]!++] = tos[i]!;
  const offsets = new Uint32Array(length + 1);
  let kept = 0;
  for (let r = 0; r < length; r++) {
    const from = starts[r]!;
    const to = starts[r + 1]!;
    if (to - from > 1) all.subarray(from, to).sort();
    let last = -1;
    for (let i = from; i < to; i++) {
      if (all[i] === last) continue;
      last = all[i]!;
      all[kept++] = last;
    }
    offsets[r + 1] = kept;
  }
  return { offsets, targets: all.slice(0, kept) };
}
