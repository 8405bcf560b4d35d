/**
 * Who signs in and who pushes: accounts, their sessions and their tokens. Secrets never come here, only their hashes: what is random in 256
 * bits needs no slow hash, so SHA-256 finds the row by its key; passwords are argon2id texts that only operations/password.ts understands.
 */
import type { Kysely } from 'kysely';
import { BakehouseError } from '../model/errors.ts';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import { storable } from './storable.ts';

/**
 * `admin`: sees and changes everything. `member`: a person; signs in, makes tokens, owns builds. `robot`: a machine (CI); has tokens that
 * an admin makes, and no password.
 */
export const ROLES = ['admin', 'member', 'robot'] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  readonly number: number;
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  readonly createdMs: number;
}

/** What an admin wants to know of one before changing it. */
export interface AccountLine extends Account {
  readonly builds: number;
  /** Not revoked and not expired. */
  readonly tokens: number;
  /** The last use of a session or token; null: never. */
  readonly usedMs: number | null;
}

export interface Token {
  readonly number: number;
  readonly account: number;
  readonly name: string;
  /** Its first characters, by which its owner knows it again. */
  readonly hint: string;
  readonly createdMs: number;
  readonly usedMs: number | null;
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
}

export interface Session {
  /** SHA-256 of its secret, hex. */
  readonly hash: string;
  readonly createdMs: number;
  readonly usedMs: number;
  readonly expiresMs: number;
}

/** What a credential stands for: an account that is not disabled, by a session or token that is good. */
export interface Identity {
  readonly account: Account;
  readonly usedMs: number | null;
  readonly expiresMs: number | null;
}

export interface AccountChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
  /** PHC text; null takes it away. */
  readonly password?: string | null | undefined;
}

export interface Accounts {
  count(): Promise<number>;
  /** `conflict` where the name is taken. */
  add(account: {
    readonly name: string;
    readonly role: Role;
    readonly password: string | null;
    readonly nowMs: number;
  }): Promise<Account>;
  list(nowMs: number): Promise<readonly AccountLine[]>;
  find(name: string): Promise<Account | null>;
  /** With its password as PHC text. */
  findPassword(name: string): Promise<{ readonly account: Account; readonly password: string | null } | null>;
  nameOf(number: number): Promise<string | null>;
  /** Ends its sessions, `keep` excepted: they were opened by what it was before. `conflict` where no admin would be left. */
  change(number: number, change: AccountChange, keep?: string | null): Promise<void>;

  openSession(session: {
    readonly hash: string;
    readonly account: number;
    readonly nowMs: number;
    readonly expiresMs: number;
  }): Promise<void>;
  identifySession(hash: string, nowMs: number): Promise<Identity | null>;
  noteSessionUse(hash: string, nowMs: number, expiresMs: number): Promise<void>;
  sessions(account: number, nowMs: number): Promise<readonly Session[]>;
  endSession(hash: string): Promise<void>;
  endSessions(account: number, but: string | null): Promise<void>;

  /** `conflict` where the account has as many as it may. */
  addToken(token: {
    readonly hash: string;
    readonly account: number;
    readonly name: string;
    readonly hint: string;
    readonly nowMs: number;
    readonly expiresMs: number | null;
  }): Promise<Token>;
  identifyToken(hash: string, nowMs: number): Promise<Identity | null>;
  noteTokenUse(hash: string, nowMs: number): Promise<void>;
  /** Newest first, revoked ones among them. */
  tokens(account: number): Promise<readonly Token[]>;
  /** True where this account has such a token, revoked now or before. */
  revokeToken(account: number, number: number, nowMs: number): Promise<boolean>;
}

/** A person has some browsers; the oldest session goes when another would be too many. */
const SESSIONS_MAX = 50;
/** A token for each host of a farm, and for each time one was made anew. */
const TOKENS_MAX = 500;

const COLUMNS = [
  'accounts.number',
  'accounts.name',
  'accounts.role',
  'accounts.created_ms',
  'accounts.disabled',
  'accounts.password',
] as const;

interface AccountRow {
  readonly number: number;
  readonly name: string;
  readonly role: string;
  readonly created_ms: number;
  readonly disabled: number;
  readonly password: string | null;
}

function accountOf(row: AccountRow): Account {
  return {
    number: row.number,
    name: row.name,
    // What a newer program may have written is the least of all.
    role: ROLES.find((role) => role === row.role) ?? 'robot',
    disabled: row.disabled !== 0,
    hasPassword: row.password !== null,
    createdMs: row.created_ms,
  };
}

export function accountsOf(db: Kysely<Database>, dialect: Dialect): Accounts {
  const find = async (name: string) => {
    const row = await db.selectFrom('accounts').select(COLUMNS).where('name', '=', storable(name)).executeTakeFirst();
    return row ?? null;
  };
  return {
    async count() {
      const row = await db
        .selectFrom('accounts')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async add({ name, role, password, nowMs }) {
      const taken = () => new BakehouseError('conflict', `There is an account ${name} already.`);
      if ((await find(name)) !== null) throw taken();
      try {
        const row = await db
          .insertInto('accounts')
          .values({ name: storable(name), role, password, created_ms: nowMs })
          .returning(['number', 'name', 'role', 'created_ms', 'disabled', 'password'])
          .executeTakeFirstOrThrow();
        return accountOf(row);
      } catch (error) {
        // Another one made it between the two questions.
        if (dialect.isConflict(error) || (await find(name)) !== null) throw taken();
        throw error;
      }
    },
    async list(nowMs) {
      const rows = await db
        .selectFrom('accounts')
        .select(COLUMNS)
        .select((eb) => [
          eb
            .selectFrom('builds')
            .whereRef('builds.owner', '=', 'accounts.number')
            .select((own) => own.fn.countAll<number>().as('n'))
            .as('builds'),
          eb
            .selectFrom('tokens')
            .whereRef('tokens.account', '=', 'accounts.number')
            .where('revoked_ms', 'is', null)
            .where((own) => own.or([own('expires_ms', 'is', null), own('expires_ms', '>', nowMs)]))
            .select((own) => own.fn.countAll<number>().as('n'))
            .as('tokens'),
          eb
            .selectFrom('tokens')
            .whereRef('tokens.account', '=', 'accounts.number')
            .select((own) => own.fn.max('used_ms').as('n'))
            .as('token_used_ms'),
          eb
            .selectFrom('sessions')
            .whereRef('sessions.account', '=', 'accounts.number')
            .select((own) => own.fn.max('used_ms').as('n'))
            .as('session_used_ms'),
        ])
        .orderBy('accounts.name')
        .execute();
      return rows.map((row) => {
        const used = [row.token_used_ms, row.session_used_ms].flatMap((ms) => (ms === null ? [] : [Number(ms)]));
        return {
          ...accountOf(row),
          builds: Number(row.builds),
          tokens: Number(row.tokens),
          usedMs: used.length === 0 ? null : Math.max(...used),
        };
      });
    },
    async find(name) {
      const row = await find(name);
      return row === null ? null : accountOf(row);
    },
    async findPassword(name) {
      const row = await find(name);
      return row === null ? null : { account: accountOf(row), password: row.password };
    },
    async nameOf(number) {
      const row = await db.selectFrom('accounts').select('name').where('number', '=', number).executeTakeFirst();
      return row?.name ?? null;
    },
    async change(number, { role, disabled, password }, keep = null) {
      await db.transaction().execute(async (trx) => {
        const admins = () =>
          trx.selectFrom('accounts').select('number').where('role', '=', 'admin').where('disabled', '=', 0).execute();
        const before = await admins();
        await trx
          .updateTable('accounts')
          .set({
            ...(role === undefined ? {} : { role }),
            ...(disabled === undefined ? {} : { disabled: disabled ? 1 : 0 }),
            // A robot that kept a password would be a person.
            ...(role === 'robot' ? { password: null } : password === undefined ? {} : { password }),
          })
          .where('number', '=', number)
          .execute();
        if (before.length > 0 && (await admins()).length === 0)
          throw new BakehouseError('conflict', 'This is the last admin: make another one first.');
        await trx
          .deleteFrom('sessions')
          .where('account', '=', number)
          .where('hash', '!=', keep ?? '')
          .execute();
      });
    },

    async openSession({ hash, account, nowMs, expiresMs }) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('sessions').where('expires_ms', '<=', nowMs).execute();
        const old = await trx
          .selectFrom('sessions')
          .select('hash')
          .where('account', '=', account)
          .orderBy('used_ms', 'desc')
          .offset(SESSIONS_MAX - 1)
          // SQLite knows no offset without a limit.
          .limit(1000)
          .execute();
        for (const one of old) await trx.deleteFrom('sessions').where('hash', '=', one.hash).execute();
        await trx
          .insertInto('sessions')
          .values({ hash, account, created_ms: nowMs, used_ms: nowMs, expires_ms: expiresMs })
          .execute();
      });
    },
    async identifySession(hash, nowMs) {
      const row = await db
        .selectFrom('sessions')
        .innerJoin('accounts', 'accounts.number', 'sessions.account')
        .select([...COLUMNS, 'sessions.used_ms', 'sessions.expires_ms'])
        .where('sessions.hash', '=', hash)
        .where('sessions.expires_ms', '>', nowMs)
        .where('accounts.disabled', '=', 0)
        .executeTakeFirst();
      return row === undefined ? null : { account: accountOf(row), usedMs: row.used_ms, expiresMs: row.expires_ms };
    },
    async noteSessionUse(hash, nowMs, expiresMs) {
      await db
        .updateTable('sessions')
        .set({ used_ms: nowMs, expires_ms: expiresMs })
        .where('hash', '=', hash)
        .where('used_ms', '<', nowMs)
        .execute();
    },
    async sessions(account, nowMs) {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('account', '=', account)
        .where('expires_ms', '>', nowMs)
        .orderBy('used_ms', 'desc')
        .execute();
      return rows.map((row) => ({
        hash: row.hash,
        createdMs: row.created_ms,
        usedMs: row.used_ms,
        expiresMs: row.expires_ms,
      }));
    },
    async endSession(hash) {
      await db.deleteFrom('sessions').where('hash', '=', hash).execute();
    },
    async endSessions(account, but) {
      await db
        .deleteFrom('sessions')
        .where('account', '=', account)
        .where('hash', '!=', but ?? '')
        .execute();
    },

    async addToken({ hash, account, name, hint, nowMs, expiresMs }) {
      const { count } = await db
        .selectFrom('tokens')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account', '=', account)
        .where('revoked_ms', 'is', null)
        .executeTakeFirstOrThrow();
      if (Number(count) >= TOKENS_MAX)
        throw new BakehouseError('conflict', `An account has at most ${TOKENS_MAX} tokens: revoke one first.`);
      const row = await db
        .insertInto('tokens')
        .values({ hash, account, name: storable(name), hint, created_ms: nowMs, expires_ms: expiresMs })
        .returningAll()
        .executeTakeFirstOrThrow();
      return tokenOf(row);
    },
    async identifyToken(hash, nowMs) {
      const row = await db
        .selectFrom('tokens')
        .innerJoin('accounts', 'accounts.number', 'tokens.account')
        .select([...COLUMNS, 'tokens.used_ms', 'tokens.expires_ms'])
        .where('tokens.hash', '=', hash)
        .where('tokens.revoked_ms', 'is', null)
        .where((eb) => eb.or([eb('tokens.expires_ms', 'is', null), eb('tokens.expires_ms', '>', nowMs)]))
        .where('accounts.disabled', '=', 0)
        .executeTakeFirst();
      return row === undefined ? null : { account: accountOf(row), usedMs: row.used_ms, expiresMs: row.expires_ms };
    },
    async noteTokenUse(hash, nowMs) {
      await db
        .updateTable('tokens')
        .set({ used_ms: nowMs })
        .where('hash', '=', hash)
        .where((eb) => eb.or([eb('used_ms', 'is', null), eb('used_ms', '<', nowMs)]))
        .execute();
    },
    async tokens(account) {
      const rows = await db
        .selectFrom('tokens')
        .selectAll()
        .where('account', '=', account)
        .orderBy('number', 'desc')
        .limit(2 * TOKENS_MAX)
        .execute();
      return rows.map(tokenOf);
    },
    async revokeToken(account, number, nowMs) {
      const own = db.selectFrom('tokens').select('number').where('account', '=', account).where('number', '=', number);
      if ((await own.executeTakeFirst()) === undefined) return false;
      await db
        .updateTable('tokens')
        .set({ revoked_ms: nowMs })
        .where('number', '=', number)
        .where('revoked_ms', 'is', null)
        .execute();
      return true;
    },
  };
}

function tokenOf(row: {
  readonly number: number;
  readonly account: number;
  readonly name: string;
  readonly hint: string;
  readonly created_ms: number;
  readonly used_ms: number | null;
  readonly expires_ms: number | null;
  readonly revoked_ms: number | null;
}): Token {
  return {
    number: row.number,
    account: row.account,
    name: row.name,
    hint: row.hint,
    createdMs: row.created_ms,
    usedMs: row.used_ms,
    expiresMs: row.expires_ms,
    revokedMs: row.revoked_ms,
  };
}
