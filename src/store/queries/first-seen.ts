/**
 * When commits of layers were first seen: the start of the first build of all in sight that had it. There is no git here, so this is the one order
 * that commits have: for `contains:` of the search, for ranges of blame, and for what lies between their ends.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import {
  COMMIT_DIGITS,
  COMMIT_DIGITS_MIN,
  commitKey,
  type FirstSeen,
  type LayerCommit,
  sameCommit,
} from '../../model/layer-commit.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import { anyOf, beginsWith } from './search-conditions.ts';

/** Name, branch, commit_hash and first of those `build_layers l` that are asked for. Builds without a start tell no order. */
export function firstSeen(sight: Sight, which: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`select l.name, l.branch, l.commit_hash, min(builds.order_ms) as first
    from build_layers l join builds on builds.number = l.build
    where ${sight.listed()} and builds.order_ms >= 0 and l.commit_hash is not null and ${which}
    group by l.name, l.branch, l.commit_hash`;
}

/** A layer of one branch; those that do not tell theirs are of any. */
export function ofBranch(branch: string | null): RawBuilder<boolean> {
  return branch === null ? sql<boolean>`1 = 1` : sql<boolean>`(l.branch = ${storable(branch)} or l.branch is null)`;
}

/** Of one question. */
const COMMITS_AT_ONCE = 500;

interface Row {
  readonly name: string;
  readonly branch: string | null;
  readonly commit_hash: string;
  readonly first: number | string;
}

/** Each on its own branch, by the index of commits; one that is told short is that which begins so. */
export async function readFirstSeen(
  db: Kysely<Database>,
  sight: Sight,
  commits: readonly LayerCommit[],
): Promise<FirstSeen> {
  const wanted = commits.filter(({ commit }) => /^[0-9a-f]+$/.test(commit) && commit.length >= COMMIT_DIGITS_MIN);
  const hashes = [...new Set(wanted.map(({ commit }) => commit))];
  const rowsOf = new Map<string, Row[]>();
  for (let at = 0; at < hashes.length; at += COMMITS_AT_ONCE) {
    const some = hashes.slice(at, at + COMMITS_AT_ONCE);
    const whole = some.filter((hash) => hash.length >= COMMIT_DIGITS);
    const which = anyOf([
      ...(whole.length === 0 ? [] : [sql<boolean>`l.commit_hash in (${sql.join(whole)})`]),
      ...some.filter((hash) => hash.length < COMMIT_DIGITS).map((hash) => beginsWith(sql.ref('l.commit_hash'), hash)),
    ]);
    const { rows } = await (firstSeen(sight, which) as RawBuilder<Row>).execute(db);
    for (const row of rows) {
      const key = `${row.name}\n${row.commit_hash.slice(0, COMMIT_DIGITS_MIN)}`;
      const list = rowsOf.get(key);
      if (list === undefined) rowsOf.set(key, [row]);
      else list.push(row);
    }
  }
  const seen = new Map<string, number>();
  for (const one of wanted) {
    const { name, branch, commit } = one;
    const found = (rowsOf.get(`${name}\n${commit.slice(0, COMMIT_DIGITS_MIN)}`) ?? []).filter(
      (row) => sameCommit(row.commit_hash, commit) && (branch === null || row.branch === null || row.branch === branch),
    );
    if (found.length > 0) seen.set(commitKey(one), Math.min(...found.map(({ first }) => Number(first))));
  }
  return seen;
}
