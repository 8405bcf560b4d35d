import { type AttachedRun, attachTests } from '../collector/attach-tests.ts';
import { joinRule } from '../collector/may-join.ts';
import { readTestResultsFile } from '../formats/open/test-results-file.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import type { OperationContext } from './context.ts';
import { resolveBuildId } from './resolve-build-id.ts';

export interface ImportTestsInput {
  /** From the command line, never from a request. */
  readonly path: string;
  /** The build that was tested; null: as the results say. */
  readonly build: string | null;
}

export interface ImportTestsResult {
  readonly runs: readonly AttachedRun[];
  readonly problems: readonly Problem[];
}

/** Test results of a file to the builds they tested. The same file again changes nothing. */
export async function importTests(context: OperationContext, input: ImportTestsInput): Promise<ImportTestsResult> {
  const store = context.wholeStore;
  const problems = new ProblemList();
  const nowMs = context.now();
  const read = readTestResultsFile(input.path, problems);
  const build = input.build === null ? null : await resolveBuildId(store, input.build);
  // Whoever works at the machine of the store may write to every build of it.
  const mayJoin = build === null ? async () => true : joinRule(store, { client: null, secret: null, nowMs });
  const runs = await attachTests(store, read, { build, mayJoin, nowMs, problems, file: input.path });
  return { runs, problems: problems.list() };
}
