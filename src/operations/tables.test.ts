/** Cube and testing table of a generated farm, against plain counts over its builds; and where a cell of the cube leads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { farmHistory } from '../../bench/generate/farm-history.ts';
import { type StoredFarmBuild, storeFarm } from '../../bench/generate/store-farm.ts';
import { bothDatabases } from '../../test/both-databases.ts';
import { pivot } from '../analysis/pivot.ts';
import { BuildsQuery, RecipeRunsQuery } from '../api/contract.ts';
import { buildFilter } from '../api/routes/build-filter.ts';
import { runsOfCell } from '../api/routes/tables.ts';
import { CUBE_DIMENSIONS, CUBE_PARTS, type CubeAmount, type CubeDimension, partOf } from '../model/cube.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { recipeRuns } from '../store/recipe-runs.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import { printValues } from '../web/pages/Builds/search.ts';
import { drillOf } from '../web/pages/Cube/drill.ts';
import { recipeRunsSearch } from '../web/pages/RecipeRuns/search.ts';
import { buildsOf } from '../web/pages/Testing/search.ts';
import { parseSearch, stringifySearch } from '../web/state/search.ts';
import type { OperationContext } from './context.ts';
import { listRecipeRuns } from './list-recipe-runs.ts';
import { showCube } from './show-cube.ts';
import { showTesting } from './show-testing.ts';

const BUILDS = 60;
const STATUS_WORDS = ['succeeded', 'failed', 'not-executed', 'unfinished', 'from-sstate'];

/** The farm's builds, of which some have two targets, or tell no builder, no target or no start. */
function* oddFarm() {
  let n = 0;
  for (const one of farmHistory({ builds: BUILDS })) {
    const { build } = one;
    n++;
    const targets =
      n % 4 === 0
        ? [...build.targets!, 'meta-toolchain', 'meta-toolchain']
        : n % 13 === 0
          ? null
          : n % 17 === 0
            ? []
            : build.targets;
    yield {
      ...one,
      build: {
        ...build,
        targets,
        builder: n % 11 === 0 ? null : n % 19 === 0 ? '~odd, one' : build.builder,
        startedMs: n % 23 === 0 ? null : build.startedMs,
      },
    };
  }
}

const targetsOf = ({ targets }: StoredFarmBuild['build']): readonly (string | null)[] =>
  targets === null || targets.length === 0 ? [null] : [...new Set(targets)];

/** One that does not tell when it began stands where it came in, which is when it ended (store-farm.ts). */
const orderMs = ({ build }: StoredFarmBuild): number => build.startedMs ?? build.endedMs!;

/** What each run says of itself, without a database; once for each target of its build, or once. */
function facts(farm: readonly StoredFarmBuild[], perTarget: boolean) {
  return farm.flatMap(({ build }) =>
    (perTarget ? targetsOf(build) : [null]).flatMap((target) =>
      recipeRuns(build).map((run) => ({
        recipe: run.pn,
        version: run.version,
        outcome: STATUS_WORDS[run.status]!,
        failedTask: run.failedTask,
        machine: build.machine,
        distro: build.distro,
        target,
        branch: build.layers[0]!.branch,
        release: build.distroVersion,
        builder: build.builder,
        host: build.host.name,
        hostDistro: build.host.distro,
        day: build.startedMs === null ? null : new Date(build.startedMs).toISOString().slice(0, 10),
        busyMs: run.busyMs,
      })),
    ),
  );
}

type Fact = ReturnType<typeof facts>[number];

function counted(all: readonly Fact[], dimensions: readonly CubeDimension[]): Map<string, CubeAmount> {
  const cells = new Map<string, CubeAmount>();
  for (const fact of all) {
    const key = JSON.stringify(dimensions.map((dimension) => fact[dimension]));
    const { runs, executed, failed, busyMs, busyRuns } = cells.get(key) ?? {
      runs: 0,
      executed: 0,
      failed: 0,
      busyMs: null,
      busyRuns: 0,
    };
    cells.set(key, {
      runs: runs + 1,
      executed: executed + (fact.outcome === 'succeeded' || fact.outcome === 'failed' ? 1 : 0),
      failed: failed + (fact.outcome === 'failed' ? 1 : 0),
      busyMs: fact.busyMs === null ? busyMs : (busyMs ?? 0) + fact.busyMs,
      busyRuns: busyRuns + (fact.busyMs === null ? 0 : 1),
    });
  }
  return cells;
}

describe.each(bothDatabases())('over $name', ({ open, skip, name }) => {
  let store: Store;
  let context: OperationContext;
  let farm: readonly StoredFarmBuild[];
  beforeAll(async () => {
    if (skip) return;
    store = await open();
    const blobs = memoryBlobs();
    farm = await storeFarm(store, blobs, oddFarm());
    context = { store, wholeStore: store, blobs, viewer: CONSOLE } as unknown as OperationContext;
  }, 60_000);
  afterAll(async () => {
    await store?.close();
  });

  test.skipIf(skip)(
    'any cell of the cube is a plain count; a build of two targets is in both rows and once in the sums',
    async () => {
      const asked: readonly (readonly CubeDimension[])[] = [
        ['recipe'],
        ['recipe', 'outcome', 'machine'],
        ['branch', 'release', 'day'],
        ['failedTask', 'builder', 'hostDistro'],
        ['version', 'target'],
        ['target'],
        ['recipe', 'target', 'machine'],
        ['host', 'distro'],
      ];
      for (const dimensions of asked) {
        const cube = await showCube(context, { filter: {}, dimensions, recipes: [], builds: 1000 });
        expect([cube.builds, cube.more, cube.leftOut]).toEqual([BUILDS, false, 0]);
        const plain = counted(facts(farm, dimensions.includes('target')), dimensions);
        expect(cube.cells).toHaveLength(plain.size);
        for (const { values, ...amount } of cube.cells)
          expect(amount, values.join(' ')).toEqual(plain.get(JSON.stringify(values)));

        const across = dimensions.length > 1;
        const { rows, columns, total } = pivot(cube.cells, dimensions, across, 'runs', cube.once);
        const once = facts(farm, false);
        expect(total).toEqual(counted(once, []).get('[]'));
        const depth = across ? dimensions.length - 1 : dimensions.length;
        for (const [lines, of] of [
          [rows, dimensions.slice(0, depth)],
          [columns, dimensions.slice(depth)],
        ] as const) {
          const sums = counted(facts(farm, of.includes('target')), of);
          for (const line of lines)
            expect(line.total, line.values.join(' ')).toEqual(sums.get(JSON.stringify(line.values)));
        }
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
    },
  );

  test.skipIf(skip)(
    'where a cell leads there are as many rows as its number says, whatever is asked for',
    async () => {
      const values = (of: (one: StoredFarmBuild) => string | null) => [...new Set(farm.map((one) => of(one)))];
      const machines = values(({ build }) => build.machine).filter((one) => one !== null);
      const names = [...new Set(facts(farm, false).map(({ recipe }) => recipe))];
      const search = fc.record(
        {
          machine: fc.constantFrom(...machines),
          target: fc
            .constantFrom(...values(({ build }) => build.targets?.[0] ?? ''))
            .map((one) => printValues([one ?? ''])!),
          branch: fc
            .constantFrom(...values(({ build }) => build.layers[0]!.branch ?? ''))
            .map((one) => printValues([one ?? ''])!),
          recipe: fc.subarray(names, { minLength: 1, maxLength: 6 }).map((list) => list.join(',')),
          builds: fc.integer({ min: 1, max: BUILDS + 5 }),
        },
        { requiredKeys: ['builds'] },
      );
      const dimensions = fc.subarray([...CUBE_DIMENSIONS], { minLength: 1, maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(
          search,
          dimensions,
          fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
          async (asked, by, picks) => {
            const base = runsOfCell(RecipeRunsQuery.parse(asked));
            const cube = await showCube(context, { ...base, dimensions: by });
            if (cube.cells.length === 0) return;
            for (const pick of picks) {
              const { values: at, ...amount } = cube.cells[pick % cube.cells.length]!;
              for (const part of CUBE_PARTS) {
                // As the page does it: the link's address, read again, asked of the API.
                const address = stringifySearch(drillOf(asked as never, by, at, part));
                const read = parseSearch(`?${address.replace(/^\?/, '')}`);
                const query = RecipeRunsQuery.parse(recipeRunsSearch(read));
                const found = await listRecipeRuns(context, { ...runsOfCell(query), limit: 100_000 });
                expect(found.amount, address).toEqual(amount);
                expect(found.runs, address).toHaveLength(partOf(amount, part));
                expect(found.ofBuilds).toBe(new Set(found.runs.map(({ build }) => build)).size);
                expect(found.builds).toBe(cube.builds);
              }
            }
          },
        ),
        { numRuns: name === 'SQLite' ? 30 : 12 },
      );
    },
    60_000,
  );

  test.skipIf(skip)(
    'runs of a cell come in pages without a gap, and what is no value of a dimension is said',
    async () => {
      const question = { ...runsOfCell(RecipeRunsQuery.parse({ by: 'outcome', at: 'succeeded', limit: '70' })) };
      const whole = await listRecipeRuns(context, { ...question, limit: 100_000 });
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page = await listRecipeRuns(context, { ...question, after });
        seen.push(...page.runs.map(({ build, pn, mc }) => `${build} ${mc} ${pn}`));
        after = page.next;
      } while (after !== null && seen.length < 2000);
      expect(seen).toEqual(whole.runs.map(({ build, pn, mc }) => `${build} ${mc} ${pn}`).slice(0, seen.length));
      expect(new Set(seen).size).toBe(seen.length);
      const failed = await listRecipeRuns(context, runsOfCell(RecipeRunsQuery.parse({ part: 'failed' })));
      expect(failed.runs.length).toBeGreaterThan(0);
      for (const { failure, failedTask } of failed.runs) {
        expect(failedTask).toMatch(/^do_/);
        expect(failure?.address).toMatch(/^[0-9a-f]{8,13}\.[0-9a-f]{6}$/);
      }
      const ask = (query: object) => async () => listRecipeRuns(context, runsOfCell(RecipeRunsQuery.parse(query)));
      await expect(ask({ by: 'outcome', at: 'broken' })).rejects.toThrow(/outcome: "broken" is none of/);
      await expect(ask({ by: 'day', at: 'today' })).rejects.toThrow(/day: "today" is no day/);
      await expect(ask({ by: 'machine,day', at: 'x' })).rejects.toThrow(/1 values for 2 dimensions/);
      await expect(ask({ after: 'x' })).rejects.toThrow(/cursor/);
    },
  );

  test.skipIf(skip)('the testing table says what builds where, a row for each target of a build', async () => {
    const { rows, leftOut } = await showTesting(context, { filter: {} });
    expect(leftOut).toBe(0);
    const verdicts = farm.filter(({ build }) =>
      ['succeeded', 'succeeded-with-errors', 'failed'].includes(build.outcome),
    );
    expect(rows.reduce((sum, row) => sum + row.builds, 0)).toBe(
      verdicts.reduce((sum, { build }) => sum + targetsOf(build).length, 0),
    );
    for (const row of rows) {
      const own = verdicts
        .filter(
          ({ build }) =>
            build.machine === row.machine &&
            build.distro === row.distro &&
            targetsOf(build).includes(row.target) &&
            build.layers[0]!.branch === row.branch &&
            build.host.distro === row.hostDistro &&
            build.builder === row.builder,
        )
        .sort((a, b) => orderMs(a) - orderMs(b) || (a.id < b.id ? 1 : -1));
      expect(row.builds).toBe(own.length);
      const last = own.at(-1)!;
      const pass = own.findLast(({ build }) => build.outcome !== 'failed');
      expect(row.lastSuccess?.id).toBe(pass?.id);
      expect(row.lastSuccess?.revision).toBe(pass?.build.layers[0]?.commit);
      expect(row.failure?.id).toBe(last.build.outcome === 'failed' ? last.id : undefined);
      // The page's number leads to as many builds. (Values of a facet are apart by commas: one that has some is none of its values.)
      if (row.builder?.includes(',') !== true) {
        const filter = buildFilter(BuildsQuery.parse(buildsOf({}, row)));
        expect((await store.listBuilds(filter, { after: null, limit: 1 })).matching).toBe(row.builds);
      }
      if (row.failure !== null) expect(row.failure.address).toMatch(/^[0-9a-f]{8,13}\.[0-9a-f]{6}$/);
    }
  });
});

test('cube and testing table are what plain SQL counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-tables-'));
  const file = join(folder, 'farm.db');
  const store = await openStore(`sqlite:${file}`);
  try {
    const blobs = memoryBlobs();
    await storeFarm(store, blobs, oddFarm());
    const context = { store, wholeStore: store, blobs, viewer: CONSOLE } as unknown as OperationContext;
    const db = new DatabaseSync(file, { readOnly: true });
    const cube = await showCube(context, {
      filter: {},
      dimensions: ['target', 'machine'],
      recipes: ['busybox'],
      builds: 1000,
    });
    const plain = db
      .prepare(
        `select t.target, b.machine, count(*) as runs, sum(r.status in (0, 1)) as executed, sum(r.status = 1) as failed
        from recipe_runs r join builds b on b.number = r.build join recipe_names n on n.number = r.recipe and n.pn = 'busybox'
          left join build_targets t on t.build = b.number group by 1, 2`,
      )
      .all();
    const words = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort();
    expect(words(cube.cells.map(({ values, runs, executed, failed }) => [...values, runs, executed, failed]))).toEqual(
      words(plain.map(({ target, machine, runs, executed, failed }) => [target, machine, runs, executed, failed])),
    );
    const { rows } = await showTesting(context, { filter: {} });
    const ranked = db
      .prepare(
        `select target, machine, distro, branch, host_distro, builder, count(*) as builds,
          (select b2.id from builds b2 left join build_targets t2 on t2.build = b2.number
            where b2.outcome in ('succeeded', 'succeeded-with-errors') and t2.target is t.target and b2.machine is b.machine
              and b2.distro is b.distro and b2.branch is b.branch and b2.host_distro is b.host_distro and b2.builder is b.builder
            order by b2.order_ms desc, b2.id limit 1) as passed
        from builds b left join build_targets t on t.build = b.number
        where outcome in ('succeeded', 'succeeded-with-errors', 'failed') group by 1, 2, 3, 4, 5, 6`,
      )
      .all();
    db.close();
    expect(
      words(
        rows.map((r) => [
          r.target,
          r.machine,
          r.distro,
          r.branch,
          r.hostDistro,
          r.builder,
          r.builds,
          r.lastSuccess?.id ?? null,
        ]),
      ),
    ).toEqual(
      words(ranked.map((r) => [r.target, r.machine, r.distro, r.branch, r.host_distro, r.builder, r.builds, r.passed])),
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
