import { importAutobuilder as read } from '../collector/import-autobuilder.ts';
import type { FarmImportResult } from '../collector/import-farm.ts';
import type { OperationContext } from './context.ts';

export interface ImportAutobuilderInput {
  /** A folder or an address, from the command line, never from a request. */
  readonly source: string;
  /** Address under which it is published, for links; null: the one that is read, if it is one. */
  readonly address: string | null;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** What the Yocto autobuilder published. The same again changes nothing. */
export function importAutobuilder(
  context: OperationContext,
  { source, address, onProgress }: ImportAutobuilderInput,
): Promise<FarmImportResult & { readonly tests: number }> {
  return read(context.wholeStore, source, {
    address,
    onProgress,
    nowMs: context.now(),
    blobs: context.blobs,
    ...(context.onSaved === undefined ? {} : { onSaved: context.onSaved }),
  });
}
