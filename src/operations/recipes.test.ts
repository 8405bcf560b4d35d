/** Recipes of a generated farm, against what is true of it. */
import { describe, expect, test } from 'vitest';
import { farmHistory } from '../../bench/generate/farm-history.ts';
import { storeFarm } from '../../bench/generate/store-farm.ts';
import { bothDatabases } from '../../test/both-databases.ts';
import type { ArtifactSize } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { listRecipes } from './list-recipes.ts';
import { showRecipe } from './show-recipe.ts';

const databases = bothDatabases().map((database) => ({ ...database, builds: database.name === 'SQLite' ? 120 : 40 }));

test('packages of a recipe are those of its multiconfig, and none where a buildhistory has those of two machines', async () => {
  const store = await openStore('sqlite::memory:');
  try {
    const context = { store, wholeStore: store, blobs: memoryBlobs(), viewer: CONSOLE } as unknown as OperationContext;
    const size = (name: string, bytes: number, pf = 'busybox-1.36.1-r0') =>
      ({ kind: 'package', name, pf, mc: '', bytes, files: null, fileList: null }) as const;
    const save = (n: number, sizes: readonly ArtifactSize[]) =>
      store.saveBuild(`a000000${n}-0000-4000-8000-000000000000`, {
        ...drawBuild('busybox_1.36.1:do_compile ==='),
        startedMs: n * 1000,
        sizes,
      });
    await save(1, [size('busybox', 700), size('busybox-doc', 40), size('zlib', 5, 'zlib-1.3-r0')]);
    await save(2, [size('busybox', 700), size('busybox', 900)]);
    const { runs, sizes } = await showRecipe(context, { pn: 'busybox', filter: {}, by: [], limit: 10 });
    expect(sizes.map(({ run, packages, bytes }) => [runs[run]!.startedMs, packages, bytes])).toEqual([[1000, 2, 740]]);
  } finally {
    await store.close();
  }
});

describe.each(databases)('recipes over $name', ({ open, builds, skip }) => {
  test.skipIf(skip)('are told as the history has them', async () => {
    const store: Store = await open();
    try {
      const blobs = memoryBlobs();
      const farm = await storeFarm(store, blobs, farmHistory({ builds }));
      const context = { store, wholeStore: store, blobs, viewer: CONSOLE } as unknown as OperationContext;

      const failed = farm.flatMap(({ truth }) => truth.filter(({ pf }) => pf.startsWith('perl-native-')));
      const list = await listRecipes(context, { filter: {}, builds: 1000 });
      expect(list.builds).toBe(builds);
      const perl = list.recipes.find(({ pn }) => pn === 'perl-native')!;
      const { pn: _, lastSucceededMs, lastFailedMs, busyMsMean, ...counts } = perl;
      expect(Object.values(counts).reduce((a, b) => a + b)).toBe(builds);
      expect(counts.failed).toBe(failed.length);
      expect(counts.fromSstate).toBeGreaterThan(counts.succeeded);
      expect(lastSucceededMs! > 0 && lastFailedMs! > 0 && busyMsMean! > 0).toBe(true);

      const shown = await showRecipe(context, { pn: 'perl-native', filter: {}, by: ['hostDistro'], limit: 1000 });
      expect(shown.runs.filter(({ status }) => status === 'failed')).toHaveLength(failed.length);
      expect(shown.causes.reduce((sum, { failures }) => sum + failures, 0)).toBe(failed.length);
      // The story's host alone fails: it has no pass on one of the commits on which others have one.
      const fedora = shown.strips.find(({ values }) => values[0] === 'fedora-41')!;
      const statuses = fedora.runs.map((index) => shown.runs[index]!.status);
      expect(statuses).toContain('failed');
      for (const strip of shown.strips)
        if (strip !== fedora && strip.lastFailure !== null) {
          const run = shown.runs[strip.lastFailure]!;
          const truth = farm.find(({ id }) => id === run.build)!.truth.find(({ pf }) => pf.startsWith('perl-native-'))!;
          expect(truth.story).not.toBe('perl-host');
        }

      const one = await showRecipe(context, {
        pn: 'busybox',
        filter: { machine: ['qemuarm64'] },
        by: ['machine'],
        limit: 5,
      });
      expect([one.runs.length, one.more, one.strips.length]).toEqual([5, true, 1]);
      const times = one.runs.map(({ startedMs }) => startedMs!);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      await expect(showRecipe(context, { pn: 'nobody', filter: {}, by: [], limit: 5 })).rejects.toThrow(/No build/);
    } finally {
      await store.close();
    }
  });
});
