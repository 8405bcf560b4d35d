import type { AccountLine } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { assertAdmin } from './credential.ts';

export interface AccountList {
  readonly accounts: readonly Omit<AccountLine, 'number'>[];
}

export async function listAccounts(context: OperationContext, _input: object): Promise<AccountList> {
  assertAdmin(context);
  const accounts = await context.wholeStore.accounts.list(context.now());
  return { accounts: accounts.map(({ number: _, ...line }) => line) };
}
