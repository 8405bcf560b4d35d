import { BakehouseError } from '../model/errors.ts';
import type { Role } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { credentialHash, newSecret, SESSION_MS } from './credential.ts';
import { isPassword } from './password.ts';
import { attemptsOf } from './sign-in-attempts.ts';

export interface SignedIn {
  /** For the cookie; never in a body that a script can read. */
  readonly secret: string;
  readonly name: string;
  readonly role: Role;
}

/** Opens a session. One answer, and one time, for a wrong password, an unknown name, a disabled account and one without a password. */
export async function signIn(
  context: OperationContext,
  input: { readonly name: string; readonly password: string; readonly address: string },
): Promise<SignedIn> {
  const { accounts } = context.wholeStore;
  const name = input.name.trim().toLowerCase();
  const attempts = attemptsOf(context.wholeStore);
  attempts.begin(name, input.address, context.now());
  const found = await accounts.findPassword(name);
  const right = await isPassword(input.password, found?.password ?? null);
  if (found === null || !right || found.account.disabled)
    throw new BakehouseError('unauthorized', 'Name or password are not right.');
  attempts.succeeded(name, input.address);
  const secret = newSecret();
  const nowMs = context.now();
  const { number, role } = found.account;
  await accounts.openSession({ hash: credentialHash(secret), account: number, nowMs, expiresMs: nowMs + SESSION_MS });
  return { secret, name: found.account.name, role };
}
