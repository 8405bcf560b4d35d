import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { BuildSummary, Matrix, MatrixCell, MatrixQuestion } from '../store.ts';
import { summaryOf } from '../summary.ts';
import { readSingles, valuesOf } from './build-groups.ts';
import { SUMMARY_SQL, type SummaryRow } from './read-waterfall.ts';

/** Builds whose recipes are looked at, the last ones: each has some 600, and 300 take 0.2 s. */
const BUILDS_MAX = 300;
/** Recipes at some ten places; a page of more is not looked at, and its JSON is megabytes. */
const CELLS_MAX = 15_000;

interface Place {
  readonly value: string | null;
  readonly index: number;
}

/**
 * Recipes against anything else: of each pair the last build that executed the recipe. One that came from sstate or was current is neither a
 * pass nor a failure, and is not counted.
 */
export async function readRecipeMatrix(
  db: Kysely<Database>,
  sight: Sight,
  { filter, rows, columns, zoneMinutes, cellsMax }: MatrixQuestion,
): Promise<Matrix> {
  const other = rows === 'recipe' ? columns : rows;
  const builds = await readSingles(db, sight, filter, 0, BUILDS_MAX);
  if (builds.length === 0) return { cells: [], leftOut: 0, sinceMs: null };
  const places = new Map<string | null, Place>();
  // Newest first: the smallest rank of a pair is its last build.
  const ranked = builds.flatMap((build, rank) =>
    (other === null ? [null] : valuesOf(build, other, zoneMinutes)).map((value) => {
      let place = places.get(value);
      if (place === undefined) {
        place = { value, index: places.size };
        places.set(value, place);
      }
      return sql`(${sql.lit(build.number)}, ${sql.lit(place.index)}, ${sql.lit(rank)})`;
    }),
  );
  const { rows: found } = await sql<{
    pn: string;
    place: number;
    builds: number;
    failed: number;
    last: number;
    good: number | null;
  }>`
    with chosen(build, place, rank) as (values ${sql.join(ranked)}),
    pairs as (
      select recipe_runs.recipe as recipe, chosen.place as place, count(distinct chosen.build) as builds,
        count(distinct case when recipe_runs.status = 1 then chosen.build end) as failed,
        min(chosen.rank) as last, min(case when recipe_runs.status = 0 then chosen.rank end) as good
      from chosen cross join recipe_runs
      where recipe_runs.build = chosen.build and recipe_runs.status in (0, 1) group by 1, 2
    )
    select recipe_names.pn as pn, pairs.place, pairs.builds, pairs.failed, pairs.last, pairs.good
    from pairs join recipe_names on recipe_names.number = pairs.recipe`.execute(db);

  const numbers = builds.map(({ number }) => sql.lit(number));
  const { rows: failures } = await sql<{ build: number; pn: string; task: string | null }>`
    select recipe_runs.build as build, recipe_names.pn as pn, recipe_runs.failed_task as task
    from recipe_runs join recipe_names on recipe_names.number = recipe_runs.recipe
    where recipe_runs.build in (${sql.join(numbers)}) and recipe_runs.status = 1 order by 1, recipe_runs.ordinal`.execute(
    db,
  );
  const failing = new Map<string, string | null>();
  for (const { build, pn, task } of failures) {
    // A recipe of several multiconfigs: the first of its failures.
    if (!failing.has(`${build} ${pn}`)) failing.set(`${build} ${pn}`, task);
  }
  const { rows: summaryRows } = await sql<SummaryRow & { number: number }>`
    select builds.number as number, ${SUMMARY_SQL} from builds
    where builds.number in (${sql.join(numbers)}) and ${sight.listed()}`.execute(db);
  const summaries = new Map<number, BuildSummary>(summaryRows.map((row) => [row.number, summaryOf(row)]));

  const values = [...places.keys()];
  const cells = found.flatMap((pair): MatrixCell[] => {
    const build = builds[Number(pair.last)];
    const last = build === undefined ? undefined : summaries.get(build.number);
    // Replaced since the first question; seen at the next.
    if (build === undefined || last === undefined) return [];
    const failedThere = failing.get(`${build.number} ${pair.pn}`);
    const value = values[Number(pair.place)] ?? null;
    return [
      {
        row: rows === 'recipe' ? pair.pn : value,
        column: rows === 'recipe' ? value : pair.pn,
        builds: Number(pair.builds),
        failed: Number(pair.failed),
        running: 0,
        succeededMs: pair.good === null ? null : (builds[Number(pair.good)]?.order_ms ?? null),
        newestMs: build.order_ms,
        last,
        outcome: failedThere === undefined ? 'succeeded' : 'failed',
        failing: failedThere ?? null,
      },
    ];
  });
  cells.sort(
    (a, b) =>
      b.newestMs - a.newestMs ||
      ((a.row ?? '') < (b.row ?? '')
        ? -1
        : (a.row ?? '') > (b.row ?? '')
          ? 1
          : (a.column ?? '') < (b.column ?? '')
            ? -1
            : 1),
  );
  // What fails is what one came for: it is told before what there is no room for.
  const told =
    cells.length <= Math.max(cellsMax, CELLS_MAX)
      ? cells
      : [
          ...cells.filter(({ outcome }) => outcome === 'failed'),
          ...cells.filter(({ outcome }) => outcome !== 'failed'),
        ];
  const max = Math.max(cellsMax, CELLS_MAX);
  return {
    cells: told.slice(0, max),
    leftOut: Math.max(0, cells.length - max),
    sinceMs: builds.length === BUILDS_MAX ? (builds.at(-1)?.order_ms ?? null) : null,
  };
}
