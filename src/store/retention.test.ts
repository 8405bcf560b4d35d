import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { drawBuild } from '../model/draw-build.ts';
import type { BlobClass } from './blob-index.ts';
import { type BlobStore, memoryBlobs } from './blobs/index.ts';
import { openStore } from './index.ts';
import { BLOB_GRACE_MS, type RetentionItem, type RetentionRules } from './retention.ts';
import type { Store } from './store.ts';
import type { Upload } from './uploads.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27);
const FOR_EVER: RetentionRules = {
  buildsDays: null,
  failureLogsDays: null,
  logsDays: null,
  reportsDays: null,
  uploadsDays: 14,
  blobBytes: null,
};
const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

describe.each([
  { name: 'SQLite', here: true },
  { name: 'PostgreSQL', here: hasPostgres },
])('retention on $name', ({ name, here }) => {
  const on = test.skipIf(!here);
  let store: Store;
  let blobs: BlobStore;
  let end = async (): Promise<void> => {};
  beforeAll(async () => {
    if (!here) return;
    const folder = mkdtempSync(join(tmpdir(), 'retention-'));
    const postgres = name === 'PostgreSQL' ? await startPostgres() : null;
    store = await openStore(postgres === null ? `sqlite:${join(folder, 'b.db')}` : await postgres.newDatabase());
    end = async () => {
      await store.close();
      await postgres?.stop();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => end());
  beforeEach(async () => {
    if (!here) return;
    blobs = memoryBlobs();
    const { builds } = await store.listBuilds({}, { after: null, limit: 500 });
    for (const build of builds) await store.deleteBuild(build.id);
    await run({ ...FOR_EVER, uploadsDays: 1 }, NOW + 1000 * DAY);
  });

  async function save(n: number, ageDays: number | null): Promise<string> {
    const access = {
      visibility: 'public' as const,
      owner: null,
      receivedMs: ageDays === null ? null : NOW - ageDays * DAY,
    };
    await store.saveBuild(id(n), drawBuild(`gcc:do_compile ${'='.repeat(n + 1)}`), { access });
    return id(n);
  }

  async function blob(text: string, ageDays: number, uses: readonly [string, BlobClass][] = []): Promise<string> {
    const hash = createHash('sha256').update(text).digest('hex');
    const size = await blobs.put(hash, [Buffer.from(text)], 1e9);
    await store.blobIndex.noteBlob(hash, size, NOW - ageDays * DAY);
    for (const [build, kind] of uses) await store.blobIndex.addUses(build, [{ hash, class: kind }]);
    return hash;
  }

  async function run(rules: RetentionRules, nowMs = NOW): Promise<RetentionItem[]> {
    const done: RetentionItem[] = [];
    for (;;) {
      const item = await store.retention.step(rules, nowMs, blobs);
      if (item === null) return done;
      done.push(item);
      if (done.length > 100) throw new Error('it does not end');
    }
  }

  const stored = async (): Promise<string[]> =>
    (await store.listBuilds({}, { after: null, limit: 500 })).builds.map((build) => build.id).sort();

  on('takes nothing for which there is no rule', async () => {
    const old = await save(1, 4000);
    const log = await blob('a log', 4000, [[old, 'log']]);
    expect(await store.retention.plan(FOR_EVER, NOW)).toEqual([]);
    expect(await run(FOR_EVER)).toEqual([]);
    expect(await stored()).toEqual([old]);
    expect(await blobs.has(log)).toBe(true);
  });

  on('takes old builds that were reported with what only they used, but no pinned one and none of a path', async () => {
    const rules = { ...FOR_EVER, buildsDays: 30 };
    const [young, old, pinned, ofPath] = [await save(1, 29), await save(2, 31), await save(3, 31), await save(4, null)];
    expect(await store.retention.setPinned(pinned, true)).toBe(true);
    expect(await store.retention.setPinned(id(99), true)).toBe(false);
    const shared = await blob('shared', 31, [
      [young, 'log'],
      [old, 'log'],
    ]);
    const own = await blob('own', 31, [[old, 'failure-log']]);
    const plan = await store.retention.plan(rules, NOW);
    expect(plan).toEqual([{ kind: 'builds', count: 1, bytes: expect.any(Number) }]);
    expect(plan[0]!.bytes).toBeGreaterThan(100);
    const done = await run(rules);
    expect(done.map(({ kind, count }) => [kind, count])).toEqual([
      ['builds', 1],
      ['unused', 1],
    ]);
    expect(done[0]).toEqual(plan[0]);
    expect(await stored()).toEqual([young, pinned, ofPath].sort());
    expect(await blobs.has(own)).toBe(false);
    expect(await blobs.has(shared)).toBe(true);
    expect(await store.blobIndex.usersOf([own, shared])).toEqual(new Map([[shared, [young]]]));
    await store.retention.setPinned(pinned, false);
    expect((await run(rules))[0]).toMatchObject({ kind: 'builds', count: 1 });
  });

  on('takes each class by its own age', async () => {
    const build = await save(1, 20);
    const other = await blob('other', 20, [[build, 'log']]);
    const failure = await blob('failure', 20, [[build, 'failure-log']]);
    const report = await blob('report', 20, [[build, 'report']]);
    const rules = { ...FOR_EVER, logsDays: 7, failureLogsDays: 30, reportsDays: 10 };
    expect((await store.retention.plan(rules, NOW)).map(({ kind, count }) => [kind, count])).toEqual([
      ['reports', 1],
      ['logs', 1],
    ]);
    await run(rules);
    for (const [hash, kept] of [
      [other, false],
      [failure, true],
      [report, false],
    ] as const)
      expect(await blobs.has(hash)).toBe(kept);
    expect(await stored()).toEqual([build]);
  });

  on('makes room when all together are too much: other logs first, the oldest first, failures last', async () => {
    const [a, b] = [await save(1, 9), await save(2, 5)];
    const text = (n: number): string => Array.from({ length: 3000 }, (_, i) => `${n} ${(i * n * 7919) % 10007}`).join();
    const hashes = [
      await blob(text(1), 9, [[a, 'failure-log']]),
      await blob(text(2), 9, [[a, 'log']]),
      await blob(text(3), 5, [[b, 'log']]),
      await blob(text(4), 5, [[b, 'failure-log']]),
    ];
    const sizes = await Promise.all(hashes.map(async (hash) => (await blobs.size(hash))!.storedBytes));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const kept = async () => Promise.all(hashes.map((hash) => blobs.has(hash)));
    const rules = { ...FOR_EVER, blobBytes: total - 1 };
    expect(await store.retention.plan(rules, NOW)).toEqual([{ kind: 'size', count: 1, bytes: 1 }]);
    await run(rules);
    expect(await kept()).toEqual([true, false, true, true]);
    await run({ ...rules, blobBytes: sizes[3]! + 10 });
    expect(await kept()).toEqual([false, false, false, true]);
    await run({ ...rules, blobBytes: 1 });
    expect(await kept()).toEqual([false, false, false, false]);
  });

  on('does not touch a blob that came before its record, nor one that is sent again', async () => {
    const fresh = await blob('fresh', 0);
    const old = await blob('old', BLOB_GRACE_MS / DAY + 1);
    const again = await blob('again', BLOB_GRACE_MS / DAY + 1);
    await store.blobIndex.noteBlob(again, { bytes: 5, storedBytes: 60 }, NOW);
    expect((await run(FOR_EVER)).map(({ kind, count }) => [kind, count])).toEqual([['unused', 1]]);
    expect(await Promise.all([fresh, old, again].map((hash) => blobs.has(hash)))).toEqual([true, false, true]);
  });

  const begin = (n: number, ageDays: number) =>
    store.uploads.create({
      kind: 'record',
      secret: 's',
      account: null,
      client: 'local',
      visibility: 'public',
      about: { name: 'x' },
      id: id(n),
      nowMs: NOW - ageDays * DAY,
    });
  const append = async (upload: Upload, ageDays: number, complete = false): Promise<Upload> =>
    (await store.uploads.append(
      upload,
      { at: upload.bytes, length: 4, bytes: gzipSync('half') },
      { sha256: 'any', complete, nowMs: NOW - ageDays * DAY },
    ))!;
  const storeAs = (upload: Upload, as: 'silent' | 'complete', keepChunks: boolean) =>
    store.saveBuild(upload.id, drawBuild('a:do_compile =='), {
      access: { visibility: 'public', owner: null, receivedMs: NOW - 20 * DAY },
      receipt: { upload, as, keepChunks, uses: [] },
    });

  on('takes reports that were begun and left', async () => {
    await begin(50, 15);
    await begin(51, 13);
    const log = await blob('of nothing', 15, [[id(50), 'log']]);
    expect((await run(FOR_EVER)).map(({ kind, count }) => [kind, count])).toEqual([
      ['uploads', 1],
      ['unused', 1],
    ]);
    expect(await store.uploads.find(id(50))).toBeNull();
    expect(await store.uploads.find(id(51))).not.toBeNull();
    expect(await blobs.has(log)).toBe(false);
  });

  on('takes the chunks of streams that never ended, and those that waited for a graph; the builds stay', async () => {
    const left = await append(await begin(60, 15), 15);
    await storeAs(left, 'silent', false);
    const waiting = await append(await begin(61, 15), 15, true);
    await storeAs(waiting, 'complete', true);
    const young = await append(await begin(62, 13), 13);
    await storeAs(young, 'silent', false);
    const refused = await append(await begin(63, 15), 15);
    await store.uploads.refuse({ upload: refused, as: 'silent', keepChunks: true }, 'it is no record');
    expect((await store.retention.plan(FOR_EVER, NOW)).map(({ kind, count }) => [kind, count])).toEqual([
      ['uploads', 3],
    ]);
    await run(FOR_EVER);
    // Its client begins anew; one that is whole is never asked for again.
    expect(await store.uploads.find(left.id)).toMatchObject({ generation: 2, bytes: 0, stored: { generation: 1 } });
    expect(await store.uploads.find(waiting.id)).toMatchObject({ generation: 1, bytes: 4, complete: true });
    expect(await store.uploads.find(refused.id)).toBeNull();
    const chunks = async (upload: Upload) => (await store.uploads.chunks(upload)).length;
    expect(await Promise.all([left, waiting, young, refused].map(chunks))).toEqual([0, 0, 1, 0]);
    expect(await stored()).toEqual([left.id, waiting.id, young.id]);
  });

  on('keeps what is durable and not stored yet, however old: a server that was away for a year reads it', async () => {
    const unseen = await append(await begin(70, 400), 400);
    const whole = await append(await begin(71, 400), 400, true);
    expect(await store.retention.plan(FOR_EVER, NOW)).toEqual([]);
    await run(FOR_EVER);
    for (const upload of [unseen, whole]) expect(await store.uploads.chunks(upload)).toHaveLength(1);
    for (const upload of [unseen, whole])
      await store.uploads.refuse({ upload, as: 'complete', keepChunks: false }, 'tidied for the next test');
  });

  on('sweeps files that no row knows, once they are old', async () => {
    const text = 'stray';
    const stray = createHash('sha256').update(text).digest('hex');
    await blobs.put(stray, [Buffer.from(text)], 1e9);
    const known = await blob('known', 0);
    expect(await store.retention.sweep(Date.now(), blobs)).toBe(0);
    expect(await store.retention.sweep(Date.now() + BLOB_GRACE_MS + 1000, blobs)).toBe(1);
    expect(await blobs.has(stray)).toBe(false);
    expect(await blobs.has(known)).toBe(true);
  });
});
