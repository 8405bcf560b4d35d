/** Cube and testing table of a generated farm, against plain counts over its builds. */
import { describe, expect, test } from 'vitest';
import { farmHistory } from '../../bench/generate/farm-history.ts';
import { type StoredFarmBuild, storeFarm } from '../../bench/generate/store-farm.ts';
import { bothDatabases } from '../../test/both-databases.ts';
import type { CubeDimension } from '../model/cube.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { recipeRuns } from '../store/recipe-runs.ts';
import { CONSOLE } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { showCube } from './show-cube.ts';
import { showTesting } from './show-testing.ts';

const databases = bothDatabases().map((database) => ({ ...database, builds: database.name === 'SQLite' ? 80 : 40 }));

const STATUS_WORDS = ['succeeded', 'failed', 'not-executed', 'unfinished', 'from-sstate'];

/** What each run says of itself, without a database. */
function facts(farm: readonly StoredFarmBuild[]) {
  return farm.flatMap(({ build }) =>
    recipeRuns(build).map((run) => ({
      recipe: run.pn,
      version: run.version,
      outcome: STATUS_WORDS[run.status]!,
      failedTask: run.failedTask,
      machine: build.machine,
      distro: build.distro,
      target: build.targets!.join(' '),
      branch: build.layers[0]!.branch,
      release: build.distroVersion,
      builder: build.builder,
      host: build.host.name,
      hostDistro: build.host.distro,
      day: new Date(build.startedMs!).toISOString().slice(0, 10),
      busyMs: run.busyMs,
    })),
  );
}

describe.each(databases)('over $name', ({ open, builds, skip }) => {
  test.skipIf(skip)('any cell of the cube is a plain count, and the table says what builds where', async () => {
    const store = await open();
    try {
      const blobs = memoryBlobs();
      const farm = await storeFarm(store, blobs, farmHistory({ builds }));
      const context = { store, wholeStore: store, blobs, viewer: CONSOLE } as unknown as OperationContext;
      const all = facts(farm);
      const asked: readonly (readonly CubeDimension[])[] = [
        ['recipe'],
        ['recipe', 'outcome', 'machine'],
        ['branch', 'release', 'day'],
        ['failedTask', 'builder', 'hostDistro'],
        ['version', 'target'],
        ['host', 'distro'],
      ];
      for (const dimensions of asked) {
        const cube = await showCube(context, { filter: {}, dimensions, recipes: [], builds: 1000 });
        expect([cube.builds, cube.more, cube.leftOut]).toEqual([builds, false, 0]);
        const counted = new Map<string, { runs: number; executed: number; failed: number; busyMs: number | null }>();
        for (const fact of all) {
          const key = JSON.stringify(dimensions.map((dimension) => fact[dimension]));
          const cell = counted.get(key) ?? { runs: 0, executed: 0, failed: 0, busyMs: null };
          cell.runs++;
          if (fact.outcome === 'succeeded' || fact.outcome === 'failed') cell.executed++;
          if (fact.outcome === 'failed') cell.failed++;
          if (fact.busyMs !== null) cell.busyMs = (cell.busyMs ?? 0) + fact.busyMs;
          counted.set(key, cell);
        }
        expect(cube.cells).toHaveLength(counted.size);
        for (const { values, runs, executed, failed, busyMs } of cube.cells)
          expect({ runs, executed, failed, busyMs }, values.join(' ')).toEqual(counted.get(JSON.stringify(values)));
      }
      const some = await showCube(context, {
        filter: { machine: ['qemuarm64'] },
        dimensions: ['outcome'],
        recipes: ['busybox', 'zlib'],
        builds: 10,
      });
      expect(some.cells.reduce((sum, { runs }) => sum + runs, 0)).toBe(
        2 * Math.min(10, farm.filter(({ build }) => build.machine === 'qemuarm64').length),
      );
      await expect(
        showCube(context, { filter: {}, dimensions: ['recipe', 'recipe'], recipes: [], builds: 1 }),
      ).rejects.toThrow(/twice/);

      const { rows, leftOut } = await showTesting(context, { filter: {} });
      expect(leftOut).toBe(0);
      expect(rows.reduce((sum, row) => sum + row.builds, 0)).toBe(builds);
      for (const row of rows) {
        const own = farm.filter(
          ({ build }) =>
            build.machine === row.machine &&
            build.distro === row.distro &&
            build.targets![0] === row.targets![0] &&
            build.layers[0]!.branch === row.branch &&
            build.builder === row.builder,
        );
        const last = own.at(-1)!;
        const pass = own.findLast(({ build }) => build.outcome === 'succeeded');
        expect(row.lastSuccess?.id).toBe(pass?.id);
        expect(row.lastSuccess?.revision).toBe(pass?.build.layers[0]?.commit);
        expect(row.failure?.id).toBe(last.build.outcome === 'failed' ? last.id : undefined);
        if (row.failure !== null) expect(row.failure.key).toMatch(/^[0-9a-f]{6}$/);
      }
    } finally {
      await store.close();
    }
  });
});
