/** Searches by the names that accounts gave them. */
import type { Kysely } from 'kysely';
import { BakehouseError } from '../model/errors.ts';
import { SAVED_SEARCHES_MAX } from '../model/limits.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';

export interface SavedSearch {
  readonly name: string;
  /** In its one way of writing. */
  readonly q: string;
  /** Null: all kinds. */
  readonly kind: string | null;
}

export interface SavedSearches {
  /** By name. */
  list(account: number): Promise<readonly SavedSearch[]>;
  /** In place of one of the same name. `too-large` where the account has all that it may. */
  save(account: number, search: SavedSearch, nowMs: number): Promise<void>;
  /** True when there was one. */
  remove(account: number, name: string): Promise<boolean>;
}

export function savedSearchesOf(db: Kysely<Database>): SavedSearches {
  return {
    list: (account) =>
      db
        .selectFrom('saved_searches')
        .select(['name', 'q', 'kind'])
        .where('account', '=', account)
        .orderBy('name')
        .execute(),
    save: (account, search, nowMs) =>
      db.transaction().execute(async (trx) => {
        const row = { q: storable(search.q), kind: search.kind };
        await trx
          .insertInto('saved_searches')
          .values({ account, name: storable(search.name), ...row, created_ms: nowMs })
          .onConflict((conflict) => conflict.columns(['account', 'name']).doUpdateSet(row))
          .execute();
        const { count } = await trx
          .selectFrom('saved_searches')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('account', '=', account)
          .executeTakeFirstOrThrow();
        if (Number(count) > SAVED_SEARCHES_MAX)
          throw new BakehouseError(
            'too-large',
            `An account keeps at most ${SAVED_SEARCHES_MAX} searches: delete one first.`,
          );
      }),
    remove: async (account, name) => {
      const { numDeletedRows } = await db
        .deleteFrom('saved_searches')
        .where('account', '=', account)
        .where('name', '=', storable(name))
        .executeTakeFirst();
      return Number(numDeletedRows) > 0;
    },
  };
}
