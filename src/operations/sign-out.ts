import type { OperationContext } from './context.ts';
import { ownNumber } from './credential.ts';

/** Ends this session, or all of its account. */
export async function signOut(
  context: OperationContext,
  input: { readonly session: string | null; readonly everywhere: boolean },
): Promise<Record<string, never>> {
  const { accounts } = context.wholeStore;
  if (input.everywhere) await accounts.endSessions(ownNumber(context), null);
  else if (input.session !== null) await accounts.endSession(input.session);
  return {};
}
