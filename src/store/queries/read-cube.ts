import { expressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { BuildOutcome } from '../../model/build.ts';
import type { CubeAmount, CubeDimension, CubePart, CubePlace } from '../../model/cube.ts';
import { BakehouseError } from '../../model/errors.ts';
import { RECIPE_STATUSES, type RecipeStatus } from '../../model/recipe-status.ts';
import type { Dialect } from '../dialect.ts';
import { RECIPE_FAILED, RECIPE_SUCCEEDED, recipeStatusNumber, recipeStatusOf } from '../recipe-runs.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type {
  BuildListFilter,
  CubeAnswer,
  CubeCells,
  CubeQuestion,
  RunOfCell,
  RunsOfCell,
  RunsOfCellQuestion,
} from '../store.ts';
import { matches } from './list-builds.ts';

const DAY_MS = 86_400_000;

// An empty word is none: the filters of the list cannot tell it from "not recorded" either.
const said = (column: string) => sql`nullif(${sql.ref(column)}, '')`;

const EXPRESSIONS: Readonly<Record<CubeDimension, RawBuilder<unknown>>> = {
  recipe: sql`recipe_names.pn`,
  version: said('recipe_runs.version'),
  outcome: sql`recipe_runs.status`,
  failedTask: said('recipe_runs.failed_task'),
  machine: said('builds.machine'),
  distro: said('builds.distro'),
  target: said('build_targets.target'),
  branch: said('builds.branch'),
  release: said('builds.distro_version'),
  builder: said('builds.builder'),
  host: said('builds.host'),
  hostDistro: said('builds.host_distro'),
  // Whole days: both engines cut the division of whole numbers.
  day: sql`case when builds.started_ms is null then null else builds.started_ms / ${sql.lit(DAY_MS)} end`,
};

const EXECUTED = sql`recipe_runs.status in (${sql.lit(RECIPE_SUCCEEDED)}, ${sql.lit(RECIPE_FAILED)})`;
const FAILED = sql`recipe_runs.status = ${sql.lit(RECIPE_FAILED)}`;
const PARTS: Readonly<Record<CubePart, RawBuilder<unknown>>> = {
  runs: sql`1 = 1`,
  executed: EXECUTED,
  failed: FAILED,
  timed: sql`recipe_runs.busy_ms is not null`,
};

function shownValue(dimension: CubeDimension, stored: unknown): string | null {
  if (stored === null || stored === undefined) return null;
  switch (dimension) {
    case 'outcome':
      return recipeStatusOf(Number(stored));
    case 'day':
      return new Date(Number(stored) * DAY_MS).toISOString().slice(0, 10);
    default:
      return String(stored);
  }
}

/** The reverse of `shownValue`; what is no value of the dimension has no runs, and is told so. */
function storedValue({ dimension, value }: CubePlace): string | number | null {
  if (value === null) return null;
  switch (dimension) {
    case 'outcome': {
      const status = RECIPE_STATUSES.find((one): one is RecipeStatus => one === value);
      if (status === undefined)
        throw new BakehouseError(
          'invalid',
          `outcome: "${value.slice(0, 50)}" is none of ${RECIPE_STATUSES.join(', ')}.`,
        );
      return recipeStatusNumber(status);
    }
    case 'day': {
      const ms = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(ms))
        throw new BakehouseError('invalid', `day: "${value.slice(0, 50)}" is no day like 2026-01-31.`);
      return ms / DAY_MS;
    }
    default:
      return storable(value);
  }
}

/** The last builds that match, and whether there are older ones. */
async function lastBuilds(
  db: Kysely<Database>,
  sight: Sight,
  filter: BuildListFilter,
  builds: number,
): Promise<{ readonly numbers: readonly number[]; readonly more: boolean }> {
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
  return { numbers: last.slice(0, builds).map(({ number }) => number), more: last.length > builds };
}

/** Their recipe runs. With the target among the dimensions a run stands there once for each target of its build. */
function runsOf(
  dialect: Dialect,
  numbers: readonly number[],
  recipes: readonly string[],
  dimensions: readonly CubeDimension[],
): RawBuilder<unknown> {
  const targets = dimensions.includes('target')
    ? sql`left join build_targets on build_targets.build = recipe_runs.build`
    : sql``;
  return sql`from recipe_runs
      join builds on builds.number = recipe_runs.build
      join recipe_names on recipe_names.number = recipe_runs.recipe ${targets}
    where ${dialect.oneOf('recipe_runs.build', numbers)}
      ${recipes.length === 0 ? sql`` : sql`and recipe_names.pn in (${sql.join(recipes.map(storable))})`}`;
}

const AMOUNT = sql`count(*) as runs, sum(case when ${EXECUTED} then 1 else 0 end) as executed,
  sum(case when ${FAILED} then 1 else 0 end) as failed, sum(recipe_runs.busy_ms) as busy, count(recipe_runs.busy_ms) as busy_runs`;

function amountOf(row: Readonly<Record<string, unknown>>): CubeAmount {
  return {
    runs: Number(row.runs),
    executed: Number(row.executed),
    failed: Number(row.failed),
    busyMs: row.busy === null ? null : Number(row.busy),
    busyRuns: Number(row.busy_runs),
  };
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
  const { numbers, more } = await lastBuilds(db, sight, filter, builds);
  const ofTargets = dimensions.includes('target');
  if (numbers.length === 0) return { builds: 0, more: false, cells: [], leftOut: 0, once: ofTargets ? [] : null };
  const counted = async (by: readonly CubeDimension[]): Promise<CubeCells> => {
    const keys = by.map((dimension) => EXPRESSIONS[dimension]);
    const named = keys.map((key, i) => sql`${key} as ${sql.raw(`k${i}`)}, `);
    const { rows } = await sql<Record<string, unknown>>`
      select ${sql.join(named, sql``)} ${AMOUNT} ${runsOf(dialect, numbers, recipes, by)}
      ${keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)}`}
      order by runs desc limit ${sql.lit(cellsMax + 1)}`.execute(db);
    return rows
      .map((row) => ({ values: by.map((dimension, i) => shownValue(dimension, row[`k${i}`])), ...amountOf(row) }))
      .filter(({ runs }) => runs > 0);
  };
  const cells = await counted(dimensions);
  return {
    builds: numbers.length,
    more,
    leftOut: Math.max(0, cells.length - cellsMax),
    cells: cells.slice(0, cellsMax),
    once: ofTargets ? (await counted(dimensions.filter((one) => one !== 'target'))).slice(0, cellsMax) : null,
  };
}

interface RunRow {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly started_ms: number | null;
  readonly order_ms: number;
  readonly build_outcome: string;
  readonly targets: string | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly distro_version: string | null;
  readonly host: string | null;
  readonly host_distro: string | null;
  readonly builder: string | null;
  readonly pn: string;
  readonly mc: string;
  readonly ordinal: number;
  readonly version: string | null;
  readonly status: number;
  readonly failed_task: string | null;
  readonly busy_ms: number | null;
}

/** The runs that a cell counts, by the same joins and conditions as it is counted by. */
export async function readRunsOfCell(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { filter, recipes, builds, at, part, after, limit }: RunsOfCellQuestion,
): Promise<RunsOfCell> {
  const wanted = at.map((place) => ({ key: EXPRESSIONS[place.dimension], value: storedValue(place) }));
  const { numbers, more } = await lastBuilds(db, sight, filter, builds);
  if (numbers.length === 0)
    return {
      builds: 0,
      more: false,
      amount: { runs: 0, executed: 0, failed: 0, busyMs: null, busyRuns: 0 },
      ofBuilds: 0,
      runs: [],
      next: null,
    };
  const places = wanted.map(({ key, value }) =>
    value === null ? sql`and ${key} is null` : sql`and ${key} = ${value}`,
  );
  const runs = sql`${runsOf(
    dialect,
    numbers,
    recipes,
    at.map(({ dimension }) => dimension),
  )} ${sql.join(places, sql` `)}`;
  const behind = after === null ? sql`` : sql`and ${beyond(after)}`;
  const [{ rows: counted }, { rows }] = await Promise.all([
    sql<Record<string, unknown>>`select ${AMOUNT},
      count(distinct case when ${PARTS[part]} then recipe_runs.build end) as builds ${runs}`.execute(db),
    sql<RunRow>`
      select builds.number as number, builds.id as id, builds.name as name, builds.started_ms as started_ms, builds.order_ms as order_ms,
        builds.outcome as build_outcome, builds.targets as targets, builds.machine as machine, builds.distro as distro,
        builds.branch as branch, builds.distro_version as distro_version, builds.host as host, builds.host_distro as host_distro,
        builds.builder as builder, recipe_names.pn as pn, recipe_runs.mc as mc, recipe_runs.ordinal as ordinal,
        recipe_runs.version as version, recipe_runs.status as status, recipe_runs.failed_task as failed_task,
        recipe_runs.busy_ms as busy_ms
      ${runs} and ${PARTS[part]} ${behind}
      order by builds.order_ms desc, builds.id, recipe_runs.ordinal limit ${sql.lit(limit + 1)}`.execute(db),
  ]);
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const failures = await failuresOf(
    db,
    dialect,
    kept.filter(({ status }) => status === RECIPE_FAILED).map(({ number }) => number),
  );
  return {
    builds: numbers.length,
    more,
    amount: amountOf({ ...counted[0], executed: counted[0]?.executed ?? 0, failed: counted[0]?.failed ?? 0 }),
    ofBuilds: Number(counted[0]?.builds ?? 0),
    next: rows.length > limit && last !== undefined ? `${last.order_ms}.${last.id}.${last.ordinal}` : null,
    runs: kept.map(
      (row): RunOfCell => ({
        build: row.id,
        name: row.name,
        startedMs: row.started_ms === null ? null : Number(row.started_ms),
        outcome: row.build_outcome as BuildOutcome,
        targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
        machine: row.machine,
        distro: row.distro,
        branch: row.branch,
        release: row.distro_version,
        host: row.host,
        hostDistro: row.host_distro,
        builder: row.builder,
        pn: row.pn,
        mc: row.mc,
        version: row.version,
        status: recipeStatusOf(row.status),
        failedTask: row.failed_task,
        busyMs: row.busy_ms === null ? null : Number(row.busy_ms),
        failure: failures.get(`${row.number}\n${row.pn}\n${row.mc}\n${row.failed_task}`) ?? null,
      }),
    ),
  };
}

function beyond(cursor: string): RawBuilder<boolean> {
  const match = /^(-?\d{1,16})\.([\w-]{1,100})\.(\d{1,9})$/.exec(cursor);
  if (match === null) throw new BakehouseError('invalid', 'The cursor is not one that this list gave.');
  const [order, id, ordinal] = [Number(match[1]), match[2]!, Number(match[3])];
  return sql<boolean>`(builds.order_ms < ${order} or (builds.order_ms = ${order}
    and (builds.id > ${id} or (builds.id = ${id} and recipe_runs.ordinal > ${ordinal}))))`;
}

async function failuresOf(
  db: Kysely<Database>,
  dialect: Dialect,
  builds: readonly number[],
): Promise<ReadonlyMap<string, NonNullable<RunOfCell['failure']>>> {
  if (builds.length === 0) return new Map();
  const rows = await db
    .selectFrom('failures')
    .where(dialect.oneOf('build', [...new Set(builds)]))
    .select(['build', 'pn', 'mc', 'task', 'key', 'cause'])
    .orderBy('ordinal', 'desc')
    .execute();
  // Of two failures of one task the first stays.
  return new Map(
    rows.map(({ build, pn, mc, task, key, cause }) => [`${build}\n${pn}\n${mc}\n${task}`, { key, cause }]),
  );
}
