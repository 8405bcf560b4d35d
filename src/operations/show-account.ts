import { BakehouseError } from '../model/errors.ts';
import type { Account, Token } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { accountNamed, assertAdmin, ownNumber } from './credential.ts';

export interface SessionLine {
  readonly createdMs: number;
  readonly usedMs: number;
  readonly expiresMs: number;
  /** The one that asks. */
  readonly current: boolean;
}

export interface AccountDetail {
  readonly name: string;
  readonly role: Account['role'];
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  readonly createdMs: number;
  readonly tokens: readonly Omit<Token, 'account'>[];
  readonly sessions: readonly SessionLine[];
}

/** One's own account with its tokens and sessions; an admin may ask for another's. */
export async function showAccount(
  context: OperationContext,
  input: { readonly name: string | null; readonly session: string | null },
): Promise<AccountDetail> {
  const { accounts } = context.wholeStore;
  if (input.name !== null) assertAdmin(context);
  const name = input.name ?? (await accounts.nameOf(ownNumber(context)));
  if (name === null) throw new BakehouseError('unauthorized', 'Sign in first.');
  const account = await accountNamed(context, name);
  const tokens = await accounts.tokens(account.number);
  const sessions = await accounts.sessions(account.number, context.now());
  const { role, disabled, hasPassword, createdMs } = account;
  return {
    name: account.name,
    role,
    disabled,
    hasPassword,
    createdMs,
    tokens: tokens.map(({ account: _, ...token }) => token),
    sessions: sessions.map(({ hash, ...session }) => ({ ...session, current: hash === input.session })),
  };
}
