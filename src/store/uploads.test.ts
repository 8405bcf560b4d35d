import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { drawBuild } from '../model/draw-build.ts';
import { openStore } from './index.ts';
import type { Store } from './store.ts';
import type { Upload, UploadReceipt } from './uploads.ts';

const NOW = Date.UTC(2026, 10, 27);
const NEVER_SILENT = 0;
const LOG = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const REPORT = 'c'.repeat(64);

const engines = [
  {
    name: 'SQLite',
    here: true,
    start: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bakehouse-uploads-'));
      return {
        open: () => openStore(`sqlite:${join(folder, 'bakehouse.db')}`),
        stop: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
  {
    name: 'PostgreSQL',
    here: hasPostgres,
    start: async () => {
      const server = await startPostgres();
      const url = await server.newDatabase();
      return { open: () => openStore(url), stop: () => server.stop() };
    },
  },
];

describe.each(engines)('uploads on $name', ({ here, start }) => {
  const on = test.skipIf(!here);
  let engine: Awaited<ReturnType<typeof start>>;
  let store: Store;
  /** Another controller on the same database. */
  let other: Store;
  let made = 0;

  beforeAll(async () => {
    if (!here) return;
    engine = await start();
    store = await engine.open();
    other = await engine.open();
  });
  afterAll(async () => {
    if (!here) return;
    await Promise.all([store.close(), other.close()]);
    await engine.stop();
  });

  function idOf(n: number): string {
    return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  }
  const begin = (nowMs = NOW): Promise<Upload> =>
    store.uploads.create({
      id: idOf(++made),
      kind: 'record',
      secret: 'f'.repeat(64),
      account: null,
      client: 'address:x',
      visibility: 'public',
      about: { name: 'nul\0', targets: ['x'] },
      nowMs,
    });
  const append = (
    on: Store,
    upload: Upload,
    text: string,
    { at = upload.bytes, complete = false, nowMs = NOW }: { at?: number; complete?: boolean; nowMs?: number } = {},
  ): Promise<Upload | null> =>
    on.uploads.append(
      upload,
      { at, length: text.length, bytes: gzipSync(text) },
      { sha256: createHash('sha256').update(text).digest('hex'), complete, nowMs },
    );
  const receipt = (upload: Upload, more: Partial<UploadReceipt> = {}): UploadReceipt => ({
    upload,
    as: upload.complete ? 'complete' : 'growing',
    keepChunks: false,
    uses: [],
    ...more,
  });
  const unstored = async (silentMs = NEVER_SILENT): Promise<string[]> =>
    (await store.uploads.unstored(silentMs, 1000)).map(({ id }) => id);

  on('begun twice at once, it is one upload', async () => {
    const id = idOf(++made);
    const about = {
      kind: 'record',
      account: null,
      client: 'local',
      visibility: 'public',
      about: {},
      nowMs: NOW,
    } as const;
    const [one, two] = await Promise.all([
      store.uploads.create({ ...about, id, secret: '1'.repeat(64) }),
      other.uploads.create({ ...about, id, secret: '2'.repeat(64) }),
    ]);
    expect(one).toEqual(two);
    expect(await store.uploads.findByPrefix(id.slice(0, 34))).not.toBeNull();
  });

  on(
    'of two that append at one place one is taken, by whichever controller; a chunk that begins elsewhere is not',
    async () => {
      const upload = await begin();
      expect(await append(store, upload, 'x', { at: 5 })).toBeNull();
      const both = await Promise.all([append(store, upload, 'first'), append(other, upload, 'second')]);
      expect(both.filter((one) => one !== null)).toHaveLength(1);
      const taken = both.find((one) => one !== null)!;
      expect(await store.uploads.chunks(taken)).toMatchObject([{ at: 0, length: taken.bytes }]);
      const whole = (await append(other, taken, 'rest', { complete: true }))!;
      expect(whole).toMatchObject({ complete: true, chunks: 2, bytes: taken.bytes + 4 });
      // Nothing follows the end, and nothing goes on with a generation that is over.
      expect(await append(store, whole, 'more')).toBeNull();
      const next = (await store.uploads.restart(whole, NOW))!;
      expect(next).toMatchObject({ generation: 2, bytes: 0, complete: false, chunks: 0 });
      expect(await other.uploads.restart(whole, NOW)).toBeNull();
      expect(await append(store, whole, 'more')).toBeNull();
      expect(await store.uploads.chunks(whole)).toEqual([]);
    },
  );

  on('what is here and not in the store is found until it is, and not again', async () => {
    const upload = await begin();
    const build = drawBuild('a:do_compile ==');
    expect(await unstored()).not.toContain(upload.id);
    const some = (await append(store, upload, 'some'))!;
    expect(await unstored()).toContain(upload.id);
    await store.saveBuild(upload.id, build, { receipt: receipt(some) });
    expect(await unstored()).not.toContain(upload.id);
    expect(await store.uploads.find(upload.id)).toMatchObject({
      build: upload.id,
      stored: { generation: 1, bytes: 4, as: 'growing' },
    });
    // It fell silent, was told so, and went on after all; then the process ended.
    expect(await unstored(NOW + 1)).toContain(upload.id);
    await store.saveBuild(upload.id, build, { receipt: receipt(some, { as: 'silent' }) });
    expect(await unstored(NOW + 1)).not.toContain(upload.id);
    const ended = (await append(store, some, '', { complete: true }))!;
    expect(await unstored()).toContain(upload.id);
    expect(await store.uploads.chunks(ended)).toHaveLength(1);
    await store.saveBuild(upload.id, build, { receipt: receipt(ended) });
    expect(await unstored(NOW + 1)).not.toContain(upload.id);
    expect(await store.uploads.chunks(ended)).toEqual([]);
  });

  on('a controller that read less than is stored writes nothing', async () => {
    const upload = await begin();
    const some = (await append(store, upload, 'some'))!;
    const whole = (await append(store, some, ' more', { complete: true }))!;
    await other.saveBuild(upload.id, drawBuild('a:do_compile ==\nb:do_compile =='), { receipt: receipt(whole) });
    await expect(
      store.saveBuild(upload.id, drawBuild('a:do_compile =='), { receipt: receipt(some) }),
    ).rejects.toMatchObject({ code: 'conflict', details: { stale: true } });
    await expect(store.uploads.refuse(receipt(some), 'no')).rejects.toMatchObject({ code: 'conflict' });
    expect((await store.readBuild(upload.id))?.tasks.length).toBe(2);
    expect(await store.uploads.find(upload.id)).toMatchObject({ stored: { bytes: 9, as: 'complete' }, problem: null });
    // More came while it was read: that is found.
    const restarted = (await store.uploads.restart(whole, NOW))!;
    const first = (await append(store, restarted, 'one', {}))!;
    const second = (await append(store, first, 'two', { complete: true }))!;
    await store.saveBuild(upload.id, drawBuild('c:do_compile =='), { receipt: receipt(first) });
    expect(await unstored()).toContain(upload.id);
    await store.saveBuild(upload.id, drawBuild('c:do_compile =='), { receipt: receipt(second) });
    expect(await unstored()).not.toContain(upload.id);
  });

  on(
    'a build that another one took up answers to the id of its upload, with the logs that were sent ahead',
    async () => {
      const upload = await begin();
      const target = idOf(0xfffff);
      await store.blobIndex.addUses(upload.id, [{ hash: LOG, class: 'failure-log' }]);
      const whole = (await append(store, upload, 'x', { complete: true }))!;
      await store.saveBuild(target, drawBuild('a:do_compile =='), {
        receipt: receipt(whole, { uses: [{ hash: LOG, class: 'failure-log' }] }),
      });
      expect(await store.aliasOf(upload.id)).toBe(target);
      expect(await store.blobIndex.hasUse(target, LOG)).toBe(true);
      expect(await store.blobIndex.usesOf(upload.id)).toEqual([]);
      expect(await store.uploads.ofBuild(target)).toMatchObject([{ id: upload.id }]);
    },
  );

  on('when all of it is here, blobs that it does not name are no longer kept for it', async () => {
    const upload = await begin();
    const named = [{ hash: LOG, class: 'failure-log' }] as const;
    await store.blobIndex.addUses(upload.id, [
      ...named,
      { hash: OTHER, class: 'log' },
      { hash: REPORT, class: 'report' },
    ]);
    const some = (await append(store, upload, 'x'))!;
    await store.saveBuild(upload.id, drawBuild('a:do_compile =='), { receipt: receipt(some, { uses: named }) });
    expect(await store.blobIndex.usesOf(upload.id)).toHaveLength(3);
    const whole = (await append(store, some, 'y', { complete: true }))!;
    await store.saveBuild(upload.id, drawBuild('a:do_compile =='), { receipt: receipt(whole, { uses: named }) });
    expect((await store.blobIndex.usesOf(upload.id)).map(({ hash }) => hash)).toEqual([LOG, REPORT]);
  });

  on("a client's hour holds what it holds, however many ask for the last of it at once", async () => {
    const client = `address:${made}`;
    const limits = { builds: 3, bytes: 100 };
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        (n % 2 === 0 ? store : other).uploads.take(client, 7, { builds: 1, bytes: 0 }, limits),
      ),
    );
    expect(asked.filter((taken) => taken)).toHaveLength(3);
    expect(await store.uploads.take(client, 7, { builds: 0, bytes: 90 }, limits)).toBe(true);
    expect(await store.uploads.take(client, 7, { builds: 0, bytes: 11 }, limits)).toBe(false);
    expect(await store.uploads.take(client, 7, { builds: 0, bytes: 10 }, limits)).toBe(true);
    expect(await store.uploads.take(client, 8, { builds: 0, bytes: 101 }, limits)).toBe(false);
    expect(await store.uploads.take(client, 8, { builds: 9, bytes: 1e9 }, { builds: null, bytes: null })).toBe(true);
  });
});
