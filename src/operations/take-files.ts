import { assertMayPush, clientOf, takeQuota } from '../collector/push-policy.ts';
import { addressOf, takeAccount } from '../collector/take-account.ts';
import { type InnerLogs, openBuilds } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import type { Visibility } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface FilesTaken {
  readonly builds: readonly { readonly id: string; readonly url: string; readonly name: string }[];
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
}

/** Builds of files that came in one request: tars of buildstats, event logs, error reports. What is good of them is kept, whatever is beside it. */
export async function takeFiles(context: OperationContext, input: TakeFilesInput): Promise<FilesTaken> {
  const { sender, policy, upload } = taking(context, input.from);
  assertMayPush(policy, sender);
  const client = await clientOf(context.wholeStore, sender);
  await takeQuota(context.wholeStore, policy, client, { builds: 0, bytes: input.bytes }, context.now());
  const problems = new ProblemList();
  const builds = new Map<string, { id: string; url: string; name: string }>();
  let last: BakehouseError | null = null;
  const shown = pathless(input.folder);
  for (const file of input.files) {
    try {
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
  if (builds.size === 0 && last !== null)
    throw new BakehouseError(last.code === 'not-found' ? 'unreadable' : last.code, shown(last.message), {
      details: last.details ?? {},
    });
  return { builds: [...builds.values()], problems: told };
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
