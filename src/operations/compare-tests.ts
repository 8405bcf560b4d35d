/** Test runs of two builds beside each other, counted as resulttool counts regressions. */
import {
  type ComparedRun,
  compareTests as compare,
  steadyCases,
  type TestComparison,
} from '../analysis/test-regressions.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface CompareTestsInput {
  /** The base and the target. */
  readonly builds: readonly string[];
}

export interface ComparedTests extends TestComparison {
  readonly builds: readonly string[];
  /** Test runs of each. */
  readonly runs: readonly number[];
}

export async function compareTests({ store }: OperationContext, input: CompareTestsInput): Promise<ComparedTests> {
  if (input.builds.length !== 2) throw new BakehouseError('invalid', 'Tests are compared between two builds.');
  const builds = await Promise.all(input.builds.map((build) => resolveBuildId(store, build)));
  const [base, target] = await Promise.all(builds.map((build) => runsOf(store, build)));
  return { builds, runs: [base!.length, target!.length], ...compare(base!, target!) };
}

async function runsOf(store: Store, build: string): Promise<ComparedRun[]> {
  const runs = await store.tests.runsOf(build);
  if (runs === null) throw noSuchBuild(build);
  return Promise.all(
    runs.map(async (run) => ({ ...run, cases: steadyCases(await store.tests.statusesOf(build, run.number)) })),
  );
}
