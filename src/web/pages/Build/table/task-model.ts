/** Task runs, recipe runs and groups of them as columns a table can show. Pure: from columns to columns. */
import type { BuildDetail, MetricInfo } from '../../../../api/contract.ts';
import type { Metric } from '../../../../model/metric.ts';
import { TASK_OUTCOMES, type TaskTable } from '../../../../model/task-table.ts';
import type { GroupBy } from '../search.ts';
import {
  aggregate,
  aggregateQuotient,
  filterRows,
  type Groups,
  groupRows,
  type NumberColumn,
  type WordColumn,
  wordColumn,
} from './rows.ts';

export interface TableModel {
  readonly length: number;
  readonly words: readonly WordColumn[];
  readonly numbers: readonly NumberColumn[];
}

/** A task table and what of its build the tables show. */
export interface Tabled {
  readonly build: Pick<BuildDetail, 'recipes' | 'startedMs'>;
  readonly tasks: TaskTable;
}

/** Cores kept busy are cpu time by wall time, of a run and of a group alike; they neither add up nor average. */
const CORES = 'effective_cores';

function metricColumn(metric: Metric | MetricInfo, values: Float64Array): NumberColumn {
  const guessed = metric.guessed
    ? ' Nobody told the program about this metric: label and unit are guessed from its name.'
    : '';
  const note = `${metric.note ?? ''}${guessed}`.trim();
  return {
    id: metric.id,
    label: metric.label,
    unit: metric.unit,
    note: note === '' ? null : note,
    aggregation: metric.aggregation,
    values,
  };
}

/** Every task run of the build a row; row numbers are those of the task table. */
export function taskModel({ build, tasks }: Tabled): TableModel {
  const { recipes } = build;
  const n = tasks.length;
  const recipeWord = (field: (recipe: BuildDetail['recipes'][number]) => string | null) => {
    // Once a recipe, not once a row.
    const texts = recipes.map((r) => field(r) ?? '');
    return (row: number): string => texts[tasks.recipe[row]!] ?? '';
  };
  const words: WordColumn[] = [
    wordColumn(
      'recipe',
      'recipe',
      n,
      recipeWord((r) => r.pn),
    ),
    wordColumn('task', 'task', n, (row) => tasks.taskNames[tasks.task[row]!] ?? ''),
    // In the order of the model, which is also that of interest.
    { id: 'outcome', label: 'outcome', index: Int32Array.from(tasks.outcome), words: TASK_OUTCOMES },
    wordColumn(
      'version',
      'version',
      n,
      recipeWord((r) => [r.pv, r.pr].filter((t) => t !== null && t !== '').join('-')),
    ),
  ];
  const layer = wordColumn(
    'layer',
    'layer',
    n,
    recipeWord((r) => r.layer),
  );
  if (layer.words.length > 0) words.push(layer);
  const mc = wordColumn(
    'mc',
    'multiconfig',
    n,
    recipeWord((r) => r.mc),
  );
  if (mc.words.length > 0) words.push(mc);

  const origin = build.startedMs ?? Number.NaN;
  const numbers: NumberColumn[] = [
    {
      id: 'started',
      label: 'started',
      unit: 'ms',
      note: 'Time from the start of the build to the start of the task.',
      aggregation: 'none',
      values: tasks.startMs.map((t) => t - origin),
    },
  ];
  const { queuedMs } = tasks;
  if (queuedMs !== null) {
    numbers.push({
      id: 'waited',
      label: 'waited',
      unit: 'ms',
      note: 'From when the run queue handed it to a worker to its start. Estimated: event logs give no time to that.',
      aggregation: 'sum',
      values: tasks.startMs.map((t, row) => Math.max(0, t - queuedMs[row]!)),
    });
  }
  for (const metric of tasks.metrics) {
    const values = tasks.values.get(metric.id);
    if (values !== undefined) numbers.push(metricColumn(metric, values));
  }
  return { length: n, words, numbers };
}

export interface GroupedModel extends TableModel {
  readonly groups: Groups;
}

/** Groups of the rows given, a row each, sums as each metric allows. */
export function groupModel(model: TableModel, rows: Uint32Array, by: GroupBy): GroupedModel {
  const word = model.words.find((w) => w.id === by) ?? {
    id: by,
    label: by,
    index: new Int32Array(model.length).fill(-1),
    words: [],
  };
  const groups = groupRows(rows, word);
  return {
    length: groups.length,
    groups,
    words: [wordColumn(by, word.label, groups.length, (g) => groups.words[g]!)],
    numbers: [countColumn(groups), ...aggregatedColumns(model, groups)],
  };
}

function countColumn(groups: Groups): NumberColumn {
  return {
    id: 'runs',
    label: 'task runs',
    unit: 'count',
    note: null,
    aggregation: 'sum',
    values: Float64Array.from({ length: groups.length }, (_, g) => groups.offsets[g + 1]! - groups.offsets[g]!),
  };
}

function aggregatedColumns(model: TableModel, groups: Groups): NumberColumn[] {
  const cpu = model.numbers.find((c) => c.id === 'cputime');
  const wall = model.numbers.find((c) => c.id === 'walltime');
  const columns: NumberColumn[] = [];
  for (const column of model.numbers) {
    if (column.id === CORES && cpu !== undefined && wall !== undefined) {
      columns.push({ ...column, values: aggregateQuotient(groups, cpu.values, wall.values) });
    } else if (column.aggregation !== 'none') {
      columns.push({ ...column, values: aggregate(groups, column.values, column.aggregation) });
    }
  }
  return columns;
}

/** Which of a recipe's outcomes is said of the recipe: the first of these that one of its runs has. */
const TELLING = ['failed', 'running', 'unfinished', 'succeeded', 'covered', 'existing', 'noexec', 'not-run'] as const;

export interface RecipeModel extends TableModel {
  /** Index into the recipes of the build, by row. */
  readonly recipe: Uint32Array;
}

/** Every recipe run a row: its busy time (sum of task walls) and its span (first start to last end) beside its sums. */
export function recipeModel({ build, tasks }: Tabled): RecipeModel {
  const model = taskModel({ build, tasks });
  const n = tasks.length;
  const { recipes } = build;
  const by: WordColumn = {
    id: 'recipe',
    label: 'recipe',
    index: Int32Array.from(tasks.recipe),
    words: recipes.map((_, i) => String(i)),
  };
  const groups = groupRows(
    filterRows(n, () => true),
    by,
  );
  const recipe = Uint32Array.from(groups.words, Number);
  const at = (g: number) => recipes[recipe[g]!]!;

  const span = new Float64Array(groups.length).fill(Number.NaN);
  const first = new Float64Array(groups.length).fill(Number.NaN);
  const executed = new Float64Array(groups.length);
  const outcome: string[] = [];
  const failed: string[] = [];
  for (let g = 0; g < groups.length; g++) {
    let start = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    const seen = new Set<string>();
    let failedTask = '';
    for (let i = groups.offsets[g]!; i < groups.offsets[g + 1]!; i++) {
      const row = groups.rows[i]!;
      const how = TASK_OUTCOMES[tasks.outcome[row]!]!;
      seen.add(how);
      if (how === 'failed' && failedTask === '') failedTask = tasks.taskNames[tasks.task[row]!] ?? '';
      const s = tasks.startMs[row]!;
      const e = tasks.endMs[row]!;
      if (Number.isNaN(s)) continue;
      executed[g]!++;
      if (s < start) start = s;
      if (e > end) end = e;
    }
    if (Number.isFinite(start)) first[g] = start - (build.startedMs ?? Number.NaN);
    if (Number.isFinite(start) && Number.isFinite(end)) span[g] = (end - start) / 1000;
    outcome.push(TELLING.find((o) => seen.has(o)) ?? '');
    failed.push(failedTask);
  }
  const words: WordColumn[] = [
    wordColumn('recipe', 'recipe', groups.length, (g) => at(g).pn),
    {
      id: 'outcome',
      label: 'outcome',
      index: Int32Array.from(outcome, (o) => (TASK_OUTCOMES as readonly string[]).indexOf(o)),
      words: TASK_OUTCOMES,
    },
    wordColumn('version', 'version', groups.length, (g) =>
      [at(g).pv, at(g).pr].filter((t) => t !== null && t !== '').join('-'),
    ),
  ];
  for (const [id, label, text] of [
    ['failed', 'failed task', (g: number) => failed[g]!],
    ['layer', 'layer', (g: number) => at(g).layer ?? ''],
    ['mc', 'multiconfig', (g: number) => at(g).mc],
  ] as const) {
    const column = wordColumn(id, label, groups.length, text);
    if (column.words.length > 0) words.push(id === 'failed' ? { ...column, mayBeNone: true } : column);
  }
  const numbers = aggregatedColumns(model, groups).map((column) =>
    column.id === 'walltime' ? { ...column, label: 'busy', note: 'Sum of the wall times of its tasks.' } : column,
  );
  return {
    length: groups.length,
    recipe,
    words,
    numbers: [
      {
        id: 'runs',
        label: 'tasks',
        unit: 'count',
        note: 'Task runs that were executed.',
        aggregation: 'sum',
        values: executed,
      },
      {
        id: 'started',
        label: 'first start',
        unit: 'ms',
        note: 'Time from the start of the build to its first task.',
        aggregation: 'none',
        values: first,
      },
      {
        id: 'span',
        label: 'span',
        unit: 's',
        note: 'From the first start to the last end of its tasks, waiting between them included.',
        aggregation: 'none',
        values: span,
      },
      ...numbers,
    ],
  };
}
