import { type CubeDimension, type CubePart, printPlaceValue } from '../../../model/cube.ts';
import { compact } from '../../state/search.ts';
import { type RecipeRunsSearch, withPlaces } from '../RecipeRuns/search.ts';
import type { CubeSearch } from './search.ts';

/**
 * Where a cell leads: to the recipe runs that it counts. What the cell fixes stands beside the filter and not in it, since the filter says which
 * builds are the last ones. `dimensions` and `values`: of the cell, of a row for its total, none for the total of all.
 */
export function drillOf(
  { rows: _, within: __, columns: ___, measure: ____, ...asked }: CubeSearch,
  dimensions: readonly CubeDimension[],
  values: readonly (string | null)[],
  part: CubePart,
): RecipeRunsSearch {
  const places = values.map((value, i) => [dimensions[i]!, printPlaceValue(value)] as const);
  return compact({ ...asked, ...withPlaces(places), part: part === 'runs' ? undefined : part });
}
