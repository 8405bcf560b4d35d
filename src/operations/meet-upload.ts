import { type MeetInput, type Meeting, meetUpload as meet } from '../collector/upload.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface MeetingWithFailure extends Meeting {
  /** Of the page of the first failure that is stored of the build; null: there is none yet. */
  readonly failureUrl: string | null;
}

/** How far the server has the stream of a build, on what terms it takes the rest, and why it failed where that is known already. */
export async function meetUpload(
  context: OperationContext,
  input: { readonly from: FromWhere; readonly meet: MeetInput },
): Promise<MeetingWithFailure> {
  const { sender, upload } = taking(context, input.from);
  const meeting = await meet(upload, sender, input.meet);
  const { wholeStore } = context;
  // Who has the secret is told of his own build, whatever its visibility; and it may stand under another's id by now.
  const [first] = (await wholeStore.readFailures((await wholeStore.aliasOf(meeting.build)) ?? meeting.build)) ?? [];
  return {
    ...meeting,
    failureUrl: first === undefined ? null : `${meeting.url.replace(/\/b\/([^/]*)$/, '/f/$1')}.${first.key}`,
  };
}
