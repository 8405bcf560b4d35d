/** A tree as the Yocto autobuilder publishes it, from a folder and from the web server that shows it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runForTest } from '../cli/run-for-test.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { importAutobuilder } from './import-autobuilder.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const START = Date.UTC(2026, 10, 21, 1);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-published-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
