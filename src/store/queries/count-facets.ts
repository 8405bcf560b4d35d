import type { Kysely } from 'kysely';
import type { Database } from '../schema.ts';
import type { BuildListFilter, Facet, FacetCounts } from '../store.ts';
import { matches } from './list-builds.ts';

/** Values of a facet that are told; a list of a thousand targets is not a facet any more. */
const VALUES_MAX = 200;

type Counted = { value: string | null; count: number }[];

/** Most frequent first, then by value. A facet's own filter does not narrow its own counts. */
export async function countFacets(db: Kysely<Database>, filter: BuildListFilter): Promise<FacetCounts> {
  const count = async (facet: Exclude<Facet, 'target'>): Promise<Counted> => {
    const rows = await db
      .selectFrom('builds')
      .where((eb) => matches(eb, filter, facet))
      .select((eb) => [`${facet} as value` as const, eb.fn.countAll<number>().as('count')])
      .groupBy(facet)
      .execute();
    return inOrder(rows);
  };
  const [machine, distro, target, builder, host, outcome, kind] = await Promise.all([
    count('machine'),
    count('distro'),
    countTargets(db, filter),
    count('builder'),
    count('host'),
    count('outcome'),
    count('kind'),
  ]);
  return { machine, distro, target, builder, host, outcome, kind };
}

/** A build of several targets counts for each. */
async function countTargets(db: Kysely<Database>, filter: BuildListFilter): Promise<Counted> {
  const rows = await db
    .selectFrom('builds')
    .leftJoin('build_targets', 'build_targets.build', 'builds.number')
    .where((eb) => matches(eb as never, filter, 'target'))
    .select((eb) => ['build_targets.target as value', eb.fn.countAll<number>().as('count')])
    .groupBy('build_targets.target')
    .execute();
  return inOrder(rows);
}

function inOrder(rows: readonly { value: string | null; count: number }[]): Counted {
  return rows
    .map(({ value, count }) => ({ value, count: Number(count) }))
    .sort((a, b) => b.count - a.count || ((a.value ?? '') < (b.value ?? '') ? -1 : 1))
    .slice(0, VALUES_MAX);
}
