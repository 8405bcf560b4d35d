import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../test/blob-store-promise.ts';
import { FailureDetail } from '../api/contract.ts';
import { indexFailures } from '../collector/index-failures.ts';
import { shortIdOf } from '../collector/short-id.ts';
import { drawBuild } from '../model/draw-build.ts';
import type { OperationContext } from '../operations/context.ts';
import { localRunner } from '../operations/run.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { failureKeys } from '../store/facts.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE } from '../store/store.ts';
import { createEventHub } from './event-hub.ts';
import { createHttp } from './http.ts';

const PUBLIC = 'a1111111-1111-4111-8111-111111111111';
const PRIVATE = 'c3333333-3333-4333-8333-333333333333';
const START = Date.UTC(2026, 10, 1);
const HOSTILE = `zlib.c:12:3: error: </noscript></pre><script>alert(1)</script> $& "quoted" \u202e`;
const LOG = `NOTE: begin\n\u001b[31mcc -c zlib.c\n${HOSTILE}\u001b[m\u001b]0;title\u0007\nmake: *** [zlib.o] Error 1\n`;
const PAGE =
  '<!doctype html><html><head><title>Bakehouse</title></head><body><noscript>Needs scripts.</noscript></body></html>';
const FAILED = { row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '' };
const [KEY] = failureKeys([{ ...FAILED, cause: null, logPath: null }]);
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'user-agent': 'Mozilla/5.0' };
const BOT = { accept: '*/*', 'user-agent': 'Slackbot-LinkExpanding 1.0' };
const CURL = { accept: '*/*', 'user-agent': 'curl/8.5.0' };

describe('the address of a failure', () => {
  let app: Awaited<ReturnType<typeof createHttp>>;
  let context: OperationContext;

  beforeAll(async () => {
    const store = await openStore('sqlite::memory:');
    const blobs = memoryBlobs();
    const blob = hashOf(Buffer.from(LOG));
    await store.blobIndex.noteBlob(blob, await blobs.put(blob, [Buffer.from(LOG)], 1e6), START);
    context = {
      store,
      wholeStore: store,
      blobs,
      viewer: CONSOLE,
      collector: null,
      now: () => START,
      version: '1',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    for (const [id, visibility, name] of [
      [PUBLIC, 'public', 'known'],
      [PRIVATE, 'private', 'zzprivate'],
    ] as const)
      await store.saveBuild(
        id,
        {
          ...drawBuild('zlib_1.3:do_compile ===F'),
          name,
          startedMs: START,
          endedMs: START + 9000,
          machine: `${name}<machine>`,
          outcome: 'failed',
          layers: [{ name: 'meta', branch: 'master', commit: 'a'.repeat(40), modified: true }],
          failures: [{ ...FAILED, cause: `${name} cause`, logPath: null }],
          logs: [{ ...FAILED, kind: 'failure', blob, bytes: LOG.length, originalBytes: null }],
        },
        { access: { visibility, owner: null, receivedMs: START } },
      );
    await indexFailures({ store, blobs });
    const index = { type: 'text/html', bytes: Buffer.from(PAGE), gzip: null, immutable: false };
    app = await createHttp({
      runner: localRunner(context),
      events: createEventHub(),
      activity: () => ({ watching: [], reading: null }),
      assets: { get: (path) => (path === 'index.html' ? index : null) },
      version: '1',
      hosts: { host: '127.0.0.1', allowedHosts: [] },
    });
  });
  afterAll(async () => {
    await app.close();
    await context.store.close();
  });
  const get = (url: string, headers: Record<string, string>) =>
    app.inject({ method: 'GET', url, headers: { host: 'localhost:8080', ...headers } });

  test('is text for a terminal, and nothing in it that a terminal obeys', async () => {
    for (const [url, headers] of [
      [`/f/a1111111.${KEY}`, CURL],
      [`/buildstats/f/a1111111.${KEY}`, CURL],
      [`/f/a1111111.${KEY}.txt`, BROWSER],
      [`/f/a1111111.${KEY}`, { accept: 'text/plain' }],
    ] as const) {
      const answer = await get(url, headers);
      expect(answer.statusCode, url).toBe(200);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).toMatch(/^zlib-1\.3-r0 do_compile failed: zlib\.c:12:3: error: /);
      expect(answer.body).toContain(`http://localhost:8080/f/a1111111.${KEY}\n`);
      expect(answer.body).toMatch(/^> +3 {2}zlib\.c:12:3: error: /m);
      expect(answer.body).toMatch(/^Machine +known<machine>$/m);
      expect(answer.body).toMatch(/^Layers +meta master aaaaaaaaaa <https:\/\/.+> modified$/m);
      expect(answer.body).toMatch(/^Log, all 4 lines, .+: http:\/\/localhost:8080\/api\/v1\/builds\/.+\/log\.txt\?/m);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(answer.body).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202e]/);
    }
  });

  test('leads a browser and a chat bot to the page, with what failed in its title and all of it in words', async () => {
    for (const headers of [BROWSER, BOT]) {
      const short = await get(`/f/a1111111.${KEY}`, headers);
      expect([short.statusCode, short.headers.location]).toEqual([302, `/buildstats/f/a1111111.${KEY}`]);
      const { body, statusCode, headers: told } = await get(`/buildstats/f/a1111111.${KEY}`, headers);
      expect(statusCode).toBe(200);
      expect(told['content-security-policy']).toContain('nonce-');
      expect(body).toMatch(
        /<title>zlib-1\.3-r0 do_compile failed: zlib\.c:12:3: error: &lt;\/noscript&gt;.* · Bakehouse<\/title>/,
      );
      expect(body).toMatch(
        /<meta property="og:title" content="zlib-1\.3-r0 do_compile failed: zlib\.c:12:3: error: [^"]*">/,
      );
      expect(body).toContain(`<meta property="og:url" content="http://localhost:8080/f/a1111111.${KEY}">`);
      const words = /<noscript>([\s\S]*)<\/noscript>/.exec(body)![1]!;
      expect(words).toContain('<strong>zlib.c:12:3: error: &lt;/noscript&gt;');
      expect(words).toContain('$&amp; &quot;quoted&quot; ⟨U+202E⟩');
      expect(words).toContain('<a id="L4" href="#L4">4</a> make: *** [zlib.o] Error 1');
      expect(words).toContain('known&lt;machine&gt;');
      expect(body).not.toMatch(/<script>alert|<machine>/);
      expect(body.split('</noscript>')).toHaveLength(2);
    }
  });

  test('tells nothing of what one may not see', async () => {
    const [hidden, absent] = [`c3333333.${KEY}`, `d4444444.${KEY}`];
    for (const of of [hidden, `${PRIVATE}.${KEY}`, absent]) {
      const page = await get(`/buildstats/f/${of}`, BOT);
      expect(page.statusCode).toBe(200);
      expect(page.body).toContain('<title>Bakehouse</title>');
      expect(page.body).not.toMatch(/og:|zzprivate|zlib/);
      const text = await get(`/f/${of}`, CURL);
      expect(text.statusCode).toBe(404);
      expect(text.body).not.toMatch(/zzprivate|zlib/);
    }
    const said = async (of: string) => (await get(`/f/${of}`, CURL)).body.replaceAll(of.slice(0, 8), '');
    expect(await said(hidden)).toBe(await said(absent));
    expect((await get('/f/nonsense', CURL)).statusCode).toBe(400);
    expect((await get('/buildstats/f/nonsense', BROWSER)).body).toContain('<title>Bakehouse</title>');
  });

  test('is announced where its build has not come, by the address that a client prints before it sends', async () => {
    const answer = await get(`/f/6w7wdrgtdx51q0py.${KEY}`, BROWSER);
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toMatch(/Announced, not yet received[\s\S]*looks again/);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    const come = await get(`/f/${shortIdOf(PUBLIC)}.${KEY}`, BROWSER);
    expect([come.statusCode, come.headers.location]).toEqual([302, `/buildstats/f/${shortIdOf(PUBLIC)}.${KEY}`]);
    expect((await get(`/f/${shortIdOf(PUBLIC)}.${KEY}`, CURL)).body).toMatch(/^zlib-1\.3-r0 do_compile failed/);
  });

  test('is an answer of the API as the contract says', async () => {
    const answer = await get(`/api/v1/failures/a1111111.${KEY}`, {});
    expect(answer.statusCode).toBe(200);
    const detail: unknown = answer.json();
    expect(FailureDetail.parse(detail)).toEqual(detail);
    const raw = await get(`/api/v1/builds/${PUBLIC}/log.txt?row=0&raw=1`, {});
    expect(raw.headers['content-disposition']).toBe('inline');
    expect(raw.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(raw.headers['x-content-type-options']).toBe('nosniff');
  });
});
