import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import { addWords } from '../analysis/log-words.ts';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { CONSOLE, STRANGER } from '../store/store.ts';
import { completeSearch } from './complete-search.ts';
import type { OperationContext } from './context.ts';
import { exportSearch } from './export-search.ts';
import { deleteSearch, listSearches, saveSearch } from './saved-searches.ts';
import { type SearchKind, search } from './search.ts';
import { searchFacets } from './search-facets.ts';
import { searchFeed } from './search-feed.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 12);

const id = (n: number): string => `0000000${n}-0000-4000-8000-00000000000${n}`;
const commit = (letter: string): string => letter.repeat(40);

const CAUSES = { gcc: "a.c:1: error: no 100% 'x'", curl: 'Fetcher failure: Ünreachable' };

function build(n: number, drawing: string, over: Partial<Build>): Build {
  const drawn = drawBuild(drawing);
  return {
    ...drawn,
    name: `2026112${n}`,
    sources: [{ kind: 'record', location: `/srv/b${n}` }],
    startedMs: NOW - (9 - n) * DAY,
    endedMs: NOW - (9 - n) * DAY + 60_000,
    outcome: 'succeeded',
    machine: 'qemuarm',
    distro: 'poky',
    builder: 'ada',
    targets: ['core-image-minimal'],
    host: { ...drawn.host, name: 'alpha', distro: 'debian-12' },
    failures: drawn.failures.map((failure) => ({
      ...failure,
      cause: failure.pf?.startsWith('gcc') ? CAUSES.gcc : CAUSES.curl,
    })),
    ...over,
  };
}

const meta = (letter: string, branch = 'master') => [{ name: 'meta', branch, commit: commit(letter), modified: false }];

/** gcc fails in 2 and 4, curl's fetch in 3 and 4; 5 is another machine's, on another branch. */
const BUILDS: readonly Build[] = [
  build(1, 'gcc:do_compile ==\ncurl:do_fetch ==', { layers: meta('a') }),
  build(2, 'gcc:do_compile ==F\ncurl:do_fetch ==', { outcome: 'failed', layers: meta('b') }),
  build(3, 'gcc:do_compile ==\ncurl:do_fetch ==F', { outcome: 'failed', machine: 'qemux86-64', layers: meta('c') }),
  build(4, 'gcc:do_compile ==F\ncurl:do_fetch ==F', {
    outcome: 'interrupted',
    machine: null,
    layers: meta('d'),
    host: { ...drawBuild('a:do_b =').host, name: 'beta', distro: 'fedora-43' },
  }),
  build(5, 'gcc-runtime:do_compile ==', {
    machine: 'QEMUriscv',
    layers: meta('e', 'scarthgap'),
    targets: ['world', 'gcc'],
  }),
];

/** Of builds 2 and 3: the same words, not the same phrases. */
const LOGS = new Map([
  [2, 'missing crypt\nthat is all'],
  [3, 'crypt() is\nmissing from libxcrypt-devel'],
]);
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const withLog = (one: Build, text: string): Build => ({
  ...one,
  logs: one.failures.map(({ row, pf, task, mc }) => ({
    kind: 'failure',
    row,
    pf,
    task,
    mc,
    blob: hashOf(text),
    bytes: 10,
    originalBytes: null,
  })),
});

const databases = bothDatabases();

describe.each(databases)('over $name', ({ name: engine, open, skip }) => {
  let context: OperationContext;
  beforeAll(async () => {
    if (skip) return;
    const store = await open();
    context = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: () => NOW,
      version: '1',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    for (const [i, one] of BUILDS.entries()) {
      const log = LOGS.get(i + 1);
      await store.saveBuild(id(i + 1), log === undefined ? one : withLog(one, log));
      if (log === undefined) continue;
      const words = new Set<string>();
      addWords(words, log, { chars: 1000 });
      await context.blobs.put(hashOf(log), [Buffer.from(log)], 1000);
      await store.logIndex.write(hashOf(log), [...words], 1);
    }
  });
  afterAll(() => context?.store.close());
  const it = test.skipIf(skip);

  const find = (q: string, kind: SearchKind | null = null, after: string | null = null, limit = 50) =>
    search(context, { q, kind, after, limit });
  const number = (buildId: string) => Number(buildId[7]);

  it.each([
    ['', [5, 4, 3, 2, 1]],
    ['machine:qemuarm', [2, 1]],
    ['-machine:qemuarm', [5, 4, 3]],
    ['machine:""', [4]],
    ['machine:qemu*', [5, 3, 2, 1]],
    ['machine:QEMUARM', []],
    ['machine:"qemu*"', []],
    ['machine:qemuarm,qemux86-64', [3, 2, 1]],
    ['host:fedora-43', [4]],
    ['host:alpha host:debian-12', [5, 3, 2, 1]],
    ['target:gcc', [5]],
    ['-target:gcc', [4, 3, 2, 1]],
    ['target:core-*', [4, 3, 2, 1]],
    ['branch:scarthgap', [5]],
    ['status:failed', [3, 2]],
    ['status:unfinished', [4]],
    ['outcome:interrupted,failed', [4, 3, 2]],
    ['recipe:gcc', [4, 3, 2, 1]],
    ['recipe:gcc status:failed', [4, 2]],
    ['recipe:gcc status:succeeded', [3, 1]],
    ['recipe:gcc*', [5, 4, 3, 2, 1]],
    ['-recipe:gcc', [5]],
    ['task:do_fetch', [4, 3]],
    ['recipe:gcc task:do_fetch', []],
    ['-task:do_fetch', [5, 2, 1]],
    ['recipe:gcc status:failed -task:do_fetch', [4, 2]],
    ['cause:"no 100%"', [4, 2]],
    ['cause:"no 1000"', []],
    ['log:libxcrypt', [3]],
    ['log:crypt,nothing', [3, 2]],
    ['log:missing log:crypt', [3, 2]],
    ['log:"Missing crypt"', [2]],
    ['log:"crypt missing"', []],
    ['log:"missing from libxcrypt"', [3]],
    ['log:"missing from libxcryp"', []],
    ['log:"missing crypt","crypt() is"', [3, 2]],
    ['log:"missing crypt" machine:qemux86-64', []],
    ['log:libxcrypt-devel', [3]],
    ['log:cryp', []],
    ['log:cryp*', [3, 2]],
    ['log:libx*', [3]],
    ['log:*xcry*', [3]],
    ['log:*rypt', [3, 2]],
    ['log:*ryp', []],
    ['-log:crypt', [5, 4, 1]],
    ['-log:"missing crypt"', [5, 4, 3, 1]],
    ['layer:meta', [5, 4, 3, 2, 1]],
    ['layer:meta@bbbb', [2]],
    ['layer:@cccccccccc,meta@dddddddd', [4, 3]],
    ['-layer:meta@bbbb', [5, 4, 3, 1]],
    ['contains:meta@aaaa..cccc', [3, 2]],
    ['-contains:meta@aaaa..cccc', [5, 4, 1]],
    ['contains:meta@cccc..aaaa', []],
    ['contains:meta@aaaa..ffff', []],
    ['since:2026-11-21', [5, 4, 3]],
    ['until:2026-11-20', [2, 1]],
    ['since:5d', [5, 4]],
    ['build:20261123', [3]],
    ['build:00000004', [4]],
    ['world', [5]],
    ['-world qemuarm', [2, 1]],
    ['/srv/b4', [4]],
  ] as const)('builds of %s', async (q, expected) => {
    const { builds, counts } = await find(q);
    expect(builds?.rows.map((row) => number(row.id))).toEqual(expected);
    expect(counts?.builds).toEqual({ count: expected.length, more: false });
  });

  it.each([
    ['', ['4 gcc', '4 curl', '3 curl', '2 gcc']],
    ['recipe:gcc', ['4 gcc', '2 gcc']],
    ['-recipe:gcc', ['4 curl', '3 curl']],
    ['recipe:g*', ['4 gcc', '2 gcc']],
    ['task:do_fetch machine:""', ['4 curl']],
    ['status:succeeded', []],
    ['fetcher', ['4 curl', '3 curl']],
    ['fetcher QEMUX86', ['3 curl']],
    ['-fetcher', ['4 gcc', '2 gcc']],
    ['class:""', ['4 gcc', '4 curl', '3 curl', '2 gcc']],
    ['fingerprint:abcd', []],
    ['log:crypt', ['2 gcc', '3 curl']],
    ['log:"missing crypt"', ['2 gcc']],
    ['-log:crypt', ['4 gcc', '4 curl']],
  ] as const)('failures of %s', async (q, expected) => {
    const { failures, counts } = await find(q);
    expect(failures?.rows.map((row) => `${number(row.buildId)} ${row.pn}`).sort()).toEqual([...expected].sort());
    expect(counts?.failures).toEqual({ count: expected.length, more: false });
    for (const row of failures?.rows ?? []) expect(row.id).toMatch(/^0000000\d-.{27}\.[\da-f]{6}$/);
  });

  it.each([
    ['', ['curl', 'gcc', 'gcc-runtime']],
    ['gcc', ['gcc', 'gcc-runtime']],
    ['runtime', ['gcc-runtime']],
    ['recipe:gcc', ['gcc']],
    ['status:failed', ['curl', 'gcc']],
    ['status:failed machine:qemuarm', ['gcc']],
    ['task:do_fetch', ['curl']],
    ['recipe:nothing*', []],
    ['zlib', []],
  ] as const)('recipes of %s', async (q, expected) => {
    const { recipes, counts } = await find(q);
    expect(recipes?.rows.map(({ pn }) => pn)).toEqual(expected);
    expect(counts?.recipes.count).toBe(expected.length);
  });

  it('a recipe says how its newest run went, and how many were looked at', async () => {
    const { recipes } = await find('recipe:gcc');
    expect(recipes?.rows[0]).toMatchObject({
      status: 'failed',
      failedTask: 'do_compile',
      buildId: id(4),
      runs: 4,
      executed: 4,
      failed: 2,
    });
    const older = await find('recipe:gcc machine:qemuarm');
    expect(older.recipes?.rows[0]).toMatchObject({ buildId: id(2), runs: 2, failed: 1 });
  });

  it('failures with the same line are one cause, the newest first', async () => {
    const { causes, counts } = await find('');
    expect(causes?.rows).toHaveLength(2);
    expect(counts?.causes).toEqual({ count: 2, more: false });
    expect(causes?.rows.find(({ newest }) => newest.pn === 'curl')).toMatchObject({
      newest: { buildId: id(4), cause: 'Fetcher failure: Ünreachable' },
      failures: 2,
      builds: 2,
      recipes: 1,
      firstMs: NOW - 6 * DAY,
    });
  });

  it.each(['builds', 'recipes', 'failures', 'causes'] as const)('%s come page by page, each once', async (kind) => {
    const whole = (await find('', kind))[kind]!;
    expect(whole.next).toBeNull();
    const rows: unknown[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof search>> = await find('', kind, after, 1);
      expect(page.counts === null).toBe(after !== null);
      rows.push(...page[kind]!.rows);
      after = page[kind]!.next;
    } while (after !== null);
    expect(rows).toEqual(whole.rows);
    await expect(find('', kind, 'nonsense')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('a range that means nothing here says why', async () => {
    expect((await find('contains:meta@cccc..aaaa')).notes[0]).toContain('the other way round');
    expect((await find('contains:meta@aaaa..9999')).notes[0]).toContain('No build had meta at 9999');
    expect((await find('contains:meta@aaaa..cccc')).notes[0]).toContain('estimated');
    await expect(find('nokey:x')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('facets: their own choice does not narrow them, all else does', async () => {
    const { builds, recipe, task } = await searchFacets(context, { q: 'machine:qemuarm distro:poky' });
    expect(builds.machine.map(({ value, count }) => [value, count])).toEqual([
      ['qemuarm', 2],
      [null, 1],
      ['QEMUriscv', 1],
      ['qemux86-64', 1],
    ]);
    expect(builds.outcome.map(({ value, count }) => [value, count])).toEqual([
      ['failed', 1],
      ['succeeded', 1],
    ]);
    expect([recipe, task]).toEqual([[{ value: 'gcc', count: 1 }], [{ value: 'do_compile', count: 1 }]]);
  });

  it.each([
    ['machine', 'riscv', ['QEMUriscv']],
    ['machine', '', ['qemuarm', 'QEMUriscv', 'qemux86-64']],
    ['recipe', 'c', ['curl', 'gcc', 'gcc-runtime']],
    ['host', 'a', ['alpha', 'beta', 'fedora-43', 'debian-12']],
    ['target', 'G', ['gcc', 'core-image-minimal'].slice(0, 1)],
    ['task', 'do_', ['do_compile', 'do_fetch']],
    ['layer', 'me', ['meta']],
    ['layer', 'meta@ccc', [`meta@${'c'.repeat(12)}`]],
    ['class', '', []],
    ['build', '2026112', ['20261125', '20261124', '20261123', '20261122', '20261121']],
    ['build', '124', ['20261124']],
    ['build', '00000003', [id(3)]],
    ['version', '', ['1.0-r0']],
    ['version', '1.0', ['1.0-r0']],
    ['version', '2', []],
  ] as const)('values of %s with "%s" in them', async (key, typed, expected) => {
    const { values } = await completeSearch(context, { key, typed, recipe: null });
    const found = values.map(({ value }) => value);
    if (key === 'host') expect([...found].sort()).toEqual(['alpha', 'beta', 'debian-12', 'fedora-43']);
    else
      expect(found).toEqual(key === 'target' ? ['gcc', 'core-image-minimal'].filter((t) => t.includes('g')) : expected);
  });

  it('versions of one recipe alone, and where looking ended', async () => {
    const versions = async (recipe: string) =>
      (await completeSearch(context, { key: 'version', typed: '', recipe })).values.map(({ value }) => value);
    expect(await versions('gcc')).toEqual((await versions('curl')).slice(0, 1));
    expect(await versions('nothing')).toEqual([]);
    for (const q of ['', 'gcc', 'recipe:gcc', 'log:crypt', 'log:"missing crypt"'])
      expect((await find(q)).reached).toEqual([]);
    await expect(find('log:*xy*')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('a file of all that is found, as CSV and JSON', async () => {
    const text = async (kind: SearchKind, format: 'csv' | 'json') =>
      Buffer.from((await exportSearch(context, { q: 'fetcher', kind, format, safe: true })).bytes).toString();
    const lines = (await text('failures', 'csv')).trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^failure,build,/);
    expect(lines[1]).toContain('curl');
    expect(await text('causes', 'csv')).toContain('Fetcher failure');
    expect(JSON.parse(await text('failures', 'json'))).toMatchObject({ kind: 'failures', whole: true, rows: [{}, {}] });
    expect(await text('builds', 'csv')).toBe('build\r\n');
  });

  it('a search is kept by name, for its account alone', async () => {
    const { accounts } = context.wholeStore;
    const add = async (name: string) => {
      const { number: account } = await accounts.add({ name, role: 'member', password: null, nowMs: NOW });
      return { ...context, viewer: { account, admin: false } };
    };
    const [ada, bob] = [await add('ada'), await add('bob')];
    await saveSearch(ada, { name: ' red ', q: 'status:failed  machine:b,a', kind: 'failures' });
    await saveSearch(ada, { name: 'red', q: 'status:failed machine:b,a', kind: null });
    expect(await listSearches(ada, {})).toEqual({
      searches: [{ name: 'red', q: 'status:failed machine:a,b', kind: null }],
    });
    expect(await listSearches(bob, {})).toEqual({ searches: [] });
    await expect(deleteSearch(bob, { name: 'red' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(saveSearch(bob, { name: 'x', q: 'nokey:1', kind: null })).rejects.toMatchObject({ code: 'invalid' });
    await expect(saveSearch({ ...context, viewer: STRANGER }, { name: 'x', q: '', kind: null })).rejects.toMatchObject({
      code: 'unauthorized',
    });
    expect(await deleteSearch(ada, { name: 'red' })).toEqual({ searches: [] });
  });

  it('a feed keeps its id and those of its entries', async () => {
    const feed = async (q: string, kind: SearchKind, base = 'https://builds.example.org') =>
      Buffer.from((await searchFeed(context, { q, kind, base })).bytes).toString();
    const ids = (text: string) => [...text.matchAll(/<id>(.*?)<\/id>/g)].map((match) => match[1]);
    const first = await feed('status:failed  machine:qemuarm,qemux86-64', 'builds');
    expect(first).toContain('<title>core-image-minimal for qemuarm: failed</title>');
    expect(first).toContain('href="https://builds.example.org/buildstats/b/00000003');
    expect(ids(first).slice(1)).toEqual([`urn:uuid:${id(3)}`, `urn:uuid:${id(2)}`]);
    // Written another way, and asked for by another name of the server.
    expect(ids(await feed('machine:qemux86-64,qemuarm status:failed', 'builds', 'http://x'))).toEqual(ids(first));
    expect(ids(await feed('status:failed', 'builds'))[0]).not.toBe(ids(first)[0]);
    for (const kind of ['recipes', 'failures', 'causes'] as const) {
      const text = await feed('', kind);
      expect(new Set(ids(text)).size).toBe(ids(text).length);
      for (const one of ids(text))
        expect(one).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
    expect(await feed('"a & <b>"', 'failures')).toContain('<title>Failures: &quot;a &amp; &lt;b&gt;&quot;</title>');
  });

  // A hundred builds are a second of PostgreSQL, which answers the same questions above.
  const onSqlite = engine === 'SQLite' ? test : null;
  onSqlite?.('an answer names the bounds that it reached', async () => {
    const store = await open();
    const blobs = memoryBlobs();
    try {
      // A hundred and one builds of one recipe, and in the last of them 201 failures with a log each.
      const many = Array.from({ length: 201 }, (_, n) => `part${n}:do_compile =F`).join('\n');
      for (let n = 0; n <= 100; n++) {
        const one = build(1, `solo:do_compile ==${n === 100 ? `\n${many}` : ''}`, {
          startedMs: NOW - (200 - n) * 60_000,
        });
        const logs = one.failures.map((_, i) => `in common, and ${i}`);
        for (const log of logs) await blobs.put(hashOf(log), [Buffer.from(log)], 1000);
        await store.saveBuild(`${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`, {
          ...one,
          logs: one.failures.map(({ row, pf, task, mc }, i) => ({
            kind: 'failure',
            row,
            pf,
            task,
            mc,
            blob: hashOf(logs[i]!),
            bytes: 20,
            originalBytes: null,
          })),
        });
      }
      const reached = async (q: string) =>
        (await search({ ...context, store, blobs }, { q, kind: null, after: null, limit: 1 })).reached;
      expect(await reached('')).toEqual([{ bound: 'builds', of: 50 }]);
      expect(await reached('recipe:solo')).toEqual([{ bound: 'runs', of: 100 }]);
      expect(await reached('recipe:part*')).toEqual([{ bound: 'names', of: 50 }]);
      expect(await reached('log:*ommo* recipe:part7')).toEqual([]);
      expect(await reached('log:*ommo*')).toContainEqual({ bound: 'texts', of: 200 });
    } finally {
      await store.close();
    }
  });
});
