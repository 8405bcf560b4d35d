import { importAutobuilder as read } from '../collector/import-autobuilder.ts';
import type { FarmImportResult } from '../collector/import-farm.ts';
import type { OperationContext } from './context.ts';

export interface ImportAutobuilderInput {
  /** From the command line, never from a request. */
  readonly folder: string;
  /** Address under which the folder is published, for links. */
  readonly address: string | null;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** What the Yocto autobuilder published, from a folder. The same folder again changes nothing. */
export function importAutobuilder(
  context: OperationContext,
  { folder, address, onProgress }: ImportAutobuilderInput,
): Promise<FarmImportResult & { readonly tests: number }> {
  return read(context.wholeStore, folder, {
    address,
    onProgress,
    nowMs: context.now(),
    blobs: context.blobs,
    ...(context.onSaved === undefined ? {} : { onSaved: context.onSaved }),
  });
}
