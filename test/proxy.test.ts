/** The proxy configuration that is shipped, run by a real nginx with TLS in front of a real server: pages, uploads and events go through. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderAssets } from '../src/server/assets.ts';
import { type RunningServer, readSettings, startServer } from '../src/server/index.ts';
import { hasNginx, requirePart } from './real-parts.ts';
import { sha256, streamOf, UploadTester } from './upload-server.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The shipped file with this test's ports, name and certificate. */
function siteFor(folder: string, ports: { http: number; https: number; server: number }): string {
  const shipped = readFileSync(join(import.meta.dirname, '../deploy/nginx.conf'), 'utf8');
  const changes: readonly [RegExp, string][] = [
    [/listen \[::\][^\n]*\n/g, '\n'],
    [/listen 80;/g, `listen 127.0.0.1:${ports.http};`],
    [/listen 443 /g, `listen 127.0.0.1:${ports.https} `],
    [/127\.0\.0\.1:8080/g, `127.0.0.1:${ports.server}`],
    [/builds\.example\.org/g, 'localhost'],
    [/\/etc\/ssl\/bakehouse/g, folder],
  ];
  return changes.reduce((text, [from, to]) => {
    if (!from.test(text)) throw new Error(`deploy/nginx.conf has no ${from}`);
    return text.replaceAll(from, to);
  }, shipped);
}

describe.skipIf(!hasNginx)('behind nginx as deploy/nginx.conf has it', { timeout: 60_000 }, () => {
  let folder: string;
  let server: RunningServer;
  let nginx: ChildProcess;
  let origin: string;
  let plain: string;
  const authorities = getCACertificates('default');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    const ports = { http: await freePort(), https: await freePort(), server: await freePort() };
    origin = `https://localhost:${ports.https}`;
    plain = `http://localhost:${ports.http}`;
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'.split(' '),
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', join(folder, 'privkey.pem')],
        ...['-out', join(folder, 'fullchain.pem')],
      ],
      { stdio: 'ignore' },
    );
    setDefaultCACertificates([...authorities, readFileSync(join(folder, 'fullchain.pem'), 'utf8')]);

    mkdirSync(join(folder, 'web'));
    writeFileSync(join(folder, 'web/index.html'), '<!doctype html><html><head></head><body>page</body></html>');
    const settings = await readSettings({
      flags: {
        port: ports.server,
        data: join(folder, 'data'),
        publicUrl: origin,
        trustProxy: ['127.0.0.1'],
        push: 'anonymous',
        logLevel: 'silent',
      },
      environment: {},
      folder,
      terminal: false,
    });
    server = await startServer(settings, { assets: folderAssets(join(folder, 'web')) });

    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    writeFileSync(join(folder, 'site.conf'), siteFor(folder, ports));
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${join(folder, 'pid')};
       events {} http { access_log ${join(folder, 'access.log')}; ${temporary.join(' ')} include ${join(folder, 'site.conf')}; }`,
    );
    nginx = spawn(requirePart('nginx'), ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
      stdio: 'inherit',
    });
    for (let n = 0; ; n++) {
      const answer = await fetch(`${origin}/health`).catch(() => null);
      if (answer?.status === 200) break;
      if (n > 100) throw new Error('nginx does not answer');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 60_000);
  afterAll(async () => {
    if (!hasNginx) return;
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await Promise.all([gone, server.close()]);
    setDefaultCACertificates(authorities);
    rmSync(folder, { recursive: true });
  });

  it('shows the page, by TLS only', async () => {
    const page = await fetch(`${origin}/buildstats`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('page');
    expect(page.headers.get('strict-transport-security')).toContain('max-age');
    const moved = await fetch(`${plain}/buildstats?q=1`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([308, 'https://localhost/buildstats?q=1']);
  });

  it('takes a build and a large log, and tells listeners at once', async () => {
    const events = await fetch(`${origin}/api/v1/events`);
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const hear = async (what: string): Promise<void> => {
      while (!heard.includes(what)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the events ended: ${heard}`);
        heard += value;
      }
    };
    await hear('retry: 2000');

    const client = new UploadTester();
    // More than nginx takes unless told, and random: nothing makes it smaller on the way.
    const log = randomBytes(12 << 20);
    const hash = sha256(log);
    const named = {
      type: 'log',
      kind: 'failure',
      recipe: 0,
      task: 'do_compile',
      mc: '',
      blob: hash,
      bytes: log.length,
    };
    const [first = '', ...rest] = streamOf(client.id, 2000).toString().split('\n');
    const stream = Buffer.from([first, ...rest.slice(0, 3), JSON.stringify(named), ...rest.slice(3)].join('\n'));
    expect(await client.send(origin, stream, [stream.indexOf(10, 1000) + 1])).toEqual({
      offset: stream.length,
      complete: true,
    });
    const met = await client.meet(origin);
    expect(met.json).toMatchObject({ complete: true, url: expect.stringMatching(`^${origin}/b/[0-9a-z]{16}$`) });
    await hear(`"id":"${client.id}"`);
    await reader.cancel();
    expect((await fetch(`${origin}/api/v1/builds/${client.id}`)).status).toBe(200);

    const put = await client.ask(origin, 'PUT', `/uploads/${client.id}/blobs/${hash}`, log);
    expect([put.status, put.json]).toEqual([200, { stored: true }]);
    const kept = await fetch(`${origin}/api/v1/builds/${client.id}/log.txt?blob=${hash}`);
    expect(sha256(new Uint8Array(await kept.arrayBuffer()))).toBe(hash);
  });

  it('is another machine to the server: what only this one may is refused', async () => {
    const sample = await fetch(`${origin}/api/v1/sample`, { method: 'POST', headers: { origin } });
    expect(sample.status).toBe(403);
    expect((await fetch(`${origin}/metrics`)).status).toBe(404);
    expect((await fetch(`${new URL(server.url).origin}/metrics`)).status).toBe(200);
  });

  it('writes no token of an address into its log', async () => {
    await fetch(`${origin}/t/bkh_secretsecret/builds/`);
    await fetch(`${origin}/health?seen`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const log = readFileSync(join(folder, 'access.log'), 'utf8');
    expect(log).toContain('/health?seen');
    expect(log).not.toContain('bkh_');
  });
});
