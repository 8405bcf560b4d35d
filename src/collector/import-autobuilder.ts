/**
 * What the Yocto Project's autobuilder publishes of one of its runs: a folder with `testresults/<target>/`, in which each target leaves test results,
 * sometimes its buildstats, and error reports. Each target becomes a build of the autobuilder, the runs of bitbake in it its children.
 */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestedCandidate, testedBuild } from '../analysis/tested-build.ts';
import { isTestResultsFile, readTestResultsFile } from '../formats/open/test-results-file.ts';
import type { Build, BuildOutcome } from '../model/build.ts';
import { blankBuild } from '../model/draw-build.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BuildLink } from '../model/farm-build.ts';
import { PUBLISHED_TARGETS_MAX } from '../model/limits.ts';
import { ProblemList } from '../model/problem.ts';
import type { TestRun } from '../model/test-run.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { BuildHead, SavedBuild, Store } from '../store/store.ts';
import { importPath } from './import.ts';
import { type FarmImportOptions, type FarmImportResult, farmBuildId } from './import-farm.ts';

const FOLDER = 'testresults';

export async function importAutobuilder(
  store: Store,
  folder: string,
  options: FarmImportOptions & { readonly blobs: BlobStore },
): Promise<FarmImportResult & { readonly tests: number }> {
  const { nowMs, signal, onProgress, blobs } = options;
  const results = resultsFolder(folder);
  const publication = basename(dirname(results));
  const address = options.address == null ? null : options.address.replace(/\/*$/, '/');
  const problems = new ProblemList();
  const builds = new Map<string, SavedBuild>();
  const note = (saved: SavedBuild): void => {
    builds.set(saved.id, { ...saved, changed: saved.changed || builds.get(saved.id)?.changed === true });
    options.onSaved?.(saved);
    onProgress?.(builds.size);
  };
  const targets = readdirSync(results, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  if (targets.length > PUBLISHED_TARGETS_MAX)
    problems.add(
      'warning',
      'too-many-targets',
      `Of ${targets.length} targets the first ${PUBLISHED_TARGETS_MAX} are read.`,
      results,
    );
  let tests = 0;
  for (const target of targets.slice(0, PUBLISHED_TARGETS_MAX)) {
    signal?.throwIfAborted();
    const own = join(results, target);
    const children = await bitbakeBuilds(store, own, { nowMs, signal, blobs }, problems);
    const file = join(own, 'testresults.json');
    const runs = isTestResultsFile(file) ? readRuns(file, target, problems) : [];
    if (children.length === 0 && runs.length === 0) {
      problems.add('note', 'nothing-published', 'It holds neither test results nor a build.', own);
      continue;
    }
    const page = address === null ? null : `${address}${FOLDER}/${encodeURIComponent(target)}/`;
    const heads = await headsOf(store, children);
    const id = farmBuildId(`autobuilder ${address ?? dirname(results)}`, `${publication}/${target}`);
    const saved = await store.saveBuild(id, publishedBuild(target, publication, page ?? own, heads, runs));
    const link: BuildLink[] = page === null ? [] : [{ kind: 'published', title: `Published: ${target}`, url: page }];
    const related = await store.farms.saveRelations(id, { links: link, parents: [] });
    note({ ...saved, changed: saved.changed || related });
    for (const child of children) {
      const joined = await store.farms.saveRelations(child.id, { links: link, parents: [id] });
      note({ ...child, changed: child.changed || joined });
    }
    for (const run of runs) {
      const { changed } = await store.tests.save(testedBuild(run, heads) ?? id, run, nowMs);
      if (changed) tests++;
    }
  }
  return { builds: [...builds.values()], tests, more: false, problems: problems.list() };
}

/** The folder of the publication, or its `testresults`. */
function resultsFolder(folder: string): string {
  for (const candidate of [join(folder, FOLDER), folder]) {
    try {
      if (basename(candidate) === FOLDER && statSync(candidate).isDirectory()) return realpathSync(candidate);
    } catch {
      // The next, or none of them: said below.
    }
  }
  throw new BakehouseError('not-found', `${folder} has no folder ${FOLDER}, in which the autobuilder publishes.`, {
    file: folder,
  });
}

async function bitbakeBuilds(
  store: Store,
  folder: string,
  options: { readonly nowMs: number; readonly signal: AbortSignal | undefined; readonly blobs: BlobStore },
  problems: ProblemList,
): Promise<readonly SavedBuild[]> {
  try {
    const read = await importPath(store, folder, options);
    problems.addAll(read.problems);
    return read.builds;
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    // Most targets keep their buildstats to themselves.
    if (error.code !== 'not-found') problems.add('error', 'build-unreadable', error.message, folder);
    return [];
  }
}

function readRuns(file: string, target: string, problems: ProblemList): TestRun[] {
  try {
    return readTestResultsFile(file, problems, target);
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    problems.add('error', 'tests-unreadable', error.message, file);
    return [];
  }
}

type Head = BuildHead & TestedCandidate;

async function headsOf(store: Store, builds: readonly SavedBuild[]): Promise<readonly Head[]> {
  const heads = await Promise.all(builds.map(({ id }) => store.readHead(id)));
  return heads.filter((head) => head !== null);
}

function publishedBuild(
  target: string,
  publication: string,
  location: string,
  heads: readonly Head[],
  runs: readonly TestRun[],
): Build {
  const starts = [...heads, ...runs].flatMap(({ startedMs }) => startedMs ?? []);
  const ends = heads.map(({ endedMs }) => endedMs);
  const one = (values: readonly (string | null)[]) => (new Set(values).size === 1 ? (values[0] ?? null) : null);
  const layers = runs.find((run) => run.layers.length > 0)?.layers ?? [];
  return {
    ...blankBuild(`${target} #${publication}`),
    sources: [{ kind: 'autobuilder', location }],
    startedMs: starts.length === 0 ? null : Math.min(...starts),
    endedMs: ends.length === 0 || ends.includes(null) ? null : Math.max(...ends.flatMap((end) => end ?? [])),
    // Of its other steps nothing is published.
    endEstimated: true,
    outcome: outcomeOf(heads),
    builder: target,
    machine: one([...heads, ...runs].map(({ machine }) => machine)),
    distro: one([...heads, ...runs].map(({ distro }) => distro)),
    layers: layers.map((layer) => ({ ...layer, modified: null })),
  };
}

/** A build that failed makes the target fail; that all published ones succeeded says nothing of those that were not. */
function outcomeOf(heads: readonly Head[]): BuildOutcome {
  return heads.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'not-recorded';
}
