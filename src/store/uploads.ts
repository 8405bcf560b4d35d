/**
 * Streams on their way in: one row each, and the chunks that are durable. A chunk is accepted by moving the row on from the very place
 * where the chunk begins, in the transaction that keeps its bytes: of two writers at one place the second finds it moved.
 */
import type { Kysely, Selectable } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Database, UploadsTable } from './schema.ts';
import { storable } from './storable.ts';
import type { Visibility } from './store.ts';

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
  readonly stored: { readonly generation: number; readonly bytes: number; readonly complete: boolean } | null;
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

export interface Uploads {
  find(id: string): Promise<Upload | null>;
  /** Those whose stream became part of this build. */
  ofBuild(build: string): Promise<readonly Upload[]>;
  /** Begins one at generation 1, or gives the one that another request of the same id began. */
  create(upload: NewUpload): Promise<Upload>;
  /** The next generation, empty; null where somebody else began it. */
  restart(upload: Upload, nowMs: number): Promise<Upload | null>;
  /** Accepts a chunk at the end of the stream; null where the stream ends elsewhere by now. */
  append(
    upload: Upload,
    chunk: UploadChunk,
    end: { sha256: string; complete: boolean; nowMs: number },
  ): Promise<Upload | null>;
  chunks(upload: Pick<Upload, 'number' | 'generation'>): Promise<readonly UploadChunk[]>;
  /** What was read of it is in the store; chunks that nobody will read again go. `build` null: nothing could be stored, `problem` says why. */
  markStored(
    upload: Upload,
    stored: {
      readonly build: string | null;
      readonly problem: string | null;
      readonly over: boolean;
      /** Something that belongs to it is still to come: its chunks are read once more then. */
      readonly incomplete: boolean;
    },
  ): Promise<void>;
  /** What was stored of it is to be stored again, where its chunks are still here. */
  forgetStored(upload: Pick<Upload, 'number' | 'generation'>): Promise<void>;
  /** Uploads of which more is here than is stored, or that fell silent unfinished before `silentMs`; the oldest first. */
  unstored(silentMs: number, limit: number): Promise<readonly Upload[]>;
  /** How much of a client's hour is used. */
  used(client: string, hour: number): Promise<{ readonly builds: number; readonly bytes: number }>;
  use(client: string, hour: number, builds: number, bytes: number): Promise<void>;
  count(): Promise<{ readonly uploads: number; readonly unstored: number }>;
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Hours that are over for a day are forgotten. */
const HOURS_KEPT = 24;

export function uploadsOf(db: Kysely<Database>, dialect: Dialect): Uploads {
  const find = async (id: string): Promise<Upload | null> => {
    const row = await db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : uploadOf(row);
  };
  return {
    find,
    async ofBuild(build) {
      const rows = await db.selectFrom('uploads').selectAll().where('build', '=', build).execute();
      return rows.map(uploadOf);
    },
    async create({ nowMs, about, ...upload }) {
      await db
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
          created_ms: nowMs,
          touched_ms: nowMs,
          problem: null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
      return (await find(upload.id))!;
    },
    async restart(upload, nowMs) {
      const row = await db
        .updateTable('uploads')
        .set({ generation: upload.generation + 1, bytes: 0, sha256: EMPTY_SHA256, complete: 0, touched_ms: nowMs })
        .where('number', '=', upload.number)
        .where('generation', '=', upload.generation)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : uploadOf(row);
    },
    append: (upload, chunk, end) =>
      retried(dialect, () =>
        db.transaction().execute(async (trx) => {
          const row = await trx
            .updateTable('uploads')
            .set({
              bytes: chunk.at + chunk.length,
              sha256: end.sha256,
              complete: end.complete ? 1 : 0,
              touched_ms: end.nowMs,
              problem: null,
            })
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
      ),
    async chunks({ number, generation }) {
      return db
        .selectFrom('upload_chunks')
        .select(['at', 'length', 'bytes'])
        .where('upload', '=', number)
        .where('generation', '=', generation)
        .orderBy('at')
        .execute();
    },
    async forgetStored({ number, generation }) {
      await db
        .updateTable('uploads')
        .set({ stored_generation: null, stored_bytes: null, stored_complete: 0 })
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
        .execute();
    },
    markStored: (upload, { build, problem, over, incomplete }) =>
      retried(dialect, () =>
        db.transaction().execute(async (trx) => {
          await trx
            .updateTable('uploads')
            .set({
              ...(build === null ? {} : { build }),
              problem: problem === null ? null : storable(problem),
              stored_generation: upload.generation,
              stored_bytes: upload.bytes,
              stored_complete: over ? 1 : 0,
            })
            .where('number', '=', upload.number)
            .execute();
          let gone = trx.deleteFrom('upload_chunks').where('upload', '=', upload.number);
          // A stream that goes on is read again from its first line; one that is over, or was replaced, never is.
          gone =
            over && upload.complete && !incomplete
              ? gone.where('generation', '<=', upload.generation)
              : gone.where('generation', '<', upload.generation);
          await gone.execute();
        }),
      ),
    async unstored(silentMs, limit) {
      const rows = await db
        .selectFrom('uploads')
        .selectAll()
        .where('stored_complete', '=', 0)
        .where((eb) =>
          eb.or([
            eb.and([
              eb('bytes', '>', 0),
              eb.or([
                eb('stored_generation', 'is', null),
                eb('generation', '!=', eb.ref('stored_generation')),
                eb('bytes', '!=', eb.ref('stored_bytes')),
              ]),
            ]),
            eb('complete', '=', 1),
            eb.and([eb('touched_ms', '<', silentMs), eb('stored_generation', 'is not', null)]),
          ]),
        )
        .orderBy('touched_ms')
        .limit(limit)
        .execute();
      const replaced = await db
        .selectFrom('uploads')
        .selectAll()
        .where('stored_complete', '=', 1)
        .where('complete', '=', 1)
        .where('generation', '!=', (eb) => eb.ref('stored_generation'))
        .limit(limit)
        .execute();
      return [...rows, ...replaced].map(uploadOf);
    },
    async used(client, hour) {
      const row = await db
        .selectFrom('quota_uses')
        .select(['builds', 'bytes'])
        .where('client', '=', client)
        .where('hour', '=', hour)
        .executeTakeFirst();
      return row ?? { builds: 0, bytes: 0 };
    },
    use: (client, hour, builds, bytes) =>
      retried(dialect, async () => {
        await db
          .insertInto('quota_uses')
          .values({ client, hour, builds, bytes })
          .onConflict((conflict) =>
            conflict.columns(['client', 'hour']).doUpdateSet((eb) => ({
              builds: eb('quota_uses.builds', '+', builds),
              bytes: eb('quota_uses.bytes', '+', bytes),
            })),
          )
          .execute();
        if (builds > 0)
          await db
            .deleteFrom('quota_uses')
            .where('hour', '<', hour - HOURS_KEPT)
            .execute();
      }),
    async count() {
      const row = await db
        .selectFrom('uploads')
        .select((eb) => [
          eb.fn.countAll<number>().as('uploads'),
          eb.fn.sum<number>(eb.case().when('stored_complete', '=', 0).then(1).else(0).end()).as('unstored'),
        ])
        .executeTakeFirstOrThrow();
      return { uploads: Number(row.uploads), unstored: Number(row.unstored ?? 0) };
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
    stored:
      row.stored_generation === null
        ? null
        : {
            generation: row.stored_generation,
            bytes: row.stored_bytes ?? 0,
            complete: row.stored_complete === 1,
          },
    createdMs: row.created_ms,
    touchedMs: row.touched_ms,
    problem: row.problem,
  };
}
