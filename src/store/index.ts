import { Kysely } from 'kysely';
import { accountsOf } from './accounts.ts';
import { addAlias, aliasOf, serverSecret } from './aliases.ts';
import { blobIndex } from './blob-index.ts';
import { dialectFor } from './dialect.ts';
import { Dictionaries } from './dictionaries.ts';
import { countAlike, failureIndex } from './failure-index.ts';
import { farmsOf, readRelations } from './farms.ts';
import { logIndex, searchLogs } from './log-search.ts';
import { migrate } from './migrations/index.ts';
import { countFacets } from './queries/count-facets.ts';
import { databaseBytes } from './queries/database-bytes.ts';
import { findByOrigin } from './queries/find-by-origin.ts';
import { readFirstSeen } from './queries/first-seen.ts';
import { groupFailures } from './queries/group-failures.ts';
import { countBuilds, listBuilds } from './queries/list-builds.ts';
import { listFailures } from './queries/list-failures.ts';
import {
  findIds,
  hasHidden,
  isReadable,
  readAccess,
  readBesides,
  readBuild,
  readContents,
  readGraph,
  readGraphBytes,
  readHead,
  readSampleBytes,
  readSamples,
  readSummary,
  readTaskBytes,
  readTaskTable,
  setAccess,
} from './queries/read-build.ts';
import { readCube, readRunsOfCell } from './queries/read-cube.ts';
import { readFailures, readSeen, readSuccesses } from './queries/read-failure.ts';
import { readHistories, readNeighbours } from './queries/read-histories.ts';
import { readMatrix } from './queries/read-matrix.ts';
import { readQaHistory, readQaIssues } from './queries/read-qa.ts';
import { listRecipes, readRecipeRuns } from './queries/read-recipe-runs.ts';
import { readFailedHashes, readTaskElsewhere, readTaskHistory } from './queries/read-task-runs.ts';
import { readTesting } from './queries/read-testing.ts';
import { readTopTasks } from './queries/read-top-tasks.ts';
import { readTrend } from './queries/read-trend.ts';
import { readWaterfall } from './queries/read-waterfall.ts';
import { searchOf } from './queries/search.ts';
import { recipeRecount } from './recipe-recount.ts';
import { reportNumbers } from './report-numbers.ts';
import { retention } from './retention.ts';
import { deleteBuild, saveBuild } from './save-build.ts';
import { savedSearchesOf } from './saved-searches.ts';
import type { Database } from './schema.ts';
import { sightOf } from './sight.ts';
import type { Store, Viewer } from './store.ts';
import { testsOf } from './tests.ts';
import { triageOf } from './triage.ts';
import { uploadsOf } from './uploads.ts';

/**
 * Opens a store and brings it to this program's version: `sqlite:/path/file.db` (made where absent), `sqlite::memory:` or
 * `postgres://…`. Throws `conflict` for a database of a newer program and leaves it untouched.
 */
export async function openStore(database: string): Promise<Store> {
  const dialect = dialectFor(database);
  const db = new Kysely<Database>({ dialect: dialect.kysely });
  try {
    await migrate(db, dialect);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const dictionaries = new Dictionaries(dialect);
  const secrets = new Map<string, string>();
  const uploads = uploadsOf(db, dialect);
  const numbers = reportNumbers(db);
  const index = blobIndex(db);
  const keeping = retention(db);
  const searches = savedSearchesOf(db);
  const farms = farmsOf(db, dialect);
  const accounts = accountsOf(db, dialect);
  const failures = failureIndex(db, dialect);
  const logs = logIndex(db, dialect);
  const recount = recipeRecount(db, dialect, {
    readHead: (id) => readHead(db, dialect, id),
    readTaskTable: (id) => readTaskTable(db, dialect, dictionaries, id, []),
  });

  /** The store as somebody sees it; null: whole. */
  function seen(viewer: Viewer | null): Store {
    const sight = sightOf(viewer, dialect);
    const all = viewer === null || viewer.admin;
    /** A read of one build: for who may not see it, it is not there. */
    const one =
      <A extends readonly unknown[], T>(read: (id: string, ...more: A) => Promise<T | null>) =>
      async (id: string, ...more: A): Promise<T | null> =>
        all || (await isReadable(db, sight, id)) ? read(id, ...more) : null;
    return {
      engine: dialect.engine,
      seenBy: (other) => (other.admin ? whole : seen(other)),
      saveBuild: (id, build, options = {}) => saveBuild(db, dialect, dictionaries, id, build, options),
      readBuild: one((id) => readBuild(db, dialect, dictionaries, id)),
      readHead: one((id) => readHead(db, dialect, id)),
      findIds: (prefix, limit) => findIds(db, sight, prefix, limit),
      readBesides: (ids) => readBesides(db, sight, ids),
      findByOrigin: (question) => findByOrigin(db, sight, question),
      readTaskTable: one((id, metrics: readonly string[] | '*') =>
        readTaskTable(db, dialect, dictionaries, id, metrics),
      ),
      readSamples: one((id) => readSamples(db, dialect, id)),
      readTaskBytes: one((id, metrics: readonly string[] | '*') =>
        readTaskBytes(db, dialect, dictionaries, id, metrics),
      ),
      readSampleBytes: one((id) => readSampleBytes(db, dialect, id)),
      readGraphBytes: one((id) => readGraphBytes(db, id)),
      readGraph: one((id) => readGraph(db, id)),
      readContents: one((id) => readContents(db, id)),
      readSummary: one((id) => readSummary(db, id)),
      listBuilds: (filter, page) => listBuilds(db, sight, filter, page),
      countFacets: (filter) => countFacets(db, dialect, sight, filter),
      readHistories: (ids, limit) => readHistories(db, dialect, sight, ids, limit),
      readRelations: one((id) => readRelations(db, sight, id)),
      readNeighbours: (id) => readNeighbours(db, sight, id),
      readTrend: (question) => readTrend(db, dialect, dictionaries, sight, question),
      readRecipeRuns: (question) => readRecipeRuns(db, dialect, sight, question),
      listRecipes: (question) => listRecipes(db, dialect, sight, question),
      readCube: (question) => readCube(db, dialect, sight, question),
      readRunsOfCell: (question) => readRunsOfCell(db, dialect, sight, question),
      readTesting: (filter, rowsMax) => readTesting(db, dialect, sight, filter, rowsMax),
      readQaIssues: (question) => readQaIssues(db, dialect, dictionaries, sight, question),
      readQaHistory: (build, task, builds) => readQaHistory(db, dialect, dictionaries, sight, build, task, builds),
      readTopTasks: (question) => readTopTasks(db, dialect, dictionaries, sight, question),
      readWaterfall: (question) => readWaterfall(db, dialect, sight, question),
      readMatrix: (question) => readMatrix(db, dialect, sight, question),
      groupFailures: (builds, filter, limit) => groupFailures(db, dialect, sight, builds, filter, limit),
      listFailures: (builds, filter, page) => listFailures(db, sight, builds, filter, page),
      readFailures: one((id) => readFailures(db, id)),
      readSeen: (question) => readSeen(db, sight, question),
      readSuccesses: (question) => readSuccesses(db, sight, question),
      readTaskElsewhere: (question) => readTaskElsewhere(db, dialect, dictionaries, sight, question),
      readFirstSeen: (commits) => readFirstSeen(db, sight, commits),
      readTaskHistory: (question) => readTaskHistory(db, dialect, dictionaries, sight, question),
      readFailedHashes: (builds, limit) => readFailedHashes(db, dialect, dictionaries, sight, builds, limit),
      listMetrics: async () => {
        const metrics = await dictionaries.listMetrics(db);
        // The names of numbers that only a hidden build has would tell of it.
        return all || !(await hasHidden(db)) ? metrics : metrics.filter(({ guessed }) => !guessed);
      },
      countBuilds: () => countBuilds(db, sight),
      aliasOf: async (alias) => {
        const build = await aliasOf(db, alias);
        return build === null || all || (await isReadable(db, sight, build)) ? build : null;
      },
      addAlias: (alias, build) => addAlias(db, alias, build),
      readAccess: one((id) => readAccess(db, id)),
      setAccess: (id, access) => setAccess(db, id, access),
      // Given once: it never changes.
      serverSecret: async (name) => {
        const secret = secrets.get(name) ?? (await serverSecret(db, name));
        secrets.set(name, secret);
        return secret;
      },
      uploads,
      accounts,
      reportNumbers: numbers,
      deleteBuild: (id) => deleteBuild(db, id),
      blobIndex: index,
      retention: keeping,
      farms,
      failureIndex: failures,
      logIndex: logs,
      recipeRecount: recount,
      searchLogs: (question) => searchLogs(db, dialect, sight, question),
      countAlike: async (id) => (await one(async () => countAlike(db, sight, id))(id)) ?? new Map(),
      triage: triageOf(db, dialect, sight),
      savedSearches: searches,
      search: searchOf(db, dialect, sight),
      tests: testsOf(db, dialect, sight, (id) => isReadable(db, sight, id)),
      databaseBytes: () => databaseBytes(db, dialect),
      close: () => db.destroy(),
    };
  }
  const whole = seen(null);
  return whole;
}
