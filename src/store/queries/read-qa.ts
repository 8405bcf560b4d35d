/** Package QA issues over many builds, and what those of one build are compared with. */
import { type Kysely, sql } from 'kysely';
import type { BuildOutcome } from '../../model/build.ts';
import { TASK_FAILED, TASK_SUCCEEDED } from '../../model/task-table.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import { storable } from '../storable.ts';
import type { QaIssuesQuestion, StoredQaHistory, StoredQaIssues } from '../store.ts';
import { matches } from './list-builds.ts';
import { type BuildTable, type TaskName, taskRunsAt } from './read-task-runs.ts';

const QA_TASK = 'do_package_qa';
/** Classes times recipes; a layer that has just met a new check has some hundred recipes with it, and nobody reads more. */
const GROUPS_MAX = 5000;
const EXAMPLE_CHARS = 400;

/**
 * Issues of the last builds that match, counted by build and class, and by class and recipe. Bounded by builds: 200 of them with 100 issues each
 * are 20,000 rows, counted in some 20 ms.
 */
export async function readQaIssues(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  { filter, builds, pn }: QaIssuesQuestion,
): Promise<StoredQaIssues> {
  const last = await db
    .selectFrom('builds')
    .where(sight.listedInOrder())
    .where((eb) => matches(eb, filter, null))
    .select(['number', 'id', 'name', 'started_ms', 'order_ms', 'outcome', 'targets', 'machine', 'distro', 'branch'])
    .select(['builder', 'qa_checks', 'key_list', 'positions'])
    .orderBy('order_ms', 'desc')
    .orderBy('id')
    .limit(builds)
    .execute();
  const numbers = last.map(({ number }) => number);
  const found = db
    .selectFrom('qa_issues')
    .where(dialect.oneOf('qa_issues.build', numbers))
    .$if(pn !== null, (query) => query.where('qa_issues.pn', '=', storable(pn ?? '')));
  const [counts, groups, checks] = await Promise.all([
    found
      .groupBy(['build', 'qa_class'])
      .select((eb) => ['build', 'qa_class', eb.fn.countAll<number>().as('issues')])
      .orderBy('build', 'desc')
      .orderBy('qa_class')
      .execute(),
    found
      .innerJoin('builds', 'builds.number', 'qa_issues.build')
      .groupBy(['qa_class', 'pn', 'severity'])
      .select((eb) => [
        'qa_class',
        'pn',
        'severity',
        eb.fn.countAll<number>().as('issues'),
        sql<number>`count(distinct qa_issues.build)`.as('builds'),
        eb.fn.min<number>('builds.order_ms').as('first_ms'),
        eb.fn.max<number>('builds.order_ms').as('last_ms'),
        sql<string>`max(substr(qa_issues.message, 1, ${sql.lit(EXAMPLE_CHARS)}))`.as('message'),
      ])
      .orderBy('issues', 'desc')
      .orderBy('qa_class')
      .orderBy('pn')
      .orderBy('severity')
      .limit(GROUPS_MAX + 1)
      .execute(),
    pn === null ? null : checksOf(db, dialect, dictionaries, last, storable(pn)),
  ]);
  const indexOf = new Map(last.map(({ number }, index) => [number, index]));
  const issuesOf = new Map<number, number>();
  for (const { build, issues } of counts) issuesOf.set(build, (issuesOf.get(build) ?? 0) + Number(issues));
  // Newest first: of two builds of one millisecond the one that is listed first is the newest, and the other the oldest.
  const newest = new Map<number, number>();
  const oldest = new Map<number, number>();
  for (const [index, { order_ms }] of last.entries()) {
    if (!newest.has(order_ms)) newest.set(order_ms, index);
    oldest.set(order_ms, index);
  }
  return {
    builds: last.map((row) => ({
      build: row.id,
      name: row.name,
      startedMs: row.started_ms,
      outcome: row.outcome as BuildOutcome,
      targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
      machine: row.machine,
      distro: row.distro,
      branch: row.branch,
      builder: row.builder,
      // Whether it has a task table at all is what the count of all its checks says.
      checks: checks === null || row.qa_checks === null ? row.qa_checks : (checks.get(row.number) ?? 0),
      issues: issuesOf.get(row.number) ?? 0,
    })),
    counts: counts.map(({ build, qa_class, issues }) => ({
      build: indexOf.get(build)!,
      qaClass: qa_class,
      issues: Number(issues),
    })),
    groups: groups.slice(0, GROUPS_MAX).map((group) => ({
      qaClass: group.qa_class,
      pn: group.pn,
      severity: group.severity === 'error' ? 'error' : 'warning',
      issues: Number(group.issues),
      builds: Number(group.builds),
      first: oldest.get(Number(group.first_ms))!,
      last: newest.get(Number(group.last_ms))!,
      message: group.message,
    })),
    more: groups.length > GROUPS_MAX,
  };
}

/** How many runs of a recipe's check each build executed, in all its multiconfigs. */
async function checksOf(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  builds: readonly BuildTable[],
  pn: string,
): Promise<ReadonlyMap<number, number>> {
  const told = await db
    .selectFrom('recipe_runs')
    .innerJoin('recipe_names', 'recipe_names.number', 'recipe_runs.recipe')
    .where('recipe_names.pn', '=', pn)
    .where(
      dialect.oneOf(
        'recipe_runs.build',
        builds.map(({ number }) => number),
      ),
    )
    .select('recipe_runs.mc')
    .distinct()
    .execute();
  const names = told.map(({ mc }) => ({ mc, pn, task: QA_TASK }));
  const executed = new Map<number, number>();
  for (const { build, outcome } of await taskRunsAt(db, dialect, dictionaries, builds, names, false))
    if (isExecuted(outcome)) executed.set(build, (executed.get(build) ?? 0) + 1);
  return executed;
}

function isExecuted(outcome: number): boolean {
  return outcome === TASK_SUCCEEDED || outcome === TASK_FAILED;
}

/**
 * Issues of a build, those of the same recipes in earlier builds of its machine, distribution and branch, and which of those builds executed the
 * checks. Host and target are left out as in a blame range: what is packaged for a machine is the same whoever asked for it.
 */
export async function readQaHistory(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  build: string,
  task: string,
  limit: number,
): Promise<StoredQaHistory | null> {
  const own = await db
    .selectFrom('builds')
    .select(['number', 'order_ms', 'machine', 'distro', 'branch'])
    .where('id', '=', build)
    .where(sight.readable())
    .executeTakeFirst();
  if (own === undefined) return null;
  const same = (column: 'machine' | 'distro' | 'branch') => {
    const value = own[column];
    return value === null ? sql<boolean>`${sql.ref(column)} is null` : sql<boolean>`${sql.ref(column)} = ${value}`;
  };
  const issues = () =>
    db
      .selectFrom('qa_issues')
      // The version is the recipe run's; one that is not in the build's table has none.
      .leftJoin('recipe_names', 'recipe_names.pn', 'qa_issues.pn')
      .leftJoin('recipe_runs', (join) =>
        join
          .onRef('recipe_runs.build', '=', 'qa_issues.build')
          .onRef('recipe_runs.recipe', '=', 'recipe_names.number')
          .onRef('recipe_runs.mc', '=', 'qa_issues.mc'),
      );
  const [before, mine] = await Promise.all([
    db
      .selectFrom('builds')
      .select(['number', 'id', 'order_ms', 'key_list', 'positions'])
      .where(sight.listed())
      .where(same('machine'))
      .where(same('distro'))
      .where(same('branch'))
      .where('order_ms', '<', own.order_ms)
      .orderBy('order_ms', 'desc')
      .orderBy('id')
      .limit(limit)
      .execute(),
    issues()
      .where('qa_issues.build', '=', own.number)
      // Two versions of one recipe in a build would be two rows.
      .groupBy(['qa_issues.ordinal', 'qa_class', 'severity', 'qa_issues.pn', 'task', 'qa_issues.mc', 'message'])
      .select(['qa_class', 'severity', 'qa_issues.pn', 'task', 'qa_issues.mc', 'message'])
      .select((eb) => eb.fn.max<string | null>('recipe_runs.version').as('version'))
      .orderBy('qa_issues.ordinal')
      .execute(),
  ]);
  const numbers = before.map(({ number }) => number);
  const names = new Map<string, TaskName>();
  for (const { pn, mc, task: named } of mine)
    if (pn !== null) names.set(`${mc}\n${pn}\n${named ?? task}`, { mc, pn, task: named ?? task });
  const [theirs, runs] = await Promise.all([
    issues()
      .innerJoin('builds', 'builds.number', 'qa_issues.build')
      .where(dialect.oneOf('qa_issues.build', numbers))
      .where((eb) =>
        eb.or([
          eb('qa_issues.pn', 'in', eb.selectFrom('qa_issues as o').select('o.pn').where('o.build', '=', own.number)),
          eb('qa_issues.pn', 'is', null),
        ]),
      )
      .groupBy(['qa_class', 'qa_issues.pn', 'task', 'message', 'recipe_runs.version'])
      .select(['qa_class', 'qa_issues.pn', 'task', 'message', 'recipe_runs.version'])
      .select((eb) => eb.fn.min<number>('builds.order_ms').as('first_ms'))
      .orderBy('first_ms')
      .orderBy('message')
      .execute(),
    taskRunsAt(db, dialect, dictionaries, before, [...names.values()], false),
  ]);
  const idAt = new Map(before.map(({ order_ms, id }) => [order_ms, id]));
  const placeOf = new Map(before.map(({ number }, place) => [number, place]));
  const last = new Map<string, { pn: string; task: string; place: number }>();
  for (const { build: number, pn, task: name, outcome } of runs) {
    if (!isExecuted(outcome)) continue;
    const place = placeOf.get(number)!;
    const known = last.get(`${pn}\n${name}`);
    if (known === undefined || place < known.place) last.set(`${pn}\n${name}`, { pn, task: name, place });
  }
  return {
    builds: before.length,
    own: mine.map(({ qa_class, severity, pn, version, task: name, message }) => ({
      qaClass: qa_class,
      severity: severity === 'error' ? 'error' : 'warning',
      pn,
      version,
      task: name,
      message,
    })),
    earlier: theirs.map(({ qa_class, pn, version, task: name, message, first_ms }) => ({
      qaClass: qa_class,
      pn,
      version,
      task: name,
      message,
      build: idAt.get(Number(first_ms))!,
    })),
    checks: [...last.values()].map(({ pn, task: name, place }) => ({ pn, task: name, build: before[place]!.id })),
  };
}
