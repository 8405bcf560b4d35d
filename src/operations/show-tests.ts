/** The test runs of a build, and cases of one of them. */
import { BakehouseError } from '../model/errors.ts';
import type { TestState } from '../model/test-run.ts';
import type { StoredTestCase, TestRunHead } from '../store/tests.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface ShowTestsInput {
  readonly build: string;
  /** Number of the run whose cases are wanted; null: the first that has a failed one, else the first. */
  readonly run: number | null;
  readonly states: readonly TestState[];
  readonly words: readonly string[];
  /** Ordinal of the last case that the caller has, -1 for none. */
  readonly after: number;
  readonly limit: number;
}

export interface ShownTests {
  readonly id: string;
  readonly runs: readonly Omit<TestRunHead, 'build' | 'withoutStatus'>[];
  /** Null: there is no run. */
  readonly run: number | null;
  readonly cases: readonly StoredTestCase[];
  readonly matching: number;
  readonly next: number | null;
}

export async function showTests({ store }: OperationContext, input: ShowTestsInput): Promise<ShownTests> {
  const id = await resolveBuildId(store, input.build);
  const runs = await store.tests.runsOf(id);
  if (runs === null) throw noSuchBuild(id);
  const shown = runs.map(({ build: _, withoutStatus: __, ...run }) => run);
  const run = input.run ?? (runs.find(({ failed }) => failed > 0) ?? runs[0])?.number ?? null;
  if (run === null) return { id, runs: [], run: null, cases: [], matching: 0, next: null };
  if (!runs.some(({ number }) => number === run))
    throw new BakehouseError('not-found', `The build has no test run ${run}.`);
  const { states, words, after, limit } = input;
  const { cases, matching } = await store.tests.casesOf(id, run, { states, words }, { after, limit });
  const last = cases.at(-1);
  return {
    id,
    runs: shown,
    run,
    cases,
    matching,
    next: cases.length < limit || last === undefined ? null : last.ordinal,
  };
}
