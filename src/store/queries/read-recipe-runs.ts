import type { ExpressionBuilder, Kysely } from 'kysely';
import { sql } from 'kysely';
import type { BuildOutcome, LayerRevision } from '../../model/build.ts';
import type { Dialect } from '../dialect.ts';
import {
  RECIPE_FAILED,
  RECIPE_FROM_SSTATE,
  RECIPE_NOT_EXECUTED,
  RECIPE_SUCCEEDED,
  RECIPE_UNFINISHED,
  recipeStatusOf,
} from '../recipe-runs.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { RecipeListed, RecipeRunsQuestion, RecipesQuestion, StoredRecipeRun, StoredRecipeRuns } from '../store.ts';
import { matches } from './list-builds.ts';

/**
 * One recipe's share of the last builds that match and had it, newest first. The index of recipe runs by recipe leads, so its cost grows with how
 * many builds had the recipe, not with how many are stored times their recipes: 100,000 runs of one recipe are sorted in some 100 ms.
 */
export async function readRecipeRuns(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { pn, filter, limit }: RecipeRunsQuestion,
): Promise<StoredRecipeRuns> {
  const recipe = await db.selectFrom('recipe_names').select('number').where('pn', '=', storable(pn)).executeTakeFirst();
  if (recipe === undefined) return { runs: [], more: false };
  const rows = await db
    .selectFrom('recipe_runs')
    .innerJoin('builds', 'builds.number', 'recipe_runs.build')
    .where('recipe_runs.recipe', '=', recipe.number)
    .where(sight.listed())
    // Its columns are of builds alone, whatever stands beside them.
    .where((eb) => matches(eb as unknown as ExpressionBuilder<Database, 'builds'>, filter, null))
    .select([
      'builds.number',
      'builds.id',
      'builds.name',
      'builds.started_ms',
      'builds.outcome',
      'builds.targets',
      'builds.machine',
      'builds.distro',
      'builds.branch',
      'builds.host_distro',
      'builds.builder',
      'recipe_runs.mc',
      'recipe_runs.version',
      'recipe_runs.status',
      'recipe_runs.failed_task',
      'recipe_runs.busy_ms',
    ])
    .orderBy('builds.order_ms', 'desc')
    .orderBy('builds.id')
    .limit(limit + 1)
    .execute();
  const more = rows.length > limit;
  const kept = rows.slice(0, limit);
  const failing = kept.filter(({ status }) => status === RECIPE_FAILED).map(({ number }) => number);
  const failures = await readFailures(db, dialect, storable(pn), failing);
  return {
    more,
    runs: kept.map((row): StoredRecipeRun => {
      const told = failures.get(`${row.number}\n${row.mc}\n${row.failed_task}`);
      return {
        build: row.id,
        name: row.name,
        startedMs: row.started_ms,
        outcome: row.outcome as BuildOutcome,
        targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
        machine: row.machine,
        distro: row.distro,
        branch: row.branch,
        hostDistro: row.host_distro,
        builder: row.builder,
        mc: row.mc,
        version: row.version,
        status: recipeStatusOf(row.status),
        failedTask: row.failed_task,
        busyMs: row.busy_ms,
        failure: told ?? null,
      };
    }),
  };
}

async function readFailures(
  db: Kysely<Database>,
  dialect: Dialect,
  pn: string,
  builds: readonly number[],
): Promise<ReadonlyMap<string, NonNullable<StoredRecipeRun['failure']>>> {
  if (builds.length === 0) return new Map();
  const rows = await db
    .selectFrom('failures')
    .leftJoin('fingerprints', 'fingerprints.number', 'failures.fingerprint')
    .where('failures.pn', '=', pn)
    .where(dialect.oneOf('failures.build', builds))
    .select([
      'failures.build',
      'failures.mc',
      'failures.task',
      'failures.key',
      'failures.cause',
      'fingerprints.hash',
      'fingerprints.class',
      'fingerprints.infrastructure',
    ])
    .orderBy('failures.ordinal', 'desc')
    .execute();
  // Of two failures of one task the first stays.
  return new Map(
    rows.map((row) => [
      `${row.build}\n${row.mc}\n${row.task}`,
      {
        key: row.key,
        cause: row.cause,
        fingerprint: row.hash,
        causeClass: row.class,
        infrastructure: row.infrastructure === null ? null : row.infrastructure === 1,
      },
    ]),
  );
}

/** Layers of builds, by number, in their order. */
export async function readLayers(
  db: Kysely<Database>,
  dialect: Dialect,
  builds: readonly number[],
): Promise<ReadonlyMap<number, readonly LayerRevision[]>> {
  const found = new Map<number, LayerRevision[]>();
  if (builds.length === 0) return found;
  const rows = await db
    .selectFrom('build_layers')
    .where(dialect.oneOf('build', builds))
    .select(['build', 'name', 'branch', 'commit_hash', 'modified'])
    .orderBy('build')
    .orderBy('ordinal')
    .execute();
  for (const { build, name, branch, commit_hash, modified } of rows) {
    const layers = found.get(build) ?? [];
    layers.push({ name, branch, commit: commit_hash, modified: modified === null ? null : modified === 1 });
    found.set(build, layers);
  }
  return found;
}

/**
 * Every recipe of the last builds that match, with how it went in them; by name. A build has 600 recipes, so it is bounded by builds and not by
 * recipes: 200 builds are 120,000 runs, counted in some 60 ms.
 */
export async function listRecipes(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { filter, builds }: RecipesQuestion,
): Promise<{ readonly builds: number; readonly recipes: readonly RecipeListed[] }> {
  const last = await db
    .selectFrom('builds')
    .where(sight.listedInOrder())
    .where((eb) => matches(eb, filter, null))
    .select('number')
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(builds)
    .execute();
  if (last.length === 0) return { builds: 0, recipes: [] };
  const count = (status: number) => sql<number>`sum(case when recipe_runs.status = ${status} then 1 else 0 end)`;
  const lastOf = (status: number) =>
    sql<number | null>`max(case when recipe_runs.status = ${status} then builds.order_ms end)`;
  const rows = await db
    .selectFrom('recipe_runs')
    .innerJoin('builds', 'builds.number', 'recipe_runs.build')
    .innerJoin('recipe_names', 'recipe_names.number', 'recipe_runs.recipe')
    .where(
      dialect.oneOf(
        'recipe_runs.build',
        last.map(({ number }) => number),
      ),
    )
    .groupBy('recipe_names.pn')
    .orderBy('recipe_names.pn')
    .select([
      'recipe_names.pn',
      count(RECIPE_SUCCEEDED).as('succeeded'),
      count(RECIPE_FAILED).as('failed'),
      count(RECIPE_FROM_SSTATE).as('sstate'),
      count(RECIPE_NOT_EXECUTED).as('untouched'),
      count(RECIPE_UNFINISHED).as('unfinished'),
      lastOf(RECIPE_SUCCEEDED).as('last_pass'),
      lastOf(RECIPE_FAILED).as('last_failure'),
      // Builds that did not execute it have no busy time, which is not the same as none.
      sql<number | null>`avg(case when recipe_runs.status = ${RECIPE_SUCCEEDED} then recipe_runs.busy_ms end)`.as(
        'busy',
      ),
    ])
    .execute();
  const whole = (value: number | string | null): number | null => (value === null ? null : Math.round(Number(value)));
  return {
    builds: last.length,
    recipes: rows.map((row) => ({
      pn: row.pn,
      succeeded: Number(row.succeeded),
      failed: Number(row.failed),
      fromSstate: Number(row.sstate),
      notExecuted: Number(row.untouched),
      unfinished: Number(row.unfinished),
      lastSucceededMs: recorded(whole(row.last_pass)),
      lastFailedMs: recorded(whole(row.last_failure)),
      busyMsMean: whole(row.busy),
    })),
  };
}

/** Builds without a start are ordered by -1. */
function recorded(orderMs: number | null): number | null {
  return orderMs === null || orderMs < 0 ? null : orderMs;
}
