import { describe, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { drawBuild, DRAWING_START_MS as T0 } from '../model/draw-build.ts';
import type { SampleMark, SampleTable } from '../model/samples.ts';
import type { Unit } from '../model/units.ts';
import { prepareChart } from './layout.ts';
import { PALETTES } from './palette.ts';
import { RecordPainter } from './record-painter.ts';
import {
  axisText,
  type ChartSeries,
  chartSeries,
  decimate,
  defaultStrips,
  drawStrip,
  formatStrips,
  meanBetween,
  parseStrips,
  readingAt,
  stripEntries,
} from './strips.ts';

interface Line {
  id: string;
  unit: Unit;
  values: number[];
  limit?: number;
  marks?: SampleMark[];
  guessed?: boolean;
}

/** Samples one second apart from the build's start on, or at the seconds given. */
function table(source: string, lines: Line[], seconds?: number[]): SampleTable {
  const count = lines[0]!.values.length;
  return {
    source,
    timeMs: Float64Array.from({ length: count }, (_, i) => T0 + (seconds?.[i] ?? i) * 1000),
    series: lines.map(({ id, unit, values, limit = null, marks = [], guessed = false }) => ({
      id,
      label: id,
      unit,
      values: Float64Array.from(values),
      limit,
      marks,
      note: null,
      guessed,
    })),
  };
}

const NAN = Number.NaN;
function seriesOf(
  samples: SampleTable[],
  drawing = 'a:do_x ====\nb:do_x   ===',
): { build: Build; byId: Map<string, ChartSeries> } {
  const build = drawBuild(drawing, { samples });
  return { build, byId: new Map(chartSeries(prepareChart(build)).map((s) => [s.id, s])) };
}

describe('chartSeries', () => {
  it('has the running tasks and every discovered series, unknown files too', () => {
    const { byId } = seriesOf([
      table('reduced_proc_stat.log', [{ id: 'cpu.user', unit: 'share', values: [0.1, 0.4], limit: 1 }]),
      table('fan_speed.log', [{ id: 'fan_speed.c0', unit: 'none', values: [900, 1200], guessed: true }]),
    ]);
    expect([...byId.keys()]).toEqual(['tasks.running', 'cpu.user', 'fan_speed.c0']);
    expect(byId.get('cpu.user')).toMatchObject({ top: 1, bottom: 0 });
    expect(byId.get('fan_speed.c0')).toMatchObject({ guessed: true, source: 'fan_speed.log', top: 1500 });
    expect([...byId.get('tasks.running')!.values]).toEqual([1, 2, 1, 0]);
  });

  it('cuts the axis below a lone peak and says the peak', () => {
    const values = Array.from({ length: 300 }, (_, i) => (i === 7 ? 5000 : 100 + (i % 10)));
    const { byId } = seriesOf([table('x.log', [{ id: 'x.rate', unit: 'count', values }])]);
    const { entries } = stripEntries(['x.rate'], byId, PALETTES.light);
    expect(entries[0]).toMatchObject({ top: 150 });
    expect(axisText(entries[0]!)).toBe('0–150, peak 5,000');
  });
});

describe('a strip', () => {
  const { byId } = seriesOf([
    table('d.log', [
      { id: 'disk.read', unit: 'B/s', values: [0, 100, NAN] },
      { id: 'disk.write', unit: 'B/s', values: [0, 900, 0], marks: ['corrected'] },
    ]),
    table('m.log', [{ id: 'memory.used', unit: 'B', values: [1024, 2048, 4096] }]),
  ]);

  it('gives parts of one thing one axis and all else its own; knows what is missing', () => {
    const { entries, missing } = stripEntries(
      ['disk.read', 'no.such', 'disk.write', 'memory.used'],
      byId,
      PALETTES.light,
    );
    expect(entries.map((e) => [e.series.id, e.top])).toEqual([
      ['disk.read', 1000],
      ['disk.write', 1000],
      ['memory.used', 4096],
    ]);
    expect(missing).toEqual(['no.such']);
    expect(new Set(entries.map((e) => e.colour)).size).toBe(3);
  });

  it('says marks in words where it writes names', () => {
    const painter = new RecordPainter();
    const { entries } = stripEntries(['disk.write'], byId, PALETTES.light);
    drawStrip(painter, entries, { fromMs: 0, toMs: 5000, widthPx: 600 }, 64, PALETTES.light, true);
    expect(painter.texts()).toEqual(['disk.write (corrected), 0–1,000 B/s']);
  });

  it('draws nothing where nothing was recorded', () => {
    const gap = seriesOf([
      table(
        'g.log',
        [{ id: 'g.a', unit: 'count', values: [1, 1, NAN, 2, 2, 3, 3, 3, 3] }],
        [0, 1, 2, 3, 4, 5, 6, 90, 91],
      ),
    ]);
    const painter = new RecordPainter();
    const { entries } = stripEntries(['g.a'], gap.byId, PALETTES.light);
    drawStrip(painter, entries, { fromMs: 0, toMs: 100_000, widthPx: 1000 }, 64, PALETTES.light, false);
    // Cut at the sample that has no value, and at the pause of 84 s.
    expect(painter.of('polyline').map((line) => [line.points[0]![0], line.points.at(-1)![0]])).toEqual([
      [0, 10],
      [30, 60],
      [900, 910],
    ]);
  });

  it('keeps a peak of one second in a build of hours', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => (i === 12_345 ? 100 : 1));
    const { byId: long } = seriesOf([table('p.log', [{ id: 'p.a', unit: 'count', values, limit: 100 }])]);
    const columns = decimate(long.get('p.a')!, { fromMs: 0, toMs: 20_000_000, widthPx: 500 });
    const column = Math.floor(12_345 / 40);
    expect(columns.max[column]).toBe(100);
    expect(columns.min[column]).toBe(1);
    expect(columns.mean[column]).toBeCloseTo((39 + 100) / 40, 9);
    expect(columns.max.filter((v) => v > 1)).toHaveLength(1);
  });
});

describe('readings', () => {
  const { byId } = seriesOf([table('r.log', [{ id: 'r.a', unit: 'count', values: [10, 20, NAN, 40] }])]);
  it('are the nearest sample, the step that holds, or nothing', () => {
    const r = byId.get('r.a')!;
    expect(readingAt(r, 400)).toEqual({ value: 10, timeMs: 0 });
    expect(readingAt(r, 600)).toEqual({ value: 20, timeMs: 1000 });
    expect(readingAt(r, 2000)).toBeNull();
    expect(readingAt(r, 60_000)).toBeNull();
    expect(readingAt(byId.get('tasks.running')!, 3500)).toEqual({ value: 2, timeMs: 2000 });
    expect(readingAt(byId.get('tasks.running')!, -5)).toBeNull();
  });

  it('means leave out what is not recorded', () => {
    expect(meanBetween(byId.get('r.a')!, 0, 3000)).toBeCloseTo(70 / 3, 12);
    expect(meanBetween(byId.get('r.a')!, 1500, 2500)).toBeNull();
    expect(meanBetween(byId.get('tasks.running')!, 0, 5000)).toBe(7 / 5);
  });
});

describe('strips in an address', () => {
  it('go there and back, a + that became a blank included', () => {
    const strips = [['cpu.user', 'pressure.cpu.avg10'], ['disk.read']];
    expect(formatStrips(strips)).toBe('cpu.user+pressure.cpu.avg10,disk.read');
    expect(parseStrips(formatStrips(strips))).toEqual(strips);
    expect(parseStrips('cpu.user pressure.cpu.avg10,disk.read')).toEqual(strips);
    expect(parseStrips(',+,')).toEqual([]);
    expect(parseStrips(formatStrips([]))).toEqual([]);
  });

  it('start with what there is', () => {
    const { byId } = seriesOf([
      table('s.log', [
        { id: 'cpu.user', unit: 'share', values: [1, 1] },
        { id: 'disk.read', unit: 'B/s', values: [0, 0], marks: ['not-recorded'] },
      ]),
    ]);
    expect(defaultStrips([...byId.values()])).toEqual([['cpu.user']]);
    expect(defaultStrips([...seriesOf([]).byId.values()])).toEqual([['tasks.running']]);
  });
});
