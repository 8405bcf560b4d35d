import { CompiledQuery, type Transaction } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';

/**
 * Parameters of one statement; SQLite takes 32,766. Storing a build of 10,000 tasks took 34 ms with 400, 24 ms with 2,000 and no less with
 * 5,000.
 */
const PARAMETERS_MAX = 2000;
/** Of one statement with arrays: the blocks of a build of 100,000 tasks are 6 MB. */
const ARRAY_BYTES_MAX = 32 << 20;

type Row = readonly unknown[];

/**
 * Inserts rows given as lists of values, many to a statement; where one is refused the transaction must be undone. The text is made here and not by Kysely: for the 110 blocks of a build
 * its query tree costs more (5 ms) than the insert (2 ms).
 */
export async function insertRows<T extends keyof Database & string>(
  trx: Transaction<Database>,
  dialect: Dialect,
  table: T,
  columns: readonly (keyof Database[T] & string)[],
  rows: readonly Row[],
  ending = '',
): Promise<void> {
  if (rows.length === 0) return;
  // An ending says itself what becomes of a row that is refused.
  const insert = `${ending === '' ? dialect.insert : 'insert into'} ${table} (${columns.join(',')})`;
  const { arrays } = dialect;
  if (arrays !== null) {
    // In a row of VALUES each parameter is parsed and planned on its own: 580 recipe runs took 15 ms so, and take 4 ms as arrays.
    const text = `${insert} ${arrays.rows(columns)} ${ending}`;
    for (const some of bounded(rows)) {
      const lists = columns.map((column, c) =>
        arrays.list(
          column,
          some.map((row) => cleaned(row[c])),
        ),
      );
      await trx.executeQuery(CompiledQuery.raw(text, lists));
    }
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

function* bounded(rows: readonly Row[]): Iterable<readonly Row[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, row] of rows.entries()) {
    let own = 0;
    for (const value of row) if (value instanceof Uint8Array) own += value.length;
    if (at > from && bytes + own > ARRAY_BYTES_MAX) {
      yield rows.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += own;
  }
  yield rows.slice(from);
}

function cleaned(value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
