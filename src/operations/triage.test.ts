/** What people and rules may say of failures: who, and in which words. What the store keeps of it is tested in store/triage.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexFailures } from '../collector/index-failures.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, STRANGER, type Viewer } from '../store/store.ts';
import { blameFailure } from './blame-failure.ts';
import type { OperationContext } from './context.ts';
import { listUnsteady } from './list-unsteady.ts';
import { contextFor, runOperation } from './run.ts';
import { showWeek } from './show-week.ts';
import { weekFeed } from './week-feed.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const DAY = 86_400_000;
const EVA: Viewer = { account: 1, admin: false };
let context: OperationContext;

const id = (n: number): string => `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;

beforeAll(async () => {
  const store = await openStore('sqlite::memory:');
  const blobs = memoryBlobs();
  context = {
    store,
    wholeStore: store,
    blobs,
    viewer: CONSOLE,
    collector: null,
    now: () => NOW,
    version: '1',
    logRoots: [],
    sample: null,
    reportTemplate: null,
    layerPages: new Map([['meta-x', { forge: 'github', url: 'https://github.com/acme/meta-x' }]]),
  };
  await store.accounts.add({ name: 'eva', role: 'member', password: null, nowMs: NOW });
  const runs = [
    { n: 1, mark: '==', layer: 'a', day: 9 },
    { n: 2, mark: '==F', layer: 'b', day: 2 },
    { n: 3, mark: '==F', layer: 'b', day: 1, forced: true },
  ];
  for (const { n, mark, layer, day, forced } of runs) {
    const drawn = drawBuild(`zlib:do_compile ${mark}`);
    await store.saveBuild(id(n), {
      ...drawn,
      tasks: { ...drawn.tasks, hash: ['7'.repeat(16)] },
      name: `b${n}`,
      startedMs: NOW - day * DAY,
      endedMs: NOW - day * DAY + 1000,
      machine: 'qemux86-64',
      distro: 'poky',
      host: { ...drawn.host, distro: 'debian-12' },
      layers: [{ name: 'meta-x', branch: 'master', commit: layer.repeat(40), modified: false }],
      outcome: mark.includes('F') ? 'failed' : 'succeeded',
      failures: drawn.failures.map((failure) => ({ ...failure, cause: 'zlib.c:7:3: error: no' })),
      messages:
        forced === true
          ? [
              {
                level: 'warning',
                timeMs: null,
                logger: null,
                text: '/l/zlib_1.3.bb:do_compile is tainted from a forced run',
              },
            ]
          : [],
    });
  }
  await indexFailures({ store, blobs });
});
afterAll(() => context.store.close());

async function fingerprint(): Promise<string> {
  const { groups } = await context.store.groupFailures({}, {}, 1);
  return groups[0]!.fingerprints[0]!;
}

const say = async (viewer: Viewer, what: object) =>
  runOperation(contextFor(context, viewer), 'triage-failures', { fingerprints: [await fingerprint()], ...what });

test('a stranger reads and says nothing; an account and the console are named', async () => {
  await expect(say(STRANGER, { note: 'x' })).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(say({ account: 7, admin: false }, { note: 'x' })).rejects.toMatchObject({ code: 'unauthorized' });
  await say(EVA, { note: 'mine' });
  await say(CONSOLE, { note: 'of the console' });
  const detail = await runOperation(contextFor(context, STRANGER), 'show-triage', { fingerprint: await fingerprint() });
  expect(detail.journal.map(({ name, said }) => `${name}: ${said}`)).toEqual(['console: of the console', 'eva: mine']);
});

test.each([
  [{}, 'Nothing is said'],
  [{ note: '  ' }, 'Nothing is said'],
  [{ state: 'reported' }, 'say where it was reported'],
  [{ state: 'reported', link: 'javascript:alert(1)' }, 'http or https'],
  [{ state: 'known', link: 'not an address' }, 'http or https'],
  [{ owner: 'nobody-known' }, 'no account "nobody-known"'],
])('%j is refused', async (what, why) => {
  await expect(say(EVA, what)).rejects.toThrow(why);
});

test('a known issue speaks of failures that are there and of those that come', async () => {
  const issue = {
    title: 'zlib says no',
    expression: 'error: (no|never)',
    class: null,
    pn: 'zlib',
    task: null,
    state: 'reported',
    link: 'https://bugs.example/7',
  } as const;
  const as = (viewer: Viewer) => contextFor(context, viewer);
  await expect(runOperation(as(STRANGER), 'save-issue', { number: null, issue })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  for (const [bad, why] of [
    [{ expression: '(a' }, 'not closed'],
    [{ state: 'new' }, 'is not new'],
    [{ link: null }, 'where it was reported'],
  ] as const)
    await expect(runOperation(as(EVA), 'save-issue', { number: null, issue: { ...issue, ...bad } })).rejects.toThrow(
      why,
    );
  const { number } = await runOperation(as(EVA), 'save-issue', { number: null, issue });
  const word = async () => (await context.store.groupFailures({}, {}, 1)).groups[0]?.triage;
  expect(await word()).toMatchObject({ state: 'reported', by: 'issue', issue: { number, title: issue.title } });
  // Of other words by now: what it matched is forgotten.
  await runOperation(as(EVA), 'save-issue', { number, issue: { ...issue, expression: 'never' } });
  expect(await word()).toMatchObject({ state: 'new' });
  const drawn = drawBuild('zlib:do_compile ==F');
  await context.store.saveBuild(id(9), {
    ...drawn,
    startedMs: NOW,
    failures: drawn.failures.map((failure) => ({ ...failure, cause: 'zlib.c:7:3: error: never' })),
  });
  await indexFailures(context);
  const { groups } = await context.store.groupFailures({}, { issue: [number] }, 9);
  expect(groups).toMatchObject([{ cause: 'zlib.c:7:3: error: never', triage: { state: 'reported', by: 'issue' } }]);
  await runOperation(as(EVA), 'remove-issue', { number });
  expect((await runOperation(as(STRANGER), 'list-issues', {})).issues).toEqual([]);
  await context.store.deleteBuild(id(9));
});

test('a range of blame has links to the commits', async () => {
  const { blame } = await blameFailure(context, { build: id(3), mc: '', pn: 'zlib', task: 'do_compile' });
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
  expect(blame).toMatchObject({
    builds: 3,
    failures: 2,
    fixed: null,
    firstFailure: { build: id(2) },
    broke: {
      from: { build: id(1) },
      to: { build: id(2) },
      sameHash: true,
      layers: [{ name: 'meta-x', change: 'moved', link: `https://github.com/acme/meta-x/compare/${a}...${b}` }],
    },
  });
  expect((await blameFailure(context, { build: id(1), mc: '', pn: 'zlib', task: 'do_compile' })).blame).toBeNull();
});

test('a forced run proves nothing of a task', async () => {
  const { tasks } = await listUnsteady(context, { filter: {}, builds: 100 });
  expect(tasks).toMatchObject([{ pn: 'zlib', kind: 'flaky', passed: 1, failed: 1, lastFailure: id(2) }]);
});

test('the week that runs, and one that is none', async () => {
  const week = await showWeek(context, { week: null, filter: {} });
  expect(week).toMatchObject({
    week: { name: '2026-W48' },
    previous: '2026-W47',
    next: null,
    numbers: { builds: 2, failed: 2, failures: 2, infrastructure: 0 },
    before: { builds: 1, succeeded: 1 },
    kinds: { new: [{ recipes: ['zlib'] }], back: [], goingOn: [], gone: [] },
  });
  expect((await showWeek(context, { week: '2026-W47', filter: {} })).next).toBe('2026-W48');
  await expect(showWeek(context, { week: '2026-W60', filter: {} })).rejects.toMatchObject({ code: 'invalid' });
});

test('the feed has what is new in this week and the weeks that are over, under ids that stay', async () => {
  const feed = async (nowMs: number, over: object = {}) =>
    Buffer.from(
      (await weekFeed({ ...context, now: () => nowMs }, { filter: {}, base: 'https://b.example', asked: '', ...over }))
        .bytes,
    ).toString();
  const entries = (text: string) =>
    [...text.matchAll(/<entry>\n<id>(.*?)<\/id>\n<title>(.*?)<\/title>\n<updated>(.*?)<\/updated>/g)].map((match) => ({
      id: match[1],
      title: match[2],
      updated: match[3],
    }));
  const now = await feed(NOW);
  // The build of nine days ago is of the week before, in which nothing failed.
  expect(entries(now).map(({ title }) => title)).toEqual([
    'New: zlib do_compile failed: zlib.c:7:3: error: no',
    'Failures of 2026-W47: 0 new, 0 going on, 0 gone',
  ]);
  expect(now).toMatch(/href="https:\/\/b\.example\/buildstats\/f\/[\w-]+\.[0-9a-f]{6}"/);
  expect(entries(await feed(NOW + 3_600_000, { base: 'http://other' }))).toEqual(entries(now));
  // A week later the kind is in the summary of its week, whose entry is there from its end on.
  const later = await feed(NOW + 7 * DAY);
  expect(entries(later)[0]).toMatchObject({
    title: 'Failures of 2026-W48: 1 new, 0 going on, 0 gone',
    updated: '2026-11-30T00:00:00.000Z',
  });
  expect(entries(later)[1]).toEqual(entries(now)[1]);
  expect(later).toContain('&lt;a href=&quot;https://b.example/f/');
  // Another question is another feed, and its weeks are others; what is new is new once.
  const asked = await feed(NOW, { filter: { machine: ['qemux86-64'] }, asked: 'machine=qemux86-64' });
  expect(asked).toContain('<title>Failures by week: machine qemux86-64</title>');
  expect(asked.match(/<id>.*?<\/id>/)![0]).not.toBe(now.match(/<id>.*?<\/id>/)![0]);
  expect([entries(asked)[0]!.id === entries(now)[0]!.id, entries(asked)[1]!.id === entries(now)[1]!.id]).toEqual([
    true,
    false,
  ]);
});
