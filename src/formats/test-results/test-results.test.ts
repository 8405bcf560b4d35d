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

test('a LAVA job: as a list, and as a page of its API', () => {
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
});

/** As a LAVA server of 2023 exports a job: every value a text, `None` for what is missing; folded and quoted as PyYAML does. */
const LAVA_CASES = [
  { name: 'lava.validate', status: 'pass', durationMs: null, detail: null },
  {
    name: 'lava.login-action',
    status: 'fail',
    durationMs: 12_500,
    detail:
      "auto-login-action timed out after 120 seconds: it's gone\nand 'again', over a second line that is long enough to fold it at eighty characters",
  },
  { name: 'network-1.on', status: 'fail', durationMs: null, detail: null },
  { name: 'network-1.speed: "fast" # really', status: 'pass', durationMs: null, detail: null },
];
const rest = (id: number) => `  job: '4711'
  level: ''
  log_start_line: ''
  logged: '2026-11-21 03:04:0${id}.123456+00:00'
  url: /results/testcase/${id}
`;
const LOGIN = `- id: '2'
${rest(2)}  measurement: '12.5000000000'
  metadata:
    case: login-action
    definition: lava
    error_msg: 'auto-login-action timed out after 120 seconds: it''s gone

      and ''again'', over a second line that is long enough to fold it at eighty
      characters'
    error_type: Infrastructure
    extra:
    - !!python/object/apply:collections.OrderedDict
      - - a
  name: login-action
  result: fail
  suite: lava
  unit: seconds
`;
const LAVA_YAML = `- id: '1'
${rest(1)}  measurement: None
  metadata: {case: validate, definition: lava, result: pass}
  name: validate
  result: pass
  suite: lava
  unit: ''
${LOGIN}- {id: '3', job: '4711', measurement: None, metadata: {case: 'on', definition: 0_network-1, result: fail}, name: 'on',
  result: fail, suite: 0_network-1, unit: ''}
- id: '5'
${rest(5)}  measurement: '94.1000000000'
  metadata:
    units: Mbit/s
  name: 'speed: "fast" # really'
  result: pass
  suite: 0_network-1
  unit: Mbit/s
`;

test('a LAVA job as its YAML and CSV downloads, and as the callback that it sends', () => {
  const yaml = read(LAVA_YAML, 'lava_4711.yaml');
  expect(yaml.problems).toEqual([]);
  expect(yaml.runs).toMatchObject([
    { key: 'lava job 4711', startedMs: Date.UTC(2026, 10, 21, 3, 4, 1, 123), configuration: { job: '4711' } },
  ]);
  expect(yaml.runs[0]!.cases).toEqual(LAVA_CASES);
  const message = LAVA_CASES[1]!.detail!.replace('\n', '\\n');
  const csv = `job,suite,result,measurement,unit,duration,timeout,logged,level,metadata,url,name,id\r
4711,lava,pass,None,,,,2026-11-21 03:04:01.123456+00:00,,"{'case': 'validate', 'result': 'pass'}",/u,validate,1\r
4711,lava,fail,12.5000000000,seconds,,,,2.4,"{'case': 'login-action', 'error_msg': ""${message}"", 'error_type': 'Bug'}",/u,login-action,2\r
4711,0_network-1,fail,None,,,,,,"{'case': 'on', 'definition': '0_network-1', 'result': 'fail'}",/u,on,3\r
4711,0_network-1,pass,94.1,Mbit/s,,,,,"{'units': 'Mbit/s'}",/u,"speed: ""fast"" # really",5\r
`;
  expect(read(csv, 'lava_4711.csv').runs[0]!.cases).toEqual(LAVA_CASES);
  // Of one suite every field is in quotes, the head as well.
  const quoted = '"job","suite","result","measurement","name"\r\n"4711","lava","pass","None","job"\r\n';
  expect(read(quoted, 'lava_lava.csv').runs[0]!.cases).toMatchObject([{ name: 'lava.job', status: 'pass' }]);
  const [lava, network] = [
    LAVA_YAML.slice(0, LAVA_YAML.indexOf("- {id: '3'")),
    LAVA_YAML.slice(LAVA_YAML.indexOf("- {id: '3'")),
  ];
  const callback = {
    ...{ id: 4711, status: 3, status_string: 'incomplete', state: 5, state_string: 'Finished', health: 2 },
    ...{ health_string: 'Incomplete', submit_time: '2026-11-21 03:00:00+00:00' },
    ...{
      start_time: '2026-11-21 03:03:00.5+00:00',
      end_time: 'None',
      submitter_username: 'ada',
      failure_comment: 'None',
    },
    ...{
      priority: 50,
      description: 'core-image-minimal on qemu',
      actual_device_id: 'qemu-01',
      definition: 'job_name: x',
    },
    ...{ metadata: {}, token: 'hush' },
  };
  const sent = read(JSON.stringify({ ...callback, results: { lava, '0_network-1': network } }), 'callback.json')
    .runs[0]!;
  expect(sent.cases).toEqual(LAVA_CASES);
  expect(sent).toMatchObject({ key: 'lava job 4711', startedMs: Date.UTC(2026, 10, 21, 3, 3, 0, 500) });
  expect(sent.configuration).toEqual({
    ...{ job: '4711', description: 'core-image-minimal on qemu', device: 'qemu-01', health: 'Incomplete' },
  });
  expect(() => read(JSON.stringify(callback), 'callback.json')).toThrow(/dataset: results/);
});

test('the REST API of LAVA names suites by their numbers alone; the definition within tells them', () => {
  const row = (id: number, over: object) => ({
    ...{ id, result: 'pass', resource_uri: `https://lava/api/v0.2/jobs/4711/suites/9/tests/${id}/`, name: 'ping' },
    ...{
      units: '',
      measurement: null,
      metadata: '',
      start_log_line: null,
      end_log_line: 9,
      logged: '2026-11-21T03:04:05.1Z',
    },
    ...{ suite: 9, test_set: null, ...over },
  });
  const failed = "case: login\ndefinition: lava\nerror_msg: 'no prompt: it''s\n\n  gone'\nresult: fail\n";
  const results = [
    row(1, { metadata: 'case: ping\ndefinition: 0_network\nresult: pass\n' }),
    row(2, { name: 'login', result: 'fail', metadata: failed, measurement: '7.25', units: 'seconds' }),
    row(3, { name: 'odd', metadata: 'definition: [' }),
  ];
  const { runs } = read(JSON.stringify({ count: 3, next: null, previous: null, results }), 'tests.json');
  expect(runs[0]).toMatchObject({ startedMs: Date.UTC(2026, 10, 21, 3, 4, 5, 100) });
  expect(runs[0]!.cases).toMatchObject([
    { name: 'network.ping' },
    { name: 'lava.login', durationMs: 7250, detail: "no prompt: it's\ngone" },
    { name: 'odd' },
  ]);
});

test('YAML that is no case costs that case: aliases in aliases, brackets without end, a name that is missing', () => {
  const bomb = `- a: &a [x, x, x, x, x, x, x, x, x]
  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
  c: [*b, *b, *b, *b, *b, *b, *b, *b, *b]
  name: bomb
  result: pass
`;
  const deep = `- {name: deep, result: ${'['.repeat(12_000)}\n`;
  const broken = "- name: 'never closed\n  result: pass\n";
  const { runs, problems } = read(
    `${LOGIN}${bomb}${deep}- result: pass\n${broken}${LOGIN.replace('login-action\n  r', 'b\n  r')}`,
    'x.yaml',
  );
  expect(runs[0]!.cases.map(({ name }) => name)).toEqual(['lava.login-action', 'lava.b']);
  expect(problems).toEqual(['test-case-unreadable', 'test-case-unreadable']);
});
