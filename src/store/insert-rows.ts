import { CompiledQuery, type Transaction } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';

/**
 * Parameters of one statement; SQLite takes 32,766 and PostgreSQL 65,535. Storing a build of 10,000 tasks took 34 ms with 400, 24 ms with
 * 2,000 and no less with 5,000 (SQLite), 56, 39 and 45 ms (PostgreSQL, before `arrays`).
 */
const PARAMETERS_MAX = 2000;

/**
 * Inserts rows given as lists of values, many to a statement. The text is made here and not by Kysely: for the 110 blocks of a build
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
  if (rows.length === 0) return;
  const insert = `insert into ${table} (${columns.join(',')})`;
  const arrays = dialect.arrays(columns);
  if (arrays !== null) {
    // In a row of VALUES each parameter is parsed and planned on its own: 580 recipe runs took 15 ms so, and take 4 ms as arrays.
    const lists = columns.map((_, c) => rows.map((row) => cleaned(row[c])));
    await trx.executeQuery(CompiledQuery.raw(`${insert} ${arrays} ${ending}`, lists));
    return;
  }
  const width = columns.length;
  const atOnce = Math.max(1, Math.floor(PARAMETERS_MAX / width));
  let text = '';
  let textRows = 0;
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce);
    if (some.length !== textRows) {
      textRows = some.length;
      const lines = some.map((_, r) => `(${columns.map((__, c) => dialect.placeholder(r * width + c + 1)).join(',')})`);
      text = `${insert} values ${lines.join(',')} ${ending}`;
    }
    await trx.executeQuery(CompiledQuery.raw(text, some.flat().map(cleaned)));
  }
}

function cleaned(value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
