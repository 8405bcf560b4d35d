/**
 * Streams on their way in: one row each, and the chunks that are durable. A chunk is accepted by moving the row on from the very place
 * where the chunk begins, in the transaction that keeps its bytes: of two writers at one place the second finds it moved.
 *
 * What of a stream became a build is noted in the transaction that writes the build (`noteReceipt`), which also drops the chunks that nobody
 * will read again. So there is no moment at which a build is stored and its upload does not know, and of two controllers that read
 * the same stream the one that read less of it writes nothing.
 */
import type { Expression, ExpressionBuilder, Kysely, Selectable, SqlBool, Transaction } from 'kysely';
import { BakehouseError } from '../model/errors.ts';
import { moveReferences } from './aliases.ts';
import { addUses, type BlobUse, dropUses, usesBeyond } from './blob-index.ts';
import type { Dialect } from './dialect.ts';
import type { Database, UploadsTable } from './schema.ts';
import { storable } from './storable.ts';
import type { Visibility } from './store.ts';

/** As what a stream was stored: of a build that runs, of one whose client was given up, whole. */
export const STORED_AS = ['growing', 'silent', 'complete'] as const;
export type StoredAs = (typeof STORED_AS)[number];

export interface Upload {
  readonly number: number;
  /** The build's id as its client gave it. */
  readonly id: string;
  /** The stored build that it became part of; null: none yet. */
  readonly build: string | null;
  readonly kind: string;
  /** SHA-256 of the secret, hex. */
  readonly secret: string;
  readonly account: number | null;
  readonly client: string;
  readonly visibility: Visibility;
  readonly about: UploadAbout;
  readonly generation: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly complete: boolean;
  /** Chunks of this generation. */
  readonly chunks: number;
  readonly stored: { readonly generation: number; readonly bytes: number; readonly as: StoredAs } | null;
  /** How often whoever found it left over began to read it since. */
  readonly attempts: number;
  readonly createdMs: number;
  readonly touchedMs: number;
  readonly problem: string | null;
}

/** What a client says of a build before anything of it is there. */
export interface UploadAbout {
  readonly name?: string | null | undefined;
  readonly startedMs?: number | null | undefined;
  readonly targets?: readonly string[] | null | undefined;
  readonly machine?: string | null | undefined;
  readonly distro?: string | null | undefined;
  readonly outcome?: string | null | undefined;
}

export type NewUpload = Pick<Upload, 'id' | 'kind' | 'secret' | 'account' | 'client' | 'visibility' | 'about'> & {
  readonly nowMs: number;
};

export interface UploadChunk {
  /** Offset in the stream, and length, both uncompressed. */
  readonly at: number;
  readonly length: number;
  /** gzip. */
  readonly bytes: Uint8Array;
}

/** How much of an upload a build was made of. */
export interface UploadReceipt {
  readonly upload: Pick<Upload, 'number' | 'id' | 'generation' | 'bytes'>;
  readonly as: StoredAs;
  /** Something that belongs to it is still to come: its chunks are read once more then. */
  readonly keepChunks: boolean;
  /** The blobs that it names. */
  readonly uses: readonly BlobUse[];
}

/** What a client may send in an hour; null: no limit. */
export interface HourLimits {
  readonly builds: number | null;
  readonly bytes: number | null;
}

export interface Uploads {
  find(id: string): Promise<Upload | null>;
  /** The one whose id begins so, for whoever knows half of a random id. */
  findByPrefix(prefix: string): Promise<Upload | null>;
  /** Those whose stream became part of this build. */
  ofBuild(build: string): Promise<readonly Upload[]>;
  /** Begins one at generation 1, or gives the one that another request of the same id began. */
  create(upload: NewUpload): Promise<Upload>;
  /** The next generation, empty; what was not stored of the last one goes. Null where somebody else began it. */
  restart(upload: Upload, nowMs: number): Promise<Upload | null>;
  /** Accepts a chunk at the end of the stream; null where the stream ends elsewhere by now. */
  append(
    upload: Upload,
    chunk: UploadChunk,
    end: { sha256: string; complete: boolean; nowMs: number },
  ): Promise<Upload | null>;
  /** Those that begin at `from` or later. */
  chunks(upload: Pick<Upload, 'number' | 'generation'>, from?: number): Promise<readonly UploadChunk[]>;
  /** It cannot be made into a build, and why. */
  refuse(receipt: Omit<UploadReceipt, 'uses'>, problem: string): Promise<void>;
  /** One more attempt is made at what was left over; `null`: it was seen to, and there is nothing to do yet. */
  noteAttempt(upload: Pick<Upload, 'number'>, attempts: number | null): Promise<void>;
  /** What was stored of it is to be stored again, where its chunks are still here. */
  forgetStored(upload: Pick<Upload, 'number' | 'generation'>): Promise<void>;
  /** Uploads of which more is here than is stored, or that fell silent unfinished before `silentMs`; the oldest first. */
  unstored(silentMs: number, limit: number): Promise<readonly Upload[]>;
  /** Takes this out of a client's hour; false where the hour has not so much left, and nothing was taken. */
  take(client: string, hour: number, use: { builds: number; bytes: number }, limits: HourLimits): Promise<boolean>;
  /** Those that could not be stored, the newest first. */
  withProblem(limit: number): Promise<readonly Upload[]>;
  count(): Promise<{ readonly uploads: number; readonly unstored: number }>;
}

/** Of no bytes. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Hours that are over for a day are forgotten. */
const HOURS_KEPT = 24;

type On = ExpressionBuilder<Database, 'uploads'>;

/** What `hasMore` of the collector says of one, for all. Neither true nor false of what was never stored. */
export function hasMore(eb: On, silentMs: number): Expression<SqlBool> {
  const same = eb('generation', '=', eb.ref('stored_generation'));
  const other = eb('generation', '!=', eb.ref('stored_generation'));
  return eb.or([
    eb.and([eb('stored_as', 'is', null), eb.or([eb('bytes', '>', 0), eb('complete', '=', 1)])]),
    eb.and([same, eb('bytes', '!=', eb.ref('stored_bytes'))]),
    eb.and([same, eb('complete', '=', 1), eb('stored_as', '!=', 'complete')]),
    eb.and([same, eb('complete', '=', 0), eb('stored_as', '=', 'growing'), eb('touched_ms', '<', silentMs)]),
    eb.and([other, eb('complete', '=', 1)]),
    eb.and([other, eb('stored_as', '=', 'growing'), eb('bytes', '>=', eb.ref('stored_bytes'))]),
    eb.and([other, eb('stored_as', '=', 'growing'), eb('touched_ms', '<', silentMs)]),
  ]);
}

/** In the transaction that stored (or refused) what was read: how far that was, unless somebody else was further. */
async function noteStored(
  trx: Transaction<Database>,
  { upload: { number, generation, bytes }, as, keepChunks }: Omit<UploadReceipt, 'uses'>,
  noted: { readonly build?: string; readonly problem: string | null },
): Promise<void> {
  const row = await trx
    .updateTable('uploads')
    .set((eb) => ({
      ...noted,
      stored_generation: generation,
      stored_bytes: bytes,
      stored_as: as,
      attempts: 0,
      // One that grows is looked at again: it may fall silent.
      settled:
        as === 'growing'
          ? 0
          : eb
              .case()
              .when(
                eb.and([
                  eb('generation', '=', generation),
                  eb('bytes', '=', bytes),
                  eb('complete', '=', as === 'complete' ? 1 : 0),
                ]),
              )
              .then(1)
              .else(0)
              .end(),
    }))
    .where('number', '=', number)
    .where((eb) =>
      eb.or([
        eb('stored_generation', 'is', null),
        eb('stored_generation', '<', generation),
        eb.and([eb('stored_generation', '=', generation), eb('stored_bytes', '<=', bytes)]),
      ]),
    )
    .returning('number')
    .executeTakeFirst();
  if (row === undefined)
    throw new BakehouseError('conflict', 'More of this upload was stored by another controller meanwhile.', {
      details: { stale: true },
    });
  // A stream that goes on is read again from its first line; one that is whole, or was replaced, never is.
  await trx
    .deleteFrom('upload_chunks')
    .where('upload', '=', number)
    .where('generation', as === 'complete' && !keepChunks ? '<=' : '<', generation)
    .execute();
}

/** Notes that `build` holds what the receipt says, and uses the blobs it names; the blobs that it does not name once all of it is here go. */
export async function noteReceipt(
  trx: Transaction<Database>,
  build: string,
  receipt: UploadReceipt,
  named: readonly BlobUse[],
): Promise<void> {
  await moveReferences(trx, receipt.upload.id, build);
  await noteStored(trx, receipt, { build, problem: null });
  const uses = [...named, ...receipt.uses];
  await addUses(trx, build, uses);
  if (receipt.as !== 'complete') return;
  const beyond = await usesBeyond(trx, build, new Set(uses.map(({ hash }) => hash)));
  if (beyond.length === 0) return;
  const others = await trx
    .selectFrom('uploads')
    .select(['complete', 'stored_as'])
    .where('build', '=', build)
    .where('number', '!=', receipt.upload.number)
    .execute();
  // What another client has sent ahead of its stream is not known yet.
  if (others.some((other) => other.stored_as !== 'complete')) return;
  await dropUses(trx, build, others.length > 0 ? beyond.filter((use) => use.class !== 'graph') : beyond);
}

export function uploadsOf(db: Kysely<Database>, dialect: Dialect): Uploads {
  const find = async (id: string): Promise<Upload | null> => {
    const row = await db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : uploadOf(row);
  };
  const transaction = <T>(write: (trx: Transaction<Database>) => Promise<T>): Promise<T> =>
    retried(dialect, () => db.transaction().execute(write));
  return {
    find,
    async findByPrefix(prefix) {
      const row = await db
        .selectFrom('uploads')
        .selectAll()
        .where('id', '>=', prefix)
        .where('id', '<', `${prefix}~`)
        .executeTakeFirst();
      return row === undefined ? null : uploadOf(row);
    },
    async ofBuild(build) {
      const rows = await db.selectFrom('uploads').selectAll().where('build', '=', build).execute();
      return rows.map(uploadOf);
    },
    async create({ nowMs, about, ...upload }) {
      const made = await retried(dialect, () =>
        db
          .insertInto('uploads')
          .values({
            ...upload,
            build: null,
            about: storable(JSON.stringify(about)),
            generation: 1,
            bytes: 0,
            sha256: EMPTY_SHA256,
            complete: 0,
            stored_generation: null,
            stored_bytes: null,
            stored_as: null,
            created_ms: nowMs,
            touched_ms: nowMs,
            problem: null,
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returningAll()
          .executeTakeFirst(),
      );
      return made === undefined ? (await find(upload.id))! : uploadOf(made);
    },
    restart: (upload, nowMs) =>
      transaction(async (trx) => {
        const row = await trx
          .updateTable('uploads')
          .set({
            generation: upload.generation + 1,
            bytes: 0,
            sha256: EMPTY_SHA256,
            complete: 0,
            chunks: 0,
            // What the last generation told so far is shown as lost if nothing follows.
            settled: 0,
            attempts: 0,
            touched_ms: nowMs,
            problem: null,
          })
          .where('number', '=', upload.number)
          .where('generation', '=', upload.generation)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return null;
        await trx
          .deleteFrom('upload_chunks')
          .where('upload', '=', upload.number)
          .where('generation', '<=', upload.generation)
          .execute();
        return uploadOf(row);
      }),
    append: (upload, chunk, end) =>
      transaction(async (trx) => {
        const row = await trx
          .updateTable('uploads')
          .set((eb) => ({
            bytes: chunk.at + chunk.length,
            sha256: end.sha256,
            complete: end.complete ? 1 : 0,
            chunks: eb('chunks', '+', chunk.length > 0 ? 1 : 0),
            settled: 0,
            attempts: 0,
            touched_ms: end.nowMs,
            problem: null,
          }))
          .where('number', '=', upload.number)
          .where('generation', '=', upload.generation)
          .where('bytes', '=', chunk.at)
          .where('complete', '=', 0)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return null;
        if (chunk.length > 0)
          await trx
            .insertInto('upload_chunks')
            .values({ upload: upload.number, generation: upload.generation, ...chunk })
            .execute();
        return uploadOf(row);
      }),
    async chunks({ number, generation }, from = 0) {
      return db
        .selectFrom('upload_chunks')
        .select(['at', 'length', 'bytes'])
        .where('upload', '=', number)
        .where('generation', '=', generation)
        .where('at', '>=', from)
        .orderBy('at')
        .execute();
    },
    refuse: (receipt, problem) => transaction((trx) => noteStored(trx, receipt, { problem: storable(problem) })),
    async noteAttempt({ number }, attempts) {
      await retried(dialect, () =>
        db
          .updateTable('uploads')
          .set({ attempts: attempts ?? 0 })
          .where('number', '=', number)
          .execute(),
      );
    },
    async forgetStored({ number, generation }) {
      await retried(dialect, () =>
        db
          .updateTable('uploads')
          .set({ stored_generation: null, stored_bytes: null, stored_as: null, settled: 0 })
          .where('number', '=', number)
          .where('generation', '=', generation)
          .where((eb) =>
            eb.exists(
              eb
                .selectFrom('upload_chunks')
                .select('at')
                .where('upload', '=', number)
                .where('generation', '=', generation),
            ),
          )
          .execute(),
      );
    },
    async unstored(silentMs, limit) {
      const rows = await db
        .selectFrom('uploads')
        .selectAll()
        .where('settled', '=', 0)
        .where((eb) => hasMore(eb, silentMs))
        .orderBy('touched_ms')
        .limit(limit)
        .execute();
      return rows.map(uploadOf);
    },
    async take(client, hour, { builds, bytes }, limits) {
      if (limits.builds !== null && builds > limits.builds) return false;
      if (limits.bytes !== null && bytes > limits.bytes) return false;
      const taken = await retried(dialect, () =>
        db
          .insertInto('quota_uses')
          .values({ client, hour, builds, bytes })
          .onConflict((conflict) => {
            let update = conflict.columns(['client', 'hour']).doUpdateSet((eb) => ({
              builds: eb('quota_uses.builds', '+', builds),
              bytes: eb('quota_uses.bytes', '+', bytes),
            }));
            if (limits.builds !== null && builds > 0)
              update = update.where('quota_uses.builds', '<=', limits.builds - builds);
            if (limits.bytes !== null && bytes > 0)
              update = update.where('quota_uses.bytes', '<=', limits.bytes - bytes);
            return update;
          })
          .returning('client')
          .executeTakeFirst(),
      );
      if (taken !== undefined && builds > 0)
        await db
          .deleteFrom('quota_uses')
          .where('hour', '<', hour - HOURS_KEPT)
          .execute();
      return taken !== undefined;
    },
    async withProblem(limit) {
      const rows = await db
        .selectFrom('uploads')
        .selectAll()
        .where('problem', 'is not', null)
        .orderBy('touched_ms', 'desc')
        .limit(limit)
        .execute();
      return rows.map(uploadOf);
    },
    async count() {
      const all = await db
        .selectFrom('uploads')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      const unsettled = await db
        .selectFrom('uploads')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('settled', '=', 0)
        .executeTakeFirstOrThrow();
      return { uploads: Number(all.n), unstored: Number(unsettled.n) };
    },
  };
}

/** Two writers met: the transaction was undone and is tried again. */
async function retried<T>(dialect: Dialect, write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt >= 5 || !dialect.isConflict(error)) throw error;
    }
  }
}

function uploadOf(row: Selectable<UploadsTable>): Upload {
  const as = STORED_AS.find((one) => one === row.stored_as);
  return {
    number: row.number,
    id: row.id,
    build: row.build,
    kind: row.kind,
    secret: row.secret,
    account: row.account,
    client: row.client,
    visibility: row.visibility as Visibility,
    about: JSON.parse(row.about) as UploadAbout,
    generation: row.generation,
    bytes: row.bytes,
    sha256: row.sha256,
    complete: row.complete === 1,
    chunks: row.chunks,
    stored:
      as === undefined || row.stored_generation === null
        ? null
        : { generation: row.stored_generation, bytes: row.stored_bytes ?? 0, as },
    attempts: row.attempts,
    createdMs: row.created_ms,
    touchedMs: row.touched_ms,
    problem: row.problem,
  };
}
