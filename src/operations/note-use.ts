import type { Credential } from './authenticate.ts';
import type { OperationContext } from './context.ts';
import { SESSION_MS } from './credential.ts';

/** A session that is used lives on, a token says when it was used last. */
export async function noteUse(
  context: OperationContext,
  input: { readonly credential: Credential },
): Promise<Record<string, never>> {
  const { accounts } = context.wholeStore;
  const nowMs = context.now();
  const { kind, hash } = input.credential;
  if (kind === 'token') await accounts.noteTokenUse(hash, nowMs);
  else await accounts.noteSessionUse(hash, nowMs, nowMs + SESSION_MS);
  return {};
}
