/** Reads the paths that were given to the server, and watches them. Runs in the ingest thread. */
import type { ServerEvent } from '../api/contract.ts';
import { PathWatch, watchPaths } from '../collector/watch.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from '../operations/context.ts';
import { importPath } from '../operations/import-path.ts';

export interface ReadPathsOptions {
  readonly watch: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onWarning: (message: string) => void;
  /** Every path was read once. */
  readonly onRead: () => void;
}

/** An URL is read once: listings of published builds do not grow. */
function isWatchable(path: string): boolean {
  return !/^[a-z][a-z0-9+]*:\/\//i.test(path);
}

/** A path that cannot be read is said and passed over: the others are read, and the pages answer. */
export async function readPaths(
  context: OperationContext,
  paths: readonly string[],
  options: ReadPathsOptions,
): Promise<void> {
  const { signal, onEvent, onWarning } = options;
  const watches: PathWatch[] = [];
  for (const path of paths) {
    if (options.watch && isWatchable(path)) {
      const watch = new PathWatch(context.store, path, { onSaved: context.onSaved, onWarning });
      // Before it is read: what changes meanwhile is then seen to have changed.
      watch.prime();
      watches.push(watch);
    }
    onEvent({ type: 'reading', location: path, done: 0, total: null });
    try {
      const { problems } = await importPath(context, {
        path,
        signal,
        onProgress: (done, total) => onEvent({ type: 'reading', location: path, done, total }),
      });
      for (const { severity, message, file } of problems)
        if (severity !== 'note') onWarning(file === null ? message : `${file}: ${message}`);
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof BakehouseError)) throw error;
      onWarning(error.message);
    }
  }
  onEvent({ type: 'idle' });
  options.onRead();
  await watchPaths(watches, signal);
}
