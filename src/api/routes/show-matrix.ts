import { MatrixQuery, MatrixResult } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const showMatrix = jsonRoute({
  operation: 'show-matrix',
  path: '/matrix',
  summary: 'The last result of each pair of values of two dimensions, such as image and machine',
  params: Nothing,
  query: MatrixQuery,
  answer: MatrixResult,
  input: (_, { rows, columns, zone, ...query }) => ({
    filter: buildFilter(query),
    rows,
    columns: columns === 'none' ? null : columns,
    zoneMinutes: zone,
  }),
});
