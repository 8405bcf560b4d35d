/**
 * The task table of a build for other programs: CSV for spreadsheets, JSON for scripts, Parquet for DuckDB and pandas. All three
 * hold the same rows with the same values; not recorded is an empty field, a null, a null.
 */
import { zstdCompressSync } from 'node:zlib';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import type { Build } from '../model/build.ts';
import type { Metric } from '../model/metric.ts';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { csvHeader, csvLine, csvNumber, csvText, csvTime } from './csv.ts';
import { downloadName } from './file-name.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export const TASK_EXPORT_FORMATS = ['csv', 'json', 'parquet'] as const;
export type TaskExportFormat = (typeof TASK_EXPORT_FORMATS)[number];

/** What the task exports need of a build. */
export type TaskExportBuild = Pick<
  Build,
  'name' | 'startedMs' | 'outcome' | 'machine' | 'distro' | 'targets' | 'recipes' | 'tasks'
>;

export interface ExportTasksInput {
  readonly build: string;
  readonly format: TaskExportFormat;
  /** CSV: texts that a spreadsheet would run as a formula get an apostrophe. Default true. */
  readonly safe?: boolean;
}

export interface ExportedTasks {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly fileName: string;
}

/** GET /builds/{id}/tasks.{csv,json,parquet}, `bakehouse export`. */
export async function exportTasks({ store }: OperationContext, input: ExportTasksInput): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const head = await store.readHead(id);
  const tasks = await store.readTaskTable(id, '*');
  if (head === null || tasks === null) throw noSuchBuild(id);
  const file = tasksFile({ ...head, tasks }, input.format, input.safe ?? true);
  return { ...file, revision: head.revision, finished: head.outcome !== 'running' };
}

/** The same for a build that is not stored. */
export function tasksFile(build: TaskExportBuild, format: TaskExportFormat, safe = true): ExportedTasks {
  const fileName = downloadName(build.name, 'tasks', format);
  switch (format) {
    case 'csv':
      return {
        bytes: Buffer.from(tasksCsv(build, safe)),
        mediaType: 'text/csv; charset=utf-8; header=present',
        fileName,
      };
    case 'json':
      return { bytes: Buffer.from(tasksJson(build)), mediaType: 'application/json; charset=utf-8', fileName };
    case 'parquet':
      return { bytes: tasksParquet(build), mediaType: 'application/vnd.apache.parquet', fileName };
  }
}

/** A line a task run, in the order of the table; units in the header. */
export function tasksCsv(build: TaskExportBuild, safe = true): string {
  const { tasks, recipes } = build;
  const columns = tasks.metrics.map((m) => tasks.values.get(m.id));
  const parts = [
    csvLine([
      ...['recipe', 'version', 'recipe_folder', 'mc', 'layer', 'task', 'outcome', 'start [UTC]', 'end [UTC]'],
      ...(tasks.queuedMs === null ? [] : ['queued_estimated [UTC]']),
      ...(tasks.pid === null ? [] : ['pid']),
      ...(tasks.hash === null ? [] : ['hash']),
      ...tasks.metrics.map((m) => csvHeader(m.id, m.unit, safe)),
    ]),
  ];
  // Texts repeat: quoted once a recipe, not once a line.
  const prefixes = recipes.map((r) => [r.pn, r.pv, r.pf, r.mc, r.layer].map((text) => csvText(text, safe)).join(','));
  const names = tasks.taskNames.map((name) => csvText(name, safe));
  for (let row = 0; row < tasks.length; row++) {
    const fields = [
      prefixes[tasks.recipe[row]!]!,
      names[tasks.task[row]!]!,
      TASK_OUTCOMES[tasks.outcome[row]!] ?? '',
      csvTime(tasks.startMs[row]),
      csvTime(tasks.endMs[row]),
    ];
    if (tasks.queuedMs !== null) fields.push(csvTime(tasks.queuedMs[row]));
    if (tasks.pid !== null) fields.push(csvNumber(tasks.pid[row]));
    if (tasks.hash !== null) fields.push(csvText(tasks.hash[row] === '' ? null : tasks.hash[row]!, safe));
    for (const column of columns) fields.push(csvNumber(column?.[row]));
    parts.push(csvLine(fields));
  }
  return parts.join('');
}

const orNull = (value: number | null | undefined): number | null =>
  value === null || value === undefined || Number.isNaN(value) ? null : value;

/** An object with the build, the metrics with their units, and an object a task run, each on a line of its own. */
export function tasksJson(build: TaskExportBuild): string {
  const { tasks, recipes } = build;
  const { name, startedMs, outcome, machine, distro, targets } = build;
  const lines: string[] = [];
  for (let row = 0; row < tasks.length; row++) {
    const recipe = recipes[tasks.recipe[row]!]!;
    const metrics: Record<string, number | null> = {};
    for (const metric of tasks.metrics) metrics[metric.id] = orNull(tasks.values.get(metric.id)?.[row]);
    lines.push(
      JSON.stringify({
        recipe: recipe.pn,
        version: recipe.pv,
        recipeFolder: recipe.pf,
        mc: recipe.mc,
        layer: recipe.layer,
        task: tasks.taskNames[tasks.task[row]!],
        outcome: TASK_OUTCOMES[tasks.outcome[row]!],
        startMs: orNull(tasks.startMs[row]),
        endMs: orNull(tasks.endMs[row]),
        ...(tasks.queuedMs === null ? {} : { queuedMsEstimated: orNull(tasks.queuedMs[row]) }),
        ...(tasks.pid === null ? {} : { pid: orNull(tasks.pid[row]) }),
        ...(tasks.hash === null ? {} : { hash: tasks.hash[row] === '' ? null : tasks.hash[row] }),
        metrics,
      }),
    );
  }
  const head = JSON.stringify({ name, startedMs, outcome, machine, distro, targets });
  return `{"build":${head},\n"metrics":${JSON.stringify(tasks.metrics)},\n"tasks":[\n${lines.join(',\n')}\n]}\n`;
}

/** What a unit adds to a column's name; nothing where the id says it already. */
const UNIT_SUFFIX: Readonly<Record<Metric['unit'], string>> = {
  ms: 'ms',
  s: 's',
  us: 'us',
  ticks: 'ticks',
  B: 'bytes',
  'B/s': 'bytes_per_s',
  KiB: 'kib',
  count: '',
  share: 'share',
  percent: 'percent',
  cores: 'cores',
  none: '',
};

/** `io.read_bytes` -> `io_read_bytes`, `walltime` -> `walltime_s`: names that SQL takes without quotes. */
export function parquetName(metric: Pick<Metric, 'id' | 'unit'>): string {
  const name = metric.id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const suffix = UNIT_SUFFIX[metric.unit];
  return suffix === '' || name === suffix || name.endsWith(`_${suffix}`) ? name : `${name}_${suffix}`;
}

/** Units that are whole numbers in every source; a guessed metric may still have fractions, and is a double then. */
const WHOLE: ReadonlySet<string> = new Set(['B', 'KiB', 'count', 'ticks', 'us', 'ms']);

interface ParquetColumn {
  name: string;
  type: BasicType;
  nullable: boolean;
  data: unknown[];
}

/**
 * One row group a 100,000 tasks, zstd; strings, timestamps (UTC, ms), INT64 for counts and bytes, DOUBLE for the rest. The units and
 * the build are also in the file's key-value metadata, as JSON.
 */
export function tasksParquet(build: TaskExportBuild): Uint8Array {
  const { tasks, recipes } = build;
  const n = tasks.length;
  const text = (name: string, read: (row: number) => string | null): ParquetColumn => ({
    name,
    type: 'STRING',
    nullable: true,
    data: Array.from({ length: n }, (_, row) => read(row)),
  });
  const time = (name: string, column: Float64Array): ParquetColumn => ({
    name,
    type: 'TIMESTAMP',
    nullable: true,
    data: Array.from(column, (ms) => (Number.isNaN(ms) ? null : BigInt(Math.round(ms)))),
  });
  const number = (name: string, column: Float64Array, whole: boolean): ParquetColumn => {
    const integer = whole && column.every((v) => Number.isNaN(v) || Number.isSafeInteger(v));
    return {
      name,
      type: integer ? 'INT64' : 'DOUBLE',
      nullable: true,
      data: Array.from(column, (v) => (Number.isNaN(v) ? null : integer ? BigInt(v) : v)),
    };
  };
  const recipeOf = (row: number) => recipes[tasks.recipe[row]!]!;
  const columns: ParquetColumn[] = [
    text('recipe', (row) => recipeOf(row).pn),
    text('version', (row) => recipeOf(row).pv),
    text('recipe_folder', (row) => recipeOf(row).pf),
    text('mc', (row) => recipeOf(row).mc),
    text('layer', (row) => recipeOf(row).layer),
    text('task', (row) => tasks.taskNames[tasks.task[row]!]!),
    text('outcome', (row) => TASK_OUTCOMES[tasks.outcome[row]!] ?? null),
    time('start', tasks.startMs),
    time('end', tasks.endMs),
  ];
  if (tasks.queuedMs !== null) columns.push(time('queued_estimated', tasks.queuedMs));
  if (tasks.pid !== null) columns.push(number('pid', tasks.pid, true));
  if (tasks.hash !== null) columns.push(text('hash', (row) => tasks.hash?.[row] || null));
  const taken = new Set(columns.map((c) => c.name));
  const units: Record<string, { metric: string; unit: string; label: string }> = {};
  for (const metric of tasks.metrics) {
    const values = tasks.values.get(metric.id);
    if (values === undefined) continue;
    const plain = parquetName(metric) || 'metric';
    let name = plain;
    // Two ids may differ in what names cannot hold: `a.b` and `a_b`.
    for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`;
    taken.add(name);
    units[name] = { metric: metric.id, unit: metric.unit, label: metric.label };
    columns.push(number(name, values, WHOLE.has(metric.unit)));
  }
  const { name, startedMs, outcome, machine, distro, targets } = build;
  const file = parquetWriteBuffer({
    columnData: columns,
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    rowGroupSize: 100_000,
    createdBy: 'bakehouse',
    kvMetadata: [
      { key: 'bakehouse.build', value: JSON.stringify({ name, startedMs, outcome, machine, distro, targets }) },
      { key: 'bakehouse.units', value: JSON.stringify(units) },
    ],
  });
  return new Uint8Array(file);
}
