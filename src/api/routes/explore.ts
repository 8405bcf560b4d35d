import { ExploreQuery, ExploreResult } from '../contract.ts';
import { buildIds } from './build-ids.ts';
import { jsonRoute, Nothing } from './route.ts';

/** The address of a request holds no more ids than this. */
const IDS_MAX = 200;

export const explore = jsonRoute({
  operation: 'explore',
  path: '/explore',
  summary: 'Any metric or dimension against any other, over one build or many, as points or groups',
  params: Nothing,
  query: ExploreQuery,
  answer: ExploreResult,
  input: (_, { b, builds, ...question }) => ({ builds: buildIds(b, IDS_MAX), last: builds, question }),
});
