import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import {
  BuildDetail,
  BuildsPage,
  COLUMNS_MEDIA_TYPE,
  CompareResult,
  ExploreResult,
  Facets,
  LogText,
  ProblemDocument,
  ServerInfo,
  TrendResult,
} from '../api/contract.ts';
import type { Build } from '../model/build.ts';
import { decodeColumns, decodeSamples } from '../model/columns-body.ts';
import { decodeGraph } from '../model/columns-graph.ts';
import { drawBuild } from '../model/draw-build.ts';
import type { OperationContext } from '../operations/context.ts';
import { localRunner } from '../operations/run.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { decompress } from '../store/compression.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE } from '../store/store.ts';
import { createEventHub, type EventHub } from './event-hub.ts';
import { createHttp } from './http.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);

/** The nth build; 9 is running. Its machine is written by somebody who means no good. */
function build(n: number, over: Partial<Build> = {}): Build {
  const drawn = drawBuild(`
    gcc-cross_13.${n}:do_compile  ====          cputime=2.5 io.read_bytes=4096
    glibc:do_compile          ..  ====          cputime=8 io.read_bytes=0
    <b>x</b>:do_compile               ==F       cputime=1
    glibc:do_populate_lic         covered
  `);
  const startedMs = START + n * DAY;
  return {
    ...drawn,
    name: `2026110${n}000000`,
    sources: [{ kind: 'buildstats', location: `/home/u/tmp/buildstats/2026110${n}000000` }],
    startedMs,
    endedMs: startedMs + 1000 * (100 + n),
    outcome: 'succeeded',
    machine: 'qemux86-64"><script>alert(1)</script>',
    targets: ['core-image-minimal'],
    samples: [
      {
        source: 'reduced_proc_stat.log',
        timeMs: Float64Array.of(startedMs, startedMs + 1000),
        series: [
          {
            id: 'cpu.user',
            label: 'user',
            unit: 'share',
            values: Float64Array.of(0.25, Number.NaN),
            limit: 1,
            marks: [],
            note: null,
            guessed: false,
          },
        ],
      },
    ],
    ...over,
  };
}

function id(n: number): string {
  return `0000000${n}-0000-5000-8000-000000000000`;
}

const engines: {
  name: string;
  here: boolean;
  start: () => Promise<{ database: string; stop: () => Promise<void> }>;
}[] = [
  { name: 'SQLite', here: true, start: async () => ({ database: 'sqlite::memory:', stop: async () => {} }) },
  {
    name: 'PostgreSQL',
    here: hasPostgres,
    start: async () => {
      const server = await startPostgres();
      return { database: await server.newDatabase(), stop: () => server.stop() };
    },
  },
];

describe.each(engines)('over $name', ({ here, start, name: engineName }) => {
  const it = test.skipIf(!here);
  let stop: () => Promise<void>;
  let app: FastifyInstance;
  let hub: EventHub;
  let context: OperationContext;
  const VERSION = '1.2.3';
  const PAGE = '<!doctype html><html><head><title>Bakehouse</title></head><body><script>x</script></body></html>';

  beforeAll(async () => {
    if (!here) return;
    const engine = await start();
    stop = engine.stop;
    const store = await openStore(engine.database);
    for (const n of [1, 2, 3, 4]) await store.saveBuild(id(n), build(n));
    await store.saveBuild(id(9), build(9, { outcome: 'running', endedMs: null, machine: 'qemuarm64' }));
    context = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: () => START + 5 * DAY,
      version: VERSION,
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    hub = createEventHub();
    const text = (type: string, content: string, immutable: boolean) => ({
      type,
      bytes: new TextEncoder().encode(content),
      gzip: null,
      immutable,
    });
    const files = new Map([
      ['index.html', text('text/html; charset=utf-8', PAGE, false)],
      ['assets/index-abc.js', text('text/javascript; charset=utf-8', 'let x', true)],
      ['icon.svg', text('image/svg+xml', '<svg/>', false)],
    ]);
    app = await createHttp({
      runner: localRunner(context),
      events: hub,
      activity: () => ({ watching: ['/home/u/tmp/buildstats'], reading: hub.reading() }),
      assets: { get: (path) => files.get(path) ?? null },
      version: VERSION,
      hosts: { host: '127.0.0.1', allowedHosts: [] },
    });
  });
  afterAll(async () => {
    if (!here) return;
    await app.close();
    await context.store.close();
    await stop();
  });

  function get(url: string, headers: Record<string, string> = {}, method: InjectOptions['method'] = 'GET') {
    return app.inject({ method: method ?? 'GET', url, headers: { host: 'localhost:8080', ...headers } });
  }

  /** Parses an answer by the contract; that it holds nothing the contract does not know is part of the promise. */
  async function answer<T extends z.ZodType>(schema: T, url: string): Promise<z.output<T>> {
    const response = await get(url);
    expect(response.statusCode, `${url}: ${response.body.slice(0, 300)}`).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    const body: unknown = response.json();
    const parsed = schema.parse(body);
    expect(parsed).toEqual(body);
    return parsed;
  }

  async function problem(url: string, status: number, code: string): Promise<string> {
    const response = await get(url);
    expect(response.statusCode, response.body).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    const document = ProblemDocument.parse(response.json());
    expect(document).toMatchObject({ code, status });
    return document.detail;
  }

  describe('the list of builds', () => {
    it('is newest first, with the usual of each', async () => {
      const page = await answer(BuildsPage, '/api/v1/builds');
      expect(page.builds.map((b) => b.id)).toEqual([9, 4, 3, 2, 1].map(id));
      expect(page).toMatchObject({ next: null, matching: 5, total: 5 });
      const [running, fourth, third] = page.builds;
      expect(running).toMatchObject({ durationMs: null, parallelism: null, outcome: 'running' });
      expect(third?.usual).toMatchObject({ builds: 2, medianMs: null, ratio: null });
      expect(fourth?.usual).toEqual({
        builds: 3,
        medianMs: 102_000,
        ratio: 104 / 102 - 1,
        historyMs: [101_000, 102_000, 103_000],
      });
      expect(fourth?.cpuTimeS).toBeCloseTo(11.5, 6);
      expect(fourth?.parallelism).toBeCloseTo(11.5 / 104, 6);
    });

    it('pages by cursor and filters', async () => {
      const first = await answer(BuildsPage, '/api/v1/builds?limit=2');
      expect(first.builds.map((b) => b.id)).toEqual([id(9), id(4)]);
      const second = await answer(BuildsPage, `/api/v1/builds?limit=3&after=${encodeURIComponent(first.next ?? '')}`);
      expect(second.builds.map((b) => b.id)).toEqual([3, 2, 1].map(id));
      expect(second.next).toBeNull();
      const arm = await answer(BuildsPage, '/api/v1/builds?machine=qemuarm64');
      expect(arm).toMatchObject({ matching: 1, total: 5 });
      expect((await answer(BuildsPage, '/api/v1/builds?distro=')).matching).toBe(5);
      expect((await answer(BuildsPage, '/api/v1/builds?outcome=succeeded,failed')).matching).toBe(4);
      expect((await answer(BuildsPage, '/api/v1/builds?q=core-image%20arm64')).matching).toBe(1);
      expect((await answer(BuildsPage, `/api/v1/builds?from=${START + 3 * DAY}&to=${START + 4 * DAY}`)).matching).toBe(
        2,
      );
    });

    it('counts facets', async () => {
      const facets = await answer(Facets, '/api/v1/facets?machine=qemuarm64');
      expect(facets.machine).toHaveLength(2);
      expect(facets.outcome).toEqual([{ value: 'running', count: 1 }]);
    });

    it.each([
      ['/api/v1/builds?limit=0', /limit/],
      ['/api/v1/builds?limit=501', /limit/],
      ['/api/v1/builds?outcome=odd', /none of succeeded/],
      ['/api/v1/builds?kind=odd', /none of clean/],
      ['/api/v1/builds?from=yesterday', /from/],
      [`/api/v1/builds?q=${'x'.repeat(201)}`, /q/],
      ['/api/v1/builds?after=nonsense', /./],
    ])('refuses %s in words', async (url, words) => {
      expect(await problem(url, 400, 'invalid')).toMatch(words);
    });
  });

  describe('a build', () => {
    it('is shown whole', async () => {
      const detail = await answer(BuildDetail, `/api/v1/builds/${id(3)}`);
      expect(detail).toMatchObject({
        name: '20261103000000',
        previousId: id(2),
        nextId: id(4),
        taskNames: ['do_compile', 'do_populate_lic'],
        logsAvailable: false,
        progress: null,
        host: { name: null },
      });
      expect(detail.host).not.toHaveProperty('id');
      expect(detail.taskOutcomes).toEqual({ succeeded: 2, failed: 1, covered: 1 });
      expect(detail.metrics.map((m) => m.id)).toContain('cputime');
      expect(detail.series.map((s) => `${s.source} ${s.id}`)).toEqual(['reduced_proc_stat.log cpu.user']);
    });

    it.each(['@last', '00000009', '@LAST'.toLowerCase(), id(9).toUpperCase()])('has the name %s too', async (name) => {
      expect((await answer(BuildDetail, `/api/v1/builds/${name}`)).id).toBe(id(9));
    });

    it('is named by its distance from the last', async () => {
      expect((await answer(BuildDetail, '/api/v1/builds/@last~2')).id).toBe(id(3));
      expect(await problem('/api/v1/builds/@last~5', 404, 'not-found')).toContain('only 5 builds');
    });

    it('is not found, or not alone, or not a name at all', async () => {
      await problem(`/api/v1/builds/${id(7)}`, 404, 'not-found');
      await problem('/api/v1/builds/abcd', 404, 'not-found');
      expect(await problem('/api/v1/builds/0000', 409, 'conflict')).toContain('Several builds');
    });

    it.each([
      '..%2f..%2fetc%2fpasswd',
      "x'%20OR%201=1--",
      '%3Cscript%3E',
      '@last~999999',
      'a%00bc',
      '%25%25%25%25',
      'zzzz',
      'x'.repeat(80),
    ])('is not opened by the hostile name %s', async (name) => {
      const response = await get(`/api/v1/builds/${name}`);
      expect([400, 404]).toContain(response.statusCode);
      ProblemDocument.parse(response.json());
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(response.headers['x-content-type-options']).toBe('nosniff');
    });
  });

  describe('columns and samples', () => {
    it('travel as they are stored', async () => {
      const response = await get(`/api/v1/builds/${id(3)}/columns?metrics=cputime,nothing`);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe(COLUMNS_MEDIA_TYPE);
      expect(response.headers['content-encoding']).toBeUndefined();
      const table = decodeColumns(response.rawPayload, decompress);
      expect(table.length).toBe(4);
      expect(table.metrics.map((m) => m.id)).toEqual(['cputime']);
      expect([...(table.values.get('cputime') ?? [])].filter((v) => !Number.isNaN(v)).sort()).toEqual([1, 2.5, 8]);
      const samples = decodeSamples((await get(`/api/v1/builds/${id(3)}/samples`)).rawPayload, decompress);
      expect(samples[0]?.series[0]?.values).toEqual(Float64Array.of(0.25, Number.NaN));
    });

    it('has the task graph where a source told it, and says so where none did', async () => {
      await problem(`/api/v1/builds/${id(3)}/graph`, 404, 'not-found');
      const graph = { offsets: Uint32Array.of(0, 0, 1, 1, 1), targets: Uint32Array.of(0) };
      await context.store.saveBuild(id(8), build(8, { graph }));
      const response = await get(`/api/v1/builds/${id(8)}/graph`);
      expect(response.headers['content-type']).toBe(COLUMNS_MEDIA_TYPE);
      expect(decodeGraph(response.rawPayload, decompress)).toEqual(graph);

      const shown = await answer(BuildDetail, `/api/v1/builds/${id(8)}`);
      expect(shown.longestChain?.tasks).toBeGreaterThan(0);
      expect((await answer(BuildDetail, `/api/v1/builds/${id(3)}`)).longestChain).toBeNull();
      expect((await get(`/api/v1/builds/${id(8)}/chart.svg?chain=longest`)).payload).toContain('>Longest chain: ');
      expect((await get(`/api/v1/builds/${id(8)}/chart.svg`)).payload).not.toContain('Longest chain');
      expect((await get(`/api/v1/builds/${id(3)}/chart.svg?chain=waited`)).payload).toContain('>The event log of');
      expect((await get(`/api/v1/builds/${id(8)}/trace.json`)).payload).toContain('Critical Path');
      await problem(`/api/v1/builds/${id(8)}/chart.svg?chain=odd`, 400, 'invalid');
      await context.store.deleteBuild(id(8));
    });

    it('gives every metric for *, and none when none is named', async () => {
      const all = decodeColumns((await get(`/api/v1/builds/${id(3)}/columns?metrics=*`)).rawPayload, decompress);
      expect(all.metrics.map((m) => m.id)).toEqual(expect.arrayContaining(['cputime', 'io.read_bytes']));
      const none = decodeColumns((await get(`/api/v1/builds/${id(3)}/columns`)).rawPayload, decompress);
      expect(none.metrics).toEqual([]);
      await problem(`/api/v1/builds/${id(7)}/columns`, 404, 'not-found');
      await problem(`/api/v1/builds/${id(7)}/samples`, 404, 'not-found');
    });

    it('may be kept for ever under the revision they were asked for, if the build is over', async () => {
      const { revision } = await answer(BuildDetail, `/api/v1/builds/${id(3)}`);
      for (const part of ['columns', 'samples']) {
        const kept = await get(`/api/v1/builds/${id(3)}/${part}?r=${revision}`);
        expect(kept.headers['cache-control']).toBe('private, max-age=31536000, immutable');
        const plain = await get(`/api/v1/builds/${id(3)}/${part}`);
        expect(plain.headers['cache-control']).toBe('private, no-cache');
        const other = await get(`/api/v1/builds/${id(3)}/${part}?r=other`);
        expect(other.headers['cache-control']).toBe('private, no-cache');
        const again = await get(`/api/v1/builds/${id(3)}/${part}`, { 'if-none-match': String(plain.headers.etag) });
        expect(again.statusCode).toBe(304);
        expect(again.rawPayload).toHaveLength(0);
      }
      const running = await answer(BuildDetail, `/api/v1/builds/${id(9)}`);
      const live = await get(`/api/v1/builds/${id(9)}/columns?r=${running.revision}`);
      expect(live.headers['cache-control']).toBe('private, no-cache');
    });
  });

  describe('who looks after the server', () => {
    it('hears that the process lives, whatever the store does, and whether it is ready', async () => {
      expect((await get('/health')).json()).toEqual({ status: 'ok', version: VERSION });
      const ready = await get('/health?ready');
      expect(ready.statusCode).toBe(200);
      expect(ready.json()).toEqual({
        status: 'ok',
        version: VERSION,
        store: 'ok',
        diskFreeBytes: null,
        ingestBacklog: 0,
      });
      expect(ready.headers['x-request-id']).toMatch(/./);
    });

    it('scrapes numbers, from this machine only', async () => {
      await get(`/api/v1/builds/${id(3)}`);
      const { payload, headers } = await get('/metrics');
      expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(payload).toMatch(/^bakehouse_builds \d$/m);
      expect(payload).toMatch(/^bakehouse_store_up 1$/m);
      expect(payload).toMatch(/^bakehouse_database_bytes [1-9]\d{3,}$/m);
      expect(payload).toMatch(
        /^bakehouse_http_request_seconds_count\{method="GET",route="\/api\/v1\/builds\/:id",status="200"\} [1-9]/m,
      );
      // Every line is a comment or a sample, and a histogram's last bucket is its count.
      for (const line of payload.trimEnd().split('\n'))
        expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^{}]*(\{[^}]*\}[^{}]*)*\})? -?[\d.e+-]+)$/);
      const far = await get('/metrics', { 'x-forwarded-for': '192.0.2.7' });
      expect(far.statusCode).toBe(403);
    });
  });

  describe('a log that came with a build', () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `line ${i + 1} ${'of a log '.repeat(i % 17)}\n`);
    const text = lines.join('');
    const blob = createHash('sha256').update(text).digest('hex');
    const log = {
      kind: 'failure' as const,
      row: 0,
      pf: 'gcc-cross-13.2-r0',
      task: 'do_compile',
      mc: '',
      blob,
      bytes: text.length,
      originalBytes: null,
    };

    beforeAll(async () => {
      if (!here) return;
      await context.blobs.put(blob, [Buffer.from(text)], 1e9);
      await context.store.saveBuild(id(6), build(6, { logs: [log] }));
    });
    afterAll(async () => {
      if (here) await context.store.deleteBuild(id(6));
    });

    it('is read by row, by its bytes and by lines', async () => {
      const whole = await answer(LogText, `/api/v1/builds/${id(6)}/log?row=0`);
      expect(whole).toMatchObject({ blob, lines: 120_000, truncated: true, bytes: text.length });
      expect(await answer(LogText, `/api/v1/builds/${id(6)}/log?blob=${blob}`)).toEqual(whole);
      const some = await answer(LogText, `/api/v1/builds/${id(6)}/log?row=0&from=60000&to=60010`);
      expect(some).toMatchObject({ from: 60_000, to: 60_010, text: lines.slice(59_999, 60_010).join('') });
      const tail = await answer(LogText, `/api/v1/builds/${id(6)}/log?row=0&tail=1`);
      expect(tail).toMatchObject({ from: 120_000, to: 120_000, text: lines.at(-1) });
    });

    it('is downloaded whole, and runs nothing', async () => {
      const far = { 'x-forwarded-for': '192.0.2.7', 'accept-encoding': 'gzip' };
      for (const headers of [{}, far]) {
        const response = await get(`/api/v1/builds/${id(6)}/log.txt?row=0`, headers);
        expect(response.statusCode).toBe(200);
        expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
        expect(response.headers['content-disposition']).toBe(
          'attachment; filename="gcc-cross-13.2-r0.log.do_compile.txt"',
        );
        expect(response.headers['content-security-policy']).toContain('sandbox');
        const body =
          response.headers['content-encoding'] === 'gzip' ? gunzipSync(response.rawPayload) : response.rawPayload;
        expect(body.equals(Buffer.from(text))).toBe(true);
      }
      expect((await get(`/api/v1/builds/${id(6)}/log.txt?row=0`, far)).headers['content-encoding']).toBe('gzip');
      expect((await get(`/api/v1/builds/${id(6)}/log.txt?row=0`, {}, 'HEAD')).statusCode).toBe(200);
    });

    it('is not had by way of a build that does not have it, nor by no name', async () => {
      for (const route of ['log', 'log.txt']) {
        await problem(`/api/v1/builds/${id(3)}/${route}?blob=${blob}`, 404, 'not-found');
        await problem(`/api/v1/builds/${id(6)}/${route}?row=1`, 404, 'not-found');
        await problem(`/api/v1/builds/${id(7)}/${route}?row=0`, 404, 'not-found');
        await problem(`/api/v1/builds/${id(6)}/${route}?blob=../../etc/passwd`, 400, 'invalid');
        await problem(`/api/v1/builds/${id(6)}/${route}`, 400, 'invalid');
      }
      await problem(`/api/v1/builds/${id(6)}/log?row=0&from=0`, 400, 'invalid');
      await problem(`/api/v1/builds/${id(6)}/log?row=0&tail=x`, 400, 'invalid');
    });
  });

  describe('questions over builds', () => {
    it('compares', async () => {
      const result = await answer(CompareResult, `/api/v1/compare?b=${id(1)}&b=@last~1`);
      expect(result.builds.map((b) => b.id)).toEqual([id(1), id(4)]);
      expect(result.metrics.map((m) => m.id)).toContain('io.read_bytes');
      expect(result.versionChanges).toMatchObject([{ pn: 'gcc-cross', versions: ['13.1-r0', '13.4-r0'] }]);
    });

    it('refuses to compare one build, or twenty-one, or nothing', async () => {
      await problem(`/api/v1/compare?b=${id(1)}`, 400, 'invalid');
      await problem(`/api/v1/compare?${'b=@last&'.repeat(21)}`, 400, 'invalid');
      await problem('/api/v1/compare', 400, 'invalid');
      await problem(`/api/v1/compare?b=${id(1)}&b=../x`, 400, 'invalid');
      await problem(`/api/v1/compare?b=${id(1)}&b=${id(7)}`, 404, 'not-found');
    });

    it('explores', async () => {
      const one = await answer(ExploreResult, `/api/v1/explore?b=${id(1)}&x=cputime&y=io.read_bytes`);
      expect(one).toMatchObject({ count: 2, notRecorded: 2 });
      const many = await answer(ExploreResult, '/api/v1/explore?builds=3&level=build&x=start&y=cputime');
      expect(many.builds).toHaveLength(3);
      await problem('/api/v1/explore?x=walltime', 400, 'invalid');
    });

    it('draws a trend', async () => {
      const trend = await answer(TrendResult, '/api/v1/trend?recipe=glibc&task=do_compile&metric=cputime');
      expect(trend.points.map((p) => p.value)).toEqual([8, 8, 8, 8, 8]);
      expect(trend.points[0]?.id).toBe(id(1));
    });
  });

  describe('downloads', () => {
    it.each([
      ['tasks.csv', /^text\/csv/],
      ['tasks.json', /^application\/json/],
      ['tasks.parquet', /parquet/],
      ['samples.csv', /^text\/csv/],
      ['trace.json', /^application\/json/],
      ['chart.svg', /^image\/svg/],
      ['chart.svg?min=2&grp=recipe&col=classic&scheme=dark&t=1-3.5&strips=', /^image\/svg/],
    ])('%s is a file that runs nothing', async (file, type) => {
      const response = await get(`/api/v1/builds/${id(3)}/${file}`);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toMatch(type);
      expect(response.headers['content-disposition']).toMatch(/^attachment; filename="[\w.+-]+"$/);
      expect(response.headers['content-security-policy']).toContain('sandbox');
      expect(response.headers['cache-control']).toBe('private, no-cache');
      expect(response.rawPayload.length).toBeGreaterThan(50);
      await problem(`/api/v1/builds/${id(7)}/${file}`, 404, 'not-found');
    });
  });

  describe('every answer', () => {
    it('has an ETag by its content, and 304 for whoever has it', async () => {
      const first = await get('/api/v1/builds');
      const etag = String(first.headers.etag);
      expect((await get('/api/v1/builds', { 'if-none-match': etag })).statusCode).toBe(304);
      expect((await get('/api/v1/builds', { 'if-none-match': `"x", ${etag}` })).statusCode).toBe(304);
      expect((await get('/api/v1/builds?limit=1', { 'if-none-match': etag })).statusCode).toBe(200);
    });

    it('answers HEAD without a body', async () => {
      for (const url of ['/api/v1/builds', `/api/v1/builds/${id(3)}/columns`, '/buildstats', '/health']) {
        const response = await get(url, {}, 'HEAD');
        expect(response.statusCode, url).toBe(200);
        expect(response.rawPayload).toHaveLength(0);
      }
    });

    it('is compressed for a reader beyond a proxy, never for one on this machine', async () => {
      const url = `/api/v1/compare?b=${id(1)}&b=${id(2)}`;
      const far = { 'x-forwarded-for': '192.0.2.7' };
      expect((await get(url, { 'accept-encoding': 'gzip, zstd' })).headers['content-encoding']).toBeUndefined();
      expect((await get(url, { ...far, 'accept-encoding': 'gzip, zstd' })).headers['content-encoding']).toBe('zstd');
      const gzip = await get(url, { ...far, 'accept-encoding': 'gzip, zstd;q=0' });
      expect(gzip.headers['content-encoding']).toBe('gzip');
      expect(gzip.rawPayload.length).toBeLessThan((await get(url)).rawPayload.length / 2);
      const columns = await get(`/api/v1/builds/${id(3)}/columns?metrics=*`, { ...far, 'accept-encoding': 'gzip' });
      expect(columns.headers['content-encoding']).toBeUndefined();
    });

    it('says nothing of a bug but that there is one', async () => {
      const broken = await createHttp({
        runner: {
          run: () => {
            throw new TypeError('secret of /home/u');
          },
        },
        events: hub,
        activity: () => ({ watching: [], reading: null }),
        assets: { get: () => null },
        version: VERSION,
        hosts: { host: '127.0.0.1', allowedHosts: [] },
      });
      const response = await broken.inject({ url: '/api/v1/builds', headers: { host: 'localhost' } });
      expect(response.statusCode).toBe(500);
      expect(ProblemDocument.parse(response.json())).toMatchObject({ code: 'internal', detail: 'internal error' });
      expect(response.body).not.toContain('secret');
      await broken.close();
    });

    it('is a problem document too where no route was reached: a bad address, what is no HTTP', async () => {
      expect(await problem('/api/v1/builds/%ff', 400, 'invalid')).not.toContain('%ff');
      await problem('/buildstats/%E0%A4%A', 400, 'invalid');
      await problem(`/api/v1/builds/${'a'.repeat(400)}`, 414, 'too-large');
      const elsewhere = await get('/buildstats/%ff', { host: 'evil.example' });
      expect(elsewhere.statusCode).toBe(403);
      expect(elsewhere.headers['x-content-type-options']).toBe('nosniff');

      // The socket of a server of its own: the other tests inject and never listen.
      const listening = await createHttp({
        runner: localRunner(context),
        events: hub,
        activity: () => ({ watching: [], reading: null }),
        assets: { get: () => null },
        version: VERSION,
        hosts: { host: '127.0.0.1', allowedHosts: [] },
      });
      const port = Number(new URL(await listening.listen({ host: '127.0.0.1', port: 0 })).port);
      const said = async (request: string): Promise<string> => {
        const socket = connect(port, '127.0.0.1');
        let text = '';
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
        });
        socket.on('error', () => {});
        socket.write(request);
        await once(socket, 'close');
        return text;
      };
      for (const [request, status, code] of [
        ['nonsense\r\n\r\n', 400, 'invalid'],
        [`GET /?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431, 'too-large'],
      ] as const) {
        const text = await said(request);
        expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
        expect(text).toMatch(/^content-type: application\/problem\+json/m);
        expect(ProblemDocument.parse(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))))).toMatchObject({ status, code });
      }
      await listening.close();
    });

    it('refuses a Host that is not this machine, for pages and API alike', async () => {
      for (const url of ['/api/v1/builds', '/buildstats', '/health', '/nowhere'])
        for (const host of ['evil.example', '127.0.0.1.evil.example:8080', '10.0.0.1:8080']) {
          const response = await get(url, { host });
          expect(response.statusCode, `${host} ${url}`).toBe(403);
          expect(ProblemDocument.parse(response.json()).code).toBe('forbidden');
        }
    });

    it('is a problem document where there is nothing', async () => {
      await problem('/api/v1/nothing', 404, 'not-found');
      await problem('/nothing', 404, 'not-found');
      const posted = await get('/api/v1/builds', {}, 'POST');
      expect(posted.statusCode).toBe(404);
    });
  });

  describe('the server itself', () => {
    it('tells what it is and does', async () => {
      hub.publish({ type: 'reading', location: '/x', done: 1, total: 2 });
      const info = await answer(ServerInfo, '/api/v1/server');
      expect(info).toEqual({
        version: VERSION,
        database: engineName === 'SQLite' ? 'sqlite' : 'postgres',
        builds: 5,
        watching: ['/home/u/tmp/buildstats'],
        reading: { location: '/x', done: 1, total: 2 },
        writable: false,
        signIn: true,
        account: null,
      });
      hub.publish({ type: 'idle' });
      const own = await get('/api/v1/server', { 'sec-fetch-site': 'same-origin' });
      expect(own.json()).toMatchObject({ writable: true, reading: null });
    });

    it('is healthy', async () => {
      expect((await get('/health')).json()).toEqual({ status: 'ok', version: VERSION });
    });
  });

  describe('the pages', () => {
    it('are one page for every address of the router, with a fresh nonce each time', async () => {
      const seen = new Set<string>();
      for (const url of ['/buildstats', '/buildstats/', '/buildstats/b/abc/chart', '/buildstats/index.html']) {
        const response = await get(url);
        expect(response.statusCode, url).toBe(200);
        expect(response.headers['content-type']).toMatch(/^text\/html/);
        expect(response.headers['cache-control']).toBe('no-store');
        const nonce = /content="([\w-]{22})"/.exec(response.body)?.[1] ?? '';
        expect(response.body).toContain(`<script nonce="${nonce}">`);
        expect(response.headers['content-security-policy']).toContain(`script-src 'self' 'nonce-${nonce}'`);
        seen.add(nonce);
      }
      expect(seen.size).toBe(4);
    });

    it('have files that may be kept by their hash, and no page in place of a missing one', async () => {
      const script = await get('/buildstats/assets/index-abc.js');
      expect(script.headers['cache-control']).toContain('immutable');
      expect(script.body).toBe('let x');
      expect((await get('/buildstats/icon.svg')).headers['cache-control']).toBe('no-cache');
      expect((await get('/buildstats/assets/gone.js')).statusCode).toBe(404);
      expect((await get('/buildstats/assets/..%2f..%2fpackage.json')).statusCode).toBe(404);
    });

    it('are where / leads', async () => {
      const response = await get('/');
      expect(response.statusCode).toBe(302);
      expect(response.headers.location).toBe('/buildstats');
    });
  });

  describe('the OpenAPI document', () => {
    interface Document {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
    }

    it('holds every route of the contract, and the contract every route of it', async () => {
      const response = await get('/api/v1/openapi.json');
      const document: Document = response.json();
      expect(document.openapi).toBe('3.1.0');
      const declared = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const source = readFileSync(new URL('../api/contract.ts', import.meta.url), 'utf8');
      const promised = [...source.matchAll(/^ \* {5}(GET|POST|PUT|PATCH|DELETE) +(\/[^\s]+)/gm)].map(
        (m) => `${m[1]} ${m[2]}`,
      );
      expect(declared.sort()).toEqual(promised.filter((route) => route !== 'GET /openapi.json').sort());
      for (const methods of Object.values(document.paths))
        for (const operation of Object.values(methods)) {
          expect(operation.operationId).toMatch(/^[a-z-]+$/);
          expect(operation.responses).toHaveProperty('200');
          expect(operation.responses).toHaveProperty('4XX');
        }
    });

    it('is answered by the server for every path in it', async () => {
      const document: Document = (await get('/api/v1/openapi.json')).json();
      for (const [path, methods] of Object.entries(document.paths))
        for (const method of Object.keys(methods)) {
          const url = `/api/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
          expect(app.hasRoute({ method: method.toUpperCase() as 'GET', url }), url).toBe(true);
        }
    });
  });
});
