import { expressionBuilder, type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import type { WaterfallDimension } from '../../model/build-dimension.ts';
import type { Dialect } from '../dialect.ts';
import type { BuildsTable, Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { Waterfall, WaterfallCell, WaterfallQuestion } from '../store.ts';
import { SUMMARY_COLUMNS, summaryOf } from '../summary.ts';
import { filterInIndex } from './build-groups.ts';
import { matches } from './list-builds.ts';

/** A build that began before the window is looked for this far back: a world build of a slow machine takes three days. */
const LOOK_BACK_MS = 7 * 86_400_000;
/** Finer than the shortest build is of no use, and a cell of less than a millisecond is none. */
const STEP_MS_MIN = 1024;

const COLUMNS: Readonly<Record<WaterfallDimension, string>> = {
  builder: 'builder',
  machine: 'machine',
  target: 'targets',
  branch: 'branch',
  host: 'host',
  hostDistro: 'host_distro',
};

/** Kysely's types know the columns of a table, not those of a statement written by hand. */
export type SummaryRow = Pick<Selectable<BuildsTable>, (typeof SUMMARY_COLUMNS)[number]>;
export const SUMMARY_SQL = sql.join(SUMMARY_COLUMNS.map((column) => sql.ref(`builds.${column}`)));

/**
 * The builds of a stretch of time, or, where they are more than `buildsMax`, how many there are in each cell of it. Both walk the index of
 * starts from one end of the stretch to the other, so what a window costs grows with what is in it and not with how old the store is.
 */
export async function readWaterfall(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { filter, by, window, cells, buildsMax }: WaterfallQuestion,
): Promise<Waterfall> {
  const value = by === null ? sql`cast(null as text)` : sql.ref(`builds.${COLUMNS[by]}`);
  const valuesOf = (raw: string | null): readonly (string | null)[] => {
    if (by !== 'target' || raw === null) return [raw];
    const list = JSON.parse(raw) as string[];
    return list.length === 0 ? [null] : [...new Set(list)];
  };

  if (window === null) {
    const condition = sql`${sight.listed()} and ${filterInIndex(filter, dialect)} and ${dialect.unindexed('builds.order_ms')} >= 0`;
    const { rows } = await sql<{ first: number | null; last: number | null }>`
      select min(builds.order_ms) as first, max(builds.order_ms) as last from builds where ${condition}`.execute(db);
    const { first, last } = rows[0] ?? { first: null, last: null };
    if (first === null || last === null) return { beginMs: 0, endMs: 0, builds: [], cells: null };
    const [beginMs, endMs] = [Number(first), Number(last) + 1];
    return {
      beginMs,
      endMs,
      builds: [],
      cells: await countCells(db, condition, value, valuesOf, (endMs - beginMs) / cells),
    };
  }

  const { beginMs, endMs } = window;
  const condition = sql`${sight.listedInOrder()} and ${matches(expressionBuilder<Database, 'builds'>(), filter, null)}`;
  if (buildsMax > 0) {
    const { rows } = await sql<SummaryRow & { value: string | null }>`
      select ${value} as value, ${SUMMARY_SQL} from builds
      where ${condition} and builds.order_ms >= ${Math.max(0, beginMs - LOOK_BACK_MS)} and builds.order_ms < ${endMs}
        and (builds.order_ms >= ${beginMs} or builds.ended_ms > ${beginMs} or builds.outcome = 'running')
      order by builds.order_ms desc, builds.id limit ${buildsMax + 1}`.execute(db);
    if (rows.length <= buildsMax) {
      const builds = rows.flatMap((row) => {
        const build = summaryOf(row);
        return valuesOf(row.value).map((at) => ({ value: at, build }));
      });
      return { beginMs, endMs, builds, cells: null };
    }
  }
  const within = sql`${condition} and builds.order_ms >= ${Math.max(0, beginMs)} and builds.order_ms < ${endMs}`;
  return {
    beginMs,
    endMs,
    builds: [],
    cells: await countCells(db, within, value, valuesOf, (endMs - beginMs) / cells),
  };
}

async function countCells(
  db: Kysely<Database>,
  condition: RawBuilder<unknown>,
  value: RawBuilder<unknown>,
  valuesOf: (raw: string | null) => readonly (string | null)[],
  leastStepMs: number,
): Promise<NonNullable<Waterfall['cells']>> {
  // A power of two: windows of one zoom share their cells wherever they begin, and moving does not make the picture flicker.
  const stepMs = 2 ** Math.ceil(Math.log2(Math.max(STEP_MS_MIN, leastStepMs)));
  const of = (outcome: string) => sql`sum(case when builds.outcome = ${sql.lit(outcome)} then 1 else 0 end)`;
  const { rows } = await sql<{
    value: string | null;
    cell: number;
    builds: number;
    failed: number;
    errors: number;
    good: number;
  }>`
    select ${value} as value, builds.order_ms / ${sql.lit(stepMs)} as cell, count(*) as builds,
      ${of('failed')} as failed, ${of('succeeded-with-errors')} as errors, ${of('succeeded')} as good
    from builds where ${condition} group by 1, 2 order by 2, 1`.execute(db);
  const cells = new Map<string, WaterfallCell>();
  for (const row of rows) {
    for (const at of valuesOf(row.value)) {
      const startMs = Number(row.cell) * stepMs;
      const key = `${startMs} ${at === null ? '' : `=${at}`}`;
      const before = cells.get(key);
      cells.set(key, {
        value: at,
        startMs,
        builds: Number(row.builds) + (before?.builds ?? 0),
        failed: Number(row.failed) + (before?.failed ?? 0),
        errors: Number(row.errors) + (before?.errors ?? 0),
        succeeded: Number(row.good) + (before?.succeeded ?? 0),
      });
    }
  }
  return { stepMs, rows: [...cells.values()] };
}
