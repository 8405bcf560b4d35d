/**
 * Two builds or more side by side: what is configured differently, what the totals are, where the difference comes from, and every task and
 * recipe. Pure; the shape is `CompareResult` of the API without its `builds` rows.
 *
 * A task that was not executed in a build (covered, current, noexec, not run) has no value there: null, never zero.
 */

import { walltimeSeconds } from '../model/derive-metrics.ts';
import type { Metric } from '../model/metric.ts';
import { BUILD_DURATION, metricFor } from '../model/metric-registry.ts';
import { compareText } from '../model/task-rows.ts';
import type { TaskTable } from '../model/task-table.ts';
import {
  type ConfigurationRow,
  compareConfiguration,
  comparedName,
  comparisonWarnings,
} from './compare-configuration.ts';
import { type Contribution, contributions, presence } from './contributions.ts';
import { onGrid, sumGrid } from './exact-sum.ts';
import { type CompareInput, forEachRow, type Join, joinBuilds, SETSCENE, wasExecuted } from './join-builds.ts';
import { recipeVersion } from './recipe-version.ts';
import { type VersionChange, versionChanges } from './version-changes.ts';

export interface CompareOptions {
  /** Metric id; a metric none of the builds has gives rows without values. */
  readonly metric: string;
  /** Leave out rows below this, in the metric's unit. */
  readonly minValue?: number | undefined;
  /** Leave out rows whose values differ by less, over all builds; not executed counts as zero here, so new long tasks stay. */
  readonly minDifference?: number | undefined;
  /** Whether `minValue` must be reached in any build or in all. */
  readonly mode: 'any' | 'all';
  /** Only this task name, or these. */
  readonly task?: string | readonly string[] | undefined;
  /** Only recipes whose name contains this. */
  readonly recipe?: string | undefined;
  readonly outcome: 'all' | 'common' | 'new' | 'dropped';
  /** `hide`: setscene tasks are in no row; they stay in totals and contributions. */
  readonly setscene: 'separate' | 'hide';
  /** Most task rows; the largest differences are kept. */
  readonly limit: number;
}

/** `new`: the first build did not know it; `dropped`: the first did, the last does not; else `common`. */
export type RowState = 'common' | 'new' | 'dropped';

type Values = (number | null)[];

export interface RecipeComparison {
  readonly pn: string;
  readonly mc: string;
  /** Per build; null: not executed or not recorded. */
  readonly values: Values;
  /** Last minus first; null when either is missing. */
  readonly difference: number | null;
  /** difference / first; null when the first is missing or zero. */
  readonly ratio: number | null;
  readonly state: RowState;
  /** Per build; null: no such recipe there. */
  readonly versions: (string | null)[];
}

export interface TaskComparison extends RecipeComparison {
  readonly task: string;
}

export interface TotalComparison {
  readonly metric: Metric;
  readonly values: Values;
  /** Against the first build; its own entry is null. */
  readonly differences: Values;
  readonly ratios: Values;
}

export interface Comparison {
  readonly metric: Metric;
  readonly metrics: Metric[];
  readonly warnings: string[];
  readonly configuration: ConfigurationRow[];
  readonly totals: TotalComparison[];
  /** Empty for metrics that do not add up (a largest memory, a share). */
  readonly contributions: Contribution[];
  readonly tasks: TaskComparison[];
  readonly tasksLeftOut: number;
  readonly recipes: RecipeComparison[];
  readonly versionChanges: VersionChange[];
}

export const COMPARE_DEFAULTS: CompareOptions = {
  metric: 'walltime',
  mode: 'any',
  outcome: 'all',
  setscene: 'separate',
  limit: 2000,
};

export const BUILD_PARALLELISM: Metric = {
  id: 'parallelism',
  label: 'Parallelism',
  unit: 'cores',
  aggregation: 'none',
  lowerIsBetter: false,
  derived: true,
  guessed: false,
  note: 'CPU time of the tasks divided by the duration of the build.',
};

/** Totals that are always looked at, in this order. */
export const MAIN_METRICS = ['walltime', 'cputime', 'read_bytes', 'write_bytes', 'read_ops', 'write_ops'] as const;

export function compareBuilds(inputs: readonly CompareInput[], options: CompareOptions = COMPARE_DEFAULTS): Comparison {
  const join = joinBuilds(inputs);
  const metrics = metricsOf(inputs);
  const metric = metrics.find((m) => m.id === options.metric) ?? metricFor(options.metric);
  const columns = inputs.map((input) => metricColumn(input.tasks, metric.id));
  const values = inputs.map((_, b) => joinedValues(join, inputs, b, columns[b] ?? null, metric));

  const warnings = comparisonWarnings(inputs.map((input) => input.head));
  columns.forEach((column, b) => {
    if (column === null) warnings.push(`${metric.label} is not recorded in ${comparedName(inputs[b]!.head, b)}.`);
  });

  const wanted = wantedTasks(join, options);
  const { rows, leftOut } = taskRows(join, inputs, values, wanted, options);
  return {
    metric,
    metrics,
    warnings,
    configuration: compareConfiguration(inputs.map((input) => input.head)),
    totals: totalsOf(inputs, metrics, metric),
    contributions: metric.aggregation === 'sum' ? exactContributions(join, inputs, columns) : [],
    tasks: rows,
    tasksLeftOut: leftOut,
    recipes: recipeRows(join, values, metric, wanted, options),
    versionChanges: versionChanges(join),
  };
}

/** Metrics at least one build has, in order of first appearance; wall time always (times are enough for it). */
function metricsOf(inputs: readonly CompareInput[]): Metric[] {
  const found = new Map<string, Metric>();
  for (const { tasks } of inputs)
    for (const metric of tasks.metrics) if (!found.has(metric.id)) found.set(metric.id, metric);
  if (!found.has('walltime')) found.set('walltime', metricFor('walltime'));
  return [...found.values()];
}

/** The column of a metric; wall time is computed where a table was read without it. Null: not recorded. */
export function metricColumn(tasks: TaskTable, id: string): Float64Array | null {
  const column = tasks.values.get(id);
  if (column !== undefined) return column;
  if (id !== 'walltime') return null;
  const computed = new Float64Array(tasks.length);
  for (let row = 0; row < tasks.length; row++) computed[row] = walltimeSeconds(tasks.startMs[row]!, tasks.endMs[row]!);
  return computed;
}

/** One value per joined task, NaN where it was not executed or not recorded. Runs of one task in one build are aggregated. */
function joinedValues(
  join: Join,
  inputs: readonly CompareInput[],
  build: number,
  column: Float64Array | null,
  metric: Metric,
): Float64Array {
  const values = new Float64Array(join.length).fill(Number.NaN);
  if (column === null) return values;
  const { outcome } = inputs[build]!.tasks;
  const first = join.firstRow[build]!;
  const more = join.moreRows[build]!;
  for (let t = 0; t < join.length; t++) {
    const row = first[t]!;
    if (row !== -1 && wasExecuted(outcome[row]!)) values[t] = column[row]!;
  }
  for (const t of more.keys()) {
    const runs: number[] = [];
    forEachRow(join, t, build, (row) => {
      if (wasExecuted(outcome[row]!)) runs.push(column[row]!);
    });
    values[t] = aggregate(runs, metric);
  }
  return values;
}

/** NaNs are skipped; NaN when nothing is left, or several values of a metric that cannot be put together. */
function aggregate(values: readonly number[], metric: Pick<Metric, 'aggregation'>): number {
  let count = 0;
  let sum = 0;
  let max = Number.NaN;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    if (!(max >= value)) max = value;
  }
  if (count === 0) return Number.NaN;
  switch (metric.aggregation) {
    case 'sum':
      return sum;
    case 'max':
      return max;
    case 'mean':
      return sum / count;
    case 'none':
      return count === 1 ? sum : Number.NaN;
  }
}

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

function differenceOf(values: Values): { difference: number | null; ratio: number | null } {
  const first = values[0] ?? null;
  const last = values.at(-1) ?? null;
  if (first === null || last === null) return { difference: null, ratio: null };
  return { difference: last - first, ratio: first === 0 ? null : (last - first) / first };
}

/** Whether a row passes the thresholds. Null compares as "nothing": it never reaches a minimum, and differs by the whole value. */
function passes(values: Values, options: CompareOptions): boolean {
  const { minValue, minDifference } = options;
  if (minValue !== undefined && minValue > 0) {
    const reaches = (value: number | null): boolean => value !== null && value >= minValue;
    if (!(options.mode === 'all' ? values.every(reaches) : values.some(reaches))) return false;
  }
  if (minDifference !== undefined && minDifference > 0) {
    const numbers = values.map((value) => value ?? 0);
    if (Math.max(...numbers) - Math.min(...numbers) < minDifference) return false;
  }
  return true;
}

/** Largest change first, be it more or less; what is new or gone weighs its whole value. */
function weight(values: Values): number {
  return Math.abs((values.at(-1) ?? 0) - (values[0] ?? 0));
}

function stateOf(inFirst: boolean, inLast: boolean): RowState {
  if (!inFirst) return 'new';
  return inLast ? 'common' : 'dropped';
}

function versionsOf(join: Join, recipe: number): (string | null)[] {
  return join.recipes[recipe]!.recipes.map((r) => (r === null ? null : recipeVersion(r)));
}

/** Per joined task: whether the filters by name let it through. Names are looked at once each, not once a task. */
function wantedTasks(join: Join, options: CompareOptions): Uint8Array {
  const { task, recipe } = options;
  const only = task === undefined || task === '' ? null : new Set(typeof task === 'string' ? [task] : task);
  const taskWanted = join.taskNames.map(
    (name) => (only === null || only.has(name)) && (options.setscene === 'separate' || !name.endsWith(SETSCENE)),
  );
  const recipeWanted = join.recipes.map(({ name }) => recipe === undefined || recipe === '' || name.includes(recipe));
  const wanted = new Uint8Array(join.length);
  for (let t = 0; t < join.length; t++) {
    if (taskWanted[join.task[t]!] === true && recipeWanted[join.recipe[t]!] === true) wanted[t] = 1;
  }
  return wanted;
}

function taskRows(
  join: Join,
  inputs: readonly CompareInput[],
  values: readonly Float64Array[],
  wanted: Uint8Array,
  options: CompareOptions,
): { rows: TaskComparison[]; leftOut: number } {
  const last = inputs.length - 1;
  const firstValues = values[0]!;
  const lastValues = values[last]!;
  const valuesOf = (t: number): Values => values.map((column) => orNull(column[t]!));
  const thresholds = (options.minValue ?? 0) > 0 || (options.minDifference ?? 0) > 0;
  const weights = new Float64Array(join.length);
  const kept: number[] = [];
  const state = (t: number): RowState =>
    stateOf(presence(join, inputs, t, 0) !== 'absent', presence(join, inputs, t, last) !== 'absent');
  for (let t = 0; t < join.length; t++) {
    if (wanted[t] === 0) continue;
    let any = false;
    for (const column of values) if (!Number.isNaN(column[t]!)) any = true;
    if (!any) continue;
    if (thresholds && !passes(valuesOf(t), options)) continue;
    if (options.outcome !== 'all' && options.outcome !== state(t)) continue;
    weights[t] = Math.abs(orZero(lastValues[t]!) - orZero(firstValues[t]!));
    kept.push(t);
  }
  // Names are ranked once, so that sorting compares numbers.
  const rank = nameRanks(join);
  kept.sort((a, b) => weights[b]! - weights[a]! || rank[a]! - rank[b]!);
  const rows = kept.slice(0, options.limit).map((t): TaskComparison => {
    const recipe = join.recipe[t]!;
    const { name, mc } = join.recipes[recipe]!;
    const of = valuesOf(t);
    return {
      pn: name,
      mc,
      task: join.taskNames[join.task[t]!]!,
      values: of,
      ...differenceOf(of),
      state: state(t),
      versions: versionsOf(join, recipe),
    };
  });
  return { rows, leftOut: kept.length - rows.length };
}

/** Per joined task a number that orders by recipe name, multiconfig and task name. */
function nameRanks(join: Join): Float64Array {
  const rankOf = (order: number[]): Float64Array => {
    const rank = new Float64Array(order.length);
    order.forEach((index, at) => {
      rank[index] = at;
    });
    return rank;
  };
  const { recipes, taskNames } = join;
  const recipeRank = rankOf(
    recipes
      .map((_, i) => i)
      .sort((a, b) => compareText(recipes[a]!.name, recipes[b]!.name) || compareText(recipes[a]!.mc, recipes[b]!.mc)),
  );
  const taskRank = rankOf(taskNames.map((_, i) => i).sort((a, b) => compareText(taskNames[a]!, taskNames[b]!)));
  const rank = new Float64Array(join.length);
  for (let t = 0; t < join.length; t++) {
    rank[t] = recipeRank[join.recipe[t]!]! * taskNames.length + taskRank[join.task[t]!]!;
  }
  return rank;
}

function recipeRows(
  join: Join,
  values: readonly Float64Array[],
  metric: Metric,
  wanted: Uint8Array,
  options: CompareOptions,
): RecipeComparison[] {
  const tasksOf: number[][] = join.recipes.map(() => []);
  for (let t = 0; t < join.length; t++) if (wanted[t] === 1) tasksOf[join.recipe[t]!]!.push(t);
  const rows: RecipeComparison[] = [];
  join.recipes.forEach((joined, r) => {
    const of = values.map((column) =>
      orNull(
        aggregate(
          tasksOf[r]!.map((t) => column[t]!),
          metric,
        ),
      ),
    );
    if (of.every((value) => value === null) || !passes(of, options)) return;
    const state = stateOf(joined.recipes[0] !== null, joined.recipes.at(-1) !== null);
    if (options.outcome !== 'all' && options.outcome !== state) return;
    rows.push({
      pn: joined.name,
      mc: joined.mc,
      values: of,
      ...differenceOf(of),
      state,
      versions: versionsOf(join, r),
    });
  });
  return rows.sort((a, b) => weight(b.values) - weight(a.values) || compareText(a.pn, b.pn) || compareText(a.mc, b.mc));
}

/** Sum, maximum or mean over the executed rows of one build; null: not recorded. */
export function totalOf(tasks: TaskTable, metric: Metric): number | null {
  const column = metricColumn(tasks, metric.id);
  if (column === null || metric.aggregation === 'none') return null;
  const step = metric.aggregation === 'sum' ? sumGrid(magnitudeOf(tasks, column)).step : 0;
  let count = 0;
  let sum = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < tasks.length; row++) {
    const value = column[row]!;
    if (Number.isNaN(value) || !wasExecuted(tasks.outcome[row]!)) continue;
    count++;
    sum += onGrid(value, step);
    if (value > max) max = value;
  }
  if (count === 0) return null;
  return metric.aggregation === 'sum' ? sum : metric.aggregation === 'max' ? max : sum / count;
}

function magnitudeOf(tasks: TaskTable, column: Float64Array): number {
  let magnitude = 0;
  for (let row = 0; row < tasks.length; row++) {
    const value = column[row]!;
    if (!Number.isNaN(value) && wasExecuted(tasks.outcome[row]!)) magnitude += Math.abs(value);
  }
  return magnitude;
}

function totalsOf(inputs: readonly CompareInput[], metrics: readonly Metric[], chosen: Metric): TotalComparison[] {
  const durations = inputs.map(({ head }): number | null =>
    head.startedMs === null || head.endedMs === null ? null : Math.max(0, head.endedMs - head.startedMs) / 1000,
  );
  const rows: TotalComparison[] = [];
  const add = (metric: Metric, values: Values): void => {
    if (values.every((value) => value === null)) return;
    const against = values.map((value, b) =>
      b === 0 ? { difference: null, ratio: null } : differenceOf([values[0]!, value]),
    );
    rows.push({
      metric,
      values,
      differences: against.map((a) => a.difference),
      ratios: against.map((a) => a.ratio),
    });
  };
  add(BUILD_DURATION, durations);
  const ids: string[] = MAIN_METRICS.filter((id) => metrics.some((m) => m.id === id));
  if (!ids.includes(chosen.id)) ids.push(chosen.id);
  for (const id of ids) {
    const metric = metrics.find((m) => m.id === id) ?? chosen;
    const values =
      metric.aggregation === 'sum' ? exactTotals(inputs, metric.id) : inputs.map(({ tasks }) => totalOf(tasks, metric));
    add(metric, values);
    if (id === 'cputime') {
      add(
        BUILD_PARALLELISM,
        values.map((cpu, b) => {
          const seconds = durations[b] ?? null;
          return cpu === null || seconds === null || seconds === 0 ? null : cpu / seconds;
        }),
      );
    }
  }
  return rows;
}

/** The grid of all builds together, so that differences of totals and sums of differences are the same number. */
function commonGrid(inputs: readonly CompareInput[], columns: readonly (Float64Array | null)[]) {
  let magnitude = 0;
  inputs.forEach(({ tasks }, b) => {
    const column = columns[b] ?? null;
    if (column !== null) magnitude += magnitudeOf(tasks, column);
  });
  return sumGrid(magnitude);
}

function exactTotals(inputs: readonly CompareInput[], id: string): Values {
  const columns = inputs.map(({ tasks }) => metricColumn(tasks, id));
  const { step } = commonGrid(inputs, columns);
  return inputs.map(({ tasks }, b) => {
    const column = columns[b] ?? null;
    if (column === null) return null;
    let sum = 0;
    let any = false;
    for (let row = 0; row < tasks.length; row++) {
      const value = column[row]!;
      if (Number.isNaN(value) || !wasExecuted(tasks.outcome[row]!)) continue;
      sum += onGrid(value, step);
      any = true;
    }
    return any ? sum : null;
  });
}

function exactContributions(
  join: Join,
  inputs: readonly CompareInput[],
  columns: readonly (Float64Array | null)[],
): Contribution[] {
  const { step } = commonGrid(inputs, columns);
  const values = inputs.map(({ tasks }, b) => {
    const column = columns[b] ?? null;
    const sums = new Float64Array(join.length);
    if (column === null) return sums;
    const add = (t: number, row: number): void => {
      const value = column[row]!;
      if (!Number.isNaN(value) && wasExecuted(tasks.outcome[row]!)) sums[t] = sums[t]! + onGrid(value, step);
    };
    const first = join.firstRow[b]!;
    for (let t = 0; t < join.length; t++) if (first[t] !== -1) add(t, first[t]!);
    for (const [t, rows] of join.moreRows[b]!) for (const row of rows) add(t, row);
    return sums;
  });
  return contributions(join, inputs, values);
}
