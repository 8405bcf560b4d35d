import { BakehouseError } from '../model/errors.ts';
import { TOKEN_NAME_CHARS_MAX } from '../model/limits.ts';
import type { Token } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';
import { accountNamed, assertAdmin, credentialHash, newToken, ownNumber } from './credential.ts';

export interface MadeToken extends Omit<Token, 'account'> {
  /** Told this once: only its hash is kept. */
  readonly token: string;
}

const DAY_MS = 86_400_000;

/** A token for one's own account, or, by an admin, for a robot: a person's is nobody else's to make. */
export async function makeToken(
  context: OperationContext,
  input: { readonly account: string | null; readonly name: string; readonly expiresDays: number | null },
): Promise<MadeToken> {
  const { accounts } = context.wholeStore;
  const name = input.name.trim();
  if (name === '' || name.length > TOKEN_NAME_CHARS_MAX)
    throw new BakehouseError(
      'invalid',
      `A token has a name of at most ${TOKEN_NAME_CHARS_MAX} characters, such as the host that uses it.`,
    );
  let account: number;
  if (input.account === null) account = ownNumber(context);
  else {
    const found = await accountNamed(context, input.account);
    if (found.number !== context.viewer.account) assertAdmin(context);
    // The console may: whoever works there can do everything anyway.
    if (found.number !== context.viewer.account && context.viewer.account !== null && found.role !== 'robot')
      throw new BakehouseError('forbidden', 'A person makes tokens by himself; an admin makes those of robots.');
    if (found.disabled) throw new BakehouseError('conflict', `The account ${found.name} is disabled.`);
    account = found.number;
  }
  const { token, hint } = newToken();
  const nowMs = context.now();
  const { account: _, ...made } = await accounts.addToken({
    hash: credentialHash(token),
    account,
    name,
    hint,
    nowMs,
    expiresMs: input.expiresDays === null ? null : nowMs + input.expiresDays * DAY_MS,
  });
  return { ...made, token };
}
