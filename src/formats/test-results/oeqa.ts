/** `testresults.json` of oeqa: testimage, testsdk, oe-selftest and what the autobuilder makes of ptest and LTP. */
import { BakehouseError } from '../../model/errors.ts';
import {
  REPORT_NAME_CHARS_MAX,
  TEST_CASES_MAX,
  TEST_DETAIL_CHARS_MAX,
  TEST_NAME_CHARS_MAX,
  TEST_RUNS_MAX,
  TEST_SUITES_MAX,
} from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import { type TestCase, type TestRun, type TestSuite, testState } from '../../model/test-run.ts';
import { type Fields, get, isFields, textOf } from '../record/fields.ts';

const text = (value: unknown): string | null => textOf(value, REPORT_NAME_CHARS_MAX);

/** Told by fields of their own. */
const TOLD = new Set(['TEST_TYPE', 'TESTSERIES', 'MACHINE', 'IMAGE_BASENAME', 'DISTRO', 'LAYERS']);

/** Whether JSON is of this kind, by its first run. */
export function isOeqaResults(value: unknown): value is Fields {
  if (!isFields(value)) return false;
  const [first] = Object.values(value);
  return isFields(first) && isFields(get(first, 'configuration')) && isFields(get(first, 'result'));
}

/** `series`: of runs that do not say it. */
export function readOeqaResults(value: Fields, series: string | null, problems: ProblemList): TestRun[] {
  const runs: TestRun[] = [];
  const entries = Object.entries(value);
  if (entries.length > TEST_RUNS_MAX)
    problems.add('warning', 'too-many-test-runs', `Of ${entries.length} runs the first ${TEST_RUNS_MAX} are read.`);
  let left = TEST_CASES_MAX;
  for (const [key, run] of entries.slice(0, TEST_RUNS_MAX)) {
    const configuration = isFields(run) ? get(run, 'configuration') : null;
    const result = isFields(run) ? get(run, 'result') : null;
    if (!isFields(configuration) || !isFields(result)) {
      problems.add('warning', 'test-run-unreadable', `${key.slice(0, 200)} has no configuration or no result.`);
      continue;
    }
    const { cases, suites, withoutStatus, leftOut } = readResult(result, left);
    if (leftOut > 0)
      problems.add('warning', 'too-many-test-cases', `${leftOut} cases of ${key.slice(0, 200)} were left out.`);
    left -= cases.length;
    runs.push({
      key: key.slice(0, TEST_NAME_CHARS_MAX),
      format: 'oeqa',
      type: text(get(configuration, 'TEST_TYPE')),
      series: text(get(configuration, 'TESTSERIES')) ?? series,
      machine: text(get(configuration, 'MACHINE')),
      image: text(get(configuration, 'IMAGE_BASENAME')),
      distro: text(get(configuration, 'DISTRO')),
      startedMs: startOf(get(configuration, 'STARTTIME')),
      layers: layersOf(get(configuration, 'LAYERS')),
      configuration: restOf(configuration),
      suites,
      cases,
      withoutStatus,
    });
  }
  return runs;
}

/** DATETIME of bitbake: 14 digits, UTC. */
export function startOf(value: unknown): number | null {
  const digits = typeof value === 'string' ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value) : null;
  if (digits === null) return null;
  const [year, month, day, hour, minute, second] = digits.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

function layersOf(value: unknown): TestRun['layers'] {
  if (!isFields(value)) return [];
  return Object.entries(value)
    .slice(0, 1000)
    .map(([name, layer]) => ({
      name: name.slice(0, REPORT_NAME_CHARS_MAX),
      branch: isFields(layer) ? text(get(layer, 'branch')) : null,
      commit: isFields(layer) ? text(get(layer, 'commit')) : null,
    }));
}

function restOf(configuration: Fields): Record<string, string> {
  const rest: [string, string][] = [];
  for (const [name, value] of Object.entries(configuration).slice(0, 200)) {
    if (TOLD.has(name)) continue;
    // Of objects (OESELFTEST_METADATA) equal ones must be equal texts: in the order of their keys.
    const told = typeof value === 'string' ? value : JSON.stringify(sorted(value));
    if (told !== undefined) rest.push([name.slice(0, 100), told.slice(0, 4096)]);
  }
  return Object.fromEntries(rest);
}

/** A few levels only: nobody writes more, and a hostile file may. */
function sorted(value: unknown, depth = 0): unknown {
  if (depth > 5) return null;
  if (Array.isArray(value)) return value.slice(0, 1000).map((one) => sorted(one, depth + 1));
  if (!isFields(value)) return value;
  const entries = Object.entries(value).slice(0, 1000);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one, depth + 1)]),
  );
}

function readResult(
  result: Fields,
  casesMax: number,
): { cases: TestCase[]; suites: TestSuite[]; withoutStatus: string[]; leftOut: number } {
  const cases: TestCase[] = [];
  const suites: TestSuite[] = [];
  const withoutStatus: string[] = [];
  let leftOut = 0;
  for (const [name, entry] of Object.entries(result)) {
    const status = isFields(entry) ? text(get(entry, 'status')) : null;
    if (status === null || status === '' || !isFields(entry)) {
      if (/^\w+result\.sections$/.test(name) && isFields(entry)) suites.push(...suitesOf(entry, suites.length));
      if (withoutStatus.length < TEST_SUITES_MAX) withoutStatus.push(name.slice(0, TEST_NAME_CHARS_MAX));
      continue;
    }
    if (cases.length >= casesMax) {
      leftOut++;
      continue;
    }
    cases.push({
      name: name.slice(0, TEST_NAME_CHARS_MAX),
      status: status.slice(0, 40),
      durationMs: durationOf(get(entry, 'duration')),
      detail: testState(status) === 'passed' ? null : detailOf(entry),
    });
  }
  return { cases, suites, withoutStatus, leftOut };
}

/** Seconds, as a number or as text. */
function durationOf(value: unknown): number | null {
  const seconds = typeof value === 'string' ? Number.parseFloat(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 && seconds < 1e9
    ? Math.round(seconds * 1000)
    : null;
}

/** A log that is packed (`{"compressed": …}`) is left where it is: of what a case says, the plain words are enough. */
function detailOf(entry: Fields): string | null {
  for (const key of ['log', 'stderr', 'stdout']) {
    const said = get(entry, key);
    if (typeof said === 'string' && said.trim() !== '') return cutMiddle(said.trim());
  }
  return null;
}

/** Of a trace the head says where and the tail says what. */
function cutMiddle(said: string): string {
  if (said.length <= TEST_DETAIL_CHARS_MAX) return said;
  const half = TEST_DETAIL_CHARS_MAX / 2;
  return `${said.slice(0, half)}\n… ${said.length - 2 * half} characters left out …\n${said.slice(-half)}`;
}

function suitesOf(sections: Fields, already: number): TestSuite[] {
  return Object.entries(sections)
    .slice(0, Math.max(0, TEST_SUITES_MAX - already))
    .map(([name, section]) => {
      const of = (key: string) => (isFields(section) ? get(section, key) : null);
      const exitCode = of('exitcode');
      return {
        name: name.slice(0, TEST_NAME_CHARS_MAX),
        durationMs: durationOf(of('duration')),
        exitCode: typeof exitCode === 'number' ? String(exitCode) : text(exitCode),
        timeout: of('timeout') !== null && of('timeout') !== undefined && of('timeout') !== false,
      };
    });
}

/** Throws `unreadable` for what is no JSON, with where it breaks. */
export function parseJson(source: string, file: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BakehouseError('unreadable', `${file} is no JSON: ${why.slice(0, 200)}.`, { file, cause });
  }
}
