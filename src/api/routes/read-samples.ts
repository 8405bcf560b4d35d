import { BuildParams, COLUMNS_MEDIA_TYPE, RevisionQuery } from '../contract.ts';
import { fileRoute } from './route.ts';

export const readSamples = fileRoute({
  operation: 'read-samples',
  path: '/builds/{id}/samples',
  summary: 'The sample series of a build as one columns body',
  params: BuildParams,
  query: RevisionQuery,
  mediaType: COLUMNS_MEDIA_TYPE,
  pure: true,
  input: ({ id }) => ({ build: id }),
});
