import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startForTest, type TestServer } from '../server/start-for-test.ts';
import { runForTest } from './run-for-test.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures');
const RECORD = join(FIXTURES, 'record/written-from-sstate');
let folder: string;
let server: TestServer;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-cli-push-'));
  server = await startForTest(folder, { data: join(folder, 'data') });
  base = server.base;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const push = (args: readonly string[], environment: Record<string, string> = {}) =>
  runForTest(['push', ...args], { environment: { HOME: join(folder, 'home'), ...environment }, folder });

/** A build folder with buildstats and the log of a failed task in tmp/work. */
function buildFolder(): string {
  const build = join(folder, 'home', 'yocto', 'build');
  const fixture = join(FIXTURES, 'buildstats/real-05-failed-k/buildstats');
  cpSync(fixture, join(build, 'tmp', 'buildstats'), { recursive: true });
  const temp = join(build, 'tmp/work/x86-64-v3-oe-linux/sample-broken/1.0/temp');
  mkdirSync(temp, { recursive: true });
  const log = `cc -I${build}/include\nerror: no such file\n${'x'.repeat(700 * 1024)}\nERROR: Logfile of failure stored in: log.do_compile\n`;
  writeFileSync(join(temp, 'log.do_compile'), log);
  // Written while the task ran, which is how the log of a run is known where its process is not.
  utimesSync(join(temp, 'log.do_compile'), 1795222887, 1795222887);
  return build;
}

test('a build folder: the address alone on standard output, and again the same one', async () => {
  const first = await push([RECORD, '--server', base]);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toMatch(new RegExp(`^${base.replaceAll('.', '\\.')}/b/[0-9a-hjkmnp-tv-z]{16}\n$`));
  const again = await push([RECORD, '--json'], { BAKEHOUSE_SERVER: base });
  expect(again.code).toBe(0);
  const [build] = (JSON.parse(again.out) as { builds: Record<string, unknown>[] }).builds;
  expect(build).toMatchObject({ state: 'unchanged', url: first.out.trim(), bytesSent: 0 });
});

test('a build that failed: beside its address the page of its first failure, as soon as the server has it', async () => {
  const { code, out, err } = await push([join(FIXTURES, 'buildstats/real-05-failed-k'), '--server', base]);
  expect(code).toBe(0);
  expect(out).toMatch(/^\S+\/b\/[0-9a-hjkmnp-tv-z]{16}\n$/);
  const [, address] = /why it failed: (\S+)\n/.exec(err)!;
  expect(address).toMatch(new RegExp(`^${out.trim().replace('/b/', '/f/').replaceAll('.', '\\.')}\\.[0-9a-f]{6}$`));
  const page = await fetch(address!, { headers: { accept: 'text/plain' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('do_fetch failed')]);
});

test('accounts of one build that are named one by one are one', async () => {
  const paths = ['eventlog/failed-keep-going.json.gz', 'buildstats/real-05-failed-k'].map((path) =>
    join(FIXTURES, path),
  );
  const { code, out } = await push([...paths, '--server', base, '--json']);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { builds: unknown[] }).builds).toHaveLength(1);
});

test('--show prints what would be sent, with nothing in it of home, host and user, and sends nothing', async () => {
  const build = buildFolder();
  const { code, out } = await push([build, '--show'], { BAKEHOUSE_SERVER: 'http://127.0.0.1:9' });
  expect(code).toBe(0);
  expect(out).toContain('# POST /api/v1/uploads');
  const log = out.slice(out.indexOf('# failure-log'));
  expect(log).toContain('cc -ITOPDIR/include\nerror: no such file\n[… ');
  expect(log).toMatch(/\[… \d+ bytes left out …\]\n.*ERROR: Logfile of failure stored in: log.do_compile\n/s);
  expect(out).not.toContain(folder);
  expect(out.split('\n').find((line) => line.startsWith('{"type":"log"'))).toContain('"originalBytes":');
  // What the log says is said of the failure, which buildstats know without a cause.
  expect(out).toContain('"cause":"error: no such file"');
  const less = await push([build, '--show', '--send', '-failure-logs']);
  expect(less.out).not.toContain('# failure-log');
});

test('the job of a farm that runs it is told of the newest build; a builder that is named wins', async () => {
  const jenkins = {
    JENKINS_URL: 'https://ci/',
    JOB_NAME: 'images',
    CHANGE_ID: '7',
    BAKEHOUSE_SERVER: 'http://127.0.0.1:9',
  };
  const environment = { ...jenkins, BUILD_URL: 'https://ci/job/images/12/' };
  const builds = ['buildstats/real-05-failed-k', 'record/written-from-sstate'].map((path) => join(FIXTURES, path));
  const told = async (args: readonly string[], more: Record<string, string> = {}) => {
    const { out } = await push([...args, '--show'], { ...environment, ...more });
    return out.split('\n').flatMap((line) => {
      if (!line.startsWith('{"type":"build"')) return [];
      const { builder, builderId, jobId, extras } = JSON.parse(line) as Record<string, unknown>;
      return [{ builder, builderId, jobId, extras }];
    });
  };
  const own = { builder: 'images', builderId: 'https://ci/job/images/', jobId: 'https://ci/job/images/12/' };
  expect((await told(builds)).filter(({ jobId }) => jobId === own.jobId)).toHaveLength(1);
  expect(await told([builds[0]!])).toMatchObject([{ ...own, extras: { reason: 'change 7' } }]);
  expect(await told([builds[0]!], { BAKEHOUSE_BUILDER: 'nightly', BAKEHOUSE_REASON: 'release' })).toMatchObject([
    { builder: 'nightly', builderId: null, jobId: own.jobId, extras: { reason: 'release' } },
  ]);
  const named = await told([...builds, '--job', 'https://ci/job/images/13/']);
  expect(named.map(({ jobId }) => jobId)).toEqual(['https://ci/job/images/13/', 'https://ci/job/images/13/']);
});

test('wrong usage is 2, what cannot be read 3, what is not sent 4', async () => {
  expect(await push([RECORD])).toMatchObject({ code: 2, err: expect.stringContaining('BAKEHOUSE_SERVER') });
  expect(await push([RECORD, '--server', base, '--send', 'smells'])).toMatchObject({ code: 2 });
  expect(await push([RECORD, '--server', base, '--visibility', 'maybe'])).toMatchObject({ code: 2 });
  expect(await push([RECORD, '--server', base, '--token-file', 'nowhere'])).toMatchObject({ code: 3 });
  // What can be read beside it is sent all the same.
  const partly = await push(['/nowhere', RECORD, '--server', base]);
  expect(partly).toMatchObject({ code: 3, err: expect.stringContaining('/nowhere') });
  expect(partly.out).toContain('/b/');
  const wrong = await push([RECORD, '--server', `${base}/wrong`]);
  expect(wrong.code).toBe(4);
  expect(wrong.err).toContain('its address will be');
  expect(wrong.out).toBe('');
});
