/** Results of tests that were run on what a build made: a run of many cases, each with the word its tool gave it. */
import type { DurationMs, EpochMs } from './units.ts';

export const TEST_FORMATS = ['oeqa', 'ptest', 'lava'] as const;
export type TestFormat = (typeof TEST_FORMATS)[number];

/** `other`: words that are neither, such as EXPECTEDFAIL, which resulttool counts nowhere either. */
export const TEST_STATES = ['passed', 'failed', 'skipped', 'other'] as const;
export type TestState = (typeof TEST_STATES)[number];

/** By the words of oeqa, ptest, DejaGnu and LAVA; upper and lower case are told apart as resulttool does, since a tool writes always the same. */
const STATE_OF: Readonly<Record<string, TestState>> = {
  PASSED: 'passed',
  passed: 'passed',
  PASS: 'passed',
  XFAIL: 'passed',
  pass: 'passed',
  FAILED: 'failed',
  failed: 'failed',
  FAIL: 'failed',
  ERROR: 'failed',
  error: 'failed',
  UNKNOWN: 'failed',
  XPASS: 'failed',
  fail: 'failed',
  SKIPPED: 'skipped',
  skipped: 'skipped',
  UNSUPPORTED: 'skipped',
  UNTESTED: 'skipped',
  UNRESOLVED: 'skipped',
  skip: 'skipped',
};

export function testState(status: string): TestState {
  return Object.hasOwn(STATE_OF, status) ? STATE_OF[status]! : 'other';
}

export interface TestCase {
  readonly name: string;
  /** As recorded. */
  readonly status: string;
  readonly durationMs: DurationMs | null;
  /** What it said, of a case that did not pass. */
  readonly detail: string | null;
}

/** A suite of ptest (or LTP) with what is told of it as a whole. */
export interface TestSuite {
  readonly name: string;
  readonly durationMs: DurationMs | null;
  readonly exitCode: string | null;
  /** It was stopped because it took too long. */
  readonly timeout: boolean;
}

export interface TestRun {
  /** Names it within the build: the result id, or what the file is called. */
  readonly key: string;
  readonly format: TestFormat;
  /** TEST_TYPE: runtime, sdk, sdkext, oeselftest, manual. Null: not told. */
  readonly type: string | null;
  /** TESTSERIES; where it is not told the folder of the file, as resulttool has it. */
  readonly series: string | null;
  readonly machine: string | null;
  readonly image: string | null;
  readonly distro: string | null;
  readonly startedMs: EpochMs | null;
  readonly layers: readonly { readonly name: string; readonly branch: string | null; readonly commit: string | null }[];
  /** What else the configuration says, as text. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly suites: readonly TestSuite[];
  readonly cases: readonly TestCase[];
  /** Names of entries that have no status (raw logs, lists of files): a comparison counts them where they are new. */
  readonly withoutStatus: readonly string[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly other: number;
}

export function countTests(cases: readonly Pick<TestCase, 'status'>[]): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0, other: 0 };
  for (const { status } of cases) counts[testState(status)]++;
  return counts;
}
