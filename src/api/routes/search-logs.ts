import { LogsFound, LogsQuery } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const searchLogs = jsonRoute({
  operation: 'search-logs',
  path: '/logs',
  summary: 'Words in the logs of all failures, the newest builds first, each with the line where they stand',
  params: Nothing,
  query: LogsQuery,
  answer: LogsFound,
  input: (_, { words, limit, ...query }) => ({ text: words, filter: buildFilter(query), limit }),
});
