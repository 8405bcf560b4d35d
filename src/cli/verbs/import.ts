/** `bakehouse import`: every build of the paths into the store. Reading a path twice changes nothing. */

import { resolve } from 'node:path';
import { findTestResults, isTestResultsFile } from '../../formats/open/test-results-file.ts';
import { BakehouseError } from '../../model/errors.ts';
import { plural } from '../../model/format.ts';
import type { Problem } from '../../model/problem.ts';
import type { Store } from '../../store/store.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK, EXIT_UNREADABLE, errorSentence } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, text } from '../options.ts';
import type { Options } from '../program.ts';
import { progressLine } from '../progress.ts';
import { ADDRESS } from '../read-build.ts';
import { consoleContext, importInto, storeContext, withStore } from '../stored.ts';
import { printable } from '../style.ts';

interface PathResult {
  readonly path: string;
  readonly builds: readonly { readonly id: string; readonly changed: boolean }[];
  /** Test runs that were put to builds. */
  readonly tests: number;
  readonly problems: readonly string[];
}

function worded({ file, message }: Pick<Problem, 'file' | 'message'>): string {
  return file === null ? message : `${file}: ${message}`;
}

const WANTED = {
  buildbot: 'URL: exactly one address',
  jenkins: 'URL: exactly one address',
  autobuilder: 'FOLDER|URL: exactly one folder or address',
  testresults: 'FOLDER: exactly one folder',
} as const;

/** Paths that cannot be read are said, and do not keep the others from being read. */
export async function importPaths(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const [kind, source, ...others] = args;
  if (kind === 'buildbot' || kind === 'jenkins' || kind === 'autobuilder' || kind === 'testresults') {
    if (source !== undefined && others.length === 0) return importFarm(io, kind, source, options);
    const what = WANTED[kind];
    throw new BakehouseError('invalid', `bakehouse import ${kind} ${what}. A folder of that name is ./${kind}.`);
  }
  let unreadable = false;
  const results = await withStore(io, options, async (store) => {
    const done: PathResult[] = [];
    for (const path of args) {
      try {
        const results = ADDRESS.test(path) ? [] : testResultsOf(resolve(io.folder, path));
        const tests = await attach(
          io,
          options,
          store,
          results.filter((file) => file === resolve(io.folder, path)),
        );
        if (tests.attempted) {
          if (tests.runs === 0) unreadable = true;
          done.push({ path, builds: [], tests: tests.runs, problems: tests.problems });
          continue;
        }
        const { builds, problems, failed } = await importInto(io, options, store, path);
        const beside = await attach(io, options, store, results);
        // Found and not stored (a full disk): whoever calls us must not take it for done.
        if (failed > 0) unreadable = true;
        done.push({
          path,
          builds: builds.map(({ id, changed }) => ({ id, changed })),
          tests: beside.runs,
          problems: [...problems.map(worded), ...beside.problems],
        });
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        unreadable = true;
        done.push({ path, builds: [], tests: 0, problems: [errorSentence(error)] });
      }
    }
    return done;
  });
  if (flag(options, 'json')) io.out(`${JSON.stringify({ paths: results }, null, 2)}\n`);
  for (const { path, builds, tests, problems } of results) {
    const said = [
      ...(builds.length > 0 || tests === 0 ? [sentence(builds)] : []),
      ...(tests > 0 ? [plural(tests, 'test run')] : []),
    ];
    if (!flag(options, 'json')) io.out(`${printable(path)}: ${said.join(', ')}\n`);
    for (const problem of problems) io.err(`bakehouse: ${printable(problem)}\n`);
  }
  return unreadable ? EXIT_UNREADABLE : EXIT_OK;
}

/** The file itself where it holds test results, or those that oeqa left in a build folder. */
function testResultsOf(path: string): readonly string[] {
  return isTestResultsFile(path) ? [path] : findTestResults(path);
}

async function attach(
  io: CliIo,
  options: Options,
  store: Store,
  files: readonly string[],
): Promise<{ readonly attempted: boolean; readonly runs: number; readonly problems: readonly string[] }> {
  const { importTests } = await loadLibrary();
  const context = await consoleContext(io, options, store);
  const problems: string[] = [];
  let runs = 0;
  for (const path of files) {
    const told = await importTests(context, { path, build: text(options, 'build') ?? null });
    runs += told.runs.length;
    problems.push(...told.problems.map(worded));
  }
  return { attempted: files.length > 0, runs, problems };
}

/** What is new on another server since the last time. */
async function importFarm(io: CliIo, kind: keyof typeof WANTED, source: string, options: Options): Promise<number> {
  const { importAutobuilder, importFarm: mirror, importTestStore } = await loadLibrary();
  const shown = withoutPassword(source);
  const progress = progressLine(io, `reading ${shown}`);
  const address = text(options, 'address') ?? null;
  const onProgress = (done: number): void => progress.show({ done, total: done });
  const result = await storeContext(io, options, async (context) => {
    try {
      if (kind === 'autobuilder')
        return await importAutobuilder(context, {
          source: ADDRESS.test(source) ? source : resolve(io.folder, source),
          address,
          onProgress,
        });
      if (kind === 'testresults')
        return await importTestStore(context, { folder: resolve(io.folder, source), onProgress });
      return await mirror(context, { kind, source, address, onProgress });
    } finally {
      progress.clear();
    }
  });
  const { builds, more, problems } = result;
  const words = problems.map(worded);
  if (flag(options, 'json')) {
    const told = builds.map(({ id, changed }) => ({ id, changed }));
    io.out(`${JSON.stringify({ paths: [{ path: shown, builds: told, problems: words, more }] }, null, 2)}\n`);
  } else {
    const runs =
      kind === 'testresults' && 'tests' in result && typeof result.tests === 'number'
        ? `, ${plural(result.tests, 'new test run')}`
        : '';
    io.out(`${printable(shown)}: ${builds.length === 0 ? 'nothing new' : sentence(builds)}${runs}\n`);
    if (more) io.out('There is more: the same command goes on from here.\n');
  }
  for (const problem of words) io.err(`bakehouse: ${printable(problem)}\n`);
  return EXIT_OK;
}

function withoutPassword(address: string): string {
  return address.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
}

function sentence(builds: PathResult['builds']): string {
  const changed = builds.filter((build) => build.changed).length;
  if (builds.length === 0) return 'nothing was read';
  const already = builds.length - changed;
  if (already === 0) return `${plural(changed, 'build')} stored`;
  return `${plural(changed, 'build')} stored, ${already} already there`;
}
