/** A tree as the Yocto autobuilder publishes it, from a folder and from the web server that shows it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasNginx, requirePart } from '../../test/real-parts.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { importAutobuilder } from './import-autobuilder.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const START = Date.UTC(2026, 10, 21, 1);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-published-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function testresults(status: string): string {
  return JSON.stringify({
    'runtime_core-image-minimal_qemuarm_20261121020000': {
      configuration: {
        TEST_TYPE: 'runtime',
        MACHINE: 'qemuarm',
        IMAGE_BASENAME: 'core-image-minimal',
        STARTTIME: '20261121020000',
        LAYERS: { meta: { branch: 'master', commit: COMMIT } },
      },
      result: { 'ping.a': { status }, 'ping.b': { status: 'PASSED' } },
    },
  });
}

test('a publication of the autobuilder: targets, their builds and tests, with links; again it changes nothing', async () => {
  const results = join(folder, '20261121-3', 'testresults');
  mkdirSync(join(results, 'qemux86-64', 'buildstats'), { recursive: true });
  mkdirSync(join(results, 'qemuarm-oecore'));
  mkdirSync(join(results, 'empty'));
  cpSync(
    resolve(import.meta.dirname, '../../fixtures/buildstats/real-05-failed-k'),
    join(results, 'qemux86-64', 'buildstats'),
    { recursive: true },
  );
  writeFileSync(join(results, 'qemuarm-oecore', 'testresults.json'), testresults('FAILED'));
  const store = await openStore('sqlite::memory:');
  const read = () =>
    importAutobuilder(store, join(folder, '20261121-3'), {
      nowMs: START,
      blobs: memoryBlobs(),
      address: 'https://pub.example/20261121-3',
    });
  const first = await read();
  expect(first.problems.map(({ code }) => code)).toEqual(['nothing-published']);
  expect(first.tests).toBe(1);
  const find = async (words: string) =>
    (await store.listBuilds({ words: [words] }, { after: null, limit: 9 })).builds[0]!;
  const x86 = await find('qemux86-64 #');
  expect(x86).toMatchObject({ name: 'qemux86-64 #20261121-3', outcome: 'failed', builder: 'qemux86-64' });
  const { links, children } = (await store.readRelations(x86.id))!;
  expect(links).toEqual([
    {
      kind: 'published',
      title: 'Published: qemux86-64',
      url: 'https://pub.example/20261121-3/testresults/qemux86-64/',
    },
  ]);
  expect(children).toHaveLength(1);
  expect(await store.readRelations(children[0]!)).toMatchObject({ parents: [x86.id], links });
  const arm = await find('qemuarm-oecore');
  expect(arm).toMatchObject({ machine: 'qemuarm', outcome: 'not-recorded', startedMs: Date.UTC(2026, 10, 21, 2) });
  expect(await store.tests.runsOf(arm.id)).toMatchObject([{ series: 'qemuarm-oecore', passed: 1, failed: 1 }]);
  expect((await read()).builds.filter(({ changed }) => changed)).toEqual([]);
  await store.close();
  const run = (path: string) => runForTest(['import', 'autobuilder', path, '--data', join(folder, 'cli')], { folder });
  expect(await run('20261121-3/testresults')).toMatchObject({
    code: 0,
    out: '20261121-3/testresults: 3 builds stored\n',
  });
  expect(await run('.')).toMatchObject({ code: 3, err: expect.stringContaining('has no folder testresults') });
});

/** `pub/20261121-3/testresults/` with a target of builds, one of tests, and one whose name has to be written otherwise in an address. */
function publish(root: string): string {
  const results = join(root, 'pub', '20261121-3', 'testresults');
  mkdirSync(join(results, 'qemux86-64', 'buildstats'), { recursive: true });
  cpSync(
    resolve(import.meta.dirname, '../../fixtures/buildstats/real-05-failed-k'),
    join(results, 'qemux86-64', 'buildstats'),
    { recursive: true },
  );
  for (const name of ['qemuarm-oecore', 'meta #1']) {
    mkdirSync(join(results, name));
    writeFileSync(join(results, name, 'testresults.json'), testresults('FAILED'));
  }
  return results;
}

async function readAt(address: string, storeUrl = 'sqlite::memory:') {
  const store = await openStore(storeUrl);
  const read = () => importAutobuilder(store, address, { nowMs: START, blobs: memoryBlobs() });
  const summary = async () => {
    const { builds } = await store.listBuilds({}, { after: null, limit: 20 });
    return Promise.all(
      builds.map(async ({ id, name, outcome }) => ({
        ...{ id, name, outcome, links: (await store.readRelations(id))!.links.map(({ url }) => url) },
        tests: (await store.tests.runsOf(id))!.length,
      })),
    );
  };
  return { store, read, summary };
}

test.skipIf(!hasNginx)(
  'behind a real nginx: the same builds as from the folder; what was read and is as it was is asked for no more',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'bakehouse-autoindex-'));
    const results = publish(root);
    const port = await new Promise<number>((done) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const own = probe.address() as AddressInfo;
        probe.close(() => done(own.port));
      });
    });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(root, name)};`,
    );
    const log = join(root, 'access.log');
    writeFileSync(
      join(root, 'nginx.conf'),
      `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${join(root, 'pid')}; events {}
     http { access_log ${log}; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; root ${root}; location /pub/ { autoindex on; } } }`,
    );
    const nginx = spawn(requirePart('nginx'), ['-c', join(root, 'nginx.conf'), '-e', join(root, 'error.log')]);
    try {
      const address = `http://127.0.0.1:${port}/pub/20261121-3/`;
      for (let n = 0; (await fetch(address).catch(() => null))?.status !== 200; n++) {
        if (n > 100) throw new Error('nginx does not answer');
        await new Promise((next) => setTimeout(next, 50));
      }
      const requests = (): string[] =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line.includes('GET'));
      const there = await readAt(address);
      const first = await there.read();
      expect(first).toMatchObject({ tests: 2, problems: [] });
      const here = await openStore('sqlite::memory:');
      await importAutobuilder(here, join(root, 'pub', '20261121-3'), { nowMs: START, blobs: memoryBlobs(), address });
      const { builds } = await here.listBuilds({}, { after: null, limit: 20 });
      const read = await there.summary();
      expect(read.map(({ id }) => id).sort()).toEqual(builds.map(({ id }) => id).sort());
      expect(read.find(({ name }) => name.startsWith('meta #1'))).toMatchObject({
        name: 'meta #1 #20261121-3',
        tests: 1,
        links: [`${address}testresults/meta%20%231/`],
      });
      // A listing for each target, and two to find them.
      const before = requests().length;
      expect((await there.read()).builds).toEqual([]);
      expect(requests().length - before).toBe(5);
      // A target that has grown is read again, from the folder of the targets as well.
      writeFileSync(join(results, 'qemuarm-oecore', 'testresults.json'), testresults('SKIPPED'));
      const store = there.store;
      const again = await importAutobuilder(store, `${address}testresults/`, { nowMs: START, blobs: memoryBlobs() });
      expect(again).toMatchObject({ tests: 1, builds: [{ changed: false }] });
      await here.close();
      await store.close();
    } finally {
      const gone = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await gone;
      rmSync(root, { recursive: true, force: true });
    }
  },
);

/** Pages of folders as other servers print them. */
const LISTINGS: Readonly<Record<string, (entries: readonly string[]) => string>> = {
  lighttpd: (entries) =>
    `<table summary="Directory Listing"><tr class="d"><td class="n"><a href="../">..</a>/</td><td class="m">&nbsp;</td></tr>
    ${entries.map((name) => `<tr><td class="n"><a href="${name}">${decodeURIComponent(name).replace(/\/$/, '')}</a></td><td class="m">2026-Nov-21 03:04:05</td><td class="s">1.2K</td></tr>`).join('\n')}
    </table><div class="foot">lighttpd/1.4.76</div>`,
  apache: (entries) =>
    `<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
    <tr><td><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/pub/">Parent Directory</a></td></tr>
    ${entries.map((name) => `<tr><td valign="top"><img src="/icons/folder.gif" alt="[DIR]"></td><td><a href="${name}">${name.slice(0, 20)}..&gt;</a></td><td align="right">2026-11-21 03:04  </td></tr>`).join('\n')}
    </table><address>Apache/2.4.62 (Debian) Server</address>`,
  // Links that lead out of what was named, beside those that do not.
  hostile: (entries) =>
    [
      'http://192.0.2.1/testresults/',
      '//192.0.2.1/x/',
      '/etc/',
      '../../secret/',
      '%2e%2e/secret/',
      'javascript:alert(1)',
      ...entries,
    ]
      .map((name) => `<a href='${name}'>x</a>`)
      .join(''),
};

test('listings of lighttpd and Apache, and links that lead elsewhere; a broken target is said, read the next time, and costs the others nothing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bakehouse-listing-'));
  publish(root);
  let style = 'lighttpd';
  let broken = '';
  const outside: string[] = [];
  const server = http.createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname);
    if (!path.startsWith('/pub/20261121-3')) outside.push(path);
    if (broken !== '' && path.includes(broken)) return void response.writeHead(500).end();
    try {
      const file = join(root, path);
      if (!statSync(file).isDirectory()) return void response.end(readFileSync(file));
      const entries = readdirSync(file, { withFileTypes: true });
      response.end(
        LISTINGS[style]!(entries.map((entry) => encodeURIComponent(entry.name) + (entry.isDirectory() ? '/' : ''))),
      );
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const names: unknown[] = [];
    for (style of Object.keys(LISTINGS)) {
      broken = style === 'apache' ? 'qemuarm' : '';
      const { store, read, summary } = await readAt(`http://reader:hush@${host}/pub/20261121-3`);
      const { problems, builds } = await read();
      expect(problems.map(({ code }) => code)).toEqual(broken === '' ? [] : ['target-unreadable']);
      expect(builds).toHaveLength(broken === '' ? 4 : 3);
      broken = '';
      expect((await read()).builds).toHaveLength(style === 'apache' ? 1 : 0);
      const told = await summary();
      expect(JSON.stringify(told)).not.toContain('hush');
      names.push(told.map(({ id, links }) => [id, links]).sort());
      await store.close();
    }
    expect(new Set(names.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(outside).toEqual([]);
    const run = (path: string) =>
      runForTest(['import', 'autobuilder', `http://reader:hush@${host}${path}`, '--data', join(folder, 'cli2')], {
        folder,
      });
    const first = await run('/pub/20261121-3/');
    expect(first).toMatchObject({ code: 0, out: `http://${host}/pub/20261121-3/: 4 builds stored\n`, err: '' });
    expect(await run('/pub/')).toMatchObject({ code: 3, err: expect.stringContaining('has no folder testresults') });
    expect((await run('/nowhere/')).err).not.toContain('hush');
  } finally {
    await new Promise((closed) => server.close(closed));
    rmSync(root, { recursive: true, force: true });
  }
});
