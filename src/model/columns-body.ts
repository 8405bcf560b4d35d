/**
 * How columns travel: one binary body of a JSON header and the blocks as they are stored (docs/formats/task-table.md). The server
 * copies stored bytes into it and the browser decodes it; a task table and the sample tables use the same container.
 *
 * The web asks `/builds/<id>/columns?metrics=…` and calls `decodeColumns(body, (bytes) => fzstd.decompress(bytes))`.
 */
import { blockCount, type Compress, type Decompress, decodeColumn, encodeColumn } from './columns.ts';
import { COMPUTATION_RULES, type ComputedColumn, computeColumn, findRule } from './computed-columns.ts';
import { BakehouseError } from './errors.ts';
import { METRICS_MAX, SAMPLE_SERIES_MAX, TASK_NAMES_MAX, TASK_RUNS_MAX } from './limits.ts';
import type { Aggregation, Metric } from './metric.ts';
import type { SampleMark, SampleSeries, SampleTable } from './samples.ts';
import { TASK_OUTCOMES, type TaskTable } from './task-table.ts';
import type { Unit } from './units.ts';

/** 'BHC1': the digit is the version of the container and of the blocks within. */
const MAGIC = [0x42, 0x48, 0x43, 0x31];
/** Names of 60,000 tasks and 256 metrics are 3 MB; more is not a header. */
const HEADER_BYTES_MAX = 32 << 20;
/**
 * Numbers one body may unpack to: 512 MiB of doubles. All 35 columns of 1.9 million task runs fit; a hostile body of one-byte blocks,
 * each standing for 4096 numbers, does not.
 */
export const COLUMN_CELLS_MAX = 2 ** 26;

/** A column as it is stored: what it is called in the body, and its blocks. */
export interface EncodedColumn {
  readonly id: string;
  readonly blocks: readonly Uint8Array[];
}

/** Own columns of a task table; '@' cannot begin a metric's id. The first five are always there. Append only. */
const RECIPE = '@recipe';
const TASK = '@task';
const OUTCOME = '@outcome';
const START = '@start';
const END = '@end';
const QUEUED = '@queued';
const PID = '@pid';
const HASH_HIGH = '@hash-high';
const HASH_LOW = '@hash-low';
export const OWN_COLUMNS: readonly string[] = [RECIPE, TASK, OUTCOME, START, END, QUEUED, PID, HASH_HIGH, HASH_LOW];

export function isOwnColumn(id: string): boolean {
  return OWN_COLUMNS.includes(id);
}

/** What a task table's body says besides its columns; the store keeps it with the build. */
export interface TaskTableHeader {
  readonly length: number;
  readonly taskNames: readonly string[];
  /** Those of the columns that are told; what a computed column is made of may follow besides. */
  readonly metrics: readonly Metric[];
  /** Columns that have no blocks because others give them. */
  readonly computed: readonly ComputedColumn[];
  /** Only where a row's hash is not 16 hex digits: then the hashes as text, and no hash columns. */
  readonly hashText: readonly string[] | null;
}

export interface SampleTableHeader {
  readonly source: string;
  readonly length: number;
  readonly series: readonly Omit<SampleSeries, 'values'>[];
}

const HASH = /^[0-9a-f]{16}$/;

/** A task table as header and stored columns; own columns first, then the metrics in their order. */
export function encodeTaskTable(
  table: TaskTable,
  compress: Compress,
): { header: TaskTableHeader; columns: EncodedColumn[] } {
  const columns: EncodedColumn[] = [];
  const computed: ComputedColumn[] = [];
  const columnOf = (id: string) => (id === START ? table.startMs : table.values.get(id));
  const add = (id: string, values: ArrayLike<number>) => {
    const found = table.length === 0 ? null : findRule(id, values, columnOf);
    if (found === null) columns.push({ id, blocks: encodeColumn(values, compress) });
    else computed.push(found);
  };
  add(RECIPE, table.recipe);
  add(TASK, table.task);
  add(OUTCOME, table.outcome);
  add(START, table.startMs);
  add(END, table.endMs);
  if (table.queuedMs !== null) add(QUEUED, table.queuedMs);
  if (table.pid !== null) add(PID, table.pid);
  let hashText: readonly string[] | null = null;
  if (table.hash !== null) {
    if (table.hash.every((hash) => hash === '' || HASH.test(hash))) {
      // Two halves of 32 bits: as one double the lower digits of 64 bits would be lost.
      add(HASH_HIGH, halves(table.hash, 0));
      add(HASH_LOW, halves(table.hash, 8));
    } else {
      hashText = table.hash;
    }
  }
  for (const metric of table.metrics) {
    const values = table.values.get(metric.id);
    if (values === undefined) throw new BakehouseError('invalid', `The metric ${metric.id} has no column.`);
    add(metric.id, values);
  }
  const { length, taskNames, metrics } = table;
  return { header: { length, taskNames, metrics, computed, hashText }, columns };
}

function halves(hashes: readonly string[], from: number): Float64Array {
  return Float64Array.from(hashes, (hash) =>
    hash === '' ? Number.NaN : Number.parseInt(hash.slice(from, from + 8), 16),
  );
}

/** A task table of stored columns. Metrics of the header whose column is absent are left out. */
export function decodeTaskTable(
  header: TaskTableHeader,
  columns: readonly EncodedColumn[],
  decompress: Decompress,
): TaskTable {
  const { length, taskNames } = header;
  const blocks = new Map(columns.map((column) => [column.id, column.blocks]));
  const decoded = new Map<string, Float64Array>();
  const stored = (id: string): Float64Array | null => {
    const before = decoded.get(id);
    const found = blocks.get(id);
    if (before !== undefined || found === undefined) return before ?? null;
    const values = decodeColumn(found, length, decompress);
    decoded.set(id, values);
    return values;
  };
  const optional = (id: string): Float64Array | null => {
    const rule = header.computed.find((one) => one.id === id);
    if (rule === undefined) return stored(id);
    const [a, b] = rule.from.map(stored);
    if (a === undefined || a === null || b === null) return null;
    return computeColumn(rule.rule, a, b);
  };
  const indexes = (id: string, end: number) => {
    const values = optional(id);
    if (values === null) throw broken(`the column ${id} is missing`);
    for (const value of values) {
      if (!(value >= 0 && value < end && Number.isInteger(value))) throw broken(`the column ${id} holds ${value}`);
    }
    return values;
  };
  const high = optional(HASH_HIGH);
  const low = optional(HASH_LOW);
  const hash = high === null || low === null ? header.hashText : Array.from(high, (h, i) => hex(h) + hex(low[i]!));
  const nothing = () => new Float64Array(length).fill(Number.NaN);
  const values = new Map<string, Float64Array>();
  for (const { id } of header.metrics) {
    const column = optional(id);
    if (column !== null) values.set(id, column);
  }
  return {
    length,
    recipe: Uint32Array.from(indexes(RECIPE, 2 ** 32)),
    task: Uint16Array.from(indexes(TASK, taskNames.length)),
    taskNames,
    outcome: Uint8Array.from(indexes(OUTCOME, TASK_OUTCOMES.length)),
    startMs: optional(START) ?? nothing(),
    endMs: optional(END) ?? nothing(),
    queuedMs: optional(QUEUED),
    hash,
    pid: optional(PID),
    metrics: header.metrics.filter((metric) => values.has(metric.id)),
    values,
  };
}

function hex(half: number): string {
  return Number.isNaN(half) ? '' : half.toString(16).padStart(8, '0');
}

/** Header and columns of each sample table: its time axis, then its series. */
export function encodeSampleTable(
  table: SampleTable,
  compress: Compress,
): { header: SampleTableHeader; columns: EncodedColumn[] } {
  return {
    header: {
      source: table.source,
      length: table.timeMs.length,
      series: table.series.map(({ values: _, ...series }) => series),
    },
    columns: [
      { id: '@time', blocks: encodeColumn(table.timeMs, compress) },
      // A series is known by its place: two files may name one alike.
      ...table.series.map((series) => ({ id: series.id, blocks: encodeColumn(series.values, compress) })),
    ],
  };
}

export function decodeSampleTable(
  header: SampleTableHeader,
  columns: readonly EncodedColumn[],
  decompress: Decompress,
): SampleTable {
  const [time, ...series] = columns;
  if (time?.id !== '@time' || series.length !== header.series.length) {
    throw broken(`the sample table ${header.source} has ${columns.length} columns`);
  }
  return {
    source: header.source,
    timeMs: decodeColumn(time.blocks, header.length, decompress),
    series: header.series.map((about, i) => ({
      ...about,
      values: decodeColumn(series[i]!.blocks, header.length, decompress),
    })),
  };
}

/** The body of a task table: what `/builds/{id}/columns` answers. */
export function taskTableBody(header: TaskTableHeader, columns: readonly EncodedColumn[]): Uint8Array<ArrayBuffer> {
  return body({ kind: 'tasks', ...header }, [columns]);
}

/** The body of sample tables: what `/builds/{id}/samples` answers. */
export function samplesBody(
  tables: readonly { header: SampleTableHeader; columns: readonly EncodedColumn[] }[],
): Uint8Array<ArrayBuffer> {
  return body(
    { kind: 'samples', tables: tables.map((table) => table.header) },
    tables.map((table) => table.columns),
  );
}

/** A task graph (columns-graph.ts) in the same container. */
export function graphBody(rows: number, edges: number, columns: readonly EncodedColumn[]): Uint8Array<ArrayBuffer> {
  const [degree, distance] = columns;
  return body({ kind: 'graph', rows, edges }, [[degree!], [distance!]]);
}

export function decodeGraphColumns(
  bytes: Uint8Array,
  decompress: Decompress,
): { degrees: Float64Array; distances: Float64Array } {
  const { about, take } = open(bytes, 'graph');
  const rows = integer(about.rows, TASK_RUNS_MAX, 'rows');
  const edges = integer(about.edges, COLUMN_CELLS_MAX, 'edges');
  const [degree, distance] = take([rows, edges]);
  return {
    degrees: decodeColumn(degree?.[0]?.blocks ?? [], rows, decompress),
    distances: decodeColumn(distance?.[0]?.blocks ?? [], edges, decompress),
  };
}

function body(about: object, tables: readonly (readonly EncodedColumn[])[]): Uint8Array<ArrayBuffer> {
  const directory = tables.map((columns) =>
    columns.map(({ id, blocks }) => ({ id, blocks: blocks.map((block) => block.length) })),
  );
  const header = new TextEncoder().encode(JSON.stringify({ ...about, directory }));
  let size = 8 + header.length;
  for (const columns of tables) for (const { blocks } of columns) for (const block of blocks) size += block.length;
  const bytes = new Uint8Array(size);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(4, header.length, true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const columns of tables) {
    for (const { blocks } of columns) {
      for (const block of blocks) {
        bytes.set(block, at);
        at += block.length;
      }
    }
  }
  return bytes;
}

/** The task table in a columns body; throws `unreadable` on anything else, within bounded memory. */
export function decodeColumns(bytes: Uint8Array, decompress: Decompress): TaskTable {
  const { about, take } = open(bytes, 'tasks');
  const header: TaskTableHeader = {
    length: integer(about.length, TASK_RUNS_MAX, 'length'),
    taskNames: list(about.taskNames, TASK_NAMES_MAX, 'taskNames').map((name) => text(name, 'taskNames')),
    metrics: list(about.metrics, METRICS_MAX, 'metrics').map(metricOf),
    computed: list(about.computed, METRICS_MAX, 'computed').map(computedOf),
    hashText:
      about.hashText === null
        ? null
        : list(about.hashText, TASK_RUNS_MAX, 'hashText').map((hash) => text(hash, 'hashText')),
  };
  if (header.hashText !== null && header.hashText.length !== header.length) throw broken('hashes are missing');
  const [columns] = take([header.length]);
  return decodeTaskTable(header, columns!, decompress);
}

/** The sample tables in a samples body; throws `unreadable` on anything else, within bounded memory. */
export function decodeSamples(bytes: Uint8Array, decompress: Decompress): SampleTable[] {
  const { about, take } = open(bytes, 'samples');
  const headers = list(about.tables, SAMPLE_SERIES_MAX, 'tables').map((entry): SampleTableHeader => {
    const table = record(entry, 'tables');
    return {
      source: text(table.source, 'source'),
      length: integer(table.length, COLUMN_CELLS_MAX, 'length'),
      series: list(table.series, SAMPLE_SERIES_MAX, 'series').map(seriesOf),
    };
  });
  const tables = take(headers.map((header) => header.length));
  return headers.map((header, i) => decodeSampleTable(header, tables[i]!, decompress));
}

function open(
  bytes: Uint8Array,
  kind: string,
): { about: Record<string, unknown>; take: (lengths: readonly number[]) => EncodedColumn[][] } {
  if (bytes.length < 8 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw broken(
      bytes[0] === MAGIC[0] && bytes[1] === MAGIC[1] && bytes[2] === MAGIC[2]
        ? 'they are of another version of the format'
        : 'they do not begin with BHC1',
    );
  }
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  if (headerBytes > HEADER_BYTES_MAX || headerBytes > bytes.length - 8) throw broken('the header is cut or too large');
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes)));
  } catch (cause) {
    throw new BakehouseError('unreadable', 'Columns cannot be read: the header is not JSON.', { cause });
  }
  const about = record(parsed, 'header');
  if (about.kind !== kind) throw broken(`they are not of the kind "${kind}"`);
  const take = (lengths: readonly number[]) => {
    const directory = list(about.directory, SAMPLE_SERIES_MAX, 'directory');
    if (directory.length !== lengths.length) throw broken('the directory does not fit the tables');
    let at = 8 + headerBytes;
    let cells = 0;
    const tables = directory.map((entry, t) =>
      list(entry, METRICS_MAX + SAMPLE_SERIES_MAX, 'directory').map((item): EncodedColumn => {
        const { id, blocks } = record(item, 'directory') as { id: unknown; blocks: unknown };
        const sizes = list(blocks, blockCount(COLUMN_CELLS_MAX), 'blocks');
        cells += lengths[t]!;
        if (cells > COLUMN_CELLS_MAX) {
          throw new BakehouseError(
            'too-large',
            `Columns of more than ${COLUMN_CELLS_MAX} numbers: ask for fewer at once.`,
          );
        }
        if (sizes.length !== blockCount(lengths[t]!)) throw broken('a column has too many or too few blocks');
        return {
          id: text(id, 'directory'),
          blocks: sizes.map((size) => {
            const from = at;
            at += integer(size, bytes.length - at, 'blocks');
            return bytes.subarray(from, at);
          }),
        };
      }),
    );
    if (at !== bytes.length) throw broken(`${bytes.length - at} bytes are left over`);
    return tables;
  };
  return { about, take };
}

function broken(what: string): BakehouseError {
  return new BakehouseError('unreadable', `Columns cannot be read: ${what}.`);
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(`${where} is not an object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, max: number, where: string): unknown[] {
  if (!Array.isArray(value) || value.length > max) throw broken(`${where} is not a list of at most ${max}`);
  return value;
}

function integer(value: unknown, max: number, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw broken(`${where} is not a number from 0 to ${max}`);
  }
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw broken(`${where} is not text`);
  return value;
}

function textOrNull(value: unknown, where: string): string | null {
  return value === null ? null : text(value, where);
}

/** Unit, aggregation and marks are shown, never computed with beyond a look-up, so a newer writer's word passes through. */
function metricOf(value: unknown): Metric {
  const m = record(value, 'metrics');
  return {
    id: text(m.id, 'metrics'),
    label: text(m.label, 'metrics'),
    unit: text(m.unit, 'metrics') as Unit,
    aggregation: text(m.aggregation, 'metrics') as Aggregation,
    lowerIsBetter: m.lowerIsBetter === true,
    derived: m.derived === true,
    guessed: m.guessed === true,
    note: textOrNull(m.note, 'metrics'),
  };
}

/** A rule this program does not know would leave a column out in silence: better to say that the body is of a newer one. */
function computedOf(value: unknown): ComputedColumn {
  const c = record(value, 'computed');
  const rule = COMPUTATION_RULES.find((known) => known === c.rule);
  if (rule === undefined) throw broken(`a column is computed by an unknown rule "${String(c.rule)}"`);
  const from = list(c.from, 2, 'computed').map((id) => text(id, 'computed'));
  if (from.length !== (rule === 'same' ? 1 : 2)) throw broken('a column is computed from too many or too few');
  return { id: text(c.id, 'computed'), rule, from };
}

function seriesOf(value: unknown): Omit<SampleSeries, 'values'> {
  const s = record(value, 'series');
  return {
    id: text(s.id, 'series'),
    label: text(s.label, 'series'),
    unit: text(s.unit, 'series') as Unit,
    limit: typeof s.limit === 'number' ? s.limit : null,
    marks: list(s.marks, 16, 'marks').map((mark) => text(mark, 'marks') as SampleMark),
    note: textOrNull(s.note, 'series'),
    guessed: s.guessed === true,
  };
}
