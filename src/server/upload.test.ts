/** The whole road of a report, over HTTP, into a store: what a client that speaks docs/formats/upload.md meets. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startForTest, type TestServer } from './start-for-test.ts';

let folder: string;
let server: TestServer;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-upload-'));
  server = await startForTest(folder);
  base = server.base;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A client as small as one can be. */
class Client {
  readonly id = randomUUID();
  readonly secret = randomBytes(32).toString('base64url');

  async #ask(method: string, path: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { 'bakehouse-secret': this.secret, 'content-type': 'application/octet-stream', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  meet(more: Record<string, unknown> = {}) {
    const stream = { bytes: 0, complete: false };
    return this.#ask('POST', '/uploads', JSON.stringify({ format: 1, build: this.id, stream, ...more }));
  }

  put(
    stream: Buffer,
    from: number,
    to: number,
    options: { generation?: number; complete?: boolean; sha?: string } = {},
  ) {
    const { generation = 1, complete = false, sha = sha256(stream.subarray(0, to)) } = options;
    return this.#ask(
      'PUT',
      `/uploads/${this.id}/${generation}/${from}?complete=${complete ? 1 : 0}`,
      gzipSync(stream.subarray(from, to)),
      { 'content-encoding': 'gzip', 'bakehouse-sha256': sha },
    );
  }

  offer(blobs: readonly { sha256: string; bytes: number; class: string }[]) {
    return this.#ask('POST', `/uploads/${this.id}/blobs`, JSON.stringify({ blobs }));
  }

  blob(bytes: Buffer, name = sha256(bytes)) {
    return this.#ask('PUT', `/uploads/${this.id}/blobs/${name}?class=failure-log`, gzipSync(bytes), {
      'content-encoding': 'gzip',
    });
  }
}

function streamOf(id: string, log: Buffer, name: string): Buffer {
  const startedMs = Date.UTC(2026, 10, 27, 10);
  const lines: object[] = [
    { type: 'record', format: 1, id, writer: 'test 1' },
    {
      type: 'build',
      name,
      startedMs,
      targets: ['core-image-minimal'],
      machine: 'qemux86-64',
      host: { id: createHash('sha256').update(id).digest('hex').slice(0, 16) },
    },
    { type: 'recipes', from: 0, pf: ['zlib-1.3-r0'], pn: ['zlib'], pv: ['1.3'] },
    { type: 'failure', recipe: 0, task: 'do_compile', mc: '', cause: 'zlib.c:1: error: no' },
    {
      type: 'log',
      kind: 'failure',
      recipe: 0,
      task: 'do_compile',
      mc: '',
      blob: sha256(log),
      bytes: log.length,
      originalBytes: null,
    },
    { type: 'build', endedMs: startedMs + 60_000, outcome: 'failed' },
    { type: 'end', atMs: startedMs + 60_000 },
  ];
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function buildAt(
  id: string,
  until: (build: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${base}/api/v1/builds/${id}`);
    const build = (await answer.json()) as Record<string, unknown>;
    if (answer.ok && until(build)) return build;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the build did not come');
}

describe('a report comes in', () => {
  it('in pieces, twice, with its log, and is one build at the address that was told before', async () => {
    const client = new Client();
    const log = Buffer.from('gcc\nzlib.c:1: error: no\n');
    const stream = streamOf(client.id, log, '20261127100000');
    const met = await client.meet();
    expect(met).toMatchObject({
      status: 200,
      json: { generation: 1, offset: 0, complete: false, visibility: 'public' },
    });
    const url = String(met.json.url);
    expect(url).toMatch(/^http:\/\/localhost:\d+\/b\/[0-9a-hjkmnp-tv-z]{16}$/);
    const early = await fetch(url, { redirect: 'manual' });
    expect(early.status).toBe(404);
    expect(await early.text()).toContain('Announced, not yet received');

    const offered = [{ sha256: sha256(log), bytes: log.length, class: 'failure-log' }];
    expect((await client.offer(offered)).json).toEqual({ missing: [sha256(log)], refused: [] });
    expect(await client.blob(log)).toMatchObject({ status: 200, json: { stored: true } });
    expect((await client.offer(offered)).json).toEqual({ missing: [], refused: [] });

    const half = stream.indexOf('\n', 300) - 20;
    expect((await client.put(stream, 0, half)).json).toMatchObject({ offset: half, complete: false });
    expect((await client.put(stream, 0, half)).json).toMatchObject({ offset: half, complete: false });
    const running = await buildAt(client.id, () => true);
    expect(running).toMatchObject({ outcome: 'running', machine: 'qemux86-64' });

    expect(await client.put(stream, 0, stream.length, { complete: true })).toMatchObject({ status: 409 });
    expect((await client.put(stream, half, stream.length, { complete: true })).json).toMatchObject({ complete: true });
    expect((await client.put(stream, half, stream.length, { complete: true })).json).toMatchObject({ complete: true });
    const build = await buildAt(client.id, (one) => one.outcome === 'failed');
    expect(build).toMatchObject({
      name: '20261127100000',
      failures: 1,
      logs: [{ blob: sha256(log), kind: 'failure' }],
    });
    expect((await client.meet()).json).toMatchObject({ complete: true, offset: stream.length, sha256: sha256(stream) });
    const page = await fetch(url, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, `/buildstats/b/${client.id}`]);
  });

  it('anew, under another scrubber: the new one takes the place of the old one when it is whole', async () => {
    const client = new Client();
    const log = Buffer.from('x');
    const first = streamOf(client.id, log, 'first');
    await client.meet();
    await client.put(first, 0, first.length, { complete: true });
    await buildAt(client.id, (one) => one.name === 'first');
    const second = streamOf(client.id, log, 'second');
    expect((await client.meet({ restart: true })).json).toMatchObject({ generation: 2, offset: 0 });
    expect(await client.put(second, 0, 100, { generation: 1 })).toMatchObject({
      status: 409,
      json: { generation: 2, offset: 0 },
    });
    await client.put(second, 0, 250, { generation: 2 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await buildAt(client.id, () => true)).toMatchObject({ name: 'first' });
    await client.put(second, 250, second.length, { generation: 2, complete: true });
    await buildAt(client.id, (one) => one.name === 'second');
  });

  it('from who has not got the secret: it is refused, and says nothing of what is there', async () => {
    const client = new Client();
    const stream = streamOf(client.id, Buffer.from('x'), 'mine');
    await client.meet();
    await client.put(stream, 0, stream.length, { complete: true });
    const thief = Object.assign(new Client(), { id: client.id });
    const met = await thief.meet();
    const put = await thief.put(stream, 0, 10);
    const unknown = await new Client().put(stream, 0, 10);
    expect([met.status, put.status, unknown.status]).toEqual([403, 403, 403]);
    expect(met.json).toEqual(put.json);
    expect(unknown.json).toEqual(put.json);
  });

  it.each([
    [
      'a hash that is not of the bytes',
      (c: Client, s: Buffer) => c.put(s, 0, 50, { sha: sha256(Buffer.from('no')) }),
      422,
    ],
    ['an offset beyond the end', (c: Client, s: Buffer) => c.put(s, 100, 200), 409],
    ['a generation that is not', (c: Client, s: Buffer) => c.put(s, 0, 50, { generation: 7 }), 409],
    ['a bomb', (c: Client) => c.put(Buffer.alloc(20 << 20), 0, 20 << 20), 413],
    ['a log under another name', (c: Client) => c.blob(Buffer.from('log'), sha256(Buffer.from('other'))), 422],
    ['an id of version 5', (c: Client) => c.meet({ build: '00000000-0000-5000-8000-000000000000' }), 400],
    ['no JSON', (c: Client) => c.meet({ stream: 'x' }), 400],
  ] as const)('%s', async (_, ask, status) => {
    const client = new Client();
    const stream = streamOf(client.id, Buffer.from('x'), 'refused');
    await client.meet();
    expect(await ask(client, stream)).toMatchObject({ status });
    // And goes on where it was.
    expect((await client.put(stream, 0, stream.length, { complete: true })).json).toMatchObject({ complete: true });
  });

  it('that is no record: its client hears why, and the server goes on', async () => {
    const client = new Client();
    const stream = Buffer.from('<html>captive portal</html>\n');
    await client.meet();
    await client.put(stream, 0, stream.length, { complete: true });
    await expect
      .poll(async () => (await client.meet()).json.messages)
      .toEqual(['The stream is no record that this server can read.']);
  });
});
