import { assertMayPush, clientOf, takeQuota } from '../collector/push-policy.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

/**
 * Whether this sender may send so many bytes, asked before any of them is taken in; they are taken out of his hour. Bytes null: he does not
 * say how many there are, and `takeFiles` counts them.
 */
export async function mayPush(
  context: OperationContext,
  input: { readonly from: FromWhere; readonly bytes: number | null },
): Promise<{ readonly yes: true }> {
  const { sender, policy } = taking(context, input.from);
  assertMayPush(policy, sender);
  const store = context.wholeStore;
  const client = await clientOf(store, sender);
  await takeQuota(store, policy, client, { builds: 0, bytes: input.bytes ?? 0 }, context.now());
  return { yes: true };
}
