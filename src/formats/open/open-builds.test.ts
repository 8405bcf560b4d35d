/** Paths of every kind, good and hostile. What they hold is the fixtures' and tested elsewhere; here, that they open. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { ProblemList } from '../../model/problem.ts';
import { readBuildstatsDirectory } from './directory.ts';
import { buildDirectories } from './find-builds.ts';
import { openListing } from './http-listing.ts';
import { type OpenOptions, openBuilds } from './open-builds.ts';
import { readTarFile } from './tar.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../fixtures/buildstats');
const FAILED = join(FIXTURES, 'real-05-failed-k/buildstats/20261121010122');
const MULTI = join(FIXTURES, 'multiconfig/buildstats/20240607083000');
const NOW_MS = Date.UTC(2030, 0, 1);

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'bakehouse-open-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

async function open(path: string, options: OpenOptions = {}): Promise<Build[]> {
  const builds: Build[] = [];
  for await (const build of openBuilds(path, { nowMs: NOW_MS, ...options })) builds.push(build);
  return builds;
}

async function names(path: string, options?: OpenOptions): Promise<string[]> {
  return (await open(path, options)).map((build) => build.name);
}

/** A build without what tells where it was read. */
function content(build: Build): unknown {
  const { sources: _, ...rest } = build;
  return rest;
}

function folder(name: string): string {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
}

describe('folders', () => {
  test('a build, a buildstats, a tmp and a build folder give the same builds', async () => {
    const top = folder('build');
    mkdirSync(join(top, 'conf'));
    mkdirSync(join(top, 'downloads/buildstats'), { recursive: true });
    cpSync(FAILED, join(top, 'tmp/buildstats/20261121010122'), { recursive: true });
    cpSync(MULTI, join(top, 'tmp-glibc/buildstats/20240607083000'), { recursive: true });
    expect(await names(top)).toEqual(['20261121010122', '20240607083000']);
    expect(await names(join(top, 'tmp'))).toEqual(['20261121010122']);
    expect(await names(join(top, 'tmp/buildstats'))).toEqual(['20261121010122']);
    expect(await names(join(top, 'tmp/buildstats/20261121010122'))).toEqual(['20261121010122']);
    expect(buildDirectories(top).map(({ dir }) => relative(top, dir))).toEqual([
      'tmp/buildstats/20261121010122',
      'tmp-glibc/buildstats/20240607083000',
    ]);
  });

  test('a folder of folders of 2011 is found, and its folder is told', async () => {
    const [build] = await open(join(FIXTURES, 'era-2015-jethro'));
    expect(build).toMatchObject({ name: '20151103092000', targets: ['core-image-minimal'], machine: 'qemux86' });
  });

  test('nothing there, nothing in it, no tar: each says so', async () => {
    await expect(open(join(scratch, 'nowhere'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(open(folder('empty'))).rejects.toThrow(/INHERIT \+= "buildstats"/);
    const text = join(scratch, 'text.json');
    writeFileSync(text, 'hello');
    await expect(open(text)).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('progress counts builds, and an abort stops between them', async () => {
    const top = folder('two');
    cpSync(MULTI, join(top, '1'), { recursive: true });
    cpSync(MULTI, join(top, '2'), { recursive: true });
    const seen: string[] = [];
    const aborting = new AbortController();
    const reading = names(top, {
      signal: aborting.signal,
      onProgress: ({ done, total }) => {
        seen.push(`${done}/${total}`);
        aborting.abort(new Error('enough'));
      },
    });
    await expect(reading).rejects.toThrow('enough');
    expect(seen).toEqual(['1/2']);
  });

  test('links out of the folder are refused with a problem, links inside are followed, loops end', async () => {
    const secret = folder('secret');
    writeFileSync(join(secret, 'do_steal'), 'Event: TaskStarted \nStarted: 1717749001.00 \n');
    const top = folder('linked');
    const build = join(top, 'buildstats/20240607083000');
    cpSync(MULTI, build, { recursive: true });
    symlinkSync(secret, join(build, 'evil-1.0-r0'));
    symlinkSync(join(secret, 'do_steal'), join(build, 'alpha-1.0-r0/do_steal'));
    symlinkSync('do_compile', join(build, 'alpha-1.0-r0/do_inside'));
    symlinkSync('/nowhere', join(build, 'alpha-1.0-r0/do_broken'));
    symlinkSync('..', join(top, 'buildstats/loop'));
    symlinkSync(secret, join(top, 'buildstats/outside'));
    const problems = new ProblemList();
    const [read, ...more] = await open(top, { problems });
    expect(more).toEqual([]);
    expect(read?.tasks.taskNames).toContain('do_inside');
    expect(read?.tasks.taskNames).not.toContain('do_steal');
    expect(read?.problems.filter((p) => p.code.startsWith('link-')).map((p) => `${p.code} ${p.file}`)).toEqual([
      'link-broken alpha-1.0-r0/do_broken',
      'link-leaves-root alpha-1.0-r0/do_steal',
      'link-leaves-root evil-1.0-r0',
    ]);
    expect(problems.list().map((p) => p.code)).toEqual(['link-leaves-root']);
  });

  test('a pipe, a folder and an unreadable file where task files should be never hang or hide the others', () => {
    const build = join(folder('odd'), '20240607083000');
    cpSync(MULTI, build, { recursive: true });
    execFileSync('mkfifo', [join(build, 'alpha-1.0-r0/do_pipe')]);
    mkdirSync(join(build, 'alpha-1.0-r0/do_folder'));
    const read = readBuildstatsDirectory(build, { nowMs: NOW_MS });
    const whole = readBuildstatsDirectory(MULTI, { nowMs: NOW_MS });
    expect(read.tasks).toEqual(whole.tasks);
    expect(read.problems.map((p) => `${p.code} ${p.file}`)).toContain('file-not-read alpha-1.0-r0/do_folder');
  });

  test('a file larger than any task file is read to its bound', () => {
    const build = join(folder('large'), '20240607083000');
    cpSync(MULTI, build, { recursive: true });
    writeFileSync(join(build, 'alpha-1.0-r0/do_huge'), 'IO rchar: 5\n'.repeat(200_000));
    const read = readBuildstatsDirectory(build, { nowMs: NOW_MS });
    expect(read.problems.map((p) => p.code)).toContain('file-too-large');
    expect(read.tasks.taskNames).toContain('do_compile');
  });
});

type Entry = { name: string; type?: 'file' | 'symlink' | 'link'; linkname?: string; body?: string | Uint8Array };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  const bytes = buffer(pack);
  for (const { name, type = 'file', linkname, body = '' } of entries) {
    pack.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, Buffer.from(body));
  }
  pack.finalize();
  return bytes;
}

function entriesOf(dir: string, prefix: string): Entry[] {
  const files = execFileSync('find', [dir, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n').toSorted().reverse();
  return files.map((file) => ({ name: `${prefix}${relative(dir, file)}`, body: readFileSync(file) }));
}

describe('tars', () => {
  test('plain, gzip and zstd, with and without folders above, give what the directory gives', async () => {
    const expected = content(readBuildstatsDirectory(FAILED, { nowMs: NOW_MS }));
    const plain = await tarOf(entriesOf(FAILED, 'tmp/buildstats/20261121010122/'));
    const bare = await tarOf(entriesOf(FAILED, './'));
    const files: [string, Uint8Array][] = [
      ['a.tar', plain],
      ['a.tar.gz', gzipSync(plain)],
      ['a.tgz', gzipSync(plain)],
      ['a.tar.zst', zstdCompressSync(plain)],
      ['no-suffix', gzipSync(plain)],
      ['20261121010122.tar.gz', gzipSync(bare)],
    ];
    for (const [name, bytes] of files) {
      const path = join(scratch, name);
      writeFileSync(path, bytes);
      const builds = await open(path);
      expect(builds.map(content), name).toEqual([expected]);
    }
  });

  test('several builds in one tar, in any order of entries', async () => {
    const path = join(scratch, 'several.tar');
    writeFileSync(
      path,
      await tarOf([...entriesOf(MULTI, 'b/2/'), ...entriesOf(FAILED, 'b/1/'), { name: 'b/readme.log', body: 'x' }]),
    );
    expect((await open(path)).map((build) => [build.name, build.tasks.length])).toEqual([
      ['2', 6],
      ['1', 53],
    ]);
  });

  test('names that climb out, absolute names and links are refused with a problem; the rest is read', async () => {
    const path = join(scratch, 'slip.tar');
    const task = 'Event: TaskStarted \nStarted: 1717749001.00 \n';
    writeFileSync(
      path,
      await tarOf([
        { name: '../../evil-1-r0/do_x', body: task },
        { name: 'b/20240607083000/../../../evil-1-r0/do_x', body: task },
        { name: '/etc/evil-1-r0/do_x', body: task },
        { name: 'b/20240607083000/alpha-1.0-r0/do_link', type: 'symlink', linkname: '/etc/passwd' },
        { name: 'b/20240607083000/alpha-1.0-r0/do_hard', type: 'link', linkname: '../../../../etc/passwd' },
        ...entriesOf(MULTI, 'b/20240607083000/'),
      ]),
    );
    const problems = new ProblemList();
    const [build, ...more] = await open(path, { problems });
    expect(more).toEqual([]);
    expect(build?.recipes.map((recipe) => recipe.pf)).toEqual(['alpha-1.0-r0']);
    expect(build?.tasks.taskNames).toEqual(['do_compile', 'do_install', 'do_package']);
    expect(problems.list().map((p) => p.code)).toEqual([
      'tar-entry-outside',
      'tar-entry-outside',
      'tar-entry-outside',
      'tar-link',
      'tar-link',
    ]);
  });

  test('a tar that is cut gives what stands before, and both the tar and the build say so', async () => {
    const whole = gzipSync(await tarOf(entriesOf(FAILED, '20261121010122/')));
    const path = join(scratch, 'cut.tar.gz');
    writeFileSync(path, whole.subarray(0, whole.length - 2000));
    const problems = new ProblemList();
    const [build] = await open(path, { problems });
    expect(build?.tasks.length).toBeGreaterThan(0);
    expect(build?.problems.map((p) => p.code)).toContain('tar-damaged');
    expect(problems.list().map((p) => p.code)).toEqual(['tar-damaged']);
    writeFileSync(path, whole.subarray(0, 30));
    await expect(open(path)).rejects.toMatchObject({ code: 'unreadable' });
    writeFileSync(path, Buffer.alloc(4000, 'noise'));
    await expect(open(path)).rejects.toThrow(/cut\.tar\.gz is no complete tar: Invalid tar header\.$/);
  });

  test('a tar that unpacks to more than its bound, or has more entries, is stopped there', async () => {
    const path = join(scratch, 'bomb.tar.gz');
    const zeros = new Uint8Array(8 << 20);
    writeFileSync(path, gzipSync(await tarOf([{ name: 'b/x.log', body: zeros }, ...entriesOf(MULTI, 'b/')])));
    const problems = new ProblemList();
    const bounds = { nowMs: NOW_MS, problems };
    await readTarFile(path, { ...bounds, bytesMax: 1 << 20 });
    await readTarFile(path, { ...bounds, entriesMax: 2 });
    expect(problems.list().map((p) => p.code)).toEqual(['tar-damaged', 'tar-damaged']);
    expect(problems.list()[0]?.message).toMatch(/unpacks to more/);
  });
});

describe('listings', () => {
  let server: Server;
  let base: string;
  /** Bodies by path; a path that ends in `/` is an index of links. */
  const pages = new Map<string, string | Uint8Array>();
  const asked: string[] = [];
  const authorizations: (string | null)[] = [];
  let running = 0;
  let mostRunning = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '');
      asked.push(path);
      authorizations.push(request.headers.authorization ?? null);
      running++;
      mostRunning = Math.max(mostRunning, running);
      setTimeout(() => {
        running--;
        const body = pages.get(path);
        if (path === '/moved/') response.writeHead(301, { location: '/elsewhere/' }).end();
        else if (path === '/slow/build_stats') return;
        else if (body === undefined) response.writeHead(404).end();
        else response.end(body);
      }, 1);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    publish('/pub/testresults/qemux86/buildstats/20261121010122/', FAILED);
    pages.set(
      '/pub/testresults/',
      index(['../', 'qemux86/', 'packed/', 'http://example.invalid/x/', '/secret/', '?C=M;O=A']),
    );
    pages.set('/pub/testresults/qemux86/', index(['/pub/testresults/', 'buildstats/', 'other/']));
    pages.set('/pub/testresults/qemux86/buildstats/', index(['../', '20261121010122/']));
    pages.set('/pub/testresults/packed/', index(['notes.txt', 'builds.tar.zst']));
    pages.set(
      '/pub/testresults/packed/builds.tar.zst',
      zstdCompressSync(await tarOf(entriesOf(MULTI, 'buildstats/20240607083000/'))),
    );
    pages.set('/secret/', index(['build_stats']));
    pages.set('/secret/build_stats', 'Host Info: Linux x\n');
    pages.set('/slow/', index(['build_stats']));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function index(links: readonly string[]): string {
    return `<html><body><pre>${links.map((link) => `<A HREF="${encodeURI(link)}">x</A>  12-Jan-2026 10:00  1K`).join('\n')}</pre>`;
  }

  function publish(at: string, dir: string): void {
    const children = new Map<string, Set<string>>();
    for (const { name, body } of entriesOf(dir, '')) {
      pages.set(at + name, body ?? '');
      const parts = name.split('/');
      for (let i = 0; i < parts.length; i++) {
        const parent =
          at +
          parts
            .slice(0, i)
            .map((part) => `${part}/`)
            .join('');
        const list = children.get(parent) ?? new Set(['../']);
        list.add(parts[i]! + (i < parts.length - 1 ? '/' : ''));
        children.set(parent, list);
      }
    }
    for (const [path, links] of children) pages.set(path, index([...links]));
  }

  test('an index of indexes: builds and tars below the address, and nothing else is asked for', async () => {
    const builds = await open(`${base}/pub/testresults`);
    expect(builds.map((build) => build.name).toSorted()).toEqual(['20240607083000', '20261121010122']);
    const failed = builds.find((build) => build.name === '20261121010122')!;
    expect(content(failed)).toEqual(content(readBuildstatsDirectory(FAILED, { nowMs: NOW_MS })));
    expect(failed.sources[0]?.location).toBe(`${base}/pub/testresults/qemux86/buildstats/20261121010122/`);
    expect(asked.filter((path) => !path.startsWith('/pub/testresults/'))).toEqual([]);
    expect(mostRunning).toBeGreaterThan(1);
    expect(mostRunning).toBeLessThanOrEqual(8);
  });

  test('a tar by its address; a name and password in it are not kept', async () => {
    const address = `${base.replace('//', '//me:geheim@')}/pub/testresults/packed/`;
    const [build] = await open(`${address}builds.tar.zst`);
    expect(build?.sources[0]?.location).toBe(`${base}/pub/testresults/packed/builds.tar.zst!buildstats/20240607083000`);
    expect(authorizations.at(-1)).toBe(`Basic ${Buffer.from('me:geheim').toString('base64')}`);
    await expect(open(`${address}absent.tar`)).rejects.toThrow(/^(?!.*geheim)/s);
  });

  test('a redirect to elsewhere, an absent address and an address without builds each say so', async () => {
    await expect(open(`${base}/moved/`)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(open(`${base}/absent/`)).rejects.toMatchObject({ code: 'not-found' });
    pages.set('/none/', index(['../', 'a.txt']));
    await expect(open(`${base}/none/`)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a file that is missing on the server is a problem of the build', async () => {
    publish('/holes/', MULTI);
    pages.delete('/holes/alpha-1.0-r0/do_install');
    const [build] = await open(`${base}/holes/`);
    expect(build?.tasks.taskNames).toEqual(['do_compile', 'do_package']);
    expect(build?.problems).toContainEqual(
      expect.objectContaining({ code: 'file-unreadable', file: 'alpha-1.0-r0/do_install' }),
    );
  });

  test('bytes, requests and time are bounded; an abort ends at once', async () => {
    const options = { problems: new ProblemList(), nowMs: NOW_MS };
    const all = async (limits: Parameters<typeof openListing>[1]['limits'], path: string, signal?: AbortSignal) => {
      for await (const _ of openListing(base + path, { ...options, signal, ...(limits ? { limits } : {}) }));
    };
    const build = '/pub/testresults/qemux86/buildstats/';
    await expect(all({ bytes: 2000 }, build)).rejects.toMatchObject({ code: 'too-large' });
    await expect(all({ requests: 5 }, build)).rejects.toMatchObject({ code: 'too-large' });
    await expect(all({ totalMs: 50 }, '/slow/')).rejects.toMatchObject({ code: 'too-large' });
    const aborting = new AbortController();
    setTimeout(() => aborting.abort(new Error('enough')), 30);
    await expect(all(undefined, '/slow/', aborting.signal)).rejects.toThrow('enough');
  });
});
