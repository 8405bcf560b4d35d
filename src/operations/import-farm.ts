import { type FarmImportResult, type MirroredKind, importFarm as mirror } from '../collector/import-farm.ts';
import type { OperationContext } from './context.ts';

export type { FarmImportResult };

export interface ImportFarmInput {
  readonly kind: MirroredKind;
  /** From the command line, never from a request: this is the one thing that makes a process of ours open an address. */
  readonly source: string;
  /** Address by which people open it, where that is another. */
  readonly address: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Mirrors what is new on a farm's server into the store. */
export function importFarm(context: OperationContext, input: ImportFarmInput): Promise<FarmImportResult> {
  const { kind, source, address, signal, onProgress } = input;
  return mirror(context.wholeStore, kind, source, {
    address,
    signal,
    nowMs: context.now(),
    onProgress,
    ...(context.onSaved === undefined ? {} : { onSaved: context.onSaved }),
  });
}
