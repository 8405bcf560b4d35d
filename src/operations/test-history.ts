/** What became of one test case in the last runs of its kind: of the same machine, image and type. */
import { BakehouseError } from '../model/errors.ts';
import type { TestCasePoint } from '../store/tests.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface TestHistoryInput {
  readonly build: string;
  readonly run: number;
  readonly name: string;
  readonly limit: number;
}

export interface TestHistory {
  readonly name: string;
  /** The newest first. */
  readonly points: readonly TestCasePoint[];
}

export async function testHistory({ store }: OperationContext, input: TestHistoryInput): Promise<TestHistory> {
  const id = await resolveBuildId(store, input.build);
  const runs = await store.tests.runsOf(id);
  if (runs === null) throw noSuchBuild(id);
  const run = runs.find(({ number }) => number === input.run);
  if (run === undefined) throw new BakehouseError('not-found', `The build has no test run ${input.run}.`);
  return { name: input.name, points: await store.tests.historyOf(input.name, run, input.limit) };
}
