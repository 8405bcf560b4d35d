/**
 * Who asks: a token (`Authorization: Bearer bkh_…`, or `/t/<token>/…` for clients that cannot send a header), a session (cookie), or nobody.
 * A token is its account without the rights of an admin: it lies in files of build hosts. Decision 0012.
 *
 * Credentials are hashed here and looked up by the query thread; what it said is believed for some seconds, so that a page's five questions, or
 * the chunks of an upload, cost one look-up. Whatever ends a session or token in this process forgets all that is believed at once.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BakehouseError } from '../model/errors.ts';
import type { Authenticated, Credential } from '../operations/authenticate.ts';
import { credentialHash, SESSION_MS, TOKEN_PREFIX } from '../operations/credential.ts';
import { CONSOLE, type OperationRunner, STRANGER } from '../operations/run.ts';
import { isLocalPeer, isSameOrigin } from './security.ts';

export interface SignedInAs {
  readonly name: string;
  readonly role: 'admin' | 'member' | 'robot';
  readonly by: 'session' | 'token';
  /** SHA-256 of the session's secret; null: by token. */
  readonly session: string | null;
}

export interface AuthenticationOptions {
  readonly runner: OperationRunner;
  /** Https as others see it: cookies are then for https alone. Null: as each request came. */
  readonly publicUrl: string | null;
  /** Only this machine reaches the server: without accounts whoever asks from here is at its console. */
  readonly standalone: boolean;
  readonly now: () => number;
}

export interface Authentication {
  /** Sets viewer and signedIn of a request, or throws `unauthorized` for a token that is no good. */
  identify(request: FastifyRequest): Promise<void>;
  /** Ends what is believed: a session, token or account was changed. */
  forget(): void;
  /** Whoever goes on with an answer given once (a stream of events) asks again then. */
  onForgotten(listener: () => void): void;
  /** Whether the server has accounts, or is reached by others, so that signing in means something. */
  offersSignIn(): Promise<boolean>;
  setCookie(request: FastifyRequest, reply: FastifyReply, secret: string | null): void;
}

const PATH_TOKEN = /^\/t\/([\w-]{1,200})(?=\/|$)/;

/** `/t/<token>/rest` -> `/rest` with the token as a header: done before anything logs the address. */
export function withoutPathToken(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const match = PATH_TOKEN.exec(url);
  if (match === null) return url;
  request.headers.authorization ??= `Bearer ${match[1]}`;
  return url.slice(match[0].length) || '/';
}

/** With the prefix a browser takes it from this host and https only, whatever a neighbouring host sets. */
const SECURE_COOKIE = '__Host-bakehouse';
const COOKIE = 'bakehouse';
const SECRET = /^[\w-]{43}$/;

function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').slice(0, 8192).split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) {
      const value = part.slice(at + 1).trim();
      if (SECRET.test(value)) return value;
    }
  }
  return null;
}

/** Another process (the command line, a second controller) may have ended it: so long it still opens something here. */
export const BELIEVED_MS = 5000;
const BELIEVED_MAX = 2000;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { runner, publicUrl, standalone, now } = options;
  const listeners: (() => void)[] = [];
  const believed = new Map<string, { readonly answer: Promise<Authenticated>; readonly atMs: number }>();

  async function ask(credential: Credential | null): Promise<Authenticated> {
    const answer = await runner.run('authenticate', { credential });
    if (answer.kind !== 'json') throw new Error('authenticate gives JSON');
    const found = JSON.parse(new TextDecoder().decode(answer.bytes)) as Authenticated;
    // Beside the request: that it is noted late, or not at all, keeps nobody waiting.
    if (found.due && credential !== null) void runner.run('note-use', { credential }).catch(() => {});
    return found;
  }

  function lookUp(credential: Credential | null): Promise<Authenticated> {
    const key = credential === null ? '' : `${credential.kind} ${credential.hash}`;
    const nowMs = now();
    const known = believed.get(key);
    if (known !== undefined && nowMs - known.atMs < BELIEVED_MS && nowMs >= known.atMs) return known.answer;
    const answer = ask(credential);
    believed.delete(key);
    if (believed.size >= BELIEVED_MAX) believed.delete(believed.keys().next().value!);
    believed.set(key, { answer, atMs: nowMs });
    // An error is no answer.
    answer.catch(() => believed.delete(key));
    return answer;
  }

  function isSecure(request: FastifyRequest): boolean {
    return publicUrl === null ? request.protocol === 'https' : publicUrl.startsWith('https:');
  }

  function accept(request: FastifyRequest, credential: Credential, { account }: Authenticated): boolean {
    if (account === null) return false;
    const { number, name, role } = account;
    const bySession = credential.kind === 'session';
    request.viewer = { account: number, admin: bySession && role === 'admin' };
    request.signedIn = { name, role, by: credential.kind, session: bySession ? credential.hash : null };
    return true;
  }

  return {
    async identify(request) {
      request.viewer = STRANGER;
      request.signedIn = null;
      const token = /^Bearer +(\S{1,300})\s*$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token !== undefined) {
        const credential: Credential = { kind: 'token', hash: credentialHash(token) };
        if (!token.startsWith(TOKEN_PREFIX) || !accept(request, credential, await lookUp(credential)))
          throw new BakehouseError('unauthorized', 'The token is not known here, was revoked, or is over.');
        return;
      }
      const secret = cookieOf(request.headers.cookie, isSecure(request) ? SECURE_COOKIE : COOKIE);
      if (secret !== null) {
        const credential: Credential = { kind: 'session', hash: credentialHash(secret) };
        if (accept(request, credential, await lookUp(credential))) {
          // SameSite=Lax keeps other sites out; this keeps out other hosts of the same site, and old browsers.
          if (!SAFE_METHODS.has(request.method) && !isSameOrigin(request, publicUrl))
            throw new BakehouseError('forbidden', 'Only our own page may write with a session.');
          return;
        }
        // A session that is over is a visitor like any other: pages go on, and offer to sign in.
      }
      if (standalone && isLocalPeer(request) && !(await lookUp(null)).accounts) request.viewer = CONSOLE;
    },
    forget: () => {
      believed.clear();
      for (const listener of listeners) listener();
    },
    onForgotten: (listener) => {
      listeners.push(listener);
    },
    offersSignIn: async () => !standalone || (await lookUp(null)).accounts,
    setCookie(request, reply, secret) {
      const secure = isSecure(request);
      const age = secret === null ? 0 : Math.floor(SESSION_MS / 1000);
      reply.header(
        'set-cookie',
        `${secure ? SECURE_COOKIE : COOKIE}=${secret ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
      );
    },
  };
}
