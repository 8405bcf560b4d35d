/**
 * Conditions of a search as SQL, for each of the things that are found. What is asked of a build is a condition on `builds` whatever is looked for;
 * what is asked of recipes and failures means, for a build, that it has one for which all of it holds (`recipe:gcc task:do_compile` is gcc's
 * do_compile, not any). Said in the negative alone, it means that the build has none.
 *
 * `is not true` and not `not`: what is not recorded is not what was asked for, so `-machine:x` finds a build without a machine.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';
import type { SearchCondition, SearchField, SearchFilter, WantedLayer, WantedValue } from '../search.ts';
import { storable } from '../storable.ts';

export type Condition = RawBuilder<boolean>;

const TRUE: Condition = sql<boolean>`1 = 1`;
const FALSE: Condition = sql<boolean>`1 = 0`;

export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? TRUE : sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

export function anyOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? FALSE : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
}

const turned = (condition: Condition, negated: boolean): Condition =>
  negated ? sql<boolean>`(${condition}) is not true` : condition;

const escaped = (text: string): string => storable(text.toLowerCase()).replace(/[\\%_]/g, '\\$&');

/** Text in it somewhere. Letters beyond ASCII are compared as they are where SQLite's lower() leaves them. */
export function holds(column: RawBuilder<unknown>, text: string): Condition {
  return sql<boolean>`lower(${column}) like ${`%${escaped(text)}%`} escape '\\'`;
}

/** One of the values: exact, pattern or not recorded. */
export function isOneOf(column: RawBuilder<unknown>, values: readonly WantedValue[]): Condition {
  const exact = values.filter(({ text, pattern }) => !pattern && text !== '').map(({ text }) => storable(text));
  const any: Condition[] = [];
  if (exact.length > 0) any.push(sql<boolean>`${column} in (${sql.join(exact)})`);
  if (values.some(({ text, pattern }) => !pattern && text === '')) any.push(sql<boolean>`${column} is null`);
  for (const { text, pattern } of values)
    if (pattern) any.push(sql<boolean>`lower(${column}) like ${escaped(text).replaceAll('*', '%')} escape '\\'`);
  return anyOf(any);
}

const STATUS_OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  succeeded: ['succeeded', 'succeeded-with-errors'],
  failed: ['failed'],
  unfinished: ['interrupted', 'lost', 'running', 'never-started'],
  'not-executed': [],
};
/** By the number that is stored; what came from sstate was not executed either. */
const RUN_STATUSES = ['succeeded', 'failed', 'not-executed', 'unfinished', 'not-executed'] as const;

export function runStatusOf(code: number): (typeof RUN_STATUSES)[number] {
  return RUN_STATUSES[code] ?? 'unfinished';
}

const BUILD_COLUMNS = {
  outcome: 'builds.outcome',
  kind: 'builds.kind',
  machine: 'builds.machine',
  distro: 'builds.distro',
  release: 'builds.distro_version',
  builder: 'builds.builder',
  branch: 'builds.branch',
} as const satisfies Partial<Record<SearchField, string>>;

/** What is asked of the build itself, words aside. */
export function ofBuild(
  filter: SearchFilter,
  ranges: readonly Condition[],
  dialect: Pick<Dialect, 'unindexed'>,
): Condition {
  const all: Condition[] = [...ranges];
  for (const { field, negated, values } of filter.conditions) {
    if (field in BUILD_COLUMNS) {
      const column = sql.ref(BUILD_COLUMNS[field as keyof typeof BUILD_COLUMNS]);
      all.push(turned(isOneOf(column, values), negated));
    } else if (field === 'host') {
      const [host, distro] = [sql.ref('builds.host'), sql.ref('builds.host_distro')];
      // Not recorded is neither of them.
      const named = values.filter(({ text, pattern }) => pattern || text !== '');
      const any = [isOneOf(host, named), isOneOf(distro, named)];
      if (named.length < values.length) any.push(sql<boolean>`(${host} is null and ${distro} is null)`);
      all.push(turned(anyOf(any), negated));
    } else if (field === 'target') {
      const named = values.filter(({ text, pattern }) => pattern || text !== '');
      const any: Condition[] = [];
      const wanted = isOneOf(sql.ref('t.target'), named);
      // Exact ones are looked up once. Asked of each build, SQLite asks it of each of its failures: 0.6 s of a million for a target of none.
      if (named.length > 0)
        any.push(
          named.some(({ pattern }) => pattern)
            ? sql<boolean>`exists (select 1 from build_targets t where t.build = builds.number and ${wanted})`
            : sql<boolean>`${dialect.unindexed('builds.number')} in (select t.build from build_targets t where ${wanted})`,
        );
      if (named.length < values.length) any.push(sql<boolean>`builds.targets is null`);
      all.push(turned(anyOf(any), negated));
    } else if (field === 'build') {
      all.push(turned(anyOf(values.map(isBuild)), negated));
    }
  }
  for (const layer of filter.layers) all.push(turned(hasLayer(layer), layer.negated));
  if (filter.fromMs !== null) all.push(sql<boolean>`builds.started_ms >= ${Math.ceil(filter.fromMs)}`);
  if (filter.toMs !== null) all.push(sql<boolean>`builds.started_ms <= ${Math.floor(filter.toMs)}`);
  return allOf(all);
}

/** The beginning of an id (of four characters at least: a shorter one is a number of the name), or the name. */
function isBuild(value: WantedValue): Condition {
  const name = isOneOf(sql.ref('builds.name'), [value]);
  const prefix = value.text.toLowerCase();
  if (value.pattern || !/^[0-9a-f-]{4,36}$/.test(prefix)) return name;
  return anyOf([name, sql<boolean>`builds.id like ${`${prefix}%`}`]);
}

/** So many digits of a commit are of one commit, which few builds had: from it to them, and not through all builds. */
const TELLING_DIGITS = 7;

function hasLayer({ any }: WantedLayer): Condition {
  const telling = any.every(({ commit }) => commit !== null && commit.length >= TELLING_DIGITS);
  const wanted = anyOf(
    any.map(({ name, commit }) =>
      allOf([
        ...(name === null ? [] : [sql<boolean>`l.name = ${storable(name)}`]),
        ...(commit === null ? [] : [beginsWith(sql.ref('l.commit_hash'), commit)]),
      ]),
    ),
  );
  return telling
    ? sql<boolean>`builds.number in (select l.build from build_layers l where ${wanted})`
    : sql<boolean>`exists (select 1 from build_layers l where l.build = builds.number and ${wanted})`;
}

/** As a range of its index: LIKE would need one of its own. */
export function beginsWith(column: RawBuilder<unknown>, hex: string): Condition {
  return sql<boolean>`(${column} >= ${hex} and ${column} < ${`${hex}g`})`;
}

const of = (filter: SearchFilter, fields: readonly SearchField[]): readonly SearchCondition[] =>
  filter.conditions.filter(({ field }) => fields.includes(field));

/** The name `n` of a recipe; without words. */
export function ofName(filter: SearchFilter): Condition {
  return allOf(of(filter, ['recipe']).map(({ negated, values }) => turned(isOneOf(sql.ref('n.pn'), values), negated)));
}

/** A recipe's run `r`, its name aside. */
export function ofRun(filter: SearchFilter): Condition {
  return allOf(
    of(filter, ['version', 'status']).map(({ field, negated, values }) => {
      if (field === 'version') return turned(isOneOf(sql.ref('r.version'), values), negated);
      const codes = RUN_STATUSES.flatMap((status, code) => (values.some(({ text }) => text === status) ? [code] : []));
      return turned(codes.length === 0 ? FALSE : sql<boolean>`r.status in (${sql.join(codes)})`, negated);
    }),
  );
}

const FAILURE_FIELDS: readonly SearchField[] = ['task', 'class', 'fingerprint', 'cause', 'log'];

/** A failure `f` with its fingerprint `p`, which it may not have; without words. */
export function ofFailure(filter: SearchFilter): Condition {
  return allOf(
    of(filter, ['recipe', 'version', 'status', ...FAILURE_FIELDS]).map(({ field, negated, values }) =>
      turned(failureHas(field, values), negated),
    ),
  );
}

function failureHas(field: SearchField, values: readonly WantedValue[]): Condition {
  switch (field) {
    case 'recipe':
      return isOneOf(sql.ref('f.pn'), values);
    case 'version':
      return isOneOf(sql.ref('f.version'), values);
    case 'task':
      return isOneOf(sql.ref('f.task'), values);
    case 'class':
      return isOneOf(sql.ref('p.class'), values);
    case 'fingerprint':
      // By the index of failures: fingerprints are few.
      return sql<boolean>`f.fingerprint in (select q.number from fingerprints q
        where ${anyOf(values.map(({ text }) => beginsWith(sql.ref('q.hash'), text)))})`;
    case 'cause':
      return anyOf(values.map(({ text }) => holds(sql.ref('f.cause'), text)));
    case 'log': {
      // By now the logs that have the words (search.ts).
      const logs = values.map(({ text }) => text);
      return logs.length === 0 ? FALSE : sql<boolean>`f.blob in (${sql.join(logs)})`;
    }
    // A failure failed, however its build ended.
    default:
      return values.some(({ text }) => text === 'failed') ? TRUE : FALSE;
  }
}

/** Words of the search, as conditions on a text. */
export function words(filter: SearchFilter, found: (word: string) => Condition): Condition {
  return allOf(
    of(filter, ['text']).map(({ negated, values }) => turned(anyOf(values.map(({ text }) => found(text))), negated)),
  );
}

/** In a failure, or in what its build is called. */
export const inFailure = (word: string): Condition =>
  anyOf([holds(sql.ref('f.cause'), word), holds(sql.ref('f.pn'), word), holds(sql.ref('f.task'), word), inBuild(word)]);

/** That column is in lower case already. */
export const inBuild = (word: string): Condition =>
  sql<boolean>`builds.search like ${`%${escaped(word)}%`} escape '\\'`;

export const inRecipe = (word: string): Condition => holds(sql.ref('n.pn'), word);

/** What is asked of failures that an index of theirs answers, a term each: their fingerprint, and their recipe by its exact name. */
export function byIndexOfFailures(filter: SearchFilter): readonly Condition[] {
  return of(filter, ['recipe', 'fingerprint'])
    .filter(
      ({ field, negated, values }) =>
        !negated && (field === 'fingerprint' || values.every(({ text, pattern }) => !pattern && text !== '')),
    )
    .map(({ field, values }) => failureHas(field, values));
}

/** True where something is asked that a row of `failures` has to be read for. */
export function asksOfFailures(filter: SearchFilter): boolean {
  return of(filter, ['recipe', 'version', 'status', ...FAILURE_FIELDS, 'text']).length > 0;
}

export function hasWords(filter: SearchFilter): boolean {
  return of(filter, ['text']).length > 0;
}

/** Of a run `r` of the recipe `n`: it failed as what is asked of failures says. */
export function failedSo(filter: SearchFilter): Condition {
  const terms = of(filter, FAILURE_FIELDS);
  return allOf(
    terms.map(({ field, negated, values }) =>
      turned(
        sql<boolean>`(r.status = 1 and exists (select 1 from failures f left join fingerprints p on p.number = f.fingerprint
          where f.build = r.build and f.pn = n.pn and ${failureHas(field, values)}))`,
        negated,
      ),
    ),
  );
}

/** What is asked of a build by way of `status`, where no recipe is named. */
function ended(filter: SearchFilter): Condition {
  return allOf(
    of(filter, ['status']).map(({ negated, values }) => {
      const outcomes = values.flatMap(({ text }) => STATUS_OUTCOMES[text] ?? []);
      return turned(outcomes.length === 0 ? FALSE : sql<boolean>`builds.outcome in (${sql.join(outcomes)})`, negated);
    }),
  );
}

/** What is asked of recipes and failures, as a condition on their build; see above. */
export function ofParts(filter: SearchFilter): Condition {
  return namesRecipe(filter) ? hasParts(filter) : allOf([hasParts(filter), ended(filter)]);
}

/** True where `status` is a recipe's. */
function namesRecipe(filter: SearchFilter): boolean {
  return of(filter, ['recipe', 'version']).some(({ negated }) => !negated);
}

/** The same without how the build ended: a recipe can fail in a build that was interrupted. */
export function hasParts(filter: SearchFilter): Condition {
  const positive = (fields: readonly SearchField[]) => of(filter, fields).some(({ negated }) => !negated);
  const rowTerms = of(filter, ['recipe', 'version']);
  const failureTerms = of(filter, FAILURE_FIELDS);
  const failureWhere = (where: Condition): Condition =>
    // The column tells for most builds that they have none.
    sql<boolean>`(builds.failures > 0 and exists (select 1 from failures f left join fingerprints p on p.number = f.fingerprint
      where f.build = builds.number and ${where}))`;
  // Names are looked through once, and not beside every run of every build.
  const runWhere = (asked: SearchFilter): Condition =>
    sql<boolean>`exists (select 1 from recipe_runs r where r.build = builds.number and ${ofRun(asked)}
      and r.recipe in (select n.number from recipe_names n where ${ofName(asked)}))`;
  if (positive(FAILURE_FIELDS)) {
    const selective = failureTerms.some(
      ({ field, negated, values }) =>
        field === 'fingerprint' && !negated && values.every(({ text }) => text.length >= TELLING_DIGITS),
    );
    if (!selective) return failureWhere(ofFailure(filter));
    // Few failures have one fingerprint: from them to their builds, and not through all builds.
    return sql<boolean>`builds.number in (select f.build from failures f left join fingerprints p on p.number = f.fingerprint
      where ${ofFailure(filter)})`;
  }
  const none = failureTerms.map(({ field, values }) =>
    turned(
      failureWhere(
        allOf([
          failureHas(field, values),
          ...rowTerms.filter(({ negated }) => !negated).map((term) => failureHas(term.field, term.values)),
        ]),
      ),
      true,
    ),
  );
  if (namesRecipe(filter)) return allOf([runWhere(filter), ...none]);
  const without = rowTerms.map((term) =>
    turned(runWhere({ ...filter, conditions: [{ ...term, negated: false }] }), true),
  );
  return allOf([...without, ...none]);
}
