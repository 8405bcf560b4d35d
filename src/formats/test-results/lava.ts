/**
 * Results of a LAVA job: the list that its REST API (`/api/v0.2/jobs/N/tests/`, whole or a page of it) and `lavacli results --json` give, and the CSV
 * of its results page. LAVA knows a device and not a build, so which build it tested is said by who brings the results.
 */
import { TEST_CASES_MAX, TEST_DETAIL_CHARS_MAX, TEST_NAME_CHARS_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { TestCase, TestRun } from '../../model/test-run.ts';
import { type Fields, get, isFields, textOf } from '../record/fields.ts';

/** The list of cases in it, or null. */
export function lavaList(value: unknown): readonly unknown[] | null {
  const list = Array.isArray(value) ? value : isFields(value) ? get(value, 'results') : null;
  if (!Array.isArray(list) || list.length === 0) return null;
  const [first] = list as unknown[];
  return isFields(first) && typeof get(first, 'name') === 'string' && typeof get(first, 'result') === 'string'
    ? list
    : null;
}

export function isLavaCsv(head: string): boolean {
  const line = head.split('\n', 1)[0]!.toLowerCase().split(',');
  return line.includes('name') && line.includes('result') && (line.includes('suite') || line.includes('job'));
}

export function readLavaList(list: readonly unknown[], key: string, problems: ProblemList): TestRun {
  return runOf(
    list.filter(isFields).map((row) => (field: string) => get(row, field)),
    key,
    problems,
  );
}

export function readLavaCsv(source: string, key: string, problems: ProblemList): TestRun {
  const rows = csvRows(source, TEST_CASES_MAX + 1);
  const head = (rows.shift() ?? []).map((name) => name.trim().toLowerCase());
  return runOf(
    rows.map((row) => (field: string) => row[head.indexOf(field)]),
    key,
    problems,
  );
}

function runOf(rows: readonly ((field: string) => unknown)[], key: string, problems: ProblemList): TestRun {
  const cases = new Map<string, TestCase>();
  let job: string | null = null;
  let unread = 0;
  for (const of of rows) {
    const name = textOf(of('name'), TEST_NAME_CHARS_MAX) ?? '';
    const result = textOf(of('result'), 40) ?? '';
    if (name === '' || result === '' || cases.size >= TEST_CASES_MAX) {
      unread++;
      continue;
    }
    job ??= jobOf(of('job'));
    const suite = suiteOf(of('suite')) ?? suiteOf(of('suite_name'));
    const full = (suite === null ? name : `${suite}.${name}`).slice(0, TEST_NAME_CHARS_MAX);
    const metadata = of('metadata');
    const said = result === 'pass' ? null : typeof metadata === 'string' ? metadata : sentenceOf(metadata);
    cases.set(full, {
      name: full,
      status: result,
      durationMs: durationOf(of),
      detail: said?.slice(0, TEST_DETAIL_CHARS_MAX) ?? null,
    });
  }
  if (unread > 0)
    problems.add(
      'warning',
      'test-case-unreadable',
      `${unread} entries have no name or no result, or are too many.`,
      key,
    );
  return {
    ...{
      key: job === null ? key : `lava job ${job}`,
      format: 'lava',
      type: 'runtime',
      series: null,
      machine: null,
      image: null,
    },
    ...{ distro: null, startedMs: null, layers: [], configuration: job === null ? {} : { job }, suites: [] },
    ...{ cases: [...cases.values()], withoutStatus: [] },
  };
}

/** A number, or the address of the job. */
function jobOf(value: unknown): string | null {
  return /(\d{1,12})\/?$/.exec(typeof value === 'number' ? String(value) : (textOf(value) ?? ''))?.[1] ?? null;
}

/** `0_timesync-off`: the number is the place of the definition in the job. A number alone, or an address, names no suite. */
function suiteOf(value: unknown): string | null {
  const name = textOf(value, TEST_NAME_CHARS_MAX) ?? '';
  return name === '' || /^\d+$/.test(name) || name.includes('://') ? null : name.replace(/^\d+_/, '');
}

/** What LAVA's own cases (boot, login) measure is how long they took. */
function durationOf(of: (field: string) => unknown): number | null {
  const value = Number(of('measurement') ?? Number.NaN);
  return of('unit') === 'seconds' && value >= 0 && value < 1e9 ? Math.round(value * 1000) : null;
}

function sentenceOf(metadata: unknown): string | null {
  if (!isFields(metadata)) return null;
  const words = (name: keyof Fields) => textOf(get(metadata, String(name)));
  return words('error_msg') ?? words('reason') ?? null;
}

/** RFC 4180, bounded in rows. */
function csvRows(source: string, rowsMax: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < source.length && rows.length < rowsMax) {
    let field = '';
    if (source[at] === '"') {
      at++;
      for (;;) {
        const quote = source.indexOf('"', at);
        if (quote < 0) {
          field += source.slice(at);
          at = source.length;
          break;
        }
        field += source.slice(at, quote);
        at = quote + 1;
        if (source[at] !== '"') break;
        field += '"';
        at++;
      }
    }
    const end = /[,\n]/g;
    end.lastIndex = at;
    const stop = end.exec(source)?.index ?? source.length;
    field += source.slice(at, stop).replace(/\r$/, '');
    row.push(field);
    if (source[stop] !== ',') {
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
    }
    at = stop + 1;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
