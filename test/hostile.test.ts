/**
 * The hostile set, through the front door: the command line as a process of its own, on inputs that strangers send. What is held here is what a
 * reader's own tests cannot see: the memory and time of the whole process, the exit code, the sentence, and that nothing appears on disk.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** `npm test` has just built it, and it starts in a tenth of the time; by hand the sources run, for dist/ may be of yesterday. */
const program = join(root, process.env.BAKEHOUSE_TEST_BUILT === '1' ? 'dist/bakehouse.mjs' : 'src/cli/main.ts');
/** More than a string may hold (512 MB), and more than a process may take here. */
const LINE_BYTES = 600 << 20;
/** Far above what any of these needs (about 150 MB), far below the line that stands in the way. */
const RSS_KIB_MAX = 400 * 1024;
const REPORT_RSS =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\nmaxrss="+process.resourceUsage().maxRSS))';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly rssKib: number;
}

function bakehouse(...args: string[]): Run {
  const run = spawnSync(process.execPath, ['--import', REPORT_RSS, program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 << 20,
  });
  const rss = /maxrss=(\d+)/.exec(run.stderr);
  return { code: run.status, out: run.stdout, err: run.stderr, rssKib: Number(rss?.[1] ?? Number.NaN) };
}

const TASK =
  'Event: TaskStarted \nStarted: 1795222723.00 \ngcc-14.2-r0: do_compile\nElapsed time: 4.00 seconds\nStatus: PASSED \nEnded: 1795222727.00 \n';
const BUILD_STATS =
  'Host Info: Linux vm 6.1 x86_64 \nBuild Started: 1795222721.00 \nElapsed time: 10.00 seconds \nCPU usage: 50.0% \n';

/** A build of one good task, to which each case adds something bad. */
function goodBuild(name: string): string {
  const dir = join(folder, name, '20261121005839');
  mkdirSync(join(dir, 'gcc-14.2-r0'), { recursive: true });
  writeFileSync(join(dir, 'build_stats'), BUILD_STATS);
  writeFileSync(join(dir, 'gcc-14.2-r0', 'do_compile'), TASK);
  return dir;
}

/** One line of 600 MB: sparse, so the test costs no disk. */
function endlessLine(path: string, start: string): void {
  const file = openSync(path, 'w');
  writeSync(file, start);
  ftruncateSync(file, LINE_BYTES);
  closeSync(file);
}

describe('a line without an end', () => {
  test.each([
    ['as a task file', 'gcc-14.2-r0/do_install', 'Event: TaskStarted \nStarted: 1795222730.00'],
    ['as a sample file', 'reduced_proc_stat.log', '1795222723\n0.5 0.1 '],
    ['as a sample file nobody knows', 'thermal.log', '1795222723\n'],
  ])('%s leaves the good task beside it whole', (_, file, start) => {
    const dir = goodBuild(`line-${file.replaceAll('/', '-')}`);
    endlessLine(join(dir, file), start);
    const run = bakehouse('summary', dir, '--json');
    expect(run.code, run.err).toBe(0);
    expect(JSON.stringify(JSON.parse(run.out))).toContain('do_compile');
    expect(run.rssKib).toBeLessThan(RSS_KIB_MAX);
  });

  test('as build_stats leaves the tasks, whose times are then those of the build', () => {
    const dir = goodBuild('line-build-stats');
    endlessLine(join(dir, 'build_stats'), 'Build Started: 1795222721.00 \nElapsed time: 10.0');
    const run = bakehouse('summary', dir);
    expect(run.code, run.err).toBe(0);
    expect(run.out).toContain('gcc:do_compile');
    expect(run.rssKib).toBeLessThan(RSS_KIB_MAX);
  });

  test('as an event log is no build and says so', () => {
    const log = join(folder, '20261121005839.json');
    endlessLine(log, '{"class": "bb.event.BuildStarted", "vars": "');
    const run = bakehouse('summary', log);
    expect(run.code, run.out).toBe(3);
    expect(run.err).toContain('20261121005839.json');
    expect(run.rssKib).toBeLessThan(RSS_KIB_MAX);
  });
});

describe('what leads out', () => {
  test('a tar that climbs out is read without what climbs, and nothing is written anywhere', async () => {
    const tar = pack();
    tar.entry({ name: '20261121005839/build_stats' }, BUILD_STATS);
    tar.entry({ name: '20261121005839/gcc-14.2-r0/do_compile' }, TASK);
    tar.entry({ name: '../../escaped-r0/do_compile' }, TASK);
    tar.entry({ name: '20261121005839/evil-1-r0', type: 'symlink', linkname: '/etc' });
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    const path = join(folder, 'slip.tar');
    writeFileSync(path, Buffer.concat(chunks));
    const before = readdirSync(folder).sort();
    const run = bakehouse('summary', path, '--json');
    expect(run.code, run.err).toBe(0);
    expect(run.out).toContain('do_compile');
    expect(run.out).not.toContain('escaped');
    expect(run.err).toContain('../../escaped-r0/do_compile');
    expect(run.err).toContain('evil-1-r0');
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a link out of the folder is not followed', () => {
    const dir = goodBuild('link');
    const secret = join(folder, 'secret-1-r0');
    mkdirSync(secret);
    writeFileSync(join(secret, 'do_compile'), TASK.replaceAll('gcc-14.2-r0', 'secret-1-r0'));
    symlinkSync(secret, join(dir, 'secret-1-r0'));
    const run = bakehouse('summary', dir, '--json');
    expect(run.code, run.err).toBe(0);
    expect(run.out).not.toContain('secret:do_compile');
    expect(run.out).toContain('link-leaves-root');
  });
});

describe('names', () => {
  test('terminal escapes in a recipe name do not reach the terminal', () => {
    const dir = goodBuild('escape');
    cpSync(join(dir, 'gcc-14.2-r0'), join(dir, 'e\u001b]0;owned\u0007vil-1-r0'), { recursive: true });
    const run = bakehouse('summary', dir);
    expect(run.code, run.err).toBe(0);
    expect(run.out).not.toContain('\u001b');
    expect(run.out).not.toContain('\u0007');
  });
});

test('what is no build at all is one sentence and exit code 3', () => {
  const path = join(folder, 'noise.tar.gz');
  writeFileSync(path, Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 31) & 255)));
  const run = bakehouse('summary', path);
  expect(run.code).toBe(3);
  expect(
    run.err
      .replace(/\nmaxrss=\d+$/, '')
      .trim()
      .split('\n'),
  ).toHaveLength(1);
  expect(run.err).toContain('noise.tar.gz');
});

describe('a full disk', () => {
  test('an import says so, fails, and loses nothing that was stored', () => {
    const [first, second] = [goodBuild('first'), goodBuild('second')];
    writeFileSync(join(second, 'build_stats'), BUILD_STATS.replace('1795222721', '1795322721'));
    const data = ['--data', join(folder, 'data')];
    expect(bakehouse('import', ...data, first).code).toBe(0);
    // Enough for what SQLite keeps beside the file, and for no build.
    const run = spawnSync(
      'sh',
      ['-c', 'ulimit -f 80; exec "$0" "$@"', process.execPath, program, 'import', ...data, second],
      { cwd: folder, encoding: 'utf8', timeout: 60_000 },
    );
    expect(run.stderr).toMatch(/The database cannot .*(?:disk is full|disk reports an error)\.\n$/);
    expect(run.status).toBe(3);
    expect(
      bakehouse('list', ...data)
        .out.split('\n')
        .filter((line) => line.includes('20261121005839')),
    ).toHaveLength(1);
    expect(bakehouse('import', ...data, second).code).toBe(0);
    expect(
      bakehouse('list', ...data)
        .out.split('\n')
        .filter((line) => line.includes('20261121005839')),
    ).toHaveLength(2);
  });
});
