import { BakehouseError } from '../model/errors.ts';
import type { RunsOfCell, RunsOfCellQuestion } from '../store/store.ts';
import type { OperationContext } from './context.ts';

/** The recipe runs that a cell of the cube counts, a page of them. */
export async function listRecipeRuns({ store }: OperationContext, input: RunsOfCellQuestion): Promise<RunsOfCell> {
  const { at } = input;
  if (at.length > 3 || new Set(at.map(({ dimension }) => dimension)).size < at.length)
    throw new BakehouseError('invalid', 'by: at most three dimensions, none of them twice.');
  return store.readRunsOfCell(input);
}
