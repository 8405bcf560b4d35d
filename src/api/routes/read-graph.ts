import { BuildParams, COLUMNS_MEDIA_TYPE, RevisionQuery } from '../contract.ts';
import { fileRoute } from './route.ts';

export const readGraph = fileRoute({
  operation: 'read-graph',
  path: '/builds/{id}/graph',
  summary: 'The task graph of a build as one columns body; 404 where no source told it',
  params: BuildParams,
  query: RevisionQuery,
  mediaType: COLUMNS_MEDIA_TYPE,
  pure: true,
  input: ({ id }) => ({ build: id }),
});
