import type { Kysely } from 'kysely';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';

export async function databaseBytes(db: Kysely<Database>, dialect: Dialect): Promise<number> {
  const { rows } = await dialect.databaseBytes.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
