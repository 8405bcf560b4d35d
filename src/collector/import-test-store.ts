/**
 * Test results that were kept without the builds they tested: a folder of `testresults.json` as `resulttool store` lays it, such as a checkout of
 * yocto-testresults. A run goes to the build it tested where the store has that, and else to a build of its own, which is what the results say of
 * their configuration: machine, image, distribution, layers, and when their bitbake began.
 */
import { join } from 'node:path';
import { findStoredResults, readTestResultsFile } from '../formats/open/test-results-file.ts';
import type { Build } from '../model/build.ts';
import { blankBuild } from '../model/draw-build.ts';
import { BakehouseError } from '../model/errors.ts';
import { ProblemList } from '../model/problem.ts';
import type { TestRun } from '../model/test-run.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import { findTested } from './attach-tests.ts';
import { type FarmImportOptions, type FarmImportResult, farmBuildId } from './import-farm.ts';

export async function importTestStore(
  store: Store,
  folder: string,
  options: Omit<FarmImportOptions, 'address' | 'buildsMax'>,
): Promise<FarmImportResult & { readonly tests: number }> {
  const { nowMs, signal, onProgress, onSaved } = options;
  const problems = new ProblemList();
  const files = findStoredResults(folder, problems);
  if (files.length === 0)
    throw new BakehouseError('not-found', `There is no testresults.json in ${folder} or below it.`, { file: folder });
  const builds = new Map<string, SavedBuild>();
  let tests = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    for (const run of runsOf(folder, file, problems)) {
      const own = farmBuildId('test results', identityOf(run));
      // Once it has one, its own build stays its build: a run is in one place.
      const tested =
        builds.has(own) || (await store.readHead(own)) !== null ? null : await findTested(store, run, async () => true);
      if (tested === null) {
        // Of runs with one identity (an image's own tests and its ptests), in one file or two, it is the first that tells of the build.
        if (!builds.has(own)) builds.set(own, await store.saveBuild(own, buildOf(run, file)));
      } else if (!builds.has(tested)) {
        const { revision = '' } = (await store.readSummary(tested)) ?? {};
        builds.set(tested, { id: tested, revision, changed: false });
      }
      const id = tested ?? own;
      const { changed } = await store.tests.save(id, run, nowMs);
      if (changed) tests++;
      const saved = builds.get(id)!;
      const now = { ...saved, changed: saved.changed || changed };
      builds.set(id, now);
      onSaved?.(now);
      onProgress?.(builds.size);
    }
  }
  return { builds: [...builds.values()], tests, more: false, problems: problems.list() };
}

/** One file that cannot be read keeps nobody from the others. */
function runsOf(folder: string, file: string, problems: ProblemList): TestRun[] {
  try {
    return readTestResultsFile(join(folder, file), problems);
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    problems.add('error', 'tests-unreadable', error.message, file);
    return [];
  }
}

/** The same from whichever folder it is read. oeqa tells of no host, so what was begun twice in a second for one image is one. */
function identityOf(run: TestRun): string {
  const { type, series, machine, image, startedMs, layers } = run;
  const commits = layers.map(({ name, commit }) => [name, commit]);
  return JSON.stringify([type, series, machine, image, startedMs, commits, startedMs === null ? run.key : null]);
}

function buildOf(run: TestRun, file: string): Build {
  const { key, type, machine, image, distro, startedMs, layers, configuration } = run;
  // As a farm's server calls its builds: what it is, and which of them.
  const what = [image, image === null || type !== 'runtime' ? type : null].filter((part) => part !== null);
  const which = startedMs === null ? null : new Date(startedMs).toISOString().replace(/\D/g, '').slice(0, 14);
  return {
    ...blankBuild(which === null ? key : `${what.join(' ') || 'tests'} #${which}`),
    sources: [{ kind: 'test-results', location: file }],
    startedMs,
    machine,
    distro,
    images: image === null ? null : [image],
    builder: configuration.EXECUTED_BY ?? null,
    host: { ...blankBuild('').host, distro: configuration.HOST_DISTRO ?? null },
    layers: layers.map((layer) => ({ ...layer, modified: null })),
    extras: Object.fromEntries([
      ...(run.type === null ? [] : [['test type', run.type]]),
      ...(run.series === null ? [] : [['test series', run.series]]),
    ]),
  };
}
