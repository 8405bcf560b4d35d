/** Clients that know nothing of us, as they are: curl, send-error-report, oestats; and what else may be sent to their addresses. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from './index.ts';
import { startForTest } from './start-for-test.ts';

const run = promisify(execFile);
const FIXTURES = join(import.meta.dirname, '../../fixtures');
/** A checkout of oe-core, and others of older releases, by colons. */
const { BAKEHOUSE_TEST_OE_CORE: newest = '', BAKEHOUSE_TEST_OLD_OE_CORES: older = '' } = process.env;
const OE_CORES = [newest, ...older.split(':')].filter((path) => path !== '');

let folder: string;
let server: RunningServer;
let base: string;

async function start(
  rules: Record<string, string> = {},
  data = mkdtempSync(join(folder, 'data-')),
): Promise<{ server: RunningServer; base: string }> {
  const server = await startForTest(folder, { data, ...rules });
  return { server, base: server.base };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-compat-'));
  ({ server, base } = await start());
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Json = Record<string, unknown>;
const fixture = (name: string): string => readFileSync(join(FIXTURES, 'error-report', name), 'utf8');

async function buildAt(address: string): Promise<Json> {
  const page = await fetch(address, { redirect: 'manual' });
  expect(page.status, address).toBe(302);
  const id = page.headers.get('location')!.split('/').at(-1)!;
  return (await (await fetch(`${base}/api/v1/builds/${id}`)).json()) as Json;
}

async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const answer = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    redirect: 'manual',
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

describe('send-error-report', () => {
  it('asks first, without a redirect', async () => {
    for (const path of ['/ClientPost/JSON', '/ClientPost/JSON/']) {
      const answer = await fetch(`${base}${path}`, { redirect: 'manual' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(await answer.json()).toEqual({ error: 'No valid data provided', max_log_size: '5242880' });
    }
    const answer = await fetch(`${base}/ClientPost/`);
    expect([answer.status, await answer.text()]).toEqual([200, 'No valid data provided']);
  });

  it('posts, and is told an address; the same report is the same build', async () => {
    const first = await post('/ClientPost/', fixture('daisy-2014.txt'));
    expect(first).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    const url = /^Your entry can be found here: (http:\/\/localhost:\d+\/b\/\w{16})$/.exec(first.text)?.[1];
    expect((await post('/ClientPost', fixture('daisy-2014.txt'))).text).toBe(first.text);
    const build = await buildAt(url!);
    expect(build).toMatchObject({
      outcome: 'failed',
      machine: 'qemux86',
      builder: 'Jane',
      targets: ['core-image-minimal', 'zlib:do_compile'],
    });
    expect(build.failureList).toMatchObject([
      {
        pf: 'zlib-1.2.8-r0',
        task: 'do_compile',
        cause: "zlib.c:12:5: error: 'z' undeclared (first use in this function)",
      },
    ]);
    // Nobody knows when it began: it is listed where it came in.
    const listed = (await (await fetch(`${base}/api/v1/builds?limit=1`)).json()) as { builds: Json[] };
    expect(listed.builds[0]).toMatchObject({ id: build.id, startedMs: null });
    const log = await fetch(`${base}/api/v1/builds/${build.id}/log?row=0`);
    expect(await log.text()).toContain('gcc -c zlib.c');
  });

  it('is told how often the same failed before, where that may be seen', async () => {
    const report = JSON.parse(fixture('daisy-2014.txt')) as Json;
    const sent = async (machine: string) =>
      JSON.parse((await post('/ClientPost/JSON/', JSON.stringify({ ...report, machine }))).text) as Json;
    const first = await sent('alike-one');
    const second = await sent('alike-two');
    expect(Number(second.num_similar_errors)).toBe(Number(first.num_similar_errors) + 1);
    expect(second.similar_errors_url).toMatch(/^http:\/\/localhost:\d+\/f\/\w{16}\.[0-9a-f]{6}$/);
    const other = JSON.parse(fixture('daisy-2014.txt').replaceAll("'z' undeclared", "'never_seen' undeclared")) as Json;
    expect(JSON.parse((await post('/ClientPost/JSON/', JSON.stringify(other))).text)).toMatchObject({
      num_similar_errors: 0,
    });
  });

  it('with -j is told numbers, which lead to pages', async () => {
    const answer = await post('/ClientPost/JSON/', fixture('error_report_20260101020304.txt'));
    const told = JSON.parse(answer.text) as {
      build_id: number;
      build_url: string;
      failures: { id: number; url: string }[];
    };
    expect(told.failures).toHaveLength(2);
    expect(Number.isInteger(told.build_id)).toBe(true);
    const { id } = await buildAt(told.build_url);
    for (const [path, page] of [
      [`/Errors/Build/${told.build_id}/`, `/buildstats/b/${id}`],
      [`/Errors/Details/${told.failures[1]!.id}/`, `/buildstats/b/${id}/problems`],
    ]) {
      const led = await fetch(`${base}${path}`, { redirect: 'manual' });
      expect([led.status, led.headers.get('location')]).toEqual([302, page]);
    }
    for (const path of ['/Errors/Build/999999/', '/Errors/Details/x/', '/Errors/Details/99999999999/'])
      expect((await fetch(`${base}${path}`)).status).toBe(404);
    for (const path of ['/Errors/Latest/', '/Errors/Search/?query=x', '/Errors/Latest/autobuilder/', '/Statistics/'])
      expect((await fetch(`${base}${path}`, { redirect: 'manual' })).status).toBe(302);
  });

  it('of daisy and dizzy: a form that calls itself JSON, byte for byte', async () => {
    const data = new URLSearchParams({ data: fixture('daisy-2014.txt').replace('qemux86', 'qemuarm') }).toString();
    expect(data).toContain('+');
    const answer = await post('/ClientPost/', data, { 'content-type': 'application/json' });
    expect(answer.status).toBe(200);
    expect(await buildAt(answer.text.slice('Your entry can be found here: '.length))).toMatchObject({
      machine: 'qemuarm',
    });
  });

  it('of reports that upstream refuses: no package, no names, nulls', async () => {
    for (const name of [
      'no-provider.txt',
      'parse-error.txt',
      'hostile.txt',
      'error_report_bitbake_1700000000.txt',
      'nothing-failed.txt',
    ])
      expect((await post('/ClientPost/', fixture(name))).status, name).toBe(200);
  });

  it('hears of what cannot be read as upstream says it', async () => {
    expect(await post('/ClientPost/', '{"failures"')).toMatchObject({ status: 500, text: 'Invalid json' });
    expect(await post('/ClientPost/', '')).toMatchObject({ status: 500, text: 'Invalid json' });
    expect(await post('/ClientPost/', 'data=%zz')).toMatchObject({ status: 500, text: 'Invalid json' });
    expect(await post('/ClientPost/JSON/', 'x')).toMatchObject({ status: 500, text: '{"error":"Invalid json"}' });
    expect(await post('/ClientPost/', '{"machine": "m"}')).toMatchObject({
      status: 500,
      text: expect.stringContaining('Problem reading json payload, '),
    });
  });

  it('a page of another site cannot send in its reader’s name', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    expect((await post('/ClientPost/', fixture('daisy-2014.txt'), headers)).status).toBe(403);
    expect((await post('/api/v1/push', 'x', headers)).status).toBe(403);
    expect((await post('/builds/', 'x', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it.skipIf(OE_CORES.length === 0)(
    'is upstream’s own script (BAKEHOUSE_TEST_OE_CORE names a checkout of oe-core)',
    async () => {
      for (const [i, oeCore] of OE_CORES.entries()) {
        const script = join(oeCore, 'scripts', 'send-error-report');
        const source = readFileSync(script, 'utf8');
        const version = /^version = "([\d.]+)"/m.exec(source)?.[1] ?? '0.2';
        const home = mkdtempSync(join(folder, 'home-'));
        const report = join(home, 'error_report.txt');
        writeFileSync(report, fixture('daisy-2014.txt').replace('qemux86', `machine-${i}`));
        writeFileSync(join(home, '.oe-send-error'), 'Jane Doe\njane@example.org\n');
        const environment = { PATH: process.env.PATH ?? '', HOME: home };
        const host = new URL(base).host;
        const python = /^#!.*python3/.test(source) ? 'python3' : (process.env.BAKEHOUSE_TEST_PYTHON2 ?? 'python2');
        const args =
          version === '0.2'
            ? [report, host]
            : version === '0.3'
              ? [...(source.includes('--no-ssl') ? ['--no-ssl'] : []), '-y', '-s', host, report]
              : ['-y', '-s', base, report];
        const { stdout } = await run(python, [script, ...args], { env: environment, timeout: 30_000 });
        expect(stdout, script).toContain('Your entry can be found here: ');
        const url = /found here: ([^\s']+)/.exec(stdout)![1]!;
        expect(await buildAt(url)).toMatchObject({ machine: `machine-${i}`, builder: 'Jane Doe' });
        if (version === '0.2') continue;
        const json = await run(python, [script, ...args.slice(0, -1), '-j', report], {
          env: environment,
          timeout: 30_000,
        });
        expect(JSON.parse(/\{.*\}/s.exec(json.stdout)![0])).toMatchObject({
          failures: [{ id: expect.any(Number) }],
        });
      }
    },
    120_000,
  );
});

describe('curl', () => {
  const BUILD = join(FIXTURES, 'buildstats', 'era-2021-host-stats');
  let tgz: string;
  beforeAll(async () => {
    tgz = join(folder, 'stats.tar.gz');
    await run('tar', ['-czf', tgz, '-C', BUILD, '.']);
  });
  const curl = async (...args: string[]): Promise<string> =>
    (await run('curl', ['-sS', '--max-time', '30', ...args])).stdout;

  it('-F, -T and --data-binary of one tar: an address a build, the same each time', async () => {
    const form = await curl('-F', `file=@${tgz}`, `${base}/api/v1/push`);
    expect(form).toMatch(/^http:\/\/localhost:\d+\/b\/\w{16}\n/);
    const [url] = form.split('\n');
    expect(await buildAt(url!)).toMatchObject({
      sources: [{ kind: 'buildstats', location: expect.stringMatching(/^stats\.tar\.gz!?/) }],
    });
    expect(await curl('-T', tgz, `${base}/api/v1/push/`)).toContain(url!);
    const raw = JSON.parse(
      await curl('-H', 'Accept: application/json', '--data-binary', `@${tgz}`, `${base}/api/v1/push`),
    ) as {
      builds: Json[];
    };
    expect(raw.builds).toHaveLength(1);
  });

  it('tar and tar.zst, an event log as it is and gzip, an error report with its BUILDNAME', async () => {
    const tar = join(folder, 'plain.tar');
    await run('tar', ['-cf', tar, '-C', BUILD, '.']);
    const zst = join(folder, 'packed.tar.zst');
    writeFileSync(zst, zstdCompressSync(readFileSync(tar)));
    const log = join(FIXTURES, 'eventlog', 'no-provider.json');
    const logGz = join(folder, 'log.json.gz');
    writeFileSync(logGz, gzipSync(readFileSync(log)));
    const report = join(FIXTURES, 'error-report', 'error_report_20190917101112.txt');
    for (const file of [tar, zst, log, logGz, report])
      expect(await curl('-F', `file=@${file}`, `${base}/api/v1/push?visibility=unlisted`), file).toMatch(
        /^http:\/\/\S+\n$/,
      );
    const told = await curl('-F', `file=@${report}`, `${base}/api/v1/push`);
    expect(await buildAt(told.trim())).toMatchObject({ name: '20190917101112' });
  });

  it('several accounts of one build in one form become one build', async () => {
    const real = join(import.meta.dirname, '../../../shared/data/bitbake-real/05-failed-k');
    if (!existsSync(real)) return;
    const tar = join(folder, 'failed.tgz');
    await run('tar', ['-czf', tar, '-C', real, 'buildstats']);
    const report = join(real, 'tmp/log/error-report/error_report_20261121010122.txt');
    const told = await curl(
      '-F',
      `file=@${tar}`,
      '-F',
      `file=@${join(real, 'eventlog-w.json')}`,
      '-F',
      `file=@${report}`,
      `${base}/api/v1/push`,
    );
    const [url, ...rest] = told.trim().split('\n');
    expect(rest.filter((line) => !line.startsWith('#'))).toEqual([]);
    const build = await buildAt(url!);
    expect((build.sources as Json[]).map(({ kind }) => kind)).toEqual(['eventlog', 'buildstats', 'error-report']);
    expect(build.logs).toHaveLength(4);
    expect(JSON.stringify(build.sources)).not.toContain('bakehouse-push-');
  });

  it('an unlisted build is in no list, and no number leads a stranger to it', async () => {
    const hidden = await start({ visibility: 'unlisted' });
    // As it comes through a proxy: not the owner's own machine.
    const stranger = { 'x-forwarded-for': '192.0.2.1' };
    const body = fixture('daisy-2014.txt');
    const posted = await fetch(`${hidden.base}/ClientPost/JSON/`, { method: 'POST', headers: stranger, body });
    const told = (await posted.json()) as {
      build_id: number;
      build_url: string;
      failures: { id: number; url: string }[];
    };
    expect(told.failures[0]!.url).toBe(told.build_url);
    const ask = (address: string) => fetch(address, { headers: stranger, redirect: 'manual' });
    expect((await ask(told.build_url)).status).toBe(302);
    for (const number of [told.build_id, told.failures[0]!.id])
      expect((await ask(`${hidden.base}/Errors/Details/${number}/`)).status).toBe(404);
    expect(await (await ask(`${hidden.base}/api/v1/builds`)).text()).toContain('"matching":0');
    const own = await fetch(`${hidden.base}/Errors/Build/${told.build_id}/`, { redirect: 'manual' });
    expect(own.status).toBe(302);
    await hidden.server.close();
  });
});

describe('what else may be sent', () => {
  it('names that lead out of a tar are refused and said; the build beside them is kept', async () => {
    const tree = join(folder, 'evil', 'buildstats');
    cpSync(join(FIXTURES, 'buildstats', 'era-2021-host-stats'), tree, { recursive: true });
    const evil = join(folder, 'evil.tar');
    await run('tar', ['-cf', evil, '-C', tree, '.']);
    mkdirSync(join(folder, 'evil', 'etc'));
    writeFileSync(join(folder, 'evil', 'etc', 'do_compile'), 'Started: 1\n');
    await run('tar', [
      '-rPf',
      evil,
      '--transform',
      's,.*,../../../../../tmp/evil-bakehouse/foo-1-r0/do_compile,',
      join(folder, 'evil', 'etc', 'do_compile'),
    ]);
    const answer = await post('/api/v1/push', readFileSync(evil), { accept: 'application/json' });
    const told = JSON.parse(answer.text) as { builds: Json[]; problems: { code: string }[] };
    expect(told.builds).toHaveLength(1);
    expect(told.problems.map(({ code }) => code)).toContain('tar-entry-outside');
    expect(existsSync('/tmp/evil-bakehouse')).toBe(false);
  });

  it('names of files are names: paths, controls and markup in them go nowhere', async () => {
    for (const name of [
      '../../etc/passwd',
      '..\\\\x',
      '\u001b[31mred.txt',
      '<img src=x>.txt',
      '.',
      '-rf',
      'x'.repeat(5000),
    ]) {
      const form = new FormData();
      form.append('file', new Blob([fixture('daisy-2014.txt')]), name);
      const answer = await fetch(`${base}/api/v1/push`, { method: 'POST', body: form });
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f<]/);
    }
  });

  it('rubbish, bombs and half a form are answered with what is wrong, and nothing is left behind', async () => {
    const { readdirSync } = await import('node:fs');
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('bakehouse-push-'));
    const bomb = gzipSync(Buffer.alloc(80 << 20));
    expect((await post('/ClientPost/', bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await post('/ClientPost/', 'x', { 'content-encoding': 'br' })).status).toBe(400);
    expect((await post('/api/v1/push', 'neither')).status).toBe(422);
    expect((await post('/api/v1/push', '')).status).toBe(422);
    expect((await post('/api/v1/push', bomb)).status).toBe(422);
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of [
      '',
      '--x',
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc',
      'rubbish',
    ])
      expect((await post('/api/v1/push', body, multipart)).status, body).toBeGreaterThanOrEqual(400);
    expect(
      (await post('/api/v1/push', '--x--\r\n', { 'content-type': 'multipart/form-data' })).status,
    ).toBeGreaterThanOrEqual(400);
    const many = new FormData();
    for (let i = 0; i < 30; i++) many.append('file', new Blob(['x']), `f${i}`);
    expect((await fetch(`${base}/api/v1/push`, { method: 'POST', body: many })).status).toBe(413);
    // A client that goes away in the middle.
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1', () => {
        socket.write('POST /api/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nhalf');
        setTimeout(() => socket.destroy(), 200);
      });
      socket.on('close', () => setTimeout(resolve, 500));
    });
    // Removed just after the answer; a test beside this one may have its own for a moment.
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    expect((await fetch(`${base}/health`)).status).toBe(200);
  });

  it('what is announced as too large is refused before it is sent', async () => {
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(base).port), '127.0.0.1', () => {
        socket.write(`POST /ClientPost/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${65 << 20}\r\n\r\n`);
      });
      socket.once('data', (data) => {
        resolve(String(data).split('\r\n', 1)[0]!);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(status).toContain('413');
  });
});

describe('oestats', () => {
  /** As the client 0.3 and 0.5 composes it: a fixed boundary, fields, then files. */
  function form(fields: Record<string, string>, files: Record<string, string> = {}): string {
    const boundary = '-----------------------------oestats';
    const parts = [
      ...Object.entries(fields).map(
        ([name, value]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`,
      ),
      ...Object.entries(files).map(
        ([name, value]) =>
          `Content-Disposition: form-data; name="${name}"; filename="${name}.txt"\r\nContent-Type: text/plain\r\n\r\n${value}`,
      ),
    ];
    return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
  }
  const headers = {
    'content-type': 'multipart/form-data; boundary=-----------------------------oestats',
    'user-agent': 'oestats-client/0.5',
  };
  const begin = {
    builder: 'nick',
    build_arch: 'x86_64',
    metadata_branch: 'org.openembedded.dev',
    metadata_revision: 'abcdef0123',
    machine: 'beagleboard',
    distro: 'angstrom-2008.1',
  };
  const task = {
    package: 'zlib',
    version: '1.2.3',
    revision: 'r5',
    depends: '',
    task: 'do_compile',
    status: 'Succeeded',
    time: '12.5',
  };

  async function until(url: string, done: (build: Json) => boolean): Promise<Json> {
    for (let tries = 0; tries < 200; tries++) {
      const page = await fetch(url, { redirect: 'manual' });
      if (page.status === 302) {
        const build = await buildAt(url);
        if (done(build)) return build;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the build did not come');
  }

  it('0.3 to 0.5: a build of tasks with durations, a failure with its log', async () => {
    const number = await post('/builds/', form(begin), headers);
    expect(number).toMatchObject({ status: 200, text: expect.stringMatching(/^\d+$/) });
    const build = number.text;
    const one = await post('/tasks/', form({ build, ...task }), headers);
    expect(one).toMatchObject({ status: 200, text: expect.stringMatching(/^\/b\/\w{16}$/) });
    await post('/tasks/', form({ build, ...task, task: 'do_install', time: '0.25' }), headers);
    const failed = await post(
      '/tasks/',
      form(
        { build, ...task, package: 'glibc', version: '2.9', task: 'do_compile', status: 'Failed', time: '3' },
        { log: 'gcc\nfoo.c:1: error: no\n' },
      ),
      headers,
    );
    const running = await until(`${base}${failed.text}`, (seen) => seen.failures === 1);
    expect(running).toMatchObject({ machine: 'beagleboard', builder: 'nick', distro: 'angstrom-2008.1' });
    expect((await post(`/builds/${build}/`, form({ status: 'Failed' }), headers)).status).toBe(200);
    const ended = await until(`${base}${failed.text}`, (seen) => seen.outcome === 'failed');
    expect(ended.failureList).toMatchObject([{ pf: 'glibc-2.9-r5', task: 'do_compile', cause: 'foo.c:1: error: no' }]);
    expect(ended.logs).toHaveLength(1);
    expect((await post('/tasks/', form({ build, ...task }), headers)).status).toBe(409);
    const csv = await (await fetch(`${base}/api/v1/builds/${ended.id}/tasks.csv`)).text();
    expect(csv.split('\n').filter((line) => line.includes('zlib'))).toHaveLength(2);
    expect(csv).toContain('12.5');
  });

  it('the first version: urlencoded, other addresses', async () => {
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
    const number = await post('/builds/start/', body({ ...begin, revision: 'abc' }), urlencoded);
    expect(number.text).toMatch(/^\d+$/);
    const told = await post(`/builds/task/${number.text}/`, body(task), urlencoded);
    expect(told.status, told.text).toBe(200);
    expect((await post(`/builds/stop/${number.text}/`, body({ status: 'Succeeded' }), urlencoded)).status).toBe(200);
    expect(await until(`${base}${told.text}`, (seen) => seen.outcome === 'succeeded')).toMatchObject({
      builder: 'nick',
    });
  });

  it('goes on after a restart: the number stays, a recipe is the same recipe', async () => {
    const data = mkdtempSync(join(folder, 'again-'));
    const send = async (at: string, path: string, body: string) =>
      (await fetch(`${at}${path}`, { method: 'POST', headers, body })).text();
    const before = await start({}, data);
    const build = await send(before.base, '/builds/', form(begin));
    await send(before.base, '/tasks/', form({ build, ...task }));
    await before.server.close();
    const after = await start({}, data);
    const path = await send(after.base, '/tasks/', form({ build, ...task, task: 'do_install' }));
    expect(path).toMatch(/^\/b\/\w{16}$/);
    await send(after.base, `/builds/${build}/`, form({ status: 'Succeeded' }));
    const ended = async (): Promise<Json | null> => {
      const listed = (await (await fetch(`${after.base}/api/v1/builds`)).json()) as { builds: Json[] };
      const [one] = listed.builds;
      if (one?.outcome !== 'succeeded') return null;
      return (await (await fetch(`${after.base}/api/v1/builds/${one.id}`)).json()) as Json;
    };
    await expect.poll(ended, { timeout: 10_000 }).toMatchObject({
      taskNames: ['do_compile', 'do_install'],
      recipes: [{ pf: 'zlib-1.2.3-r5' }],
    });
    await after.server.close();
  });

  it('numbers that are none, or nobody’s, and tasks without a name', async () => {
    for (const build of ['', 'x', '0', '99999999', '-1', '1e3', '99999999999999999999'])
      expect((await post('/tasks/', form({ build, ...task }), headers)).status, build).toBeGreaterThanOrEqual(400);
    const number = (await post('/builds/', form({}), headers)).text;
    expect((await post('/tasks/', form({ build: number }), headers)).status).toBe(400);
    const odd = {
      build: number,
      package: '__proto__',
      version: '<b>',
      revision: '\u001b[0m',
      task: '../x',
      status: '?',
      time: 'NaN',
    };
    expect((await post('/tasks/', form(odd), headers)).status).toBe(200);
  });
});

describe('where pushing is bounded', () => {
  it('closed: nothing is taken, and the client hears it at its first question', async () => {
    const closed = await start({ push: 'closed' });
    const ask = (path: string, method = 'POST') =>
      fetch(`${closed.base}${path}`, { method, ...(method === 'POST' ? { body: 'x' } : {}) });
    for (const path of ['/ClientPost/', '/ClientPost/JSON/', '/builds/', '/tasks/', '/api/v1/push'])
      expect((await ask(path)).status, path).toBe(403);
    expect((await ask('/ClientPost/JSON', 'GET')).status).toBe(403);
    await closed.server.close();
  });

  it('by token: refused without one, in words', async () => {
    const bounded = await start({ push: 'token' });
    for (const path of ['/ClientPost/', '/builds/', '/api/v1/push']) {
      const answer = await fetch(`${bounded.base}${path}`, { method: 'POST', body: fixture('daisy-2014.txt') });
      expect(answer.status, path).toBe(401);
      expect(await answer.text()).toContain('token');
    }
    expect((await fetch(`${bounded.base}/ClientPost/JSON`)).status).toBe(200);
    await bounded.server.close();
  });
});
