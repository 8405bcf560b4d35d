import { createHash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Build } from '../model/build.ts';
import { isOwnColumn } from '../model/columns-body.ts';
import { encodeGraph } from '../model/columns-graph.ts';
import { BakehouseError } from '../model/errors.ts';
import { keyListOf } from '../model/key-list.ts';
import type { Metric } from '../model/metric.ts';
import { namedBlobs } from './blob-index.ts';
import { compress, packText } from './compression.ts';
import { type EncodedBuild, encodeBuild } from './contents.ts';
import type { Dialect } from './dialect.ts';
import type { Dictionaries } from './dictionaries.ts';
import { insertFacts } from './facts.ts';
import { dropRelations, noteJob } from './farms.ts';
import { insertRows } from './insert-rows.ts';
import { recipeRuns } from './recipe-runs.ts';
import { revisionOf } from './revision.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';
import type { BuildAccess, SavedBuild } from './store.ts';
import { summaryRow } from './summary.ts';
import { dropTests } from './tests.ts';
import { noteReceipt, type UploadReceipt } from './uploads.ts';

/** Two controllers that save at once meet here; three in a row on the same build is a fault and not bad luck. */
const TRIES = 5;

export interface SaveOptions {
  /**
   * The revision the build was made from (null: there was none): where the store holds another by now, nothing is written and the
   * error is `conflict`. Without it the last writer wins.
   */
  readonly replacing?: string | null;
  /** Of a build that is new to the store: who may see it, whose it is, when it arrived. One that is there keeps what it has. */
  readonly access?: BuildAccess;
  /** Of the upload that the build was read from: noted in the same transaction. `conflict` where more of it is stored already. */
  readonly receipt?: UploadReceipt | undefined;
}

/** Where it is not given the build was read from a path of this machine: everybody's who reaches the server. */
function accessOf(
  before: { visibility: string; owner: number | null; pinned: number; received_ms: number | null } | undefined,
  access: BuildAccess | undefined,
) {
  if (before !== undefined) {
    const { visibility, owner, pinned, received_ms } = before;
    return { visibility, owner, pinned, received_ms };
  }
  return {
    visibility: access?.visibility ?? 'public',
    owner: access?.owner ?? null,
    pinned: 0,
    received_ms: access?.receivedMs ?? null,
  };
}

/** Writes a build whole, in one transaction; the same content again writes nothing. */
export async function saveBuild(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  id: string,
  build: Build,
  options: SaveOptions,
): Promise<SavedBuild> {
  const revision = revisionOf(build);
  if (options.receipt === undefined) {
    const stored = await db.selectFrom('builds').select('revision').where('id', '=', id).executeTakeFirst();
    if (stored?.revision === revision) return { id, revision, changed: false };
  }
  // All computing is done before the transaction: on SQLite it holds the only write lock.
  const encoded = encodeBuild(build);
  const keyList = keyListOf(build.tasks, build.recipes);
  const graph = build.graph === null ? null : encodeGraph(build.graph, compress);
  const { tasks: _, samples: __, graph: ___, problems: ____, ...head } = build;
  const packed = { head: packText(JSON.stringify(head)), contents: packText(JSON.stringify(encoded.contents)) };

  for (let attempt = 1; ; attempt++) {
    try {
      let remember: (() => void)[] = [];
      const changed = await db.transaction().execute(async (trx) => {
        const before = await trx
          .selectFrom('builds')
          .select(['number', 'revision', 'key_list', 'graph', 'visibility', 'owner', 'pinned', 'received_ms'])
          .where('id', '=', id)
          .executeTakeFirst();
        // Last: every writer takes the rows of uploads after those of builds.
        const note = async (): Promise<void> => {
          if (options.receipt !== undefined) await noteReceipt(trx, id, options.receipt, namedBlobs(build));
        };
        if (before?.revision === revision) {
          await note();
          return false;
        }
        if (options.replacing !== undefined && options.replacing !== (before?.revision ?? null)) {
          throw new BakehouseError('conflict', `The build ${id} was changed by another writer meanwhile.`);
        }
        // Names first, in one order for all writers; only then rows of our own.
        const metrics = await dictionaries.needMetrics(trx, metricsOf(encoded, build.tasks.metrics));
        const recipes = await dictionaries.needRecipes(
          trx,
          build.recipes.map(({ pn }) => storable(pn)),
        );
        remember = [metrics.remember, recipes.remember];
        const keyListNumber = await needShared(trx, 'key_lists', hashOf(keyList), () => packText(keyList));
        const graphNumber = graph === null ? null : await needShared(trx, 'graphs', hashOf(graph), () => graph);
        if (before !== undefined) {
          await trx.deleteFrom('recipe_runs').where('build', '=', before.number).execute();
          await trx.deleteFrom('builds').where('number', '=', before.number).execute();
        }
        const row = summaryRow(id, revision, build);
        const access = accessOf(before, options.access);
        const { number } = await trx
          .insertInto('builds')
          .values({
            ...row,
            // One that does not tell when it began (an error report) stands where it came in, and not behind all others.
            order_ms: row.started_ms ?? access.received_ms ?? row.order_ms,
            key_list: keyListNumber,
            graph: graphNumber,
            ...access,
          })
          .returning('number')
          .executeTakeFirstOrThrow();
        await insertRows(
          trx,
          dialect,
          'build_heads',
          ['build', 'head', 'contents'],
          [[number, packed.head, packed.contents]],
        );
        await insertParts(trx, dialect, number, build, encoded, metrics.numbers, recipes.numbers);
        await noteJob(trx, id, build.jobId);
        if (before !== undefined) {
          if (before.key_list !== keyListNumber) await dropUnused(trx, 'key_lists', 'key_list', before.key_list);
          if (before.graph !== null && before.graph !== graphNumber)
            await dropUnused(trx, 'graphs', 'graph', before.graph);
        }
        await note();
        return true;
      });
      for (const keep of remember) keep();
      return { id, revision, changed };
    } catch (error) {
      if (attempt >= TRIES || !dialect.isConflict(error)) throw error;
    }
  }
}

async function insertParts(
  trx: Transaction<Database>,
  dialect: Dialect,
  number: number,
  build: Build,
  encoded: EncodedBuild,
  metrics: ReadonlyMap<string, number>,
  recipes: ReadonlyMap<string, number>,
): Promise<void> {
  const insert = <T extends keyof Database & string>(
    table: T,
    columns: readonly (keyof Database[T] & string)[],
    rows: readonly (readonly unknown[])[],
  ) => insertRows(trx, dialect, table, columns, rows);
  await insert(
    'task_blocks',
    ['build', 'metric', 'block', 'bytes'],
    encoded.columns.flatMap(({ id, blocks }) =>
      blocks.map((bytes, block) => [number, metrics.get(storable(id))!, block, bytes]),
    ),
  );
  await insert(
    'sample_blocks',
    ['build', 'ordinal', 'bytes'],
    encoded.samples.map((bytes, ordinal) => [number, ordinal, bytes]),
  );
  await insert(
    'metric_totals',
    ['build', 'metric', 'sum', 'max', 'count'],
    build.tasks.metrics.flatMap((metric) => {
      const total = totalOf(build.tasks.values.get(metric.id)!);
      return total === null ? [] : [[number, metrics.get(storable(metric.id))!, total.sum, total.max, total.count]];
    }),
  );
  await insert(
    'build_targets',
    ['build', 'target'],
    [...new Set(build.targets ?? [])].map((target) => [number, target]),
  );
  await insert(
    'recipe_runs',
    ['build', 'ordinal', 'recipe', 'mc', 'version', 'status', 'failed_task', 'busy_ms'],
    recipeRuns(build).map((run, ordinal) => [
      number,
      ordinal,
      recipes.get(storable(run.pn))!,
      run.mc,
      run.version,
      run.status,
      run.failedTask,
      run.busyMs,
    ]),
  );
  await insertFacts(trx, dialect, number, build);
  await insert(
    'problems',
    ['build', 'ordinal', 'severity', 'code', 'message', 'file', 'line'],
    build.problems.map((p, ordinal) => [number, ordinal, p.severity, p.code, p.message, p.file, p.line]),
  );
}

/** Own columns of the table have no metric of their own. */
function metricsOf({ columns }: EncodedBuild, metrics: readonly Metric[]): Map<string, Metric | null> {
  const own = columns.map(({ id }) => id).filter(isOwnColumn);
  return new Map<string, Metric | null>([
    ...own.map((id) => [id, null] as const),
    ...metrics.map((metric) => [storable(metric.id), metric] as const),
  ]);
}

function totalOf(column: Float64Array): { sum: number; max: number; count: number } | null {
  let sum = 0;
  let max = Number.NEGATIVE_INFINITY;
  let count = 0;
  // By index: an iterator over 36 columns of 10,000 costs 4 ms, this 0.5.
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Number.isFinite(value)) continue;
    sum += value;
    if (value > max) max = value;
    count++;
  }
  return count === 0 || !Number.isFinite(sum) ? null : { sum, max, count };
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** The number of a body that builds share, made where it is new. */
async function needShared(
  trx: Transaction<Database>,
  table: 'key_lists' | 'graphs',
  hash: string,
  make: () => Uint8Array,
): Promise<number> {
  const find = () => trx.selectFrom(table).select('number').where('hash', '=', hash).executeTakeFirst();
  const found = await find();
  if (found !== undefined) return found.number;
  await trx
    .insertInto(table)
    .values({ hash, body: make() })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
  const made = await find();
  if (made === undefined)
    throw new BakehouseError('conflict', `A shared body of ${table} went away while it was written.`);
  return made.number;
}

/**
 * A running build changes its key list every few seconds; what no build uses goes. Where another writer takes it up at this moment,
 * its reference makes the delete (or its insert) fail and one of us tries again.
 */
async function dropUnused(
  trx: Transaction<Database>,
  table: 'key_lists' | 'graphs',
  column: 'key_list' | 'graph',
  number: number,
): Promise<void> {
  const user = await trx.selectFrom('builds').select('number').where(column, '=', number).limit(1).executeTakeFirst();
  if (user === undefined) await trx.deleteFrom(table).where('number', '=', number).execute();
}

/** True when there was such a build. */
export async function deleteBuild(db: Kysely<Database>, id: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('builds')
      .where('id', '=', id)
      .returning(['number', 'key_list', 'graph'])
      .executeTakeFirst();
    if (gone === undefined) return false;
    await trx.deleteFrom('recipe_runs').where('build', '=', gone.number).execute();
    // The blobs themselves go after a time of grace, if no other build uses them.
    await trx.deleteFrom('blob_uses').where('build', '=', id).execute();
    // Whoever pushes it again begins anew.
    await trx.deleteFrom('uploads').where('build', '=', id).execute();
    await trx.deleteFrom('build_aliases').where('build', '=', id).execute();
    await trx.deleteFrom('report_numbers').where('build', '=', id).execute();
    await dropRelations(trx, id);
    await dropTests(trx, id);
    await dropUnused(trx, 'key_lists', 'key_list', gone.key_list);
    if (gone.graph !== null) await dropUnused(trx, 'graphs', 'graph', gone.graph);
    return true;
  });
}
