import { COMPARE_BUILDS_MAX, CompareQuery, CompareResult } from '../contract.ts';
import { buildIds } from './build-ids.ts';
import { jsonRoute, Nothing } from './route.ts';

export const compareBuilds = jsonRoute({
  operation: 'compare-builds',
  path: '/compare',
  summary:
    'Two to twenty builds side by side: configuration, totals, where the difference comes from, tasks, recipes, versions',
  params: Nothing,
  query: CompareQuery,
  answer: CompareResult,
  input: (_, { b, ...options }) => ({ builds: buildIds(b, COMPARE_BUILDS_MAX), options }),
});
