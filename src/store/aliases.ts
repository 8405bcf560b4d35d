/**
 * A build has one id, and every id that a client gave to an account of it leads there. Also the references to a build by its id, which move
 * when two stored builds turn out to be one.
 */
import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { moveRelations } from './farms.ts';
import type { Database } from './schema.ts';
import { moveTests } from './tests.ts';

export async function aliasOf(db: Kysely<Database>, alias: string): Promise<string | null> {
  const row = await db.selectFrom('build_aliases').select('build').where('alias', '=', alias).executeTakeFirst();
  return row?.build ?? null;
}

/** From now on `alias` leads to `build`, and so does whatever led to `alias`. */
export async function addAlias(db: Kysely<Database>, alias: string, build: string): Promise<void> {
  await db.transaction().execute((trx) => moveReferences(trx, alias, build));
}

/** The same within the transaction that makes it so; nothing where the two are one. */
export async function moveReferences(trx: Transaction<Database>, alias: string, build: string): Promise<void> {
  if (alias === build) return;
  await trx
    .insertInto('build_aliases')
    .values({ alias, build })
    .onConflict((conflict) => conflict.column('alias').doUpdateSet({ build }))
    .execute();
  await trx.updateTable('build_aliases').set({ build }).where('build', '=', alias).execute();
  await trx.updateTable('uploads').set({ build }).where('build', '=', alias).execute();
  await moveRelations(trx, alias, build);
  await moveTests(trx, alias, build);
  const uses = await trx.selectFrom('blob_uses').selectAll().where('build', '=', alias).execute();
  for (const use of uses)
    await trx
      .insertInto('blob_uses')
      .values({ ...use, build })
      .onConflict((conflict) => conflict.columns(['build', 'hash']).doNothing())
      .execute();
  await trx.deleteFrom('blob_uses').where('build', '=', alias).execute();
}

/** Random text that this database was given once, made when it is first asked for; two servers on one database get the same. */
export async function serverSecret(db: Kysely<Database>, name: string): Promise<string> {
  const find = () => db.selectFrom('server_secrets').select('value').where('name', '=', name).executeTakeFirst();
  const found = await find();
  if (found !== undefined) return found.value;
  await db
    .insertInto('server_secrets')
    .values({ name, value: randomBytes(32).toString('base64url') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await find())!.value;
}
