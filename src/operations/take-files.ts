import { attachTests } from '../collector/attach-tests.ts';
import { joinRule } from '../collector/may-join.ts';
import { assertMayPush, clientOf, takeQuota } from '../collector/push-policy.ts';
import { addressOf, takeAccount } from '../collector/take-account.ts';
import { type InnerLogs, openBuilds } from '../formats/open/index.ts';
import { isTestResultsFile, readTestResultsFile } from '../formats/open/test-results-file.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import type { TestCounts } from '../model/test-run.ts';
import type { Visibility } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { resolveBuildId } from './resolve-build-id.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface FilesTaken {
  readonly builds: readonly { readonly id: string; readonly url: string; readonly name: string }[];
  /** Test results, with the builds they were put to. */
  readonly tests: readonly (TestCounts & { readonly id: string; readonly url: string; readonly name: string })[];
  readonly problems: readonly Problem[];
}

export interface TakeFilesInput {
  readonly from: FromWhere;
  /** Files that this process has just written, in a folder of its own. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Of those bytes that were not announced (mayPush). */
  readonly bytes: number;
  readonly visibility: Visibility | null;
  /** Of test results: the build that was tested. Null: as they say themselves. */
  readonly tested: string | null;
  /** Of test results: the folder that their file lay in, which names the runs that do not name themselves. */
  readonly series: string | null;
}

/** Builds of files that came in one request: tars of buildstats, event logs, error reports. What is good of them is kept, whatever is beside it. */
export async function takeFiles(context: OperationContext, input: TakeFilesInput): Promise<FilesTaken> {
  const { sender, policy, upload } = taking(context, input.from);
  assertMayPush(policy, sender);
  const client = await clientOf(context.wholeStore, sender);
  await takeQuota(context.wholeStore, policy, client, { builds: 0, bytes: input.bytes }, context.now());
  const problems = new ProblemList();
  const builds = new Map<string, { id: string; url: string; name: string }>();
  const tests: FilesTaken['tests'][number][] = [];
  let last: BakehouseError | null = null;
  const shown = pathless(input.folder);
  for (const file of input.files) {
    try {
      if (isTestResultsFile(`${input.folder}/${file}`)) {
        tests.push(...(await takeTests(context, input, `${input.folder}/${file}`, { client, problems, upload })));
        continue;
      }
      let inner: InnerLogs = new Map();
      const onLogs = (logs: InnerLogs): void => {
        inner = logs;
      };
      for await (const read of openBuilds(`${input.folder}/${file}`, { problems, onLogs, nowMs: context.now() })) {
        const logs = inner;
        inner = new Map();
        const build = asSent(read, shown);
        const taken = await takeAccount({ ...upload, blobs: context.blobs }, sender, {
          build,
          logs,
          visibility: input.visibility,
        });
        if (taken.saved.changed) context.onSaved?.(taken.saved);
        for (const message of taken.messages) problems.add('note', 'push-message', message, file);
        builds.set(taken.saved.id, { id: taken.id, url: addressOf(upload.publicUrl, taken.id), name: build.name });
      }
    } catch (error) {
      if (!(error instanceof BakehouseError)) throw error;
      last = error;
      problems.add('error', 'build-unreadable', error.message, file);
      // Who has used up his hour, or whose server cannot store, gains nothing by the next file.
      if (error.code === 'too-many' || error.code === 'unavailable') break;
    }
  }
  const told = problems.list().map((problem) => ({
    ...problem,
    message: shown(problem.message),
    file: problem.file === null ? null : shown(problem.file),
  }));
  if (builds.size === 0 && tests.length === 0 && last !== null)
    throw new BakehouseError(last.code === 'not-found' ? 'unreadable' : last.code, shown(last.message), {
      details: last.details ?? {},
    });
  return { builds: [...builds.values()], tests, problems: told };
}

/** To builds that this sender may write to, and to no other. */
async function takeTests(
  context: OperationContext,
  input: TakeFilesInput,
  path: string,
  by: { readonly client: string; readonly problems: ProblemList; readonly upload: { readonly publicUrl: string } },
): Promise<FilesTaken['tests']> {
  const store = context.wholeStore;
  const nowMs = context.now();
  const mayJoin = joinRule(store, { client: by.client, secret: null, nowMs });
  const build = input.tested === null ? null : await resolveBuildId(context.store, input.tested);
  if (build !== null && !(await mayJoin(build)))
    throw new BakehouseError('forbidden', 'Test results are added to a build by who pushed it.');
  const options = { build, mayJoin, nowMs, problems: by.problems, file: path };
  const runs = await attachTests(store, readTestResultsFile(path, by.problems, input.series), options);
  return runs.map(({ build: id, key, changed: _, ...counts }) => ({
    ...counts,
    id,
    url: `${addressOf(by.upload.publicUrl, id)}`,
    name: key,
  }));
}

/** Where a file lay while it was read is nobody's business. */
function pathless(folder: string): (text: string) => string {
  return (text) => text.replaceAll(`${folder}/`, '').replaceAll(folder, '');
}

/** As its sender would know it: by the names of the files that he gave. */
function asSent(build: Build, shown: (text: string) => string): Build {
  return {
    ...build,
    sources: build.sources.map((source) => ({ ...source, location: shown(source.location) })),
    problems: build.problems.map((problem) => ({
      ...problem,
      message: shown(problem.message),
      file: problem.file === null ? null : shown(problem.file),
    })),
  };
}
