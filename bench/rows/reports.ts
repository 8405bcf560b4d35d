/**
 * The reports over years of a farm: 100,000 builds of 45 builders and twelve machines, one each quarter of an hour. The builds are rows alone,
 * copied from one that was stored, since these questions open none. The last 5,000 have 600 recipe runs and 40 QA issues each, the others those of
 * one recipe: what is asked of them is bounded by builds, and 60,000,000 rows would take longer to write than to ask.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CubeDimension } from '../../src/model/cube.ts';
import { listRecipeRuns } from '../../src/operations/list-recipe-runs.ts';
import { listRecipes } from '../../src/operations/list-recipes.ts';
import { qaIssues } from '../../src/operations/qa-issues.ts';
import { showCube } from '../../src/operations/show-cube.ts';
import { showMatrix } from '../../src/operations/show-matrix.ts';
import { showRecipe } from '../../src/operations/show-recipe.ts';
import { showTesting } from '../../src/operations/show-testing.ts';
import { showWaterfall } from '../../src/operations/show-waterfall.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE } from '../../src/store/store.ts';
import { generateBuild } from '../generate.ts';
import { absolute, type Bench, type Row, type RowResult } from '../row.ts';
import { buildId } from './store.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2024, 0, 1);
const EVERY_MS = DAY_MS / 96;
const TARGETS = ['core-image-minimal', 'core-image-sato', 'core-image-full-cmdline', 'world', 'meta-toolchain'];

/** Builds whose recipes and issues are there; what of them is asked for at once at most (CubeQuery). */
const WHOLE_BUILDS = 5000;
const RECIPES = 600;
const ISSUES = 40;
const QA_CLASSES = ['buildpaths', 'patch-status', 'ldflags', 'installed-vs-shipped', 'arch', 'host-user-contaminated'];

/**
 * Above a tenth of a second an answer is waited for; all years at once may take three. The cube reads 300,000 recipe runs for 500 builds, which is
 * half a second, and three million for the most it can be asked for: two to six seconds that one asks for and waits.
 */
const LIMITS = {
  window: 20,
  month: 100,
  whole: 300,
  matrix: 200,
  testing: 300,
  recipes: 150,
  recipe: 300,
  cube: 500,
  cubeMost: 6000,
  runs: 500,
  qa: 100,
};

async function fill(file: string, builds: number): Promise<void> {
  const store = await openStore(`sqlite:${file}`);
  await store.saveBuild(buildId(0), {
    ...generateBuild({ tasks: 100, samplesHz: 0 }),
    startedMs: START,
    outcome: 'succeeded',
  });
  await store.close();
  const db = new DatabaseSync(file);
  const first = db.prepare('select * from builds').get() as Record<string, string | number | null>;
  const names = Object.keys(first).filter((name) => name !== 'number');
  const insert = db.prepare(`insert into builds (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`);
  const insertTarget = db.prepare('insert into build_targets (build, target) values (?, ?)');
  db.exec('begin');
  for (let i = 1; i < builds; i++) {
    const startMs = START + i * EVERY_MS;
    const durationMs = 600_000 + ((i * 7919) % 7200) * 1000;
    const target = TARGETS[i % TARGETS.length]!;
    const failed = i % 17 === 0;
    const build = {
      ...first,
      id: buildId(i),
      started_ms: startMs,
      order_ms: startMs,
      ended_ms: startMs + durationMs,
      duration_ms: durationMs,
      machine: `machine-${i % 12}`,
      builder: `builder-${(i * 7) % 45}`,
      branch: i % 4 === 0 ? 'scarthgap' : 'master',
      targets: JSON.stringify([target]),
      outcome: failed ? 'failed' : i % 101 === 0 ? 'interrupted' : 'succeeded',
      baseline: failed ? 0 : 1,
      first_failure: failed ? 'gcc:do_compile' : null,
      configuration: `${i % 12} ${target}`,
    } as Record<string, string | number | null>;
    const { lastInsertRowid } = insert.run(...names.map((name) => build[name] ?? null));
    insertTarget.run(lastInsertRowid, target);
  }
  fillRecipes(db, builds);
  db.exec('commit');
  db.close();
}

/** One in nine runs was executed, as of an incremental build; one in 400 of those failed. */
function fillRecipes(db: DatabaseSync, builds: number): void {
  const name = db.prepare('insert into recipe_names (pn) values (?) on conflict do nothing');
  for (let n = 0; n < RECIPES; n++) name.run(`recipe-${n}`);
  const { first } = db.prepare("select number as first from recipe_names where pn = 'recipe-0'").get() as {
    first: number;
  };
  db.exec(`insert or replace into recipe_runs (build, ordinal, recipe, mc, version, status, failed_task, busy_ms)
    with recursive n(n) as (select 0 union all select n + 1 from n where n < ${RECIPES - 1})
    select number, n, ${first} + n, '', '1.' || (number / 997) || '-r0',
      case when (number * 31 + n * 7) % 3600 = 0 then 1 when (number * 31 + n * 7) % 9 = 0 then 0 else 4 end,
      case when (number * 31 + n * 7) % 3600 = 0 then 'do_compile' end,
      case when (number * 31 + n * 7) % 9 = 0 then 1000 + (number * n) % 90000 end
    from builds cross join n where n = 0 or number > ${builds - WHOLE_BUILDS}
    order by number, n`);
  db.exec(`insert or replace into qa_issues (build, ordinal, qa_class, severity, pn, task, mc, message)
    with recursive n(n) as (select 0 union all select n + 1 from n where n < ${ISSUES - 1}),
      classes(k, name) as (values ${QA_CLASSES.map((one, k) => `(${k}, '${one}')`).join(', ')})
    select number, n, classes.name, 'warning', 'recipe-' || (n * 14), 'do_package_qa', '', 'issue ' || n
    from builds cross join n join classes on k = n % ${QA_CLASSES.length} where number > ${builds - WHOLE_BUILDS} order by number, n`);
  db.exec(`update builds set qa_checks = ${RECIPES / 9} where number > ${builds - WHOLE_BUILDS}`);
}

async function best(rounds: number, ask: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const from = performance.now();
    await ask();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

async function measure(bench: Bench): Promise<RowResult[]> {
  const builds = bench.options.quick ? 5000 : 100_000;
  const rounds = bench.options.quick ? 2 : 7;
  bench.progress(`storing ${builds} builds, as rows`);
  const file = join(bench.scratch, 'reports.db');
  await fill(file, builds);
  const store = await openStore(`sqlite:${file}`);
  const context = {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => START,
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
  const endMs = START + builds * EVERY_MS;
  const waterfall = (days: number) => () =>
    showWaterfall(context, {
      filter: {},
      by: 'builder',
      window: { beginMs: endMs - days * DAY_MS, endMs },
      cells: 256,
    });
  const of = `of ${builds.toLocaleString('en')} builds`;
  const rows = [
    absolute(`waterfall, three days ${of}`, await best(rounds, waterfall(3)), 'ms', LIMITS.window, ''),
    absolute(`waterfall, a month ${of}, in cells`, await best(rounds, waterfall(30)), 'ms', LIMITS.month, ''),
    absolute(`waterfall, all the time ${of}, in cells`, await best(rounds, waterfall(10_000)), 'ms', LIMITS.whole, ''),
    absolute(
      `matrix of image and machine ${of}`,
      await best(rounds, () => showMatrix(context, { filter: {}, rows: 'target', columns: 'machine', zoneMinutes: 0 })),
      'ms',
      LIMITS.matrix,
      '',
    ),
    absolute(
      `matrix of builder and day ${of}, the last two months`,
      await best(rounds, () => showMatrix(context, { filter: {}, rows: 'builder', columns: 'day', zoneMinutes: 0 })),
      'ms',
      LIMITS.matrix,
      '',
    ),
  ];
  const cube = (dimensions: readonly CubeDimension[], of: number) => () =>
    showCube(context, { filter: {}, dimensions, recipes: [], builds: of });
  const few = bench.options.quick ? 1 : 3;
  rows.push(
    absolute(`testing ${of}`, await best(rounds, () => showTesting(context, { filter: {} })), 'ms', LIMITS.testing, ''),
    absolute(
      `recipes of the last 200 ${of}`,
      await best(rounds, () => listRecipes(context, { filter: {}, builds: 200 })),
      'ms',
      LIMITS.recipes,
      '',
    ),
    absolute(
      `one recipe that all ${of} had, the last 500`,
      await best(rounds, () =>
        showRecipe(context, { pn: 'recipe-0', filter: {}, by: ['machine', 'branch', 'hostDistro'], limit: 500 }),
      ),
      'ms',
      LIMITS.recipe,
      '',
    ),
    absolute(
      `cube of recipe and machine, the last 500 ${of}`,
      await best(rounds, cube(['recipe', 'machine'], 500)),
      'ms',
      LIMITS.cube,
      '',
    ),
    absolute(
      `cube of target and recipe, the last 500 ${of}, with its sums`,
      await best(rounds, cube(['target', 'recipe'], 500)),
      'ms',
      2 * LIMITS.cube,
      'counted twice, once for each target and once for each build',
    ),
    absolute(
      `cube of recipe and machine, the last 5,000 ${of}`,
      await best(few, cube(['recipe', 'machine'], 5000)),
      'ms',
      LIMITS.cubeMost,
      '',
    ),
    absolute(
      `recipe runs of a cell, the last 500 ${of}`,
      await best(rounds, () =>
        listRecipeRuns(context, {
          filter: {},
          recipes: [],
          builds: 500,
          at: [
            { dimension: 'outcome', value: 'failed' },
            { dimension: 'machine', value: 'machine-1' },
          ],
          part: 'runs',
          after: null,
          limit: 200,
        }),
      ),
      'ms',
      LIMITS.runs,
      '',
    ),
    absolute(
      `QA of the last 200 ${of}`,
      await best(rounds, () => qaIssues(context, { filter: {}, builds: 200, pn: null })),
      'ms',
      LIMITS.qa,
      '',
    ),
  );
  await store.close();
  return rows;
}

export const reports: Row = { id: 'reports', run: measure };
