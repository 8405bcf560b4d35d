import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { restoreBackup, takeBackup } from './backup.ts';
import { type BlobPlace, openBlobs } from './blobs/index.ts';
import { openStore } from './index.ts';
import type { Store } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const place = (name: string): { database: string; blobs: BlobPlace } => ({
  database: `sqlite:${join(folder, name, 'bakehouse.db')}`,
  blobs: { kind: 'disk', folder: join(folder, name, 'blobs') },
});
const built = (n: number) => ({ ...drawBuild(`gcc:do_compile ${'='.repeat((n % 40) + 1)}`), name: `build ${n}` });

async function openAt(name: string): Promise<Store> {
  mkdirSync(join(folder, name), { recursive: true });
  return openStore(place(name).database);
}

async function keep(store: Store, name: string, n: number): Promise<string> {
  const text = `log of ${n}\n`.repeat(100);
  const hash = createHash('sha256').update(text).digest('hex');
  const size = await openBlobs(place(name).blobs).put(hash, [Buffer.from(text)], 1e9);
  await store.blobIndex.noteBlob(hash, size, n);
  await store.saveBuild(id(n), built(n));
  await store.blobIndex.addUses(id(n), [{ hash, class: 'log' }]);
  return hash;
}

test('a backup while builds come has every build that was there before, whole, with its logs', {
  timeout: 60_000,
}, async () => {
  const store = await openAt('server');
  for (let n = 0; n < 40; n++) await keep(store, 'server', n);
  let stop = false;
  let saved = 40;
  const writing = (async () => {
    for (; !stop; saved++) await keep(store, 'server', saved);
  })();
  while (saved < 60) await new Promise((resolve) => setTimeout(resolve, 5));
  const before = saved;
  const { note } = await takeBackup(place('server'), join(folder, 'backup'), '1.2.3', 5);
  stop = true;
  await writing;
  expect(note).toMatchObject({ format: 1, version: '1.2.3', engine: 'sqlite', takenMs: 5 });

  expect(await restoreBackup(join(folder, 'backup'), place('restored'))).toEqual(note);
  const restored = await openStore(place('restored').database);
  const count = await restored.countBuilds();
  expect(count).toBeGreaterThanOrEqual(before);
  expect(count).toBeLessThanOrEqual(saved);
  const blobs = openBlobs(place('restored').blobs);
  for (let n = 0; n < count; n++) {
    expect(await restored.readBuild(id(n))).toEqual(await store.readBuild(id(n)));
    for (const { hash } of await restored.blobIndex.usesOf(id(n))) expect(await blobs.has(hash)).toBe(true);
  }
  // It is a store like any other: it goes on.
  await keep(restored, 'restored', 9999);
  await restored.close();
  await store.close();
});

test('a second backup into the same folder takes only what is new, and links what lies on the same disk', async () => {
  const store = await openAt('server');
  const first = await keep(store, 'server', 1);
  const target = join(folder, 'backup');
  expect((await takeBackup(place('server'), target, '1', 1)).newBlobs).toBe(1);
  await keep(store, 'server', 2);
  expect(await takeBackup(place('server'), target, '1', 2)).toMatchObject({ newBlobs: 1, note: { blobs: 2 } });
  expect(statSync(join(target, 'blobs', first.slice(0, 2), first.slice(2))).nlink).toBe(2);
  expect(readdirSync(target).sort()).toEqual(['backup.json', 'bakehouse.db', 'blobs']);
  await store.close();
  await restoreBackup(target, place('restored'));
  const restored = await openStore(place('restored').database);
  expect(await restored.countBuilds()).toBe(2);
  await restored.close();
});

test('nothing is restored over a store, from half a backup, or from a damaged one', async () => {
  const store = await openAt('server');
  await keep(store, 'server', 1);
  const target = join(folder, 'backup');
  await takeBackup(place('server'), target, '1', 1);
  await store.close();
  await expect(restoreBackup(target, place('server'))).rejects.toMatchObject({ code: 'conflict' });
  await expect(restoreBackup(folder, place('x'))).rejects.toMatchObject({ code: 'unreadable' });
  writeFileSync(join(target, 'bakehouse.db'), 'SQLite format 3\0 and then nothing');
  await expect(restoreBackup(target, place('y'))).rejects.toMatchObject({ code: 'unreadable' });
  await expect(takeBackup(place('nowhere'), target, '1', 1)).rejects.toMatchObject({ code: 'not-found' });
});

test('of a server with PostgreSQL the blobs are taken, and the note says so', async () => {
  const text = 'a log';
  const hash = createHash('sha256').update(text).digest('hex');
  const { blobs } = place('server');
  await openBlobs(blobs).put(hash, [Buffer.from(text)], 9);
  const from = { database: 'postgres://nobody@localhost/x', blobs };
  const target = join(folder, 'backup');
  const { note } = await takeBackup(from, target, '1', 1);
  expect(note).toMatchObject({ engine: 'postgres', databaseBytes: null, blobs: 1 });
  await restoreBackup(target, { ...from, blobs: place('restored').blobs });
  expect(await openBlobs(place('restored').blobs).has(hash)).toBe(true);
  await expect(restoreBackup(target, place('z'))).rejects.toMatchObject({ code: 'invalid' });
});
