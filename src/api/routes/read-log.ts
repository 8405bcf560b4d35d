import { BuildParams, LogQuery, LogText } from '../contract.ts';
import { jsonRoute } from './route.ts';

export const readLog = jsonRoute({
  operation: 'read-log',
  path: '/builds/{id}/log',
  summary: 'The log of a task run, head and tail, when the server was started with the folder of the build',
  params: BuildParams,
  query: LogQuery,
  answer: LogText,
  input: ({ id }, { row }) => ({ build: id, row }),
});
