import { type MeetInput, type Meeting, meetUpload as meet } from '../collector/upload.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

/** How far the server has the stream of a build, and on what terms it takes the rest. */
export async function meetUpload(
  context: OperationContext,
  input: { readonly from: FromWhere; readonly meet: MeetInput },
): Promise<Meeting> {
  const { sender, upload } = taking(context, input.from);
  return meet(upload, sender, input.meet);
}
