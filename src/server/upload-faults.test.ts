/**
 * What uploads suffer, with a real server process: kill -9 at every stage, a proxy that cuts, delays, doubles and reorders, a full disk, two
 * clients with one build, two controllers on one PostgreSQL. Each time everything that was acknowledged is there, once.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { type RealPostgres, startPostgres } from '../../test/real-postgres.ts';
import {
  armKill,
  buildsOf,
  type KillAt,
  type ServerProcess,
  sha256,
  showBuild,
  startServerProcess,
  streamOf,
  UploadTester,
} from '../../test/upload-server.ts';
import { openTransport } from '../push/transport.ts';
import { UploadClient } from '../push/upload-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'upload-faults-'));
const running = new Set<ServerProcess>();

afterAll(() => {
  for (const server of running) server.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(
  data: string,
  options: Parameters<typeof startServerProcess>[1] = {},
  more: Record<string, string> = {},
): Promise<ServerProcess> {
  const server = await startServerProcess({ BAKEHOUSE_DATA: join(folder, data), ...more }, options);
  running.add(server);
  void server.ended.then(() => running.delete(server));
  return server;
}

/** Until all of the build is there. */
async function whole(origin: string, id: string, issues: number): Promise<void> {
  await expect
    .poll(async () => showBuild(origin, id), { timeout: 30_000, interval: 50 })
    .toMatchObject({ outcome: 'failed', qaIssues: issues, failures: 1 });
}

/** What lies in the database that its server left. */
function left(data: string): { builds: number; chunks: number; unsettled: number } {
  const db = new DatabaseSync(join(folder, data, 'bakehouse.db'));
  const count = (from: string): number => Number(db.prepare(`select count(*) as n from ${from}`).get()!.n);
  const found = {
    builds: count('builds'),
    chunks: count('upload_chunks'),
    unsettled: count('uploads where settled = 0'),
  };
  expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  db.close();
  return found;
}

const ISSUES = 300;

describe('kill -9 of the server', () => {
  /** Of servers on one database, each of which proves that the one before it lost nothing, and is then killed at the next place. */
  let server: ServerProcess | null = null;
  let stored = 0;
  const killBy = join(folder, 'kill-at.json');
  const startNext = () => start('data', { killBy });

  /**
   * `twice`: what the next server finds and begins with by itself, and it is killed at the same place. Two of the four places inside of the
   * transaction that stores a build: it leaves the same behind wherever it is cut.
   */
  const stages: readonly (readonly [string, KillAt, 'once' | 'twice'])[] = [
    ['when a client is met', { statement: 'insert into "uploads"', when: 'before' }, 'once'],
    ['when it was met, before the answer', { statement: 'insert into "uploads"', when: 'after-commit' }, 'once'],
    ['while a chunk is written', { statement: 'insert into "upload_chunks"', when: 'before' }, 'once'],
    [
      'when a chunk is durable, before the answer',
      { statement: 'insert into "upload_chunks"', when: 'after-commit' },
      'once',
    ],
    ['between a chunk and the build', { statement: 'insert into "builds"', when: 'before' }, 'once'],
    ['while the build is stored', { statement: 'into build_heads', when: 'before' }, 'twice'],
    ['before it is noted what is stored', { statement: 'update "uploads" set .*"stored_as"', when: 'before' }, 'once'],
    ['before the chunks go', { statement: 'delete from "upload_chunks"', when: 'before' }, 'twice'],
    [
      'when all is stored, before anybody hears of it',
      { statement: 'update "uploads" set .*"stored_as"', when: 'after-commit' },
      'once',
    ],
  ];
  test.each(stages)('%s', { timeout: 60_000 }, async (_, killAt, times) => {
    server ??= await startNext();
    const { origin } = server;
    const clients = Array.from({ length: 3 }, () => new UploadTester());
    armKill(killBy, killAt);
    const sent = await Promise.all(
      clients.map(async (client) => {
        const stream = streamOf(client.id, ISSUES);
        const ends = [Math.floor(stream.length / 3), Math.floor(stream.length / 2)];
        return { client, stream, ends, ...(await client.send(origin, stream, ends)) };
      }),
    );
    await server.ended;
    if (times === 'twice') await (await startNext()).ended;
    armKill(killBy, null);
    const next = await startNext();
    server = next;

    // Of what was acknowledged as whole its client has to say nothing more.
    for (const { client, complete } of sent) if (complete) await whole(next.origin, client.id, ISSUES);
    for (const { client, stream, ends, offset, complete } of sent) {
      const met = await client.meet(next.origin);
      expect(met.status).toBe(200);
      // Nothing that was acknowledged is asked for again.
      expect(Number(met.json.offset)).toBeGreaterThanOrEqual(offset);
      if (complete) expect(met.json.complete).toBe(true);
      expect(await client.send(next.origin, stream, ends)).toEqual({ offset: stream.length, complete: true });
      await whole(next.origin, client.id, ISSUES);
    }
    stored += clients.length;
    expect(await buildsOf(next.origin)).toHaveLength(stored);
  });

  test('at no chosen moment, again and again, under five clients', { timeout: 120_000 }, async () => {
    const clients = Array.from({ length: 5 }, () => new UploadTester());
    const streams = clients.map(({ id }) => streamOf(id, ISSUES));
    const acknowledged = clients.map(() => 0);
    const ends = Array.from({ length: 12 }, (_, n) => Math.floor((streams[0]!.length * (n + 1)) / 13));
    for (let round = 0; round < 4; round++) {
      server ??= await startNext();
      const { origin, child, ended } = server;
      const timer = setTimeout(() => child.kill('SIGKILL'), 20 + 60 * round);
      await Promise.all(
        clients.map(async (client, n) => {
          const { offset } = await client.send(origin, streams[n]!, ends, 0);
          expect(offset === 0 || offset >= acknowledged[n]!).toBe(true);
          acknowledged[n] = Math.max(acknowledged[n]!, offset);
        }),
      );
      await ended;
      clearTimeout(timer);
      server = null;
    }
    const last = await startNext();
    for (const [n, client] of clients.entries()) {
      expect(Number((await client.meet(last.origin)).json.offset)).toBeGreaterThanOrEqual(acknowledged[n]!);
      expect(await client.send(last.origin, streams[n]!, ends)).toMatchObject({ complete: true });
      await whole(last.origin, client.id, ISSUES);
    }
    stored += clients.length;
    expect(await buildsOf(last.origin)).toHaveLength(stored);
    await last.stop();
    expect(left('data')).toEqual({ builds: stored, chunks: 0, unsettled: 0 });
  });
});

/** Between client and server: of each request it decides by itself what becomes of it. */
async function badProxy(
  origin: string,
  seed: number,
): Promise<{ url: string; faults: Map<string, number>; close: () => void }> {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const faults = new Map<string, number>();
  const late: NodeJS.Timeout[] = [];
  const forward = (request: http.IncomingMessage, body: Buffer, length = body.length) =>
    new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      const onward = http.request(
        `${origin}${request.url}`,
        {
          method: request.method,
          headers: { ...request.headers, host: new URL(origin).host, 'content-length': body.length },
        },
        (answer) => {
          const pieces: Buffer[] = [];
          answer
            .on('data', (piece: Buffer) => pieces.push(piece))
            .on('end', () =>
              resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(pieces) }),
            );
        },
      );
      onward.on('error', reject);
      onward.write(body.subarray(0, length));
      // Cut on the way: the server must not take a part for the whole.
      if (length < body.length) setTimeout(() => onward.destroy(), 5);
      else onward.end();
    });
  const proxy = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => {
        const body = Buffer.concat(pieces);
        const kinds = ['none', 'none', 'no-answer', 'not-sent', 'cut', 'twice', 'late', 'slow'];
        const kind = kinds[Math.floor(random() * kinds.length)]!;
        faults.set(kind, (faults.get(kind) ?? 0) + 1);
        const answer = async (): Promise<void> => {
          const { status, headers, body: text } = await forward(request, body);
          response.writeHead(status, { 'content-type': headers['content-type'] ?? '' }).end(text);
        };
        const gone = (): void => {
          response.destroy();
        };
        switch (kind) {
          case 'no-answer':
            forward(request, body).then(gone, gone);
            break;
          case 'not-sent':
            gone();
            break;
          case 'cut':
            forward(request, body, Math.floor(body.length / 2)).then(gone, gone);
            break;
          case 'twice':
            forward(request, body).then(answer, answer).catch(gone);
            break;
          case 'late':
            // Given up by its client, and delivered after what the client sent next.
            late.push(setTimeout(() => void forward(request, body).catch(() => {}), 40 + 100 * random()));
            gone();
            break;
          case 'slow':
            setTimeout(() => void answer().catch(gone), 60 * random());
            break;
          default:
            answer().catch(gone);
        }
      });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    close: () => {
      for (const timer of late) clearTimeout(timer);
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

/** One server for the two tests of it. */
let server: ServerProcess | null = null;

test('through a proxy that cuts, loses, delays, doubles and reorders: each build arrives, once, with its log', {
  timeout: 120_000,
}, async () => {
  server = await start('lives');
  const { origin } = server;
  const proxy = await badProxy(origin, 20261127);
  const log = Buffer.from('gcc\nzlib.c:1: error: no\n');
  const testers = Array.from({ length: 6 }, () => new UploadTester());
  try {
    await Promise.all(
      testers.map(async (tester) => {
        const text = streamOf(tester.id, ISSUES).toString();
        const line = {
          type: 'log',
          kind: 'failure',
          recipe: 0,
          task: 'do_compile',
          mc: '',
          blob: sha256(log),
          bytes: log.length,
        };
        const stream = Buffer.from(text.replace('{"type":"qa"', `${JSON.stringify(line)}\n{"type":"qa"`));
        const transport = openTransport(proxy.url, {});
        let pieces = 0;
        const client = new UploadClient({
          server: proxy.url,
          // In pieces smaller than the server allows, so that much can go wrong.
          send: async (request) => {
            const answer = await transport.send(request);
            if (answer.json?.limits === undefined) return answer;
            pieces++;
            return {
              ...answer,
              json: { ...answer.json, limits: { ...(answer.json.limits as object), chunkBytes: 2000 } },
            };
          },
          token: null,
          sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
          patienceMs: 1e9,
        });
        await client.upload({
          claim: { id: tester.id, secret: tester.secret },
          writer: 'test',
          visibility: null,
          about: {},
          complete: true,
          stream: () => stream,
          blobs: [{ sha256: sha256(log), class: 'failure-log', bytes: log.length, read: async () => log }],
        });
        expect(pieces).toBeGreaterThan(0);
        transport.close();
      }),
    );
    for (const { id } of testers) await whole(origin, id, ISSUES);
    for (const { id } of testers) expect(await showBuild(origin, id)).toMatchObject({ logs: [{ blob: sha256(log) }] });
    expect(await buildsOf(origin)).toHaveLength(testers.length);
    for (const kind of ['no-answer', 'not-sent', 'cut', 'twice', 'late'])
      expect(proxy.faults.get(kind)).toBeGreaterThan(5);
    // What was delivered late finds a stream that is whole, and moves nothing.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const tester of testers)
      expect((await tester.meet(origin)).json).toMatchObject({ complete: true, generation: 1 });
  } finally {
    proxy.close();
  }
});

test('two clients push one build at once, cut at different places: it is one, whole', { timeout: 60_000 }, async () => {
  server ??= await start('lives');
  const { origin } = server;
  const before = (await buildsOf(origin)).length;
  const client = new UploadTester();
  const stream = streamOf(client.id, 2000);
  const push = async (pieces: number): Promise<void> => {
    const ends = Array.from({ length: pieces }, (_, n) => Math.floor((stream.length * (n + 1)) / pieces));
    for (let tries = 0; tries < 200; tries++) if ((await client.send(origin, stream, ends)).complete) return;
    throw new Error('the two kept each other from going on');
  };
  await Promise.all([push(17), push(29)]);
  await whole(origin, client.id, 2000);
  expect((await client.meet(origin)).json).toMatchObject({
    generation: 1,
    complete: true,
    offset: stream.length,
  });
  expect(await buildsOf(origin)).toHaveLength(before + 1);
});

test('a full disk: the client is told to come again, nothing acknowledged is lost, and with room it goes on', {
  timeout: 60_000,
}, async () => {
  const client = new UploadTester();
  // Text that does not compress fills 2 MB of file soon.
  const stream = streamOf(client.id, ISSUES, () => randomBytes(12_000).toString('base64').slice(0, 1900));
  const large = new UploadTester();
  const filler = streamOf(large.id, 4000, () => randomBytes(1400).toString('base64').slice(0, 1900));
  const small = await start('disk', { fileBlocksMax: 4000 });
  const step = 300_000;
  const ends = Array.from({ length: Math.ceil(filler.length / step) }, (_, n) =>
    Math.min(filler.length, (n + 1) * step),
  );
  const sent = await large.send(small.origin, filler, ends);
  expect(sent.complete).toBe(false);
  expect(sent.offset).toBeGreaterThan(0);
  const refused = await large.put(small.origin, filler, sent.offset, sent.offset + step, false);
  expect(refused).toMatchObject({ status: 503, json: { code: 'unavailable' } });
  expect(String(refused.json.detail)).toMatch(/disk/);
  // What is there is still shown.
  expect((await fetch(`${small.origin}/api/v1/builds`)).status).toBe(200);
  await small.kill();

  const roomy = await start('disk');
  expect(Number((await large.meet(roomy.origin)).json.offset)).toBeGreaterThanOrEqual(sent.offset);
  expect(await large.send(roomy.origin, filler, ends)).toMatchObject({ complete: true });
  expect(await client.send(roomy.origin, stream, [])).toMatchObject({ complete: true });
  await whole(roomy.origin, large.id, 4000);
  await whole(roomy.origin, client.id, ISSUES);
  await roomy.stop();
  expect(left('disk')).toMatchObject({ builds: 2, chunks: 0 });
});

describe.skipIf(!hasPostgres)('two controllers on one PostgreSQL', () => {
  let postgres: RealPostgres;
  beforeEach(async () => {
    postgres = await startPostgres();
  });
  afterEach(() => postgres.stop());

  test('go on with each other’s uploads, also where one is killed', { timeout: 120_000 }, async () => {
    const shared = { BAKEHOUSE_DATABASE: await postgres.newDatabase(), BAKEHOUSE_BLOBS: join(folder, 'blobs') };
    const one = await start('shared', {}, shared);
    const two = await start('shared', {}, shared);
    const clients = Array.from({ length: 4 }, () => new UploadTester());
    const streams = clients.map(({ id }) => streamOf(id, ISSUES));
    await Promise.all(
      clients.map(async (client, n) => {
        const stream = streams[n]!;
        const ends = Array.from({ length: 8 }, (_, k) => Math.floor((stream.length * (k + 1)) / 8));
        let offset = 0;
        await client.meet(one.origin);
        for (const [k, end] of ends.slice(0, -1).entries()) {
          // By turns, and now and then both at once.
          const answers = await Promise.all(
            (k % 3 === 2 ? [one, two] : [k % 2 === 0 ? one : two]).map(({ origin }) =>
              client.put(origin, stream, offset, end),
            ),
          );
          expect(answers.map(({ status }) => status)).toContain(200);
          offset = end;
        }
      }),
    );
    await one.kill();
    for (const [n, client] of clients.entries()) {
      const stream = streams[n]!;
      const met = await client.meet(two.origin);
      expect(Number(met.json.offset)).toBe(Math.floor((stream.length * 7) / 8));
      expect(await client.send(two.origin, stream, [])).toMatchObject({ complete: true });
    }
    for (const { id } of clients) await whole(two.origin, id, ISSUES);
    expect(await buildsOf(two.origin)).toHaveLength(clients.length);
    // Whoever comes back to a controller that was started again finds the same.
    const again = await start('shared', {}, shared);
    for (const client of clients) expect((await client.meet(again.origin)).json).toMatchObject({ complete: true });
    expect(await buildsOf(again.origin)).toHaveLength(clients.length);
  });
});
