import { expressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { CubeDimension } from '../../model/cube.ts';
import type { Dialect } from '../dialect.ts';
import { RECIPE_FAILED, RECIPE_SUCCEEDED, recipeStatusOf } from '../recipe-runs.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { CubeAnswer, CubeQuestion } from '../store.ts';
import { matches } from './list-builds.ts';

const DAY_MS = 86_400_000;

const EXPRESSIONS: Readonly<Record<CubeDimension, RawBuilder<unknown>>> = {
  recipe: sql`recipe_names.pn`,
  version: sql`recipe_runs.version`,
  outcome: sql`recipe_runs.status`,
  failedTask: sql`recipe_runs.failed_task`,
  machine: sql`builds.machine`,
  distro: sql`builds.distro`,
  target: sql`builds.targets`,
  branch: sql`builds.branch`,
  release: sql`builds.distro_version`,
  builder: sql`builds.builder`,
  host: sql`builds.host`,
  hostDistro: sql`builds.host_distro`,
  // Whole days: both engines cut the division of whole numbers.
  day: sql`case when builds.started_ms is null then null else builds.started_ms / ${sql.lit(DAY_MS)} end`,
};

function shownValue(dimension: CubeDimension, stored: unknown): string | null {
  if (stored === null || stored === undefined) return null;
  switch (dimension) {
    case 'outcome':
      return recipeStatusOf(Number(stored));
    case 'target':
      return (JSON.parse(String(stored)) as string[]).join(' ');
    case 'day':
      return new Date(Number(stored) * DAY_MS).toISOString().slice(0, 10);
    default:
      return String(stored);
  }
}

/**
 * Recipe runs of the last builds that match, counted by up to three dimensions in one statement. It reads each of those runs once: a thousand
 * builds of 600 recipes are 600,000, which is why it is bounded by builds and says how many it looked at.
 */
export async function readCube(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { filter, dimensions, recipes, builds, cellsMax }: CubeQuestion,
): Promise<CubeAnswer> {
  const eb = expressionBuilder<Database, 'builds'>();
  const last = await db
    .selectFrom('builds')
    .where(sight.listedInOrder())
    .where(() => matches(eb, filter, null))
    .select('number')
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(builds + 1)
    .execute();
  const numbers = last.slice(0, builds).map(({ number }) => number);
  if (numbers.length === 0) return { builds: 0, more: false, cells: [], leftOut: 0 };
  const keys = dimensions.map((dimension) => EXPRESSIONS[dimension]);
  const named = sql.join(keys.map((key, i) => sql`${key} as ${sql.raw(`k${i}`)}`));
  const { rows } = await sql<Record<string, unknown>>`
    select ${named}, count(*) as runs,
      sum(case when recipe_runs.status in (${sql.lit(RECIPE_SUCCEEDED)}, ${sql.lit(RECIPE_FAILED)}) then 1 else 0 end) as executed,
      sum(case when recipe_runs.status = ${sql.lit(RECIPE_FAILED)} then 1 else 0 end) as failed,
      sum(recipe_runs.busy_ms) as busy, count(recipe_runs.busy_ms) as busy_runs
    from recipe_runs
      join builds on builds.number = recipe_runs.build
      join recipe_names on recipe_names.number = recipe_runs.recipe
    where ${dialect.oneOf('recipe_runs.build', numbers)}
      ${recipes.length === 0 ? sql`` : sql`and recipe_names.pn in (${sql.join(recipes.map(storable))})`}
    group by ${sql.join(keys)}
    order by runs desc
    limit ${sql.lit(cellsMax + 1)}`.execute(db);
  return {
    builds: numbers.length,
    more: last.length > builds,
    leftOut: Math.max(0, rows.length - cellsMax),
    cells: rows.slice(0, cellsMax).map((row) => ({
      values: dimensions.map((dimension, i) => shownValue(dimension, row[`k${i}`])),
      runs: Number(row.runs),
      executed: Number(row.executed),
      failed: Number(row.failed),
      busyMs: row.busy === null ? null : Number(row.busy),
      busyRuns: Number(row.busy_runs),
    })),
  };
}
