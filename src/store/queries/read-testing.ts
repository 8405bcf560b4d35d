import { expressionBuilder, type Kysely, sql } from 'kysely';
import { isVerdict } from '../../model/build-dimension.ts';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { BuildListFilter, TestedBuild, TestingRow } from '../store.ts';
import { type BuildGroup, readGroups, valuesOf } from './build-groups.ts';
import { matches } from './list-builds.ts';

/** Moments in one statement. */
const MOMENTS_AT_ONCE = 1000;

interface Combination {
  readonly target: string | null;
  readonly of: BuildGroup;
  builds: number;
  /** When the last that succeeded and the last that failed began, or came in where that is not known. Null: none did. */
  passMs: number | null;
  failMs: number | null;
  pass: Found | null;
  fail: Found | null;
}

interface Found extends Omit<BuildGroup, 'builds' | 'host' | 'distro_version'> {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly started_ms: number | null;
  readonly core_commit: string | null;
  readonly first_failure: string | null;
}

const keyOf = (
  build: Omit<BuildGroup, 'builds' | 'order_ms' | 'host' | 'distro_version' | 'outcome'>,
  target: string | null,
) => JSON.stringify([build.machine, build.distro, target, build.branch, build.host_distro, build.builder]);

const targetsOf = (build: Pick<BuildGroup, 'targets'>) => valuesOf(build as BuildGroup, 'target', 0);

/**
 * For each combination that was ever built: its last build that succeeded, and its last that failed where that is newer. A build of several targets
 * stands at each. Interrupted and lost ones say nothing of whether it builds.
 *
 * The groups of the store say when those builds began (build-groups.ts), the index of starts leads from there to them: 100,000 builds are some
 * thousand groups, where ranking them in SQL sorts them all.
 */
export async function readTesting(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  filter: BuildListFilter,
  rowsMax: number,
): Promise<{ readonly rows: readonly TestingRow[]; readonly leftOut: number }> {
  const combinations = new Map<string, Combination>();
  for (const group of await readGroups(db, dialect, sight, filter)) {
    if (!isVerdict(group.outcome)) continue;
    for (const target of targetsOf(group)) {
      const key = keyOf(group, target);
      let one = combinations.get(key);
      if (one === undefined) {
        one = { target, of: group, builds: 0, passMs: null, failMs: null, pass: null, fail: null };
        combinations.set(key, one);
      }
      one.builds += group.builds;
      if (group.outcome === 'failed') one.failMs = Math.max(one.failMs ?? -1, group.order_ms);
      else one.passMs = Math.max(one.passMs ?? -1, group.order_ms);
    }
  }
  const newest = ({ passMs, failMs }: Combination) => Math.max(passMs ?? -1, failMs ?? -1);
  const told = [...combinations.entries()]
    .sort(([x, a], [y, b]) => newest(b) - newest(a) || (x < y ? -1 : 1))
    .slice(0, rowsMax);
  const wanted = new Map(told);
  const moments = [...new Set(told.flatMap(([, { passMs, failMs }]) => [passMs, failMs].filter((ms) => ms !== null)))];
  for (let at = 0; at < moments.length; at += MOMENTS_AT_ONCE) {
    for (const build of await verdictsAt(db, sight, filter, moments.slice(at, at + MOMENTS_AT_ONCE))) {
      for (const target of targetsOf(build)) {
        const one = wanted.get(keyOf(build, target));
        if (one === undefined) continue;
        if (build.outcome === 'failed') {
          if (build.order_ms === one.failMs) one.fail ??= build;
        } else if (build.order_ms === one.passMs) one.pass ??= build;
      }
    }
  }
  const failing = told.flatMap(([, { pass, fail }]) =>
    fail !== null && (pass === null || fail.order_ms > pass.order_ms) ? [fail] : [],
  );
  const first = await firstFailures(db, dialect, [...new Set(failing.map(({ number }) => number))]);
  const current = new Set(failing);
  return {
    leftOut: combinations.size - told.length,
    rows: told.flatMap(([, { target, of, builds, pass, fail }]): TestingRow[] => {
      // Both replaced since the first question; seen at the next.
      if (pass === null && fail === null) return [];
      const why = fail === null ? undefined : first.get(fail.number);
      return [
        {
          machine: of.machine,
          distro: of.distro,
          target,
          branch: of.branch,
          hostDistro: of.host_distro,
          builder: of.builder,
          builds,
          lastSuccess: pass === null ? null : tested(pass),
          failure:
            fail === null || !current.has(fail)
              ? null
              : { ...tested(fail), first: fail.first_failure, key: why?.key ?? null, cause: why?.cause ?? null },
        },
      ];
    }),
  };
}

/** Builds that began then and say whether it builds; of those that began at once the first by id is the last. */
async function verdictsAt(
  db: Kysely<Database>,
  sight: Sight,
  filter: BuildListFilter,
  moments: readonly number[],
): Promise<readonly Found[]> {
  const { rows } = await sql<Found>`
    select id, number, name, started_ms, order_ms, outcome, targets, machine, distro, branch, host_distro, builder, core_commit, first_failure
    from builds
    where order_ms in (${sql.join(moments.map((ms) => sql.lit(ms)))}) and outcome in ('succeeded', 'succeeded-with-errors', 'failed')
      and ${sight.listed()} and ${matches(expressionBuilder<Database, 'builds'>(), filter, null)}
    order by id`.execute(db);
  return rows.map((row) => ({ ...row, order_ms: Number(row.order_ms), number: Number(row.number) }));
}

function tested({ id, name, started_ms, core_commit }: Found): TestedBuild {
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
