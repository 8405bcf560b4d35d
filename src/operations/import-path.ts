import { createHash } from 'node:crypto';
import { openBuilds } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import type { SavedBuild } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface ImportPathInput {
  /** From the command line or a setting, never from a request. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
}

export interface ImportPathResult {
  readonly builds: readonly SavedBuild[];
  /** Of the path as a whole: a build that could not be read, a refused link. */
  readonly problems: readonly Problem[];
}

function idOf(build: Build): string {
  const hash = createHash('sha1').update(`${build.host.id}\0${build.name}\0${build.startedMs}`).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

/** Reads every build that a path leads to into the store. The same path again changes nothing. */
export async function importPath({ store }: OperationContext, input: ImportPathInput): Promise<ImportPathResult> {
  const problems = new ProblemList();
  const builds: SavedBuild[] = [];
  const { signal, onProgress } = input;
  for await (const build of openBuilds(input.path, {
    problems,
    signal,
    onProgress: ({ done, total }) => onProgress?.(done, total),
  })) {
    const saved = await store.saveBuild(idOf(build), build);
    builds.push(saved);
    input.onSaved?.(saved);
  }
  return { builds, problems: problems.list() };
}
