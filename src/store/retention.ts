/**
 * What the owner's rules no longer keep. Each kind of thing is found with its size, oldest first, and taken a few at a time: a plan for
 * who wants to see it first, and steps of some milliseconds for who does it. Only what was reported goes: a build that was read from a path is
 * its owner's file shown here. A pinned build keeps everything it has.
 */
import { type Kysely, sql } from 'kysely';
import type { BlobClass } from './blob-index.ts';
import type { BlobStore } from './blobs/blob-store.ts';
import { deleteBuild } from './save-build.ts';
import type { Database } from './schema.ts';
import { EMPTY_SHA256, hasMore } from './uploads.ts';

/** Null: for ever. Days count from when the first report of a build arrived. */
export interface RetentionRules {
  readonly buildsDays: number | null;
  readonly failureLogsDays: number | null;
  /** Logs of tasks that did not fail. */
  readonly logsDays: number | null;
  /** Reports as they came. */
  readonly reportsDays: number | null;
  /** What is kept of streams whose client does not come back, so that it could go on: from when it was heard of last. */
  readonly uploadsDays: number;
  /** Of everything in the blob store together. Beyond it the oldest go: other logs, reports, failure logs, then what is left. */
  readonly blobBytes: number | null;
}

export const RETENTION_KINDS = ['uploads', 'builds', 'reports', 'logs', 'failure-logs', 'size', 'unused'] as const;
export type RetentionKind = (typeof RETENTION_KINDS)[number];

export interface RetentionItem {
  readonly kind: RetentionKind;
  readonly count: number;
  /** What it takes where it is stored. Of blobs that others use as well: nothing comes free by it. */
  readonly bytes: number;
}

export interface Retention {
  /** What would go now, kinds without anything left out. `unused` is what nobody uses already. */
  plan(rules: RetentionRules, nowMs: number): Promise<readonly RetentionItem[]>;
  /** Takes a few of what is to go; null when nothing is left. */
  step(rules: RetentionRules, nowMs: number, blobs: BlobStore): Promise<RetentionItem | null>;
  /** Files of the blob store that no row knows: of a server that was killed between the two. Says how many it removed. */
  sweep(nowMs: number, blobs: BlobStore): Promise<number>;
  /** True when there is such a build. */
  setPinned(id: string, pinned: boolean): Promise<boolean>;
  isPinned(id: string): Promise<boolean>;
}

const DAY_MS = 86_400_000;
/** A blob may be sent before the record that names it: by a client whose line is slow, or that goes on tomorrow. */
export const BLOB_GRACE_MS = 3 * DAY_MS;
/** A build of 10,000 tasks goes in 20 ms, in a transaction of its own: nobody waits longer for the lock. */
const BUILDS_AT_ONCE = 5;
const USES_AT_ONCE = 200;
const BLOBS_AT_ONCE = 50;
/** In which order classes go when all together are too much. */
const SIZE_ORDER: readonly BlobClass[] = ['log', 'report', 'failure-log', 'files', 'graph'];

const AGE_KINDS: readonly {
  readonly kind: RetentionKind;
  readonly class: BlobClass;
  readonly days: (rules: RetentionRules) => number | null;
}[] = [
  { kind: 'reports', class: 'report', days: (rules) => rules.reportsDays },
  { kind: 'logs', class: 'log', days: (rules) => rules.logsDays },
  { kind: 'failure-logs', class: 'failure-log', days: (rules) => rules.failureLogsDays },
];

export function retention(db: Kysely<Database>): Retention {
  const before = (nowMs: number, days: number): number => nowMs - days * DAY_MS;

  const oldBuilds = (beforeMs: number) =>
    db
      .selectFrom('builds')
      .where('pinned', '=', 0)
      .where('received_ms', '<', beforeMs)
      .where('outcome', '!=', 'running');

  /**
   * Begun and left: of those that became no build (announced, or not to be read) all goes; of the others the chunks that were kept to go on from,
   * or for a graph that never came. What is durable and not stored yet stays, however old: it was acknowledged.
   */
  const oldUploads = (beforeMs: number) =>
    db
      .selectFrom('uploads')
      .where('touched_ms', '<', beforeMs)
      .where((eb) =>
        eb.or([
          eb.and([eb('stored_as', 'is', null), eb('bytes', '=', 0), eb('complete', '=', 0)]),
          eb.and([eb('stored_as', 'is not', null), eb.not(hasMore(eb, beforeMs))]),
        ]),
      )
      .where((eb) =>
        eb.or([eb('build', 'is', null), eb('number', 'in', eb.selectFrom('upload_chunks').select('upload'))]),
      );

  /** Uses of builds that are here and not pinned. */
  const uses = (kind: BlobClass) =>
    db
      .selectFrom('blob_uses')
      .innerJoin('builds', 'builds.id', 'blob_uses.build')
      .leftJoin('blobs', 'blobs.hash', 'blob_uses.hash')
      .where('blob_uses.class', '=', kind)
      .where('builds.pinned', '=', 0);

  const unused = (nowMs: number) =>
    db
      .selectFrom('blobs')
      .where('created_ms', '<', nowMs - BLOB_GRACE_MS)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('blob_uses').select('build').whereRef('blob_uses.hash', '=', 'blobs.hash'))),
      );

  const number = (value: unknown): number => Number(value ?? 0);

  /** Of blobs that are used: what nobody uses goes by itself, and must not make others go. */
  async function usedBytes(): Promise<number> {
    const row = await db
      .selectFrom('blobs')
      .select(({ fn }) => fn.sum('stored_bytes').as('bytes'))
      .where(({ exists, selectFrom }) =>
        exists(selectFrom('blob_uses').select('build').whereRef('blob_uses.hash', '=', 'blobs.hash')),
      )
      .executeTakeFirst();
    return number(row?.bytes);
  }

  async function bytesOfBuilds(numbers: readonly number[]): Promise<number> {
    if (numbers.length === 0) return 0;
    let bytes = 0;
    for (const [table, column] of [
      ['task_blocks', 'bytes'],
      ['sample_blocks', 'bytes'],
      ['build_heads', 'head'],
    ] as const) {
      const row = await db
        .selectFrom(table)
        .select(sql<number>`sum(length(${sql.ref(column)}))`.as('bytes'))
        .where('build', 'in', numbers)
        .executeTakeFirst();
      bytes += number(row?.bytes);
    }
    return bytes;
  }

  async function plan(rules: RetentionRules, nowMs: number): Promise<readonly RetentionItem[]> {
    const items: RetentionItem[] = [];
    const add = (kind: RetentionKind, count: unknown, bytes: unknown): void => {
      if (number(count) > 0) items.push({ kind, count: number(count), bytes: number(bytes) });
    };
    const uploads = await oldUploads(before(nowMs, rules.uploadsDays))
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
      .executeTakeFirst();
    add('uploads', uploads?.count, uploads?.bytes);
    if (rules.buildsDays !== null) {
      const numbers = (await oldBuilds(before(nowMs, rules.buildsDays)).select('number').execute()).map(
        (row) => row.number,
      );
      let bytes = 0;
      for (let at = 0; at < numbers.length; at += 500) bytes += await bytesOfBuilds(numbers.slice(at, at + 500));
      add('builds', numbers.length, bytes);
    }
    for (const { kind, class: of, days } of AGE_KINDS) {
      const limit = days(rules);
      if (limit === null) continue;
      const row = await uses(of)
        .where('builds.received_ms', '<', before(nowMs, limit))
        .select(({ fn }) => [fn.countAll().as('count'), fn.sum('blobs.stored_bytes').as('bytes')])
        .executeTakeFirst();
      add(kind, row?.count, row?.bytes);
    }
    if (rules.blobBytes !== null) {
      const over = (await usedBytes()) - rules.blobBytes;
      // Which ones, and how many, is known when they are taken: a blob that several use comes free with the last.
      if (over > 0) add('size', 1, over);
    }
    const left = await unused(nowMs)
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('stored_bytes').as('bytes')])
      .executeTakeFirst();
    add('unused', left?.count, left?.bytes);
    return items;
  }

  async function dropUses(
    kind: RetentionKind,
    rows: readonly { readonly hash: string; readonly build: string; readonly stored_bytes: number | null }[],
  ): Promise<RetentionItem | null> {
    if (rows.length === 0) return null;
    for (const { hash, build } of rows)
      await db.deleteFrom('blob_uses').where('hash', '=', hash).where('build', '=', build).execute();
    return { kind, count: rows.length, bytes: rows.reduce((sum, row) => sum + number(row.stored_bytes), 0) };
  }

  const USE_COLUMNS = ['blob_uses.hash', 'blob_uses.build', 'blobs.stored_bytes'] as const;

  async function stepUploads(rules: RetentionRules, nowMs: number): Promise<RetentionItem | null> {
    const rows = await oldUploads(before(nowMs, rules.uploadsDays))
      .select(['number', 'id', 'build', 'bytes', 'generation', 'complete'])
      .orderBy('touched_ms')
      .limit(BUILDS_AT_ONCE)
      .execute();
    if (rows.length === 0) return null;
    const beforeMs = before(nowMs, rules.uploadsDays);
    for (const { number: upload, id, build, generation, complete } of rows)
      await db.transaction().execute(async (trx) => {
        // Its client may have come back since.
        const still = { number: upload, generation, complete };
        if (build !== null) {
          // One that is not whole begins at nought, should its client ever come: the hash of a prefix cannot be made without its bytes.
          const restarted = { generation: generation + 1, bytes: 0, sha256: EMPTY_SHA256, settled: 1 };
          const row = await trx
            .updateTable('uploads')
            .set({ chunks: 0, ...(complete === 1 ? {} : restarted) })
            .where((eb) => eb.and(still))
            .where('touched_ms', '<', beforeMs)
            .returning('number')
            .executeTakeFirst();
          if (row !== undefined) await trx.deleteFrom('upload_chunks').where('upload', '=', upload).execute();
          return;
        }
        const gone = await trx
          .deleteFrom('uploads')
          .where((eb) => eb.and(still))
          .where('touched_ms', '<', beforeMs)
          .returning('number')
          .executeTakeFirst();
        if (gone !== undefined) await trx.deleteFrom('blob_uses').where('build', '=', id).execute();
      });
    return { kind: 'uploads', count: rows.length, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) };
  }

  async function stepBuilds(rules: RetentionRules, nowMs: number): Promise<RetentionItem | null> {
    if (rules.buildsDays === null) return null;
    const rows = await oldBuilds(before(nowMs, rules.buildsDays))
      .select(['id', 'number'])
      .orderBy('received_ms')
      .limit(BUILDS_AT_ONCE)
      .execute();
    if (rows.length === 0) return null;
    const bytes = await bytesOfBuilds(rows.map((row) => row.number));
    for (const { id } of rows) await deleteBuild(db, id);
    return { kind: 'builds', count: rows.length, bytes };
  }

  async function stepAge(rules: RetentionRules, nowMs: number): Promise<RetentionItem | null> {
    for (const { kind, class: of, days } of AGE_KINDS) {
      const limit = days(rules);
      if (limit === null) continue;
      const rows = await uses(of)
        .where('builds.received_ms', '<', before(nowMs, limit))
        .select(USE_COLUMNS)
        .orderBy('builds.received_ms')
        .limit(USES_AT_ONCE)
        .execute();
      const done = await dropUses(kind, rows);
      if (done !== null) return done;
    }
    return null;
  }

  async function stepSize(rules: RetentionRules): Promise<RetentionItem | null> {
    if (rules.blobBytes === null) return null;
    const over = (await usedBytes()) - rules.blobBytes;
    if (over <= 0) return null;
    for (const of of SIZE_ORDER) {
      const rows = await uses(of)
        .where('blobs.hash', 'is not', null)
        .where('builds.received_ms', 'is not', null)
        .select(USE_COLUMNS)
        .orderBy('builds.received_ms')
        .limit(USES_AT_ONCE)
        .execute();
      // No more than is needed, as far as one can tell beforehand.
      let bytes = 0;
      const enough = rows.findIndex((row) => {
        bytes += number(row.stored_bytes);
        return bytes >= over;
      });
      const done = await dropUses('size', enough < 0 ? rows : rows.slice(0, enough + 1));
      if (done !== null) return done;
    }
    return null;
  }

  async function stepUnused(nowMs: number, blobs: BlobStore): Promise<RetentionItem | null> {
    const rows = await unused(nowMs).select(['hash', 'stored_bytes']).limit(BLOBS_AT_ONCE).execute();
    if (rows.length === 0) return null;
    for (const { hash } of rows) {
      // The row first, and only if it still is as it was found: who sends the blob at this moment makes a new one.
      const gone = await db
        .deleteFrom('blobs')
        .where('hash', '=', hash)
        .where('created_ms', '<', nowMs - BLOB_GRACE_MS)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('blob_uses').select('build').whereRef('blob_uses.hash', '=', 'blobs.hash'))),
        )
        .returning('hash')
        .executeTakeFirst();
      if (gone === undefined) continue;
      await blobs.delete(hash);
      // It was sent between the two: what is not there must not be said to be there, and is sent again.
      const again = await db.selectFrom('blobs').select('hash').where('hash', '=', hash).executeTakeFirst();
      if (again !== undefined && !(await blobs.has(hash)))
        await db.deleteFrom('blobs').where('hash', '=', hash).execute();
    }
    return { kind: 'unused', count: rows.length, bytes: rows.reduce((sum, row) => sum + row.stored_bytes, 0) };
  }

  return {
    plan,
    step: async (rules, nowMs, blobs) =>
      (await stepUploads(rules, nowMs)) ??
      (await stepBuilds(rules, nowMs)) ??
      (await stepAge(rules, nowMs)) ??
      (await stepSize(rules)) ??
      (await stepUnused(nowMs, blobs)),
    sweep: async (nowMs, blobs) => {
      let removed = 0;
      let some: string[] = [];
      const remove = async (): Promise<void> => {
        const rows = await db.selectFrom('blobs').select('hash').where('hash', 'in', some).execute();
        const known = new Set(rows.map((row) => row.hash));
        for (const hash of some) {
          if (known.has(hash)) continue;
          await blobs.delete(hash);
          removed++;
        }
        some = [];
      };
      for await (const { hash, writtenMs } of blobs.list()) {
        if (writtenMs > nowMs - BLOB_GRACE_MS) continue;
        some.push(hash);
        if (some.length === USES_AT_ONCE) await remove();
      }
      if (some.length > 0) await remove();
      return removed;
    },
    setPinned: async (id, pinned) => {
      const row = await db
        .updateTable('builds')
        .set({ pinned: pinned ? 1 : 0 })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    isPinned: async (id) =>
      (await db.selectFrom('builds').select('pinned').where('id', '=', id).executeTakeFirst())?.pinned === 1,
  };
}
