import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import { sql } from 'kysely';
import { BakehouseError } from '../../model/errors.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { BuildListFilter, BuildSummaryPage, Facet } from '../store.ts';
import { SUMMARY_COLUMNS, summaryOf } from '../summary.ts';

/** Newest start first; builds without a start last; then by id. */
export async function listBuilds(
  db: Kysely<Database>,
  sight: Sight,
  filter: BuildListFilter,
  page: { readonly after: string | null; readonly limit: number },
): Promise<BuildSummaryPage> {
  const matching = db
    .selectFrom('builds')
    .where(sight.listedInOrder())
    .where((eb) => matches(eb, filter, null));
  let rowsQuery = matching.select(SUMMARY_COLUMNS);
  if (page.after !== null) {
    const { order, id } = parseCursor(page.after);
    rowsQuery = rowsQuery.where((eb) =>
      eb.or([eb('order_ms', '<', order), eb.and([eb('order_ms', '=', order), eb('id', '>', id)])]),
    );
  }
  const [rows, counted, total] = await Promise.all([
    rowsQuery
      .orderBy('order_ms', 'desc')
      .orderBy('id', 'asc')
      .limit(page.limit + 1)
      .execute(),
    matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    countBuilds(db, sight),
  ]);
  const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
  return {
    builds: rows.slice(0, page.limit).map(summaryOf),
    next: last === undefined ? null : `${last.order_ms}.${last.id}`,
    matching: Number(counted.count),
    total,
  };
}

export async function countBuilds(db: Kysely<Database>, sight: Sight): Promise<number> {
  const { count } = await db
    .selectFrom('builds')
    .where(sight.listedInOrder())
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function parseCursor(cursor: string): { order: number; id: string } {
  const match = /^(-?\d{1,16})\.([\w-]{1,100})$/.exec(cursor);
  if (match === null) throw new BakehouseError('invalid', 'The cursor is not one that this list gave.');
  return { order: Number(match[1]), id: match[2]! };
}

const FACET_COLUMNS = {
  machine: 'machine',
  distro: 'distro',
  builder: 'builder',
  host: 'host',
  outcome: 'outcome',
  kind: 'kind',
  hostDistro: 'host_distro',
  branch: 'branch',
  release: 'distro_version',
  visibility: 'visibility',
} as const satisfies Partial<Record<Facet, string>>;

/** The filter as one condition; `but` names the facet whose own filter is left out. */
export function matches(
  eb: ExpressionBuilder<Database, 'builds'>,
  filter: BuildListFilter,
  but: Facet | null,
): Expression<SqlBool> {
  const all: Expression<SqlBool>[] = [];
  for (const word of filter.words ?? []) {
    const pattern = `%${storable(word.toLowerCase()).replace(/[\\%_]/g, '\\$&')}%`;
    all.push(sql<boolean>`${eb.ref('search')} like ${pattern} escape '\\'`);
  }
  for (const [facet, column] of Object.entries(FACET_COLUMNS) as [
    keyof typeof FACET_COLUMNS,
    (typeof FACET_COLUMNS)[keyof typeof FACET_COLUMNS],
  ][]) {
    const wanted = filter[facet];
    if (wanted === undefined || wanted.length === 0 || facet === but) continue;
    const recorded = wanted.filter((value) => value !== '').map(storable);
    const any: Expression<SqlBool>[] = [];
    if (recorded.length > 0) any.push(eb(column, 'in', recorded));
    if (recorded.length < wanted.length) any.push(eb(column, 'is', null));
    all.push(eb.or(any));
  }
  if (filter.target !== undefined && filter.target.length > 0 && but !== 'target') {
    const recorded = filter.target.filter((value) => value !== '').map(storable);
    const any: Expression<SqlBool>[] = [];
    if (recorded.length > 0) {
      any.push(
        eb('builds.number', 'in', (inner) =>
          inner.selectFrom('build_targets').select('build').where('target', 'in', recorded),
        ),
      );
    }
    // A build of no target has none recorded, as in the counts of the facet.
    if (recorded.length < filter.target.length) any.push(sql<boolean>`(targets is null or targets = '[]')`);
    all.push(eb.or(any));
  }
  if (filter.fromMs !== undefined) all.push(eb('started_ms', '>=', Math.ceil(filter.fromMs)));
  if (filter.toMs !== undefined) all.push(eb('started_ms', '<=', Math.floor(filter.toMs)));
  return eb.and(all);
}
