/** A folder as `resulttool store` lays it: runs to the builds they tested, or to builds of their own. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runForTest } from '../cli/run-for-test.ts';
import { blankBuild } from '../model/draw-build.ts';
import { openStore } from '../store/index.ts';
import { importTestStore } from './import-test-store.ts';

const COMMIT = '801745d918e83f976c706f29669779f5b292ade3';
const BEGAN = Date.UTC(2026, 10, 21, 2);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-teststore-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (machine: string, type: string, result: object, over: object = {}) => ({
  configuration: {
    ...{
      TEST_TYPE: type,
      TESTSERIES: `${machine}-ptest`,
      MACHINE: machine,
      DISTRO: 'poky',
      IMAGE_BASENAME: 'core-image-minimal',
    },
    ...{ STARTTIME: '20261121020000', HOST_DISTRO: 'debian-12', EXECUTED_BY: 'ab', IMAGE_PKGTYPE: 'rpm' },
    ...{ LAYERS: { meta: { branch: 'master', commit: COMMIT, commit_count: 52782 } }, ...over },
  },
  result,
});

function put(path: string, runs: object | string): void {
  mkdirSync(dirname(join(folder, 'store', path)), { recursive: true });
  writeFileSync(join(folder, 'store', path), typeof runs === 'string' ? runs : JSON.stringify(runs));
}

test('nested folders, beside them git and links; what was tested is stored, or is not; again it changes nothing', async () => {
  const of = (machine: string) => `runtime/poky/${machine}/core-image-minimal/testresults.json`;
  put(of('qemuarm'), {
    'runtime_core-image-minimal_qemuarm_20261121020000': run('qemuarm', 'runtime', { 'ping.a': { status: 'PASSED' } }),
    'ltp_core-image-minimal_qemuarm_20261121020000': run('qemuarm', 'runtime', { 'ltpresult.x': { status: 'FAILED' } }),
  });
  put('runtime/poky/qemuarm/core-image-sato/testresults.json', {
    sato: run('qemuarm', 'runtime', { 'ping.a': { status: 'PASSED' } }, { IMAGE_BASENAME: 'core-image-sato' }),
  });
  put(of('qemux86-64'), { x86: run('qemux86-64', 'runtime', { 'ping.a': { status: 'FAILED' } }) });
  put('oeselftest/poky/qemux86-64/testresults.json', {
    oeselftest: run('qemux86-64', 'oeselftest', { 'a.b': { status: 'PASSED' } }, { IMAGE_BASENAME: undefined }),
  });
  put('runtime/broken/testresults.json', '{"a": ');
  put('.git/testresults.json', { stolen: run('qemumips', 'runtime', {}) });
  symlinkSync('/', join(folder, 'store', 'loop'));
  const store = await openStore('sqlite::memory:');
  try {
    const tested = 'a1111111-1111-4111-8111-111111111111';
    await store.saveBuild(tested, {
      ...blankBuild('20261121015900'),
      ...{ machine: 'qemux86-64', targets: ['core-image-minimal'], startedMs: BEGAN - 60_000, endedMs: BEGAN + 60_000 },
      layers: [{ name: 'meta', branch: 'master', commit: COMMIT, modified: null }],
    });
    const read = () => importTestStore(store, join(folder, 'store'), { nowMs: BEGAN });
    const first = await read();
    expect(first.problems.map(({ code, file }) => [code, file])).toEqual([
      ['tests-unreadable', 'runtime/broken/testresults.json'],
    ]);
    // Both runs of an image are of one build, that of another image is not; the selftest, which names none, ran in the build that tested.
    expect([first.tests, first.builds.length]).toEqual([5, 3]);
    const arm = first.builds.find(({ id }) => id !== tested)!.id;
    expect(await store.readHead(arm)).toMatchObject({
      ...{ name: 'core-image-minimal #20261121020000', outcome: 'not-recorded', builder: 'ab' },
      ...{ machine: 'qemuarm', distro: 'poky', images: ['core-image-minimal'], startedMs: BEGAN, endedMs: null },
      ...{ host: { name: null, distro: 'debian-12' }, layers: [{ name: 'meta', branch: 'master', commit: COMMIT }] },
      sources: [{ kind: 'test-results', location: of('qemuarm') }],
    });
    expect(await store.tests.runsOf(arm)).toHaveLength(2);
    expect(await store.tests.runsOf(tested)).toHaveLength(2);
    expect(await read()).toMatchObject({
      tests: 0,
      builds: [{ changed: false }, { changed: false }, { changed: false }],
    });
    // The build of qemuarm comes later: a run stays where it is.
    await store.saveBuild('b2222222-2222-4222-8222-222222222222', {
      ...{ ...blankBuild('late'), machine: 'qemuarm', startedMs: BEGAN, endedMs: BEGAN + 1000 },
    });
    expect((await read()).builds.map(({ id }) => id)).toEqual(first.builds.map(({ id }) => id));
  } finally {
    await store.close();
  }
});

test('from the command line', async () => {
  const command = (path: string) =>
    runForTest(['import', 'testresults', path, '--data', join(folder, 'data')], { folder });
  expect(await command('store/runtime/poky')).toMatchObject({
    code: 0,
    out: 'store/runtime/poky: 3 builds stored, 4 new test runs\n',
  });
  expect((await command('store/runtime/poky')).out).toBe(
    'store/runtime/poky: 0 builds stored, 3 already there, 0 new test runs\n',
  );
  expect(await command('store/loop/proc/self/task')).toMatchObject({
    code: 3,
    err: expect.stringContaining('no testresults.json'),
  });
  expect(await command('nowhere')).toMatchObject({ code: 3 });
});
