import { CompiledQuery, type Transaction } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';

/** Parameters of one statement. SQLite takes 32,766 and PostgreSQL 65,535; beyond some hundred nothing is gained. */
const PARAMETERS_MAX = 400;

/**
 * Inserts rows given as lists of values, many to a statement. The text is made here and not by Kysely: for the 130 blocks of a build
 * its query tree costs more (5 ms) than the insert (2 ms).
 */
export async function insertRows<T extends keyof Database & string>(
  trx: Transaction<Database>,
  dialect: Dialect,
  table: T,
  columns: readonly (keyof Database[T] & string)[],
  rows: readonly (readonly unknown[])[],
  ending = '',
): Promise<void> {
  const width = columns.length;
  const atOnce = Math.max(1, Math.floor(PARAMETERS_MAX / width));
  let text = '';
  let textRows = 0;
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce);
    if (some.length !== textRows) {
      textRows = some.length;
      const lines = some.map((_, r) => `(${columns.map((__, c) => dialect.placeholder(r * width + c + 1)).join(',')})`);
      text = `insert into ${table} (${columns.join(',')}) values ${lines.join(',')} ${ending}`;
    }
    await trx.executeQuery(
      CompiledQuery.raw(
        text,
        some.flat().map((value) => (typeof value === 'string' ? storable(value) : value)),
      ),
    );
  }
}
