import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FAILURES_MAX } from '../../model/limits.ts';
import { confFacts } from './conf-facts.ts';
import { type ErrorReport, readErrorReport } from './reader.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/error-report');
const REAL = join(import.meta.dirname, '../../../../shared/data');
const UPDATE = process.env.UPDATE_GOLDEN === '1';

function read(text: string, fileName: string | null = null): ErrorReport {
  const report = readErrorReport(text, { location: 'here', fileName, fallbackName: 'without a name' });
  if (typeof report === 'string') throw new Error(`no report: ${report}`);
  return report;
}

function digest({ build, logs }: ErrorReport): unknown {
  const { tasks, graph, ...rest } = build;
  return {
    ...rest,
    rows: Array.from(tasks.recipe, (recipe, r) => `${build.recipes[recipe]!.pf}:${tasks.taskNames[tasks.task[r]!]}`),
    logs: logs.map(({ failure, bytes }) => `${failure}: ${bytes.length} bytes`),
  };
}

const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.txt'));

test.each(names)('%s is read as expected', (name) => {
  const text = `${JSON.stringify(digest(read(readFileSync(join(FIXTURES, name), 'utf8'), name)), null, 1)}\n`;
  const golden = join(FIXTURES, name.replace(/\.txt$/, '.expected.json'));
  if (UPDATE) writeFileSync(golden, text);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});

test('no secret of a conf file is in what becomes of it', () => {
  const name = 'error_report_20190917101112.txt';
  const source = readFileSync(join(FIXTURES, name), 'utf8');
  expect(source).toContain('hunter2');
  const { build } = read(source, name);
  expect(JSON.stringify(build)).not.toMatch(/hunter2|s3cret|cache\.example/);
  expect(build.variables).toMatchObject({ PACKAGE_CLASSES: 'package_rpm', BB_NUMBER_THREADS: '8', DISTRO: 'poky' });
  expect(build.variables).not.toHaveProperty('EXTRA_IMAGE_FEATURES');
});

describe('real reports', () => {
  const failed = join(REAL, 'bitbake-real/05-failed-k/tmp/log/error-report/error_report_20261121010122.txt');
  it.skipIf(!existsSync(failed))('of a -k build: four failures with their logs', () => {
    const { build, logs } = read(readFileSync(failed, 'utf8'), 'error_report_20261121010122.txt');
    expect(build).toMatchObject({
      name: '20261121010122',
      startedMs: Date.UTC(2026, 10, 21, 1, 1, 22),
      outcome: 'failed',
      machine: 'qemux86-64',
      host: { distro: 'debian-12', arch: 'x86_64' },
      bitbakeVersion: '2.19.0',
    });
    expect(build.failures.map(({ pf, task }) => `${pf}:${task}`)).toEqual([
      'sample-fetchfail-1.0-r0:do_fetch',
      'sample-broken-1.0-r0:do_compile',
      'sample-brokenpy-2.1-r0:do_compile',
      'sample-qaerror-1.0-r0:do_package',
    ]);
    expect(logs).toHaveLength(4);
    expect(JSON.stringify(build)).not.toContain('/home/builder');
  });
  const public2014 = join(REAL, 'public/error-report-web/robwoolley/test-data/test-payload.json');
  it.skipIf(!existsSync(public2014))('of upstream test data of 2014', () => {
    const { build } = read(readFileSync(public2014, 'utf8'));
    expect(build.layers).toEqual([
      { name: 'meta', branch: '(master-test)', commit: '736b49449233c936e3099b314a58e91ad17f9774', modified: null },
    ]);
    expect(build.failures[0]).toMatchObject({ pf: 'base-passwd-3.5.29-r0', task: 'do_install' });
  });
});

describe('what is no report, or too much of one', () => {
  const context = { location: 'x', fileName: null, fallbackName: 'x' };
  it('is told apart', () => {
    for (const text of ['', '{', 'data', '{"failures": [', '\u0000', '['.repeat(1_000_000)])
      expect(readErrorReport(text, context)).toBe('not-json');
    const others = ['1', 'null', '[]', '"x"', '{}', '{"failures": {}}', '{"failures": null}'];
    for (const text of [...others, '{"__proto__": {"failures": []}}'])
      expect(readErrorReport(text, context)).toBe('other');
  });
  it('is bounded: failures, names, targets', () => {
    const failures = Array.from({ length: FAILURES_MAX + 7 }, (_, i) => ({
      package: `p${i}-1.0-r0`,
      task: 'do_x',
      log: '',
    }));
    const { build } = read(
      JSON.stringify({ failures, machine: 'm'.repeat(1_000_000), component: 'a '.repeat(1_000_000) }),
    );
    expect(build.failures).toHaveLength(FAILURES_MAX);
    expect(build.machine).toHaveLength(400);
    expect(build.targets!.length).toBeLessThanOrEqual(10_000);
    expect(build.problems.map(({ code }) => code)).toEqual(['report-too-long']);
  });
  it('deep nesting beside the failures changes nothing', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(read(`{"distro": ${deep}, "failures": []}`).build.distro).toBeNull();
  });
  it('conf lines that a pattern could choke on take no time', () => {
    const started = performance.now();
    const found = new Map<string, string>();
    confFacts(`${`MACHINE ${' '.repeat(4000)}= ${'"'.repeat(4000)}\n`.repeat(2000)}MACHINE = "m"\n`, found);
    expect(found.get('MACHINE')).toBe('m');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
