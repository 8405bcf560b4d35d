/** A build that is being recorded, a watch beside it, and a server that hears of it. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_KINDS } from '../formats/record/kinds.ts';
import { startForTest, type TestServer } from '../server/start-for-test.ts';
import { PushWatch } from './push-watch.ts';
import { NotReached, openTransport, type Transport } from './transport.ts';

const FIXTURE = resolve(import.meta.dirname, '../../fixtures/record/written-failed-keep-going');
let folder: string;
let server: TestServer;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-push-watch-'));
  server = await startForTest(folder, { data: join(folder, 'data') });
  base = server.base;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function until<T>(what: string, ask: () => Promise<T | null> | T | null): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await ask();
    if (found !== null) return found;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`never: ${what}`);
}

async function shown(id: string, outcome: string): Promise<Record<string, unknown> | null> {
  const answer = await fetch(`${base}/api/v1/builds/${id}`);
  const build = (await answer.json()) as Record<string, unknown>;
  return answer.status === 200 && build.outcome === outcome ? build : null;
}

test('it is there while it runs, under the id of its record, and whole when it is over; a server that was away hears later', async () => {
  const lines = readFileSync(join(FIXTURE, 'record.jsonl'), 'utf8').trimEnd().split('\n');
  const { id } = JSON.parse(lines[0]!) as { id: string };
  const dir = join(folder, 'build', 'bakehouse', `20261121010122-${id.slice(0, 8)}`);
  mkdirSync(dir, { recursive: true });
  const old = join(folder, 'build', 'bakehouse', 'old');
  mkdirSync(old);
  // What was over before is not told.
  writeFileSync(join(old, 'record.jsonl'), `${lines.join('\n')}\n`.replaceAll(id, id.replace('8000', '9000')));
  utimesSync(join(old, 'record.jsonl'), 1_700_000_000, 1_700_000_000);
  writeFileSync(join(dir, 'secret'), `${'s'.repeat(43)}\n`);
  const transport = openTransport(base, {});
  let away = true;
  const send: Transport = (request) =>
    away ? Promise.reject(new NotReached('nothing listens there')) : transport.send(request);
  const told: string[] = [];
  const warnings: string[] = [];
  const watch = new PushWatch([join(folder, 'build')], {
    prepare: {
      writer: 'test 1',
      kinds: new Set(DEFAULT_KINDS),
      visibility: null,
      key: () => Buffer.alloc(32),
      home: null,
      hostName: null,
      userName: null,
    },
    client: { server: base, send, token: null },
    everyMs: 1000,
    onAddress: (build, url) => told.push(`${build.name} ${url}`),
    onWarning: (message) => warnings.push(message),
    now: Date.now,
  });
  watch.start();
  const file = join(dir, 'record.jsonl');
  const running = lines
    .filter((line) => !line.startsWith('{"type":"end"'))
    .map((line) => line.replace('"outcome":"failed",', ''));
  writeFileSync(file, running.map((line) => `${line}\n`).join(''));
  await until('a warning', () => warnings[0] ?? null);
  away = false;
  const build = await until('the running build', () => shown(id, 'running'));
  expect(build).toMatchObject({ name: '20261121010122', endedMs: null });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`${base}/b/`);
  expect(warnings).toEqual([`20261121010122: ${base} cannot be reached: nothing listens there.`]);
  appendFileSync(file, '{"type":"build","outcome":"failed"}\n{"type":"end"}\n');
  expect(await until('the end', () => shown(id, 'failed'))).toMatchObject({ failures: 4 });
  await watch.close();
  transport.close();
  const all = (await (await fetch(`${base}/api/v1/builds`)).json()) as { total: number };
  expect(all.total).toBe(1);
}, 120_000);
