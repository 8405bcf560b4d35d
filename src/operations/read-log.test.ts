import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Build, TaskLog } from '../model/build.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { findInLog } from './find-in-log.ts';
import { logRoot } from './log-roots.ts';
import { LOG_HEAD_BYTES, LOG_LINES_BYTES_MAX, LOG_TAIL_BYTES, readLog, readLogBytes } from './read-log.ts';
import { showBuild } from './show-build.ts';

const ID = '00000001-0000-5000-8000-000000000000';
let root: string;
let tmp: string;
let store: Store;
const blobs = memoryBlobs();

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'log-'));
  tmp = join(root, 'build', 'tmp');
  mkdirSync(join(tmp, 'buildstats', 'b1'), { recursive: true });
  store = await openStore('sqlite::memory:');
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

/** zlib:do_compile runs from second 10 to 20 and is row 0, zlib:do_fetch from 0 to 3 and is row 1. */
async function save(over: Partial<Build> = {}, pids: readonly number[] | null = null): Promise<void> {
  const drawn = drawBuild(`
    zlib_1.3:do_fetch   ===
    zlib_1.3:do_compile           ==========
  `);
  await store.saveBuild(ID, {
    ...drawn,
    tasks: { ...drawn.tasks, pid: pids === null ? null : Float64Array.from(pids) },
    sources: [{ kind: 'buildstats', location: join(tmp, 'buildstats', 'b1') }],
    ...over,
  });
}

function context(...paths: string[]): OperationContext {
  return {
    store,
    wholeStore: store,
    blobs,
    viewer: CONSOLE,
    collector: null,
    now: () => DRAWING_START_MS + 100_000,
    version: '1',
    logRoots: paths.map(logRoot).filter((path) => path !== null),
    sample: null,
    reportTemplate: null,
  };
}

function log(name: string, second: number, text: string, folder = 'core2-64-poky-linux/zlib/1.3'): string {
  const path = join(tmp, 'work', folder, 'temp', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, DRAWING_START_MS / 1000 + second, DRAWING_START_MS / 1000 + second);
  return path;
}

const read = (row: number, ...paths: string[]) => readLog(context(...paths), { build: ID, row });

describe('the log of a task', () => {
  it.each(['build', 'build/tmp', 'build/tmp/buildstats', 'build/tmp/buildstats/b1'])(
    'is found by its time when the server was given %s',
    async (given) => {
      await save();
      log('log.do_compile.77', 20, 'the log of this build');
      log('log.do_compile.99', 5000, 'of a later one');
      const text = await read(0, join(root, given));
      expect(text).toEqual({
        path: expect.stringMatching(/work\/core2-64-poky-linux\/zlib\/1\.3\/temp\/log\.do_compile\.77$/),
        blob: null,
        bytes: 21,
        originalBytes: null,
        lines: 1,
        from: 1,
        to: 1,
        truncated: false,
        gap: null,
        text: 'the log of this build',
      });
    },
  );

  it('is not the log of a later build that wrote over it', async () => {
    await save();
    log('log.do_compile.99', 5000, 'of a later build');
    await expect(read(0, tmp)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('later build'),
    });
  });

  it('is found by its process id where that is known, whatever its time', async () => {
    await save({}, [99, Number.NaN]);
    log('log.do_compile.77', 20, 'another');
    log('log.do_compile.99', 5000, 'this one');
    expect((await read(0, tmp)).text).toBe('this one');
  });

  it('is where the event log says, also below a folder that was moved here', async () => {
    const path = log('log.do_compile.5', 9000, 'why it failed');
    const failure = { row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '', cause: null };
    await save({ failures: [{ ...failure, logPath: path }] });
    expect((await read(0, tmp)).text).toBe('why it failed');
    await save({ failures: [{ ...failure, logPath: path.replace(tmp, '/home/other/build/tmp') }] });
    expect((await read(0, tmp)).text).toBe('why it failed');
  });

  it('is cut in the middle, not read whole, when it is long', async () => {
    await save();
    const middle = 'm'.repeat(3 << 20);
    log('log.do_compile.77', 20, `HEAD${middle}TAIL`);
    const { text, bytes, truncated } = await read(0, tmp);
    expect(truncated).toBe(true);
    expect(bytes).toBe(middle.length + 8);
    expect(text.startsWith('HEAD')).toBe(true);
    expect(text.endsWith('TAIL')).toBe(true);
    expect(text.length).toBeLessThan(LOG_HEAD_BYTES + LOG_TAIL_BYTES + 200);
    expect(text).toContain(`[… ${bytes - LOG_HEAD_BYTES - LOG_TAIL_BYTES} bytes left out …]`);
  });
});

describe('lines of a log in the folder', () => {
  const text = Array.from({ length: 9000 }, (_, i) => `line ${i + 1} ${'x'.repeat(i % 300)}\n`);
  it.each([
    [{ from: 1, to: 1 }, 1, 1],
    [{ from: 4000, to: 4100 }, 4000, 4100],
    [{ from: 8999 }, 8999, 9000],
    [{ to: 2 }, 1, 2],
    [{ tail: 3 }, 8998, 9000],
    [{ from: 9001, to: 9100 }, 9001, 9000],
  ])('%j', async (asked, from, to) => {
    await save();
    log('log.do_compile.77', 20, text.join(''));
    const found = await readLog(context(tmp), { build: ID, row: 0, ...asked });
    expect(found).toMatchObject({ lines: 9000, from, to, truncated: false, text: text.slice(from - 1, to).join('') });
  });

  it('are as many as fit', async () => {
    await save();
    log('log.do_compile.77', 20, text.join(''));
    const found = await readLog(context(tmp), { build: ID, row: 0, from: 100 });
    expect(found.text.length).toBeGreaterThan(LOG_LINES_BYTES_MAX - 400);
    expect(found.text.length).toBeLessThanOrEqual(LOG_LINES_BYTES_MAX);
    expect(found).toMatchObject({ from: 100, truncated: true, text: text.slice(99, found.to!).join('') });
  });
});

describe('a log that came with the build', () => {
  async function keep(text: string): Promise<string> {
    const hash = createHash('sha256').update(text).digest('hex');
    await blobs.put(hash, [Buffer.from(text)], 1e9);
    return hash;
  }
  const came = (blob: string, over: Partial<TaskLog> = {}): TaskLog => ({
    kind: 'failure',
    row: 0,
    pf: 'zlib-1.3-r0',
    task: 'do_compile',
    mc: '',
    blob,
    bytes: 1,
    originalBytes: null,
    ...over,
  });

  it('is read by its row or by its bytes, before what is in the folder, wherever the server was started', async () => {
    const blob = await keep('came\nwith it\n');
    const pseudo = await keep('pseudo says\n');
    log('log.do_compile.77', 20, 'in the folder');
    await save({ logs: [came(pseudo, { kind: 'pseudo', originalBytes: 99 }), came(blob)] });
    const found = {
      path: 'zlib-1.3-r0/log.do_compile',
      blob,
      bytes: 13,
      originalBytes: null,
      lines: 2,
      from: 1,
      to: 2,
      truncated: false,
      gap: null,
      text: 'came\nwith it\n',
    };
    expect(await read(0, tmp)).toEqual(found);
    expect(await read(0)).toEqual(found);
    expect(await readLog(context(), { build: ID, blob })).toEqual(found);
    expect(await readLog(context(), { build: ID, blob: pseudo })).toMatchObject({
      text: 'pseudo says\n',
      originalBytes: 99,
    });
    expect((await showBuild(context(), { build: ID })).logsAvailable).toBe(true);
  });

  it('is read by lines, and whole in pieces; head and tail tell which lines are between them', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i + 1} ${'x'.repeat((i * 7) % 300)}\n`);
    const blob = await keep(lines.join(''));
    await save({ logs: [came(blob)] });
    const { gap, text, truncated } = await read(0);
    expect(truncated).toBe(true);
    const [head, tail] = text.split(/\n\n\[… \d+ bytes left out …\]\n\n/) as [string, string];
    expect(lines.slice(0, gap!.from - 1).join('')).toBe(head.slice(0, head.lastIndexOf('\n') + 1));
    expect(lines.slice(gap!.to).join('')).toBe(tail.slice(tail.indexOf('\n') + 1));
    const middle = await readLog(context(), { build: ID, row: 0, from: 30_000, to: 30_010 });
    expect(middle).toMatchObject({ from: 30_000, to: 30_010, text: lines.slice(29_999, 30_010).join('') });
    expect((await readLog(context(), { build: ID, row: 0, tail: 2 })).text).toBe(lines.slice(-2).join(''));
    let whole = '';
    for (;;) {
      const { bytes, fileName } = await readLogBytes(context(), { build: ID, row: 0, at: whole.length });
      expect(fileName).toBe('zlib-1.3-r0.log.do_compile.txt');
      if (bytes.length === 0) break;
      whole += Buffer.from(bytes).toString();
    }
    expect(whole).toBe(lines.join(''));
  });

  it('says why a task failed', async () => {
    const blob = await keep("cc -c a.c\na.c:1:2: error: 'x' undeclared\nmake: *** [a.o] Error 1\n");
    const failure = { row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '', cause: null, logPath: null };
    await save({ outcome: 'failed', failures: [failure], logs: [came(blob)] });
    const { failureList } = await showBuild(context(), { build: ID });
    expect(failureList.map(({ cause }) => cause)).toEqual(["a.c:1:2: error: 'x' undeclared"]);
  });

  it('is not given away by a build that does not have it, and is said to be missing where it has not come', async () => {
    const blob = await keep('of another build');
    const absent = 'a'.repeat(64);
    await save({ logs: [came(absent)] });
    const missing = { code: 'not-found', message: expect.stringContaining('has not come yet') };
    await expect(readLog(context(), { build: ID, blob })).rejects.toMatchObject({
      code: 'not-found',
      message: 'The build has no such log.',
    });
    await expect(readLog(context(), { build: ID, blob: absent })).rejects.toMatchObject(missing);
    await expect(read(0)).rejects.toMatchObject(missing);
    await expect(read(1)).rejects.toMatchObject({ message: expect.stringContaining('did not come with the build') });
    await expect(readLog(context(), { build: ID })).rejects.toMatchObject({ code: 'invalid' });
    // A folder that was given to the server still has it.
    log('log.do_compile.77', 20, 'in the folder');
    expect((await read(0, tmp)).text).toBe('in the folder');
  });
});

describe('nothing else is opened', () => {
  const secretFailure = (logPath: string): Partial<Build> => ({
    failures: [{ row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '', cause: null, logPath }],
  });

  it('not a link out of the folder', async () => {
    await save();
    writeFileSync(join(root, 'secret'), 'secret');
    const path = log('log.do_compile.1', 20, '');
    rmSync(path);
    symlinkSync(join(root, 'secret'), path);
    utimesSync(join(root, 'secret'), DRAWING_START_MS / 1000 + 20, DRAWING_START_MS / 1000 + 20);
    await expect(read(0, tmp)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('not through a folder that is a link', async () => {
    await save({}, [7, 8]);
    mkdirSync(join(root, 'elsewhere', 'zlib', '1.3', 'temp'), { recursive: true });
    writeFileSync(join(root, 'elsewhere', 'zlib', '1.3', 'temp', 'log.do_compile.7'), 'secret');
    mkdirSync(join(tmp, 'work'));
    symlinkSync(join(root, 'elsewhere'), join(tmp, 'work', 'all'));
    await expect(read(0, tmp)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each(['/etc/passwd', '/etc/passwd\0.log', '../../../../etc/passwd', '/work/../etc/passwd'])(
    'not %j, which an event log calls the log of a task',
    async (path) => {
      await save(secretFailure(path));
      await expect(read(0, tmp)).rejects.toMatchObject({ code: expect.stringMatching(/forbidden|not-found/) });
    },
  );

  it('not a file below the folder that is no task log', async () => {
    mkdirSync(join(tmp, 'work', 'x'), { recursive: true });
    writeFileSync(join(tmp, 'work', 'x', 'id_rsa'), 'secret');
    await save(secretFailure(join(tmp, 'work', 'x', 'id_rsa')));
    await expect(read(0, tmp)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('not a pipe, which would wait for ever', async () => {
    await save({}, [7, 8]);
    const path = log('log.do_compile.7', 20, '');
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await expect(read(0, tmp)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('nothing at all when no folder was given, or another', async () => {
    await save();
    log('log.do_compile.77', 20, 'x');
    await expect(read(0)).rejects.toMatchObject({ code: 'not-found' });
    mkdirSync(join(root, 'other'));
    await expect(read(0, join(root, 'other'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('no row that is not there', async () => {
    await save();
    await expect(read(2, tmp)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('2 task runs'),
    });
  });
});

describe('why a task failed', () => {
  const failed = (cause: string | null) => ({
    outcome: 'failed' as const,
    failures: [{ row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '', cause, logPath: null }],
  });
  const WRAPPED = "Execution of '/b/tmp/work/run.do_compile.7' failed with exit code 1";
  const causeOf = async (paths: string[]) =>
    (await showBuild(context(...paths), { build: ID })).failureList.map(({ cause }) => cause);

  it('is read from its log where bitbake only said that it did', async () => {
    await save(failed(WRAPPED));
    log('log.do_compile.77', 20, "cc -c a.c\na.c:1:2: error: 'x' undeclared\nmake: *** [a.o] Error 1\n");
    expect(await causeOf([join(root, 'build')])).toEqual(["a.c:1:2: error: 'x' undeclared"]);
  });

  it('stays as a source told it where that says why, where there is no log, and where logs may not be opened', async () => {
    log('log.do_compile.77', 20, 'b.c:9:9: error: another\n');
    await save(failed("a.c:1:2: error: 'x' undeclared"));
    expect(await causeOf([join(root, 'build')])).toEqual(["a.c:1:2: error: 'x' undeclared"]);
    await save(failed(WRAPPED));
    expect(await causeOf([])).toEqual([WRAPPED]);
    rmSync(join(tmp, 'work'), { recursive: true });
    expect(await causeOf([join(root, 'build')])).toEqual([WRAPPED]);
  });
});

describe('what is found in a log', () => {
  it('is told by lines of all of it, also of what came as a blob', async () => {
    await save();
    const text = `${'line\n'.repeat(LOG_LINES_BYTES_MAX)}zlib.c:1:2: error: no\nmake: *** [x] Error 1\n${'more\n'.repeat(9)}`;
    log('log.do_compile.77', 20, text);
    const first = LOG_LINES_BYTES_MAX + 1;
    const of = { build: ID, row: 0 };
    expect(await findInLog(context(tmp), of)).toEqual({ found: [first, first + 1], best: first, more: false });
    expect(await findInLog(context(tmp), { ...of, words: 'ERROR: NO' })).toEqual({
      found: [first],
      best: null,
      more: false,
    });
    expect((await findInLog(context(tmp), { ...of, words: 'nowhere' })).found).toEqual([]);
  });
});
