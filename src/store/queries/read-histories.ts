import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';

/**
 * For each id the durations in ms of up to `limit` earlier succeeded builds of its configuration, oldest first. One statement for a whole
 * page; each build walks its own stretch of the index (configuration, order_ms, baseline): 100 builds take 3 ms among 1,000.
 */
export async function readHistories(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  ids: readonly string[],
  limit: number,
): Promise<Map<string, number[]>> {
  if (ids.length === 0) return new Map();
  const earlier = sql`select u.duration_ms from builds u where u.configuration = b.configuration and u.baseline = 1
    and ${sight.listed('u')} and u.order_ms < b.order_ms order by u.order_ms desc, u.id limit ${limit}`;
  const { rows } = await sql<{ id: string; history: string | null }>`
    select b.id as id, ${dialect.jsonArray(earlier, 'duration_ms')} as history from builds b
    where b.id in (${sql.join([...ids])}) and ${sight.readable('b')}`.execute(db);
  return new Map(
    rows.map(({ id, history }) => [id, history === null ? [] : (JSON.parse(history) as number[]).reverse()]),
  );
}

/** Builds of the same configuration just before and after in time; of one millisecond, by id. */
export async function readNeighbours(
  db: Kysely<Database>,
  sight: Sight,
  id: string,
): Promise<{ previousId: string | null; nextId: string | null }> {
  const own = await db
    .selectFrom('builds')
    .select(['configuration', 'order_ms'])
    .where('id', '=', id)
    .where(sight.readable())
    .executeTakeFirst();
  if (own === undefined) return { previousId: null, nextId: null };
  const beside = async (direction: 'asc' | 'desc') => {
    const compare = direction === 'asc' ? '>' : '<';
    const row = await db
      .selectFrom('builds')
      .select('id')
      .where(sight.listed())
      .where('configuration', '=', own.configuration)
      .where((eb) =>
        eb.or([
          eb('order_ms', compare, own.order_ms),
          eb.and([eb('order_ms', '=', own.order_ms), eb('id', compare, id)]),
        ]),
      )
      .orderBy('order_ms', direction)
      .orderBy('id', direction)
      .limit(1)
      .executeTakeFirst();
    return row?.id ?? null;
  };
  return { previousId: await beside('desc'), nextId: await beside('asc') };
}
