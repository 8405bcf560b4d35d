import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { mergeSameOrigins } from '../../analysis/merge-builds.ts';
import type { Build } from '../../model/build.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { openBuilds } from '../open/index.ts';
import { askedTargets, targetsOfLog } from './asked-targets.ts';
import { CookerLogReader } from './reader.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const log = (name: string): string => join(FIXTURES, 'cooker-log', `${name}.log`);

function reading(text: string | Uint8Array, options: { running?: boolean; location?: string } = {}): Build {
  const reader = new CookerLogReader({ location: options.location ?? '/b/tmp/log/cooker/m/20260101000000.log' });
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += 1000) reader.push(bytes.subarray(at, at + 1000));
  return reader.snapshot({ running: options.running ?? false, writtenMs: Date.UTC(2026, 0, 1, 1) });
}

const read = (name: string): Build => reading(readFileSync(log(name)), { location: log(name) });

function counts({ tasks }: Build): Record<string, number> {
  const found: Record<string, number> = {};
  for (const outcome of tasks.outcome) found[TASK_OUTCOMES[outcome]!] = (found[TASK_OUTCOMES[outcome]!] ?? 0) + 1;
  return found;
}

test('a failed build of today: what the event log of the same build says, but for times', async () => {
  const build = read('20261121010121');
  const logged: Build = (await openBuilds(join(FIXTURES, 'eventlog/failed-keep-going.json.gz')).next()).value!;
  expect(build).toMatchObject({
    outcome: 'failed',
    machine: logged.machine,
    distro: logged.distro,
    bitbakeVersion: logged.bitbakeVersion,
    host: { distro: logged.host.distro },
    type: logged.type,
    startedMs: Date.UTC(2026, 10, 21, 1, 1, 21),
  });
  expect(build.layers.map(({ name, commit }) => [name, commit])).toEqual(
    logged.layers.map(({ name, commit }) => [name, commit]),
  );
  expect(counts(build)).toEqual({ succeeded: 49, failed: 4, noexec: 1 });
  const failures = (of: Build) =>
    of.failures.map(({ pf, task, logPath }) => [pf, task, basename(logPath ?? '')]).sort();
  expect(failures(build)).toEqual(failures(logged));
  expect(build.failures.find(({ pf }) => pf === 'sample-brokenpy-2.1-r0')?.cause).toBe(
    "Exception: KeyError: 'no-such-key'",
  );
  for (const { row } of build.failures) expect(TASK_OUTCOMES[build.tasks.outcome[row!]!]).toBe('failed');
  const issues = (of: Build) => of.qaIssues.map(({ qaClass, severity, pf }) => [qaClass, severity, pf]);
  expect(issues(build)).toEqual(issues(logged));
  const files = new Map(logged.recipes.map(({ pf, file }) => [pf, file]));
  for (const { pf, file } of build.recipes) expect(file, pf).toBe(files.get(pf));
});

test('dunfell, which writes no event log', () => {
  const build = read('20261127143017');
  expect(build).toMatchObject({
    outcome: 'failed',
    bitbakeVersion: '1.46.0',
    type: { kind: 'incremental', sstate: { wanted: 6, found: 0 } },
  });
  expect(counts(build)).toEqual({ succeeded: 43, failed: 2, noexec: 2 });
  expect(build.failures.map(({ pf, cause }) => [pf, cause])).toEqual([
    ['lab-pyfail-2.1-r0', 'Exception: ValueError: a python task that raises: lab-pyfail'],
    // Only that its script failed: the log says why.
    ['lab-fail-2.0-r0', null],
  ]);
  expect(build.qaIssues.map(({ qaClass, severity }) => [qaClass, severity])).toEqual([
    ['installed-vs-shipped', 'warning'],
    ['buildpaths', 'error'],
  ]);
});

test('interrupted says all succeeded, and then that it was stopped', () => {
  expect(read('20261121010213').outcome).toBe('interrupted');
});

test('how a build ended', () => {
  const started = 'NOTE: Executing Tasks\nNOTE: recipe a-1-r0: task do_x: Started\n';
  const summary = "NOTE: Tasks Summary: Attempted 1 tasks of which 0 didn't need to be rerun and all succeeded.\n";
  expect(reading(started, { running: true }).outcome).toBe('running');
  expect(counts(reading(started, { running: true }))).toEqual({ running: 1 });
  expect(reading(started).outcome).toBe('lost');
  expect(counts(reading(started))).toEqual({ unfinished: 1 });
  expect(reading(started + summary, { running: true }).outcome).toBe('succeeded');
  expect(reading(`${started}ERROR: something else\n${summary}`).outcome).toBe('succeeded-with-errors');
  expect(reading(started + summary.replace('all succeeded', '1 failed')).outcome).toBe('failed');
  expect(reading("ERROR: Nothing PROVIDES 'x'\n")).toMatchObject({
    outcome: 'never-started',
    failures: [{ cause: "Nothing PROVIDES 'x'" }],
  });
  // An error before the tasks of a build that goes on.
  expect(reading(`ERROR: Nothing PROVIDES 'x'\n${started}`, { running: true }).outcome).toBe('running');
  expect(reading('').outcome).toBe('lost');
});

test('anything in it is text: long lines, no lines, other bytes', () => {
  const started = performance.now();
  const long = 'x'.repeat(2_000_000);
  const names = Array.from({ length: 20_000 }, (_, i) => `NOTE: Running task ${i} of 9 (/r/p${i}_1.bb:do_x)\n`).join(
    '',
  );
  const build = reading(
    `ERROR: ${long}\n${'ERROR: a b c\n'.repeat(50_000)}${names}NOTE: recipe a-1-r0: task do_x: Started\n`,
  );
  expect(build.messages.length).toBeLessThanOrEqual(2000);
  expect(build.tasks.length).toBe(1);
  reading(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256));
  expect(performance.now() - started).toBeLessThan(5000);
});

test('what was asked for, from the log of the server', () => {
  const asked = askedTargets(
    [
      "1 00:00:01 Running command ['getSetVariable', 'BB_CONSOLELOG']",
      "1 00:00:01 Sending reply ('/b/tmp/log/cooker/m/20260101000000.log', None)",
      "1 00:00:02 Running command ['buildTargets', ['core-image-minimal', 'mc:x:busybox'], 'build']",
      "Running command ['buildTargets', ['zlib'], 'compile']",
    ].join('\n'),
  );
  expect(asked.map(({ targets }) => targets)).toEqual([['core-image-minimal', 'mc:x:busybox'], ['zlib:do_compile']]);
  expect(targetsOfLog(asked, '20260101000000.log', false)).toEqual(['core-image-minimal', 'mc:x:busybox']);
  expect(targetsOfLog(asked, '20260101000100.log', true)).toEqual(['zlib:do_compile']);
  expect(targetsOfLog(asked, '20260101000100.log', false)).toBeNull();
});

test('with buildstats beside it the log gives what they lack; with an event log of the command it is not asked', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cooker-log-'));
  try {
    const tmp = join(root, 'tmp');
    cpSync(join(FIXTURES, 'buildstats/real-05-failed-k/buildstats'), join(tmp, 'buildstats'), { recursive: true });
    mkdirSync(join(tmp, 'log/cooker/qemux86-64'), { recursive: true });
    cpSync(log('20261121010121'), join(tmp, 'log/cooker/qemux86-64/20261121010121.log'));
    writeFileSync(join(tmp, 'log/cooker/qemux86-64/20261121020000.log'), "ERROR: Nothing PROVIDES 'x'\n");
    writeFileSync(join(root, 'bitbake-cookerdaemon.log'), "Running command ['buildTargets', ['x'], 'build']\n");
    const accounts: Build[] = [];
    for await (const build of openBuilds(tmp)) accounts.push(build);
    expect(accounts.map(({ sources }) => sources[0]!.kind)).toEqual(['buildstats', 'cooker-log', 'cooker-log']);
    const [build, never] = mergeSameOrigins(accounts);
    expect(build).toMatchObject({
      name: '20261121010122',
      outcome: 'failed',
      machine: 'qemux86-64',
      type: { sstate: { wanted: 48 } },
    });
    expect(build!.failures).toHaveLength(4);
    expect(build!.failures.filter(({ cause }) => cause !== null)).toHaveLength(3);
    // The directory by itself finds the log of its own command, and no other.
    const alone: Build[] = [];
    for await (const account of openBuilds(join(tmp, 'buildstats/20261121010122'))) alone.push(account);
    expect(alone.map(({ sources, name }) => [sources[0]!.kind, name])).toEqual([
      ['buildstats', '20261121010122'],
      ['cooker-log', '20261121010122'],
    ]);
    // Rows are joined, not doubled, and keep their times.
    expect(build!.tasks.length).toBe(accounts[0]!.tasks.length + 1);
    expect(never).toMatchObject({ outcome: 'never-started', targets: ['x'] });
    mkdirSync(join(tmp, 'log/eventlog'));
    cpSync(join(FIXTURES, 'eventlog/failed-keep-going.json.gz'), join(tmp, 'log/eventlog/20261121010121.json.gz'));
    const kinds: string[] = [];
    for await (const { sources } of openBuilds(tmp)) kinds.push(sources[0]!.kind);
    expect(kinds.sort()).toEqual(['buildstats', 'cooker-log', 'eventlog']);
  } finally {
    rmSync(root, { recursive: true });
  }
});
