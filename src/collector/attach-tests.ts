/** Puts test runs to the builds they tested: the one that is named, or the one they say themselves. */
import { BEFORE_START_MS, LOOK_BACK_MS, type TestedCandidate, testedBuild } from '../analysis/tested-build.ts';
import type { ProblemList } from '../model/problem.ts';
import { countTests, type TestCounts, type TestRun } from '../model/test-run.ts';
import type { Store } from '../store/store.ts';
import type { MayJoin } from './may-join.ts';

export interface AttachedRun extends TestCounts {
  /** Id of the build. */
  readonly build: string;
  readonly key: string;
  readonly changed: boolean;
}

export interface AttachOptions {
  /** Id of the build that was tested; null: by what the runs say. */
  readonly build: string | null;
  readonly mayJoin: MayJoin;
  readonly nowMs: number;
  readonly problems: ProblemList;
  /** Of the file, for problems. */
  readonly file: string;
}

/** Builds of one machine within a week that are looked at; each costs the read of a head, 1 ms. */
const CANDIDATES_MAX = 100;

export async function attachTests(
  store: Store,
  runs: readonly TestRun[],
  options: AttachOptions,
): Promise<AttachedRun[]> {
  const attached: AttachedRun[] = [];
  for (const run of runs) {
    const build = options.build ?? (await findTested(store, run, options.mayJoin));
    if (build === null) {
      options.problems.add('error', 'tested-build-unknown', whyNot(run), options.file);
      continue;
    }
    const { changed } = await store.tests.save(build, run, options.nowMs);
    attached.push({ build, key: run.key, changed, ...countTests(run.cases) });
  }
  return attached;
}

function whyNot({ key, startedMs, machine }: TestRun): string {
  if (startedMs === null || machine === null)
    return `${key} does not say when and for which machine it was run: name the build that was tested (--build ID).`;
  return `${key}: no build of ${machine} at ${new Date(startedMs).toISOString()} with these layers is stored; push it first, or name it (--build ID).`;
}

/** Null: no build that is stored is the one it tested, or it does not say enough. */
export async function findTested(store: Store, run: TestRun, mayJoin: MayJoin): Promise<string | null> {
  const { startedMs, machine } = run;
  if (startedMs === null || machine === null) return null;
  const { builds } = await store.listBuilds(
    { machine: [machine], fromMs: startedMs - LOOK_BACK_MS, toMs: startedMs + BEFORE_START_MS },
    { after: null, limit: CANDIDATES_MAX },
  );
  const candidates: TestedCandidate[] = [];
  for (const { id } of builds) {
    const head = await store.readHead(id);
    // A build made of what other results say of themselves has tested nothing but those.
    const ownOfTests = head?.sources.some(({ kind }) => kind === 'test-results') === true;
    if (head !== null && !ownOfTests && (await mayJoin(id))) candidates.push(head);
  }
  return testedBuild(run, candidates);
}
