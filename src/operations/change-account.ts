import { BakehouseError } from '../model/errors.ts';
import type { Account, Role } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { accountNamed, assertAdmin } from './credential.ts';
import { assertGoodPassword, passwordHash } from './password.ts';

/** What an admin changes of an account; its sessions end. Its tokens work again when a disabled one is let in again. */
export async function changeAccount(
  context: OperationContext,
  input: {
    readonly name: string;
    readonly role?: Role | undefined;
    readonly disabled?: boolean | undefined;
    readonly password?: string | undefined;
  },
): Promise<Omit<Account, 'number'>> {
  assertAdmin(context);
  const account = await accountNamed(context, input.name);
  const { role, disabled, password } = input;
  if (password !== undefined) {
    if ((role ?? account.role) === 'robot') throw new BakehouseError('invalid', 'A robot has tokens and no password.');
    assertGoodPassword(password, account.name);
  } else if (role !== undefined && role !== 'robot' && !account.hasPassword)
    throw new BakehouseError('invalid', 'A robot that becomes a person needs a password.');
  await context.wholeStore.accounts.change(account.number, {
    role,
    disabled,
    password: password === undefined ? undefined : await passwordHash(password),
  });
  const { number: _, ...changed } = await accountNamed(context, account.name);
  return changed;
}
