import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import type { Build } from '../model/build.ts';
import { decodeColumns, decodeSamples } from '../model/columns-body.ts';
import { decodeGraph } from '../model/columns-graph.ts';
import { blankBuild, drawBuild } from '../model/draw-build.ts';
import { metricFor } from '../model/metric-registry.ts';
import { decompress } from './compression.ts';
import { openStore } from './index.ts';
import type { BuildListFilter, Store } from './store.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);

const drawn = drawBuild(`
  gcc-cross:do_compile       ====                      cputime=2.5 io.read_bytes=4096
  glibc:do_compile           ..  ====                  cputime=8 io.read_bytes=0 <- gcc-cross:do_compile
  mc:musl:busybox:do_compile     ==F                   cputime=1
  glibc:do_populate_lic      covered
`);

function id(n: number): string {
  return `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;
}

function build(n: number, more: Partial<Build> = {}): Build {
  const startedMs = START + n * DAY;
  return {
    ...drawn,
    name: `2026110${n}000000`,
    sources: [{ kind: 'buildstats', location: `/home/u/build/tmp/buildstats/2026110${n}000000` }],
    startedMs,
    endedMs: startedMs + 1000 * (100 + n),
    endEstimated: false,
    outcome: 'succeeded',
    machine: 'qemux86-64',
    distro: 'poky',
    targets: ['core-image-minimal'],
    host: { ...drawn.host, name: 'alpha', id: 'h1', distro: 'debian-12', cores: 8, memoryBytes: 33e9, cpuModel: 'x' },
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
    problems: [{ severity: 'warning', code: 'odd', message: 'An odd line.', file: 'a/do_b', line: 3 }],
    ...more,
  };
}

/** One database; `open` gives another connection to it, as another controller has. */
interface Engine {
  open(): Promise<Store>;
  stop(): Promise<void>;
}

const engines: { name: string; here: boolean; start: () => Promise<Engine> }[] = [
  {
    name: 'SQLite',
    here: true,
    start: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bakehouse-store-'));
      return {
        open: () => openStore(`sqlite:${join(folder, 'bakehouse.db')}`),
        stop: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
  {
    name: 'PostgreSQL',
    here: hasPostgres,
    start: async () => {
      const server = await startPostgres();
      const url = await server.newDatabase();
      return { open: () => openStore(url), stop: () => server.stop() };
    },
  },
];

describe.each(engines)('store on $name', ({ here, start }) => {
  const on = test.skipIf(!here);
  let engine: Engine;
  let store: Store;
  beforeAll(async () => {
    if (!here) return;
    engine = await start();
    store = await engine.open();
  });
  beforeEach(async () => {
    if (!here) return;
    const { builds } = await store.listBuilds({}, { after: null, limit: 500 });
    for (const { id: old } of builds) await store.deleteBuild(old);
  });
  afterAll(async () => {
    if (!here) return;
    await store.close();
    await engine.stop();
  });

  on('a build comes back whole; the same again writes nothing', async () => {
    const saved = build(1);
    const first = await store.saveBuild(id(1), saved);
    expect(first).toMatchObject({ id: id(1), changed: true });
    expect(await store.readBuild(id(1))).toEqual(saved);
    expect(await store.saveBuild(id(1), build(1))).toEqual({ ...first, changed: false });
    const { tasks: _, samples: __, graph: ___, ...head } = saved;
    expect(await store.readHead(id(1))).toEqual({ ...head, id: id(1), revision: first.revision });
    expect(await store.readContents(id(1))).toEqual({
      taskNames: ['do_compile', 'do_populate_lic'],
      metrics: saved.tasks.metrics,
      series: [{ ...withoutValues(saved), source: 'reduced_proc_stat.log' }],
      taskOutcomes: { succeeded: 2, covered: 1, failed: 1 },
      hasGraph: true,
    });
  });

  on('columns and samples travel as stored, only those asked for', async () => {
    const saved = build(1);
    const { revision } = await store.saveBuild(id(1), saved);
    const bytes = await store.readTaskBytes(id(1), ['cputime', 'no.such.metric']);
    expect(bytes).toMatchObject({ revision, finished: true });
    const table = decodeColumns(bytes!.bytes, decompress);
    expect(table.metrics.map((metric) => metric.id)).toEqual(['cputime']);
    expect(table).toEqual(await store.readTaskTable(id(1), ['cputime']));
    expect(table.startMs).toEqual(saved.tasks.startMs);
    expect(decodeColumns((await store.readTaskBytes(id(1), '*'))!.bytes, decompress)).toEqual(saved.tasks);
    expect((await store.readTaskTable(id(1), []))?.metrics).toEqual([]);
    expect(decodeSamples((await store.readSampleBytes(id(1)))!.bytes, decompress)).toEqual(saved.samples);
    expect(await store.readSamples(id(1))).toEqual(saved.samples);
    const graph = await store.readGraphBytes(id(1));
    expect(graph).toMatchObject({ revision, finished: true });
    expect(decodeGraph(graph!.bytes, decompress)).toEqual(saved.graph);
    expect(await store.readGraph(id(1))).toEqual({ graph: saved.graph, revision: graph!.revision });
    await store.saveBuild(id(2), build(2, { outcome: 'running' }));
    expect(await store.readTaskBytes(id(2), [])).toMatchObject({ finished: false });
  });

  on('what is not there is null, and no error', async () => {
    expect(await store.readBuild(id(9))).toBeNull();
    expect(await store.readHead(id(9))).toBeNull();
    expect(await store.readSummary(id(9))).toBeNull();
    expect(await store.readContents(id(9))).toBeNull();
    expect(await store.readTaskTable(id(9), '*')).toBeNull();
    expect(await store.readTaskBytes(id(9), '*')).toBeNull();
    expect(await store.readSamples(id(9))).toBeNull();
    expect(await store.readSampleBytes(id(9))).toBeNull();
    expect(await store.readGraphBytes(id(9))).toBeNull();
    expect(await store.readGraph(id(9))).toBeNull();
    expect(await store.readNeighbours(id(9))).toEqual({ previousId: null, nextId: null });
    expect(await store.readHistories([id(9)], 20)).toEqual(new Map());
    expect(await store.deleteBuild(id(9))).toBe(false);
    expect(await store.listBuilds({}, { after: null, limit: 10 })).toEqual({
      builds: [],
      next: null,
      matching: 0,
      total: 0,
    });
  });

  on('a build that changed is replaced whole', async () => {
    const { revision } = await store.saveBuild(id(1), build(1));
    const changed = build(1, { outcome: 'failed', problems: [], targets: ['other'], samples: [], graph: null });
    const second = await store.saveBuild(id(1), changed);
    expect(second.changed).toBe(true);
    expect(second.revision).not.toBe(revision);
    expect(await store.readBuild(id(1))).toEqual(changed);
    expect((await store.countFacets({})).target).toEqual([{ value: 'other', count: 1 }]);
    expect(await store.countBuilds()).toBe(1);
  });

  on('one number that changed makes another revision, the bits of a NaN do not', async () => {
    const tasks = build(1).tasks;
    const withStart = (start: Float64Array) => build(1, { tasks: { ...tasks, endMs: start } });
    const odd = tasks.endMs.slice();
    new BigUint64Array(odd.buffer)[odd.findIndex(Number.isNaN)] = 0xfff8000000000001n;
    const first = await store.saveBuild(id(1), withStart(tasks.endMs));
    expect((await store.saveBuild(id(1), withStart(odd))).revision).toBe(first.revision);
    const moved = tasks.endMs.map((end) => end + 1);
    expect((await store.saveBuild(id(1), withStart(moved))).changed).toBe(true);
  });

  on('an empty build and a build of odd names', async () => {
    await store.saveBuild(id(1), blankBuild('empty'));
    expect(await store.readBuild(id(1))).toEqual(blankBuild('empty'));
    expect(decodeColumns((await store.readTaskBytes(id(1), '*'))!.bytes, decompress).length).toBe(0);
    const recipes = drawn.recipes.map((recipe, i) => ({ ...recipe, pn: `${recipe.pn}\0'"\t\n${i} é 🙂` }));
    const odd = build(2, { name: "a\0b\ud800'; drop table builds; --", machine: 'm%_\\', recipes });
    await store.saveBuild(id(2), odd);
    expect(await store.readBuild(id(2))).toEqual(odd);
    const found = await store.listBuilds({ words: ['M%_\\'] }, { after: null, limit: 10 });
    expect(found.builds.map((b) => b.id)).toEqual([id(2)]);
    const trend = await store.readTrend({
      recipe: recipes.find(({ pn }) => pn.startsWith('glibc'))!.pn,
      task: 'do_compile',
      mc: '',
      metric: 'cputime',
      builds: 10,
    });
    expect(trend.points.map((point) => point.value)).toEqual([8]);
  });

  on('the list: newest first, without a start last, in pages', async () => {
    for (const n of [3, 1, 5, 2, 4]) await store.saveBuild(id(n), build(n));
    await store.saveBuild(id(6), build(6, { startedMs: null }));
    await store.saveBuild(id(7), build(7, { startedMs: START + 5 * DAY }));
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await store.listBuilds({}, { after, limit: 3 });
      expect(page).toMatchObject({ matching: 7, total: 7 });
      seen.push(...page.builds.map((b) => b.id));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual([5, 7, 4, 3, 2, 1, 6].map(id));
    await expect(store.listBuilds({}, { after: "1'; --", limit: 3 })).rejects.toThrow('cursor');
    const { builds } = await store.listBuilds({}, { after: null, limit: 1 });
    expect(builds[0]).toEqual(await store.readSummary(id(5)));
    expect(builds[0]).toMatchObject({
      name: '20261105000000',
      startedMs: START + 5 * DAY,
      endedMs: START + 5 * DAY + 105_000,
      endEstimated: false,
      targets: ['core-image-minimal'],
      hostName: 'alpha',
      location: '/home/u/build/tmp/buildstats/20261105000000',
      tasks: 3,
      failures: 1,
      firstFailure: 'busybox:do_compile',
      problems: 1,
      cpuTimeS: 11.5,
    });
  });

  on('filters and facets', async () => {
    await store.saveBuild(id(1), build(1));
    await store.saveBuild(id(2), build(2, { machine: 'rpi', targets: ['sato', 'sdk'] }));
    await store.saveBuild(id(3), build(3, { machine: null, targets: null, outcome: 'failed' }));
    const ids = async (filter: BuildListFilter) =>
      (await store.listBuilds(filter, { after: null, limit: 10 })).builds.map((b) => b.id);
    expect(await ids({ machine: ['rpi'] })).toEqual([id(2)]);
    expect(await ids({ machine: ['', 'rpi'] })).toEqual([id(3), id(2)]);
    expect(await ids({ target: ['sdk'] })).toEqual([id(2)]);
    expect(await ids({ target: [''] })).toEqual([id(3)]);
    expect(await ids({ outcome: ['failed'] })).toEqual([id(3)]);
    expect(await ids({ words: ['SATO', 'alph'] })).toEqual([id(2)]);
    expect(await ids({ words: ['%'] })).toEqual([]);
    expect(await ids({ fromMs: START + 2 * DAY, toMs: START + 2 * DAY })).toEqual([id(2)]);
    const facets = await store.countFacets({ machine: ['rpi'] });
    expect(facets.machine).toEqual([
      { value: null, count: 1 },
      { value: 'qemux86-64', count: 1 },
      { value: 'rpi', count: 1 },
    ]);
    expect(facets.target).toEqual([
      { value: 'sato', count: 1 },
      { value: 'sdk', count: 1 },
    ]);
    expect(facets.outcome).toEqual([{ value: 'succeeded', count: 1 }]);
  });

  on('ids by prefix', async () => {
    await store.saveBuild('aaaa0000-0000-5000-8000-000000000000', build(1));
    await store.saveBuild('aaab0000-0000-5000-8000-000000000000', build(2));
    expect(await store.findIds('aaa', 10)).toHaveLength(2);
    expect(await store.findIds('aaa', 1)).toHaveLength(1);
    expect(await store.findIds('aaab', 10)).toEqual(['aaab0000-0000-5000-8000-000000000000']);
    expect(await store.findIds('%', 10)).toEqual([]);
  });

  on('usual and neighbours know only the own configuration', async () => {
    for (const n of [1, 2, 3, 4]) await store.saveBuild(id(n), build(n));
    // None of these counts: failed, another machine, no product, an end that is a guess.
    await store.saveBuild(id(5), build(5, { outcome: 'failed' }));
    await store.saveBuild(id(6), build(6, { machine: 'rpi' }));
    await store.saveBuild(id(7), build(7, { targets: ['busybox:do_cleansstate'] }));
    await store.saveBuild(id(8), build(8, { endEstimated: true }));
    await store.saveBuild(id(9), build(9));
    const histories = await store.readHistories([id(9), id(3), id(1), id(6)], 20);
    expect(histories.get(id(9))).toEqual([101_000, 102_000, 103_000, 104_000]);
    expect(histories.get(id(3))).toEqual([101_000, 102_000]);
    expect(histories.get(id(1))).toEqual([]);
    expect(histories.get(id(6))).toEqual([]);
    expect((await store.readHistories([id(9)], 2)).get(id(9))).toEqual([103_000, 104_000]);
    expect(await store.readNeighbours(id(4))).toEqual({ previousId: id(3), nextId: id(5) });
    expect(await store.readNeighbours(id(6))).toEqual({ previousId: null, nextId: null });
  });

  on('history of a task, a recipe and the whole build; not executed is not zero', async () => {
    const of = (text: string) => {
      const { tasks, recipes, graph } = drawBuild(text);
      return { tasks, recipes, graph };
    };
    await store.saveBuild(
      id(1),
      build(1, of('a:do_compile ==  cputime=2 rusage.ru_maxrss=10\na:do_fetch = cputime=1 rusage.ru_maxrss=30')),
    );
    await store.saveBuild(
      id(2),
      build(2, of('a:do_compile ==  cputime=4 rusage.ru_maxrss=20\na:do_fetch = cputime=1 rusage.ru_maxrss=5')),
    );
    await store.saveBuild(id(3), build(3, of('a:do_compile covered\nb:do_fetch = cputime=7')));
    await store.saveBuild(
      id(4),
      build(4, of('0:do_compile =  cputime=1\nmc:x:a:do_compile == cputime=50\na:do_compile == cputime=8')),
    );
    const values = async (recipe: string | null, task: string | null, metric = 'cputime') => {
      const { points } = await store.readTrend({ recipe, task, mc: '', metric, builds: 100 });
      return points.map((point) => [Number(point.id.slice(-2)), point.value]);
    };
    expect(await values('a', 'do_compile')).toEqual([
      [1, 2],
      [2, 4],
      [4, 8],
    ]);
    expect(await values('a', null)).toEqual([
      [1, 3],
      [2, 5],
      [4, 8],
    ]);
    expect(await values(null, null)).toEqual([
      [1, 3],
      [2, 5],
      [3, 7],
      [4, 59],
    ]);
    expect(await values('a', 'do_nothing')).toEqual([]);
    expect(await values('nobody', 'do_compile')).toEqual([]);
    await expect(values('a', null, 'no.such')).rejects.toThrow('no.such');
    const last = await store.readTrend({ recipe: 'a', task: 'do_compile', mc: '', metric: 'cputime', builds: 3 });
    expect(last.points.map((point) => point.value)).toEqual([4, 8]);
    await store.saveBuild(id(5), build(5, { machine: 'rpi', ...of('a:do_compile = cputime=99') }));
    const ofCompile = { recipe: 'a', task: 'do_compile', mc: '', metric: 'cputime', builds: 9 };
    const like = async (n: number) => {
      const { points, builds } = await store.readTrend({ ...ofCompile, like: id(n) });
      return { values: points.map((point) => point.value), builds };
    };
    expect(await like(2)).toEqual({ values: [2, 4, 8], builds: 4 });
    expect(await like(5)).toEqual({ values: [99], builds: 1 });
    expect(await like(9)).toEqual({ values: [], builds: 0 });
    expect((await store.readTrend(ofCompile)).points.map((point) => point.value)).toEqual([2, 4, 8, 99]);
    await store.deleteBuild(id(5));
    const top = await store.readTopTasks({ metric: 'cputime', builds: 10, limit: 3 });
    expect(top.tasks).toEqual([
      { id: id(4), row: 2, mc: 'x', pn: 'a', task: 'do_compile', value: 50 },
      { id: id(4), row: 1, mc: '', pn: 'a', task: 'do_compile', value: 8 },
      { id: id(3), row: 1, mc: '', pn: 'b', task: 'do_fetch', value: 7 },
    ]);
    expect((await store.readTopTasks({ metric: 'cputime', builds: [id(1)], limit: 9 })).tasks).toHaveLength(2);
    expect((await store.readTopTasks({ metric: 'cputime', builds: [], limit: 9 })).tasks).toEqual([]);
    expect((await store.listMetrics()).map((metric) => metric.id)).toContain('rusage.ru_maxrss');
  });

  on('a history of what does not add up: cores are a quotient of sums, several percents are no number', async () => {
    const { tasks: plain, recipes } = drawBuild(
      [
        'a:do_compile ==  walltime=2 cputime=8 effective_cores=4 cpu.usage=10',
        'a:do_install   ====  walltime=4 cputime=4 effective_cores=1 cpu.usage=30',
        'b:do_fetch ====  walltime=4',
      ].join('\n'),
    );
    const tasks = { ...plain, metrics: plain.metrics.map((metric) => metricFor(metric.id)) };
    await store.saveBuild(id(1), build(1, { tasks, recipes, graph: null }));
    const values = async (recipe: string | null, task: string | null, metric: string) => {
      const { points } = await store.readTrend({ recipe, task, mc: '', metric, builds: 3 });
      return points.map((point) => point.value);
    };
    expect(await values('a', 'do_compile', 'effective_cores')).toEqual([4]);
    expect(await values('a', null, 'effective_cores')).toEqual([2]);
    // b recorded no cpu time: the build's wall time is of more runs than its cpu time.
    expect(await values(null, null, 'effective_cores')).toEqual([]);
    expect(await values('a', 'do_install', 'cpu.usage')).toEqual([30]);
    expect(await values('a', null, 'cpu.usage')).toEqual([]);
    expect(await values(null, null, 'cpu.usage')).toEqual([]);
  });

  on('a history of durations is by the clock, without builds whose end is estimated or not there', async () => {
    await store.saveBuild(id(1), build(1, { endedMs: START + DAY + 5000 }));
    await store.saveBuild(id(2), build(2, { endEstimated: true }));
    await store.saveBuild(id(3), build(3, { endedMs: null }));
    const question = { recipe: null, task: null, mc: '', metric: 'duration', builds: 9 };
    const { metric, points } = await store.readTrend(question);
    expect(metric).toMatchObject({ id: 'duration', unit: 's' });
    expect(points.map((point) => [point.id, point.value])).toEqual([[id(1), 5]]);
    await expect(store.readTrend({ ...question, recipe: 'a' })).rejects.toThrow('duration');
  });

  on('a table of several blocks: history and top find their place', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => `r${String(i).padStart(5, '0')}:do_compile = cputime=${i}`);
    const { tasks, recipes } = drawBuild(rows.join('\n'));
    for (const n of [1, 2]) await store.saveBuild(id(n), build(n, { tasks, recipes, graph: null }));
    expect((await store.readBuild(id(1)))?.tasks).toEqual(tasks);
    for (const i of [0, 4095, 4096, 8191, 8192, 8999]) {
      const pn = `r${String(i).padStart(5, '0')}`;
      const { points } = await store.readTrend({
        recipe: pn,
        task: 'do_compile',
        mc: '',
        metric: 'cputime',
        builds: 9,
      });
      expect(points.map((point) => point.value)).toEqual([i, i]);
    }
    const top = await store.readTopTasks({ metric: 'cputime', builds: 9, limit: 3 });
    expect(top.tasks.map((task) => [task.pn, task.row, task.value])).toEqual([
      ['r08999', 8999, 8999],
      ['r08999', 8999, 8999],
      ['r08998', 8998, 8998],
    ]);
  });

  on('two controllers write at once', async () => {
    const other = await engine.open();
    try {
      const both = [store, other];
      // The same build, the same names and key lists for the first time, on both at once.
      const fresh = (n: number) =>
        build(n, { recipes: drawn.recipes.map((recipe) => ({ ...recipe, pn: `${recipe.pn}-${n % 3}` })) });
      const jobs = Array.from({ length: 24 }, (_, i) => both[i % 2]!.saveBuild(id(1 + (i % 8)), fresh(i % 12)));
      const saved = await Promise.all(jobs);
      expect(saved.filter((s) => s.changed).length).toBeGreaterThanOrEqual(8);
      expect(await store.countBuilds()).toBe(8);
      for (let n = 1; n <= 8; n++) {
        const got = await other.readBuild(id(n));
        const written = got!.recipes[0]!.pn;
        expect([0, 1, 2].map((m) => `${drawn.recipes[0]!.pn}-${m}`)).toContain(written);
        expect(got!.tasks).toEqual(drawn.tasks);
      }
    } finally {
      await other.close();
    }
  });

  on('a writer that did not see the last revision is told so', async () => {
    const { revision } = await store.saveBuild(id(1), build(1), { replacing: null });
    const newer = build(1, { outcome: 'failed' });
    await expect(store.saveBuild(id(1), newer, { replacing: null })).rejects.toMatchObject({ code: 'conflict' });
    await expect(store.saveBuild(id(1), newer, { replacing: 'another' })).rejects.toMatchObject({ code: 'conflict' });
    expect((await store.readSummary(id(1)))?.outcome).toBe('succeeded');
    expect((await store.saveBuild(id(1), newer, { replacing: revision })).changed).toBe(true);
  });

  on('a reader never sees half of one revision and half of another', async () => {
    const other = await engine.open();
    try {
      const of = (n: number) =>
        build(1, { name: `n${n}`, tasks: { ...drawn.tasks, endMs: drawn.tasks.endMs.map((end) => end + n) } });
      await store.saveBuild(id(1), of(0));
      let writing = true;
      const write = async () => {
        for (let n = 1; n <= 40; n++) await other.saveBuild(id(1), of(n));
      };
      let reads = 0;
      // Several at a time, so that each is slow against the writer.
      const read = async () => {
        while (writing) {
          const got = await store.readBuild(id(1));
          expect(got!.tasks.endMs[0]! - drawn.tasks.endMs[0]!).toBe(Number(got!.name.slice(1)));
          reads++;
        }
      };
      const readers = [1, 2, 3, 4, 5, 6].map(read);
      await write().finally(() => {
        writing = false;
      });
      await Promise.all(readers);
      expect(reads).toBeGreaterThan(0);
    } finally {
      await other.close();
    }
  });
});

function withoutValues(of: Build): object {
  const { values: _, ...about } = of.samples[0]!.series[0]!;
  return about;
}
