/** The two files of a release, alone in a folder. `npm test` builds them first; without a build these are passed over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const dist = resolve(import.meta.dirname, '../dist');
const FILES = ['bakehouse.mjs', 'server.mjs'];
const built = FILES.every((name) => existsSync(join(dist, name)));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-release-'));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'letter.txt'), 'Dear reader\n');
  if (built) for (const name of FILES) copyFileSync(join(dist, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bakehouse.mjs', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, BAKEHOUSE_DATA: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function run(...args: string[]): Promise<{ code: number | null; err: string }> {
  return new Promise((done, fail) => {
    const child = start(args);
    let err = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      err += bytes.toString();
    });
    child.stdout?.resume();
    child.on('error', fail);
    child.on('close', (code) => done({ code, err }));
  });
}

// Each file brings the error class with it: what server.mjs throws must be no defect to bakehouse.mjs.
describe.skipIf(!built)('a mistake is one sentence and its exit code', { timeout: 30_000 }, () => {
  test.each([
    [['serve', '--port', 'abc'], 2, 'bakehouse: --port NUMBER: "abc" is not a port (0 to 65535)\n'],
    [
      ['summary', 'letter.txt'],
      3,
      /^bakehouse: .*letter\.txt is neither a tar, an event log, an error report nor a record\.\n$/,
    ],
    [['summary', '0000ffff'], 3, 'bakehouse: No build is called 0000ffff or has an id that begins so.\n'],
    [['import', 'nowhere'], 3, /^bakehouse: .*nowhere cannot be opened: no such file or directory\.\n$/],
  ] as const)('%j', async (args, code, sentence) => {
    const { code: ended, err } = await run(...args);
    expect(err).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
    expect(ended).toBe(code);
  });
});
