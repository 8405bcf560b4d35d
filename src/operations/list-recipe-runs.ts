import { BakehouseError } from '../model/errors.ts';
import type { RunOfCell, RunsOfCell, RunsOfCellQuestion } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

/** With the address of its failure's page. */
export type RecipeRunListed = Omit<RunOfCell, 'failure'> & {
  readonly failure: { readonly address: string; readonly cause: string | null } | null;
};

export type RecipeRunsListed = Omit<RunsOfCell, 'runs'> & { readonly runs: readonly RecipeRunListed[] };

/** The recipe runs that a cell of the cube counts, a page of them. */
export async function listRecipeRuns(
  { store }: OperationContext,
  input: RunsOfCellQuestion,
): Promise<RecipeRunsListed> {
  const { at } = input;
  if (at.length > 3 || new Set(at.map(({ dimension }) => dimension)).size < at.length)
    throw new BakehouseError('invalid', 'by: at most three dimensions, none of them twice.');
  const { runs, ...cell } = await store.readRunsOfCell(input);
  const address = await addressesIn(
    store,
    runs.flatMap(({ build, failure }) => (failure === null ? [] : [build])),
  );
  return {
    ...cell,
    runs: runs.map(({ failure, ...run }) => ({
      ...run,
      failure: failure === null ? null : { address: address(run.build, failure.key), cause: failure.cause },
    })),
  };
}
