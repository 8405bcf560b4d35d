/** Signing in, tokens and who may do what with them, over HTTP, on both engines. */
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { BELIEVED_MS } from '../api/authentication.ts';
import { AccountDetail, AccountList, MadeToken, ProblemDocument, ServerInfo } from '../api/contract.ts';
import type { OperationContext } from '../operations/context.ts';
import { localRunner, runOperation } from '../operations/run.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE } from '../store/store.ts';
import { createEventHub } from './event-hub.ts';
import { createHttp, type HttpOptions } from './http.ts';

const PASSWORD = 'correct horse battery';
const ORIGIN = { host: 'localhost', origin: 'http://localhost' };

const engines = [
  { name: 'SQLite', here: true, start: async () => ({ database: 'sqlite::memory:', stop: async () => {} }) },
  {
    name: 'PostgreSQL',
    here: hasPostgres,
    start: async () => {
      const server = await startPostgres();
      return { database: await server.newDatabase(), stop: () => server.stop() };
    },
  },
];

describe.each(engines)('accounts over $name', ({ here, start }) => {
  const it = test.skipIf(!here);
  let stop: () => Promise<void>;
  let context: OperationContext;
  let app: FastifyInstance;
  let nowMs = Date.now();
  const log: string[] = [];

  const http = (options: Partial<HttpOptions>) =>
    createHttp({
      runner: localRunner(context),
      events: createEventHub(),
      activity: () => ({ watching: [], reading: null }),
      assets: { get: () => null },
      version: '1.2.3',
      hosts: { host: '127.0.0.1', allowedHosts: ['builds.example.org'] },
      ...options,
    });

  beforeAll(async () => {
    if (!here) return;
    const engine = await start();
    stop = engine.stop;
    const store = await openStore(engine.database);
    context = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: () => nowMs,
      version: '1.2.3',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    await runOperation(context, 'add-account', { name: 'Ada', role: 'admin', password: PASSWORD });
    await runOperation(context, 'add-account', { name: 'mike', role: 'member', password: `${PASSWORD} staple` });
    await runOperation(context, 'add-account', { name: 'ci', role: 'robot', password: null });
    app = await http({});
  });
  afterAll(async () => {
    if (!here) return;
    await app.close();
    await context.store.close();
    await stop();
  });

  const ask = (options: InjectOptions, on = app) =>
    on.inject({ ...options, headers: { ...ORIGIN, ...options.headers } });
  const signIn = async (name: string, password: string, headers = {}, on = app) =>
    ask({ method: 'POST', url: '/api/v1/sign-in', payload: { name, password }, headers }, on);
  const cookieOf = (response: { headers: Record<string, unknown> }) =>
    String(response.headers['set-cookie']).split(';')[0]!;
  const session = async (name: string, password = PASSWORD) => {
    const response = await signIn(name, password);
    expect(response.statusCode, response.body).toBe(200);
    return { cookie: cookieOf(response) };
  };
  const makeToken = async (cookie: { cookie: string }, expiresDays: number | null = null) => {
    const response = await ask({
      method: 'POST',
      url: '/api/v1/account/tokens',
      headers: cookie,
      payload: { name: 'a host', expiresDays },
    });
    expect(response.statusCode, response.body).toBe(200);
    return MadeToken.parse(response.json());
  };
  const whoIs = async (headers: Record<string, string>) => ask({ url: '/api/v1/account', headers });

  it('a session is a cookie that no script reads; who has none is nobody', async () => {
    const response = await signIn('ADA ', PASSWORD);
    expect(response.json()).toEqual({ name: 'ada', role: 'admin' });
    expect(response.headers['set-cookie']).toMatch(
      /^bakehouse=[\w-]{43}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Lax$/,
    );
    expect(response.body).not.toContain(cookieOf(response).slice(10));
    const own = await whoIs({ cookie: cookieOf(response) });
    expect(AccountDetail.parse(own.json())).toMatchObject({ name: 'ada', role: 'admin', tokens: [] });
    expect(own.headers['cache-control']).toBe('no-store');
    const nobody = await whoIs({});
    expect(nobody.statusCode).toBe(401);
    expect(nobody.headers['www-authenticate']).toContain('Bearer');
    const info = ServerInfo.parse(
      (await ask({ url: '/api/v1/server', headers: { cookie: cookieOf(response) } })).json(),
    );
    expect(info).toMatchObject({ signIn: true, account: { name: 'ada', role: 'admin' } });
  });

  it('is https only where the server is known by https', async () => {
    const other = await http({ publicUrl: 'https://builds.example.org' });
    const response = await signIn('ada', PASSWORD, { origin: 'https://builds.example.org' }, other);
    expect(response.headers['set-cookie']).toMatch(/^__Host-bakehouse=[\w-]{43}; Path=\/; .*SameSite=Lax; Secure$/);
    const own = await ask({ url: '/api/v1/account', headers: { cookie: cookieOf(response) } }, other);
    expect(own.statusCode).toBe(200);
    // A neighbouring host may set a cookie without the prefix: it is not looked at.
    const plain = cookieOf(response).replace('__Host-', '');
    expect((await ask({ url: '/api/v1/account', headers: { cookie: plain } }, other)).statusCode).toBe(401);
    await other.close();
  });

  it('says the same of a wrong password, an unknown name and a robot, and stops who guesses', async () => {
    const wrong = await signIn('mike', 'not the password');
    const unknown = await signIn('nobody-at-all', 'not the password');
    const robot = await signIn('ci', 'not the password');
    expect(wrong.statusCode).toBe(401);
    for (const other of [unknown, robot]) {
      expect(other.statusCode).toBe(401);
      expect(other.body).toBe(wrong.body);
    }
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push((await signIn('guessed', `guess number ${n}`)).statusCode);
    expect(answers.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(answers.slice(10)).toEqual([429, 429]);
    const stopped = await signIn('guessed', 'once more');
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    expect(ProblemDocument.parse(stopped.json()).code).toBe('too-many');
    nowMs += 16 * 60_000;
    expect((await signIn('guessed', 'later')).statusCode).toBe(401);
    // Twenty failures of others from this address have not locked out who knows his password.
    await session('ada');
  }, 60_000);

  it('writes by session come from our own page; writes by token from anywhere', async () => {
    const cookie = await session('mike', `${PASSWORD} staple`);
    const evil = { ...cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const payload = { name: 'x' };
    expect((await ask({ method: 'POST', url: '/api/v1/account/tokens', headers: evil, payload })).statusCode).toBe(403);
    const silent = await app.inject({
      method: 'POST',
      url: '/api/v1/account/tokens',
      headers: { ...cookie, host: 'localhost' },
      payload,
    });
    expect(silent.statusCode).toBe(403);
    const crossSignIn = await signIn('mike', `${PASSWORD} staple`, { origin: 'https://evil.example' });
    expect(crossSignIn.statusCode).toBe(403);
    const { token } = await makeToken(cookie);
    // Push is refused here because nothing is collected, and not because of where it comes from.
    const push = await app.inject({
      method: 'POST',
      url: '/api/v1/uploads',
      headers: { host: 'localhost', authorization: `Bearer ${token}`, 'bakehouse-secret': 'x'.repeat(43) },
      payload: {
        format: 1,
        build: '00000000-0000-4000-8000-000000000001',
        stream: { bytes: 0, complete: false },
      },
    });
    expect(push.json()).toMatchObject({ detail: expect.stringContaining('reports') });
  });

  it('a token is told once, is stored as a hash, and opens what its account may see, not what an admin may', async () => {
    const cookie = await session('ada');
    const made = await makeToken(cookie);
    expect(made.token).toMatch(/^bkh_[\w-]{43}$/);
    expect(made.token.startsWith(made.hint)).toBe(true);
    const bearer = { authorization: `Bearer ${made.token}` };
    const own = await whoIs(bearer);
    expect(own.json()).toMatchObject({ name: 'ada', role: 'admin' });
    expect(own.body).not.toContain(made.token.slice(12));
    expect((await ask({ url: '/api/v1/accounts', headers: bearer })).statusCode).toBe(403);
    const another = { method: 'POST' as const, url: '/api/v1/account/tokens', payload: { name: 'y' } };
    expect((await ask({ ...another, headers: bearer })).statusCode).toBe(401);
    // Its use is told, once a minute.
    const used = async () =>
      AccountDetail.parse((await whoIs(cookie)).json()).tokens.find(({ number }) => number === made.number)?.usedMs;
    await expect.poll(used).toBe(nowMs);
    const first = nowMs;
    nowMs += 30_000;
    const fresh = await http({});
    await ask({ url: '/api/v1/account', headers: bearer }, fresh);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await used()).toBe(first);
    await fresh.close();
    const gone = await ask({
      method: 'DELETE',
      url: `/api/v1/account/tokens/${made.number}`,
      headers: cookie,
    });
    expect(gone.statusCode, gone.body).toBe(200);
    const refused = await ask({ url: '/api/v1/builds', headers: bearer });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('Bearer');
  });

  it('what one process revoked opens nothing more there at once, and in another after five seconds', async () => {
    let otherMs = 0;
    const other = await http({ now: () => otherMs });
    const status = async (headers: Record<string, string>, on = app) =>
      (await ask({ url: '/api/v1/account', headers }, on)).statusCode;
    const [mine, gone] = [await session('ada'), await session('ada')];
    const made = await makeToken(mine);
    const bearer = { authorization: `Bearer ${made.token}` };
    const all = () => Promise.all([bearer, gone].flatMap((one) => [status(one), status(one, other)]));
    expect(await all()).toEqual([200, 200, 200, 200]);
    await ask({ method: 'DELETE', url: `/api/v1/account/tokens/${made.number}`, headers: mine });
    await ask({ method: 'POST', url: '/api/v1/sign-out', headers: gone, payload: {} });
    otherMs += BELIEVED_MS - 1;
    expect(await all()).toEqual([401, 200, 401, 200]);
    otherMs += 1;
    expect(await all()).toEqual([401, 401, 401, 401]);
    expect(BELIEVED_MS).toBe(5000);
    await other.close();
  });

  it('a page that listens to events hears no more once its session has ended', async () => {
    const cookie = await session('ada');
    const base = await app.listen({ host: '127.0.0.1', port: 0 });
    const response = await fetch(`${base}/api/v1/events`, { headers: cookie });
    await ask({ method: 'POST', url: '/api/v1/sign-out', headers: cookie, payload: {} });
    // Ends by itself, long before its next heartbeat.
    expect(await response.text()).toMatch(/^retry: 2000\n\n(?!: still)/);
  });

  it('a token in the path does what one in a header does, and is in no log', async () => {
    const { Writable } = await import('node:stream');
    const { pino } = await import('pino');
    const sink = new Writable({
      write(chunk, _, done) {
        log.push(String(chunk));
        done();
      },
    });
    const logged = await http({ logger: pino({ level: 'trace' }, sink) });
    const { token } = await makeToken(await session('mike', `${PASSWORD} staple`));
    const get = (url: string) => ask({ url }, logged);
    expect((await get(`/t/${token}/api/v1/account`)).json()).toMatchObject({ name: 'mike' });
    expect((await get(`/t/${token}/nothing/here`)).body).not.toContain(token);
    expect((await get(`/t/bkh_${'x'.repeat(43)}/api/v1/builds`)).statusCode).toBe(401);
    expect((await get(`/t/${token}/api/v1/builds/%E0%A4%A`)).body).not.toContain(token);
    expect(log.join('')).toContain('/api/v1/account');
    expect(log.join('')).not.toContain(token);
    await logged.close();
  });

  it('tokens and sessions are over at their time', async () => {
    const cookie = await session('mike', `${PASSWORD} staple`);
    const { token } = await makeToken(cookie, 3);
    const bearer = { authorization: `Bearer ${token}` };
    const later = await http({});
    nowMs += 2 * 86_400_000;
    expect((await ask({ url: '/api/v1/account', headers: bearer }, later)).statusCode).toBe(200);
    nowMs += 2 * 86_400_000;
    const latest = await http({});
    expect((await ask({ url: '/api/v1/account', headers: bearer }, latest)).statusCode).toBe(401);
    // A session that is used slides on.
    expect((await ask({ url: '/api/v1/account', headers: cookie }, latest)).statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    nowMs += 13 * 86_400_000;
    const used = await http({});
    expect((await ask({ url: '/api/v1/account', headers: cookie }, used)).statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    nowMs += 15 * 86_400_000;
    const silent = await http({});
    expect((await ask({ url: '/api/v1/account', headers: cookie }, silent)).statusCode).toBe(401);
    for (const one of [later, latest, used, silent]) await one.close();
  });

  it('signing out ends this session, or all; a new password all others', async () => {
    const [one, two, three] = [await session('ada'), await session('ada'), await session('ada')];
    const post = (url: string, headers: { cookie: string }, payload: object) =>
      ask({ method: 'POST', url: `/api/v1${url}`, headers, payload });
    const out = await post('/sign-out', one, {});
    expect(out.statusCode, out.body).toBe(200);
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
    expect((await whoIs(one)).statusCode).toBe(401);
    expect((await whoIs(two)).statusCode).toBe(200);
    const bad = await post('/account/password', two, { current: 'wrong', password: 'another good one' });
    expect(bad.statusCode).toBe(403);
    for (const password of ['short', 'aaaaaaaaaaaaaaaa', 'ada ada ada ada'])
      expect((await post('/account/password', two, { current: PASSWORD, password })).statusCode).toBe(400);
    expect((await post('/account/password', two, { current: PASSWORD, password: `${PASSWORD}!` })).statusCode).toBe(
      200,
    );
    expect((await whoIs(two)).statusCode).toBe(200);
    expect((await whoIs(three)).statusCode).toBe(401);
    expect((await post('/account/password', two, { current: `${PASSWORD}!`, password: PASSWORD })).statusCode).toBe(
      200,
    );
    const four = await session('ada');
    await post('/sign-out', four, { everywhere: true });
    expect((await whoIs(two)).statusCode).toBe(401);
  });

  it('an admin adds, changes and disables accounts; others hear that they may not; an admin is left', async () => {
    const admin = await session('ada');
    const member = await session('mike', `${PASSWORD} staple`);
    const send = (method: 'POST' | 'PATCH' | 'GET' | 'DELETE', url: string, headers: object, payload?: object) =>
      ask({
        method,
        url: `/api/v1${url}`,
        headers: headers as Record<string, string>,
        ...(payload ? { payload } : {}),
      });
    const newcomer = { name: 'Grace.H', role: 'member', password: 'a long enough one' };
    for (const [method, url, payload] of [
      ['GET', '/accounts', undefined],
      ['GET', '/accounts/ada', undefined],
      ['POST', '/accounts', newcomer],
      ['PATCH', '/accounts/ada', { disabled: true }],
      ['POST', '/accounts/ci/tokens', { name: 'x' }],
      ['DELETE', '/accounts/ada/tokens/1', undefined],
    ] as const) {
      expect((await send(method, url, member, payload)).statusCode, `${method} ${url}`).toBe(403);
      expect((await send(method, url, {}, payload)).statusCode, `${method} ${url}`).toBe(401);
    }
    expect((await send('POST', '/accounts', admin, newcomer)).json()).toMatchObject({
      name: 'grace.h',
      role: 'member',
    });
    expect((await send('POST', '/accounts', admin, newcomer)).statusCode).toBe(409);
    expect((await send('POST', '/accounts', admin, { ...newcomer, name: '../x' })).statusCode).toBe(400);
    expect((await send('PATCH', '/accounts/ada', admin, { role: 'member' })).statusCode).toBe(409);
    expect((await send('PATCH', '/accounts/ada', admin, { disabled: true })).statusCode).toBe(409);
    expect((await send('POST', '/accounts/mike/tokens', admin, { name: 'x' })).statusCode).toBe(403);
    const robot = MadeToken.parse((await send('POST', '/accounts/ci/tokens', admin, { name: 'runner 1' })).json());
    const bearer = { authorization: `Bearer ${robot.token}` };
    expect((await whoIs(bearer)).json()).toMatchObject({ name: 'ci', role: 'robot' });
    await send('PATCH', '/accounts/ci', admin, { disabled: true });
    expect((await whoIs(bearer)).statusCode).toBe(401);
    await send('PATCH', '/accounts/ci', admin, { disabled: false });
    expect((await whoIs(bearer)).statusCode).toBe(200);
    await send('PATCH', '/accounts/mike', admin, { disabled: true });
    expect((await whoIs(member)).statusCode).toBe(401);
    expect((await signIn('mike', `${PASSWORD} staple`)).statusCode).toBe(401);
    await send('PATCH', '/accounts/mike', admin, { disabled: false });
    const list = AccountList.parse((await send('GET', '/accounts', admin)).json()).accounts;
    expect(list.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'ada admin',
      'ci robot',
      'grace.h member',
      'mike member',
    ]);
    expect(list[1]).toMatchObject({ tokens: 1, hasPassword: false });
  });

  it('nothing secret is in the database as it is', async () => {
    const { secret } = await runOperation(context, 'sign-in', { name: 'ada', password: PASSWORD, address: '::1' });
    const made = await runOperation(context, 'make-token', { account: 'ci', name: 'x', expiresDays: null });
    const rows = [
      ...(await context.store.accounts.sessions(1, nowMs)),
      ...(await context.store.accounts.tokens(3)),
      await context.store.accounts.findPassword('ada'),
    ];
    const text = JSON.stringify(rows);
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    for (const hidden of [secret, made.token, PASSWORD]) expect(text).not.toContain(hidden);
  });
});

describe('a server of one machine, without accounts', () => {
  test('is as easy as ever: whoever asks from here is at its console', async () => {
    const store = await openStore('sqlite::memory:');
    const context: OperationContext = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: Date.now,
      version: '1.2.3',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    const make = (standalone: boolean) =>
      createHttp({
        runner: localRunner(context),
        events: createEventHub(),
        activity: () => ({ watching: [], reading: null }),
        assets: { get: () => null },
        version: '1.2.3',
        hosts: { host: '127.0.0.1', allowedHosts: [] },
        standalone,
      });
    const accounts = (on: FastifyInstance, more: object = {}) =>
      on.inject({ url: '/api/v1/accounts', headers: { host: 'localhost' }, ...more });
    const info = async (on: FastifyInstance) =>
      ServerInfo.parse((await on.inject({ url: '/api/v1/server', headers: { host: 'localhost' } })).json());
    const alone = await make(true);
    expect((await accounts(alone)).statusCode).toBe(200);
    expect(await info(alone)).toMatchObject({ signIn: false, account: null });
    expect((await accounts(alone, { remoteAddress: '10.1.2.3' })).statusCode).toBe(401);
    expect((await accounts(alone, { headers: { host: 'localhost', via: '1.1 x' } })).statusCode).toBe(401);
    const open = await make(false);
    expect((await accounts(open)).statusCode).toBe(401);
    expect(await info(open)).toMatchObject({ signIn: true, account: null });
    await runOperation(context, 'add-account', { name: 'ada', role: 'admin', password: PASSWORD });
    const now = await make(true);
    expect((await accounts(now)).statusCode).toBe(401);
    expect(await info(now)).toMatchObject({ signIn: true });
    for (const one of [alone, open, now]) await one.close();
    await store.close();
  });
});
