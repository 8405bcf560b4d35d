import { BuildDetail, BuildParams, RevisionQuery } from '../contract.ts';
import { jsonRoute } from './route.ts';

export const showBuild = jsonRoute({
  operation: 'show-build',
  path: '/builds/{id}',
  summary: 'Everything of a build but its task table and samples',
  params: BuildParams,
  query: RevisionQuery,
  answer: BuildDetail,
  input: ({ id }) => ({ build: id }),
});
