/** Builds in the store, for the verbs that name or keep them. Loaded only then: opening a database is half of a summary's time. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Build } from '../model/build.ts';
import { noSuchBuild, resolveBuildId } from '../operations/resolve-build-id.ts';
import { readSettings, type Settings } from '../server/settings.ts';
import { openStore } from '../store/index.ts';
import type { Store } from '../store/store.ts';
import type { CliIo } from './io.ts';
import { text } from './options.ts';
import type { Options } from './program.ts';
import type { ReadOptions } from './read-build.ts';

export function storeSettings(io: CliIo, options: Options): Promise<Settings> {
  return readSettings({
    flags: { data: text(options, 'data'), database: text(options, 'database'), config: text(options, 'config') },
    environment: io.environment,
    folder: io.folder,
    terminal: io.errIsTerminal,
  });
}

/** Opens the store for as long as `use` takes. */
export async function withStore<T>(io: CliIo, options: Options, use: (store: Store) => Promise<T>): Promise<T> {
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

/** The build by id, prefix, `@last` or `@last~N`; of its task table only what is wanted is decoded. */
export function readStored(io: CliIo, options: Options, reference: string, read: ReadOptions): Promise<Build> {
  return withStore(io, options, async (store) => {
    const id = await resolveBuildId(store, reference);
    const head = await store.readHead(id);
    const tasks = await store.readTaskTable(id, read.metrics ?? '*');
    const samples = read.samples ? await store.readSamples(id) : [];
    if (head === null || tasks === null || samples === null) throw noSuchBuild(id);
    return { ...head, tasks, samples, graph: null };
  });
}
