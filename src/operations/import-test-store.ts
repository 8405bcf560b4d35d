import type { FarmImportResult } from '../collector/import-farm.ts';
import { importTestStore as read } from '../collector/import-test-store.ts';
import type { OperationContext } from './context.ts';

export interface ImportTestStoreInput {
  /** From the command line, never from a request. */
  readonly folder: string;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** A folder of test results, as resulttool keeps them. The same again changes nothing. */
export function importTestStore(
  context: OperationContext,
  { folder, onProgress }: ImportTestStoreInput,
): Promise<FarmImportResult & { readonly tests: number }> {
  return read(context.wholeStore, folder, {
    onProgress,
    nowMs: context.now(),
    ...(context.onSaved === undefined ? {} : { onSaved: context.onSaved }),
  });
}
