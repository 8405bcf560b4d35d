import { z } from 'zod';
import { BuildParams, RevisionQuery } from '../contract.ts';
import { fileRoute, type RegisterRoute } from './route.ts';

/** `safe=0`: texts that a spreadsheet would run as a formula are left as they are. */
const ExportQuery = RevisionQuery.extend({
  safe: z
    .enum(['0', '1'])
    .default('1')
    .describe('CSV: an apostrophe before texts that a spreadsheet would run as a formula'),
});

function exportTasks(format: 'csv' | 'json' | 'parquet', mediaType: string): RegisterRoute {
  return fileRoute({
    operation: 'export-tasks',
    path: `/builds/{id}/tasks.${format}`,
    summary: `The task table of a build as ${format.toUpperCase()}`,
    params: BuildParams,
    query: ExportQuery,
    mediaType,
    pure: false,
    input: ({ id }, { safe }) => ({ build: id, format, safe: safe === '1' }),
  });
}

export const exports: readonly RegisterRoute[] = [
  exportTasks('csv', 'text/csv'),
  exportTasks('json', 'application/json'),
  exportTasks('parquet', 'application/vnd.apache.parquet'),
  fileRoute({
    operation: 'export-samples',
    path: '/builds/{id}/samples.csv',
    summary: 'The sample series of a build as CSV',
    params: BuildParams,
    query: ExportQuery,
    mediaType: 'text/csv',
    pure: false,
    input: ({ id }, { safe }) => ({ build: id, safe: safe === '1' }),
  }),
  fileRoute({
    operation: 'export-trace',
    path: '/builds/{id}/trace.json',
    summary: 'A build as Chrome trace, for Perfetto and speedscope',
    params: BuildParams,
    query: RevisionQuery,
    mediaType: 'application/json',
    pure: false,
    input: ({ id }) => ({ build: id }),
  }),
];
