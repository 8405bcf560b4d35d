import { expect, test } from 'vitest';
import { ProblemList } from '../../model/problem.ts';
import { countTests } from '../../model/test-run.ts';
import { readTestResults } from '../open/test-results-file.ts';

const read = (source: string, file = 'testresults.json', series: string | null = 'qemux86-64') => {
  const problems = new ProblemList();
  return {
    runs: readTestResults(source, { file, series }, problems),
    problems: problems.list().map(({ code }) => code),
  };
};

const oeqa = (result: object, configuration: object = {}) =>
  JSON.stringify({
    'runtime_core-image-minimal_qemux86-64_20261121005839': {
      configuration: {
        TEST_TYPE: 'runtime',
        MACHINE: 'qemux86-64',
        IMAGE_BASENAME: 'core-image-minimal',
        DISTRO: 'poky',
        STARTTIME: '20261121005839',
        HOST_DISTRO: 'debian-12',
        LAYERS: { meta: { branch: 'master', commit: '35a2c6e', commit_count: 1 } },
        ...configuration,
      },
      result,
    },
  });

test("oeqa's results, with every word that resulttool knows, and what has no status", () => {
  const long = `Traceback\n${'x'.repeat(10_000)}\nAssertionError: 1 != 0`;
  const { runs, problems } = read(
    oeqa({
      'ping.PingTest.test_ping': { status: 'PASSED', duration: 1.5, log: 'kept of none that passed' },
      'ssh.SSHTest.test_ssh': { status: 'FAILED', log: long },
      'df.DfTest.test_df': { status: 'ERROR', log: { compressed: 'eJw=' }, stderr: 'no such device' },
      'rpm.RpmTest.test_rpm': { status: 'SKIPPED', log: 'Test requires rpm' },
      'x.y.z': { status: 'EXPECTEDFAIL' },
      'ptestresult.glib-2.0.a_test_(1)': { status: 'PASSED' },
      'ptestresult.sections': { 'glib-2.0': { duration: '97', exitcode: '1', timeout: true, log: 'l' } },
      'ptestresult.rawlogs': { log: '…' },
      __proto__: { status: 'PASSED' },
    }),
  );
  expect(problems).toEqual([]);
  expect(runs).toHaveLength(1);
  const { cases, ...run } = runs[0]!;
  expect(run).toMatchObject({
    ...{ format: 'oeqa', type: 'runtime', series: 'qemux86-64', machine: 'qemux86-64', image: 'core-image-minimal' },
    startedMs: Date.UTC(2026, 10, 21, 0, 58, 39),
    layers: [{ name: 'meta', branch: 'master', commit: '35a2c6e' }],
    configuration: { STARTTIME: '20261121005839', HOST_DISTRO: 'debian-12' },
    suites: [{ name: 'glib-2.0', durationMs: 97_000, exitCode: '1', timeout: true }],
    withoutStatus: ['ptestresult.sections', 'ptestresult.rawlogs'],
  });
  expect(countTests(cases)).toEqual({ passed: 2, failed: 2, skipped: 1, other: 1 });
  expect(cases.map(({ detail }) => detail?.slice(0, 9) ?? null)).toEqual([
    ...[null, 'Traceback', 'no such d', 'Test requ', null, null],
  ]);
  expect(cases[1]!.detail).toMatch(/characters left out …[\s\S]*AssertionError: 1 != 0$/);
  expect(cases[0]!.durationMs).toBe(1500);
});

test('a series that is told wins over the folder; metadata of oe-selftest is the same text in any order of its keys', () => {
  const metadata = (order: string[]) =>
    read(
      oeqa(
        {},
        {
          TEST_TYPE: 'oeselftest',
          TESTSERIES: 'own',
          OESELFTEST_METADATA: Object.fromEntries(order.map((k) => [k, null])),
        },
      ),
    );
  const [a, b] = [metadata(['skips', 'machine']), metadata(['machine', 'skips'])];
  expect(a.runs[0]!.series).toBe('own');
  expect(a.runs[0]!.configuration.OESELFTEST_METADATA).toBe('{"machine":null,"skips":null}');
  expect(a.runs).toEqual(b.runs);
});

test('a run that is none does not hide the others; what is no results is said with what was looked for', () => {
  const both = JSON.stringify({ ...JSON.parse(oeqa({ a: { status: 'PASSED' } })), broken: 7 });
  expect(read(both)).toMatchObject({ runs: [{ cases: [{ name: 'a' }] }], problems: ['test-run-unreadable'] });
  expect(() => read('{"a": {"b": 1}}')).toThrow(/neither oeqa's, nor ptest-runner's, nor LAVA's/);
  expect(() => read('{"a": ')).toThrow(/no JSON/);
});

const PTEST = `START: ptest-runner
2024-09-17T12:44
BEGIN: /usr/lib/mbedtls/ptest
PASS: test_suite_aes.cbc
FAIL: test suite (3 of 4)
SKIP: windows # only there
DURATION: 12.5
ERROR: Exit status is 1
END: /usr/lib/mbedtls/ptest
PASS: between suites
BEGIN: /usr/lib/glib-2.0/ptest
PASS: glib/a b
TIMEOUT: /usr/lib/glib-2.0/ptest
`;

test('a log of ptest-runner, cases named as oeqa names them; one that was cut', () => {
  const { runs, problems } = read(PTEST, 'ptest-raw.log');
  expect(runs[0]!.cases.map(({ name, status }) => `${status} ${name}`)).toEqual([
    'PASSED ptestresult.mbedtls.test_suite_aes.cbc',
    'FAILED ptestresult.mbedtls.test_suite',
    'SKIPPED ptestresult.mbedtls.windows',
    'PASSED ptestresult.glib-2.0.glib/a_b',
  ]);
  expect(runs[0]!.suites).toEqual([
    { name: 'mbedtls', durationMs: 12_500, exitCode: '1', timeout: false },
    { name: 'glib-2.0', durationMs: null, exitCode: null, timeout: true },
  ]);
  expect(problems).toEqual(['ptest-log-cut']);
});

test('a LAVA job: as a list, as a page of its API, and as CSV', () => {
  const rows = [
    { id: 1, name: 'login-action', suite: 'lava', result: 'pass', measurement: '12.5', unit: 'seconds', job: 4711 },
    {
      id: 2,
      name: 'ping',
      suite: '0_network',
      result: 'fail',
      measurement: null,
      unit: '',
      job: 4711,
      metadata: { error_msg: 'no answer' },
    },
    { id: 3, name: 'usb', suite: '0_network', result: 'skip', job: 4711 },
    { id: 4, name: 'odd', suite: '0_network', result: 'unknown', job: 4711 },
  ];
  const list = read(JSON.stringify(rows), 'results.json').runs[0]!;
  expect(list).toMatchObject({ key: 'lava job 4711', format: 'lava', machine: null, configuration: { job: '4711' } });
  expect(list.cases).toMatchObject([
    { name: 'lava.login-action', status: 'pass', durationMs: 12_500 },
    { name: 'network.ping', status: 'fail', detail: 'no answer' },
    { name: 'network.usb', status: 'skip' },
    { name: 'network.odd', status: 'unknown' },
  ]);
  expect(countTests(list.cases)).toEqual({ passed: 1, failed: 1, skipped: 1, other: 1 });
  expect(read(JSON.stringify({ count: 4, next: null, results: rows })).runs[0]!.cases).toEqual(list.cases);
  const csv =
    'job,suite,result,measurement,unit,metadata,url,name\n4711,lava,pass,12.5,seconds,,,login-action\n4711,0_network,fail,,,"said ""no"", twice",,ping\r\n';
  const told = read(csv, 'job.csv').runs[0]!;
  expect(told.cases).toMatchObject([
    { name: 'lava.login-action', durationMs: 12_500 },
    { name: 'network.ping', detail: 'said "no", twice' },
  ]);
});
