/**
 * Mirrors the builds of a farm's server into the store. Each has an id of its farm and its number there, so reading it again finds it; where the
 * mirror stands is written down after each page of builds, so that the next run, or one after a break, goes on from there.
 */
import type { FarmOptions, FarmPage } from '../formats/open/buildbot-api.ts';
import { apiFolder, readBuildbot } from '../formats/open/buildbot-api.ts';
import { jenkinsRoot, readJenkins } from '../formats/open/jenkins-api.ts';
import { BakehouseError } from '../model/errors.ts';
import type { FarmKind } from '../model/farm-build.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import { uuidV5, withHostId } from './origin.ts';

/** Another than that of origins: a farm's build is no run of bitbake. */
const FARM_NAMESPACE = 'f1a5be7e-62a2-5d5b-9c1e-ba4e00000002';

export interface FarmImportOptions {
  /** Address by which people open the server, where it is read by another. */
  readonly address?: string | null | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
  /** Builds of one run; tests lower it. */
  readonly buildsMax?: number | undefined;
}

export interface FarmImportResult {
  readonly builds: readonly SavedBuild[];
  /** Builds that were left for the next run. */
  readonly more: boolean;
  readonly problems: readonly Problem[];
}

/** Farms that are asked over HTTP. */
export type MirroredKind = 'buildbot' | 'jenkins';

const READERS: Readonly<Record<MirroredKind, (address: string, options: FarmOptions) => AsyncGenerator<FarmPage>>> = {
  buildbot: readBuildbot,
  jenkins: readJenkins,
};

export async function importFarm(
  store: Store,
  kind: MirroredKind,
  source: string,
  options: FarmImportOptions,
): Promise<FarmImportResult> {
  const { nowMs, signal, onProgress, onSaved } = options;
  const problems = new ProblemList();
  const farm = farmName(kind, source);
  const builds = new Map<string, SavedBuild>();
  let more = false;
  const idOf = (key: string) => farmBuildId(farm, key);
  const pages = READERS[kind](source, {
    problems,
    nowMs,
    positionOf: (part) => store.farms.readPosition(part === '' ? farm : `${farm} ${part}`),
    address: options.address,
    signal,
    buildsMax: options.buildsMax,
  });
  for await (const page of pages) {
    for (const told of page.builds) {
      signal?.throwIfAborted();
      const id = idOf(told.key);
      const saved = await store.saveBuild(id, withHostId(told.build));
      const related = await store.farms.saveRelations(id, { links: told.links, parents: told.parents.map(idOf) });
      const now = { ...saved, changed: saved.changed || related || builds.get(id)?.changed === true };
      builds.set(id, now);
      onSaved?.(now);
      onProgress?.(builds.size);
    }
    for (const key of page.gone) {
      const build = await store.readBuild(idOf(key));
      // It may have been deleted here as well.
      if (build?.outcome !== 'running') continue;
      const saved = await store.saveBuild(idOf(key), { ...build, outcome: 'lost' });
      builds.set(saved.id, saved);
      onSaved?.(saved);
    }
    await store.farms.savePosition(page.part === '' ? farm : `${farm} ${page.part}`, page.position);
    more ||= page.more;
  }
  return { builds: [...builds.values()], more, problems: problems.list() };
}

/** The same wherever it is computed. */
export function farmBuildId(farm: string, key: string): string {
  return uuidV5(FARM_NAMESPACE, JSON.stringify([farm, key]));
}

/** The same server however its address is written; no name and password. */
export function farmName(kind: FarmKind, source: string): string {
  let url: URL;
  try {
    url = new URL(source);
  } catch (cause) {
    throw new BakehouseError('invalid', `${source} is no address.`, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new BakehouseError('invalid', `${source} is no http or https address.`);
  // Jobs have the whole of their names in keys, so Jenkins is one farm from whichever of its folders it is read.
  const folder = kind === 'jenkins' ? jenkinsRoot(url.pathname) : apiFolder(url.pathname);
  return `${kind} ${url.origin}${folder.replace(/\/$/, '')}`;
}
