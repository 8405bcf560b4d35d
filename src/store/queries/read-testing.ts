import { expressionBuilder, type Kysely, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { BuildListFilter, TestedBuild, TestingRow } from '../store.ts';
import { matches } from './list-builds.ts';

interface Ranked {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly started_ms: number | null;
  readonly order_ms: number;
  readonly outcome: string;
  readonly targets: string | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly host_distro: string | null;
  readonly builder: string | null;
  readonly core_commit: string | null;
  readonly first_failure: string | null;
  readonly bad: number;
  readonly builds: number;
}

/**
 * For each combination that was ever built: its last build that succeeded, and its last that failed where that is newer. One walk over the builds
 * that match; interrupted and lost ones say nothing of whether it builds.
 */
export async function readTesting(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  filter: BuildListFilter,
  rowsMax: number,
): Promise<{ readonly rows: readonly TestingRow[]; readonly leftOut: number }> {
  const eb = expressionBuilder<Database, 'builds'>();
  const { rows } = await sql<Ranked>`
    select * from (
      select id, number, name, started_ms, order_ms, outcome, targets, machine, distro, branch, host_distro, builder, core_commit,
        first_failure, case when outcome = 'failed' then 1 else 0 end as bad,
        count(*) over (partition by machine, distro, targets, branch, host_distro, builder) as builds,
        row_number() over (partition by machine, distro, targets, branch, host_distro, builder,
          case when outcome = 'failed' then 1 else 0 end order by order_ms desc, id) as place
      from builds
      where outcome in ('succeeded', 'succeeded-with-errors', 'failed') and ${sight.listed()} and ${matches(eb, filter, null)}
    ) as ranked where place = 1
    order by order_ms desc, id`.execute(db);
  const groups = new Map<string, { pass: Ranked | null; failure: Ranked | null }>();
  for (const row of rows) {
    const key = JSON.stringify([row.machine, row.distro, row.targets, row.branch, row.host_distro, row.builder]);
    const group = groups.get(key) ?? { pass: null, failure: null };
    if (Number(row.bad) === 1) group.failure = row;
    else group.pass = row;
    groups.set(key, group);
  }
  const kept = [...groups.values()].slice(0, rowsMax);
  const failing = kept.flatMap(({ pass, failure }) =>
    failure !== null && (pass === null || failure.order_ms > pass.order_ms) ? [failure] : [],
  );
  const first = await firstFailures(
    db,
    dialect,
    failing.map(({ number }) => Number(number)),
  );
  return {
    leftOut: groups.size - kept.length,
    rows: kept.map(({ pass, failure }): TestingRow => {
      const any = (pass ?? failure)!;
      const current = failure !== null && failing.includes(failure) ? failure : null;
      const why = current === null ? undefined : first.get(Number(current.number));
      return {
        machine: any.machine,
        distro: any.distro,
        targets: any.targets === null ? null : (JSON.parse(any.targets) as string[]),
        branch: any.branch,
        hostDistro: any.host_distro,
        builder: any.builder,
        builds: Number(any.builds),
        lastSuccess: pass === null ? null : tested(pass),
        failure:
          current === null
            ? null
            : { ...tested(current), first: current.first_failure, key: why?.key ?? null, cause: why?.cause ?? null },
      };
    }),
  };
}

function tested(row: Ranked): TestedBuild {
  const { id, name, started_ms, core_commit } = row;
  return { id, name, startedMs: started_ms === null ? null : Number(started_ms), revision: core_commit };
}

async function firstFailures(
  db: Kysely<Database>,
  dialect: Dialect,
  builds: readonly number[],
): Promise<ReadonlyMap<number, { readonly key: string; readonly cause: string | null }>> {
  if (builds.length === 0) return new Map();
  const rows = await db
    .selectFrom('failures')
    .where(dialect.oneOf('build', builds))
    .select(['build', 'key', 'cause'])
    .orderBy('ordinal', 'desc')
    .execute();
  return new Map(rows.map(({ build, key, cause }) => [build, { key, cause }]));
}
