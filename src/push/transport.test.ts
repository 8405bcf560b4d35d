/** Requests over TLS through a real proxy that makes tunnels, as stands between a company and the world. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NotReached, openTransport, type ProxySettings, type Request } from './transport.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('https through a proxy', () => {
  const authorities = getCACertificates('default');
  let folder: string;
  let server: https.Server;
  let proxy: http.Server;
  let origin: string;
  let fate: 'tunnel' | 'refuse' | 'hang up' = 'tunnel';
  /** What the proxy was asked for, and what it saw go by. */
  let asked: { to: string | undefined; authorization: string | undefined }[] = [];
  let seen = Buffer.alloc(0);
  let headers: http.IncomingHttpHeaders = {};
  const sockets = new Set<Socket>();

  const listening = async (one: Server): Promise<number> => {
    await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
    return (one.address() as AddressInfo).port;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    server = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      headers = request.headers;
      request.resume().on('end', () => response.end('{"said":"hello"}'));
    });
    origin = `https://localhost:${await listening(server)}`;
    setDefaultCACertificates([...authorities, readFileSync(certificate, 'utf8')]);
    proxy = http.createServer((_, response) => response.writeHead(400).end());
    proxy.on('connect', (request: http.IncomingMessage, client: Socket, head: Buffer) => {
      sockets.add(client);
      client.on('error', () => {});
      asked.push({ to: request.url, authorization: request.headers['proxy-authorization'] });
      if (fate === 'hang up') client.destroy();
      else if (fate === 'refuse') client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      else {
        const { hostname, port } = new URL(`http://${request.url}`);
        const upstream = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname, () => {
          client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
          upstream.write(head);
          client.on('data', (bytes: Buffer) => {
            seen = Buffer.concat([seen, bytes]);
          });
          client.pipe(upstream).pipe(client);
        });
        upstream.on('error', () => client.destroy());
        sockets.add(upstream);
      }
    });
    await listening(proxy);
  });
  afterAll(() => {
    setDefaultCACertificates(authorities);
    for (const socket of sockets) socket.destroy();
    proxy.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    fate = 'tunnel';
    asked = [];
    seen = Buffer.alloc(0);
  });

  const request: Request = {
    method: 'POST',
    path: '/api/v1/uploads',
    headers: { 'bakehouse-secret': 'a-secret-of-a-build' },
    body: Buffer.from('{"about":"a build"}'),
  };
  const address = (user = ''): string => `http://${user}127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const asking = async (proxies: ProxySettings, times = 1): Promise<unknown> => {
    const { send, close } = openTransport(origin, proxies);
    try {
      let answer: unknown;
      for (let i = 0; i < times; i++) answer = (await send(request)).json;
      return answer;
    } finally {
      close();
    }
  };

  test('one tunnel for all requests, in which the proxy reads nothing', async () => {
    expect(await asking({ https_proxy: address() }, 3)).toEqual({ said: 'hello' });
    expect(asked).toEqual([{ to: origin.slice('https://'.length), authorization: undefined }]);
    expect(headers['bakehouse-secret']).toBe('a-secret-of-a-build');
    expect(seen.length).toBeGreaterThan(300);
    expect(seen.includes('secret')).toBe(false);
  });

  test('name and password are for the proxy, and for nobody behind it', async () => {
    await asking({ https_proxy: address('jane:p%40ss@') });
    expect(asked[0]!.authorization).toBe(`Basic ${Buffer.from('jane:p@ss').toString('base64')}`);
    expect(headers['proxy-authorization']).toBeUndefined();
  });

  test('the proxy for http is not asked for https, nor any for what no_proxy names', async () => {
    expect(await asking({ http_proxy: address() })).toEqual({ said: 'hello' });
    expect(await asking({ https_proxy: address(), no_proxy: '.example.org,localhost' })).toEqual({ said: 'hello' });
    expect(asked).toEqual([]);
  });

  test('a proxy that refuses, that hangs up, that is not there: said, and not by going round it', async () => {
    fate = 'refuse';
    await expect(asking({ https_proxy: address() })).rejects.toThrow(NotReached);
    await expect(asking({ https_proxy: address() })).rejects.toThrow(/407|proxy/i);
    fate = 'hang up';
    await expect(asking({ https_proxy: address() })).rejects.toThrow(NotReached);
    headers = {};
    await expect(asking({ https_proxy: 'http://127.0.0.1:9' })).rejects.toThrow('nothing listens there');
    expect(headers).toEqual({});
  });

  test('a certificate that nobody vouches for is not believed inside the tunnel either', async () => {
    const ours = getCACertificates('default');
    setDefaultCACertificates(authorities);
    try {
      headers = {};
      await expect(asking({ https_proxy: address() })).rejects.toThrow(NotReached);
      expect(headers).toEqual({});
    } finally {
      setDefaultCACertificates(ours);
    }
  });
});
