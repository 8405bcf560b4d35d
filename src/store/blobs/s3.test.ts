import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf, keepsItsPromise, logOf, textOf } from '../../../test/blob-store-promise.ts';
import { hasS3rver, requirePart } from '../../../test/real-parts.ts';
import { s3Blobs } from './s3.ts';
import { authorization, type S3Place } from './s3-client.ts';

function placeAt(port: number, over: Partial<S3Place> = {}): S3Place {
  return {
    kind: 's3',
    bucket: 'logs',
    prefix: 'some/where/',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    keyId: 'S3RVER',
    secret: 'S3RVER',
    sessionToken: null,
    ...over,
  };
}

/** s3rver in a process of its own, as it would be; it wants bucket, key id, ranges and parts as S3 does, but looks at no signature. */
async function startS3rver(): Promise<{ place: S3Place; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 's3rver-'));
  const program = `
    const S3rver = require('s3rver');
    new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: ${JSON.stringify(folder)},
      configureBuckets: [{ name: 'logs' }] }).run().then(({ port }) => console.log(port));`;
  const child = spawn(process.execPath, ['-e', program], {
    cwd: requirePart('s3rver'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    place: placeAt(Number(line.toString())),
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

describe.skipIf(!hasS3rver)('s3rver', () => {
  let place: S3Place;
  let stop = async (): Promise<void> => {};
  beforeAll(async () => {
    ({ place, stop } = await startS3rver());
  });
  afterAll(() => stop());

  keepsItsPromise('a bucket', async () => ({ store: s3Blobs({ ...place, prefix: '' }), end: async () => {} }));

  it('takes a blob in parts, and lists what it has', { timeout: 60_000 }, async () => {
    const store = s3Blobs(place);
    const bytes = randomBytes(20 << 20);
    const hash = hashOf(bytes);
    const size = await store.put(hash, [bytes.subarray(0, 9 << 20), bytes.subarray(9 << 20)], 1e9);
    expect(size.bytes).toBe(bytes.length);
    expect(hashOf(await textOf(s3Blobs(place).read(hash)))).toBe(hash);
    await expect(
      store.put('a'.repeat(64), [bytes], 1e9),
      'dropped when it turns out to be something else',
    ).rejects.toMatchObject({ code: 'unreadable' });
    const listed: string[] = [];
    for await (const blob of store.list()) listed.push(blob.hash);
    expect(listed).toEqual([hash]);
  });

  it('refuses another key, and an absent bucket, in words without the key', async () => {
    for (const over of [{ keyId: 'another', secret: 'wrong-secret' }, { bucket: 'absent' }]) {
      const error: unknown = await s3Blobs({ ...place, ...over })
        .check()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(String(error)).toMatch(over.bucket === undefined ? /InvalidAccessKeyId \(is the access/ : /NoSuchBucket/);
      expect(String(error)).not.toContain('wrong-secret');
    }
  });
});

/** A server that does what a test says and remembers what it was asked. */
async function answering(
  answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void,
): Promise<{ place: S3Place; asked: string[]; stop: () => void }> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    asked.push(`${request.method} ${request.url}`);
    answer(request, Buffer.concat(parts), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    place: placeAt((server.address() as AddressInfo).port),
    asked,
    stop: () => server.close(),
  };
}

describe('the S3 client', () => {
  /** Nothing here gets better by waiting. */
  const blobsAt = (place: S3Place) => s3Blobs(place, 1);

  it('signs as the example of the published specification', () => {
    const bodyHash = createHash('sha256').digest('hex');
    const key = {
      region: 'us-east-1',
      keyId: 'AKIAIOSFODNN7EXAMPLE',
      secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    };
    const time = '20130524T000000Z';
    const headers = {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': bodyHash,
      'x-amz-date': time,
    };
    const request = {
      method: 'GET',
      path: '/test.txt',
      query: '',
      headers: { ...headers, range: 'bytes=0-9' },
      bodyHash,
    };
    expect(authorization(key, request, time)).toMatch(
      /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
    );
    const list = { method: 'GET', path: '/', query: 'max-keys=2&prefix=J', headers, bodyHash };
    expect(authorization(key, list, time)).toMatch(
      /Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/,
    );
  });

  it('asks again when the server stumbles, and gives up with its word', async () => {
    let failures = 2;
    const server = await answering((_, __, response) => {
      if (failures-- > 0) response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      else response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    });
    await blobsAt(server.place).check();
    expect(server.asked).toHaveLength(3);
    failures = 99;
    await expect(blobsAt(server.place).check()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('SlowDown'),
    });
    expect(server.asked).toHaveLength(7);
    server.stop();
    await expect(blobsAt(placeAt(1)).check()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  it('takes no part of an answer for all of it', async () => {
    const bytes = logOf(30_000);
    const hash = hashOf(bytes);
    let stored = Buffer.alloc(0);
    let cuts = 0;
    const server = await answering((request, body, response) => {
      if (request.method === 'PUT') stored = Buffer.from(body);
      if (request.method !== 'GET' || stored.length === 0)
        return response.writeHead(stored.length === 0 ? 404 : 200).end();
      response.writeHead(200, { 'content-length': stored.length });
      if (cuts-- > 0) return response.write(stored.subarray(0, stored.length - 1), () => response.destroy());
      return response.end(stored);
    });
    await blobsAt(server.place).put(hash, [bytes], 1e9);
    cuts = 1;
    expect(hashOf(await textOf(blobsAt(server.place).read(hash)))).toBe(hash);
    expect(cuts).toBeLessThan(0);
    server.stop();
  });

  it('does not take an upload in parts for done when its end was told as a failure after all', async () => {
    const server = await answering((request, _, response) => {
      const query = request.url?.split('?')[1] ?? '';
      if (request.method === 'GET') response.writeHead(404).end();
      else if (query.startsWith('uploads=')) response.end('<R><UploadId>u&amp;1</UploadId></R>');
      else if (request.method === 'PUT') response.writeHead(200, { etag: '"e"' }).end();
      else if (request.method === 'DELETE') response.writeHead(204).end();
      else response.end('<Error><Code>InternalError</Code></Error>');
    });
    const bytes = randomBytes(9 << 20);
    await expect(blobsAt(server.place).put(hashOf(bytes), [bytes], 1e9)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('InternalError'),
    });
    expect(server.asked.at(-1)).toMatch(/^DELETE .*uploadId=u%261$/);
    server.stop();
  });

  it('reads from a server that knows no ranges', async () => {
    let stored = Buffer.alloc(0);
    const server = await answering((request, body, response) => {
      if (request.method === 'PUT') stored = Buffer.from(body);
      response.writeHead(stored.length === 0 ? 404 : 200).end(request.method === 'GET' ? stored : undefined);
    });
    const bytes = logOf(30_000);
    const hash = hashOf(bytes);
    await blobsAt(server.place).put(hash, [bytes], 1e9);
    expect(hashOf(await textOf(blobsAt(server.place).read(hash)))).toBe(hash);
    server.stop();
  });

  it('lists page by page, only what are blobs, and drops parts that were left a day ago', async () => {
    const name = (n: number): string => `${n.toString(16).padStart(2, '0')}/${'0'.repeat(62)}`;
    const item = (key: string): string =>
      `<Contents><Key>${key}</Key><LastModified>2026-11-27T10:00:00.000Z</LastModified><Size>7</Size></Contents>`;
    const left = (id: string, begun: string): string =>
      `<Upload><Key>some/where/x</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`;
    const server = await answering((request, _, response) => {
      const query = new URLSearchParams(request.url?.split('?')[1]);
      if (query.has('uploads'))
        response.end(`<R>${left('old', '2020-01-01T00:00:00.000Z')}${left('new', new Date().toISOString())}</R>`);
      else if (query.get('continuation-token') === 'a+b=')
        response.end(`<R>${item(`some/where/${name(2)}`)}${item('some/where/other')}</R>`);
      else response.end(`<R>${item(`some/where/${name(1)}`)}<NextContinuationToken>a+b=</NextContinuationToken></R>`);
    });
    const store = blobsAt(server.place);
    const listed = [];
    for await (const blob of store.list()) listed.push(blob);
    expect(listed).toEqual(
      [1, 2].map((n) => ({ hash: name(n).replace('/', ''), storedBytes: 7, writtenMs: Date.UTC(2026, 10, 27, 10) })),
    );
    expect(await store.clean()).toBe(1);
    expect(server.asked.at(-1)).toContain('uploadId=old');
    server.stop();
  });
});
