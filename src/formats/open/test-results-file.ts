/** Files of test results: oeqa's testresults.json, a log of ptest-runner, results of a LAVA job. */
import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BakehouseError } from '../../model/errors.ts';
import { TEST_FILES_MAX, TEST_RESULTS_BYTES_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { TestRun } from '../../model/test-run.ts';
import {
  isLavaCallback,
  isLavaCsv,
  isLavaYaml,
  lavaList,
  readLavaCallback,
  readLavaCsv,
  readLavaList,
  readLavaYaml,
} from '../test-results/lava.ts';
import { isOeqaResults, parseJson, readOeqaResults } from '../test-results/oeqa.ts';
import { isPtestLog, readPtestLog } from '../test-results/ptest.ts';
import { reasonOf } from './directory.ts';

const HEAD_BYTES = 64 << 10;

/** Without reading more than its beginning. */
export function isTestResultsFile(path: string): boolean {
  const head = headOf(path);
  if (head === null) return false;
  if (isPtestLog(head) || (/\.csv$/i.test(path) && isLavaCsv(head))) return true;
  if (/\.ya?ml$/i.test(path) && isLavaYaml(head)) return true;
  if (!/^\s*[[{]/.test(head)) return false;
  // Of a file of 50 MB the first key and what it holds; of an event log or an error report none of these words.
  return (
    /^\s*\{\s*"[^"]{1,500}"\s*:\s*\{\s*"(?:configuration|result)"\s*:/.test(head) ||
    (/^\s*\{/.test(head) && /"health_string"\s*:/.test(head) && /"actual_device_id"\s*:/.test(head)) ||
    (/^\s*(?:\[|\{\s*"(?:count|results|next|previous)")/.test(head) &&
      /"result"\s*:/.test(head) &&
      /"name"\s*:/.test(head))
  );
}

function headOf(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return null;
    const head = Buffer.alloc(HEAD_BYTES);
    const fd = openSync(path, 'r');
    try {
      return head.toString('utf8', 0, readSync(fd, head, 0, head.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    // Whoever opens it next says why it cannot be read.
    return null;
  }
}

/** `series`: left out, the folder of the file, as resulttool has it. */
export function readTestResultsFile(path: string, problems: ProblemList, series?: string | null): TestRun[] {
  let source: string;
  try {
    if (statSync(path).size > TEST_RESULTS_BYTES_MAX)
      throw new BakehouseError(
        'too-large',
        `${path} is larger than the ${TEST_RESULTS_BYTES_MAX >> 20} MB that are read.`,
        {
          file: path,
        },
      );
    source = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof BakehouseError) throw cause;
    throw new BakehouseError('unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { file: path, cause });
  }
  return readTestResults(
    source,
    { file: basename(path), series: series === undefined ? seriesOf(path) : series },
    problems,
  );
}

/** What resulttool takes for TESTSERIES. */
export function seriesOf(path: string): string {
  return basename(dirname(resolve(path)));
}

/** `series`: the folder of the file, which names the runs that do not name themselves. */
export function readTestResults(
  source: string,
  from: { readonly file: string; readonly series: string | null },
  problems: ProblemList,
): TestRun[] {
  const { file, series } = from;
  if (isPtestLog(source.slice(0, HEAD_BYTES))) return [readPtestLog(source, file, problems)];
  if (/\.csv$/i.test(file) && isLavaCsv(source.slice(0, HEAD_BYTES))) return [readLavaCsv(source, file, problems)];
  if (/\.ya?ml$/i.test(file) && isLavaYaml(source.slice(0, HEAD_BYTES))) return [readLavaYaml(source, file, problems)];
  const value = parseJson(source, file);
  if (isOeqaResults(value)) return readOeqaResults(value, series, problems);
  if (isLavaCallback(value)) {
    const run = readLavaCallback(value, file, problems);
    if (run !== null) return [run];
    throw new BakehouseError(
      'unreadable',
      `${file} is of a LAVA job and without results: the callback asks for no \`dataset: results\`.`,
      {
        file,
      },
    );
  }
  const list = lavaList(value);
  if (list !== null) return [readLavaList(list, file, problems)];
  throw new BakehouseError(
    'unreadable',
    `${file} holds no test results: neither oeqa's, nor ptest-runner's, nor LAVA's.`,
    {
      file,
    },
  );
}

/** Where oeqa writes in a build folder: `tmp*\/log/oeqa/testresults.json`, from a build folder, a tmp or `log/oeqa` itself. */
export function findTestResults(path: string): string[] {
  const full = resolve(path);
  const folders = [full, join(full, 'log', 'oeqa')];
  try {
    for (const entry of readdirSync(full, { withFileTypes: true }))
      if (entry.isDirectory() && entry.name.startsWith('tmp')) folders.push(join(full, entry.name, 'log', 'oeqa'));
  } catch {
    // A file: there is nothing below it.
    return [];
  }
  return folders.map((folder) => join(folder, 'testresults.json')).filter((file) => isTestResultsFile(file));
}

/** Of `resulttool store`: TEST_TYPE, DISTRO, MACHINE and image are four; people put a year or a branch above. */
const STORE_DEPTH_MAX = 12;

/** Every `testresults.json` below a folder, as `resulttool store` lays them; relative to it, sorted. Links are not followed. */
export function findStoredResults(folder: string, problems: ProblemList): string[] {
  const found: string[] = [];
  const walk = (inner: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(join(folder, inner), { withFileTypes: true });
    } catch (cause) {
      if (depth === 0)
        throw new BakehouseError('unreadable', `${folder} cannot be read: ${reasonOf(cause)}.`, { cause });
      problems.add('error', 'directory-unreadable', `It cannot be read: ${reasonOf(cause)}.`, inner);
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (found.length >= TEST_FILES_MAX) return;
      if (entry.isFile() && entry.name === 'testresults.json') found.push(path);
      else if (entry.isDirectory() && entry.name !== '.git' && depth < STORE_DEPTH_MAX) walk(path, depth + 1);
    }
  };
  walk('', 0);
  if (found.length >= TEST_FILES_MAX)
    problems.add('warning', 'too-many-files', `The first ${TEST_FILES_MAX} files of results are read.`, folder);
  return found;
}
