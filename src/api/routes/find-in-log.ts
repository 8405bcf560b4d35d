import { BuildParams, LogFound, LogFoundQuery } from '../contract.ts';
import { jsonRoute } from './route.ts';

export const findInLog = jsonRoute({
  operation: 'find-in-log',
  path: '/builds/{id}/log/found',
  summary: 'Lines of a whole log that hold some words, or that look like errors',
  params: BuildParams,
  query: LogFoundQuery,
  answer: LogFound,
  input: ({ id }, query) => ({ build: id, ...query }),
});
