import { readFile } from 'node:fs/promises';
import { addTask, beginBuild, endBuild, type OestatsContext } from '../collector/oestats.ts';
import { assertMayPush, clientOf, takeQuota } from '../collector/push-policy.ts';
import { shortIdOf } from '../collector/short-id.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface OestatsInput {
  readonly from: FromWhere;
  readonly what: 'begin' | 'task' | 'end';
  /** Of the build; of no meaning when one begins. */
  readonly number: number;
  readonly fields: readonly (readonly [string, string])[];
  /** Paths of the files that this process has just written. */
  readonly log: string | null;
  readonly qaLog: string | null;
  /** Of those bytes that were not announced (mayPush). */
  readonly bytes: number;
}

/** One request of an oestats client; gives the number of its build, and the path at which it is shown. */
export async function takeOestats(
  context: OperationContext,
  input: OestatsInput,
): Promise<{ readonly number: number; readonly path: string }> {
  const { collector, sender, policy, upload } = taking(context, input.from);
  assertMayPush(policy, sender);
  const client = await clientOf(context.wholeStore, sender);
  await takeQuota(context.wholeStore, policy, client, { builds: 0, bytes: input.bytes }, context.now());
  const stream: OestatsContext = { ...upload, blobs: context.blobs, hashes: collector.hashes };
  const fields = new Map(input.fields);
  const textOf = async (path: string | null): Promise<string | null> => (path === null ? null : readFile(path, 'utf8'));
  if (input.what === 'begin') {
    const begun = await beginBuild(stream, sender, fields);
    collector.ingest.poke(begun);
    return { number: begun.reportNumber, path: `/b/${shortIdOf(begun.id)}` };
  }
  const moved =
    input.what === 'end'
      ? await endBuild(stream, sender, input.number, fields)
      : await addTask(stream, sender, input.number, {
          fields,
          log: await textOf(input.log),
          qaLog: await textOf(input.qaLog),
        });
  collector.ingest.poke(moved);
  return { number: input.number, path: `/b/${shortIdOf(moved.id)}` };
}
