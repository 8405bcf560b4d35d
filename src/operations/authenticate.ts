import type { Role } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { USE_NOTED_MS } from './credential.ts';

/** SHA-256 of the secret, hex: the secret itself stays where the request is. */
export interface Credential {
  readonly kind: 'session' | 'token';
  readonly hash: string;
}

export interface Authenticated {
  /** Null: the credential is unknown, revoked, expired, or of a disabled account. */
  readonly account: { readonly number: number; readonly name: string; readonly role: Role } | null;
  /** Its use is to be noted (note-use). */
  readonly due: boolean;
  /** Whether this server has any account. */
  readonly accounts: boolean;
}

/** Who a credential stands for. Reads only, so that pages do not wait for what is being written. */
export async function authenticate(
  context: OperationContext,
  input: { readonly credential: Credential | null },
): Promise<Authenticated> {
  const { accounts } = context.wholeStore;
  const nowMs = context.now();
  const { credential } = input;
  const found =
    credential === null
      ? null
      : credential.kind === 'session'
        ? await accounts.identifySession(credential.hash, nowMs)
        : await accounts.identifyToken(credential.hash, nowMs);
  if (found === null) return { account: null, due: false, accounts: (await accounts.count()) > 0 };
  const { number, name, role } = found.account;
  return { account: { number, name, role }, due: nowMs - (found.usedMs ?? 0) >= USE_NOTED_MS, accounts: true };
}
