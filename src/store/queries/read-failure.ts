/** What is known of one failure beside its own build: what its words were found to be, who had the same, and when its recipe was built. */
import { type Kysely, type SqlBool, sql } from 'kysely';
import { RECIPE_SUCCEEDED } from '../recipe-runs.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';

/** A failure of a build with what was found out about its words. */
export interface StoredFailure {
  /** Index into the failures of the build's head. */
  readonly ordinal: number;
  /** Its name within the build (facts.ts). */
  readonly key: string;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly cause: string | null;
  /** 0-based line of its log. */
  readonly causeLine: number | null;
  readonly blob: string | null;
  /** Version of the rules that looked at it; 0: none yet. */
  readonly rules: number;
  /** The cause in its log with some lines around it, also after the log is gone. */
  readonly excerpt: string | null;
  readonly fingerprint: {
    readonly hash: string;
    readonly crossHash: string;
    readonly class: string;
    readonly infrastructure: boolean;
    readonly text: string;
    readonly rules: number;
  } | null;
}

/** Failures of one fingerprint, or of one cause in whatever recipe, in other builds than `except`. */
export type SeenQuestion = ({ readonly hash: string } | { readonly cross: string }) & {
  readonly except: string;
  readonly limit: number;
};

export interface Seen {
  readonly failures: number;
  readonly builds: number;
  /** Names are the most frequent first, and not all where there are many. */
  readonly machineCount: number;
  readonly machines: readonly string[];
  readonly builderCount: number;
  readonly builders: readonly string[];
  readonly hostCount: number;
  readonly hostDistros: readonly string[];
  readonly recipeCount: number;
  readonly recipes: readonly string[];
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly newest: readonly {
    readonly build: string;
    readonly key: string;
    readonly name: string;
    readonly startedMs: number | null;
    readonly machine: string | null;
    readonly distro: string | null;
    readonly builder: string | null;
    readonly hostDistro: string | null;
    readonly branch: string | null;
    readonly pn: string | null;
    readonly version: string | null;
    readonly task: string | null;
  }[];
}

/** A build that executed a recipe, and it passed. */
export interface RecipeSuccess {
  readonly build: string;
  readonly name: string;
  readonly startedMs: number | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly builder: string | null;
  readonly hostDistro: string | null;
  readonly branch: string | null;
  readonly coreCommit: string | null;
  readonly version: string | null;
}

export interface RecipeSuccesses {
  /** On the same machine, distribution and branch. */
  readonly here: RecipeSuccess | null;
  readonly elsewhere: RecipeSuccess | null;
}

/** Names told beside a count: a line of them is read, a page of them is not. */
const NAMES_MAX = 30;

/** In the order in which the build told them. */
export async function readFailures(db: Kysely<Database>, id: string): Promise<StoredFailure[]> {
  const rows = await db
    .selectFrom('failures as f')
    .innerJoin('builds', 'builds.number', 'f.build')
    .leftJoin('fingerprints as fp', 'fp.number', 'f.fingerprint')
    .leftJoin('log_causes as c', 'c.hash', 'f.blob')
    .where('builds.id', '=', id)
    .select([
      'f.ordinal',
      'f.key',
      'f.pn',
      'f.version',
      'f.mc',
      'f.task',
      'f.cause',
      'f.cause_line',
      'f.blob',
      'f.rules',
    ])
    .select([
      'fp.hash',
      'fp.cross_hash',
      'fp.class',
      'fp.infrastructure',
      'fp.text',
      'fp.rules as words_rules',
      'c.excerpt',
    ])
    .orderBy('f.ordinal')
    .execute();
  return rows.map((row) => ({
    ordinal: row.ordinal,
    key: row.key,
    pn: row.pn,
    version: row.version,
    mc: row.mc,
    task: row.task,
    cause: row.cause,
    causeLine: row.cause_line === null ? null : Number(row.cause_line),
    blob: row.blob,
    rules: row.rules,
    excerpt: row.excerpt,
    fingerprint:
      row.hash === null
        ? null
        : {
            hash: row.hash,
            crossHash: row.cross_hash!,
            class: row.class!,
            infrastructure: row.infrastructure === 1,
            text: row.text!,
            rules: row.words_rules!,
          },
  }));
}

/** Of other builds: how many failed in the same words, on what and whose, and the newest of them. */
export async function readSeen(db: Kysely<Database>, sight: Sight, question: SeenQuestion): Promise<Seen> {
  const matching = db
    .selectFrom('failures as f')
    .innerJoin('fingerprints as fp', 'fp.number', 'f.fingerprint')
    .innerJoin('builds', 'builds.number', 'f.build')
    .where('cross' in question ? 'fp.cross_hash' : 'fp.hash', '=', 'cross' in question ? question.cross : question.hash)
    .where('builds.id', '<>', question.except)
    .where(sight.listed());
  const names = async (column: 'builds.machine' | 'builds.builder' | 'builds.host_distro' | 'f.pn') => {
    const rows = await matching
      .where(column, 'is not', null)
      .select([column, ({ fn }) => fn.countAll().as('count')])
      .groupBy(column)
      .orderBy('count', 'desc')
      .orderBy(column)
      .limit(NAMES_MAX)
      .execute();
    // The name of the column is what comes behind its table's.
    const key = column.slice(column.indexOf('.') + 1) as 'machine' | 'builder' | 'host_distro' | 'pn';
    return rows.map((row) => String((row as Readonly<Record<string, unknown>>)[key]));
  };
  const counted = await matching
    .select([
      sql<number>`count(*)`.as('failures'),
      sql<number>`count(distinct f.build)`.as('builds'),
      sql<number>`count(distinct builds.machine)`.as('machines'),
      sql<number>`count(distinct builds.builder)`.as('builders'),
      sql<number>`count(distinct builds.host)`.as('hosts'),
      sql<number>`count(distinct f.pn)`.as('recipes'),
      sql<number | null>`min(builds.started_ms)`.as('first'),
      sql<number | null>`max(builds.started_ms)`.as('last'),
    ])
    .executeTakeFirstOrThrow();
  const failures = Number(counted.failures);
  const rows =
    failures === 0
      ? []
      : await matching
          .select([
            'builds.id',
            'builds.name',
            'builds.started_ms',
            'builds.machine',
            'builds.distro',
            'builds.builder',
          ])
          .select(['builds.host_distro', 'builds.branch', 'f.key', 'f.pn', 'f.version', 'f.task'])
          .orderBy('builds.order_ms', 'desc')
          .orderBy('builds.id')
          .orderBy('f.ordinal')
          .limit(question.limit)
          .execute();
  const time = (ms: number | null): number | null => (ms === null ? null : Number(ms));
  return {
    failures,
    builds: Number(counted.builds),
    machineCount: Number(counted.machines),
    machines: failures === 0 ? [] : await names('builds.machine'),
    builderCount: Number(counted.builders),
    builders: failures === 0 ? [] : await names('builds.builder'),
    hostCount: Number(counted.hosts),
    hostDistros: failures === 0 ? [] : await names('builds.host_distro'),
    recipeCount: Number(counted.recipes),
    recipes: failures === 0 ? [] : await names('f.pn'),
    firstMs: time(counted.first),
    lastMs: time(counted.last),
    newest: rows.map((row) => ({
      build: row.id,
      key: row.key,
      name: row.name,
      startedMs: row.started_ms,
      machine: row.machine,
      distro: row.distro,
      builder: row.builder,
      hostDistro: row.host_distro,
      branch: row.branch,
      pn: row.pn,
      version: row.version,
      task: row.task,
    })),
  };
}

/** Machine, distribution and branch: what a recipe is built for is the same whoever asked for it and wherever. */
async function alike(
  db: Kysely<Database>,
  sight: Sight,
  like: string,
): Promise<ReturnType<typeof sql<SqlBool>> | null> {
  const own = await db
    .selectFrom('builds')
    .select(['machine', 'distro', 'branch'])
    .where('id', '=', like)
    .where(sight.readable())
    .executeTakeFirst();
  if (own === undefined) return null;
  const parts = (['machine', 'distro', 'branch'] as const).map((column) => {
    const value = own[column];
    const name = sql.ref(`builds.${column}`);
    return value === null ? sql<SqlBool>`${name} is null` : sql<SqlBool>`${name} = ${value}`;
  });
  return sql<SqlBool>`(${sql.join(parts, sql` and `)})`;
}

/** The newest build that executed the recipe and passed: in the configuration of `like`, and in any other. */
export async function readSuccesses(
  db: Kysely<Database>,
  sight: Sight,
  { pn, like }: { readonly pn: string; readonly like: string },
): Promise<RecipeSuccesses> {
  const same = await alike(db, sight, like);
  if (same === null) return { here: null, elsewhere: null };
  const newest = async (where: ReturnType<typeof sql<SqlBool>>): Promise<RecipeSuccess | null> => {
    const row = await db
      .selectFrom('recipe_names as n')
      .innerJoin('recipe_runs as r', 'r.recipe', 'n.number')
      .innerJoin('builds', 'builds.number', 'r.build')
      .where('n.pn', '=', pn)
      .where('r.status', '=', RECIPE_SUCCEEDED)
      .where(sight.listed())
      .where(where)
      .select(['builds.id', 'builds.name', 'builds.started_ms', 'builds.machine', 'builds.distro', 'builds.builder'])
      .select(['builds.host_distro', 'builds.branch', 'builds.core_commit', 'r.version'])
      .orderBy('builds.order_ms', 'desc')
      .orderBy('builds.id')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      build: row.id,
      name: row.name,
      startedMs: row.started_ms,
      machine: row.machine,
      distro: row.distro,
      builder: row.builder,
      hostDistro: row.host_distro,
      branch: row.branch,
      coreCommit: row.core_commit,
      version: row.version,
    };
  };
  return { here: await newest(same), elsewhere: await newest(sql<SqlBool>`not coalesce(${same}, false)`) };
}
