/** The server is killed in the middle of an import, as by a power cut, and started again: everything is there, once. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { armKill, type KillAt, type ServerProcess, startServerProcess } from '../../test/upload-server.ts';
import { BuildsPage, ServerInfo } from '../api/contract.ts';
import { openStore } from '../store/index.ts';

const BUILDS = 12;
const source = fileURLToPath(
  new URL('../../fixtures/buildstats/real-04-sstate/buildstats/20261121010143', import.meta.url),
);

let folder: string;
let running: ServerProcess | null = null;

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
  running?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A server that reads the tree, and is killed where the file says. */
async function start(killAt: KillAt | null): Promise<ServerProcess> {
  const killBy = join(folder, 'kill-at.json');
  armKill(killBy, killAt);
  running = await startServerProcess(
    { BAKEHOUSE_DATA: join(folder, 'data') },
    { killBy, paths: [join(folder, 'tmp')] },
  );
  return running;
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

test('kill -9 in the middle of an import loses nothing and doubles nothing', { timeout: 90_000 }, async () => {
  const fourth = { statement: 'into build_heads', nth: 4 };
  // While the fourth build is written; then when the fourth of the rest was just written.
  await (await start({ ...fourth, when: 'before' })).ended;
  expect(await countStored()).toBe(3);
  await (await start({ ...fourth, when: 'after-commit' })).ended;
  expect(await countStored()).toBe(7);

  const { origin, child, ended } = await start(null);
  await expect
    .poll(
      async () => {
        const info = ServerInfo.parse(await (await fetch(`${origin}/api/v1/server`)).json());
        return info.reading === null ? info.builds : -1;
      },
      { timeout: 30_000, interval: 100 },
    )
    .toBe(BUILDS);
  const { builds } = BuildsPage.parse(await (await fetch(`${origin}/api/v1/builds?limit=500`)).json());
  expect(new Set(builds.map((build) => build.name)).size).toBe(BUILDS);
  expect(new Set(builds.map((build) => build.tasks))).toEqual(new Set([builds[0]!.tasks]));
  expect(builds[0]!.tasks).toBeGreaterThan(100);
  for (const build of builds) {
    const columns = await fetch(`${origin}/api/v1/builds/${build.id}/columns?metrics=*`);
    expect(columns.status).toBe(200);
    expect((await columns.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  }

  // And it ends by itself when asked to.
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
