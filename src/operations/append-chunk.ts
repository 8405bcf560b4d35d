import { assertMayPush } from '../collector/push-policy.ts';
import { type AppendInput, appendChunk as append, type UploadState } from '../collector/upload.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

/** Takes the next piece of a stream; answered when it is durable. */
export async function appendChunk(
  context: OperationContext,
  input: { readonly from: FromWhere; readonly chunk: AppendInput },
): Promise<UploadState> {
  const { collector, sender, policy, upload } = taking(context, input.from);
  assertMayPush(policy, sender);
  const appended = await append(upload, collector.hashes, input.chunk);
  collector.ingest.poke(appended.upload, appended.piece);
  return appended.state;
}
