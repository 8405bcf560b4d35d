import type { Kysely } from 'kysely';
import type { BuildOutcome } from '../../model/build.ts';
import { BLOCK_LENGTH, blockLength } from '../../model/columns.ts';
import { findPositions } from '../../model/key-list.ts';
import type { Aggregation, Metric } from '../../model/metric.ts';
import { columnBlocks, knownMetric } from '../column-blocks.ts';
import { unpackText } from '../compression.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import { storable } from '../storable.ts';
import type { Trend, TrendPoint, TrendQuestion } from '../store.ts';

/**
 * One metric over the last builds, oldest first: of a task, of a recipe or of the whole build. Builds that did not execute it are left
 * out: not executed is not zero.
 */
export async function readTrend(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  question: TrendQuestion,
): Promise<Trend> {
  const metric = await knownMetric(db, dictionaries, question.metric);
  const { like = null } = question;
  const builds = await db
    .selectFrom('builds')
    .select(['number', 'id', 'started_ms', 'outcome', 'key_list', 'positions'])
    .$if(like !== null, (query) =>
      query.where('configuration', '=', (eb) =>
        eb.selectFrom('builds as own').select('own.configuration').where('own.id', '=', like),
      ),
    )
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(question.builds)
    .execute();
  const values =
    question.recipe === null
      ? await totals(db, dialect, dictionaries, metric, builds)
      : await valuesAtKeys(db, dialect, dictionaries, metric, builds, question.recipe, question);
  const points = builds.reverse().flatMap((build): TrendPoint[] => {
    const value = values.get(build.number);
    if (value === undefined) return [];
    return [{ id: build.id, startedMs: build.started_ms, value, outcome: build.outcome as BuildOutcome }];
  });
  return { metric, points, builds: builds.length };
}

async function totals(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  { id, aggregation }: Metric,
  builds: readonly { number: number }[],
): Promise<Map<number, number>> {
  const metric = (await dictionaries.findMetrics(db, [storable(id)])).get(storable(id)) ?? -1;
  const rows = await db
    .selectFrom('metric_totals')
    .select(['build', 'sum', 'max', 'count'])
    .where('metric', '=', metric)
    .where(
      dialect.oneOf(
        'build',
        builds.map(({ number }) => number),
      ),
    )
    .execute();
  return new Map(
    rows.map(({ build, sum, max, count }) => {
      const value = aggregation === 'max' ? max : aggregation === 'mean' ? sum / count : sum;
      return [build, value];
    }),
  );
}

/**
 * Where the builds share their key list (the rule between two changes of the recipes), the positions are found once and each build costs
 * one block: 1,000 builds of 10,000 tasks take 50 ms, of which zstd has 30.
 */
async function valuesAtKeys(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  { id, aggregation }: Metric,
  builds: readonly { number: number; key_list: number; positions: number }[],
  pn: string,
  question: TrendQuestion,
): Promise<Map<number, number>> {
  const ofList = new Map<number, number[]>();
  // Builds that share a key list have equally long tables.
  const lengths = new Map(builds.map(({ key_list, positions }) => [key_list, positions]));
  for (const { number, key_list } of builds) {
    const list = ofList.get(key_list);
    if (list === undefined) ofList.set(key_list, [number]);
    else list.push(number);
  }
  const found = new Map<number, number[]>();
  for (const [keyList, numbers] of ofList) {
    const row = await db.selectFrom('key_lists').select('body').where('number', '=', keyList).executeTakeFirst();
    // Gone: its builds were replaced since the first question, and are seen at the next.
    if (row === undefined) continue;
    const positions = findPositions(unpackText(row.body), question.mc, pn, question.task);
    const ofBlock = new Map<number, number[]>();
    for (const position of positions) {
      const block = Math.floor(position / BLOCK_LENGTH);
      const within = ofBlock.get(block);
      if (within === undefined) ofBlock.set(block, [position % BLOCK_LENGTH]);
      else within.push(position % BLOCK_LENGTH);
    }
    for (const [block, within] of ofBlock) {
      const size = blockLength(lengths.get(keyList)!, block);
      for (const column of await columnBlocks(db, dialect, dictionaries, id, numbers, block)) {
        const { build } = column;
        const valueAt = column.open(size);
        for (const position of within) {
          const value = valueAt(position);
          if (Number.isNaN(value)) continue;
          const values = found.get(build);
          if (values === undefined) found.set(build, [value]);
          else values.push(value);
        }
      }
    }
  }
  const result = new Map<number, number>();
  for (const [build, values] of found) result.set(build, aggregate(values, aggregation));
  return result;
}

function aggregate(values: readonly number[], aggregation: Aggregation): number {
  if (aggregation === 'max') return values.reduce((a, b) => Math.max(a, b));
  const sum = values.reduce((a, b) => a + b);
  return aggregation === 'mean' ? sum / values.length : sum;
}
