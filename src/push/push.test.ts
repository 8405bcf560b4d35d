/** The client against the server itself, over HTTP, straight and through a proxy that breaks things. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeSameOrigins } from '../analysis/merge-builds.ts';
import { openBuilds } from '../formats/open/index.ts';
import { DEFAULT_KINDS } from '../formats/record/kinds.ts';
import type { Build } from '../model/build.ts';
import { startForTest, type TestServer } from '../server/start-for-test.ts';
import { kindsOf, type PrepareOptions, prepareUpload } from './prepare.ts';
import { claimOf, readPushKey } from './push-key.ts';
import { openTransport, serverAddress } from './transport.ts';
import { UploadClient, type UploadClientOptions } from './upload-client.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures');
let folder: string;
let server: TestServer;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-push-'));
  server = await startForTest(folder, { data: join(folder, 'data') });
  base = server.base;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const options = (key: string): PrepareOptions => ({
  writer: 'test 1',
  kinds: new Set(DEFAULT_KINDS),
  visibility: null,
  key: () => Buffer.alloc(32, key),
  home: null,
  hostName: null,
  userName: null,
  nowMs: Date.UTC(2100, 0, 1),
});

let builds = 0;

/**
 * A build of a directory and its event log, which have a graph and failures between them. Each call gives another one, a day later: the
 * server knows accounts of the same build by their tasks, whatever they are called.
 */
async function newBuild(name: string): Promise<Build> {
  const build = await theBuild();
  const later = ++builds * 86_400_000;
  const { tasks } = build;
  const shifted = (times: Float64Array): Float64Array => times.map((ms) => ms + later);
  return {
    ...build,
    name,
    startedMs: build.startedMs! + later,
    endedMs: build.endedMs! + later,
    phases: [],
    samples: [],
    tasks: { ...tasks, startMs: shifted(tasks.startMs), endMs: shifted(tasks.endMs), queuedMs: null },
  };
}

async function theBuild(): Promise<Build> {
  const accounts: Build[] = [];
  for (const path of ['eventlog/failed-keep-going.json.gz', 'buildstats/real-05-failed-k'])
    for await (const build of openBuilds(join(FIXTURES, path))) accounts.push(build);
  const merged = mergeSameOrigins(accounts);
  expect(merged).toHaveLength(1);
  return merged[0]!;
}

async function push(build: Build, key: string, over: Partial<UploadClientOptions> = {}, address = base) {
  const { upload } = await prepareUpload(build, '/nowhere', options(key));
  const transport = openTransport(address, {});
  try {
    const client = new UploadClient({
      server: address,
      send: transport.send,
      token: null,
      sleep: async () => {},
      ...over,
    });
    return { id: upload.claim.id, ...(await client.upload(upload)) };
  } finally {
    transport.close();
  }
}

async function shown(id: string): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`${base}/api/v1/builds/${id}`);
    if (answer.status === 200) return (await answer.json()) as Record<string, unknown>;
    await answer.body?.cancel();
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error('the build never came');
}

test('a build arrives whole, at the address that was known before; a second push sends nothing', async () => {
  const build = await theBuild();
  const first = await push(build, 'a');
  expect(first.state).toBe('sent');
  expect(first.url).toMatch(/\/b\/[0-9a-hjkmnp-tv-z]{16}$/);
  expect(await shown(first.id)).toMatchObject({
    name: build.name,
    outcome: build.outcome,
    failures: build.failures.length,
  });
  const second = await push(build, 'a');
  expect(second).toMatchObject({ id: first.id, url: first.url, state: 'unchanged', bytesSent: 0 });
  // Somebody else's push of the same build has another id and another address.
  expect((await push(build, 'b')).id).not.toBe(first.id);
});

test('what changed is sent as a new generation, and replaces what was there', async () => {
  const build = await newBuild('changes');
  const before = await push(build, 'c');
  await shown(before.id);
  const after = await push({ ...build, machine: 'qemuriscv64' }, 'c');
  expect(after.id).toBe(before.id);
  expect(after.state).toBe('sent');
  for (let tries = 0; (await shown(before.id)).machine !== 'qemuriscv64'; tries++) {
    expect(tries).toBeLessThan(100);
    await new Promise((next) => setTimeout(next, 100));
  }
});

test('another secret for the same id is refused, and said', async () => {
  const { upload } = await prepareUpload(await theBuild(), '/nowhere', options('d'));
  const transport = openTransport(base, {});
  const client = new UploadClient({ server: base, send: transport.send, token: null });
  await client.upload(upload);
  const thief = { ...upload, claim: { id: upload.claim.id, secret: 'x'.repeat(43) } };
  await expect(client.upload(thief)).rejects.toMatchObject({ code: 'forbidden' });
  transport.close();
});

/**
 * A proxy between client and server that does with each request what `fate` says: pass it on, answer 503, drop the connection before or
 * after the server had it, or give it to the server twice.
 */
async function brokenProxy(fate: (n: number) => 'pass' | 'busy' | 'drop' | 'lose' | 'double') {
  let n = 0;
  const proxy = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const what = fate(n++);
      if (what === 'drop') return void request.socket.destroy();
      if (what === 'busy') return void response.writeHead(503).end('<html>come again</html>');
      const forward = (): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> =>
        new Promise((done, fail) => {
          const call = http.request(
            `${base}${request.url}`,
            { method: request.method, headers: { ...request.headers, host: new URL(base).host } },
            (answer) => {
              const parts: Buffer[] = [];
              answer.on('data', (part: Buffer) => parts.push(part));
              answer.on('end', () =>
                done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
              );
            },
          );
          call.on('error', fail);
          call.end(Buffer.concat(pieces));
        });
      void (async () => {
        const answer = await forward();
        if (what === 'double') await forward();
        if (what === 'lose') return void request.socket.destroy();
        response
          .writeHead(answer.status, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
          .end(answer.body);
      })();
    });
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const { port } = proxy.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    requests: () => n,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

test('through a proxy that loses, doubles and cuts, the same build arrives, once', async () => {
  const build = await newBuild('broken-proxy');
  const fates = [
    'drop',
    'busy',
    'lose',
    'pass',
    'lose',
    'double',
    'busy',
    'pass',
    'drop',
    'lose',
    'double',
    'pass',
  ] as const;
  const proxy = await brokenProxy((n) => fates[n % fates.length]!);
  try {
    const waits: string[] = [];
    const result = await push(build, 'e', { onWait: (why) => waits.push(why) }, proxy.address);
    expect(result.state).toBe('sent');
    expect(waits.length).toBeGreaterThan(3);
    expect(await shown(result.id)).toMatchObject({ name: 'broken-proxy', failures: build.failures.length });
    // Straight this time: all of it is there.
    expect((await push(build, 'e')).state).toBe('unchanged');
  } finally {
    proxy.close();
  }
});

test('a client that was killed after any request goes on where it stopped', async () => {
  const build = await newBuild('killed');
  for (let alive = 1; ; alive++) {
    expect(alive).toBeLessThan(50);
    const proxy = await brokenProxy((n) => (n < alive ? 'pass' : 'drop'));
    try {
      const result = await push(build, 'f', { patienceMs: 0 }, proxy.address).catch((error: unknown) => error);
      if (!(result instanceof Error)) break;
      expect(result).toMatchObject({ code: 'unavailable' });
    } finally {
      proxy.close();
    }
  }
  expect((await push(build, 'f')).state).toBe('unchanged');
});

test('no server there: said in words, and worth trying later', async () => {
  const build = await theBuild();
  await expect(push(build, 'g', { patienceMs: 3000 }, 'http://127.0.0.1:9')).rejects.toMatchObject({
    code: 'unavailable',
    message: 'http://127.0.0.1:9 cannot be reached: nothing listens there.',
  });
});

test('through an HTTP proxy of the environment, but for those that no_proxy names', async () => {
  let through = 0;
  const proxy = http.createServer((request, response) => {
    through++;
    // A proxy is asked for the whole address.
    const call = http.request(request.url!, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(call);
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const { port } = proxy.address() as AddressInfo;
  try {
    const { upload } = await prepareUpload(await newBuild('by-proxy'), '/nowhere', options('h'));
    for (const [no_proxy, expected] of [
      [undefined, true],
      ['localhost,127.0.0.1', false],
    ] as const) {
      through = 0;
      const transport = openTransport(base, { http_proxy: `http://127.0.0.1:${port}`, no_proxy });
      await new UploadClient({ server: base, send: transport.send, token: null }).upload(upload);
      transport.close();
      expect(through > 0).toBe(expected);
    }
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('the key is made once, for its user only, and gives the same claims ever after', () => {
  const home = join(folder, 'config', 'bakehouse');
  const key = readPushKey(home);
  expect(key).toHaveLength(32);
  expect(readPushKey(home)).toEqual(key);
  expect(statSync(join(home, 'push-key')).mode & 0o777).toBe(0o600);
  const claim = claimOf(key, '["h","n",1]');
  expect(claim.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(claim.secret).toMatch(/^[\w-]{43}$/);
  expect(claimOf(key, '["h","n",1]')).toEqual(claim);
  expect(claimOf(key, '["h","n",2]').id).not.toBe(claim.id);
  expect(readFileSync(join(home, 'push-key'), 'utf8')).not.toContain(claim.secret);
  writeFileSync(join(home, 'push-key'), 'rubbish');
  expect(() => readPushKey(home)).toThrow(/64 hex digits/);
});

test('kinds by name', () => {
  expect(kindsOf('', DEFAULT_KINDS)).toEqual(new Set(DEFAULT_KINDS));
  expect(kindsOf('-samples, -graph', DEFAULT_KINDS)).toEqual(
    new Set(DEFAULT_KINDS.filter((kind) => kind !== 'samples' && kind !== 'graph')),
  );
  expect(kindsOf('graph', DEFAULT_KINDS)).toEqual(new Set(['graph', 'times']));
  expect(kindsOf('all -images', DEFAULT_KINDS)).toContain('packages');
  expect(kindsOf('default,smells', DEFAULT_KINDS)).toBe('smells');
});

test.each([
  ['builds.example.org', 'https://builds.example.org'],
  ['http://localhost:8080/', 'http://localhost:8080'],
  ['https://example.org/ci/bakehouse/', 'https://example.org/ci/bakehouse'],
])('the address %s', (text, address) => {
  expect(serverAddress(text)).toBe(address);
});

test.each(['ftp://example.org', 'https://jane:secret@example.org', 'https://example.org/?x=1', ''])(
  'no address: %s',
  (text) => {
    expect(() => serverAddress(text)).toThrow();
  },
);
