import { BakehouseError } from '../../model/errors.ts';
import {
  BuildParams,
  CompareTestsQuery,
  CompareTestsResult,
  RevisionQuery,
  TestHistoryQuery,
  TestHistoryResult,
  TestsQuery,
  TestsResult,
} from '../contract.ts';
import { buildIds } from './build-ids.ts';
import { fileRoute, jsonRoute, Nothing, type RegisterRoute } from './route.ts';

function exportTests(format: 'csv' | 'json', mediaType: string): RegisterRoute {
  return fileRoute({
    operation: 'export-tests',
    path: `/builds/{id}/tests.${format}`,
    summary: `All test cases of a build as ${format.toUpperCase()}`,
    params: BuildParams,
    query: RevisionQuery,
    mediaType,
    pure: false,
    input: ({ id }) => ({ build: id, format }),
  });
}

/** What was tested of a build, and what changed between two. */
export const tests: readonly RegisterRoute[] = [
  jsonRoute({
    operation: 'show-tests',
    path: '/builds/{id}/tests',
    summary: 'Test runs of a build, and cases of one of them',
    params: BuildParams,
    query: TestsQuery,
    answer: TestsResult,
    input: ({ id }, { run, state, q, after, limit }) => ({
      build: id,
      run: run ?? null,
      states: state === undefined ? [] : Array.isArray(state) ? state : [state],
      words: q.split(/\s+/).filter((word) => word !== ''),
      after,
      limit,
    }),
  }),
  jsonRoute({
    operation: 'test-history',
    path: '/builds/{id}/tests/history',
    summary: 'What became of a test case in the last runs of its kind',
    params: BuildParams,
    query: TestHistoryQuery,
    answer: TestHistoryResult,
    input: ({ id }, { run, name, limit }) => ({ build: id, run, name, limit }),
  }),
  exportTests('csv', 'text/csv'),
  exportTests('json', 'application/json'),
  jsonRoute({
    operation: 'compare-tests',
    path: '/compare/tests',
    summary: 'What changed between the test runs of two builds, counted as resulttool counts',
    params: Nothing,
    query: CompareTestsQuery,
    answer: CompareTestsResult,
    input: (_, { b }) => {
      const builds = buildIds(b, 2);
      if (builds.length !== 2) throw new BakehouseError('invalid', 'b: two builds, the base and the target.');
      return { builds };
    },
  }),
];
