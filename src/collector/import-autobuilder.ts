/**
 * What the Yocto Project's autobuilder publishes of one of its runs: a folder with `testresults/<target>/`, in which each target leaves test results,
 * sometimes its buildstats, and error reports. Each target becomes a build of the autobuilder, the runs of bitbake in it its children.
 */
import { type TestedCandidate, testedBuild } from '../analysis/tested-build.ts';
import { openPublication, type PublishedTarget } from '../formats/open/publication.ts';
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

export async function importAutobuilder(
  store: Store,
  source: string,
  options: FarmImportOptions & { readonly blobs: BlobStore },
): Promise<FarmImportResult & { readonly tests: number }> {
  const { nowMs, signal, onProgress, blobs } = options;
  const problems = new ProblemList();
  const publication = await openPublication(source, { problems, signal });
  const { name, location, targets } = publication;
  const address =
    options.address == null ? (/^https?:/.test(location) ? location : null) : options.address.replace(/\/*$/, '/');
  const farm = `autobuilder ${address ?? location}`;
  const builds = new Map<string, SavedBuild>();
  const note = (saved: SavedBuild): void => {
    builds.set(saved.id, { ...saved, changed: saved.changed || builds.get(saved.id)?.changed === true });
    options.onSaved?.(saved);
    onProgress?.(builds.size);
  };
  if (targets.length > PUBLISHED_TARGETS_MAX)
    problems.add(
      'warning',
      'too-many-targets',
      `Of ${targets.length} targets the first ${PUBLISHED_TARGETS_MAX} are read.`,
      location,
    );
  let tests = 0;
  try {
    for (const target of targets.slice(0, PUBLISHED_TARGETS_MAX)) {
      signal?.throwIfAborted();
      const part = `${farm} ${target.name}`;
      const state = await stateOf(target, problems);
      // Of a publication that was broken off, or that has grown since, what came.
      if (state === undefined) continue;
      if (state !== null && (await store.farms.readPosition(part))?.after === state) continue;
      const own = new ProblemList();
      const children = await bitbakeBuilds(store, target, { nowMs, signal, blobs }, own);
      const runs = await readRuns(target, own);
      if (children.length === 0 && runs.length === 0)
        own.add('note', 'nothing-published', 'It holds neither test results nor a build.', target.location);
      else {
        const page = address === null ? null : `${address}testresults/${encodeURIComponent(target.name)}/`;
        const heads = await headsOf(store, children);
        const id = farmBuildId(farm, `${name}/${target.name}`);
        const saved = await store.saveBuild(
          id,
          publishedBuild(target.name, name, page ?? target.location, heads, runs),
        );
        const link: BuildLink[] =
          page === null ? [] : [{ kind: 'published', title: `Published: ${target.name}`, url: page }];
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
      problems.addAll(own.list());
      // What could not be read is tried again the next time.
      if (state !== null && !own.kept.some(({ severity }) => severity === 'error'))
        await store.farms.savePosition(part, { after: state, open: [] });
    }
  } finally {
    publication.close();
  }
  return { builds: [...builds.values()], tests, more: false, problems: problems.list() };
}

/** Undefined where its folder cannot be seen, which is said. */
async function stateOf(target: PublishedTarget, problems: ProblemList): Promise<number | null | undefined> {
  try {
    return await target.state();
  } catch (error) {
    if (!(error instanceof BakehouseError) || error.code === 'too-large') throw error;
    problems.add('error', 'target-unreadable', error.message, target.location);
    return undefined;
  }
}

async function bitbakeBuilds(
  store: Store,
  { path, location }: PublishedTarget,
  options: { readonly nowMs: number; readonly signal: AbortSignal | undefined; readonly blobs: BlobStore },
  problems: ProblemList,
): Promise<readonly SavedBuild[]> {
  try {
    const read = await importPath(store, path, options);
    problems.addAll(read.problems);
    return read.builds;
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    // Most targets keep their buildstats to themselves.
    if (error.code !== 'not-found') problems.add('error', 'build-unreadable', error.message, location);
    return [];
  }
}

async function readRuns(target: PublishedTarget, problems: ProblemList): Promise<TestRun[]> {
  try {
    return await target.tests(problems);
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    problems.add('error', 'tests-unreadable', error.message, target.location);
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
