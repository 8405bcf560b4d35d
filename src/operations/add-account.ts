import { BakehouseError } from '../model/errors.ts';
import type { Account, Role } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { accountName, assertAdmin } from './credential.ts';
import { assertGoodPassword, passwordHash } from './password.ts';

/** A person has a password, a robot none. */
export async function addAccount(
  context: OperationContext,
  input: { readonly name: string; readonly role: Role; readonly password: string | null },
): Promise<Omit<Account, 'number'>> {
  assertAdmin(context);
  const name = accountName(input.name);
  const { role, password } = input;
  if (role === 'robot' && password !== null) throw new BakehouseError('invalid', 'A robot has tokens and no password.');
  if (role !== 'robot' && password === null) throw new BakehouseError('invalid', 'A person needs a password.');
  if (password !== null) assertGoodPassword(password, name);
  const { number: _, ...account } = await context.wholeStore.accounts.add({
    name,
    role,
    password: password === null ? null : await passwordHash(password),
    nowMs: context.now(),
  });
  return account;
}
