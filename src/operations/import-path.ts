import { type ImportResult, importPath as importInto } from '../collector/import.ts';
import { indexFailures } from '../collector/index-failures.ts';
import type { SavedBuild } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { failureLogOf } from './failure-log.ts';
import { logRoot } from './log-roots.ts';

export type ImportPathResult = ImportResult;

export interface ImportPathInput {
  /** From the command line or a setting, never from a request. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
}

/** Reads every build that a path leads to into the store. The same path again changes nothing. */
export async function importPath(context: OperationContext, input: ImportPathInput): Promise<ImportResult> {
  const { path, signal, onProgress, onSaved } = input;
  const result = await importInto(context.wholeStore, path, {
    signal,
    nowMs: context.now(),
    blobs: context.blobs,
    onProgress: ({ done, total }) => onProgress?.(done, total),
    onSaved: (saved) => {
      onSaved?.(saved);
      context.onSaved?.(saved);
    },
  });
  // Whoever named the path may read what lies there.
  const root = logRoot(path);
  const logRoots = root === null ? context.logRoots : [...context.logRoots, root];
  const index = { store: context.wholeStore, blobs: context.blobs, logOf: failureLogOf({ ...context, logRoots }) };
  for (const { id, changed } of result.builds) if (changed) await indexFailures(index, { build: id, signal });
  return result;
}
