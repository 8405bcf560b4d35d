/** Waterfall and matrix over both engines: what stands where, which build a cell keeps, and who sees it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { type MatrixQuestion, STRANGER, type Store, type WaterfallQuestion } from './store.ts';

const DAY = 86_400_000;
const HOUR = DAY / 24;
const START = Date.UTC(2026, 0, 5);
const good = drawBuild('gcc:do_compile ====');
const bad = drawBuild('gcc:do_compile ==F');

const id = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function made(hour: number | null, more: Partial<Build> = {}): Build {
  const base = more.outcome === 'failed' ? bad : good;
  const startedMs = hour === null ? null : START + hour * HOUR;
  return {
    ...base,
    name: 'b',
    machine: 'qemux86-64',
    distro: 'poky',
    targets: ['core-image-minimal'],
    builder: 'alpha',
    startedMs,
    endedMs: startedMs === null ? null : startedMs + HOUR,
    outcome: 'succeeded',
    ...more,
  };
}

const BUILDS: readonly Build[] = [
  made(0),
  made(2, { outcome: 'failed' }),
  // Interrupted: hides neither the failure nor the success before it.
  made(4, { outcome: 'interrupted' }),
  made(3, {
    builder: 'beta',
    machine: 'qemuarm64',
    targets: ['core-image-minimal', 'core-image-sato', 'core-image-sato'],
  }),
  made(26, { builder: 'beta', machine: 'qemuarm64', outcome: 'running', endedMs: null }),
  made(27, { builder: null, machine: 'qemuarm64', targets: null, outcome: 'lost', endedMs: null }),
  // Of ten hours: on screen where it did not begin.
  made(30, { builder: 'gamma', endedMs: START + 40 * HOUR }),
  // Nobody knows when: in no place.
  made(null, { builder: 'delta' }),
];

const databases = bothDatabases();

describe.each(databases)('reports over $name', ({ open, skip }) => {
  let store: Store;
  beforeAll(async () => {
    if (skip) return;
    store = await open();
    for (const [n, build] of BUILDS.entries()) await store.saveBuild(id(n), build);
    // The newest of all, and nobody's business.
    await store.saveBuild(id(90), made(50, { builder: 'secret', outcome: 'failed' }), {
      access: { visibility: 'private', owner: null, receivedMs: START },
    });
  });
  afterAll(() => store?.close());
  const it = test.skipIf(skip);

  const waterfall = (question: Partial<WaterfallQuestion>) =>
    store
      .seenBy(STRANGER)
      .readWaterfall({ filter: {}, by: 'builder', window: null, cells: 100, buildsMax: 100, ...question });
  const places = async (question: Partial<WaterfallQuestion>) =>
    (await waterfall(question)).builds.map(
      ({ value, build }) => `${value} ${Number.parseInt(build.id.slice(-12), 16)}`,
    );
  const hours = (from: number, to: number) => ({ beginMs: START + from * HOUR, endMs: START + to * HOUR });

  it('tells the builds of a window, newest first, also those that began before it and run into it', async () => {
    expect(await places({ window: hours(0, 48) })).toEqual([
      'gamma 6',
      'null 5',
      'beta 4',
      'alpha 2',
      'beta 3',
      'alpha 1',
      'alpha 0',
    ]);
    expect(await places({ window: hours(35, 48) })).toEqual(['gamma 6', 'beta 4']);
    expect(await places({ window: hours(0.5, 2) })).toEqual(['alpha 0']);
    expect(await places({ window: hours(60, 61), filter: { builder: ['gamma'] } })).toEqual([]);
  });

  it('puts a build of several targets at each, once', async () => {
    expect(await places({ by: 'target', window: hours(3, 3.5), filter: { machine: ['qemuarm64'] } })).toEqual([
      'core-image-minimal 3',
      'core-image-sato 3',
    ]);
  });

  it('counts in cells where there are more than may be told, and the cells hold every build once', async () => {
    const { cells, builds } = await waterfall({ window: hours(0, 48), buildsMax: 3, cells: 20 });
    expect(builds).toEqual([]);
    expect(Math.log2(cells!.stepMs) % 1).toBe(0);
    expect((48 * HOUR) / cells!.stepMs).toBeLessThanOrEqual(20);
    const sums = new Map<string | null, number[]>();
    for (const { value, builds: n, failed, succeeded, startMs } of cells!.rows) {
      expect(startMs % cells!.stepMs).toBe(0);
      const sum = sums.get(value) ?? [0, 0, 0];
      sums.set(value, [sum[0]! + n, sum[1]! + failed, sum[2]! + succeeded]);
    }
    expect(Object.fromEntries(sums)).toEqual({
      alpha: [3, 1, 1],
      beta: [2, 0, 1],
      gamma: [1, 0, 1],
      null: [1, 0, 0],
    });
  });

  it('without a window tells all the time there is, from the first start to the last that one may see', async () => {
    const whole = await waterfall({ by: null, buildsMax: 0 });
    expect([whole.beginMs, whole.endMs]).toEqual([START, START + 30 * HOUR + 1]);
    expect(whole.cells!.rows.reduce((sum, { builds }) => sum + builds, 0)).toBe(7);
    expect(await waterfall({ filter: { builder: ['delta'] } })).toMatchObject({ builds: [], cells: null });
    const { endMs } = await store.readWaterfall({ filter: {}, by: null, window: null, cells: 100, buildsMax: 0 });
    expect(endMs).toBe(START + 50 * HOUR + 1);
  });

  const matrix = async (question: Partial<MatrixQuestion>) => {
    const { cells } = await store
      .seenBy(STRANGER)
      .readMatrix({ filter: {}, rows: 'target', columns: 'machine', zoneMinutes: 0, cellsMax: 100, ...question });
    return cells.map(
      ({ row, column, builds, failed, running, last, succeededMs }) =>
        `${row} ${column}: ${last.outcome} ${Number.parseInt(last.id.slice(-12), 16)} of ${builds}, ${failed} failed, ${running} running, good ${
          succeededMs === null ? '-' : (succeededMs - START) / HOUR
        }`,
    );
  };

  it('keeps in a cell the last build with a verdict, however old, and says what came after it', async () => {
    expect((await matrix({ rows: 'builder', columns: null })).sort()).toEqual([
      'alpha null: failed 1 of 3, 1 failed, 0 running, good 0',
      'beta null: succeeded 3 of 2, 0 failed, 1 running, good 3',
      'gamma null: succeeded 6 of 1, 0 failed, 0 running, good 30',
      'null null: lost 5 of 1, 0 failed, 0 running, good -',
    ]);
  });

  it('is of any two dimensions, a target of several each', async () => {
    expect(await matrix({})).toEqual([
      'core-image-minimal qemux86-64: succeeded 6 of 4, 1 failed, 0 running, good 30',
      'null qemuarm64: lost 5 of 1, 0 failed, 0 running, good -',
      'core-image-minimal qemuarm64: succeeded 3 of 2, 0 failed, 1 running, good 3',
      'core-image-sato qemuarm64: succeeded 3 of 1, 0 failed, 0 running, good 3',
    ]);
    expect((await matrix({ rows: 'machine', columns: 'day' })).sort()).toEqual([
      'qemuarm64 2026-01-05: succeeded 3 of 1, 0 failed, 0 running, good 3',
      'qemuarm64 2026-01-06: lost 5 of 2, 0 failed, 1 running, good -',
      'qemux86-64 2026-01-05: failed 1 of 3, 1 failed, 0 running, good 0',
      'qemux86-64 2026-01-06: succeeded 6 of 1, 0 failed, 0 running, good 30',
    ]);
    // Where the clocks are an hour behind, the first build is of the day before.
    expect(
      (await matrix({ rows: 'day', columns: null, zoneMinutes: -60 })).map((cell) => cell.slice(0, 10)).sort(),
    ).toEqual(['2026-01-04', '2026-01-05', '2026-01-06']);
  });

  it('of recipes tells the last build that executed it: what came from sstate is neither a pass nor a failure', async () => {
    const own = await open();
    const recipes = (text: string, hour: number, more: Partial<Build> = {}) =>
      made(hour, { ...drawBuild(text), ...more, startedMs: START + hour * HOUR });
    await own.saveBuild(id(1), recipes('gcc:do_compile ====\nzlib:do_compile ==F', 0, { builder: 'a' }));
    await own.saveBuild(id(2), recipes('gcc:do_compile ==F\nzlib:do_compile ====', 1, { builder: 'b' }));
    await own.saveBuild(id(3), recipes('gcc:do_compile covered\nzlib:do_compile covered', 2, { builder: 'b' }));
    await own.saveBuild(id(4), recipes('gcc:do_compile ====', 3, { builder: 'a', targets: ['x', 'y'] }), {
      access: { visibility: 'private', owner: null, receivedMs: START },
    });
    const told = async (viewer: Store, question: Partial<MatrixQuestion>) =>
      (
        await viewer.readMatrix({
          filter: {},
          rows: 'recipe',
          columns: 'builder',
          zoneMinutes: 0,
          cellsMax: 100,
          ...question,
        })
      ).cells
        .map(
          (c) =>
            `${c.row} ${c.column}: ${c.outcome} ${c.failing} ${c.last.id.at(-1)} of ${c.builds}, ${c.failed} failed`,
        )
        .sort();
    expect(await told(own.seenBy(STRANGER), {})).toEqual([
      'gcc a: succeeded null 1 of 1, 0 failed',
      'gcc b: failed do_compile 2 of 1, 1 failed',
      'zlib a: failed do_compile 1 of 1, 1 failed',
      'zlib b: succeeded null 2 of 1, 0 failed',
    ]);
    expect(
      (await told(own, { rows: 'target', columns: 'recipe', filter: { builder: ['a'] } })).filter((c) =>
        /[xy] /.test(c),
      ),
    ).toEqual(['x gcc: succeeded null 4 of 1, 0 failed', 'y gcc: succeeded null 4 of 1, 0 failed']);
    await own.close();
  });

  it('takes the filter of the list: values, words, dates', async () => {
    const cells = async (filter: MatrixQuestion['filter']) =>
      (await matrix({ filter, rows: 'builder', columns: null })).map((c) => c.split(' ')[0]);
    expect(await cells({ machine: ['qemuarm64'] })).toEqual(['null', 'beta']);
    expect(await cells({ words: ['SATO'] })).toEqual(['beta']);
    expect(await cells({ fromMs: START + 5 * HOUR, toMs: START + 27 * HOUR })).toEqual(['null', 'beta']);
    expect(await cells({ builder: [''] })).toEqual(['null']);
  });

  it('of two builds of one moment a cell keeps the one of its own', async () => {
    const other = await open();
    await other.saveBuild(id(1), made(0, { machine: 'm1' }));
    await other.saveBuild(id(2), made(0, { machine: 'm2', outcome: 'failed' }));
    await other.saveBuild(id(3), made(0, { machine: 'm2', outcome: 'interrupted' }));
    const { cells, leftOut } = await other.readMatrix({
      filter: {},
      rows: 'machine',
      columns: null,
      zoneMinutes: 0,
      cellsMax: 1,
    });
    expect([cells.length, leftOut]).toEqual([1, 1]);
    const all = await other.readMatrix({ filter: {}, rows: 'machine', columns: null, zoneMinutes: 0, cellsMax: 9 });
    expect(all.cells.map(({ row, last }) => [row, last.id])).toEqual([
      ['m1', id(1)],
      ['m2', id(2)],
    ]);
    await other.close();
  });
});
