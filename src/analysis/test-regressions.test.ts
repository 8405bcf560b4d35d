import { expect, test } from 'vitest';
import type { TestRun } from '../model/test-run.ts';
import { type ComparedRun, compareTests, steadyCases, steadyName } from './test-regressions.ts';
import { type TestedCandidate, testedBuild } from './tested-build.ts';

const run = (cases: Record<string, string>, over: Partial<ComparedRun> = {}): ComparedRun => ({
  ...{ key: 'a', type: 'runtime', series: 's', machine: 'm', image: 'i', distro: 'poky', configuration: {} },
  withoutStatus: [],
  cases: steadyCases(Object.entries(cases)),
  ...over,
});
const names = (cases: readonly { name: string; base: string; target: string | null }[]) =>
  cases.map(({ name, base, target }) => `${name} ${base} -> ${target}`);

/** The numbers are those that `resulttool regression` printed for these two files. */
test('what is no longer as it was and does not pass is a regression; what passes now, and what is new, is counted beside', () => {
  const base = run({
    a: 'PASSED',
    b: 'FAILED',
    c: 'PASSED',
    d: 'SKIPPED',
    e: 'PASSED',
    f: 'FAILED',
    g: 'PASS',
    h: 'PASSED',
  });
  const target = run({
    a: 'PASSED',
    b: 'PASSED',
    c: 'FAILED',
    d: 'FAILED',
    f: 'SKIPPED',
    g: 'PASSED',
    h: 'passed',
    new: 'FAILED',
  });
  const { regressed, matched, missing } = compareTests([base], [target]);
  expect([matched, missing]).toEqual([[], []]);
  expect(names(regressed[0]!.regressions)).toEqual([
    'c PASSED -> FAILED',
    'd SKIPPED -> FAILED',
    'e PASSED -> null',
    'f FAILED -> SKIPPED',
    'h PASSED -> passed',
  ]);
  expect(names(regressed[0]!.nowPassing)).toEqual(['b FAILED -> PASSED', 'g PASS -> PASSED']);
  expect(regressed[0]!.newTests).toBe(1);
});

test('runs are paired within what they are; pairs that match come first', () => {
  const same = { a: 'PASSED' };
  const base = [
    run(same, { key: 'b1' }),
    run({ a: 'FAILED' }, { key: 'b2' }),
    run(same, { key: 'other', machine: 'n' }),
  ];
  const target = [run({ a: 'FAILED' }, { key: 't1' }), run(same, { key: 't2' })];
  const { regressed, matched, missing } = compareTests(base, target);
  expect(matched.map((pair) => [pair.base, pair.target])).toEqual([
    ['b1', 't2'],
    ['b2', 't1'],
  ]);
  expect([regressed, missing]).toEqual([[], ['s/runtime/i/n//poky/']]);
});

test('runs with LTP are compared with runs with LTP, oe-selftests of one kind with each other', () => {
  const ltp = run({ 'ltpresult.dio.a': 'PASSED' });
  expect(compareTests([ltp], [run({ a: 'PASSED' })])).toMatchObject({ regressed: [], matched: [] });
  const self = (skips: string, status: string) =>
    run({ a: status }, { type: 'oeselftest', configuration: { OESELFTEST_METADATA: `{"skips":"${skips}"}` } });
  expect(compareTests([self('x', 'PASSED')], [self('y', 'FAILED')])).toMatchObject({ regressed: [], matched: [] });
  expect(compareTests([self('x', 'PASSED')], [self('x', 'FAILED')]).regressed).toHaveLength(1);
});

test('names with something random in them are cut to what stays', () => {
  expect(steadyName('ptestresult.lttng-tools.tests/x_-_Create_session_1234')).toBe('ptestresult.lttng-tools.tests/x');
  expect(steadyName('ptestresult.curl.test_0001__protocol')).toBe('ptestresult.curl.test_0001');
  expect(steadyName('ptestresult.gcc-g++-user./tmp/runtest.12/x.c')).toBe('ptestresult.gcc-g++-user');
  expect(steadyName('ptestresult.bash.run_-_x')).toBe('ptestresult.bash.run_-_x');
});

const START = Date.UTC(2026, 10, 21);
const tested = (over: Partial<TestRun>): TestRun => ({
  ...{
    key: 'k',
    format: 'oeqa',
    type: 'runtime',
    series: null,
    machine: 'm',
    image: 'core-image-minimal',
    distro: null,
  },
  ...{ startedMs: START, layers: [], configuration: {}, suites: [], cases: [], withoutStatus: [] },
  ...over,
});
const layer = (commit: string) => [{ name: 'meta', branch: null, commit, modified: null }];
const candidate = (id: string, over: Partial<TestedCandidate>): TestedCandidate => ({
  ...{ id, machine: 'm', targets: ['core-image-minimal'], layers: layer('35a2c6e0') },
  ...{ startedMs: START - 60_000, endedMs: START + 60_000 },
  ...over,
});

test('a run belongs to the build in which it began, else to the last of its image at its commits', () => {
  const over = { startedMs: START - 7_200_000, endedMs: START - 3_600_000 };
  const before = candidate('before', over);
  const older = candidate('older', { startedMs: START - 9e6, endedMs: START - 8e6 });
  const within = candidate('within', { targets: ['mc:x:core-image-minimal:do_testimage'] });
  const run = tested({ layers: [{ name: 'meta', branch: null, commit: '35a2c6e' }] });
  expect(testedBuild(run, [older, before, within])).toBe('within');
  expect(testedBuild(run, [older, before])).toBe('before');
  // Without commits nothing says that the image was made there.
  expect(testedBuild(tested({}), [older, before])).toBeNull();
  expect(testedBuild(run, [candidate('another', { layers: layer('ffffffff') })])).toBeNull();
  expect(testedBuild(run, [candidate('another', { machine: 'n' })])).toBeNull();
  expect(testedBuild(run, [candidate('another', { targets: ['core-image-sato'] })])).toBeNull();
  expect(testedBuild(tested({ startedMs: null }), [within])).toBeNull();
  // It began while recipes were parsed; a build that still runs.
  expect(testedBuild(run, [candidate('later', { startedMs: START + 300_000, endedMs: null })])).toBe('later');
});
