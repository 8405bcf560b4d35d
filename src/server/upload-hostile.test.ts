/** Reports from those who mean no good, and from those who may not: a clear answer, in bounded time and memory, and nothing lost beside it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answered, buildsOf, sha256, showBuild, streamOf, UploadTester } from '../../test/upload-server.ts';
import type { RunningServer } from './index.ts';
import type { Flags } from './settings.ts';
import { startForTest } from './start-for-test.ts';

/** Stored beside whoever asks: soon, and on a busy machine later. */
const LATER = { timeout: 15_000, interval: 30 };

const folders: string[] = [];
const servers: RunningServer[] = [];

async function start(flags: Flags = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-hostile-upload-'));
  folders.push(folder);
  const server = await startForTest(folder, flags);
  servers.push(server);
  return server.base;
}

async function stopAll(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

describe('what nobody should send', () => {
  let origin: string;
  beforeAll(async () => {
    origin = await start();
  });
  afterAll(stopAll);

  const HASH = 'a'.repeat(64);
  const packed = { 'content-encoding': 'gzip', 'bakehouse-sha256': HASH };
  const chunk = (
    c: UploadTester,
    place: string,
    body: Uint8Array | string,
    headers: object = packed,
  ): Promise<Answered> => c.ask(origin, 'PUT', `/uploads/${c.id}/${place}`, body, headers);
  const blob = (c: UploadTester, name: string, body: Uint8Array, headers: object = { 'content-encoding': 'gzip' }) =>
    c.ask(origin, 'PUT', `/uploads/${c.id}/blobs/${name}`, body, headers);

  it.each<readonly [string, number, (c: UploadTester) => Promise<Answered>]>([
    ['gzip that is cut', 422, (c) => chunk(c, '1/0', gzipSync('x'.repeat(999)).subarray(0, 20))],
    ['no gzip at all', 422, (c) => chunk(c, '1/0', Buffer.from('plain'))],
    ['a bomb of 200 MB in a chunk', 413, (c) => chunk(c, '1/0', gzipSync(Buffer.alloc(200 << 20)))],
    ['a bomb of 300 MB as a log', 413, (c) => blob(c, HASH, gzipSync(Buffer.alloc(300 << 20)))],
    [
      'an encoding that was not offered',
      400,
      (c) => chunk(c, '1/0', Buffer.from('x'), { ...packed, 'content-encoding': 'br' }),
    ],
    ['a body beyond every limit', 413, (c) => chunk(c, '1/0', Buffer.alloc(5 << 20), { 'bakehouse-sha256': HASH })],
    ['a negative offset', 400, (c) => chunk(c, '1/-5', gzipSync('x'))],
    ['an offset that is no number of bytes', 400, (c) => chunk(c, '1/1e300', gzipSync('x'))],
    ['half a byte', 400, (c) => chunk(c, '1/0.5', gzipSync('x'))],
    ['generation 0', 400, (c) => chunk(c, '0/0', gzipSync('x'))],
    ['the generation after next', 409, (c) => chunk(c, '3/0', gzipSync('x'))],
    ['an end beyond the end', 409, (c) => chunk(c, '1/9007199254740000', gzipSync('x'))],
    [
      'an end that would not be a number any more',
      409,
      (c) => chunk(c, '1/9007199254740991', gzipSync('x'.repeat(100))),
    ],
    [
      'a hash that is none',
      400,
      (c) => chunk(c, '1/0', gzipSync('x'), { ...packed, 'bakehouse-sha256': '../../etc/passwd' }),
    ],
    ['a hash in capitals', 400, (c) => blob(c, 'A'.repeat(64), gzipSync('x'))],
    ['a path for a hash', 400, (c) => blob(c, '..%2f..%2fetc', gzipSync('x'))],
    ['the bytes of another log', 422, (c) => blob(c, HASH, gzipSync('x'))],
    ['JSON of another shape', 400, (c) => c.meet(origin, { stream: [] })],
    ['numbers that are none', 400, (c) => c.meet(origin, { stream: { bytes: -1, complete: false } })],
    [
      'a thousand and one logs',
      400,
      (c) =>
        offer(
          c,
          Array.from({ length: 1001 }, () => ({ sha256: HASH, bytes: 1 })),
        ),
    ],
    ['invalid UTF-8', 400, (c) => c.ask(origin, 'POST', '/uploads', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
    ['JSON a million levels deep', 400, (c) => c.ask(origin, 'POST', '/uploads', '['.repeat(900_000))],
    ['JSON as gzip that is none', 422, (c) => c.ask(origin, 'POST', '/uploads', '{}', packed)],
    ['a bomb of 2 MB of JSON', 413, (c) => c.ask(origin, 'POST', '/uploads', gzipSync(' '.repeat(2 << 20)), packed)],
    ['2 MB of JSON', 413, (c) => c.ask(origin, 'POST', '/uploads', ' '.repeat(2 << 20))],
    [
      'a word too short to be a secret',
      400,
      (c) => c.ask(origin, 'POST', '/uploads', meeting(c.id), { 'bakehouse-secret': 'x' }),
    ],
    ['an id in capitals', 400, (c) => c.ask(origin, 'POST', '/uploads', meeting(c.id.toUpperCase()))],
    [
      'an id that is computed',
      400,
      (c) => c.ask(origin, 'POST', '/uploads', meeting('00000000-0000-5000-8000-000000000000')),
    ],
    ['__proto__', 400, (c) => c.ask(origin, 'POST', '/uploads', '{"__proto__": {"format": 1}}')],
    [
      'the secret of another build',
      403,
      (c) => c.ask(origin, 'POST', '/uploads', meeting(c.id), { 'bakehouse-secret': 'x'.repeat(43) }),
    ],
  ])('%s', { timeout: 30_000 }, async (_, status, ask) => {
    const client = new UploadTester();
    expect((await client.meet(origin)).status).toBe(200);
    const answer = await ask(client);
    expect([answer.status, answer.json.status]).toEqual([status, status]);
    expect(String(answer.json.detail)).not.toMatch(/internal|node_modules|\/tmp/);
    // And it is taken as if nothing had been.
    const stream = streamOf(client.id, 3);
    expect(await client.send(origin, stream, [100])).toEqual({ offset: stream.length, complete: true });
  });

  it('JSON may be compressed as any body may', async () => {
    const client = new UploadTester();
    const met = await client.ask(origin, 'POST', '/uploads', gzipSync(meeting(client.id)), packed);
    expect(met).toMatchObject({ status: 200, json: { build: client.id, offset: 0 } });
    const offered = JSON.stringify({ blobs: [{ sha256: HASH, bytes: 1, class: 'log' }] });
    expect(
      (await client.ask(origin, 'POST', `/uploads/${client.id}/blobs`, gzipSync(offered), packed)).json,
    ).toMatchObject({ missing: [HASH], refused: [] });
  });

  function meeting(build: string): string {
    return JSON.stringify({ format: 1, build, stream: { bytes: 0, complete: false } });
  }
  function offer(c: UploadTester, blobs: readonly object[]): Promise<Answered> {
    return c.ask(origin, 'POST', `/uploads/${c.id}/blobs`, JSON.stringify({ blobs }));
  }

  /** What Node's own client would not send. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => socket.write(text));
      let said = '';
      socket.setEncoding('utf8').on('data', (piece: string) => {
        said += piece;
        socket.end();
      });
      socket.on('close', () => resolve(said)).on('error', reject);
    });
  }

  it('headers without an end, and a body longer than it said', async () => {
    const head = `POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\n`;
    expect(await raw(`${head}Bakehouse-Secret: ${'s'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(`${head}Content-Length: -1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`${head}Content-Length: 9999999999\r\n\r\nx`)).toMatch(/^HTTP\/1.1 413 /);
    expect(await raw(`${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  /** Sends to the end, whatever comes back meanwhile, as Python does; gives what came back. */
  function sendAll(path: string, headers: readonly string[], chunked: boolean): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    const piece = Buffer.alloc(1 << 20, 'x');
    const pieces = 8;
    let said = '';
    let sent = 0;
    const next = (): void => {
      if (sent++ < pieces) {
        if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
        socket.write(piece, () => setImmediate(next));
        if (chunked) socket.write('\r\n');
      } else {
        if (chunked) socket.write('0\r\n\r\n');
        if (said !== '') socket.end();
      }
    };
    const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${pieces * piece.length}`;
    socket.write(
      [`${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: text/plain', length, ...headers, '', ''].join('\r\n'),
    );
    next();
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (sent > pieces) socket.end();
    });
    socket.on('close', () => resolve(said)).on('error', reject);
    return promise;
  }

  it('who is refused hears why, though most of the body is still to come', { timeout: 30_000 }, async () => {
    const client = new UploadTester();
    await client.meet(origin);
    const secret = `Bakehouse-Secret: ${client.secret}`;
    const badToken = 'Authorization: Bearer nonsense';
    const asks: readonly (readonly [number, string, string])[] = [
      [401, `PUT /api/v1/uploads/${client.id}/blobs/${HASH}`, badToken],
      [413, `PUT /api/v1/uploads/${client.id}/1/0`, secret],
      [413, `PUT /api/v1/nothing-here`, secret],
      [401, `PUT /api/v1/push`, badToken],
      [401, `POST /ClientPost/JSON`, badToken],
      [413, `POST /builds`, secret],
    ];
    for (const [status, path, header] of asks)
      for (const connection of ['keep-alive', 'close'])
        for (const chunked of [false, true]) {
          const said = await sendAll(path, [header, `Connection: ${connection}`], chunked);
          expect(said, `${path} ${connection}`).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
          const [, length] = /content-length: (\d+)/i.exec(said) ?? [];
          expect(said.slice(said.indexOf('\r\n\r\n') + 4)).toHaveLength(Number(length));
        }
  });

  it('a large log goes by a file, which is gone again whatever became of it', async () => {
    const spool = mkdtempSync(join(tmpdir(), 'bakehouse-spool-'));
    folders.push(spool);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = spool;
    try {
      const client = new UploadTester();
      await client.meet(origin);
      const log = randomBytes(3 << 20);
      expect((await blob(client, sha256(log), gzipSync(log))).status).toBe(200);
      expect((await blob(client, sha256(log), log, {})).status).toBe(200);
      expect((await blob(client, HASH, gzipSync(log))).status).toBe(422);
      expect((await blob(client, sha256(log), gzipSync(log).subarray(0, 2 << 20))).status).toBe(422);
      expect((await blob(new UploadTester(), sha256(log), log, {})).status).toBe(403);
      const offered = [{ sha256: sha256(log), bytes: log.length, class: 'log' }];
      expect((await offer(client, offered)).json).toEqual({ missing: [], refused: [] });
      const head = `PUT /api/v1/uploads/${client.id}/blobs/${sha256(log)} HTTP/1.1\r\nHost: localhost\r\n`;
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`${head}Bakehouse-Secret: ${client.secret}\r\nContent-Length: ${log.length}\r\n\r\n`);
      socket.write(log.subarray(0, 2 << 20));
      await expect.poll(() => readdirSync(spool), LATER).toHaveLength(1);
      socket.destroy();
      await expect.poll(() => readdirSync(spool), LATER).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  it('a log that its record does not name: refused once the record is whole, and not kept', async () => {
    const client = new UploadTester();
    const mine = Buffer.from('a film, and no log\n');
    await client.meet(origin);
    expect((await blob(client, sha256(mine), gzipSync(mine))).status).toBe(200);
    await client.send(origin, streamOf(client.id, 1), []);
    await expect.poll(() => showBuild(origin, client.id), LATER).not.toBeNull();
    expect((await blob(client, sha256(mine), gzipSync(mine))).status).toBe(404);
    const offered = [{ sha256: sha256(mine), bytes: mine.length, class: 'log' }];
    expect((await offer(client, offered)).json).toMatchObject({ missing: [], refused: [{ sha256: sha256(mine) }] });
  });

  it('whether somebody else has a log of an unlisted build is not to be found out', async () => {
    const [owner, spy] = [new UploadTester(), new UploadTester()];
    const log = Buffer.from('error: the secret project does not build\n');
    const offered = [{ sha256: sha256(log), bytes: log.length, class: 'failure-log' }];
    await owner.meet(origin, { visibility: 'unlisted' });
    await blob(owner, sha256(log), gzipSync(log));
    const text = streamOf(owner.id, 1).toString();
    const line = {
      type: 'log',
      kind: 'failure',
      recipe: 0,
      task: 'do_compile',
      mc: '',
      blob: sha256(log),
      bytes: log.length,
    };
    await owner.send(origin, Buffer.from(text.replace('{"type":"qa"', `${JSON.stringify(line)}\n{"type":"qa"`)), []);
    await expect.poll(() => showBuild(origin, owner.id), LATER).not.toBeNull();
    await spy.meet(origin);
    expect((await offer(owner, offered)).json).toEqual({ missing: [], refused: [] });
    expect((await offer(spy, offered)).json).toEqual({ missing: [sha256(log)], refused: [] });
  });

  it('a stranger who knows name and start of a build does not get into it', async () => {
    const [owner, other] = [new UploadTester(), new UploadTester()];
    const stream = streamOf(owner.id, 2);
    await owner.meet(origin, { visibility: 'unlisted' });
    await owner.send(origin, stream, []);
    await expect.poll(() => showBuild(origin, owner.id), LATER).not.toBeNull();
    // Another proxy of the same machine: not local, and not the address of the first.
    const forged = Buffer.from(stream.toString().replaceAll('issue', 'forged'));
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    await other.ask(origin, 'POST', '/uploads', meeting(other.id), headers);
    await other.ask(origin, 'PUT', `/uploads/${other.id}/1/0?complete=1`, forged, {
      ...headers,
      'bakehouse-sha256': sha256(forged),
    });
    await expect.poll(() => showBuild(origin, other.id), LATER).toMatchObject({ qaIssues: 2 });
    expect(await showBuild(origin, owner.id)).toMatchObject({ id: owner.id, qaIssues: 2 });
    expect(JSON.stringify(await showBuild(origin, owner.id))).not.toContain('forged');
  });

  it('what cannot be read says so at its address, and to its client', async () => {
    const client = new UploadTester();
    const url = String((await client.meet(origin)).json.url);
    await client.send(origin, Buffer.from('<script>alert(1)</script>\n'), []);
    await expect.poll(async () => (await fetch(url)).text(), LATER).toContain('Received, and not readable');
    expect(await (await fetch(url)).text()).not.toContain('<script');
    expect((await client.meet(origin)).json.messages).toEqual(['The stream is no record that this server can read.']);
  });
});

describe("the owner's rules", () => {
  afterEach(stopAll);

  it('closed: nothing is taken, and the client hears that it need not come again', async () => {
    const origin = await start({ push: 'closed' });
    expect(await new UploadTester().meet(origin)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });

  it('token: who has none hears how to get one', async () => {
    const origin = await start({ push: 'token' });
    const answer = await new UploadTester().meet(origin);
    expect(answer).toMatchObject({ status: 401, json: { code: 'unauthorized' } });
    expect(String(answer.json.detail)).toContain('token');
  });

  it('so many builds in an hour, and no more: with the time to come again', async () => {
    const origin = await start({ pushBuildsPerHour: '2' });
    const clients = [new UploadTester(), new UploadTester(), new UploadTester()] as const;
    for (const client of clients.slice(0, 2)) expect((await client.meet(origin)).status).toBe(200);
    const refused = await clients[2].meet(origin);
    expect(refused).toMatchObject({ status: 429, json: { code: 'too-many' } });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(3600);
    // Those that were met go on.
    expect((await clients[0].meet(origin)).json).toMatchObject({ limits: { buildsPerHour: 2 } });
    expect(await clients[0].send(origin, streamOf(clients[0].id, 1), [])).toMatchObject({ complete: true });
  });

  it('the age of builds: by what the client says, and by what its record says', async () => {
    const origin = await start({ pushAgeDays: '30' });
    const day = 86_400_000;
    const old = await new UploadTester().meet(origin, { about: { startedMs: Date.now() - 40 * day } });
    expect(old).toMatchObject({ status: 403, json: { detail: expect.stringContaining('30 days') } });
    // The record of streamOf is of November 2026; its client says nothing.
    const client = new UploadTester();
    const stream = Buffer.from(
      streamOf(client.id, 1)
        .toString()
        .replaceAll(String(Date.UTC(2026, 10, 27, 10)), String(Date.now() - 40 * day)),
    );
    await client.meet(origin);
    expect(await client.send(origin, stream, [])).toMatchObject({ complete: true });
    await expect
      .poll(async () => (await client.meet(origin)).json.messages, LATER)
      .toEqual([expect.stringContaining('30 days')]);
    expect(await buildsOf(origin)).toEqual([]);
  });

  it('a size of streams and of logs, announced and kept to; what was taken before it stays', async () => {
    const origin = await start({
      pushStreamMegabytes: '1',
      pushBlobMegabytes: '1',
      pushBlobs: '1',
      pushRefusedKinds: 'samples, graph',
    });
    const client = new UploadTester();
    const stream = streamOf(client.id, 1500, () => 'x'.repeat(900));
    expect((await client.meet(origin)).json).toMatchObject({
      limits: { streamBytes: 1 << 20, blobBytes: 1 << 20, blobs: 1, refusedKinds: ['samples', 'graph'] },
    });
    expect((await client.put(origin, stream, 0, 1_000_000, false)).status).toBe(200);
    expect((await client.put(origin, stream, 1_000_000, stream.length)).status).toBe(413);
    await expect.poll(() => showBuild(origin, client.id), LATER).toMatchObject({ outcome: 'running' });
    const large = Buffer.alloc((1 << 20) + 1, 'y');
    const put = (bytes: Buffer) =>
      client.ask(origin, 'PUT', `/uploads/${client.id}/blobs/${sha256(bytes)}`, gzipSync(bytes), {
        'content-encoding': 'gzip',
      });
    expect((await put(large)).status).toBe(413);
    expect((await put(Buffer.from('one'))).status).toBe(200);
    expect((await put(Buffer.from('two'))).status).toBe(413);
  });

  it('which visibility may be chosen: another one is replaced, and that is said', async () => {
    const origin = await start({ visibilities: 'unlisted', visibility: 'unlisted' });
    const met = await new UploadTester().meet(origin, { visibility: 'public' });
    expect(met.json).toMatchObject({
      visibility: 'unlisted',
      messages: [expect.stringContaining('keeps no public builds')],
    });
  });
});
