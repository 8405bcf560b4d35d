/** Accounts (docs/decisions/0012). */
import { z } from 'zod';
import { ACCOUNT_NAME_CHARS_MAX, PASSWORD_CHARS_MAX, TOKEN_NAME_CHARS_MAX } from '../../model/limits.ts';
import { count, epochMs } from './values.ts';

export const Role = z.enum(['admin', 'member', 'robot']);
export type Role = z.infer<typeof Role>;
const accountName = z.string().min(1).max(ACCOUNT_NAME_CHARS_MAX);
const password = z.string().max(2 * PASSWORD_CHARS_MAX);
export const SignIn = z.object({ name: accountName, password });
export const SignedIn = z.object({ name: z.string(), role: Role });
export type SignedIn = z.infer<typeof SignedIn>;
export const SignOut = z.object({ everywhere: z.boolean().default(false).describe('every session of the account') });
export const Done = z.object({});
export const ChangePassword = z.object({ current: password, password });

export const TokenLine = z.object({
  number: count,
  name: z.string(),
  hint: z.string().describe('its first characters'),
  createdMs: epochMs,
  usedMs: epochMs.nullable().describe('noted once a minute; null: never'),
  expiresMs: epochMs.nullable(),
  revokedMs: epochMs.nullable(),
});
export type TokenLine = z.infer<typeof TokenLine>;

export const MakeToken = z.object({
  name: z.string().min(1).max(TOKEN_NAME_CHARS_MAX).describe('what uses it, such as a host'),
  expiresDays: z.number().int().min(1).max(3660).nullable().default(null).describe('null: never'),
});
export const MadeToken = TokenLine.extend({ token: z.string().describe('told this once') });
export type MadeToken = z.infer<typeof MadeToken>;

export const AccountState = z.object({
  name: z.string(),
  role: Role,
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  createdMs: epochMs,
});

export const AccountDetail = AccountState.extend({
  tokens: z.array(TokenLine),
  sessions: z.array(
    z.object({
      createdMs: epochMs,
      usedMs: epochMs,
      expiresMs: epochMs,
      current: z.boolean().describe('the session that asks'),
    }),
  ),
});
export type AccountDetail = z.infer<typeof AccountDetail>;

export const AccountList = z.object({
  accounts: z.array(
    AccountState.extend({
      builds: count,
      tokens: count.describe('that are good now'),
      usedMs: epochMs.nullable().describe('last use of a session or token'),
    }),
  ),
});
export type AccountList = z.infer<typeof AccountList>;

export const AddAccount = z.object({
  name: accountName,
  role: Role,
  password: password.nullable().default(null).describe('null: a robot'),
});

export const ChangeAccount = z.object({
  role: Role.optional(),
  disabled: z.boolean().optional(),
  password: password.optional(),
});
export const AccountParams = z.object({ name: accountName });

const tokenNumber = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
export const TokenParams = z.object({ token: tokenNumber });
export const AccountTokenParams = z.object({ name: accountName, token: tokenNumber });
