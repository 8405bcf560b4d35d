import type { BuildListFilter, TestingRow } from '../store/store.ts';
import type { OperationContext } from './context.ts';

const ROWS_MAX = 5000;

export interface TestingTable {
  /** The one that was built last first. */
  readonly rows: readonly TestingRow[];
  readonly leftOut: number;
}

/** What builds where: for each combination that was ever built its last success and, where it fails now, the failure. */
export async function showTesting(
  { store }: OperationContext,
  { filter }: { readonly filter: BuildListFilter },
): Promise<TestingTable> {
  return store.readTesting(filter, ROWS_MAX);
}
