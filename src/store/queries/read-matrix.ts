import { expressionBuilder, type Kysely, sql } from 'kysely';
import { type BuildDimension, isVerdict } from '../../model/build-dimension.ts';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { BuildListFilter, BuildSummary, Matrix, MatrixQuestion } from '../store.ts';
import { summaryOf } from '../summary.ts';
import { type BuildGroup, readGroups, readSingles, valuesOf } from './build-groups.ts';
import { matches } from './list-builds.ts';
import { readRecipeMatrix } from './read-recipe-matrix.ts';
import { SUMMARY_SQL, type SummaryRow } from './read-waterfall.ts';

const DAY_MS = 86_400_000;
/** Days that are told where nobody says from when: two months are as many columns as a wide screen has room for. */
const DAYS = 62;
/** Builds that days are told of, the last ones: a farm of 300 builds a day for two months. */
const SINGLES_MAX = 20_000;
/** Moments in one statement. */
const MOMENTS_AT_ONCE = 1000;

interface Cell {
  readonly row: string | null;
  readonly column: string | null;
  builds: number;
  failed: number;
  running: number;
  succeededMs: number | null;
  newestMs: number;
  verdictMs: number | null;
  last: BuildSummary | null;
}

/**
 * Of each pair of values that a build has: its last build with a verdict, or where none has one its last build, however old. The groups of
 * the store say when that was; the index of starts leads from there to the build.
 */
export async function readMatrix(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  question: MatrixQuestion,
): Promise<Matrix> {
  const { filter, rows, columns, zoneMinutes, cellsMax } = question;
  if (rows === 'recipe' || columns === 'recipe') return readRecipeMatrix(db, sight, question);
  const byDay = rows === 'day' || columns === 'day';
  const days = byDay ? await daysFrom(db, sight, filter) : null;
  const groups =
    days === null
      ? await readGroups(db, dialect, sight, filter)
      : await readSingles(db, sight, filter, days.fromMs, SINGLES_MAX);

  const cells = new Map<string, Cell>();
  for (const group of groups) {
    // Without a start nobody knows whether it is the last.
    if (group.order_ms < 0) continue;
    for (const [row, column] of placesOf(group, rows, columns, zoneMinutes)) {
      const key = JSON.stringify([row, column]);
      let cell = cells.get(key);
      if (cell === undefined) {
        cell = {
          row,
          column,
          builds: 0,
          failed: 0,
          running: 0,
          succeededMs: null,
          newestMs: -1,
          verdictMs: null,
          last: null,
        };
        cells.set(key, cell);
      }
      count(cell, group);
    }
  }
  const told = [...cells.entries()]
    .sort((a, b) => b[1].newestMs - a[1].newestMs || (a[0] < b[0] ? -1 : 1))
    .slice(0, cellsMax);
  const wanted = new Map(told);
  const moments = [...new Set(told.map(([, cell]) => cell.verdictMs ?? cell.newestMs))];
  for (let at = 0; at < moments.length; at += MOMENTS_AT_ONCE) {
    const found = await buildsAt(db, sight, filter, moments.slice(at, at + MOMENTS_AT_ONCE));
    for (const build of found) {
      for (const place of placesOf(build, rows, columns, zoneMinutes)) {
        const cell = wanted.get(JSON.stringify(place));
        if (cell === undefined || cell.last !== null || build.order_ms !== (cell.verdictMs ?? cell.newestMs)) continue;
        if (cell.verdictMs !== null && !isVerdict(build.outcome)) continue;
        cell.last = build.summary;
      }
    }
  }
  return {
    cells: told.flatMap(([, { last, verdictMs: _, ...cell }]) =>
      last === null ? [] : [{ ...cell, last, outcome: last.outcome, failing: last.firstFailure }],
    ),
    leftOut: cells.size - told.length,
    sinceMs:
      days === null
        ? null
        : groups.length === SINGLES_MAX
          ? (groups.at(-1)?.order_ms ?? null)
          : days.leavesOut
            ? days.fromMs
            : null,
  };
}

function count(cell: Cell, { outcome, builds, order_ms }: BuildGroup): void {
  cell.builds += builds;
  if (outcome === 'failed') cell.failed += builds;
  if (outcome === 'running') cell.running += builds;
  cell.newestMs = Math.max(cell.newestMs, order_ms);
  if (!isVerdict(outcome)) return;
  cell.verdictMs = Math.max(cell.verdictMs ?? 0, order_ms);
  if (outcome !== 'failed') cell.succeededMs = Math.max(cell.succeededMs ?? 0, order_ms);
}

function placesOf(
  build: Omit<BuildGroup, 'builds' | 'outcome'>,
  rows: BuildDimension,
  columns: BuildDimension | null,
  zoneMinutes: number,
): (readonly [string | null, string | null])[] {
  const across = columns === null ? [null] : valuesOf(build, columns, zoneMinutes);
  return valuesOf(build, rows, zoneMinutes).flatMap((row) => across.map((column) => [row, column] as const));
}

/** From when on days are told, and whether that leaves builds out. */
async function daysFrom(
  db: Kysely<Database>,
  sight: Sight,
  filter: BuildListFilter,
): Promise<{ readonly fromMs: number; readonly leavesOut: boolean }> {
  if (filter.fromMs !== undefined) return { fromMs: Math.max(0, filter.fromMs), leavesOut: false };
  const end = async (direction: 'asc' | 'desc') => {
    const row = await db
      .selectFrom('builds')
      .where(sight.listedInOrder())
      .where((eb) => matches(eb, filter, null))
      .where('order_ms', '>=', 0)
      .select('order_ms')
      .orderBy('order_ms', direction)
      .limit(1)
      .executeTakeFirst();
    return Number(row?.order_ms ?? 0);
  };
  const fromMs = Math.max(0, (await end('desc')) - DAYS * DAY_MS);
  return { fromMs, leavesOut: (await end('asc')) < fromMs };
}

type FoundRow = SummaryRow & Pick<BuildGroup, 'targets' | 'host_distro' | 'branch' | 'distro_version'>;

async function buildsAt(
  db: Kysely<Database>,
  sight: Sight,
  filter: BuildListFilter,
  moments: readonly number[],
): Promise<(FoundRow & { readonly summary: BuildSummary })[]> {
  const { rows } = await sql<FoundRow>`
    select ${SUMMARY_SQL}, builds.host_distro, builds.branch, builds.distro_version from builds
    where builds.order_ms in (${sql.join(moments.map((ms) => sql.lit(ms)))})
      and ${sight.listed()} and ${matches(expressionBuilder<Database, 'builds'>(), filter, null)}
    order by builds.id`.execute(db);
  return rows.map((row) => ({ ...row, order_ms: Number(row.order_ms), summary: summaryOf(row) }));
}
