import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { showBuild } from './show-build.ts';

const DAY = 86_400_000;
let store: Store;
let context: OperationContext;

beforeEach(async () => {
  store = await openStore('sqlite::memory:');
  context = {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => 0,
    version: '1',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
});
afterEach(() => store.close());

const id = (n: number): string => `0000000${n}-0000-5000-8000-000000000000`;

/** A build that starts on day n. */
async function save(n: number, text: string, over: Partial<Build> = {}): Promise<void> {
  const drawn = drawBuild(text);
  const later = (ms: Float64Array): Float64Array => ms.map((time) => time + n * DAY);
  await store.saveBuild(id(n), {
    ...drawn,
    name: `day ${n}`,
    tasks: { ...drawn.tasks, startMs: later(drawn.tasks.startMs), endMs: later(drawn.tasks.endMs) },
    startedMs: (drawn.startedMs ?? 0) + n * DAY,
    endedMs: drawn.endedMs === null ? null : drawn.endedMs + n * DAY,
    machine: 'qemux86-64',
    targets: ['core-image-minimal'],
    sources: [{ kind: 'buildstats', location: `/home/u/tmp/buildstats/day${n}` }],
    ...over,
  });
}

it('tells how far a running build is from the succeeded ones before it, over those that failed', async () => {
  await save(1, 'a:do_compile ====================');
  await save(2, 'a:do_compile ==F', { outcome: 'failed' });
  await save(3, 'a:do_compile =====>', { outcome: 'running', endedMs: null });
  context = { ...context, now: () => DRAWING_START_MS + 3 * DAY + 5000 };
  const { progress, previousId } = await showBuild(context, { build: '@last' });
  expect(previousId).toBe(id(2));
  expect(progress).toEqual({
    share: 5 / 20,
    estimatedEndMs: DRAWING_START_MS + 3 * DAY + 20_000,
    basis: expect.stringContaining('estimated'),
  });
});

it('says nothing of progress without history, or when it is over', async () => {
  await save(1, 'a:do_compile =====>', { outcome: 'running', endedMs: null });
  expect((await showBuild(context, { build: id(1) })).progress).toBeNull();
  await save(2, 'a:do_compile =====');
  expect((await showBuild(context, { build: id(2) })).progress).toBeNull();
});
