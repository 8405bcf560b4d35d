/**
 * Builds, recipes, failures and causes by the same conditions, a page at a time. All but a walk through the newest is bounded (search.ts has the
 * numbers): an answer comes as fast from 100,000 builds as from a thousand, and says where it stopped looking.
 */
import { createHash } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { BakehouseError } from '../../model/errors.ts';
import type { OfferedField } from '../../model/offered-fields.ts';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import {
  CAUSE_FAILURES_MAX,
  type CountedPage,
  type FoundCause,
  type FoundFailure,
  type FoundRecipe,
  type LogsWithWords,
  type LogWords,
  type OfferedValue,
  type PageAsked,
  RECIPE_BUILDS_MAX,
  RECIPE_NAMES_MAX,
  RECIPE_RUNS_MAX,
  type ReachedBound,
  SEARCH_COUNT_MAX,
  type Search,
  type SearchCondition,
  type SearchCount,
  type SearchFacets,
  type SearchFilter,
  type SearchPage,
  type WantedRange,
  type WantedValue,
  WORD_FAILURES_MAX,
} from '../search.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { BuildListFilter, BuildSummary } from '../store.ts';
import { SUMMARY_COLUMNS, summaryOf } from '../summary.ts';
import { countFacets } from './count-facets.ts';
import { firstSeen, ofBranch } from './first-seen.ts';
import {
  allOf,
  asksOfFailures,
  beginsWith,
  byIndexOfFailures,
  type Condition,
  failedSo,
  hasParts,
  hasWords,
  holds,
  inBuild,
  inFailure,
  inRecipe,
  isOneOf,
  ofBuild,
  ofFailure,
  ofName,
  ofParts,
  ofRun,
  runStatusOf,
  words,
} from './search-conditions.ts';

type Db = Kysely<Database>;

/** Where, for whom. */
interface Place {
  readonly db: Db;
  readonly sight: Sight;
  readonly dialect: Dialect;
}

export function searchOf(db: Db, dialect: Dialect, sight: Sight): Search {
  const at: Place = { db, sight, dialect };
  return {
    builds: async (filter, page) => findBuilds(at, await withNames(at, filter), page),
    failures: async (filter, page) => findFailures(at, await withNames(at, filter), page),
    causes: async (filter, page) => findCauses(at, await withNames(at, filter), page),
    recipes: async (filter, page) => findRecipes(at, await withNames(at, filter), page),
    countBuilds: async (filter) => countMatchingBuilds(at, await withNames(at, filter)),
    facets: async (filter, chosen) => facets(at, await withNames(at, filter), chosen),
    values: (field, typed, limit, recipe = null) => offeredValues(at, field, typed, limit, recipe),
    logs: (wanted, limit) => logsWith(at, wanted, limit),
    logsOf: async (filter, wanted, limit) => logsOf(at, await withNames(at, filter), wanted, limit),
    rangeProblem: async (range) => {
      const found = await commitsBetween(at, range);
      return typeof found === 'string' ? found : null;
    },
  };
}

async function rowsOf<T>(db: Db, query: RawBuilder<T>): Promise<T[]> {
  return (await query.execute(db)).rows;
}

// ---- ranges of a layer ----------------------------------------------------------------------------------------------------------

/** Commits of a range that are looked for in builds; a layer whose every commit was built has some 10 a day. */
const RANGE_COMMITS_MAX = 5000;

/**
 * Which commits of a layer came after one and not after another. The order is that in which builds first had them (first-seen.ts), on the branch of
 * the two where it is recorded. A commit that was built late, for a bisection, is taken for a late one: an estimate. A string says why
 * there is none.
 */
async function commitsBetween(at: Place, range: WantedRange): Promise<readonly string[] | string> {
  const { name } = range;
  const ends: { commit_hash: string; branch: string | null; first: number }[] = [];
  for (const commit of [range.from, range.to]) {
    const had = sql<boolean>`l.name = ${storable(name)} and ${beginsWith(sql.ref('l.commit_hash'), commit)}`;
    const found = await rowsOf(
      at.db,
      sql<{ commit_hash: string; branch: string | null; first: number }>`
        select commit_hash, max(branch) as branch, min(first) as first from (${firstSeen(at.sight, had)}) as seen
        group by commit_hash limit 2`,
    );
    if (found.length === 0) return `No build had ${name} at ${commit}.`;
    if (found.length > 1) return `Builds had ${name} at several commits that begin with ${commit}.`;
    ends.push(found[0]!);
  }
  const [from, to] = ends as [(typeof ends)[0], (typeof ends)[0]];
  if (Number(from.first) > Number(to.first))
    return `Builds had ${name} at ${range.to} before they had it at ${range.from}: the other way round?`;
  const branch = from.branch === to.branch ? to.branch : null;
  const had = sql<boolean>`l.name = ${storable(name)} and ${ofBranch(branch)}`;
  const rows = await rowsOf(
    at.db,
    sql<{ commit_hash: string }>`
      select commit_hash from (${firstSeen(at.sight, had)}) as seen group by commit_hash
      having min(first) > ${Number(from.first)} and min(first) <= ${Number(to.first)}
      order by min(first) desc limit ${RANGE_COMMITS_MAX}`,
  );
  return rows.map(({ commit_hash }) => commit_hash);
}

/** Recipes that a pattern may stand for before failures are walked for it. */
const PATTERN_NAMES_MAX = 20;

/**
 * Patterns of recipes as the few names they stand for, which have an index; one of many names is common, and a walk through the newest soon meets
 * it. A pattern of no name would be looked for in every failure there is (500 ms of a million).
 */
async function withNames(at: Place, filter: SearchFilter): Promise<SearchFilter> {
  const { db } = at;
  const conditions: SearchCondition[] = [];
  for (const condition of filter.conditions) {
    const values: WantedValue[] = [];
    for (const value of condition.values) {
      const names =
        condition.field === 'recipe' && value.pattern
          ? await rowsOf(
              db,
              sql<{
                pn: string;
              }>`select n.pn from recipe_names n where ${isOneOf(sql.ref('n.pn'), [value])} limit ${PATTERN_NAMES_MAX + 1}`,
            )
          : null;
      if (names === null || names.length > PATTERN_NAMES_MAX) values.push(value);
      else values.push(...names.map(({ pn }) => ({ text: pn, pattern: false })));
    }
    conditions.push({ ...condition, values });
  }
  return { ...filter, conditions };
}

/**
 * By their hashes: the index of words is the engine's own and stands in no condition of a row. Whose logs they are is asked of the failures that
 * have them, as ever; here it is so that logs which one may not see do not take the places of others.
 */
async function logsWith({ db, dialect, sight }: Place, wanted: LogWords, limit: number): Promise<LogsWithWords> {
  const seen = sight.everything
    ? sql<boolean>`1 = 1`
    : sql<boolean>`exists (select 1 from failures f join builds on builds.number = f.build
        where f.blob = log_texts.hash and ${sight.listed()})`;
  const rows = await rowsOf(
    db,
    sql<{ hash: string }>`select log_texts.hash from log_texts
      where ${dialect.logWords.has('log_texts.number', wanted.words, wanted.beginning)} and ${seen}
      order by log_texts.number desc limit ${limit + 1}`,
  );
  return { hashes: rows.slice(0, limit).map(({ hash }) => hash), more: rows.length > limit };
}

/** Failures that are gone through for so many logs: builds that fail alike have one log each. */
const FAILURES_A_LOG = 10;

async function logsOf(at: Place, filter: SearchFilter, wanted: LogWords, limit: number): Promise<LogsWithWords> {
  const { words, beginning } = wanted;
  const known =
    words.length === 0 && beginning === null
      ? sql<boolean>`f.blob is not null`
      : sql<boolean>`f.blob in (select log_texts.hash from log_texts
          where ${at.dialect.logWords.has('log_texts.number', words, beginning)})`;
  const rows = limit * FAILURES_A_LOG;
  const found = await rowsOf(
    at.db,
    (await failuresOf(at, filter, sql`f.blob as hash`, known, rows)) as RawBuilder<{ hash: string }>,
  );
  const hashes = [...new Set(found.map(({ hash }) => hash))];
  return { hashes: hashes.slice(0, limit), more: hashes.length > limit || found.length === rows };
}

/** What is asked of builds, with the commits of ranges looked up. */
async function buildCondition(at: Place, filter: SearchFilter): Promise<Condition> {
  const ranges: Condition[] = [];
  for (const range of filter.ranges) {
    const commits = await commitsBetween(at, range);
    const known = typeof commits === 'string' ? [] : commits;
    const within =
      known.length === 0
        ? sql<boolean>`1 = 0`
        : sql<boolean>`exists (select 1 from build_layers l where l.build = builds.number and l.name = ${storable(range.name)}
            and l.commit_hash in (${sql.join(known)}))`;
    // Where nothing is known of the range, it is also not known which builds are outside of it.
    ranges.push(range.negated && typeof commits !== 'string' ? sql<boolean>`(${within}) is not true` : within);
  }
  return ofBuild(filter, ranges, at.dialect);
}

// ---- builds ---------------------------------------------------------------------------------------------------------------------

async function buildsWhere(at: Place, filter: SearchFilter): Promise<Condition> {
  return allOf([at.sight.listedInOrder(), await buildCondition(at, filter), words(filter, inBuild), ofParts(filter)]);
}

async function findBuilds(at: Place, filter: SearchFilter, page: PageAsked): Promise<SearchPage<BuildSummary>> {
  const where = await buildsWhere(at, filter);
  let query = at.db.selectFrom('builds').select(SUMMARY_COLUMNS).where(where);
  if (page.after !== null) {
    const { order, id } = cursorOf(page.after);
    query = query.where(
      sql<boolean>`(builds.order_ms < ${order} or (builds.order_ms = ${order} and builds.id > ${id}))`,
    );
  }
  const rows = await query
    .orderBy('order_ms', 'desc')
    .orderBy('id', 'asc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit, summaryOf, (row) => `${row.order_ms}.${row.id}`);
}

function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  read: (row: R) => T,
  cursor: (row: R) => string,
): SearchPage<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit).map(read), next: last === undefined ? null : cursor(last) };
}

function cursorOf(cursor: string): { order: number; id: string; ordinal: number } {
  const match = /^(-?\d{1,16})\.([\w-]{1,100})(?:\.(\d{1,9}))?$/.exec(cursor);
  if (match === null) throw foreignCursor();
  return { order: Number(match[1]), id: match[2]!, ordinal: Number(match[3] ?? 0) };
}

// ---- failures -------------------------------------------------------------------------------------------------------------------

interface FailureRow {
  readonly id: string;
  readonly name: string;
  readonly order_ms: number;
  readonly ordinal: number;
  readonly key: string;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly cause: string | null;
  readonly class: string | null;
  readonly infrastructure: number | null;
  readonly hash: string | null;
  readonly started_ms: number | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly builder: string | null;
  readonly host_distro: string | null;
}

const FAILURE_COLUMNS = sql`builds.id, builds.name, builds.order_ms, f.ordinal, f.key, f.pn, f.version, f.mc, f.task, f.cause, p.class,
  p.infrastructure, p.hash, builds.started_ms, builds.machine, builds.distro, builds.builder, builds.host_distro`;
const FAILURE_TABLES = sql`builds join failures f on f.build = builds.number left join fingerprints p on p.number = f.fingerprint`;

function failureOf(row: FailureRow): FoundFailure {
  return {
    id: `${row.id}.${row.key}`,
    buildId: row.id,
    buildName: row.name,
    pn: row.pn,
    version: row.version,
    mc: row.mc,
    task: row.task,
    cause: row.cause,
    causeClass: row.class,
    infrastructure: row.infrastructure === null ? null : row.infrastructure === 1,
    fingerprint: row.hash,
    startedMs: row.started_ms,
    machine: row.machine,
    distro: row.distro,
    builder: row.builder,
    hostDistro: row.host_distro,
  };
}

/** What is asked of failures but words, which are looked for last. */
async function failuresWhere(at: Place, filter: SearchFilter, inOrder = true): Promise<Condition> {
  return allOf([
    inOrder ? at.sight.listedInOrder() : at.sight.listed(),
    await buildCondition(at, filter),
    ofFailure(filter),
    sql<boolean>`builds.failures > 0`,
  ]);
}

const NEWEST_FIRST = sql`order by builds.order_ms desc, builds.id, f.ordinal`;
/**
 * The same, not by walking builds from the newest, but from the failures that an index leads to: where they are few, most builds have none of them, and
 * a walk to the first goes through all builds (0.7 s of 100,000).
 */
const gathered = ({ dialect }: Place) =>
  sql`order by ${dialect.unindexed('builds.order_ms')} desc, builds.id, f.ordinal`;
/** So many are gathered and put in order in 100 ms. Of more, one is soon met on the walk. */
const FEW_FAILURES = 20_000;

async function areFew(at: Place, filter: SearchFilter): Promise<boolean> {
  for (const condition of byIndexOfFailures(filter)) {
    const [row] = await rowsOf(
      at.db,
      sql<{
        count: number;
      }>`select count(*) as count from (select 1 from failures f where ${condition} limit ${FEW_FAILURES + 1}) as few`,
    );
    if (Number(row?.count ?? 0) <= FEW_FAILURES) return true;
  }
  return false;
}

/**
 * The failures of a search in their order. Words are looked for in the newest of them: no index finds the middle of a word, and to read a million
 * lines for one that is nowhere takes seconds.
 */
async function failuresOf(
  at: Place,
  filter: SearchFilter,
  columns: RawBuilder<unknown>,
  more: Condition,
  limit: number,
): Promise<RawBuilder<unknown>> {
  const few = await areFew(at, filter);
  const where = await failuresWhere(at, filter, !few);
  const order = few ? gathered(at) : NEWEST_FIRST;
  if (!hasWords(filter))
    return sql`select ${columns} from ${FAILURE_TABLES} where ${where} and ${more} ${order} limit ${limit}`;
  const newest = sql`select f.build, f.ordinal from ${FAILURE_TABLES} where ${where} ${order} limit ${WORD_FAILURES_MAX}`;
  return sql`select ${columns} from (${newest}) as looked_at join builds on builds.number = looked_at.build
    join failures f on f.build = looked_at.build and f.ordinal = looked_at.ordinal left join fingerprints p on p.number = f.fingerprint
    where ${words(filter, inFailure)} and ${more} ${NEWEST_FIRST} limit ${limit}`;
}

const after = (cursor: { order: number; id: string; ordinal: number } | null): Condition =>
  cursor === null
    ? sql<boolean>`1 = 1`
    : sql<boolean>`(builds.order_ms < ${cursor.order} or (builds.order_ms = ${cursor.order}
        and (builds.id > ${cursor.id} or (builds.id = ${cursor.id} and f.ordinal > ${cursor.ordinal}))))`;

async function findFailures(at: Place, filter: SearchFilter, page: PageAsked): Promise<SearchPage<FoundFailure>> {
  const cursor = page.after === null ? null : cursorOf(page.after);
  const query = await failuresOf(at, filter, FAILURE_COLUMNS, after(cursor), page.limit + 1);
  const rows = await rowsOf(at.db, query as RawBuilder<FailureRow>);
  return pageOf(rows, page.limit, failureOf, (row) => `${row.order_ms}.${row.id}.${row.ordinal}`);
}

interface CauseGroup {
  readonly fingerprint: number | null;
  /** The cause of failures without a fingerprint. */
  readonly line: string | null;
  readonly failures: number;
  readonly builds: number;
  readonly recipes: number;
  readonly first: number;
  readonly last: number;
}

async function findCauses(at: Place, filter: SearchFilter, page: PageAsked): ReturnType<Search['causes']> {
  const columns = sql`f.build, builds.order_ms, f.pn, f.fingerprint, case when f.fingerprint is null then f.cause end as line`;
  const query = await failuresOf(at, filter, columns, sql<boolean>`1 = 1`, CAUSE_FAILURES_MAX);
  const grouped = await rowsOf(
    at.db,
    sql<CauseGroup>`select fingerprint, line, count(*) as failures, count(distinct build) as builds, count(distinct pn) as recipes,
      min(order_ms) as first, max(order_ms) as last from (${query}) as recent group by fingerprint, line`,
  );
  const all = grouped.reduce((sum, { failures }) => sum + Number(failures), 0);
  const more = all >= CAUSE_FAILURES_MAX;
  const groups = grouped
    // A failure of which nothing says why is no cause.
    .filter(({ fingerprint, line }) => fingerprint !== null || line !== null)
    .map((group) => ({ ...group, last: Number(group.last), key: causeKey(group) }))
    .sort((a, b) => b.last - a.last || (a.key < b.key ? -1 : 1));
  const counts = {
    found: { count: groups.length, more },
    failures: await failureCount(at, filter, all, more),
    reached: [...(more ? [{ bound: 'failures', of: CAUSE_FAILURES_MAX } as const] : await wordsReached(at, filter))],
  };
  const cursor = page.after === null ? null : /^(-?\d{1,16})\.([\da-f]{1,12})$/.exec(page.after);
  if (page.after !== null && cursor === null) throw foreignCursor();
  const rest =
    cursor === null
      ? groups
      : groups.filter(({ last, key }) => last < Number(cursor[1]) || (last === Number(cursor[1]) && key > cursor[2]!));
  const rows: FoundCause[] = [];
  for (const group of rest.slice(0, page.limit)) {
    const newest = await newestOf(at, filter, group);
    // Deleted in between.
    if (newest === undefined) continue;
    rows.push({
      newest: failureOf(newest),
      failures: Number(group.failures),
      builds: Number(group.builds),
      recipes: Number(group.recipes),
      firstMs: Number(group.first) < 0 ? null : Number(group.first),
    });
  }
  const last = rest.length > page.limit ? rest[page.limit - 1] : undefined;
  return { rows, next: last === undefined ? null : `${last.last}.${last.key}`, ...counts };
}

/** Words were looked for in the newest failures alone; where CAUSE_FAILURES_MAX of them have the words, that is what is said. */
async function wordsReached(at: Place, filter: SearchFilter): Promise<readonly ReachedBound[]> {
  if (!hasWords(filter)) return [];
  const [row] = await rowsOf(
    at.db,
    sql<{ count: number }>`select count(*) as count from (
      select 1 from ${FAILURE_TABLES} where ${await failuresWhere(at, filter)} limit ${WORD_FAILURES_MAX + 1}) as looked_at`,
  );
  return Number(row?.count ?? 0) > WORD_FAILURES_MAX ? [{ bound: 'words', of: WORD_FAILURES_MAX }] : [];
}

const foreignCursor = (): BakehouseError =>
  new BakehouseError('invalid', 'The cursor is not one that this search gave.');

/** Orders causes that were met last in one build. */
function causeKey({ fingerprint, line }: CauseGroup): string {
  return fingerprint !== null
    ? fingerprint.toString(16)
    : createHash('sha256')
        .update(line ?? '')
        .digest('hex')
        .slice(0, 12);
}

async function newestOf(
  at: Place,
  filter: SearchFilter,
  { fingerprint, line, last }: CauseGroup,
): Promise<FailureRow | undefined> {
  // By the time of its build, of which there are few: half of all failures may have one fingerprint, or none.
  const column = at.dialect.unindexed('f.fingerprint');
  const same =
    fingerprint === null
      ? sql<boolean>`${column} is null and f.cause = ${line}`
      : sql<boolean>`${column} = ${fingerprint}`;
  const where = allOf([await failuresWhere(at, filter), words(filter, inFailure)]);
  const [row] = await rowsOf(
    at.db,
    sql<FailureRow>`select ${FAILURE_COLUMNS} from ${FAILURE_TABLES}
      where builds.order_ms = ${Number(last)} and ${same} and ${where} order by builds.id, f.ordinal limit 1`,
  );
  return row;
}

/** All failures of a search: those that were grouped, unless there are more, which builds know where nothing is asked of failures. */
async function failureCount(at: Place, filter: SearchFilter, grouped: number, more: boolean): Promise<SearchCount> {
  if (!more || asksOfFailures(filter)) return { count: grouped, more };
  const [row] = await rowsOf(
    at.db,
    sql<{ builds: number; failures: number | null }>`select count(*) as builds, sum(failures) as failures from (
      select failures from builds where ${at.sight.listedInOrder()} and ${await buildCondition(at, filter)}
      limit ${SEARCH_COUNT_MAX + 1}) as counted`,
  );
  return { count: Number(row?.failures ?? 0), more: Number(row?.builds ?? 0) > SEARCH_COUNT_MAX };
}

// ---- recipes --------------------------------------------------------------------------------------------------------------------

/** True where the search says something of a recipe's name. */
function namesRecipes(filter: SearchFilter): boolean {
  return filter.conditions.some(({ field, negated }) => (field === 'recipe' || field === 'text') && !negated);
}

/** The word that a person typed to find a recipe: what is called so comes first, then what begins so. */
function rankWord(filter: SearchFilter): string | null {
  const word = filter.conditions.find(({ field, negated }) => field === 'text' && !negated)?.values[0]?.text;
  return word === undefined ? null : storable(word.toLowerCase());
}

interface RunsLookedAt {
  /** Runs with recipe, status and order_ms of their builds. */
  readonly runs: RawBuilder<unknown>;
  /** What a run `r` of the recipe `n` in `builds` has to be. */
  readonly where: Condition;
  readonly reached: readonly ReachedBound[];
}

/** Runs that are looked at: of the newest builds that match, and the newest of each recipe that is named. */
async function runsLookedAt(at: Place, filter: SearchFilter): Promise<RunsLookedAt> {
  const ofBuilds = allOf([at.sight.listedInOrder(), await buildCondition(at, filter)]);
  const ofRuns = allOf([ofRun(filter), failedSo(filter)]);
  const ofNames = allOf([ofName(filter), words(filter, inRecipe)]);
  const where = allOf([ofBuilds, ofRuns, ofNames]);
  const columns = sql`r.build, r.ordinal, r.recipe, r.status, builds.order_ms`;
  const newest = await rowsOf(
    at.db,
    sql<{
      number: number;
    }>`select number from builds where ${ofBuilds} and ${hasParts(filter)} order by order_ms desc, id
      limit ${RECIPE_BUILDS_MAX + 1}`,
  );
  const numbers = newest.slice(0, RECIPE_BUILDS_MAX).map(({ number }) => Number(number));
  const named = namesRecipes(filter)
    ? await rowsOf(
        at.db,
        sql<{ number: number }>`select n.number from recipe_names n where ${ofNames}
          order by ${ranked(rankWord(filter), sql.ref('n.pn'))}, n.pn limit ${RECIPE_NAMES_MAX + 1}`,
      )
    : [];
  const inNewest = sql`select ${columns} from builds join recipe_runs r on r.build = builds.number
    join recipe_names n on n.number = r.recipe where ${at.dialect.oneOf('builds.number', numbers)} and ${ofRuns} and ${ofNames}`;
  const older: readonly ReachedBound[] =
    newest.length > RECIPE_BUILDS_MAX ? [{ bound: 'builds', of: RECIPE_BUILDS_MAX }] : [];
  if (named.length === 0) return { runs: inNewest, where, reached: namesRecipes(filter) ? [] : older };
  const runsOfNames = named.slice(0, RECIPE_NAMES_MAX).map(
    ({ number }) => sql`select * from (select build, ordinal, recipe, version, status from recipe_runs
      where recipe = ${number} order by build desc limit ${RECIPE_RUNS_MAX}) as of_name`,
  );
  const ofNamed = sql`select ${columns} from (${sql.join(runsOfNames, sql` union all `)}) as r
    join recipe_names n on n.number = r.recipe join builds on builds.number = r.build where ${where}`;
  // Where all names are looked up, runs of other names are none. A run of both is one run.
  const all =
    named.length <= RECIPE_NAMES_MAX
      ? sql`${inNewest} and r.recipe in (${sql.join(named.map(({ number }) => number))})`
      : inNewest;
  const reached: readonly ReachedBound[] =
    named.length > RECIPE_NAMES_MAX
      ? [{ bound: 'names', of: RECIPE_NAMES_MAX }]
      : (await hasMoreRuns(at, named))
        ? [{ bound: 'runs', of: RECIPE_RUNS_MAX }]
        : [];
  return { runs: sql`${all} union ${ofNamed}`, where, reached };
}

/** Some recipe has more runs than are looked at: none of them has to be counted to its end for that. */
async function hasMoreRuns(at: Place, named: readonly { readonly number: number }[]): Promise<boolean> {
  const beyond = named.map(
    ({ number }) =>
      sql`select * from (select build from recipe_runs where recipe = ${number} limit 1 offset ${RECIPE_RUNS_MAX}) as beyond`,
  );
  return (await rowsOf(at.db, sql`${sql.join(beyond, sql` union all `)} limit 1`)).length > 0;
}

function ranked(word: string | null, name: RawBuilder<unknown>): RawBuilder<number> {
  if (word === null) return sql<number>`cast(0 as integer)`;
  const begins = `${word.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<number>`case when lower(${name}) = ${word} then 0 when lower(${name}) like ${begins} escape '\\' then 1 else 2 end`;
}

interface RecipeGroup {
  readonly recipe: number;
  readonly pn: string;
  readonly runs: number;
  readonly executed: number;
  readonly failed: number;
  readonly last: number;
}

async function findRecipes(at: Place, filter: SearchFilter, page: PageAsked): Promise<CountedPage<FoundRecipe>> {
  const { runs, where, reached } = await runsLookedAt(at, filter);
  const cursor = page.after === null ? null : /^([0-2])\.(.{1,400})$/s.exec(page.after);
  if (page.after !== null && cursor === null) throw foreignCursor();
  const groups = await rowsOf(
    at.db,
    sql<RecipeGroup>`
      select counted.*, n.pn from (
        select recipe, count(*) as runs, sum(case when status in (2, 4) then 0 else 1 end) as executed,
          sum(case when status = 1 then 1 else 0 end) as failed, max(order_ms) as last
        from (${runs}) as looked_at group by recipe
      ) as counted join recipe_names n on n.number = counted.recipe`,
  );
  const rank = rankOf(rankWord(filter));
  const ranked = groups
    .map((group) => ({ ...group, rank: rank(group.pn) }))
    .sort((a, b) => a.rank - b.rank || (a.pn < b.pn ? -1 : 1));
  const rest =
    cursor === null
      ? ranked
      : ranked.filter(
          (group) => group.rank > Number(cursor[1]) || (group.rank === Number(cursor[1]) && group.pn > cursor[2]!),
        );
  const rows: FoundRecipe[] = [];
  for (const group of rest.slice(0, page.limit)) {
    const run = await newestRun(at, group, where);
    // Deleted in between.
    if (run === undefined) continue;
    rows.push({
      pn: group.pn,
      version: run.version,
      status: runStatusOf(run.status),
      failedTask: run.failed_task,
      buildId: run.id,
      startedMs: run.started_ms,
      machine: run.machine,
      runs: Number(group.runs),
      executed: Number(group.executed),
      failed: Number(group.failed),
    });
  }
  const last = rest.length > page.limit ? rest[page.limit - 1] : undefined;
  return {
    rows,
    next: last === undefined ? null : `${last.rank}.${last.pn}`,
    // More runs of the recipes that are found make no more recipes.
    found: { count: groups.length, more: reached.some(({ bound }) => bound !== 'runs') },
    reached,
  };
}

function rankOf(word: string | null): (pn: string) => number {
  return (pn) => {
    const name = pn.toLowerCase();
    return word === null || name === word ? 0 : name.startsWith(word) ? 1 : 2;
  };
}

interface RunRow {
  readonly version: string | null;
  readonly status: number;
  readonly failed_task: string | null;
  readonly id: string;
  readonly started_ms: number | null;
  readonly machine: string | null;
}

async function newestRun(at: Place, { recipe, last }: RecipeGroup, where: Condition): Promise<RunRow | undefined> {
  const [run] = await rowsOf(
    at.db,
    sql<RunRow>`select r.version, r.status, r.failed_task, builds.id, builds.started_ms, builds.machine
      from builds join recipe_runs r on r.build = builds.number and r.recipe = ${recipe} join recipe_names n on n.number = r.recipe
      where builds.order_ms = ${Number(last)} and ${where} order by builds.id, r.ordinal limit 1`,
  );
  return run;
}

// ---- counts and facets ----------------------------------------------------------------------------------------------------------

async function counted(at: Place, rows: RawBuilder<unknown>): Promise<SearchCount> {
  const [row] = await rowsOf(
    at.db,
    sql<{ count: number }>`select count(*) as count from (${rows} limit ${SEARCH_COUNT_MAX + 1}) as counted`,
  );
  const all = Number(row?.count ?? 0);
  return { count: Math.min(all, SEARCH_COUNT_MAX), more: all > SEARCH_COUNT_MAX };
}

async function countMatchingBuilds(at: Place, filter: SearchFilter): Promise<SearchCount> {
  return counted(at, sql`select 1 from builds where ${await buildsWhere(at, filter)}`);
}

const FACET_VALUES_MAX = 50;

async function facets(at: Place, filter: SearchFilter, chosen: BuildListFilter): Promise<SearchFacets> {
  // What is chosen exactly in a facet of builds is not in `filter`: countFacets narrows by it, each facet by the others.
  const { walked, picked } = splitByIndex(filter);
  const rest = allOf([
    await buildCondition(at, walked),
    ...(picked === null
      ? []
      : [isAmong(at, allOf([await buildCondition(at, picked), words(picked, inBuild), ofParts(picked)]))]),
    ...datesInIndex(at, filter),
  ]);
  const columns = sql`f.pn, f.task, p.class`;
  const recent = await failuresOf(at, withChosen(filter, chosen), columns, sql<boolean>`1 = 1`, CAUSE_FAILURES_MAX);
  const groups = await rowsOf(
    at.db,
    sql<{ pn: string | null; task: string | null; class: string | null; count: number }>`
      select pn, task, class, count(*) as count from (${recent}) as recent group by pn, task, class`,
  );
  const by = (name: 'pn' | 'task' | 'class') => {
    const counts = new Map<string | null, number>();
    for (const group of groups) counts.set(group[name], (counts.get(group[name]) ?? 0) + Number(group.count));
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || ((a.value ?? '') < (b.value ?? '') ? -1 : 1))
      .slice(0, FACET_VALUES_MAX);
  };
  return {
    builds: await countFacets(at.db, at.dialect, at.sight, chosen, rest),
    recipe: by('pn'),
    task: by('task'),
    class: by('class'),
  };
}

/** What builds_by_facets has of a build. */
const IN_INDEX: ReadonlySet<string> = new Set([
  'machine',
  'distro',
  'release',
  'target',
  'builder',
  'host',
  'branch',
  'outcome',
  'kind',
]);

/**
 * What is asked of builds in two parts: what the index over the facets tells, and what builds are picked out by first. A condition that reads the
 * row of each build in the order of that index takes 1.4 s for 100,000 builds (filterInIndex of build-groups.ts). Dates are in neither.
 */
function splitByIndex(filter: SearchFilter): { readonly walked: SearchFilter; readonly picked: SearchFilter | null } {
  const undated = { ...filter, fromMs: null, toMs: null };
  const [inIndex, others] = [true, false].map((wanted) =>
    filter.conditions.filter(({ field }) => IN_INDEX.has(field) === wanted),
  ) as [SearchCondition[], SearchCondition[]];
  const walked = { ...undated, conditions: inIndex };
  const picked = others.length === 0 ? null : { ...undated, conditions: others, layers: [], ranges: [] };
  return { walked, picked };
}

const isAmong = ({ dialect }: Place, condition: Condition): Condition =>
  sql<boolean>`${dialect.unindexed('builds.number')} in (select builds.number from builds where ${condition})`;

/** By the time of the order, which the index has; -1 is no time. */
function datesInIndex({ dialect }: Place, { fromMs, toMs }: SearchFilter): Condition[] {
  const order = dialect.unindexed('builds.order_ms');
  return [
    ...(fromMs === null ? [] : [sql<boolean>`${order} >= ${Math.max(0, Math.ceil(fromMs))}`]),
    ...(toMs === null ? [] : [sql<boolean>`${order} >= 0 and ${order} <= ${Math.floor(toMs)}`]),
  ];
}

function withChosen(filter: SearchFilter, chosen: BuildListFilter): SearchFilter {
  const fields = ['machine', 'distro', 'release', 'target', 'builder', 'branch', 'outcome', 'kind'] as const;
  const more = fields.flatMap((field) => {
    const values: readonly string[] = chosen[field] ?? [];
    return values.length === 0
      ? []
      : [{ field, negated: false, values: values.map((text) => ({ text, pattern: false })) }];
  });
  return { ...filter, conditions: [...filter.conditions, ...more] };
}

// ---- values that are offered while a person types -----------------------------------------------------------------------------

/** Builds whose layers are looked at for names and commits. */
const LAYER_BUILDS_MAX = 1000;
/** Runs of one recipe whose versions are offered, and builds whose names are. */
const VERSION_RUNS_MAX = 2000;
const NAMED_BUILDS_MAX = 10_000;
/** Recipes of which it is looked up whether one may see a build of them. */
const NAMES_LOOKED_AT = 200;

async function offeredValues(
  at: Place,
  field: OfferedField,
  typed: string,
  limit: number,
  recipe: string | null,
): Promise<readonly OfferedValue[]> {
  const rows = await rowsOf(at.db, offered(at.sight, field, typed, limit, recipe));
  return rows.map(({ value, count }) => ({ value, count: count === null ? null : Number(count) }));
}

function offered(
  sight: Sight,
  field: OfferedField,
  typed: string,
  limit: number,
  recipe: string | null,
): RawBuilder<{ value: string; count: number | null }> {
  const word = storable(typed.toLowerCase());
  const like = (column: RawBuilder<unknown>): Condition =>
    typed === '' ? sql<boolean>`${column} is not null` : holds(column, typed);
  // What begins so before what only has it in it, then what is most frequent.
  const best = sql`order by ${ranked(word, sql.ref('value'))}, count desc, value limit ${limit}`;
  const grouped = (rows: RawBuilder<unknown>) => sql<{ value: string; count: number }>`
    select value, count from (select value, count(*) as count from (${rows}) as seen group by value) as offered ${best}`;
  const column = (name: string) =>
    grouped(sql`select ${sql.ref(name)} as value from builds where ${sight.listed()} and ${like(sql.ref(name))}`);
  const newest = sql`select builds.number, builds.order_ms from builds where ${sight.listedInOrder()}
    order by builds.order_ms desc, builds.id limit ${LAYER_BUILDS_MAX}`;
  const recent = (name: RawBuilder<unknown>) =>
    grouped(sql`select value from (select ${name} as value from ${FAILURE_TABLES}
      where ${sight.listedInOrder()} and builds.failures > 0
      order by builds.order_ms desc, builds.id limit ${CAUSE_FAILURES_MAX}) as failed where ${like(sql.ref('value'))}`);
  switch (field) {
    case 'machine':
    case 'distro':
    case 'builder':
    case 'branch':
      return column(`builds.${field}`);
    case 'release':
      return column('builds.distro_version');
    case 'host':
      return grouped(sql`select builds.host_distro as value from builds where ${sight.listed()} and ${like(sql.ref('builds.host_distro'))}
        union all select builds.host from builds where ${sight.listed()} and ${like(sql.ref('builds.host'))}`);
    case 'target':
      return grouped(sql`select t.target as value from build_targets t join builds on builds.number = t.build
        where ${sight.listed()} and ${like(sql.ref('t.target'))}`);
    case 'task':
      return recent(sql.ref('f.task'));
    case 'class':
      return recent(sql.ref('p.class'));
    case 'fingerprint':
      return recent(sql.ref('p.hash'));
    case 'recipe':
      return sql<{ value: string; count: number | null }>`
        select pn as value, cast(null as integer) as count from (select n.number, n.pn from recipe_names n where ${like(sql.ref('n.pn'))}
          order by ${ranked(word, sql.ref('n.pn'))}, n.pn limit ${NAMES_LOOKED_AT}) as named
        where exists (select 1 from recipe_runs r join builds on builds.number = r.build
          where r.recipe = named.number and ${sight.listed()})
        order by ${ranked(word, sql.ref('pn'))}, pn limit ${limit}`;
    case 'version': {
      // Of one recipe its newest runs; else all recipes of the newest builds.
      const runs =
        recipe === null
          ? sql`select r.version as value from (select builds.number from builds where ${sight.listedInOrder()}
              order by builds.order_ms desc, builds.id limit ${RECIPE_BUILDS_MAX}) as b join recipe_runs r on r.build = b.number`
          : sql`select r.version as value from recipe_names n join recipe_runs r on r.recipe = n.number join builds on builds.number = r.build
              where n.pn = ${storable(recipe)} and ${sight.listed()} order by r.build desc limit ${VERSION_RUNS_MAX}`;
      return grouped(sql`select value from (${runs}) as runs where ${like(sql.ref('value'))}`);
    }
    case 'build': {
      const recent = sql`select name, order_ms from (select builds.name, builds.order_ms from builds where ${sight.listedInOrder()}
        order by builds.order_ms desc, builds.id limit ${NAMED_BUILDS_MAX}) as recent where ${like(sql.ref('name'))}`;
      // Nobody types an id but by its beginning, and that only to be offered what he has before him already.
      const ids = /^[0-9a-f-]{4,36}$/.test(word)
        ? sql`union all select builds.id as name, builds.order_ms from builds where builds.id like ${`${word}%`} and ${sight.listed()}`
        : sql``;
      return sql`select name as value, count(*) as count from (${recent} ${ids}) as named group by name
        order by ${ranked(word, sql.ref('name'))}, max(order_ms) desc, name limit ${limit}`;
    }
    case 'layer': {
      const at = typed.indexOf('@');
      if (at < 0)
        return grouped(sql`select l.name as value from (${newest}) as b join build_layers l on l.build = b.number
          where ${like(sql.ref('l.name'))}`);
      const [name, commit] = [typed.slice(0, at), typed.slice(at + 1).toLowerCase()];
      return sql<{ value: string; count: number }>`
        select value, count from (select l.name || '@' || substr(l.commit_hash, 1, 12) as value, count(*) as count, max(b.order_ms) as last
          from (${newest}) as b join build_layers l on l.build = b.number
          where l.commit_hash is not null ${name === '' ? sql`` : sql`and l.name = ${storable(name)}`}
            ${commit === '' ? sql`` : sql`and ${holds(sql.ref('l.commit_hash'), commit)}`}
          group by l.name, l.commit_hash) as offered order by last desc, value limit ${limit}`;
    }
  }
}
