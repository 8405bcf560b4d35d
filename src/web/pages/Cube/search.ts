import { CUBE_DIMENSIONS, CUBE_MEASURES, type CubeDimension, type CubeMeasure } from '../../../model/cube.ts';
import { compact, type RawSearch, readChoice, readNumber, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export type CubeSearch = Omit<BuildsSearch, 'pick'> & {
  readonly rows?: CubeDimension | undefined;
  /** A second dimension of the rows. */
  readonly within?: CubeDimension | undefined;
  /** `none`: one column. */
  readonly columns?: CubeDimension | 'none' | undefined;
  readonly measure?: CubeMeasure | undefined;
  /** Names of recipes, comma-separated; left out: all. */
  readonly recipe?: string | undefined;
  readonly builds?: number | undefined;
};

export function cubeSearch(raw: RawSearch): CubeSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({
    ...filter,
    rows: readChoice(raw, 'rows', CUBE_DIMENSIONS),
    within: readChoice(raw, 'within', CUBE_DIMENSIONS),
    columns: readChoice(raw, 'columns', [...CUBE_DIMENSIONS, 'none'] as const),
    measure: readChoice(raw, 'measure', CUBE_MEASURES),
    recipe: readText(raw, 'recipe'),
    builds: readNumber(raw, 'builds'),
  });
}
