import { CUBE_DIMENSIONS, CUBE_PARTS, type CubeDimension, type CubePart } from '../../../model/cube.ts';
import { compact, type RawSearch, readChoice, readList, readNumber, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

/** What the cube was asked for, and a cell of it. */
export type RecipeRunsSearch = Omit<BuildsSearch, 'pick'> & {
  readonly recipe?: string | undefined;
  readonly builds?: number | undefined;
  /** Dimensions of the cell, comma-separated, and its values in their order (printPlaceValue). */
  readonly by?: string | undefined;
  readonly at?: readonly string[] | undefined;
  readonly part?: CubePart | undefined;
};

export function recipeRunsSearch(raw: RawSearch): RecipeRunsSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({
    ...filter,
    recipe: readText(raw, 'recipe'),
    builds: readNumber(raw, 'builds'),
    by: readText(raw, 'by'),
    at: readList(raw, 'at', CUBE_DIMENSIONS.length),
    part: readChoice(raw, 'part', CUBE_PARTS),
  });
}

/** The dimensions and values of the cell; a page whose address was cut short has what is left of them. */
export function placesOf({ by, at }: RecipeRunsSearch): readonly (readonly [CubeDimension, string])[] {
  const dimensions = (by ?? '')
    .split(',')
    .filter((one): one is CubeDimension => CUBE_DIMENSIONS.some((d) => d === one));
  return dimensions.flatMap((dimension, i) => (at?.[i] === undefined ? [] : [[dimension, at[i]] as const]));
}

export function withPlaces(places: readonly (readonly [CubeDimension, string])[]): Pick<RecipeRunsSearch, 'by' | 'at'> {
  return places.length === 0
    ? { by: undefined, at: undefined }
    : { by: places.map(([dimension]) => dimension).join(','), at: places.map(([, value]) => value) };
}
