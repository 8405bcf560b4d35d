import { expect, test } from 'vitest';
import { ExploreQuery } from '../api/contract.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { explore } from './explore.ts';

test('over many builds lets other questions in between', async () => {
  const store = await openStore('sqlite::memory:');
  for (let n = 0; n < 3; n++)
    await store.saveBuild(`0000000${n}-0000-5000-8000-000000000000`, {
      ...drawBuild('zlib_1.3:do_compile ==='),
      name: String(n),
    });
  // A store that needs the whole thread for 60 ms a build, as one does with large tables.
  const slow: Store = {
    ...store,
    listBuilds: (filter, page) => store.listBuilds(filter, page),
    readContents: (id) => store.readContents(id),
    readTaskTable: (id, metrics) => store.readTaskTable(id, metrics),
    readHead(id) {
      const until = performance.now() + 60;
      while (performance.now() < until);
      return store.readHead(id);
    },
  };
  const context: OperationContext = {
    store: slow,
    wholeStore: slow,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => 0,
    version: '1',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
  let turns = 0;
  let done = false;
  const other = (): void => {
    if (done) return;
    turns++;
    setImmediate(other);
  };
  setImmediate(other);
  const question = ExploreQuery.parse({ x: 'recipe', y: 'walltime', level: 'task' });
  await explore(context, { builds: [], last: 3, question });
  done = true;
  expect(turns).toBeGreaterThanOrEqual(2);
  await store.close();
});
