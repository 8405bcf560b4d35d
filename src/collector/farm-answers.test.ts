/** Jenkins by answers as its remote access API is documented, from a server of this process; and a tree as the Yocto autobuilder publishes it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runForTest } from '../cli/run-for-test.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { importAutobuilder } from './import-autobuilder.ts';
import { importFarm } from './import-farm.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const START = Date.UTC(2026, 10, 21, 1);

function jenkinsBuild(number: number, over: object = {}): object {
  return {
    _class: 'org.jenkinsci.plugins.workflow.job.WorkflowRun',
    ...{ number, url: `http://elsewhere/job/images/job/minimal/${number}/`, result: 'SUCCESS', building: false },
    ...{
      timestamp: START + number * 60_000,
      duration: 30_000,
      displayName: `#${number}`,
      description: null,
      builtOn: 'node-1',
    },
    actions: [
      { _class: 'hudson.model.CauseAction', causes: [{ shortDescription: 'Started by timer' }] },
      {
        _class: 'hudson.model.ParametersAction',
        parameters: [
          { name: 'MACHINE', value: 'qemux86-64' },
          { name: 'API_TOKEN', value: 'hush' },
        ],
      },
      {
        lastBuiltRevision: { SHA1: COMMIT, branch: [{ name: 'refs/remotes/origin/master' }] },
        remoteUrls: ['https://git.example/poky.git'],
      },
      {},
    ],
    artifacts: [{ fileName: 'image.wic', relativePath: 'deploy/image.wic' }],
    ...over,
  };
}

let folder: string;
let server: http.Server;
let base: string;
/** Newest first, as Jenkins lists them. */
let builds: object[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-answers-'));
  server = http.createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    const give = (answer: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    const [, from, to] = /\{(\d+),(\d+)\}/.exec(url.searchParams.get('tree') ?? '') ?? [];
    if (url.pathname === '/ci/api/json')
      give({ _class: 'hudson.model.Hudson', jobs: [{ name: 'images' }, { name: 'moved' }] });
    else if (url.pathname === '/ci/job/images/api/json') give({ name: 'images', jobs: [{ name: 'minimal' }] });
    else if (url.pathname === '/ci/job/images/job/minimal/api/json')
      give({ allBuilds: builds.slice(Number(from), Number(to)) });
    else if (url.pathname === '/ci/job/moved/api/json') give({ name: 'moved', jobs: [] });
    else response.writeHead(302, { location: 'http://192.0.2.1/' }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true, force: true });
});

test('jobs in folders, builds with cause, node, revision and parameters; only what is new the next time', async () => {
  const store = await openStore('sqlite::memory:');
  const mirror = (buildsMax?: number) => importFarm(store, 'jenkins', `${base}/ci`, { nowMs: START, buildsMax });
  const upstream = {
    causes: [
      { shortDescription: 'Started by upstream project', upstreamUrl: 'job/images/job/minimal/', upstreamBuild: 1 },
    ],
  };
  builds = [
    jenkinsBuild(3, { result: null, building: true, duration: 0 }),
    jenkinsBuild(2, { result: 'FAILURE', description: 'do_compile failed', actions: [upstream] }),
    jenkinsBuild(1),
  ];
  const first = await mirror();
  expect(first).toMatchObject({ more: false, problems: [] });
  expect(first.builds).toHaveLength(3);
  const [one, two, three] = first.builds.map(({ id }) => id);
  const head = await store.readHead(one!);
  expect(head).toMatchObject({
    ...{ name: 'images/minimal #1', outcome: 'succeeded', builder: 'images/minimal', machine: 'qemux86-64' },
    ...{ startedMs: START + 60_000, endedMs: START + 90_000 },
    host: { name: 'node-1' },
    layers: [{ name: 'poky', branch: 'master', commit: COMMIT, modified: null }],
    extras: { reason: 'Started by timer', 'parameter MACHINE': 'qemux86-64' },
  });
  expect(JSON.stringify(head)).not.toContain('hush');
  expect(await store.readRelations(one!)).toEqual({
    links: [
      { kind: 'origin', title: 'Jenkins: images/minimal #1', url: `${base}/ci/job/images/job/minimal/1/` },
      { kind: 'published', title: 'image.wic', url: `${base}/ci/job/images/job/minimal/1/artifact/deploy/image.wic` },
    ],
    ...{ parents: [], children: [two], childrenTotal: 1 },
  });
  expect(await store.readHead(two!)).toMatchObject({ outcome: 'failed', failures: [{ cause: 'do_compile failed' }] });
  expect(await store.readHead(three!)).toMatchObject({ outcome: 'running', endedMs: null });
  builds = [jenkinsBuild(4), jenkinsBuild(3, { result: 'UNSTABLE' }), ...builds.slice(1)];
  const second = await mirror();
  expect(second.builds.map(({ changed }) => changed)).toEqual([true, true]);
  expect(await store.readHead(three!)).toMatchObject({ outcome: 'succeeded-with-errors' });
  expect((await mirror()).builds).toEqual([]);
  // Hundreds, in runs of bounded length.
  builds = [...Array.from({ length: 250 }, (_, i) => jenkinsBuild(254 - i)), ...builds];
  expect(await mirror(120)).toMatchObject({ more: true, builds: { length: 120 } });
  expect(await mirror(500)).toMatchObject({ more: false, builds: { length: 130 } });
  await store.close();
});

test('a server that leads elsewhere is not followed, and one that is no Jenkins is said', async () => {
  const run = (path: string) =>
    runForTest(['import', 'jenkins', `${base}${path}`, '--data', join(folder, 'cli')], { folder });
  expect(await run('/other')).toMatchObject({
    code: 3,
    err: expect.stringContaining('leads elsewhere; it was not followed'),
  });
});

test('a publication of the autobuilder: targets, their builds and tests, with links; again it changes nothing', async () => {
  const results = join(folder, '20261121-3', 'testresults');
  mkdirSync(join(results, 'qemux86-64', 'buildstats'), { recursive: true });
  mkdirSync(join(results, 'qemuarm-oecore'));
  mkdirSync(join(results, 'empty'));
  cpSync(
    resolve(import.meta.dirname, '../../fixtures/buildstats/real-05-failed-k'),
    join(results, 'qemux86-64', 'buildstats'),
    { recursive: true },
  );
  const tests = (status: string) =>
    JSON.stringify({
      'runtime_core-image-minimal_qemuarm_20261121020000': {
        configuration: {
          TEST_TYPE: 'runtime',
          MACHINE: 'qemuarm',
          IMAGE_BASENAME: 'core-image-minimal',
          STARTTIME: '20261121020000',
          LAYERS: { meta: { branch: 'master', commit: COMMIT } },
        },
        result: { 'ping.a': { status }, 'ping.b': { status: 'PASSED' } },
      },
    });
  writeFileSync(join(results, 'qemuarm-oecore', 'testresults.json'), tests('FAILED'));
  const store = await openStore('sqlite::memory:');
  const read = () =>
    importAutobuilder(store, join(folder, '20261121-3'), {
      nowMs: START,
      blobs: memoryBlobs(),
      address: 'https://pub.example/20261121-3',
    });
  const first = await read();
  expect(first.problems.map(({ code }) => code)).toEqual(['nothing-published']);
  expect(first.tests).toBe(1);
  const find = async (words: string) =>
    (await store.listBuilds({ words: [words] }, { after: null, limit: 9 })).builds[0]!;
  const x86 = await find('qemux86-64 #');
  expect(x86).toMatchObject({ name: 'qemux86-64 #20261121-3', outcome: 'failed', builder: 'qemux86-64' });
  const { links, children } = (await store.readRelations(x86.id))!;
  expect(links).toEqual([
    {
      kind: 'published',
      title: 'Published: qemux86-64',
      url: 'https://pub.example/20261121-3/testresults/qemux86-64/',
    },
  ]);
  expect(children).toHaveLength(1);
  expect(await store.readRelations(children[0]!)).toMatchObject({ parents: [x86.id], links });
  const arm = await find('qemuarm-oecore');
  expect(arm).toMatchObject({ machine: 'qemuarm', outcome: 'not-recorded', startedMs: Date.UTC(2026, 10, 21, 2) });
  expect(await store.tests.runsOf(arm.id)).toMatchObject([{ series: 'qemuarm-oecore', passed: 1, failed: 1 }]);
  expect((await read()).builds.filter(({ changed }) => changed)).toEqual([]);
  await store.close();
  const run = (path: string) => runForTest(['import', 'autobuilder', path, '--data', join(folder, 'cli')], { folder });
  expect(await run('20261121-3/testresults')).toMatchObject({
    code: 0,
    out: '20261121-3/testresults: 3 builds stored\n',
  });
  expect(await run('.')).toMatchObject({ code: 3, err: expect.stringContaining('has no folder testresults') });
});
