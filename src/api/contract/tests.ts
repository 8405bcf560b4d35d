/** Tests of a build: oeqa, ptest and LAVA results (docs/reports.md). */
import { z } from 'zod';
import { BUILD_OUTCOMES } from '../../model/build.ts';
import { TEST_FORMATS, TEST_STATES } from '../../model/test-run.ts';
import { count, epochMs } from './values.ts';

export const testCounts = { passed: count, failed: count, skipped: count, other: count };
const TestStateName = z.enum(TEST_STATES);

/** GET /builds/{id}/tests -> TestsResult: the runs, and cases of one of them. */
export const TestsQuery = z.object({
  run: z.coerce.number().int().min(1).optional().describe('number of the run; default: the first with a failed case'),
  state: z
    .union([TestStateName, z.array(TestStateName).max(4)])
    .optional()
    .describe('only cases of these; given more than once, of any'),
  q: z.string().max(400).default('').describe('words of the names of cases'),
  after: z.coerce.number().int().min(-1).default(-1).describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(2000).default(200),
});
export type TestsQuery = z.infer<typeof TestsQuery>;

export const TestRunInfo = z.object({
  number: count,
  key: z.string(),
  format: z.enum(TEST_FORMATS),
  type: z.string().nullable(),
  series: z.string().nullable(),
  machine: z.string().nullable(),
  image: z.string().nullable(),
  distro: z.string().nullable(),
  startedMs: epochMs.nullable(),
  receivedMs: epochMs,
  ...testCounts,
  layers: z.array(z.object({ name: z.string(), branch: z.string().nullable(), commit: z.string().nullable() })),
  configuration: z.record(z.string(), z.string()),
  suites: z.array(
    z.object({
      name: z.string(),
      durationMs: z.number().nullable(),
      exitCode: z.string().nullable(),
      timeout: z.boolean(),
    }),
  ),
});
export type TestRunInfo = z.infer<typeof TestRunInfo>;

export const TestsResult = z.object({
  id: z.string(),
  runs: z.array(TestRunInfo),
  run: count.nullable().describe('whose cases these are; null: the build has no test run'),
  cases: z.array(
    z.object({
      ordinal: count,
      name: z.string(),
      status: z.string().describe('as recorded'),
      state: TestStateName,
      durationMs: z.number().nullable(),
      detail: z.string().nullable().describe('what it said, of a case that did not pass'),
    }),
  ),
  matching: count,
  next: count.nullable(),
});
export type TestsResult = z.infer<typeof TestsResult>;

/** GET /builds/{id}/tests/history -> TestHistoryResult */
export const TestHistoryQuery = z.object({
  run: z.coerce.number().int().min(1),
  name: z.string().min(1).max(500),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type TestHistoryQuery = z.infer<typeof TestHistoryQuery>;

export const TestHistoryResult = z.object({
  name: z.string(),
  points: z
    .array(
      z.object({
        build: z.string(),
        run: z.string(),
        startedMs: epochMs.nullable(),
        status: z.string(),
        state: TestStateName,
        durationMs: z.number().nullable(),
        outcome: z.enum(BUILD_OUTCOMES),
        machine: z.string().nullable(),
        image: z.string().nullable(),
      }),
    )
    .describe('of runs of the same machine, image and type, the newest first'),
});
export type TestHistoryResult = z.infer<typeof TestHistoryResult>;

const ChangedCase = z.object({
  name: z.string(),
  base: z.string(),
  target: z.string().nullable().describe('null: it was not run'),
});

const RunComparison = z.object({
  base: z.string(),
  target: z.string(),
  regressions: z.array(ChangedCase),
  nowPassing: z.array(ChangedCase),
  newTests: count,
});

/** GET /compare/tests?b=&b= -> CompareTestsResult: counted as `resulttool regression` counts. */
export const CompareTestsQuery = z.object({
  b: z.union([z.string(), z.array(z.string())]).describe('base and target'),
});

export const CompareTestsResult = z.object({
  builds: z.array(z.string()),
  runs: z.array(count).describe('test runs of each'),
  regressed: z.array(RunComparison),
  matched: z.array(RunComparison).describe('pairs of runs without a regression'),
  missing: z.array(z.string()).describe('kinds of runs of the base that the target has not'),
});
export type CompareTestsResult = z.infer<typeof CompareTestsResult>;
