/** Test runs of builds and their cases. */
import { createHash } from 'node:crypto';
import { type Kysely, type Selectable, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import type { BuildOutcome } from '../model/build.ts';
import {
  countTests,
  type TestCase,
  type TestCounts,
  type TestFormat,
  type TestRun,
  type TestState,
  testState,
} from '../model/test-run.ts';
import type { Dialect } from './dialect.ts';
import { insertRows } from './insert-rows.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import { storable } from './storable.ts';

/** A run without its cases. */
export interface TestRunHead extends Omit<TestRun, 'cases'>, TestCounts {
  readonly number: number;
  readonly build: string;
  readonly receivedMs: number;
}

export interface StoredTestCase extends TestCase {
  readonly ordinal: number;
  readonly state: TestState;
}

export interface TestCaseFilter {
  readonly states: readonly TestState[];
  readonly words: readonly string[];
}

/** One result of a case in some build. */
export interface TestCasePoint {
  readonly build: string;
  readonly run: string;
  readonly startedMs: number | null;
  readonly status: string;
  readonly state: TestState;
  readonly durationMs: number | null;
  readonly outcome: BuildOutcome;
  readonly machine: string | null;
  readonly image: string | null;
}

export interface Tests {
  /** Writes a run of a build; the same again writes nothing, another of that key takes its place. */
  save(build: string, run: TestRun, nowMs: number): Promise<{ readonly changed: boolean }>;
  /** Of the build, the newest first. Null: no such build. */
  runsOf(build: string): Promise<readonly TestRunHead[] | null>;
  casesOf(
    build: string,
    run: number,
    filter: TestCaseFilter,
    page: { readonly after: number; readonly limit: number },
  ): Promise<{ readonly cases: readonly StoredTestCase[]; readonly matching: number }>;
  /** Name and status of every case of a run, in its order. */
  statusesOf(build: string, run: number): Promise<readonly (readonly [name: string, status: string])[]>;
  /** What became of a case in the last runs of builds that may be listed, the newest first; of runs of the same machine and image where those are given. */
  historyOf(
    name: string,
    like: Pick<TestRun, 'machine' | 'image' | 'type'> | null,
    limit: number,
  ): Promise<readonly TestCasePoint[]>;
}

interface About {
  readonly layers: TestRun['layers'];
  readonly configuration: TestRun['configuration'];
  readonly suites: TestRun['suites'];
  readonly withoutStatus: TestRun['withoutStatus'];
}

/** Names asked for in one statement; more parameters win nothing (insert-rows.ts). */
const NAMES_AT_ONCE = 1000;

export function testsOf(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  readable: (build: string) => Promise<boolean>,
): Tests {
  return {
    save: (build, run, nowMs) => saveRun(db, dialect, build, run, nowMs),
    runsOf: async (build) => {
      if (!(await readable(build))) return null;
      const rows = await db
        .selectFrom('test_runs')
        .selectAll()
        .where('build', '=', build)
        .orderBy('started_ms', 'desc')
        .orderBy('number')
        .execute();
      return rows.map(headOf);
    },
    casesOf: async (build, run, filter, { after, limit }) => {
      if (!(await readable(build))) return { cases: [], matching: 0 };
      const matching = matches(casesIn(db, build, run), filter);
      const [rows, counted] = await Promise.all([
        matching
          .select(['ordinal', 'test_names.name as name', 'result', 'state', 'duration_ms', 'detail'])
          .where('ordinal', '>', after)
          .orderBy('ordinal')
          .limit(limit)
          .execute(),
        matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
      ]);
      return { cases: rows.map(caseOf), matching: Number(counted.count) };
    },
    statusesOf: async (build, run) => {
      if (!(await readable(build))) return [];
      const rows = await casesIn(db, build, run)
        .select(['test_names.name as name', 'result'])
        .orderBy('ordinal')
        .execute();
      return rows.map(({ name, result }) => [name, result] as const);
    },
    historyOf: async (name, like, limit) => {
      let query = db
        .selectFrom('test_names')
        .innerJoin('test_cases', 'test_cases.test', 'test_names.number')
        .innerJoin('test_runs', 'test_runs.number', 'test_cases.run')
        .innerJoin('builds', 'builds.id', 'test_runs.build')
        .where('test_names.name', '=', storable(name))
        .where(sight.listed());
      if (like !== null)
        for (const column of ['machine', 'image', 'type'] as const) {
          const value = like[column];
          query = query.where(
            `test_runs.${column}`,
            value === null ? 'is' : '=',
            value === null ? null : storable(value),
          );
        }
      const rows = await query
        .select([
          'test_runs.build as build',
          'run_key',
          'test_runs.started_ms as run_started_ms',
          'builds.started_ms as build_started_ms',
          'result',
          'state',
          'test_cases.duration_ms as duration_ms',
          'builds.outcome as outcome',
          'test_runs.machine as machine',
          'test_runs.image as image',
        ])
        .orderBy(sql`coalesce(test_runs.started_ms, builds.order_ms)`, 'desc')
        .orderBy('test_runs.number', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        build: row.build,
        run: row.run_key,
        startedMs: row.run_started_ms ?? row.build_started_ms,
        status: row.result,
        state: row.state as TestState,
        durationMs: row.duration_ms,
        outcome: row.outcome as BuildOutcome,
        machine: row.machine,
        image: row.image,
      }));
    },
  };
}

function casesIn(db: Kysely<Database>, build: string, run: number) {
  return db
    .selectFrom('test_cases')
    .innerJoin('test_runs', 'test_runs.number', 'test_cases.run')
    .innerJoin('test_names', 'test_names.number', 'test_cases.test')
    .where('test_cases.run', '=', run)
    .where('test_runs.build', '=', build);
}

function matches<O>(
  query: SelectQueryBuilder<Database, 'test_cases' | 'test_runs' | 'test_names', O>,
  { states, words }: TestCaseFilter,
): SelectQueryBuilder<Database, 'test_cases' | 'test_runs' | 'test_names', O> {
  let narrowed = query;
  if (states.length > 0) narrowed = narrowed.where('state', 'in', states);
  for (const word of words) {
    const pattern = `%${storable(word.toLowerCase()).replace(/[\\%_]/g, '\\$&')}%`;
    narrowed = narrowed.where(sql<boolean>`lower(test_names.name) like ${pattern} escape '\\'`);
  }
  return narrowed;
}

function caseOf(row: {
  ordinal: number;
  name: string;
  result: string;
  state: string;
  duration_ms: number | null;
  detail: string | null;
}): StoredTestCase {
  const { ordinal, name, result, state, duration_ms, detail } = row;
  return { ordinal, name, status: result, state: state as TestState, durationMs: duration_ms, detail };
}

function headOf(row: Omit<Selectable<Database['test_runs']>, 'revision'>): TestRunHead {
  const { number, build, type, series, machine, image, distro, passed, failed, skipped, other } = row;
  const about = JSON.parse(row.about) as About;
  return {
    ...{ number, build, key: row.run_key, format: row.format as TestFormat, type, series, machine, image, distro },
    ...{ startedMs: row.started_ms, receivedMs: row.received_ms, passed, failed, skipped, other },
    ...about,
  };
}

async function saveRun(
  db: Kysely<Database>,
  dialect: Dialect,
  build: string,
  run: TestRun,
  nowMs: number,
): Promise<{ changed: boolean }> {
  const revision = createHash('sha256').update(JSON.stringify(run)).digest('hex').slice(0, 32);
  const key = storable(run.key);
  const { layers, configuration, suites, withoutStatus } = run;
  const about: About = { layers, configuration, suites, withoutStatus };
  const text = (value: string | null) => (value === null ? null : storable(value));
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('test_runs')
      .select('revision')
      .where('build', '=', build)
      .where('run_key', '=', key)
      .executeTakeFirst();
    if (before?.revision === revision) return { changed: false };
    const names = await needNames(trx, dialect, [...new Set(run.cases.map(({ name }) => storable(name)))]);
    await trx.deleteFrom('test_runs').where('build', '=', build).where('run_key', '=', key).execute();
    const { number } = await trx
      .insertInto('test_runs')
      .values({
        ...{ build, run_key: key, revision, format: run.format, type: text(run.type), series: text(run.series) },
        ...{ machine: text(run.machine), image: text(run.image), distro: text(run.distro) },
        ...{ started_ms: run.startedMs, received_ms: Math.round(nowMs), ...countTests(run.cases) },
        about: storable(JSON.stringify(about)),
      })
      .returning('number')
      .executeTakeFirstOrThrow();
    await insertRows(
      trx,
      dialect,
      'test_cases',
      ['run', 'ordinal', 'test', 'result', 'state', 'duration_ms', 'detail'],
      run.cases.map(({ name, status, durationMs, detail }, ordinal) => [
        ...[number, ordinal, names.get(storable(name))!, status, testState(status), durationMs, detail],
      ]),
    );
    return { changed: true };
  });
}

/** The numbers of names, made where they are new. */
async function needNames(
  trx: Transaction<Database>,
  dialect: Dialect,
  names: readonly string[],
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  const find = async (some: readonly string[]) => {
    for (let at = 0; at < some.length; at += NAMES_AT_ONCE) {
      const asked = some.slice(at, at + NAMES_AT_ONCE);
      const rows = await trx.selectFrom('test_names').select(['number', 'name']).where('name', 'in', asked).execute();
      for (const { number, name } of rows) numbers.set(name, number);
    }
  };
  await find(names);
  // In one order for all writers, so that two that add the same names do not wait for each other.
  const missing = names.filter((name) => !numbers.has(name)).sort();
  await insertRows(
    trx,
    dialect,
    'test_names',
    ['name'],
    missing.map((name) => [name]),
    'on conflict (name) do nothing',
  );
  await find(missing);
  return numbers;
}

/** Runs of an id that turned out to be another account of the build; of one key the build's own stays. */
export async function moveTests(trx: Transaction<Database>, alias: string, build: string): Promise<void> {
  await trx
    .deleteFrom('test_runs')
    .where('build', '=', alias)
    .where('run_key', 'in', (inner) =>
      inner.selectFrom('test_runs as own').select('own.run_key').where('own.build', '=', build),
    )
    .execute();
  await trx.updateTable('test_runs').set({ build }).where('build', '=', alias).execute();
}

export async function dropTests(trx: Transaction<Database>, build: string): Promise<void> {
  await trx.deleteFrom('test_runs').where('build', '=', build).execute();
}
