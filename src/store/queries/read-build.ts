import { type Kysely, sql } from 'kysely';
import { type Build, NOT_REPORTED } from '../../model/build.ts';
import {
  decodeSampleTable,
  decodeTaskTable,
  type EncodedColumn,
  isOwnColumn,
  OWN_COLUMNS,
  samplesBody,
  type TaskTableHeader,
  taskTableBody,
} from '../../model/columns-body.ts';
import { decodeGraph } from '../../model/columns-graph.ts';
import { storedColumns } from '../../model/computed-columns.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { Problem } from '../../model/problem.ts';
import type { SampleTable } from '../../model/samples.ts';
import type { TaskGraph, TaskTable } from '../../model/task-table.ts';
import { decompress, unpackText } from '../compression.ts';
import { cutSamples, type StoredContents } from '../contents.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { BuildAccess, BuildContents, BuildHead, BuildSummary, StoredBytes, Visibility } from '../store.ts';
import { SUMMARY_COLUMNS, summaryOf } from '../summary.ts';

/** The reads of one build. */

export async function readSummary(db: Kysely<Database>, id: string): Promise<BuildSummary | null> {
  const row = await db.selectFrom('builds').select(SUMMARY_COLUMNS).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : summaryOf(row);
}

/** So many hex digits of an id, and more, are not guessed: who has them was given the address. */
const WHOLE_PREFIX_DIGITS = 20;

export async function findIds(db: Kysely<Database>, sight: Sight, prefix: string, limit: number): Promise<string[]> {
  const seen = prefix.replaceAll('-', '').length >= WHOLE_PREFIX_DIGITS ? sight.readable() : sight.listed();
  // A range and not a pattern: it uses the index on both engines. Ids are of [0-9a-f-]; '~' is behind all of them.
  const rows = await db
    .selectFrom('builds')
    .select('id')
    .where('id', '>=', prefix)
    .where('id', '<', `${prefix}~`)
    .where(seen)
    .union(
      db
        .selectFrom('build_aliases')
        .innerJoin('builds', 'builds.id', 'build_aliases.build')
        .select('builds.id')
        .where('alias', '>=', prefix)
        .where('alias', '<', `${prefix}~`)
        .where(seen),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * For each of the ids that is listed: what stands beside it in the order of all ids by which listed builds are found, those of merged records
 * included. Whatever begins like it more than these two is not there, so they tell how many digits are enough. One question for a page.
 */
export async function readBesides(
  db: Kysely<Database>,
  sight: Sight,
  ids: readonly string[],
): Promise<Map<string, readonly string[]>> {
  if (ids.length === 0) return new Map();
  const next = (compare: '<' | '>') => {
    const [sign, order] = compare === '<' ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
    return {
      id: sql`(select x.id from builds x where x.id ${sign} b.id and ${sight.listed('x')} order by x.id ${order} limit 1)`,
      // Its own other ids lead to itself.
      alias: sql`(select a.alias from build_aliases a join builds x on x.id = a.build
        where a.alias ${sign} b.id and a.build <> b.id and ${sight.listed('x')} order by a.alias ${order} limit 1)`,
    };
  };
  const [before, after] = [next('<'), next('>')];
  const { rows } = await sql<Record<'id' | 'a' | 'b' | 'c' | 'd', string | null>>`
    select b.id as id, ${before.id} as a, ${before.alias} as b, ${after.id} as c, ${after.alias} as d from builds b
    where b.id in (${sql.join([...ids])}) and ${sight.listed('b')}`.execute(db);
  return new Map(rows.map(({ id, a, b, c, d }) => [id ?? '', [a, b, c, d].flatMap((beside) => beside ?? [])]));
}

/** Whether there is such a build and it may be read. */
export async function isReadable(db: Kysely<Database>, sight: Sight, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('builds')
    .select('number')
    .where('id', '=', id)
    .where(sight.readable())
    .executeTakeFirst();
  return row !== undefined;
}

/** Whose it is and who may see it. */
export async function readAccess(db: Kysely<Database>, id: string): Promise<BuildAccess | null> {
  const row = await db
    .selectFrom('builds')
    .select(['visibility', 'owner', 'received_ms'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { visibility: row.visibility as Visibility, owner: row.owner, receivedMs: row.received_ms };
}

/** Whether there is any build that not everybody may see. */
export async function hasHidden(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('builds')
    .select('number')
    .where('visibility', '<>', 'public')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Changes who may see it, or whether retention may take it. False: there is no such build. */
export async function setAccess(
  db: Kysely<Database>,
  id: string,
  access: { readonly visibility?: Visibility; readonly pinned?: boolean },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('builds')
    .set({
      ...(access.visibility === undefined ? {} : { visibility: access.visibility }),
      ...(access.pinned === undefined ? {} : { pinned: access.pinned ? 1 : 0 }),
    })
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

type StoredHead = BuildHead & { readonly id: string; readonly revision: string };

export async function readHead(db: Kysely<Database>, dialect: Dialect, id: string): Promise<StoredHead | null> {
  return consistent(db, dialect, (view) => headOnce(view, id));
}

async function headOnce(db: Kysely<Database>, id: string): Promise<StoredHead | null | typeof REPLACED> {
  const row = await db
    .selectFrom('builds')
    .innerJoin('build_heads', 'build_heads.build', 'builds.number')
    .select(['number', 'revision', 'head', 'problems'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const problems = row.problems === 0 ? [] : await readProblems(db, row.number);
  if (problems.length !== row.problems) return REPLACED;
  return {
    // Heads stored before these were known.
    ...NOT_REPORTED,
    ...(JSON.parse(unpackText(row.head)) as Omit<BuildHead, 'problems'>),
    problems,
    id,
    revision: row.revision,
  };
}

async function readProblems(db: Kysely<Database>, build: number): Promise<Problem[]> {
  const rows = await db
    .selectFrom('problems')
    .select(['severity', 'code', 'message', 'file', 'line'])
    .where('build', '=', build)
    .orderBy('ordinal')
    .execute();
  return rows as Problem[];
}

export async function readContents(db: Kysely<Database>, id: string): Promise<BuildContents | null> {
  const found = await openContents(db, id);
  if (found === null) return null;
  const { table, taskOutcomes, samples } = found.contents;
  return {
    taskNames: table.taskNames,
    metrics: table.metrics,
    series: samples.flatMap(({ header }) => header.series.map((series) => ({ ...series, source: header.source }))),
    taskOutcomes,
    hasGraph: found.graph !== null,
  };
}

export async function readTaskTable(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  id: string,
  metrics: readonly string[] | '*',
): Promise<TaskTable | null> {
  const found = await consistent(db, dialect, (view) => columnsOnce(view, dictionaries, id, metrics));
  return found === null ? null : decodeTaskTable(found.header, found.columns, decompress);
}

export async function readTaskBytes(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  id: string,
  metrics: readonly string[] | '*',
): Promise<StoredBytes | null> {
  const found = await consistent(db, dialect, (view) => columnsOnce(view, dictionaries, id, metrics));
  if (found === null) return null;
  return { bytes: taskTableBody(found.header, found.columns), revision: found.revision, finished: found.finished };
}

export async function readSamples(db: Kysely<Database>, dialect: Dialect, id: string): Promise<SampleTable[] | null> {
  const found = await consistent(db, dialect, (view) => samplesOnce(view, id));
  return found === null ? null : decodeSamples(found);
}

export async function readSampleBytes(db: Kysely<Database>, dialect: Dialect, id: string): Promise<StoredBytes | null> {
  const found = await consistent(db, dialect, (view) => samplesOnce(view, id));
  if (found === null) return null;
  return { bytes: samplesBody(found.tables), revision: found.revision, finished: found.finished };
}

export async function readGraphBytes(db: Kysely<Database>, id: string): Promise<StoredBytes | null> {
  const row = await db
    .selectFrom('builds')
    .innerJoin('graphs', 'graphs.number', 'builds.graph')
    .select(['revision', 'outcome', 'body'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : { bytes: row.body, revision: row.revision, finished: row.outcome !== 'running' };
}

export async function readGraph(
  db: Kysely<Database>,
  id: string,
): Promise<{ graph: TaskGraph; revision: string } | null> {
  const stored = await readGraphBytes(db, id);
  return stored === null ? null : { graph: decodeGraph(stored.bytes, decompress), revision: stored.revision };
}

export async function readBuild(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  id: string,
): Promise<Build | null> {
  return consistent(db, dialect, async (view) => {
    const head = await headOnce(view, id);
    const table = await columnsOnce(view, dictionaries, id, '*');
    const samples = await samplesOnce(view, id);
    const graph = await view
      .selectFrom('builds')
      .leftJoin('graphs', 'graphs.number', 'builds.graph')
      .select(['revision', 'body'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (head === REPLACED || table === REPLACED || samples === REPLACED) return REPLACED;
    if (head === null || table === null || samples === null || graph === undefined) return null;
    for (const { revision } of [table, samples, graph]) if (revision !== head.revision) return REPLACED;
    const { id: _, revision: __, ...rest } = head;
    return {
      ...rest,
      tasks: decodeTaskTable(table.header, table.columns, decompress),
      samples: decodeSamples(samples),
      graph: graph.body === null ? null : decodeGraph(graph.body, decompress),
    };
  });
}

interface FoundContents {
  readonly number: number;
  readonly revision: string;
  readonly finished: boolean;
  readonly graph: number | null;
  readonly contents: StoredContents;
}

async function openContents(db: Kysely<Database>, id: string): Promise<FoundContents | null> {
  const row = await db
    .selectFrom('builds')
    .innerJoin('build_heads', 'build_heads.build', 'builds.number')
    .select(['number', 'revision', 'outcome', 'graph', 'contents'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { number, revision, outcome, graph, contents } = row;
  return {
    number,
    revision,
    finished: outcome !== 'running',
    graph,
    contents: JSON.parse(unpackText(contents)) as StoredContents,
  };
}

/** Own columns and those of the asked metrics, with what computed ones are made of, as stored. */
async function columnsOnce(
  db: Kysely<Database>,
  dictionaries: Dictionaries,
  id: string,
  metrics: readonly string[] | '*',
): Promise<(FoundContents & { header: TaskTableHeader; columns: EncodedColumn[] }) | null | typeof REPLACED> {
  const found = await openContents(db, id);
  if (found === null) return null;
  const { table } = found.contents;
  const asked = metrics === '*' ? null : new Set(metrics);
  const told = table.metrics.filter((metric) => asked === null || asked.has(metric.id));
  const all = [...OWN_COLUMNS, ...told.map((metric) => metric.id)];
  const ids = [...storedColumns(all, table.computed)];
  const computed = table.computed.filter(({ id: column }) => all.includes(column));
  const header: TaskTableHeader = { ...table, metrics: told, computed };
  const numbers = await dictionaries.findMetrics(db, ids.map(storable));
  const wanted = ids.flatMap((column) => numbers.get(storable(column)) ?? []);
  let query = db.selectFrom('task_blocks').select(['metric', 'bytes']).where('build', '=', found.number);
  // A whole table is one run of the key; some metrics are some runs.
  if (asked !== null) query = query.where('metric', 'in', wanted);
  const rows = wanted.length === 0 ? [] : await query.orderBy('metric').orderBy('block').execute();
  const blocks = new Map<number, Uint8Array[]>();
  for (const { metric, bytes } of rows) {
    const list = blocks.get(metric);
    if (list === undefined) blocks.set(metric, [bytes]);
    else list.push(bytes);
  }
  const columns = ids.flatMap((column) => {
    const list = blocks.get(numbers.get(storable(column)) ?? -1);
    if (list === undefined && (isOwnColumn(column) || table.length > 0)) return [];
    return [{ id: column, blocks: list ?? [] }];
  });
  // An empty table has no blocks, and columns all the same.
  if (table.length === 0) return { ...found, header, columns: emptyColumns(ids) };
  if (!columns.some((column) => column.id === OWN_COLUMNS[0])) return REPLACED;
  return { ...found, header, columns };
}

function emptyColumns(ids: readonly string[]): EncodedColumn[] {
  const always = OWN_COLUMNS.slice(0, 5);
  return ids.filter((id) => !isOwnColumn(id) || always.includes(id)).map((id) => ({ id, blocks: [] }));
}

interface FoundSamples extends FoundContents {
  readonly tables: { header: StoredContents['samples'][number]['header']; columns: EncodedColumn[] }[];
}

async function samplesOnce(db: Kysely<Database>, id: string): Promise<FoundSamples | null | typeof REPLACED> {
  const found = await openContents(db, id);
  if (found === null) return null;
  const rows = await db
    .selectFrom('sample_blocks')
    .select('bytes')
    .where('build', '=', found.number)
    .orderBy('ordinal')
    .execute();
  const { samples } = found.contents;
  if (rows.length !== samples.length) return REPLACED;
  const tables = samples.map((stored, i) => ({ header: stored.header, columns: cutSamples(stored, rows[i]!.bytes) }));
  return { ...found, tables };
}

function decodeSamples({ tables }: FoundSamples): SampleTable[] {
  return tables.map(({ header, columns }) => decodeSampleTable(header, columns, decompress));
}

const REPLACED = Symbol('replaced while it was read');

/** Tries that cost nothing more than the questions themselves. */
const FREE_TRIES = 2;

/**
 * A build that is replaced between two questions has other numbers: its old rows are gone, never mixed with the new. Then the questions
 * are asked again, and if that was no better in one snapshot of the database, where nothing is ever replaced: on a loaded machine a
 * reader can lose against a busy writer ten times in a row.
 */
async function consistent<T>(
  db: Kysely<Database>,
  dialect: Dialect,
  read: (view: Kysely<Database>) => Promise<T | typeof REPLACED>,
): Promise<T> {
  for (let attempt = 0; attempt < FREE_TRIES; attempt++) {
    const got = await read(db);
    if (got !== REPLACED) return got as T;
  }
  const got = await db.connection().execute(async (connection) => {
    await sql.raw(dialect.beginSnapshot).execute(connection);
    try {
      return await read(connection);
    } finally {
      await sql`rollback`.execute(connection);
    }
  });
  if (got !== REPLACED) return got as T;
  throw new BakehouseError('unreadable', 'The rows of a build in the database do not fit its head.');
}
