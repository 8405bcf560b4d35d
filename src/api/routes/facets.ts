import { BuildsQuery, Facets } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const facets = jsonRoute({
  operation: 'facets',
  path: '/facets',
  summary: 'What the list of builds can be narrowed by, with counts',
  params: Nothing,
  query: BuildsQuery,
  answer: Facets,
  input: (_, query) => ({ filter: buildFilter(query) }),
});
