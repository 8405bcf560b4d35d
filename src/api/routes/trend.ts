import { TrendQuery, TrendResult } from '../contract.ts';
import { jsonRoute, Nothing } from './route.ts';

export const trend = jsonRoute({
  operation: 'trend',
  path: '/trend',
  summary: 'One metric of a task, a recipe or the whole build over the last builds',
  params: Nothing,
  query: TrendQuery,
  answer: TrendResult,
  input: (_, query) => ({ ...query, recipe: query.recipe ?? null, task: query.task ?? null, like: query.like ?? null }),
});
