import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { drawBuild } from '../model/draw-build.ts';
import { openStore } from './index.ts';
import type { Store } from './store.ts';

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';

describe.each([
  { name: 'SQLite', here: true },
  { name: 'PostgreSQL', here: hasPostgres },
])('rows of blobs on $name', ({ name, here }) => {
  const on = test.skipIf(!here);
  let store: Store;
  let end = async (): Promise<void> => {};
  beforeAll(async () => {
    if (!here) return;
    const folder = mkdtempSync(join(tmpdir(), 'blob-index-'));
    const postgres = name === 'PostgreSQL' ? await startPostgres() : null;
    store = await openStore(
      postgres === null ? `sqlite:${join(folder, 'bakehouse.db')}` : await postgres.newDatabase(),
    );
    end = async () => {
      await store.close();
      await postgres?.stop();
      rmSync(folder, { recursive: true });
    };
  });
  afterAll(() => end());

  on('say which build uses what, before and after it is there, and forget with the build', async () => {
    const { blobIndex } = store;
    await store.saveBuild(A, drawBuild('gcc:do_compile =='));
    await blobIndex.addUses(A, [
      { hash: hash(1), class: 'log' },
      { hash: hash(2), class: 'log' },
      { hash: hash(2), class: 'failure-log' },
    ]);
    await blobIndex.addUses(B, [{ hash: hash(1), class: 'graph' }]);
    expect(await blobIndex.usesOf(A)).toEqual([
      { hash: hash(1), class: 'log', bytes: null },
      { hash: hash(2), class: 'failure-log', bytes: null },
    ]);
    expect(await blobIndex.usersOf([hash(1)])).toEqual(new Map());
    await blobIndex.noteBlob(hash(1), { bytes: 5e9, storedBytes: 7 }, 1000);
    await blobIndex.noteBlob(hash(1), { bytes: 5e9, storedBytes: 7 }, 2000);
    await blobIndex.noteBlob(hash(3), { bytes: 1, storedBytes: 9 }, 1000);
    expect((await blobIndex.usesOf(A))[0]).toEqual({ hash: hash(1), class: 'log', bytes: 5e9 });
    expect(await blobIndex.usersOf([hash(1), hash(2), hash(3), hash(3)])).toEqual(
      new Map([
        [hash(1), [A, B]],
        [hash(3), []],
      ]),
    );
    expect(await blobIndex.hasUse(A, hash(1))).toBe(true);
    expect(await blobIndex.hasUse(A, hash(3))).toBe(false);
    await blobIndex.setUses(A, [{ hash: hash(3), class: 'log' }]);
    expect(await blobIndex.hasUse(A, hash(1))).toBe(false);
    expect(await blobIndex.hasUse(A, hash(3))).toBe(true);
    await store.deleteBuild(A);
    expect(await blobIndex.usesOf(A)).toEqual([]);
    expect(await blobIndex.usersOf([hash(1), hash(3)])).toEqual(
      new Map([
        [hash(1), [B]],
        [hash(3), []],
      ]),
    );
  });

  on('take as many uses as a build has', async () => {
    const uses = Array.from({ length: 12_000 }, (_, n) => ({ hash: hash(100 + n), class: 'log' as const }));
    await store.blobIndex.setUses(B, uses);
    expect(await store.blobIndex.usesOf(B)).toHaveLength(12_000);
    expect(await store.blobIndex.usersOf(uses.map((use) => use.hash))).toEqual(new Map());
  });
});
