import { CUBE_DIMENSIONS, type CubeDimension, parsePlaceValue } from '../../model/cube.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { OperationInput } from '../../operations/index.ts';
import { BuildsFilterQuery, CubeQuery, CubeTable, RecipeRunsPage, RecipeRunsQuery, TestingTable } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const showTesting = jsonRoute({
  operation: 'show-testing',
  path: '/testing',
  summary: 'For each combination that was ever built its last success and, where it fails now, the failure',
  params: Nothing,
  query: BuildsFilterQuery,
  answer: TestingTable,
  input: (_, query) => ({ filter: buildFilter(query) }),
});

export const showCube = jsonRoute({
  operation: 'show-cube',
  path: '/cube',
  summary: 'Recipe runs of the last builds that match, counted by up to three dimensions',
  params: Nothing,
  query: CubeQuery,
  answer: CubeTable,
  input: (_, query) => ({
    filter: buildFilter(query),
    dimensions: query.by.split(',').map(dimension),
    recipes: recipesOf(query),
    builds: query.builds,
  }),
});

export const listRecipeRuns = jsonRoute({
  operation: 'list-recipe-runs',
  path: '/recipe-runs',
  summary: 'The recipe runs that a cell of the cube counts',
  params: Nothing,
  query: RecipeRunsQuery,
  answer: RecipeRunsPage,
  input: (_, query) => runsOfCell(query),
});

export function runsOfCell(query: RecipeRunsQuery): OperationInput<'list-recipe-runs'> {
  const by = query.by === '' ? [] : query.by.split(',').map(dimension);
  const at = typeof query.at === 'string' ? [query.at] : query.at;
  if (by.length !== at.length)
    throw new BakehouseError('invalid', `at: ${at.length} values for ${by.length} dimensions in by.`);
  return {
    filter: buildFilter(query),
    recipes: recipesOf(query),
    builds: query.builds,
    at: by.map((one, i) => ({ dimension: one, value: parsePlaceValue(at[i]!) })),
    part: query.part,
    after: query.after ?? null,
    limit: query.limit,
  };
}

function recipesOf({ recipe }: Pick<CubeQuery, 'recipe'>): string[] {
  return recipe?.split(',').filter((pn) => pn !== '') ?? [];
}

function dimension(text: string): CubeDimension {
  const found = CUBE_DIMENSIONS.find((one) => one === text);
  if (found === undefined)
    throw new BakehouseError('invalid', `by: "${text.slice(0, 50)}" is none of ${CUBE_DIMENSIONS.join(', ')}.`);
  return found;
}
