import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { accountNamed, assertAdmin, ownNumber } from './credential.ts';

/** From now on the token opens nothing. An admin may revoke anybody's. */
export async function revokeToken(
  context: OperationContext,
  input: { readonly account: string | null; readonly token: number },
): Promise<Record<string, never>> {
  let account: number;
  if (input.account === null) account = ownNumber(context);
  else {
    assertAdmin(context);
    account = (await accountNamed(context, input.account)).number;
  }
  if (!(await context.wholeStore.accounts.revokeToken(account, input.token, context.now())))
    throw new BakehouseError('not-found', `There is no token ${input.token} of this account.`);
  return {};
}
