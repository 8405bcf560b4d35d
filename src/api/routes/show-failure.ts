import { FailureDetail, FailureParams } from '../contract.ts';
import { jsonRoute, Nothing } from './route.ts';

export const showFailure = jsonRoute({
  operation: 'show-failure',
  path: '/failures/{failure}',
  summary: 'A failed task: why, where else, since when, what fixed it',
  params: FailureParams,
  query: Nothing,
  answer: FailureDetail,
  input: ({ failure }) => ({ failure }),
});
