import type { CubeDimension } from '../model/cube.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BuildListFilter, CubeAnswer } from '../store/store.ts';
import type { OperationContext } from './context.ts';

/** What a table of numbers is still of use with, and some 2 MB of JSON. */
const CELLS_MAX = 20_000;

export interface ShowCubeInput {
  readonly filter: BuildListFilter;
  /** One to three, none of them twice. */
  readonly dimensions: readonly CubeDimension[];
  /** Names of recipes; none: all. */
  readonly recipes: readonly string[];
  readonly builds: number;
}

/** Recipe runs of the last builds that match, counted by what is asked for. */
export async function showCube({ store }: OperationContext, input: ShowCubeInput): Promise<CubeAnswer> {
  const { dimensions } = input;
  if (dimensions.length === 0 || dimensions.length > 3 || new Set(dimensions).size < dimensions.length)
    throw new BakehouseError('invalid', 'by: one to three dimensions are wanted, none of them twice.');
  return store.readCube({ ...input, cellsMax: CELLS_MAX });
}
