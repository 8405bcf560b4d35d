import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { ownNumber } from './credential.ts';
import { assertGoodPassword, isPassword, passwordHash } from './password.ts';
import { attemptsOf } from './sign-in-attempts.ts';

/** One's own password, by who knows the old one; every other session ends. */
export async function changePassword(
  context: OperationContext,
  input: {
    readonly current: string;
    readonly password: string;
    readonly session: string | null;
    readonly address: string;
  },
): Promise<Record<string, never>> {
  const { accounts } = context.wholeStore;
  const number = ownNumber(context);
  const name = (await accounts.nameOf(number)) ?? '';
  const attempts = attemptsOf(context.wholeStore);
  attempts.begin(name, input.address, context.now());
  const found = await accounts.findPassword(name);
  if (found === null || !(await isPassword(input.current, found.password)))
    throw new BakehouseError('forbidden', 'The current password is not right.');
  attempts.succeeded(name, input.address);
  assertGoodPassword(input.password, name);
  await accounts.change(number, { password: await passwordHash(input.password) }, input.session);
  return {};
}
