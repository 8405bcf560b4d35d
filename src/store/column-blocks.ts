import type { Kysely } from 'kysely';
import { BLOCK_LENGTH, decodeBlock, openBlockValues } from '../model/columns.ts';
import { COMPUTABLE, compute } from '../model/computed-columns.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Metric } from '../model/metric.ts';
import { decompress } from './compression.ts';
import type { Dialect } from './dialect.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import { storable } from './storable.ts';

/** One block of one column of one build. */
export interface ColumnBlock {
  readonly build: number;
  readonly block: number;
  /** Values at positions within the block, which is of `length`; NaN: not recorded. */
  open(length: number): (position: number) => number;
  /** All values; the target's length is the block's. */
  fill(target: Float64Array): void;
}

/**
 * What the store knows of a metric; `not-found` where no build has it that may be seen. Only names that builds bring themselves are looked
 * for: those that we know would be known anyway.
 */
export async function knownMetric(
  db: Kysely<Database>,
  dictionaries: Dictionaries,
  sight: Sight,
  id: string,
): Promise<Metric> {
  const metric = (await dictionaries.listMetrics(db)).find((known) => known.id === id);
  if (metric === undefined || (metric.guessed && !sight.everything && !(await isSeen(db, dictionaries, sight, id))))
    throw new BakehouseError('not-found', `No stored build has a metric "${id}".`);
  return metric;
}

/** A walk: newest first, because what is asked for was mostly seen of late. Of 1,000 builds that do not have it 0.3 ms. */
async function isSeen(db: Kysely<Database>, dictionaries: Dictionaries, sight: Sight, id: string): Promise<boolean> {
  const number = (await dictionaries.findMetrics(db, [storable(id)])).get(storable(id)) ?? -1;
  const row = await db
    .selectFrom('builds')
    .select('builds.number')
    .where(sight.listedInOrder())
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('metric_totals')
          .select('metric')
          .whereRef('metric_totals.build', '=', 'builds.number')
          .where('metric_totals.metric', '=', number),
      ),
    )
    .orderBy('builds.order_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The blocks of one metric in many builds, of one block number or (null) of all. Where a build keeps no blocks of it because others give
 * it (computed-columns.ts), the block is made of those.
 */
export async function columnBlocks(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  metric: string,
  builds: readonly number[],
  block: number | null,
): Promise<ColumnBlock[]> {
  const blocks = (await storedBlocks(db, dialect, dictionaries, metric, builds, block)).map(storedBlock);
  const rule = COMPUTABLE.find((one) => one.id === metric);
  if (rule === undefined) return blocks;
  const have = new Set(blocks.map((found) => found.build));
  const rest = builds.filter((build) => !have.has(build));
  if (rest.length === 0) return blocks;
  const read = async (id: string | undefined) => {
    if (id === undefined) return new Map<string, ColumnBlock>();
    const rows = await storedBlocks(db, dialect, dictionaries, id, rest, block);
    return new Map(rows.map((row) => [`${row.build} ${row.block}`, storedBlock(row)]));
  };
  const [left, right] = [await read(rule.from[0]), await read(rule.from[1])];
  const dense = new Float64Array(BLOCK_LENGTH);
  for (const [key, a] of left) {
    const b = right.get(key);
    if (b === undefined && rule.from.length > 1) continue;
    blocks.push({
      build: a.build,
      block: a.block,
      open: (length) => {
        const first = a.open(length);
        const second = b?.open(length);
        return (position) => compute(rule.rule, first(position), second?.(position) ?? 0);
      },
      fill: (target) => {
        a.fill(target);
        if (b === undefined) return;
        const others = dense.subarray(0, target.length);
        b.fill(others);
        for (let i = 0; i < target.length; i++) target[i] = compute(rule.rule, target[i]!, others[i]!);
      },
    });
  }
  return blocks;
}

interface StoredBlock {
  readonly build: number;
  readonly block: number;
  readonly bytes: Uint8Array;
}

async function storedBlocks(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  metric: string,
  builds: readonly number[],
  block: number | null,
): Promise<StoredBlock[]> {
  const number = (await dictionaries.findMetrics(db, [storable(metric)])).get(storable(metric));
  if (number === undefined) return [];
  let query = db
    .selectFrom('task_blocks')
    .select(['build', 'block', 'bytes'])
    .where('metric', '=', number)
    .where(dialect.oneOf('build', builds));
  if (block !== null) query = query.where('block', '=', block);
  return query.execute();
}

function storedBlock({ build, block, bytes }: StoredBlock): ColumnBlock {
  return {
    build,
    block,
    open: (length) => openBlockValues(bytes, length, decompress),
    fill: (target) => decodeBlock(bytes, target, decompress),
  };
}
