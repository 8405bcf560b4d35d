import { z } from 'zod';
import { BuildParams, ChartQuery, COMPARE_BUILDS_MAX, CompareQuery, RevisionQuery } from '../contract.ts';
import { buildIds } from './build-ids.ts';
import { fileRoute, Nothing, type RegisterRoute } from './route.ts';

const CompareReportQuery = CompareQuery.pick({ b: true });

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
    operation: 'export-report',
    path: '/builds/{id}/report.html',
    summary: 'A build as one self-contained HTML file, to attach to a CI run or a mail',
    params: BuildParams,
    query: RevisionQuery,
    mediaType: 'text/html',
    pure: false,
    input: ({ id }) => ({ builds: [id] }),
  }),
  fileRoute({
    operation: 'export-report',
    path: '/compare/report.html',
    summary: 'A comparison as one self-contained HTML file',
    params: Nothing,
    query: CompareReportQuery,
    mediaType: 'text/html',
    pure: false,
    input: (_, { b }) => ({ builds: buildIds(b, COMPARE_BUILDS_MAX) }),
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
  fileRoute({
    operation: 'export-chart',
    path: '/builds/{id}/chart.svg',
    summary: 'The boot chart of a build as SVG',
    params: BuildParams,
    query: ChartQuery,
    mediaType: 'image/svg+xml',
    pure: false,
    input: ({ id }, query) => ({
      build: id,
      minMs: query.min * 1000,
      groupBy: query.grp,
      colourBy: query.col,
      scheme: query.scheme,
      widthPx: query.width,
      range: rangeOf(query.t),
      chain: query.chain ?? null,
      // A plus that nobody escaped arrives as a blank; series have none in their ids.
      strips: query.strips?.replaceAll(' ', '+') ?? null,
    }),
  }),
];

/** `120-900.5` in seconds -> ms. A range that ends before it starts is none. */
function rangeOf(text: string | undefined): { fromMs: number; toMs: number } | null {
  const match = /^(-?[\d.]+)-(-?[\d.]+)$/.exec(text ?? '');
  if (match === null) return null;
  const [fromMs, toMs] = [Number(match[1]) * 1000, Number(match[2]) * 1000];
  return toMs > fromMs ? { fromMs, toMs } : null;
}
