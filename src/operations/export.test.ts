import { describe, expect, test } from 'vitest';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { exportSamples } from './export-samples.ts';
import { exportTasks } from './export-tasks.ts';
import { exportTrace } from './export-trace.ts';

const ID = '5e8f4a02-0000-5000-8000-000000000001';

/** A store that holds one build and answers the reads that exports make; anything else is a mistake of the test. */
function holding(build: Build): OperationContext {
  const known = async <T>(id: string, value: T): Promise<T | null> => (id === ID ? value : null);
  const answers: Partial<Store> = {
    aliasOf: async () => null,
    findIds: async (prefix) => (ID.startsWith(prefix) ? [ID] : []),
    readHead: (id) => known(id, { ...build, id: ID, revision: 'r7' }),
    readTaskTable: (id) => known(id, build.tasks),
    readGraph: (id) => known(id, build.graph === null ? null : { graph: build.graph, revision: 'r7' }),
    readSamples: (id) => known(id, build.samples),
  };
  const store = new Proxy(answers as Store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (found === undefined) throw new Error(`exports do not need ${String(name)}`);
      return found;
    },
  });
  return {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => 0,
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
}

const context = holding(drawBuild('glibc:do_compile  ===  cputime=2'));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('exports of a stored build', () => {
  test('are found by a prefix of the id and carry its revision', async () => {
    const file = await exportTasks(context, { build: '5e8f', format: 'csv' });
    expect(file).toMatchObject({ fileName: '20260101000000-tasks.csv', revision: 'r7', finished: true });
    expect(file.mediaType).toContain('text/csv');
    expect(text(file.bytes)).toContain('glibc,1.0,glibc-1.0-r0,,,do_compile,succeeded,');
  });

  test('of a running build may still change', async () => {
    const running = holding(drawBuild('glibc:do_compile  ==>'));
    expect(await exportTasks(running, { build: ID, format: 'json' })).toMatchObject({ finished: false });
    expect(await exportSamples(running, { build: ID })).toMatchObject({ finished: false });
    expect(await exportTrace(running, { build: ID })).toMatchObject({ finished: false });
  });

  test('a trace is JSON with an event for the task, in one piece', async () => {
    const file = await exportTrace(context, { build: ID });
    const { traceEvents } = JSON.parse(text(file.bytes)) as {
      traceEvents: { ph: string; name: string; dur: number }[];
    };
    expect(traceEvents.filter((event) => event.ph === 'X')).toMatchObject([
      { name: 'glibc:do_compile', dur: 3_000_000 },
    ]);
    expect(file.fileName).toBe('20260101000000-trace.json');
  });

  test('a build that is not there is not found, in every form', async () => {
    const other = '00000000-0000-5000-8000-000000000000';
    for (const failing of [
      exportTasks(context, { build: other, format: 'parquet' }),
      exportSamples(context, { build: other }),
      exportTrace(context, { build: other }),
    ]) {
      await expect(failing).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});
