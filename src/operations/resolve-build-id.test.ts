import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { openStore } from '../store/index.ts';
import type { Store } from '../store/store.ts';
import { resolveBuildId } from './resolve-build-id.ts';

const A = '20261121-0000-4000-8000-00000000000a';
const B = 'bbbbbbbb-0000-4000-8000-00000000000b';
const C = 'cccccccc-0000-4000-8000-00000000000c';
let store: Store;

beforeAll(async () => {
  store = await openStore('sqlite::memory:');
  const drawn = drawBuild('gcc:do_compile ====');
  await store.saveBuild(A, { ...drawn, name: '20261121005839' });
  await store.saveBuild(B, { ...drawn, name: '20261121010000', startedMs: drawn.startedMs! + 1000 });
  await store.saveBuild(C, { ...drawn, name: '20261121010000', startedMs: drawn.startedMs! + 2000 });
});
afterAll(() => store.close());

test('an id, the start of one, the last ones, and the name that only one build has', async () => {
  expect(await resolveBuildId(store, A)).toBe(A);
  expect(await resolveBuildId(store, 'BBBB')).toBe(B);
  expect(await resolveBuildId(store, '@last')).toBe(C);
  expect(await resolveBuildId(store, '@last~2')).toBe(A);
  expect(await resolveBuildId(store, '20261121005839')).toBe(A);
  // Digits that begin an id mean the id.
  expect(await resolveBuildId(store, '20261121')).toBe(A);
});

test('what means none or several says so', async () => {
  await expect(resolveBuildId(store, '20261121010000')).rejects.toMatchObject({ code: 'conflict' });
  await expect(resolveBuildId(store, '20261121999999')).rejects.toMatchObject({ code: 'not-found' });
  await expect(resolveBuildId(store, '@last~3')).rejects.toMatchObject({ code: 'not-found' });
  await expect(resolveBuildId(store, '../etc')).rejects.toMatchObject({ code: 'invalid' });
});
