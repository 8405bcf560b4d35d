import { type ExpressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import { TRIAGED_AT_ONCE_MAX } from '../../model/limits.ts';
import type { TriageState } from '../../model/triage.ts';
import type { Dialect } from '../dialect.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { BuildListFilter, FailureFilter, FailureGroup, FailureGroups } from '../store.ts';
import { type TriageWord, wordsOf } from '../triage.ts';
import { matches } from './list-builds.ts';

/** Rows that one answer is made of, the newest builds first: 10,000 take some 40 ms, so this is seconds, and said where it was too few. */
const ROWS_MAX = 300_000;
const DAY_MS = 86_400_000;
/** Places of a sparkline; a longer time takes several days to a place. */
const DAYS_MAX = 60;
/** Names of machines, builders and recipes told of one group. */
const NAMES_MAX = 20;
/** What can be said something of in one go, so what is told of one group. */
const FINGERPRINTS_MAX = TRIAGED_AT_ONCE_MAX;

/** What a failure must have besides its build. */
export function narrowed(filter: FailureFilter): RawBuilder<boolean> {
  const all: RawBuilder<boolean>[] = [];
  const oneOf = (column: string, values: readonly string[] | undefined) => {
    if (values === undefined || values.length === 0) return;
    const recorded = values.filter((value) => value !== '').map(storable);
    const any: RawBuilder<unknown>[] = [];
    if (recorded.length > 0) any.push(sql`${sql.ref(column)} in (${sql.join(recorded)})`);
    if (recorded.length < values.length) any.push(sql`${sql.ref(column)} is null`);
    all.push(sql<boolean>`(${sql.join(any, sql` or `)})`);
  };
  oneOf('fp.hash', filter.fingerprint);
  oneOf('fp.cross_hash', filter.crossHash);
  oneOf('fp.class', filter.class);
  oneOf('f.pn', filter.recipe);
  oneOf('f.task', filter.task);
  if (filter.infrastructure !== undefined)
    all.push(sql<boolean>`coalesce(fp.infrastructure, 0) = ${Number(filter.infrastructure)}`);
  for (const word of filter.words ?? []) {
    const pattern = `%${storable(word.toLowerCase()).replace(/[\\%_]/g, '\\$&')}%`;
    all.push(
      sql<boolean>`lower(coalesce(f.cause, '') || ' ' || coalesce(f.pn, '') || ' ' || coalesce(f.task, '')) like ${pattern} escape '\\'`,
    );
  }
  return all.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`(${sql.join(all, sql` and `)})`;
}

/** Failures of the builds that match, with their fingerprints as `fp`. */
export function failuresOf(db: Kysely<Database>, sight: Sight, builds: BuildListFilter, filter: FailureFilter) {
  return db
    .selectFrom('builds')
    .innerJoin('failures as f', 'f.build', 'builds.number')
    .leftJoin('fingerprints as fp', 'fp.number', 'f.fingerprint')
    .where(sight.listed())
    .where('builds.failures', '>', 0)
    .where((eb) => matches(eb as unknown as ExpressionBuilder<Database, 'builds'>, builds, null))
    .where(narrowed(filter));
}

interface Gathered {
  /** Failures by the number of their fingerprint; none: nobody looked at them yet. */
  readonly fingerprints: Map<number, number>;
  failures: number;
  readonly builds: Set<number>;
  readonly tasks: Set<string>;
  readonly names: Readonly<Record<'machines' | 'builders' | 'recipes' | 'hosts', Set<string>>>;
  readonly days: Map<number, number>;
  first: { readonly build: number; readonly ms: number | null };
  last: { readonly build: number; readonly ms: number | null; readonly ordinal: number };
}

/**
 * Failures by what they have in common. Those that nobody looked at yet (their log is still to be read) stand together by recipe and task. Read as
 * rows and grouped here: distinct builds and machines of each group would be a walk each in SQL.
 */
export async function groupFailures(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  builds: BuildListFilter,
  filter: FailureFilter,
  limit: number,
): Promise<FailureGroups> {
  const by = filter.by ?? 'cause';
  const rows = await failuresOf(db, sight, builds, filter)
    .select([
      'f.fingerprint',
      'fp.cross_hash',
      'f.pn',
      'f.task',
      'f.build',
      'f.ordinal',
      'builds.machine',
      'builds.builder',
      'builds.host_distro',
      'builds.started_ms',
    ])
    .orderBy('builds.order_ms', 'desc')
    .orderBy('builds.id')
    .orderBy('f.ordinal')
    .limit(ROWS_MAX + 1)
    .execute();
  const truncated = rows.length > ROWS_MAX;
  if (truncated) rows.pop();
  const groups = new Map<string, Gathered>();
  const seenBuilds = new Set<number>();
  for (const row of rows) {
    seenBuilds.add(row.build);
    const key =
      row.fingerprint === null || row.cross_hash === null
        ? `${row.pn}\n${row.task}`
        : by === 'cause'
          ? row.cross_hash
          : String(row.fingerprint);
    let group = groups.get(key);
    const end = { build: row.build, ms: row.started_ms };
    if (group === undefined) {
      group = {
        fingerprints: new Map(),
        failures: 0,
        builds: new Set(),
        tasks: new Set(),
        names: { machines: new Set(), builders: new Set(), recipes: new Set(), hosts: new Set() },
        days: new Map(),
        first: end,
        last: { ...end, ordinal: row.ordinal },
      };
      groups.set(key, group);
    }
    group.failures++;
    if (row.fingerprint !== null)
      group.fingerprints.set(row.fingerprint, (group.fingerprints.get(row.fingerprint) ?? 0) + 1);
    group.tasks.add(row.task ?? '');
    group.builds.add(row.build);
    if (row.machine !== null) group.names.machines.add(row.machine);
    if (row.builder !== null) group.names.builders.add(row.builder);
    if (row.host_distro !== null) group.names.hosts.add(row.host_distro);
    if (row.pn !== null) group.names.recipes.add(row.pn);
    if (row.started_ms !== null) {
      const day = Math.floor(row.started_ms / DAY_MS);
      group.days.set(day, (group.days.get(day) ?? 0) + 1);
      // Newest first, and those without a start last: the last one with a start is the first seen.
      group.first = end;
    }
  }
  const numbers = [...groups.values()].flatMap(({ fingerprints }) => [...fingerprints.keys()]);
  const [prints, words] = await Promise.all([
    db.selectFrom('fingerprints').selectAll().where(dialect.oneOf('number', numbers)).execute(),
    wordsOf(db, dialect, numbers),
  ]);
  const printOf = new Map(prints.map((print) => [print.number, print]));
  const stateCounts = new Map<TriageState, number>();
  const classCounts = new Map<string, number>();
  const kept: { readonly gathered: Gathered; readonly word: Word | null }[] = [];
  for (const gathered of groups.values()) {
    const all = [...gathered.fingerprints.keys()].map((number) => ({ number, word: words(number) }));
    const { owner, issue } = filter;
    if (owner !== undefined && !some(all, ({ word }) => owner.includes(word.owner ?? ''), owner.includes(''))) continue;
    if (issue !== undefined && !some(all, ({ word }) => issue.includes(word.issue?.number ?? 0), issue.includes(0)))
      continue;
    const word = oneWord(all.map((one) => ({ ...one.word, number: one.number })));
    const state = word?.state ?? 'new';
    // The counts of states are of everything else that was asked for, so that they say where a click leads.
    stateCounts.set(state, (stateCounts.get(state) ?? 0) + 1);
    if (filter.state !== undefined && filter.state.length > 0 && !filter.state.includes(state)) continue;
    const kind = all.length === 0 ? '' : (printOf.get(all[0]!.number)?.class ?? '');
    classCounts.set(kind, (classCounts.get(kind) ?? 0) + 1);
    kept.push({ gathered, word });
  }
  kept.sort((a, b) => ORDERS[filter.sort ?? 'failures'](a.gathered, b.gathered) || tie(a.gathered, b.gathered));
  const shown = kept.slice(0, limit);
  const days = daysOf(kept.map(({ gathered }) => gathered));
  const ends = await endsOf(
    db,
    dialect,
    shown.map(({ gathered }) => gathered),
  );
  return {
    groups: shown.map(({ gathered, word }): FailureGroup => {
      const { names, fingerprints } = gathered;
      // The most frequent of them speaks for the group.
      const numbers = [...fingerprints].sort((a, b) => b[1] - a[1] || b[0] - a[0]).map(([number]) => number);
      const print = numbers[0] === undefined ? undefined : printOf.get(numbers[0]);
      const hashes = numbers.flatMap((number) => printOf.get(number)?.hash ?? []);
      const list = (of: ReadonlySet<string>) => [...of].sort().slice(0, NAMES_MAX);
      return {
        fingerprints: hashes.slice(0, FINGERPRINTS_MAX),
        crossHash: print?.cross_hash ?? null,
        class: print?.class ?? null,
        infrastructure: print === undefined ? null : print.infrastructure === 1,
        recipes: list(names.recipes),
        recipeCount: names.recipes.size,
        tasks: list(gathered.tasks),
        text: print?.text ?? null,
        failures: gathered.failures,
        builds: gathered.builds.size,
        machines: list(names.machines),
        machineCount: names.machines.size,
        builders: list(names.builders),
        builderCount: names.builders.size,
        hosts: list(names.hosts),
        hostCount: names.hosts.size,
        firstMs: gathered.first.ms,
        lastMs: gathered.last.ms,
        days: days.counts(gathered),
        ...ends(gathered),
        triage: word === null ? null : triageOfGroup(word),
      };
    }),
    matching: kept.length,
    failures: rows.length,
    builds: seenBuilds.size,
    truncated,
    states: Object.fromEntries(stateCounts),
    classes: Object.fromEntries(classCounts),
    firstDayMs: days.firstMs,
    daysAPlace: days.width,
  };
}

type Word = Omit<TriageWord, 'fingerprint'> & { readonly number: number };

function some<T>(all: readonly T[], test: (one: T) => boolean, none: boolean): boolean {
  return all.length === 0 ? none : all.some(test);
}

/**
 * What is known of a group: where its fingerprints differ, it is as new as the newest of them, since somebody must still look; else it is what the
 * last word was. A note that was said of all of them at once is one note.
 */
function oneWord(words: readonly Word[]): Word | null {
  let chosen: Word | null = null;
  for (const word of words) {
    if (chosen === null) chosen = word;
    else if ((word.state === 'new') !== (chosen.state === 'new')) chosen = word.state === 'new' ? word : chosen;
    else if ((word.changedMs ?? 0) > (chosen.changedMs ?? 0)) chosen = word;
  }
  return chosen === null ? null : { ...chosen, notes: Math.max(...words.map(({ notes }) => notes)) };
}

function triageOfGroup({ number: _, ...word }: Word): Omit<TriageWord, 'fingerprint'> {
  return word;
}

const ORDERS: Readonly<Record<NonNullable<FailureFilter['sort']>, (a: Gathered, b: Gathered) => number>> = {
  failures: (a, b) => b.failures - a.failures,
  builds: (a, b) => b.builds.size - a.builds.size,
  machines: (a, b) => b.names.machines.size - a.names.machines.size,
  first: (a, b) => (b.first.ms ?? 0) - (a.first.ms ?? 0),
  last: (a, b) => (b.last.ms ?? 0) - (a.last.ms ?? 0),
  recipe: (a, b) =>
    compare(firstOf(a.names.recipes), firstOf(b.names.recipes)) || compare(firstOf(a.tasks), firstOf(b.tasks)),
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tie(a: Gathered, b: Gathered): number {
  return (b.last.ms ?? 0) - (a.last.ms ?? 0) || b.last.build - a.last.build || a.last.ordinal - b.last.ordinal;
}

function firstOf(names: ReadonlySet<string>): string {
  let first: string | null = null;
  for (const name of names) if (first === null || name < first) first = name;
  return first ?? '';
}

function daysOf(groups: readonly Gathered[]) {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { days } of groups) {
    for (const day of days.keys()) {
      if (day < first) first = day;
      if (day > last) last = day;
    }
  }
  if (first > last) return { firstMs: null, width: 1, counts: () => [] };
  const width = Math.ceil((last - first + 1) / DAYS_MAX);
  const places = Math.ceil((last - first + 1) / width);
  return {
    firstMs: first * DAY_MS,
    width,
    counts: ({ days }: Gathered): number[] => {
      const counts = new Array<number>(places).fill(0);
      for (const [day, count] of days) counts[Math.floor((day - first) / width)]! += count;
      return counts;
    },
  };
}

/** Addresses of the first and the last build of each group, and the words of its newest failure. */
async function endsOf(db: Kysely<Database>, dialect: Dialect, groups: readonly Gathered[]) {
  const numbers = [...new Set(groups.flatMap(({ first, last }) => [first.build, last.build]))];
  const [builds, failures] = await Promise.all([
    db.selectFrom('builds').select(['number', 'id']).where(dialect.oneOf('number', numbers)).execute(),
    db
      .selectFrom('failures')
      .select(['build', 'ordinal', 'key', 'cause', 'pn', 'version'])
      .where(
        dialect.oneOf(
          'build',
          groups.map(({ last }) => last.build),
        ),
      )
      .execute(),
  ]);
  const idOf = new Map(builds.map(({ number, id }) => [number, id]));
  const failureOf = new Map(failures.map((failure) => [`${failure.build}\n${failure.ordinal}`, failure]));
  return ({ first, last }: Gathered) => {
    const newest = failureOf.get(`${last.build}\n${last.ordinal}`);
    return {
      firstBuild: idOf.get(first.build) ?? '',
      lastBuild: idOf.get(last.build) ?? '',
      lastKey: newest?.key ?? '',
      cause: newest?.cause ?? null,
      version: newest?.version ?? null,
    };
  };
}
