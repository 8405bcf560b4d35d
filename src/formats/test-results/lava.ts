/**
 * Results of a LAVA job, as its server writes them: the list of its REST API (`/api/v0.2/jobs/N/tests/`, whole or a page of it), the YAML and CSV
 * downloads of a job or a suite, `lavacli results --json|--yaml`, and the callback that a job definition asks for. In most of them every value is
 * text, what is missing is the word `None` of Python, and the reason of a failure stands in metadata that are YAML or Python within a text. LAVA
 * knows a device and not a build, so which build it tested is said by who brings the results.
 */
import { parse } from 'yaml';
import {
  LAVA_CASE_CHARS_MAX,
  LAVA_CASE_MARKS_MAX,
  LAVA_YAML_CHARS_MAX,
  REPORT_NAME_CHARS_MAX,
  TEST_CASES_MAX,
  TEST_DETAIL_CHARS_MAX,
  TEST_NAME_CHARS_MAX,
} from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { TestCase, TestRun } from '../../model/test-run.ts';
import { type Fields, get, isFields, textOf } from '../record/fields.ts';

type Row = (field: string) => unknown;

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
  const line = head.split('\n', 1)[0]!.toLowerCase().split(',').map(unquoted);
  return line.includes('name') && line.includes('result') && (line.includes('suite') || line.includes('job'));
}

/** A list of cases, each over lines or in one pair of braces. */
export function isLavaYaml(head: string): boolean {
  return /^(?:---\s*\n)?- /.test(head) && /\bresult: /.test(head) && /\bname: /.test(head);
}

/** What LAVA sends of a job that is over, if the job definition asks for it. */
export function isLavaCallback(value: unknown): value is Fields {
  return isFields(value) && typeof get(value, 'health_string') === 'string' && get(value, 'submit_time') !== undefined;
}

export function readLavaList(list: readonly unknown[], key: string, problems: ProblemList): TestRun {
  return runOf(list.filter(isFields).map(rowOf), key, problems);
}

export function readLavaYaml(source: string, key: string, problems: ProblemList): TestRun {
  return runOf(yamlRows(source, key, problems), key, problems);
}

/** Null where it was asked for without results. */
export function readLavaCallback(value: Fields, key: string, problems: ProblemList): TestRun | null {
  const results = get(value, 'results');
  if (!isFields(results)) return null;
  const rows: Row[] = [];
  let left = LAVA_YAML_CHARS_MAX;
  for (const [suite, told] of Object.entries(results)) {
    // A YAML text in the JSON. Some who hand it on have parsed it already.
    if (Array.isArray(told)) rows.push(...told.filter(isFields).map(rowOf));
    else if (typeof told === 'string' && left > 0) {
      rows.push(...yamlRows(told.slice(0, left), `${key}: ${suite.slice(0, 100)}`, problems));
      left -= told.length;
    }
  }
  const run = runOf(rows, key, problems);
  const job = jobOf(get(value, 'id'));
  const said = (field: string): [string, string][] => {
    const text = wordOf(get(value, field))?.slice(0, REPORT_NAME_CHARS_MAX);
    return text === undefined ? [] : [[field.replace('actual_device_id', 'device').replace('_string', ''), text]];
  };
  return {
    ...run,
    key: job === null ? run.key : `lava job ${job}`,
    startedMs: momentOf(get(value, 'start_time')) ?? run.startedMs,
    configuration: {
      ...run.configuration,
      ...(job === null ? {} : { job }),
      ...Object.fromEntries(['description', 'actual_device_id', 'health_string', 'failure_comment'].flatMap(said)),
    },
  };
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

function rowOf(fields: Fields): Row {
  return (field) => get(fields, field);
}

/**
 * The cases of a YAML list, each parsed by itself: what is wrong with one costs that one, and no anchor of one can be used in a thousand others.
 * PyYAML begins a case, and nothing within one, with a dash at the beginning of a line.
 */
function* yamlRows(source: string, key: string, problems: ProblemList): Generator<Row> {
  const text = source.slice(0, LAVA_YAML_CHARS_MAX);
  if (text.length < source.length)
    problems.add(
      'warning',
      'results-too-long',
      `Of its results the first ${LAVA_YAML_CHARS_MAX >> 20} MB are read.`,
      key,
    );
  let unread = 0;
  for (let at = text.startsWith('- ') ? 0 : text.indexOf('\n- ') + 1; at < text.length; ) {
    const next = text.indexOf('\n- ', at);
    const end = next < 0 ? text.length : next + 1;
    const row = yamlCase(text.slice(at, end));
    if (row === null) unread++;
    else yield row;
    at = end;
  }
  if (unread > 0) problems.add('warning', 'test-case-unreadable', `${unread} entries are no YAML of a case.`, key);
}

/** Whatever can begin one level more. */
const NESTS = /[[{]|[-?:]\s/g;

function yamlCase(text: string): Row | null {
  if (text.length > LAVA_CASE_CHARS_MAX || (text.match(NESTS)?.length ?? 0) > LAVA_CASE_MARKS_MAX) return null;
  try {
    // Every scalar as a text: a case may be called `on`, `1e3` or `0x10`.
    const list: unknown = parse(text, { schema: 'failsafe', maxAliasCount: 10, logLevel: 'error' });
    const [one] = Array.isArray(list) ? (list as unknown[]) : [];
    return isFields(one) ? rowOf(one) : null;
  } catch {
    // No YAML, or brackets in brackets without end: counted by who asked.
    return null;
  }
}

function runOf(rows: Iterable<Row>, key: string, problems: ProblemList): TestRun {
  const cases = new Map<string, TestCase>();
  let job: string | null = null;
  let startedMs: number | null = null;
  let unread = 0;
  for (const of of rows) {
    const name = wordOf(of('name')) ?? '';
    const result = textOf(of('result'), 40) ?? '';
    if (name === '' || result === '' || cases.size >= TEST_CASES_MAX) {
      unread++;
      continue;
    }
    job ??= jobOf(of('job'));
    const logged = momentOf(of('logged'));
    if (logged !== null) startedMs = Math.min(startedMs ?? logged, logged);
    const metadata = of('metadata');
    const suite = suiteOf(of('suite')) ?? suiteOf(of('suite_name')) ?? suiteOf(inMetadata(metadata, 'definition'));
    const full = (suite === null ? name : `${suite}.${name}`).slice(0, TEST_NAME_CHARS_MAX);
    const said = result === 'pass' ? null : (inMetadata(metadata, 'error_msg') ?? inMetadata(metadata, 'reason'));
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
    ...{ distro: null, startedMs, layers: [], configuration: job === null ? {} : { job }, suites: [] },
    ...{ cases: [...cases.values()], withoutStatus: [] },
  };
}

/** Text that says something: of what is missing LAVA writes Python's word for nothing. */
function wordOf(value: unknown): string | null {
  const text = textOf(value, TEST_NAME_CHARS_MAX)?.trim() ?? '';
  return text === '' || text === 'None' ? null : text;
}

/** A number, or the address of the job. */
function jobOf(value: unknown): string | null {
  return /(\d{1,12})\/?$/.exec(typeof value === 'number' ? String(value) : (textOf(value) ?? ''))?.[1] ?? null;
}

/** `0_timesync-off`: the number is the place of the definition in the job. A number alone, or an address, names no suite. */
function suiteOf(value: unknown): string | null {
  const name = wordOf(value);
  return name === null || /^\d+$/.test(name) || name.includes('://') ? null : name.replace(/^\d+_/, '');
}

/** What LAVA's own cases (boot, login) measure is how long they took. The REST API calls `units` what the exports call `unit`. */
function durationOf(of: Row): number | null {
  const value = Number(wordOf(of('measurement')) ?? of('measurement') ?? Number.NaN);
  return (of('unit') ?? of('units')) === 'seconds' && value >= 0 && value < 1e9 ? Math.round(value * 1000) : null;
}

/** `2018-11-07 11:11:01.341667+00:00`, as Python prints a moment; in answers of the REST API with a T. */
function momentOf(value: unknown): number | null {
  const text = textOf(value, 40) ?? '';
  const ms = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Metadata are an object in the exports, YAML in the REST API, and Python's print of a dictionary in a CSV; all of them some words long. */
function inMetadata(metadata: unknown, word: string): string | null {
  if (isFields(metadata)) return textOf(get(metadata, word));
  const text = textOf(metadata, LAVA_CASE_CHARS_MAX);
  if (text === null || !text.includes(word)) return null;
  if (text.startsWith('{')) {
    const [, one, two] = new RegExp(`'${word}': (?:'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)")`).exec(text) ?? [];
    const told = one ?? two;
    return told === undefined ? null : told.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
  }
  try {
    const fields: unknown = parse(text, { schema: 'failsafe', maxAliasCount: 10, logLevel: 'error' });
    return isFields(fields) ? textOf(get(fields, word)) : null;
  } catch {
    // Words of another kind: none that we know.
    return null;
  }
}

function unquoted(name: string): string {
  return name.trim().replace(/^"(.*)"$/, '$1');
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
