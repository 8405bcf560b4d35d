/** Test results from a file to the build they tested, over both databases; and pushed to a server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { startForTest } from '../server/start-for-test.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import { compareTests } from './compare-tests.ts';
import type { OperationContext } from './context.ts';
import { exportTests } from './export-tests.ts';
import { importTests } from './import-tests.ts';
import { showTests } from './show-tests.ts';
import { testHistory } from './test-history.ts';

const MINUTE_MS = 60_000;
const [FIRST, SECOND] = ['a1111111-1111-4111-8111-111111111111', 'b2222222-2222-4222-8222-222222222222'] as const;

const built = (minutes: number) => ({
  ...drawBuild('core-image-minimal:do_rootfs ===='),
  machine: 'qemux86-64',
  targets: ['core-image-minimal'],
  startedMs: DRAWING_START_MS + minutes * MINUTE_MS,
  endedMs: DRAWING_START_MS + (minutes + 10) * MINUTE_MS,
});

/** 14 digits, as bitbake writes a time. */
const digits = (ms: number) => new Date(ms).toISOString().replaceAll(/[-:T]|\..*/g, '');

function results(minutes: number, cases: Record<string, string>): string {
  const startedMs = DRAWING_START_MS + minutes * MINUTE_MS;
  return JSON.stringify({
    [`runtime_core-image-minimal_qemux86-64_${digits(startedMs)}`]: {
      configuration: {
        ...{ TEST_TYPE: 'runtime', MACHINE: 'qemux86-64', IMAGE_BASENAME: 'core-image-minimal' },
        STARTTIME: digits(startedMs),
      },
      result: Object.fromEntries(
        Object.entries(cases).map(([name, status]) => [name, { status, log: `${name} said` }]),
      ),
    },
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-tests-'));
  mkdirSync(join(folder, 'series'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

function file(minutes: number, cases: Record<string, string>): string {
  const path = join(folder, 'series', 'testresults.json');
  writeFileSync(path, results(minutes, cases));
  return path;
}

const databases = bothDatabases();

describe.each(databases)('over $name', ({ open, skip }) => {
  let store: Store;
  let context: OperationContext;
  beforeAll(async () => {
    if (skip) return;
    store = await open();
    context = {
      ...{ store, wholeStore: store, blobs: memoryBlobs(), viewer: CONSOLE, collector: null, now: () => 7 },
      ...{ version: '1', logRoots: [], sample: null, reportTemplate: null },
    };
    await store.saveBuild(FIRST, built(0));
    await store.saveBuild(SECOND, built(60));
  });
  afterAll(() => store?.close());
  const it = test.skipIf(skip);
  const all = { run: null, states: [], words: [], after: -1, limit: 100 } as const;

  it('a run is put to the build in which it began; again it writes nothing', async () => {
    const path = file(1, { 'ping.a': 'PASSED', 'ssh.b': 'FAILED', 'df.c': 'PASSED', 'rpm.d': 'SKIPPED' });
    const { runs, problems } = await importTests(context, { path, build: null });
    expect([problems, runs]).toEqual([
      [],
      [expect.objectContaining({ build: FIRST, changed: true, passed: 2, failed: 1 })],
    ]);
    expect((await importTests(context, { path, build: null })).runs[0]!.changed).toBe(false);
    await importTests(context, {
      path: file(61, { 'ping.a': 'PASSED', 'ssh.b': 'PASSED', 'df.c': 'FAILED', new: 'PASSED' }),
      build: null,
    });
    const shown = await showTests(context, { build: FIRST, ...all });
    expect(shown.runs).toMatchObject([
      { series: 'series', machine: 'qemux86-64', passed: 2, failed: 1, skipped: 1, other: 0 },
    ]);
    expect(shown.cases.map(({ name, status, detail }) => [name, status, detail])).toEqual([
      ['ping.a', 'PASSED', null],
      ['ssh.b', 'FAILED', 'ssh.b said'],
      ['df.c', 'PASSED', null],
      ['rpm.d', 'SKIPPED', 'rpm.d said'],
    ]);
  });

  it('cases are found by state and words, a page at a time', async () => {
    const failed = await showTests(context, { ...all, build: FIRST, states: ['failed', 'skipped'], limit: 1 });
    expect(failed).toMatchObject({ matching: 2, cases: [{ name: 'ssh.b' }], next: 1 });
    const rest = await showTests(context, { ...all, build: FIRST, states: ['failed', 'skipped'], limit: 1, after: 1 });
    expect(rest.cases).toMatchObject([{ name: 'rpm.d' }]);
    expect(await showTests(context, { ...all, build: FIRST, words: ['SSH'] })).toMatchObject({ matching: 1 });
    expect(await showTests(context, { ...all, build: FIRST, words: ['%'] })).toMatchObject({ matching: 0 });
    await expect(showTests(context, { ...all, build: FIRST, run: 999 })).rejects.toThrow('no test run 999');
  });

  it('the history of a case, and what regressed between two builds', async () => {
    const run = (await showTests(context, { ...all, build: SECOND })).run!;
    const { points } = await testHistory(context, { build: SECOND, run, name: 'ssh.b', limit: 10 });
    expect(points.map(({ build, status }) => [build, status])).toEqual([
      [SECOND, 'PASSED'],
      [FIRST, 'FAILED'],
    ]);
    const { regressed, runs } = await compareTests(context, { builds: [FIRST, SECOND] });
    expect(runs).toEqual([1, 1]);
    expect(regressed).toMatchObject([
      {
        regressions: [
          { name: 'df.c', base: 'PASSED', target: 'FAILED' },
          { name: 'rpm.d', base: 'SKIPPED', target: null },
        ],
        nowPassing: [{ name: 'ssh.b' }],
        newTests: 1,
      },
    ]);
    const csv = Buffer.from((await exportTests(context, { build: FIRST, format: 'csv' })).bytes).toString();
    expect(csv.split('\r\n')[2]).toMatch(
      /^runtime_.*,runtime,qemux86-64,core-image-minimal,2026-01-01T00:01:00.000Z,ssh.b,FAILED,failed$/,
    );
    const json = Buffer.from((await exportTests(context, { build: FIRST, format: 'json' })).bytes).toString();
    expect(JSON.parse(json)).toHaveLength(4);
  });

  it('results without a build are said; named, they are put there; with the build they go', async () => {
    const path = file(10_000, { a: 'PASSED' });
    const lost = await importTests(context, { path, build: null });
    expect([lost.runs, lost.problems[0]?.message]).toEqual([
      [],
      expect.stringMatching(/no build of qemux86-64 at 2026-01-07.*--build ID/),
    ]);
    await importTests(context, { path, build: 'a1111111' });
    expect((await showTests(context, { ...all, build: FIRST })).runs).toHaveLength(2);
    // Another account that turns out to be the same build brings its runs along; the own one of that key stays.
    const other = 'c3333333-3333-4333-8333-333333333333';
    await store.saveBuild(other, built(500));
    for (const cases of [{ x: 'PASSED' }, { x: 'PASSED', y: 'PASSED' }])
      await importTests(context, { path: file(Object.keys(cases).length === 1 ? 1 : 501, cases), build: other });
    await store.addAlias(other, FIRST);
    const joined = await showTests(context, { ...all, build: FIRST });
    expect(joined.runs.map(({ passed }) => passed).sort()).toEqual([1, 2, 2]);
    await store.deleteBuild(FIRST);
    expect((await store.tests.historyOf('ssh.b', null, 10)).map(({ build }) => build)).toEqual([SECOND]);
  });
});

test('pushed to a server: after the build, to the build, and not to that of somebody else', async () => {
  const server = await startForTest(join(folder, 'data'));
  try {
    const environment = { HOME: folder };
    const push = (...argv: string[]) => runForTest(['push', ...argv, '--server', server.base], { folder, environment });
    const fixture = join(import.meta.dirname, '../../fixtures/buildstats/real-05-failed-k');
    const path = file(1, { a: 'PASSED', b: 'FAILED' });
    const both = await push(fixture, path, '--build', '@last');
    // The build failed, and its failure has a page; whether that is told yet is the test of the push itself.
    expect([both.code, both.err.replace(/^bakehouse: why it failed: \S+\n$/, '')]).toEqual([0, '']);
    const [build, tests] = both.out.trim().split('\n');
    expect(tests).toContain(`${server.base}/b/`);
    const page = (await fetch(build!, { redirect: 'manual' })).headers.get('location')!;
    const id = page.split('/').at(-1)!;
    const told = await (await fetch(`${server.base}/api/v1/builds/${id}/tests?state=failed`)).json();
    expect(told).toMatchObject({ runs: [{ series: 'series', failed: 1 }], cases: [{ name: 'b' }], matching: 1 });
    // By what it says itself it belongs to no build here.
    const lost = await push(path);
    expect([lost.code, lost.err]).toEqual([4, expect.stringContaining('no build of qemux86-64')]);
  } finally {
    await server.close();
  }
}, 30_000);
