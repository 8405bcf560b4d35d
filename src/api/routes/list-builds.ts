import { BuildsPage, BuildsQuery } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const listBuilds = jsonRoute({
  operation: 'list-builds',
  path: '/builds',
  summary: 'The builds, newest first, each with how its duration stands to its usual',
  params: Nothing,
  query: BuildsQuery,
  answer: BuildsPage,
  input: (_, query) => ({ filter: buildFilter(query), after: query.after ?? null, limit: query.limit }),
});
