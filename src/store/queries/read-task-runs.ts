/**
 * What single tasks did in many builds, and what they were made of: histories of one task for its blame range, and the runs of all tasks that
 * ever failed to find those that are not steady. Read from three columns at the positions of those tasks; the tables are not decoded.
 */
import { type Kysely, sql } from 'kysely';
import { BLOCK_LENGTH, blockLength } from '../../model/columns.ts';
import { findPositions } from '../../model/key-list.ts';
import { TASK_FAILED, TASK_SUCCEEDED } from '../../model/task-table.ts';
import { columnBlocks } from '../column-blocks.ts';
import { unpackText } from '../compression.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type {
  BuildHead,
  BuildListFilter,
  ExecutedTask,
  TaskElsewhere,
  TaskElsewhereQuestion,
  TaskHistory,
  TaskHistoryQuestion,
} from '../store.ts';
import { matches } from './list-builds.ts';
import { readLayers } from './read-recipe-runs.ts';

export interface TaskName {
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
}

export interface BuildTable {
  readonly number: number;
  readonly key_list: number;
  readonly positions: number;
}

export interface TaskRunAt extends TaskName {
  readonly build: number;
  /** Index into TASK_OUTCOMES. */
  readonly outcome: number;
  /** 16 hex digits; null: not recorded. */
  readonly hash: string | null;
}

const OUTCOME = '@outcome';
const HASH_HIGH = '@hash-high';
const HASH_LOW = '@hash-low';

/**
 * Builds of one machine, distribution and branch, on both sides of the one that is asked for; they are what a blame range is made of. Host and
 * target are left out: what is built for a machine is the same whoever asked for it.
 */
export async function readTaskHistory(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  question: TaskHistoryQuestion,
): Promise<TaskHistory> {
  const own = await db
    .selectFrom('builds')
    .select(['order_ms', 'machine', 'distro', 'branch'])
    .where('id', '=', question.like)
    .where(sight.readable())
    .executeTakeFirst();
  if (own === undefined) return [];
  const same = (column: 'machine' | 'distro' | 'branch') => {
    const value = own[column];
    return value === null ? sql<boolean>`${sql.ref(column)} is null` : sql<boolean>`${sql.ref(column)} = ${value}`;
  };
  const beside = (side: 'before' | 'after') =>
    db
      .selectFrom('builds')
      .select(HISTORY_COLUMNS)
      .where((eb) => eb.or([sight.listed(), eb.and([eb('id', '=', question.like), sight.readable()])]))
      .where(same('machine'))
      .where(same('distro'))
      .where(same('branch'))
      .where('order_ms', side === 'before' ? '<=' : '>', own.order_ms)
      .orderBy('order_ms', side === 'before' ? 'desc' : 'asc')
      .orderBy('id')
      .limit(question.builds)
      .execute();
  const builds = [...(await beside('before')).reverse(), ...(await beside('after'))];
  return historyOf(db, dialect, dictionaries, builds, question);
}

/** Builds of the same branch, whatever they were built for, that began then or later: the first of them. */
export async function readTaskElsewhere(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  question: TaskElsewhereQuestion,
): Promise<TaskElsewhere> {
  const own = await db
    .selectFrom('builds')
    .select('branch')
    .where('id', '=', question.like)
    .where(sight.readable())
    .executeTakeFirst();
  if (own === undefined) return [];
  const { branch } = own;
  const builds = await db
    .selectFrom('builds')
    .select([...HISTORY_COLUMNS, 'machine', 'distro'])
    .where(sight.listedInOrder())
    .where(branch === null ? sql<boolean>`branch is null` : sql<boolean>`branch = ${storable(branch)}`)
    .where('order_ms', '>=', question.fromMs)
    .orderBy('order_ms')
    .orderBy('id')
    .limit(question.builds)
    .execute();
  const history = await historyOf(db, dialect, dictionaries, builds, question);
  return history.map((run, i) => ({ ...run, machine: builds[i]!.machine, distro: builds[i]!.distro }));
}

const HISTORY_COLUMNS = ['number', 'id', 'started_ms', 'order_ms', 'key_list', 'positions', 'host_distro'] as const;

async function historyOf(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  builds: readonly (BuildTable & {
    readonly id: string;
    readonly started_ms: number | null;
    readonly host_distro: string | null;
  })[],
  { mc, pn, task }: TaskName,
): Promise<TaskHistory> {
  const numbers = builds.map(({ number }) => number);
  const [runs, failures, layers] = await Promise.all([
    taskRunsAt(db, dialect, dictionaries, builds, [{ mc, pn, task }]),
    db
      .selectFrom('failures as f')
      .leftJoin('fingerprints as fp', 'fp.number', 'f.fingerprint')
      .select(['f.build', 'f.key', 'fp.hash', 'fp.infrastructure'])
      .where(dialect.oneOf('f.build', numbers))
      .where('f.pn', '=', pn)
      .where('f.task', '=', task)
      .where('f.mc', '=', mc)
      .execute(),
    readLayers(db, dialect, numbers),
  ]);
  const runOf = new Map<number, TaskRunAt>();
  // Of several runs in one build (it was tried again) a pass is what the build came to.
  for (const run of runs) {
    const before = runOf.get(run.build);
    if (before === undefined || rank(run.outcome) > rank(before.outcome)) runOf.set(run.build, run);
  }
  const failureOf = new Map(failures.map((failure) => [failure.build, failure]));
  return builds.map(({ number, id, started_ms, host_distro }) => {
    const run = runOf.get(number);
    const failure = failureOf.get(number);
    return {
      build: id,
      startedMs: started_ms,
      // A build that came as an error report has a failure and no task table.
      outcome: run?.outcome ?? (failure === undefined ? null : TASK_FAILED),
      hash: run?.hash ?? null,
      hostDistro: host_distro,
      key: failure?.key ?? null,
      fingerprint: failure?.hash ?? null,
      infrastructure: failure?.infrastructure === 1,
      layers: layers.get(number) ?? [],
    };
  });
}

function rank(outcome: number): number {
  return outcome === TASK_SUCCEEDED ? 2 : outcome === TASK_FAILED ? 1 : 0;
}

/** Every run, passed or failed, of the hashes that failed in these builds. */
export async function readFailedHashes(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  filter: BuildListFilter,
  limit: number,
): Promise<{ readonly runs: readonly ExecutedTask[]; readonly builds: number }> {
  const builds = await db
    .selectFrom('builds')
    .select(['number', 'id', 'started_ms', 'key_list', 'positions', 'host_distro', 'failures'])
    .where(sight.listed())
    .where((eb) => matches(eb, filter, null))
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  const failed = builds.filter(({ failures }) => failures > 0).map(({ number }) => number);
  const told = await db
    .selectFrom('failures')
    .select(['mc', 'pn', 'task'])
    .where(dialect.oneOf('build', failed))
    .where('pn', 'is not', null)
    .where('task', 'is not', null)
    .groupBy(['mc', 'pn', 'task'])
    .execute();
  const names = told.map(({ mc, pn, task }) => ({ mc, pn: pn!, task: task! }));
  const runs = await taskRunsAt(db, dialect, dictionaries, builds, names);
  const bad = new Set(runs.filter(({ outcome }) => outcome === TASK_FAILED).map(({ hash }) => hash));
  const wanted = runs.filter(
    ({ outcome, hash }) => hash !== null && bad.has(hash) && (outcome === TASK_FAILED || outcome === TASK_SUCCEEDED),
  );
  const numbers = [...new Set(wanted.map(({ build }) => build))];
  const [marks, heads] = await Promise.all([
    db
      .selectFrom('failures as f')
      .leftJoin('fingerprints as fp', 'fp.number', 'f.fingerprint')
      .select(['f.build', 'f.mc', 'f.pn', 'f.task', 'fp.infrastructure'])
      .where(dialect.oneOf('f.build', numbers))
      .execute(),
    db.selectFrom('build_heads').select(['build', 'head']).where(dialect.oneOf('build', numbers)).execute(),
  ]);
  const infrastructure = new Set(
    marks.filter((mark) => mark.infrastructure === 1).map((mark) => `${mark.build}\n${nameKey(mark)}`),
  );
  const messages = new Map(
    heads.map(({ build, head }) => [build, (JSON.parse(unpackText(head)) as Pick<BuildHead, 'messages'>).messages]),
  );
  const about = new Map(builds.map((build) => [build.number, build]));
  return {
    builds: builds.length,
    runs: wanted.map((run) => {
      const build = about.get(run.build)!;
      return {
        build: build.id,
        startedMs: build.started_ms,
        hostDistro: build.host_distro,
        mc: run.mc,
        pn: run.pn,
        task: run.task,
        hash: run.hash!,
        passed: run.outcome === TASK_SUCCEEDED,
        infrastructure: infrastructure.has(`${run.build}\n${nameKey(run)}`),
        messages: messages.get(run.build) ?? [],
      };
    }),
  };
}

function nameKey({ mc, pn, task }: { mc: string; pn: string | null; task: string | null }): string {
  return `${mc}\n${pn}\n${task}`;
}

/** Parameters of one question; key lists come unpacked, some 100 KB each. */
const LISTS_AT_ONCE = 200;

/** Where the named tasks stand in tables of each key list: builds that share one have their tasks at the same positions. */
async function placesOf(
  db: Kysely<Database>,
  builds: readonly BuildTable[],
  names: readonly TaskName[],
): Promise<Map<number, { readonly position: number; readonly name: TaskName }[]>> {
  const places = new Map<number, { readonly position: number; readonly name: TaskName }[]>();
  const lists = [...new Set(builds.map(({ key_list }) => key_list))];
  for (let at = 0; at < lists.length; at += LISTS_AT_ONCE) {
    const rows = await db
      .selectFrom('key_lists')
      .select(['number', 'body'])
      .where('number', 'in', lists.slice(at, at + LISTS_AT_ONCE))
      .execute();
    for (const { number, body } of rows) {
      const list = unpackText(body);
      places.set(
        number,
        names.flatMap((name) =>
          findPositions(list, name.mc, name.pn, name.task).map((position) => ({ position, name })),
        ),
      );
    }
  }
  return places;
}

/** `hashes`: false where only outcomes are wanted, which is a third of the reading. */
export async function taskRunsAt(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  builds: readonly BuildTable[],
  names: readonly TaskName[],
  hashes = true,
): Promise<TaskRunAt[]> {
  if (names.length === 0) return [];
  const places = await placesOf(db, builds, names);
  const blocks = new Set<number>();
  for (const list of places.values()) for (const { position } of list) blocks.add(Math.floor(position / BLOCK_LENGTH));
  const numbers = builds.map(({ number }) => number);
  const about = new Map(builds.map((build) => [build.number, build]));
  const found: TaskRunAt[] = [];
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const read = async (column: string) => {
      const columns = await columnBlocks(db, dialect, dictionaries, column, numbers, block);
      return new Map(columns.map((one) => [one.build, one]));
    };
    const outcomes = await read(OUTCOME);
    const [highs, lows] = hashes ? [await read(HASH_HIGH), await read(HASH_LOW)] : [null, null];
    for (const [number, column] of outcomes) {
      const build = about.get(number)!;
      const here = (places.get(build.key_list) ?? []).filter(
        ({ position }) => Math.floor(position / BLOCK_LENGTH) === block,
      );
      if (here.length === 0) continue;
      const size = blockLength(build.positions, block);
      const outcomeAt = column.open(size);
      const highAt = highs?.get(number)?.open(size);
      const lowAt = lows?.get(number)?.open(size);
      for (const { position, name } of here) {
        const within = position % BLOCK_LENGTH;
        const outcome = outcomeAt(within);
        if (Number.isNaN(outcome)) continue;
        found.push({ ...name, build: number, outcome, hash: hashOf(highAt?.(within), lowAt?.(within)) });
      }
    }
  }
  return found;
}

function hashOf(high: number | undefined, low: number | undefined): string | null {
  if (high === undefined || low === undefined || Number.isNaN(high) || Number.isNaN(low)) return null;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
