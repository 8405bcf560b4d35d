import { BuildParams, LogQuery, LogText } from '../contract.ts';
import { jsonRoute } from './route.ts';

export const readLog = jsonRoute({
  operation: 'read-log',
  path: '/builds/{id}/log',
  summary: 'The log of a task run that came with the build, or lies below a folder that the server was started with',
  params: BuildParams,
  query: LogQuery,
  answer: LogText,
  input: ({ id }, query) => ({ build: id, ...query }),
});
