import { CUBE_DIMENSIONS, type CubeDimension } from '../../model/cube.ts';
import { BakehouseError } from '../../model/errors.ts';
import { BuildsFilterQuery, CubeQuery, CubeTable, TestingTable } from '../contract.ts';
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
    recipes: query.recipe?.split(',').filter((pn) => pn !== '') ?? [],
    builds: query.builds,
  }),
});

function dimension(text: string): CubeDimension {
  const found = CUBE_DIMENSIONS.find((one) => one === text);
  if (found === undefined)
    throw new BakehouseError('invalid', `by: "${text.slice(0, 50)}" is none of ${CUBE_DIMENSIONS.join(', ')}.`);
  return found;
}
