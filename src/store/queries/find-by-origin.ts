import type { Kysely } from 'kysely';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { OriginQuestion } from '../store.ts';

/** Ids of builds that may be of one origin: of the same name, or begun within `slackMs`; the nearest start first. */
export async function findByOrigin(db: Kysely<Database>, sight: Sight, question: OriginQuestion): Promise<string[]> {
  const { name, startedMs, slackMs } = question;
  const named = db
    .selectFrom('builds')
    .select(['id', 'order_ms'])
    .where(sight.listed())
    .where('name', '=', storable(name));
  const rows = await (startedMs === null
    ? named
    : named.union(
        db
          .selectFrom('builds')
          .select(['id', 'order_ms'])
          .where(sight.listed())
          .where('order_ms', '>=', Math.floor(startedMs - slackMs))
          .where('order_ms', '<=', Math.ceil(startedMs + slackMs)),
      )
  ).execute();
  const far = (order: number) => (startedMs === null || order < 0 ? Number.MAX_VALUE : Math.abs(order - startedMs));
  return rows.sort((a, b) => far(a.order_ms) - far(b.order_ms) || (a.id < b.id ? -1 : 1)).map((row) => row.id);
}
