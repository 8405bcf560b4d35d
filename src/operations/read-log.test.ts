import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { logRoot } from './log-roots.ts';
import { LOG_HEAD_BYTES, LOG_TAIL_BYTES, readLog } from './read-log.ts';
import { showBuild } from './show-build.ts';

const ID = '00000001-0000-5000-8000-000000000000';
let root: string;
let tmp: string;
let store: Store;

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
    blobs: memoryBlobs(),
    viewer: CONSOLE,
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
        bytes: 21,
        truncated: false,
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
