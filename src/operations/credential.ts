/** Random secrets that are shown once and stored as hashes: sessions and tokens. */
import { createHash, randomBytes } from 'node:crypto';
import { BakehouseError } from '../model/errors.ts';
import { ACCOUNT_NAME_CHARS_MAX } from '../model/limits.ts';
import type { Account } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';

/** By which a leaked token is found in a log, and by which scanners of repositories know one. */
export const TOKEN_PREFIX = 'bkh_';
const SECRET_BYTES = 32;
/** `bkh_` and six characters: enough to tell a hundred tokens apart, and 36 of 256 bits. */
const HINT_CHARS = 10;

/** A session that is used lives on; one that is not is over after two weeks. */
export const SESSION_MS = 14 * 86_400_000;
/** Uses are noted no more often than this: a page asks five times at once. */
export const USE_NOTED_MS = 60_000;

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function newToken(): { readonly token: string; readonly hint: string } {
  const token = TOKEN_PREFIX + newSecret();
  return { token, hint: token.slice(0, HINT_CHARS) };
}

export function credentialHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const NAME = /^[a-z0-9][a-z0-9._-]*$/;

/** Names are lower case: `Ada` and `ada` are one. */
export function accountName(name: string): string {
  const lower = name.trim().toLowerCase();
  if (!NAME.test(lower) || lower.length > ACCOUNT_NAME_CHARS_MAX)
    throw new BakehouseError(
      'invalid',
      `The name of an account is of letters, digits, dots, dashes and underscores, at most ${ACCOUNT_NAME_CHARS_MAX}, and begins with a letter or digit.`,
    );
  return lower;
}

/** The account of a name, for admins and the console. */
export async function accountNamed(context: OperationContext, name: string): Promise<Account> {
  const account = await context.wholeStore.accounts.find(name.trim().toLowerCase());
  if (account === null) throw new BakehouseError('not-found', `There is no account ${name.slice(0, 80)}.`);
  return account;
}

export function assertAdmin(context: OperationContext): void {
  if (context.viewer.admin) return;
  if (context.viewer.account === null) throw new BakehouseError('unauthorized', 'Sign in as an admin first.');
  throw new BakehouseError('forbidden', 'Only an admin may do this.');
}

/** The account that asks. */
export function ownNumber(context: OperationContext): number {
  if (context.viewer.account === null) throw new BakehouseError('unauthorized', 'Sign in first.');
  return context.viewer.account;
}
