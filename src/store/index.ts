import { Kysely } from 'kysely';
import { addAlias, aliasOf, serverSecret } from './aliases.ts';
import { blobIndex } from './blob-index.ts';
import { dialectFor } from './dialect.ts';
import { Dictionaries } from './dictionaries.ts';
import { migrate } from './migrations/index.ts';
import { countFacets } from './queries/count-facets.ts';
import { findByOrigin } from './queries/find-by-origin.ts';
import { countBuilds, listBuilds } from './queries/list-builds.ts';
import {
  findIds,
  readAccess,
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
} from './queries/read-build.ts';
import { readHistories, readNeighbours } from './queries/read-histories.ts';
import { readTopTasks } from './queries/read-top-tasks.ts';
import { readTrend } from './queries/read-trend.ts';
import { deleteBuild, saveBuild } from './save-build.ts';
import type { Database } from './schema.ts';
import type { Store } from './store.ts';
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
  const store: Store = {
    engine: dialect.engine,
    seenBy: () => store,
    saveBuild: (id, build, options = {}) => saveBuild(db, dialect, dictionaries, id, build, options),
    readBuild: (id) => readBuild(db, dialect, dictionaries, id),
    readHead: (id) => readHead(db, dialect, id),
    findIds: (prefix, limit) => findIds(db, prefix, limit),
    findByOrigin: (question) => findByOrigin(db, question),
    readTaskTable: (id, metrics) => readTaskTable(db, dialect, dictionaries, id, metrics),
    readSamples: (id) => readSamples(db, dialect, id),
    readTaskBytes: (id, metrics) => readTaskBytes(db, dialect, dictionaries, id, metrics),
    readSampleBytes: (id) => readSampleBytes(db, dialect, id),
    readGraphBytes: (id) => readGraphBytes(db, id),
    readGraph: (id) => readGraph(db, id),
    readContents: (id) => readContents(db, id),
    readSummary: (id) => readSummary(db, id),
    listBuilds: (filter, page) => listBuilds(db, filter, page),
    countFacets: (filter) => countFacets(db, filter),
    readHistories: (ids, limit) => readHistories(db, dialect, ids, limit),
    readNeighbours: (id) => readNeighbours(db, id),
    readTrend: (question) => readTrend(db, dialect, dictionaries, question),
    readTopTasks: (question) => readTopTasks(db, dialect, dictionaries, question),
    listMetrics: () => dictionaries.listMetrics(db),
    countBuilds: () => countBuilds(db),
    aliasOf: (alias) => aliasOf(db, alias),
    addAlias: (alias, build) => addAlias(db, alias, build),
    readAccess: (id) => readAccess(db, id),
    serverSecret: (name) => serverSecret(db, name),
    uploads: uploadsOf(db, dialect),
    deleteBuild: (id) => deleteBuild(db, id),
    blobIndex: blobIndex(db),
    close: () => db.destroy(),
  };
  return store;
}
