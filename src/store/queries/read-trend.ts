import type { Kysely } from 'kysely';
import type { BuildOutcome } from '../../model/build.ts';
import { BLOCK_LENGTH, blockLength } from '../../model/columns.ts';
import { findPositions } from '../../model/key-list.ts';
import type { Aggregation, Metric } from '../../model/metric.ts';
import { BUILD_DURATION, metricFor } from '../../model/metric-registry.ts';
import { columnBlocks, knownMetric } from '../column-blocks.ts';
import { unpackText } from '../compression.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { Trend, TrendPoint, TrendQuestion } from '../store.ts';

/**
 * One metric over the last builds, oldest first: of a task, of a recipe or of the whole build. Builds that did not execute it are left
 * out: not executed is not zero. So are values that are none: an estimated end makes no duration, and several runs of a metric that does
 * not add up make no number; effective cores alone have one, cpu time by wall time.
 */
export async function readTrend(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  question: TrendQuestion,
): Promise<Trend> {
  const ofBuild = question.recipe === null && question.metric === BUILD_DURATION.id;
  const metric = ofBuild ? BUILD_DURATION : await knownMetric(db, dictionaries, sight, question.metric);
  const { like = null } = question;
  const builds = await db
    .selectFrom('builds')
    // An unlisted build has its own place in its own trend.
    .where((eb) =>
      like === null ? sight.listed() : eb.or([sight.listed(), eb.and([eb('id', '=', like), sight.readable()])]),
    )
    .select(['number', 'id', 'started_ms', 'outcome', 'key_list', 'positions', 'duration_ms', 'end_estimated'])
    .$if(like !== null, (query) =>
      query.where('configuration', '=', (eb) =>
        eb
          .selectFrom('builds as own')
          .select('own.configuration')
          .where('own.id', '=', like)
          .where(sight.readable('own')),
      ),
    )
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(question.builds)
    .execute();
  const { recipe } = question;
  const read = (of: Metric) =>
    recipe === null
      ? totals(db, dialect, dictionaries, of, builds)
      : valuesAtKeys(db, dialect, dictionaries, of, builds, recipe, question);
  const values = ofBuild
    ? new Map(
        builds.flatMap(({ number, duration_ms, end_estimated }) =>
          duration_ms === null || end_estimated === 1 ? [] : [[number, duration_ms / 1000] as const],
        ),
      )
    : metric.id === EFFECTIVE_CORES
      ? quotients(await read(metricFor('cputime')), await read(metricFor('walltime')))
      : numbersOf(await read(metric));
  const points = builds.reverse().flatMap((build): TrendPoint[] => {
    const value = values.get(build.number);
    if (value === undefined) return [];
    return [{ id: build.id, startedMs: build.started_ms, value, outcome: build.outcome as BuildOutcome }];
  });
  return { metric, points, builds: builds.length };
}

const EFFECTIVE_CORES = 'effective_cores';

/** What the runs of one build come to; null: they recorded it, but do not add up. `runs` is how many recorded it. */
interface Amount {
  readonly value: number | null;
  readonly runs: number;
}

function numbersOf(amounts: ReadonlyMap<number, Amount>): Map<number, number> {
  return new Map([...amounts].flatMap(([build, { value }]) => (value === null ? [] : [[build, value] as const])));
}

/** Of sums over the same runs: where one of the two is not recorded for some, there is no quotient. */
function quotients(tops: ReadonlyMap<number, Amount>, bottoms: ReadonlyMap<number, Amount>): Map<number, number> {
  const result = new Map<number, number>();
  for (const [build, top] of tops) {
    const bottom = bottoms.get(build);
    if (bottom === undefined || top.runs !== bottom.runs || top.value === null || bottom.value === null) continue;
    if (bottom.value > 0) result.set(build, top.value / bottom.value);
  }
  return result;
}

async function totals(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  { id, aggregation }: Metric,
  builds: readonly { number: number }[],
): Promise<Map<number, Amount>> {
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
    rows.map(({ build, sum, max, count }): [number, Amount] => {
      if (aggregation === 'none' && count > 1) return [build, { value: null, runs: count }];
      const value = aggregation === 'max' ? max : aggregation === 'mean' ? sum / count : sum;
      return [build, { value, runs: count }];
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
): Promise<Map<number, Amount>> {
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
  const result = new Map<number, Amount>();
  for (const [build, values] of found) {
    result.set(build, { value: aggregate(values, aggregation), runs: values.length });
  }
  return result;
}

function aggregate(values: readonly number[], aggregation: Aggregation): number | null {
  if (aggregation === 'none' && values.length > 1) return null;
  if (aggregation === 'max') return values.reduce((a, b) => Math.max(a, b));
  const sum = values.reduce((a, b) => a + b);
  return aggregation === 'mean' ? sum / values.length : sum;
}
