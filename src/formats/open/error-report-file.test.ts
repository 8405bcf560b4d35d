import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findErrorReports, isErrorReportFile, readErrorReportFile } from './error-report-file.ts';
import { openBuilds } from './open-builds.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/error-report');
let folder = '';
let reports = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-reports-'));
  reports = join(folder, 'tmp', 'log', 'error-report');
  mkdirSync(reports, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(fixture: string, name: string, ageS: number): void {
  copyFileSync(join(FIXTURES, fixture), join(reports, name));
  const at = Date.now() / 1000 - ageS;
  utimesSync(join(reports, name), at, at);
}

async function namesIn(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const build of openBuilds(path)) names.push(build.name);
  return names;
}

it('every report that was kept is a build, whichever folder above it is named', async () => {
  put('error_report_20190917101112.txt', 'error_report_20190917101112.txt', 100);
  put('error_report_20260101020304.txt', 'error_report_20260101020304.txt', 10);
  for (const path of [folder, join(folder, 'tmp'), reports])
    expect(await namesIn(path)).toEqual(['20190917101112', '20260101020304']);
});

it('error-report.txt counts only where it tells of a build that no other file tells of', async () => {
  put('error_report_20190917101112.txt', 'error_report_20190917101112.txt', 100);
  put('error_report_20190917101112.txt', 'error-report.txt', 100);
  expect(findErrorReports(folder, [])).toHaveLength(1);
  put('no-provider.txt', 'error-report.txt', 5);
  expect(findErrorReports(folder, [])).toHaveLength(2);
  const log = join(folder, 'tmp', 'log', 'eventlog', '20260101000000.json');
  mkdirSync(join(log, '..'));
  writeFileSync(log, '{"class": "x"}\n');
  expect(findErrorReports(folder, [log])).toHaveLength(1);
});

it('a report of a build that nothing failed in tells of no build', async () => {
  put('nothing-failed.txt', 'error-report.txt', 5);
  expect(await namesIn(folder)).toEqual([]);
});

it('gives each log once, by the SHA-256 that the build names it by', async () => {
  const file = join(FIXTURES, 'daisy-2014.txt');
  const { build, logs } = readErrorReportFile(file);
  expect([...logs.keys()]).toEqual(build.logs.map(({ blob }) => blob));
  expect(build.logs[0]).toMatchObject({ kind: 'failure', row: 0, task: 'do_compile', bytes: 186 });
  const got: string[] = [];
  for await (const _ of openBuilds(file, { onLogs: (inner) => got.push(...inner.keys()) })) expect(got).toHaveLength(1);
  expect(build.name).toMatch(/^error-report-[0-9a-f]{12}$/);
});

it('a file that is none is said to be none, and no link or pipe is waited for', async () => {
  const path = join(folder, 'x.txt');
  writeFileSync(path, '{"machine": "m", "failures": [');
  expect(isErrorReportFile(path)).toBe(true);
  expect(() => readErrorReportFile(path)).toThrow('not whole JSON');
  writeFileSync(path, '{"machine": "m"}');
  expect(() => readErrorReportFile(path)).toThrow('no list of failures');
  symlinkSync(path, join(folder, 'link.txt'));
  expect(isErrorReportFile(join(folder, 'link.txt'))).toBe(false);
  await expect(namesIn(path)).rejects.toThrow('no error report');
});
