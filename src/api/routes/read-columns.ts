import { BuildParams, COLUMNS_MEDIA_TYPE, ColumnsQuery } from '../contract.ts';
import { fileRoute } from './route.ts';

/** More metrics than a build can have. */
const METRICS_MAX = 300;

export const readColumns = fileRoute({
  operation: 'read-columns',
  path: '/builds/{id}/columns',
  summary: 'The task table of a build as one columns body (docs/formats/task-table.md)',
  params: BuildParams,
  query: ColumnsQuery,
  mediaType: COLUMNS_MEDIA_TYPE,
  pure: true,
  input: ({ id }, { metrics }) => ({
    build: id,
    metrics: metrics === '*' ? '*' : metrics.split(',', METRICS_MAX).filter((metric) => metric !== ''),
  }),
});
