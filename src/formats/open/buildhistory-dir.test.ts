import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Build } from '../../model/build.ts';
import { ProblemList } from '../../model/problem.ts';
import { readMessage } from '../buildhistory/reader.ts';
import { openBuilds } from './open-builds.ts';

const SHARED = join(import.meta.dirname, '../../../../shared/data');
let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'bakehouse-history-')), 'buildhistory');
  mkdirSync(folder);
});
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function putTree(size: number): void {
  put('packages/core2-64-poky-linux/zlib/latest', 'PE = 1\nPV = 1.3\nPR = r0\nDEPENDS = \n');
  put('packages/core2-64-poky-linux/zlib/latest_srcrev', '# SRCREV = "x"\n');
  put(
    'packages/core2-64-poky-linux/zlib/libz/latest',
    `PV = 1.3\nRDEPENDS = glibc\nPKGSIZE = ${size}\nFILELIST = /usr/lib/libz.so.1\n`,
  );
  put('packages/core2-64-poky-linux/zlib/libz/files-in-package.txt', 'PKGSIZE = 7\n');
  put('packages/core2-64-poky-linux/zlib/libz-dbg/latest', 'PKGSIZE = \n');
  put(
    'images/qemux86_64/glibc/core-image-minimal/image-info.txt',
    'DISTRO = poky\nDISTRO_VERSION = 5.1\nIMAGESIZE = 4096\n',
  );
  put('images/qemuarm/glibc/core-image-minimal/image-info.txt', 'IMAGESIZE = 1\n');
}

async function read(): Promise<{ builds: Build[]; problems: ProblemList }> {
  const problems = new ProblemList();
  const builds: Build[] = [];
  for await (const build of openBuilds(folder, { problems })) builds.push(build);
  return { builds, problems };
}

function git(...args: string[]): void {
  execFileSync(
    'git',
    ['-C', folder, '-c', 'user.name=b', '-c', 'user.email=b@example.org', '-c', 'commit.gpgsign=false', ...args],
    {
      stdio: 'ignore',
    },
  );
}

const MESSAGE = `Build 20261121005839 of poky 5.1 for machine qemux86-64 on host7

cmd: bitbake -k -c build core-image-minimal 'zlib:do_compile'
result: failed
metadata revisions:
meta              = master:35a2c6ed7987763dadbe45ad86095e1aee1c7314
meta-own          = <unknown>:<unknown> -- modified
`;

describe('a work tree without git', () => {
  it('gives sizes: packages with their recipe, images in KiB; not which build', async () => {
    putTree(1000);
    put('metadata-revs', 'meta              = master:abc\n');
    const { builds } = await read();
    expect(builds).toHaveLength(1);
    expect(builds[0]).toMatchObject({ outcome: 'not-recorded', startedMs: null, distro: 'poky' });
    expect(builds[0]!.name).toMatch(/^buildhistory-[0-9a-f]{12}$/);
    expect(builds[0]!.layers).toMatchObject([{ name: 'meta', branch: 'master', commit: 'abc' }]);
    expect(builds[0]!.sizes).toMatchObject([
      { kind: 'image', name: 'core-image-minimal', bytes: 1024 },
      { kind: 'image', name: 'core-image-minimal', bytes: 4096 * 1024 },
      { kind: 'package', name: 'libz', pf: 'zlib-1_1.3-r0', bytes: 1000 },
    ]);
    expect(builds[0]!.problems).toMatchObject([{ code: 'history-size-missing' }]);
  });

  it('of 2013 and before counts packages in KiB', async () => {
    putTree(1000);
    put('images/qemux86_64/glibc/core-image-minimal/build-id', 'x');
    const { builds } = await read();
    expect(builds[0]!.sizes.at(-1)).toMatchObject({ name: 'libz', bytes: 1000 * 1024 });
  });

  const real = join(SHARED, 'bitbake-real/01-clean/buildhistory');
  it.skipIf(!existsSync(real))('of a real build', async () => {
    cpSync(real, folder, { recursive: true });
    const { builds, problems } = await read();
    expect(problems.list()).toEqual([]);
    expect(builds[0]!.sizes.length).toBeGreaterThan(300);
    expect(builds[0]!.sizes.find(({ name }) => name === 'sample-000')).toMatchObject({
      bytes: 280_628,
      pf: 'sample-000-0.29.8-r0',
    });
  });
});

describe('with git', () => {
  it('is a build a commit, each with the sizes that it left behind', async () => {
    git('init', '-q');
    putTree(1000);
    git('add', '.');
    git('commit', '-qm', MESSAGE);
    putTree(2000);
    git(
      'commit',
      '-qam',
      'No changes: Build 20261121010000 of poky 5.1 for machine qemux86-64 on host7\n\ncmd: bitbake zlib\nresult: succeeded (interrupted)\n',
    );
    git('commit', '-q', '--allow-empty', '-m', 'somebody tidied up');
    const { builds } = await read();
    expect(builds.map(({ name, outcome, targets }) => ({ name, outcome, targets }))).toEqual([
      { name: '20261121005839', outcome: 'failed', targets: ['core-image-minimal', 'zlib:do_compile'] },
      { name: '20261121010000', outcome: 'interrupted', targets: ['zlib'] },
    ]);
    expect(builds[0]).toMatchObject({
      startedMs: Date.UTC(2026, 10, 21, 0, 58, 39),
      machine: 'qemux86-64',
      distro: 'poky',
      distroVersion: '5.1',
      host: { name: 'host7' },
      layers: [
        { name: 'meta', branch: 'master', commit: '35a2c6ed7987763dadbe45ad86095e1aee1c7314', modified: null },
        { name: 'meta-own', branch: null, commit: null, modified: true },
      ],
    });
    expect(builds.map(({ sizes }) => sizes.map(({ name, bytes }) => `${name} ${bytes}`))).toEqual([
      ['core-image-minimal 4194304', 'libz 1000'],
      ['core-image-minimal 4194304', 'libz 2000'],
    ]);
  });

  it('a commit of before daisy counts packages in KiB', async () => {
    git('init', '-q');
    putTree(1000);
    git('add', '.');
    execFileSync('git', ['-C', folder, '-c', 'user.name=b', '-c', 'user.email=b@x', 'commit', '-qm', MESSAGE], {
      env: { PATH: process.env.PATH, GIT_COMMITTER_DATE: '2013-06-01T00:00:00Z' },
      stdio: 'ignore',
    });
    const { builds } = await read();
    expect(builds[0]!.sizes.at(-1)).toMatchObject({ name: 'libz', bytes: 1000 * 1024 });
  });

  it('runs nothing that the repository names, and falls back to the files where git refuses', async () => {
    git('init', '-q');
    putTree(1000);
    git('add', '.');
    git('commit', '-qm', MESSAGE);
    const witness = join(dirname(folder), 'ran');
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'gpg.program',
      'diff.external',
      'filter.x.smudge',
      'core.editor',
    ])
      git('config', key, `touch ${witness}; true`);
    git('config', 'log.showSignature', 'true');
    expect((await read()).builds[0]).toMatchObject({ name: '20261121005839' });
    expect(existsSync(witness)).toBe(false);
    rmSync(join(folder, '.git', 'HEAD'));
    const { builds, problems } = await read();
    expect(builds[0]!.sizes).toHaveLength(3);
    expect(problems.list()).toMatchObject([{ code: 'history-git' }]);
  });
});

it('messages of odd commits are no builds, and long ones take no time', () => {
  for (const text of ['', 'x', 'Build', 'Build a of b for machine c', 'Build 1 of  for machine on'])
    expect(readMessage(text)).toBeNull();
  const started = performance.now();
  readMessage(`Build ${'a '.repeat(500_000)}of`);
  readMessage(`Build 1 of d 2 for machine m on h\ncmd: bitbake ${'-c '.repeat(500_000)}`);
  expect(performance.now() - started).toBeLessThan(5000);
});
