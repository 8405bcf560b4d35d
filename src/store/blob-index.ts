/** Rows about the blob store: what is in it, and which build uses what. A blob without a use goes after a time of grace (retention). */
import type { Kysely } from 'kysely';
import type { Build } from '../model/build.ts';
import type { BlobHash, BlobSize } from './blobs/blob-store.ts';
import { logArrived } from './failure-index.ts';
import type { Database } from './schema.ts';

/** Why a build has a blob, which retention goes by: `report` is what came in as it came. */
export const BLOB_CLASSES = ['failure-log', 'log', 'graph', 'files', 'report'] as const;
export type BlobClass = (typeof BLOB_CLASSES)[number];

export interface BlobUse {
  readonly hash: BlobHash;
  readonly class: BlobClass;
}

export interface BlobIndex {
  /**
   * After `put`: it is there. One that is known already becomes new again, so that what a client was told to be there stays until its
   * record has come.
   */
  noteBlob(hash: BlobHash, size: Pick<BlobSize, 'bytes' | 'storedBytes'>, nowMs: number): Promise<void>;
  /** The build uses these, whether they are there already or still to come; one that it uses takes the class given last. */
  addUses(build: string, uses: readonly BlobUse[]): Promise<void>;
  /** The build uses these and no others: after its content changed. */
  setUses(build: string, uses: readonly BlobUse[]): Promise<void>;
  /** With `bytes` null where the blob is not there (yet). */
  usesOf(build: string): Promise<readonly (BlobUse & { readonly bytes: number | null })[]>;
  hasUse(build: string, hash: BlobHash): Promise<boolean>;
  /** For each of the hashes that is there: the builds that use it, which may be none. */
  usersOf(hashes: readonly BlobHash[]): Promise<ReadonlyMap<BlobHash, readonly string[]>>;
  totals(): Promise<{ readonly blobs: number; readonly storedBytes: number }>;
}

/** Values of one statement; SQLite takes 32,766 and PostgreSQL 65,535. */
const AT_ONCE = 5000;

function* slices<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < list.length; at += AT_ONCE) yield list.slice(at, at + AT_ONCE);
}

/** The blobs that a build names. */
export function namedBlobs({ logs, sizes }: Pick<Build, 'logs' | 'sizes'>): BlobUse[] {
  const uses: BlobUse[] = logs.map(({ blob, kind }) => ({
    hash: blob,
    class: kind === 'failure' ? 'failure-log' : 'log',
  }));
  for (const { fileList } of sizes) if (fileList !== null) uses.push({ hash: fileList, class: 'files' });
  return uses;
}

export async function addUses(on: Kysely<Database>, build: string, uses: readonly BlobUse[]): Promise<void> {
  const last = new Map(uses.map((use) => [use.hash, use.class]));
  for (const part of slices([...last]))
    await on
      .insertInto('blob_uses')
      .values(part.map(([hash, kind]) => ({ hash, build, class: kind })))
      .onConflict((conflict) =>
        conflict.columns(['build', 'hash']).doUpdateSet((eb) => ({ class: eb.ref('excluded.class') })),
      )
      .execute();
}

/** What the build uses beside `named`; a report as it came is kept whatever the build names. */
export async function usesBeyond(
  on: Kysely<Database>,
  build: string,
  named: ReadonlySet<BlobHash>,
): Promise<readonly { readonly hash: BlobHash; readonly class: string }[]> {
  const uses = await on.selectFrom('blob_uses').select(['hash', 'class']).where('build', '=', build).execute();
  return uses.filter((use) => use.class !== 'report' && !named.has(use.hash));
}

export async function dropUses(
  on: Kysely<Database>,
  build: string,
  uses: readonly { readonly hash: BlobHash }[],
): Promise<void> {
  for (const part of slices(uses.map(({ hash }) => hash)))
    await on
      .deleteFrom('blob_uses')
      .where('build', '=', build)
      .where('hash', 'in', [...part])
      .execute();
}

export function blobIndex(db: Kysely<Database>): BlobIndex {
  return {
    noteBlob: async (hash, { bytes, storedBytes }, nowMs) => {
      await db
        .insertInto('blobs')
        .values({ hash, bytes, stored_bytes: storedBytes, created_ms: nowMs })
        .onConflict((conflict) =>
          conflict.column('hash').doUpdateSet({ bytes, stored_bytes: storedBytes, created_ms: nowMs }),
        )
        .execute();
      await logArrived(db, hash);
    },
    addUses: (build, uses) => addUses(db, build, uses),
    setUses: async (build, uses) => {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('blob_uses').where('build', '=', build).execute();
        await addUses(trx, build, uses);
      });
    },
    usesOf: async (build) => {
      const rows = await db
        .selectFrom('blob_uses')
        .leftJoin('blobs', 'blobs.hash', 'blob_uses.hash')
        .select(['blob_uses.hash', 'blob_uses.class', 'blobs.bytes'])
        .where('blob_uses.build', '=', build)
        .orderBy('blob_uses.hash')
        .execute();
      return rows.flatMap(({ hash, bytes, class: text }) => {
        const kind = BLOB_CLASSES.find((one) => one === text);
        return kind === undefined ? [] : [{ hash, class: kind, bytes }];
      });
    },
    hasUse: async (build, hash) => {
      const row = await db
        .selectFrom('blob_uses')
        .select('class')
        .where('build', '=', build)
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row !== undefined;
    },
    usersOf: async (hashes) => {
      const users = new Map<BlobHash, string[]>();
      for (const part of slices([...new Set(hashes)])) {
        const rows = await db
          .selectFrom('blobs')
          .leftJoin('blob_uses', 'blob_uses.hash', 'blobs.hash')
          .select(['blobs.hash', 'blob_uses.build'])
          .where('blobs.hash', 'in', [...part])
          .orderBy('blob_uses.build')
          .execute();
        for (const { hash, build } of rows) {
          const list = users.get(hash) ?? [];
          if (build !== null) list.push(build);
          users.set(hash, list);
        }
      }
      return users;
    },
    totals: async () => {
      const row = await db
        .selectFrom('blobs')
        .select(({ fn }) => [fn.countAll().as('blobs'), fn.sum('stored_bytes').as('bytes')])
        .executeTakeFirstOrThrow();
      return { blobs: Number(row.blobs), storedBytes: Number(row.bytes ?? 0) };
    },
  };
}
