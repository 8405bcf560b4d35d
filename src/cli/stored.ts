/** Builds in the store, for the verbs that name or keep them. Loaded only then: opening a database is half of a summary's time. */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Build } from '../model/build.ts';
import type { OperationContext } from '../operations/context.ts';
import type { ImportPathResult } from '../operations/import-path.ts';
import type { Settings } from '../server/settings.ts';
import { VERSION } from '../server/version.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import { loadController, loadLibrary } from './controller.ts';
import type { CliIo } from './io.ts';
import { text } from './options.ts';
import type { Options } from './program.ts';
import { progressLine } from './progress.ts';
import { ADDRESS, type ReadOptions } from './read-build.ts';

export async function storeSettings(io: CliIo, options: Options): Promise<Settings> {
  const { readSettings } = await loadController();
  return readSettings({
    flags: {
      data: text(options, 'data'),
      database: text(options, 'database'),
      blobs: text(options, 'blobs'),
      blobsEndpoint: text(options, 'blobsEndpoint'),
      blobsRegion: text(options, 'blobsRegion'),
      config: text(options, 'config'),
      keepBuildsDays: text(options, 'keepBuildsDays'),
      keepFailureLogsDays: text(options, 'keepFailureLogsDays'),
      keepLogsDays: text(options, 'keepLogsDays'),
      keepReportsDays: text(options, 'keepReportsDays'),
      keepUploadsDays: text(options, 'keepUploadsDays'),
      keepBlobsGigabytes: text(options, 'keepBlobsGigabytes'),
    },
    environment: io.environment,
    folder: io.folder,
    terminal: io.errIsTerminal,
  });
}

/** Opens the store for as long as `use` takes. */
export async function withStore<T>(io: CliIo, options: Options, use: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await loadLibrary();
  const { database } = await storeSettings(io, options);
  if (database.startsWith('sqlite:/')) {
    mkdirSync(dirname(database.slice('sqlite:'.length)), { recursive: true, mode: 0o700 });
  }
  const store = await openStore(database);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** What operations are given, on the store of the settings, for as long as `use` takes. */
export function storeContext<T>(
  io: CliIo,
  options: Options,
  use: (context: OperationContext) => Promise<T>,
): Promise<T> {
  return withStore(io, options, async (store) => use(await consoleContext(io, options, store)));
}

/** The build by id, prefix, `@last` or `@last~N`; of its task table only what is wanted is decoded. */
export function readStored(io: CliIo, options: Options, reference: string, read: ReadOptions): Promise<Build> {
  return withStore(io, options, async (store) => {
    const { noSuchBuild, resolveBuildId } = await loadLibrary();
    const id = await resolveBuildId(store, reference);
    const head = await store.readHead(id);
    const tasks = await store.readTaskTable(id, read.metrics ?? '*');
    const samples = read.samples ? await store.readSamples(id) : [];
    if (head === null || tasks === null || samples === null) throw noSuchBuild(id);
    return { ...head, tasks, samples, graph: null };
  });
}

/** Operations as whoever works at the machine of the store runs them: without logs of paths, and taking no reports. */
export async function consoleContext(io: CliIo, options: Options, store: Store): Promise<OperationContext> {
  const { openBlobs } = await loadLibrary();
  const { blobs } = await storeSettings(io, options);
  return {
    store,
    wholeStore: store,
    blobs: openBlobs(blobs),
    viewer: CONSOLE,
    collector: null,
    now: io.nowMs,
    version: VERSION,
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
}

/** Every build of a path into the store, with a line of progress on a terminal. */
export async function importInto(io: CliIo, options: Options, store: Store, path: string): Promise<ImportPathResult> {
  const { importPath } = await loadLibrary();
  const progress = progressLine(io, `storing ${path}`);
  const context = await consoleContext(io, options, store);
  try {
    return await importPath(context, {
      path: ADDRESS.test(path) ? path : resolve(io.folder, path),
      onProgress: (done, total) => progress.show({ done, total }),
    });
  } finally {
    progress.clear();
  }
}

/** For `--import`: what was read, from where it was read. */
export function storeSources(io: CliIo, options: Options, builds: readonly Build[]): Promise<void> {
  return withStore(io, options, async (store) => {
    const locations = builds.map(
      ({ sources }) => (sources.find(({ kind }) => kind === 'buildstats') ?? sources[0])?.location,
    );
    for (const location of new Set(locations)) {
      // A build inside a tar is `file.tar!inner/folder`; the whole tar is what can be read.
      if (location !== undefined) await importInto(io, options, store, location.split('!')[0]!);
    }
  });
}
