/** What the client makes of every answer a server may give, without one. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Answer, Request } from './transport.ts';
import { type Upload, UploadClient, type UploadClientOptions } from './upload-client.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const STREAM = Buffer.from('{"a":1}\n{"b":2}\n{"c":3}\n');
const LOG = Buffer.from('a log\n');
const UPLOAD: Upload = {
  claim: { id: '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001', secret: 's'.repeat(43) },
  writer: 'test 1',
  visibility: 'unlisted',
  about: { name: 'n' },
  complete: true,
  stream: () => STREAM,
  blobs: [{ sha256: sha256(LOG), class: 'failure-log', bytes: LOG.length, read: async () => LOG }],
};

/** A server of one build, as small as it can be: it keeps what upload.md says it keeps. */
class Server {
  stream = Buffer.alloc(0);
  generation = 1;
  complete = false;
  blobs = new Set<string>();
  limits: Record<string, unknown> = { chunkBytes: 10 };
  readonly asked: Request[] = [];
  /** Answers instead of the server, where it gives any. */
  instead: (request: Request, n: number) => Answer | null = () => null;

  readonly send = async (request: Request): Promise<Answer> => {
    this.asked.push(request);
    const other = this.instead(request, this.asked.length);
    if (other !== null) return other;
    const { path, headers } = request;
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : Buffer.from(request.body);
    if (path === '/api/v1/uploads') {
      if ((JSON.parse(body.toString()) as { restart: boolean }).restart) {
        this.generation++;
        this.stream = Buffer.alloc(0);
        this.complete = false;
      }
      return answer(200, { ...this.state(), url: 'https://x/b/1', limits: this.limits, messages: ['be welcome'] });
    }
    if (path.endsWith('/blobs')) {
      const { blobs } = JSON.parse(body.toString()) as { blobs: { sha256: string }[] };
      return answer(200, {
        missing: blobs.map((blob) => blob.sha256).filter((name) => !this.blobs.has(name)),
        refused: [],
      });
    }
    if (path.includes('/blobs/')) {
      this.blobs.add(sha256(body));
      return answer(200, { stored: true });
    }
    const [, generation, offset] = /\/uploads\/[^/]+\/(\d+)\/(\d+)/.exec(path)!.map(Number);
    if (generation !== this.generation || offset !== this.stream.length) return answer(409, this.state());
    this.stream = Buffer.concat([this.stream, body]);
    expect(headers['bakehouse-sha256']).toBe(sha256(this.stream));
    this.complete = path.endsWith('?complete=1');
    return answer(200, this.state());
  };

  state() {
    return {
      generation: this.generation,
      offset: this.stream.length,
      sha256: sha256(this.stream),
      complete: this.complete,
    };
  }
}

function answer(status: number, json: Record<string, unknown> | null, headers: Record<string, string> = {}): Answer {
  return { status, json, headers };
}

function upload(server: Server, over: Partial<UploadClientOptions> = {}, what: Partial<Upload> = {}) {
  const client = new UploadClient({
    server: 'https://x',
    send: server.send,
    token: 'bkh_t',
    sleep: async () => {},
    random: () => 0.5,
    ...over,
  });
  return client.upload({ ...UPLOAD, ...what });
}

test('chunks of the size that the server names, the last says so; then the blobs', async () => {
  const server = new Server();
  const result = await upload(server);
  expect(result).toMatchObject({ url: 'https://x/b/1', state: 'sent', blobsSent: 1, messages: ['be welcome'] });
  expect(server.stream).toEqual(STREAM);
  expect(server.complete).toBe(true);
  const id = UPLOAD.claim.id;
  expect(server.asked.map(({ method, path }) => `${method} ${path.replace('/api/v1/uploads', '')}`)).toEqual([
    'POST ',
    `PUT /${id}/1/0`,
    `PUT /${id}/1/10`,
    `PUT /${id}/1/20?complete=1`,
    `POST /${id}/blobs`,
    `PUT /${id}/blobs/${sha256(LOG)}?class=failure-log`,
  ]);
  for (const { headers } of server.asked) {
    expect(headers['bakehouse-secret']).toBe(UPLOAD.claim.secret);
    expect(headers.authorization).toBe('Bearer bkh_t');
  }
});

test('goes on where the server is, and begins anew where the server has something else', async () => {
  const server = new Server();
  server.stream = Buffer.from(STREAM.subarray(0, 13));
  await upload(server);
  expect(server.asked[1]!.path).toMatch(/\/1\/13$/);
  server.stream = Buffer.from('{"other":1}\n');
  server.complete = false;
  await upload(server);
  expect(server.generation).toBe(2);
  expect(server.stream).toEqual(STREAM);
  // One that is longer than ours, and complete: not ours either.
  server.stream = Buffer.concat([STREAM, STREAM]);
  server.complete = true;
  await upload(server);
  expect(server.generation).toBe(3);
  expect(server.stream).toEqual(STREAM);
});

test('a stream that is all there but for its completion is completed by an empty chunk', async () => {
  const server = new Server();
  server.stream = STREAM;
  await upload(server);
  expect(server.complete).toBe(true);
  // One of a running build is left open.
  const growing = new Server();
  await upload(growing, {}, { complete: false });
  expect(growing.complete).toBe(false);
  expect(growing.stream).toEqual(STREAM);
});

test('409: looks where the server is and goes on; another client at the same build is not fought for ever', async () => {
  const server = new Server();
  server.instead = ({ path }, n) => {
    // Another connection of ours was quicker with the second chunk.
    if (n === 3) server.stream = Buffer.from(STREAM.subarray(0, 20));
    return path.includes('/blobs/') ? null : null;
  };
  await upload(server);
  expect(server.stream).toEqual(STREAM);
  const fought = new Server();
  fought.instead = ({ method, path }) =>
    method === 'PUT' && !path.includes('/blobs/') ? answer(409, fought.state()) : null;
  await expect(upload(fought)).rejects.toMatchObject({ code: 'conflict' });
  expect(fought.asked.length).toBeLessThan(20);
});

test('422: damaged on the way, sent again, but not for ever', async () => {
  const server = new Server();
  server.instead = (_, n) => (n === 2 || n === 3 ? answer(422, { detail: 'damaged' }) : null);
  await upload(server);
  expect(server.stream).toEqual(STREAM);
  const bad = new Server();
  bad.instead = ({ method }) => (method === 'PUT' ? answer(422, { detail: 'damaged' }) : null);
  await expect(upload(bad)).rejects.toThrow('damaged');
});

test.each([408, 425, 500, 502, 503, 504])('%i is tried again, with pauses that double', async (status) => {
  const server = new Server();
  const waits: number[] = [];
  server.instead = (_, n) => (n <= 4 ? answer(status, null) : null);
  await upload(server, { onWait: (_, ms) => waits.push(ms) });
  expect(waits).toEqual([1000, 2000, 4000, 8000]);
  const down = new Server();
  down.instead = () => answer(status, null);
  await expect(upload(down, { patienceMs: 20_000 })).rejects.toMatchObject({ code: 'unavailable' });
  expect(down.asked.length).toBe(5);
});

test('429: waits as long as it is asked to, if that is short', async () => {
  const server = new Server();
  const waits: number[] = [];
  server.instead = (_, n) => (n === 1 ? answer(429, { detail: 'busy' }, { 'retry-after': '7' }) : null);
  await upload(server, { onWait: (_, ms) => waits.push(ms) });
  expect(waits).toEqual([7000]);
  server.instead = () => answer(429, { detail: 'come tomorrow' }, { 'retry-after': '86400' });
  await expect(upload(server)).rejects.toMatchObject({ code: 'too-many', message: 'come tomorrow' });
});

test.each([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [410, 'not-found'],
  [413, 'too-large'],
  [400, 'invalid'],
  [301, 'unavailable'],
])('%i is said and left', async (status, code) => {
  const server = new Server();
  server.instead = () => answer(status, { detail: 'so it is' }, { location: 'https://elsewhere' });
  await expect(upload(server)).rejects.toMatchObject({ code });
  expect(server.asked).toHaveLength(1);
});

test('limits: less is sent, and said', async () => {
  const server = new Server();
  server.limits = { chunkBytes: 1000, streamBytes: 12, refusedKinds: ['messages'] };
  const kinds: string[][] = [];
  const stream = (refused: readonly string[]): Uint8Array => {
    kinds.push([...refused]);
    return refused.includes('samples') ? STREAM.subarray(0, 8) : STREAM;
  };
  const { messages } = await upload(server, {}, { stream });
  expect(kinds).toEqual([[], ['messages'], ['messages', 'samples']]);
  expect(server.stream).toEqual(STREAM.subarray(0, 8));
  // What is left of the stream names no log.
  expect(server.blobs.size).toBe(0);
  expect(messages).toHaveLength(3);
  const named = Buffer.from(`a log ${sha256(LOG)}`);
  const small = new Server();
  small.limits = { chunkBytes: 1000, streamBytes: null, blobBytes: 3, refusedKinds: ['samples'] };
  expect((await upload(small, {}, { stream: () => named })).messages).toHaveLength(3);
  expect(small.blobs.size).toBe(0);
  const open = new Server();
  open.limits = { ...small.limits, blobBytes: null };
  await upload(open, {}, { stream: () => named });
  expect(open.blobs.size).toBe(1);
  server.limits = { chunkBytes: 1000, streamBytes: 2 };
  await expect(upload(server, {}, { stream })).rejects.toMatchObject({ code: 'too-large' });
});

test('answers of no sense are no reason to go on for ever', async () => {
  for (const json of [
    null,
    {},
    { offset: -1, sha256: 'x' },
    { offset: 0, sha256: sha256(Buffer.alloc(0)), generation: 1 },
  ]) {
    const server = new Server();
    server.instead = () => answer(200, json);
    await expect(upload(server)).rejects.toThrow();
    expect(server.asked.length).toBeLessThan(20);
  }
});

test('an abort ends it', async () => {
  const server = new Server();
  const stop = new AbortController();
  server.instead = (_, n) => {
    if (n === 2) stop.abort(new Error('stopped'));
    return null;
  };
  await expect(upload(server, { signal: stop.signal })).rejects.toThrow('stopped');
});
