/** The mirror of a real Buildbot: everything it tells of builds that were really run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RealBuildbot, startBuildbot } from '../../test/real-buildbot.ts';
import { hasBuildbot } from '../../test/real-parts.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { showBuild } from '../operations/show-build.ts';
import { startForTest, type TestServer } from '../server/start-for-test.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, STRANGER, type Store } from '../store/store.ts';
import { importFarm } from './import-farm.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REVISION = '0123456789abcdef0123456789abcdef01234567';

describe.skipIf(!hasBuildbot)('a real Buildbot', () => {
  let folder: string;
  let server: TestServer;
  let buildbot: RealBuildbot;
  let store: Store;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-farm-'));
    server = await startForTest(folder, { data: join(folder, 'data') });
    const push = ['push', join(ROOT, 'fixtures/buildstats/real-05-failed-k'), '--server', server.base];
    const home = `HOME=${folder}`;
    const command = [process.execPath, join(ROOT, 'src/cli/main.ts'), ...push];
    buildbot = await startBuildbot(['env', home, ...command]);
    store = await openStore(`sqlite:${join(folder, 'data', 'bakehouse.db')}`);
  }, 90_000);
  afterAll(async () => {
    await store?.close();
    await buildbot?.stop();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const mirror = (options: { buildsMax?: number; address?: string } = {}) =>
    importFarm(store, 'buildbot', buildbot.url, { nowMs: Date.now(), ...options });
  const shown = async (words: string) => {
    const { builds } = await store.listBuilds({ words: [words] }, { after: null, limit: 10 });
    const context = {
      ...{ store, wholeStore: store, blobs: memoryBlobs(), viewer: CONSOLE, collector: null, now: Date.now },
      ...{ version: '1', logRoots: [], sample: null, reportTemplate: null },
    };
    return showBuild(context, { build: builds[0]!.id });
  };

  test('builders, builds, steps, workers and reasons; what triggered what; and the statistics that a step pushed', async () => {
    await buildbot.run('a-quick', 'before the release');
    const first = await mirror();
    expect(first).toMatchObject({ more: false, problems: [] });
    expect(first.builds).toHaveLength(3);

    const good = await shown('qemux86-64 #1');
    expect(good).toMatchObject({
      name: 'qemux86-64 #1',
      outcome: 'succeeded',
      builder: 'qemux86-64',
      builderId: expect.stringMatching(/^http:.*\/#\/builders\/\d+$/),
      hostName: 'alma9-worker-1',
      layers: [{ name: 'poky', branch: 'master', commit: REVISION, modified: null }],
      extras: {
        reason: "The Triggerable scheduler named 'wait' triggered this build",
        'builder tags': 'core',
        'builder description': 'x86',
      },
    });
    expect(JSON.stringify(good)).not.toContain('hush');
    expect(good.phases.map(({ label }) => label)).toEqual([
      'worker_preparation',
      'Set build revision',
      'Build core-image-minimal',
      'statistics',
    ]);
    expect(good.durationMs).toBeGreaterThanOrEqual(0);

    const bad = await shown('qemuarm #1');
    expect(bad).toMatchObject({ outcome: 'failed', failures: 1, hostName: 'debian12-worker-2' });
    expect(bad.failureList[0]).toMatchObject({ row: null, cause: expect.stringContaining('Build core-image-sato: ') });
    expect(bad.phases.map(({ label }) => label)).not.toContain('never');
    expect(bad.links).toContainEqual({
      kind: 'log',
      title: 'Log of Build core-image-sato',
      url: expect.stringMatching(/\/builds\/1\/steps\/2\/logs\/stdio$/),
    });

    const parent = await shown('a-quick');
    expect(parent).toMatchObject({
      outcome: 'failed',
      parents: [],
      childrenTotal: 2,
      extras: { reason: expect.stringContaining('before the release') },
    });
    expect(parent.children.map(({ name }) => name).sort()).toEqual(['qemuarm #1', 'qemux86-64 #1']);
    expect(good.parents.map(({ id }) => id)).toEqual([parent.id]);

    // Ways there and back: the step's address is the page of the statistics, and their job is the page in Buildbot.
    const [pushed] = good.children;
    expect(good.children).toHaveLength(1);
    const page = good.links.find(({ kind }) => kind === 'origin')!;
    expect(page).toMatchObject({ title: 'Buildbot: qemux86-64 #1', url: expect.stringContaining(buildbot.url) });
    const statistics = await shown(pushed!.name);
    // As Buildbot itself writes the address.
    const job = page.url.replace('/#/', '/#');
    expect(statistics.links).toEqual([{ kind: 'job', title: 'Job that ran it', url: job }]);
    expect(statistics.parents.map(({ id }) => id)).toEqual([good.id]);
    const short = good.links.find(({ title }) => title === 'build statistics')!.url;
    expect(short.startsWith(server.base)).toBe(true);
    expect((await fetch(short)).url).toContain(pushed!.id);
  }, 90_000);

  test('again it writes nothing; then what is new, and what ran the last time', async () => {
    expect((await mirror()).builds).toEqual([]);
    const slow = await buildbot.begin('slow', 'to be stopped');
    const running = await mirror();
    expect(running.builds).toHaveLength(1);
    expect(await shown('slow #1')).toMatchObject({ outcome: 'running', endedMs: null });
    await buildbot.stopBuild(slow);
    const ended = await mirror();
    expect(ended.builds.map(({ changed }) => changed)).toEqual([true]);
    expect(await shown('slow #1')).toMatchObject({ outcome: 'interrupted', endedMs: expect.any(Number) });
    expect((await mirror()).builds).toEqual([]);
  }, 60_000);

  test('a run of bounded length goes on where the one before ended; the same builds whatever the store', async () => {
    const other = await openStore('sqlite::memory:');
    try {
      const from = (max: number) =>
        importFarm(other, 'buildbot', `${buildbot.url}api/v2`, { nowMs: Date.now(), buildsMax: max });
      const [first, rest] = [await from(2), await from(100)];
      expect([first.builds.length, first.more, rest.more]).toEqual([2, true, false]);
      const own = await store.listBuilds({ builder: ['slow', 'qemuarm', 'a-quick'] }, { after: null, limit: 100 });
      const theirs = await other.listBuilds({ builder: ['slow', 'qemuarm', 'a-quick'] }, { after: null, limit: 100 });
      expect(theirs.builds.map(({ id, revision }) => [id, revision])).toEqual(
        own.builds.map(({ id, revision }) => [id, revision]),
      );
    } finally {
      await other.close();
    }
  }, 60_000);

  test('a worker that went away, a build that grows, and builds that are gone from its database', async () => {
    const own = await openStore('sqlite::memory:');
    try {
      const read = (nowMs: number) => importFarm(own, 'buildbot', buildbot.url, { nowMs });
      const named = async (words: string) => {
        const { builds } = await own.listBuilds({ words: [words] }, { after: null, limit: 10 });
        return builds;
      };
      await read(Date.now());
      // Buildbot tells the first try as a build that is over, and begins the same request anew as another.
      await buildbot.begin('again', 'tried twice');
      const until = Date.now() + 20_000;
      do await read(Date.now());
      while ((await named('again #2'))[0]?.outcome !== 'succeeded' && Date.now() < until);
      const [second] = await named('again #2');
      const [first] = await named('again #1');
      expect([first?.outcome, second?.outcome]).toEqual(['lost', 'succeeded']);
      const heads = await Promise.all([first, second].map((build) => own.readHead(build!.id)));
      for (const head of heads) expect(head?.extras.reason).toContain('tried twice');

      const slow = await buildbot.begin('slow', 'grows');
      const began = Date.now();
      const id = (await read(began + 60_000)).builds[0]!.id;
      const lastOf = async () => (await own.readHead(id))!.phases.at(-1)!;
      expect(await lastOf()).toMatchObject({ label: 'sleep', endMs: began + 60_000, estimated: true });
      await read(began + 120_000);
      expect(await lastOf()).toMatchObject({ endMs: began + 120_000 });
      // Gone while it ran: nobody knows how it ended, and it is asked for no more.
      await buildbot.stopBuild(slow);
      await buildbot.forget(slow);
      expect((await read(began + 180_000)).builds.map(({ changed }) => changed)).toEqual([true]);
      expect((await read(began + 180_000)).builds).toEqual([]);
      expect(await own.farms.readPosition(`buildbot ${buildbot.url.replace(/\/$/, '')}`)).toMatchObject({ open: [] });
      expect((await own.readHead(id))?.outcome).toBe('lost');
    } finally {
      await own.close();
    }
  }, 60_000);

  test('from the command line', async () => {
    const run = (...argv: string[]) => runForTest([...argv, '--data', join(folder, 'cli')], { folder });
    const first = await run(
      'import',
      'buildbot',
      buildbot.url.replace('//', '//reader:hush@'),
      '--address',
      'https://ab.example/',
    );
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toBe(`${buildbot.url}: 6 builds stored\n`);
    expect((await run('import', 'buildbot', buildbot.url)).out).toBe(`${buildbot.url}: nothing new\n`);
    expect(await run('list')).toMatchObject({ out: expect.stringContaining('a-quick') });
    expect(await run('import', 'buildbot')).toMatchObject({
      code: 2,
      err: expect.stringContaining('exactly one address'),
    });
    // Something else that answers.
    expect(await run('import', 'buildbot', server.base)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/answers 404|no Buildbot/),
    });
  }, 30_000);
});

test('a private parent is not told to strangers', async () => {
  const store = await openStore('sqlite::memory:');
  const { blankBuild } = await import('../model/draw-build.ts');
  const [parent, child] = ['a1111111-1111-4111-8111-111111111111', 'b2222222-2222-4222-8222-222222222222'];
  const access = { visibility: 'private', owner: null, receivedMs: null } as const;
  await store.saveBuild(parent!, { ...blankBuild('p'), startedMs: 1 }, { access });
  const job = 'https://ab.example/#builders/2/builds/7';
  await store.saveBuild(child!, { ...blankBuild('c'), jobId: job });
  const links = [{ kind: 'origin', title: 'Buildbot', url: 'https://ab.example/#/builders/2/builds/7/' }] as const;
  expect(await store.farms.saveRelations(parent!, { links, parents: [] })).toBe(true);
  expect(await store.farms.saveRelations(parent!, { links, parents: [] })).toBe(false);
  expect(await store.readRelations(child!)).toMatchObject({ parents: [parent], links: [{ kind: 'job', url: job }] });
  expect(await store.readRelations(parent!)).toMatchObject({ children: [child], childrenTotal: 1 });
  expect(await store.seenBy(STRANGER).readRelations(child!)).toMatchObject({ parents: [] });
  expect(await store.seenBy(STRANGER).readRelations(parent!)).toBeNull();
  // The other order, an alias that becomes the build, and what is no address of a page.
  await store.saveBuild('c3333333-3333-4333-8333-333333333333', { ...blankBuild('d'), jobId: `${job}/` });
  await store.saveBuild('d4444444-4444-4444-8444-444444444444', { ...blankBuild('e'), jobId: 'javascript:alert(1)' });
  expect(await store.readRelations('d4444444-4444-4444-8444-444444444444')).toMatchObject({ links: [] });
  expect((await store.readRelations(parent!))?.childrenTotal).toBe(2);
  await store.addAlias(child!, 'c3333333-3333-4333-8333-333333333333');
  expect((await store.readRelations(parent!))?.children).toEqual(['c3333333-3333-4333-8333-333333333333']);
  await store.deleteBuild(parent!);
  expect(await store.readRelations('c3333333-3333-4333-8333-333333333333')).toMatchObject({ parents: [] });
  await store.close();
});
