/**
 * The schema's history: forward only, part of the bundle (no directory is scanned), one transaction from the version found to the
 * newest. A database of a newer program is refused, never guessed at.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { BakehouseError } from '../../model/errors.ts';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import { builds } from './0001-builds.ts';
import { reports } from './0002-reports.ts';
import { failures } from './0003-failures.ts';
import { farms } from './0004-farms.ts';
import { triage } from './0005-triage.ts';
import { tests } from './0006-tests.ts';
import { logSearch } from './0007-log-search.ts';
import { savedSearches } from './0008-saved-searches.ts';
import { recipeRecount } from './0009-recipe-recount.ts';
import { fewerPages } from './0010-fewer-pages.ts';
import { usualFromIndex } from './0011-usual-from-index.ts';

export interface Migration {
  readonly name: string;
  statements(dialect: Dialect): readonly string[];
  /** What SQL alone cannot say: in the same transaction, after the statements of all of them. */
  after?(trx: Transaction<Database>, dialect: Dialect): Promise<void>;
}

/** Append only: the place in this list is the version. */
const MIGRATIONS: readonly Migration[] = [
  builds,
  reports,
  failures,
  farms,
  triage,
  tests,
  logSearch,
  savedSearches,
  recipeRecount,
  fewerPages,
  usualFromIndex,
];

export const STORE_VERSION = MIGRATIONS.length;

/** Brings the database to STORE_VERSION; returns the version found. */
export async function migrate(db: Kysely<Database>, dialect: Dialect): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (dialect.migrationLock !== null) await dialect.migrationLock.execute(trx);
    await sql`create table if not exists store_version (version integer not null)`.execute(trx);
    const row = await trx.selectFrom('store_version').select('version').executeTakeFirst();
    const found = row?.version ?? 0;
    if (found > STORE_VERSION) {
      throw new BakehouseError(
        'conflict',
        `The database is of version ${found}, this program knows up to ${STORE_VERSION}: it was written by a newer Bakehouse. Nothing was changed.`,
      );
    }
    for (const migration of MIGRATIONS.slice(found)) {
      for (const statement of migration.statements(dialect)) await sql.raw(statement).execute(trx);
    }
    // These write rows as this program does, so every table must have the shape it has now.
    for (const migration of MIGRATIONS.slice(found)) await migration.after?.(trx, dialect);
    if (row === undefined) await trx.insertInto('store_version').values({ version: STORE_VERSION }).execute();
    else if (found < STORE_VERSION) await trx.updateTable('store_version').set({ version: STORE_VERSION }).execute();
    return found;
  });
}
