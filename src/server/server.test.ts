/** The process as it runs: real sockets, real threads, a database on disk. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Replay } from '../../test/replay-build.ts';
import { BuildsPage, SampleImported, type ServerEvent } from '../api/contract.ts';
import { type RunningServer, readSettings, type StartOptions, startServer } from './index.ts';
import type { Flags } from './settings.ts';

let folder: string;
let server: RunningServer | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'server-'));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(folder, { recursive: true, force: true });
});

async function start(flags: Flags = {}, options: StartOptions = {}): Promise<string> {
  const settings = await readSettings({
    flags: { port: 0, data: join(folder, 'data'), logLevel: 'silent', ...flags },
    environment: {},
    folder,
    terminal: false,
  });
  server = await startServer(settings, options);
  return new URL(server.url).origin;
}

async function builds(origin: string): Promise<BuildsPage> {
  return BuildsPage.parse(await (await fetch(`${origin}/api/v1/builds`)).json());
}

/** fetch sets no Origin of our choosing; node:http does. */
function post(origin: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}/api/v1/sample`, { method: 'POST', headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function* events(origin: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await fetch(`${origin}/api/v1/events`, { signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) if (message.startsWith('data: ')) yield JSON.parse(message.slice(6)) as ServerEvent;
  }
}

const replaySource = new URL('../../fixtures/buildstats/real-04-sstate/buildstats/20261121010143', import.meta.url)
  .pathname;
const sample = new URL('../../fixtures/sample/sample.tar.zst', import.meta.url).pathname;

describe('the server', () => {
  it('reads the given path, tells of it, answers, and the second start changes nothing', async () => {
    const path = join(folder, 'sample.tar.zst');
    cpSync(sample, path);
    const first: ServerEvent[] = [];
    const origin = await start({ paths: [path], watch: false }, { onEvent: (event) => first.push(event) });
    await server?.firstReading;
    const page = await builds(origin);
    expect(page.total).toBe(3);
    await expect.poll(() => first.at(-1)).toEqual({ type: 'idle' });
    expect(new Set(first.filter((e) => e.type === 'build').map((e) => e.id))).toEqual(
      new Set(page.builds.map((b) => b.id)),
    );
    expect(first.some((e) => e.type === 'reading' && e.location === path)).toBe(true);
    await server?.close();

    const second: ServerEvent[] = [];
    const again = await start({ paths: [path], watch: false }, { onEvent: (event) => second.push(event) });
    await server?.firstReading;
    expect((await builds(again)).builds).toEqual(page.builds);
    await expect.poll(() => second.at(-1)).toEqual({ type: 'idle' });
    expect(second.filter((e) => e.type === 'build')).toEqual([]);
  });

  it('answers while it reads, and says what it cannot read', async () => {
    const warnings: string[] = [];
    const origin = await start(
      { paths: [join(folder, 'nowhere')] },
      { onWarning: (message) => warnings.push(message) },
    );
    expect((await fetch(`${origin}/health`)).status).toBe(200);
    await server?.firstReading;
    expect(warnings).toEqual([expect.stringContaining('nowhere')]);
    expect((await builds(origin)).total).toBe(0);
  });

  it('lets a page of its own on this machine load the sample, once, and nobody else', async () => {
    const origin = await start({ temporary: true });
    for (const headers of [
      {},
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site', origin },
      { 'sec-fetch-site': 'same-site' },
      { origin, 'x-forwarded-for': '192.0.2.1' },
      { origin: 'null' },
    ]) {
      const refused = await post(origin, headers as Record<string, string>);
      expect(refused.status, JSON.stringify(headers)).toBe(403);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'forbidden' });
    }
    expect((await builds(origin)).total).toBe(0);

    const stop = new AbortController();
    const heard: ServerEvent[] = [];
    const listening = (async () => {
      for await (const event of events(origin, stop.signal)) heard.push(event);
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    const loaded = await post(origin, { origin, 'sec-fetch-site': 'same-origin' });
    expect(loaded.status, loaded.body).toBe(200);
    const { id, ids, changed } = SampleImported.parse(JSON.parse(loaded.body));
    expect(changed).toBe(true);
    expect(ids).toContain(id);
    const page = await builds(origin);
    expect(page.builds[0]?.id).toBe(id);
    await expect.poll(() => heard.some((event) => event.type === 'build' && event.id === id)).toBe(true);
    const again = await post(origin, { origin });
    expect(SampleImported.parse(JSON.parse(again.body))).toEqual({ id, ids, changed: false });
    stop.abort();
    await listening;
  });

  it('leaves nothing of a temporary store', async () => {
    const origin = await start({ temporary: true, data: join(folder, 'unused') });
    await builds(origin);
    await server?.close();
    expect(existsSync(join(folder, 'unused'))).toBe(false);
  });

  it('says what to do when the port is taken or the data folder cannot be', async () => {
    const origin = await start();
    const port = Number(new URL(origin).port);
    const settings = await readSettings({
      flags: { port, data: join(folder, 'other'), logLevel: 'silent' },
      environment: {},
      folder,
      terminal: false,
    });
    await expect(startServer(settings)).rejects.toThrow(/Port \d+ of 127\.0\.0\.1 is in use: give another with --port/);
    await expect(startServer({ ...settings, database: `sqlite:${sample}/x.db` })).rejects.toThrow(/--data/);
  });

  it('shows a build that runs while it runs, and finished when it is', async () => {
    const at = Math.round(Date.now() / 1000) - 12;
    const target = join(folder, 'tmp', 'buildstats', '20261121010143');
    const replay = new Replay(replaySource, target, null, at);
    replay.advance(replay.startMs + 5000);
    const heard: ServerEvent[] = [];
    const origin = await start({ paths: [join(folder, 'tmp')] }, { onEvent: (event) => heard.push(event) });
    await server?.firstReading;
    const [first] = (await builds(origin)).builds;
    expect(first).toMatchObject({ outcome: 'running', endedMs: null });
    replay.advance(replay.startMs + 12_000);
    const running = async () => (await builds(origin)).builds[0];
    await expect.poll(async () => (await running())?.tasks, { timeout: 10_000 }).toBeGreaterThan(first?.tasks ?? 0);
    expect(await running()).toMatchObject({ id: first?.id, outcome: 'running' });
    replay.advance(replay.endMs);
    await expect.poll(async () => (await running())?.outcome, { timeout: 10_000 }).toBe('succeeded');
    const { builds: all } = await builds(origin);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ id: first?.id, durationMs: replay.endMs - replay.startMs });
    expect(heard.filter((event) => event.type === 'build' && event.id === first?.id).length).toBeGreaterThanOrEqual(3);
  });

  it('answers 503 in words when the store cannot be opened', async () => {
    const origin = await start({ database: 'postgres://127.0.0.1:1/none' });
    const response = await fetch(`${origin}/api/v1/builds`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(/^The database cannot be opened: .*127\.0\.0\.1:1/),
    });
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });

  it('closes with pages listening', async () => {
    const origin = await start({ temporary: true });
    const stop = new AbortController();
    const stream = events(origin, stop.signal);
    expect((await stream.next()).value).toEqual({ type: 'idle' });
    const before = performance.now();
    await server?.close();
    expect(performance.now() - before).toBeLessThan(5000);
    await stream.next().catch(() => {});
  });
});
