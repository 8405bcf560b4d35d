import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServerInfo } from '../../operations/server-info.ts';
import { createThreadClient, type ThreadClient, threadEntry, WAITING_MAX } from './thread-client.ts';

let folder: string;
let client: ThreadClient;
let deaths: Error[];
let starts: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thread-'));
  deaths = [];
  starts = 0;
});
afterEach(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

function create(database = `sqlite:${join(folder, 'x.db')}`, idleMs = 60_000): void {
  client = createThreadClient({
    data: {
      bakehouseThread: 'query',
      database,
      blobs: { kind: 'disk', folder: join(folder, 'blobs') },
      version: '1.2.3',
      logRoots: [],
      layerPages: new Map(),
      collect: null,
    },
    entry: threadEntry(),
    onEvent: () => {},
    onWarning: () => {},
    onDeath: (error) => deaths.push(error),
    before: async () => {
      starts++;
    },
    idleMs,
  });
}

async function version(): Promise<string> {
  const answer = await client.run('server-info', {
    watching: [],
    reading: null,
    writable: false,
    signIn: false,
    account: null,
  });
  if (answer.kind !== 'json') throw new Error('not JSON');
  return (JSON.parse(new TextDecoder().decode(answer.bytes)) as ServerInfo).version;
}

it('starts when it is first asked, once, and answers many at a time', async () => {
  create();
  expect(starts).toBe(0);
  expect(new Set(await Promise.all(Array.from({ length: 20 }, version)))).toEqual(new Set(['1.2.3']));
  expect(starts).toBe(1);
});

it('gives back the error of an operation as it was, and goes on', async () => {
  create();
  await expect(client.run('show-build', { build: 'nonsense!' })).rejects.toMatchObject({
    name: 'BakehouseError',
    code: 'invalid',
  });
  expect(await version()).toBe('1.2.3');
  expect(deaths).toEqual([]);
});

it('ends by itself when nobody asks, and is there again for the next', async () => {
  create(undefined, 50);
  await version();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await version()).toBe('1.2.3');
  expect(starts).toBe(2);
  expect(deaths).toEqual([]);
});

it('tells everybody who waits that the store cannot be opened, and tries again for the next', async () => {
  create(`sqlite:${folder}`);
  const results = await Promise.allSettled([version(), version()]);
  for (const result of results)
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'BakehouseError' } });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(version()).rejects.toMatchObject({ name: 'BakehouseError' });
  expect(starts).toBe(2);
});

it('refuses more questions than anybody has', async () => {
  create();
  const all = await Promise.allSettled(Array.from({ length: WAITING_MAX + 5 }, version));
  const refused = all.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(5);
  expect(refused[0]).toMatchObject({ reason: { code: 'unavailable' } });
});
