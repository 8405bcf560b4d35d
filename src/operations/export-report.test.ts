import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { CONSOLE, type Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { exportReport } from './export-report.ts';
import { readColumns } from './read-columns.ts';
import { readGraph } from './read-graph.ts';

const TEMPLATE =
  '<title><!--report-title--></title><script type="application/json"><!--report-data--></script><script>run()</script>';
const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const C = '00000000-0000-4000-8000-00000000000c';

let store: Store;
let context: OperationContext;

beforeAll(async () => {
  store = await openStore('sqlite::memory:');
  context = {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => 0,
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: async () => TEMPLATE,
  };
  const hostile = { ...drawBuild('gcc:do_compile ===='), name: '</script><script>alert(1)</script>', machine: '<b>&' };
  await store.saveBuild(A, hostile);
  await store.saveBuild(B, drawBuild('gcc:do_compile ======'));
});
afterAll(() => store.close());

const text = async (builds: readonly string[]): Promise<string> =>
  new TextDecoder().decode((await exportReport(context, { builds })).bytes);

function dataOf(html: string): { start: string; answers: Record<string, { json?: unknown; base64?: string }> } {
  return JSON.parse(html.slice(html.indexOf('json">') + 6, html.indexOf('</script>')));
}

describe('a report file', () => {
  test('holds the answers that its pages ask for, byte for byte', async () => {
    const { start, answers } = dataOf(await text([B]));
    expect(start).toBe(`/b/${B}`);
    expect(Object.keys(answers).sort()).toEqual([`/builds/${B}`, `/builds/${B}/columns`, `/builds/${B}/samples`]);
    const columns = await readColumns(context, { build: B, metrics: '*' });
    expect(answers[`/builds/${B}/columns`]?.base64).toBe(Buffer.from(columns.bytes).toString('base64'));
    expect(answers[`/builds/${B}`]?.json).toMatchObject({ id: B, logsAvailable: false, previousId: null });
  });

  test('holds the task graph where one is known: the chart shows chains from it', async () => {
    await store.saveBuild(C, drawBuild('a:do_compile ==\nb:do_compile   == <- a:do_compile'));
    const { answers } = dataOf(await text([C]));
    const graph = await readGraph(context, { build: C });
    expect(answers[`/builds/${C}/graph`]?.base64).toBe(Buffer.from(graph.bytes).toString('base64'));
    expect(answers[`/builds/${C}`]?.json).toMatchObject({
      longestChain: { lengthMs: 4000, tasks: 2, parallelismMax: 1 },
    });
  });

  test('of several builds opens at their comparison', async () => {
    const { start, answers } = dataOf(await text([A, B]));
    expect(start).toBe(`/compare?b=${A}&b=${B}`);
    expect(Object.keys(answers)).toHaveLength(6);
  });

  test('lets no name out of its place', async () => {
    const html = await text([A]);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain('<title>&lt;b&gt;&amp; · &lt;/script&gt;');
    expect(dataOf(html).answers[`/builds/${A}`]?.json).toMatchObject({ machine: '<b>&' });
  });

  test('is refused with a reason for no build, for too many, and by a copy without the page', async () => {
    await expect(exportReport(context, { builds: [] })).rejects.toMatchObject({ code: 'invalid' });
    await expect(exportReport(context, { builds: Array(21).fill(A) })).rejects.toMatchObject({ code: 'invalid' });
    const bare = { ...context, reportTemplate: null };
    await expect(exportReport(bare, { builds: [A] })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(exportReport(context, { builds: ['ffff'] })).rejects.toMatchObject({ code: 'not-found' });
  });
});
