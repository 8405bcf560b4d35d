import type { BuildListFilter, TestedBuild, TestingRow } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

const ROWS_MAX = 5000;

/** `failure.address`: of its page; null: the build tells of no failed task. */
export type TestingRowShown = Omit<TestingRow, 'failure'> & {
  readonly failure:
    | (TestedBuild & { readonly first: string | null; readonly address: string | null; readonly cause: string | null })
    | null;
};

export interface TestingTable {
  /** The one that was built last first. */
  readonly rows: readonly TestingRowShown[];
  readonly leftOut: number;
}

/** What builds where: for each combination that was ever built its last success and, where it fails now, the failure. */
export async function showTesting(
  { store }: OperationContext,
  { filter }: { readonly filter: BuildListFilter },
): Promise<TestingTable> {
  const { rows, leftOut } = await store.readTesting(filter, ROWS_MAX);
  const address = await addressesIn(
    store,
    rows.flatMap(({ failure }) => (failure === null ? [] : [failure.id])),
  );
  return {
    leftOut,
    rows: rows.map(({ failure, ...row }): TestingRowShown => {
      if (failure === null) return { ...row, failure };
      const { key, ...why } = failure;
      return { ...row, failure: { ...why, address: key === null ? null : address(failure.id, key) } };
    }),
  };
}
