/** The server is killed in the middle of an import, as by a power cut, and started again: everything is there, once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuildsPage, ServerInfo } from '../api/contract.ts';
import { openStore } from '../store/index.ts';

/** Enough that reading goes on for a second or more on a fast machine: events are told four times a second, and the kill must come in between. */
const BUILDS = 60;
const source = fileURLToPath(
  new URL('../../fixtures/buildstats/real-04-sstate/buildstats/20261121010143', import.meta.url),
);
const entry = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: string;
let running: ChildProcess | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  const stats = readFileSync(join(source, 'build_stats'), 'utf8');
  for (let n = 0; n < BUILDS; n++) {
    const name = String(20261121010000 + n);
    const target = join(folder, 'tmp', 'buildstats', name);
    cpSync(source, target, { recursive: true });
    writeFileSync(
      join(target, 'build_stats'),
      stats.replace(/^Build Started: ([\d.]+)/m, (_, s: string) => `Build Started: ${Number(s) + 3600 * n}`),
    );
  }
});
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a server on the tree and gives its address. */
async function start(): Promise<string> {
  const child = spawn(process.execPath, [entry, join(folder, 'tmp')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BAKEHOUSE_DATA: join(folder, 'data'), BAKEHOUSE_PORT: '0', BAKEHOUSE_LOG_LEVEL: 'error' },
  });
  running = child;
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += String(chunk);
    const url = /at (http:\/\/\S+)\n/.exec(text)?.[1];
    if (url !== undefined) return new URL(url).origin;
  }
  throw new Error(`the server ended before it listened: ${text}`);
}

async function list(origin: string): Promise<BuildsPage> {
  return BuildsPage.parse(await (await fetch(`${origin}/api/v1/builds?limit=500`)).json());
}

/** What a killed server left behind opens, and says how much of it is there. */
async function countStored(): Promise<number> {
  const store = await openStore(`sqlite:${join(folder, 'data', 'bakehouse.db')}`);
  try {
    return await store.countBuilds();
  } finally {
    await store.close();
  }
}

async function firstSaved(origin: string): Promise<void> {
  const response = await fetch(`${origin}/api/v1/events`);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('"type":"build"')) return;
    if (text.includes('"type":"idle"')) throw new Error('everything was read before we listened: this proves nothing');
  }
}

async function kill(): Promise<void> {
  const child = running;
  if (child === null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('kill -9 in the middle of an import loses nothing and doubles nothing', { timeout: 90_000 }, async () => {
  const stored: number[] = [];
  for (let round = 0; round < 2; round++) {
    const origin = await start();
    // The first build that this round saved is told at once: the next is then being written.
    await firstSaved(origin);
    await kill();
    stored.push(await countStored());
  }
  expect(stored[0]).toBeGreaterThanOrEqual(1);
  expect(stored[0]).toBeLessThan(BUILDS);
  expect(stored).toEqual(stored.toSorted((a, b) => a - b));

  const origin = await start();
  await expect
    .poll(
      async () => {
        const info = ServerInfo.parse(await (await fetch(`${origin}/api/v1/server`)).json());
        return info.reading === null ? info.builds : -1;
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(BUILDS);
  const { builds } = await list(origin);
  expect(new Set(builds.map((build) => build.name)).size).toBe(BUILDS);
  expect(new Set(builds.map((build) => build.tasks))).toEqual(new Set([builds[0]!.tasks]));
  expect(builds[0]!.tasks).toBeGreaterThan(100);
  for (const build of builds) {
    const columns = await fetch(`${origin}/api/v1/builds/${build.id}/columns?metrics=*`);
    expect(columns.status).toBe(200);
    expect((await columns.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  }

  // And it ends by itself when asked to.
  const child = running!;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
