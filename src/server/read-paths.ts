/** Reads the paths that were given to the server, and watches them. Runs in the ingest thread. */
import { createHash } from 'node:crypto';
import type { ServerEvent } from '../api/contract.ts';
import { openBuilds } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

export interface ReadPathsOptions {
  readonly watch: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onWarning: (message: string) => void;
}

function idOf(build: Build): string {
  const hash = createHash('sha1').update(`${build.host.id}\0${build.name}\0${build.startedMs}`).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

export async function readPaths(store: Store, paths: readonly string[], options: ReadPathsOptions): Promise<void> {
  for (const path of paths) {
    let done = 0;
    options.onEvent({ type: 'reading', location: path, done, total: null });
    try {
      for await (const build of openBuilds(path, { signal: options.signal })) {
        const saved = await store.saveBuild(idOf(build), build);
        options.onEvent({ type: 'reading', location: path, done: ++done, total: null });
        if (saved.changed) options.onEvent({ type: 'build', id: saved.id, revision: saved.revision });
      }
    } catch (error) {
      if (!(error instanceof BakehouseError)) throw error;
      options.onWarning(error.message);
    }
  }
  options.onEvent({ type: 'idle' });
}
