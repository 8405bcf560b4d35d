import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { drawBars, drawDensity, hiddenText } from './draw.ts';
import { barAt, type LayoutOptions, layoutChart, prepareChart, taskRunName } from './layout.ts';
import { PALETTES } from './palette.ts';
import { RecordPainter } from './record-painter.ts';
import type { TimeView } from './viewport.ts';

const palette = PALETTES.light;
const SLOTS: LayoutOptions = { groupBy: 'slots', colourBy: 'kind', minMs: 0 };

function paint(
  build: Build,
  view: Omit<TimeView, 'fromMs'> & { fromMs?: number },
  options: Partial<LayoutOptions> = {},
) {
  const layout = layoutChart(prepareChart(build), { ...SLOTS, ...options });
  const painter = new RecordPainter();
  const drawn = drawBars(painter, layout, { fromMs: 0, ...view }, 0, 10_000, { palette, match: null, labels: true });
  return { layout, painter, drawn };
}

const SMALL = `
  gcc-cross:do_compile  ========
  glibc:do_compile        ==============
  glibc:do_install                      ====
  busybox:do_compile              =F
`;

describe('drawBars', () => {
  it('packs runs into lanes and draws each where its times say', () => {
    const { painter, layout } = paint(drawBuild(SMALL), { toMs: 20_000, widthPx: 200 });
    expect(layout.laneCount).toBe(2);
    const bars = painter.of('bar').map((b) => [taskRunName(layout.data.build, b.row), b.x, b.width, b.y]);
    expect(bars).toEqual([
      ['gcc-cross:do_compile', 0, 79, 0],
      ['glibc:do_compile', 20, 139, layout.lanePx],
      ['glibc:do_install', 160, 39, 0],
      ['busybox:do_compile', 100, 19, 0],
    ]);
  });

  it('paints the failed one in the failed colour, last, in every colouring', () => {
    for (const colourBy of ['kind', 'outcome', 'classic'] as const) {
      const { painter } = paint(drawBuild(SMALL), { toMs: 20_000, widthPx: 200 }, { colourBy });
      const last = painter.of('bar').at(-1);
      expect(last?.colour).toBe(palette.outcome.failed);
      expect(painter.of('bar').filter((b) => b.colour === palette.outcome.failed)).toHaveLength(1);
    }
  });

  it('hatches what has no end, to the end of the build', () => {
    const { painter } = paint(drawBuild('a:do_compile ==?\nb:do_compile ========'), { toMs: 8000, widthPx: 80 });
    const [hatch] = painter.of('hatch');
    expect(hatch).toMatchObject({ x: 0, width: 79 });
    expect(painter.of('bar')).toHaveLength(1);
  });

  it('leaves out what is thinner than a pixel that is painted, and never a failed run', () => {
    // 1000 runs of 10 ms one after another in one lane; 20 pixels for 10 s.
    const build = drawBuild('a:do_x =\n'.repeat(1000));
    const startMs = Float64Array.from(build.tasks.startMs, (_, i) => build.startedMs! + i * 10);
    const endMs = startMs.map((t) => t + 10);
    const outcome = build.tasks.outcome.slice();
    outcome[503] = 1;
    const { painter, drawn } = paint(
      { ...build, endedMs: build.startedMs! + 10_000, tasks: { ...build.tasks, startMs, endMs, outcome } },
      { toMs: 10_000, widthPx: 20 },
    );
    expect(drawn.drawn).toBe(21);
    expect(drawn.skipped).toBe(979);
    expect(new Set(painter.of('bar').map((b) => b.x)).size).toBe(20);
    expect(painter.of('bar').at(-1)).toMatchObject({ row: 503, x: 10, width: 3 });
  });

  it('visits only what is in the window', () => {
    const { painter } = paint(drawBuild(SMALL), { fromMs: 17_000, toMs: 19_000, widthPx: 200 });
    expect(painter.of('bar').map((b) => b.x)).toEqual([-2]);
    expect(painter.texts()).toEqual(['glibc:do_install', '4 s']);
  });

  it('keeps a name in the visible part of its bar, cut to it', () => {
    const { painter } = paint(drawBuild(SMALL), { fromMs: 7000, toMs: 11_000, widthPx: 100 });
    const compile = painter.of('text').find((t) => t.text.startsWith('glibc'));
    expect(compile).toMatchObject({ x: 4, text: 'glibc:do_com…' });
  });

  it('does not label dimmed bars and paints them in the dim colour', () => {
    const build = drawBuild(SMALL);
    const layout = layoutChart(prepareChart(build), SLOTS);
    const match = Uint8Array.from(build.tasks.recipe, (r) => (build.recipes[r]!.pn === 'gcc-cross' ? 1 : 0));
    const painter = new RecordPainter();
    drawBars(painter, layout, { fromMs: 0, toMs: 20_000, widthPx: 400 }, 0, 100, { palette, match, labels: true });
    expect(painter.of('bar').filter((b) => b.colour !== palette.dimmed)).toHaveLength(1);
    expect(painter.texts()).toEqual(['gcc-cross:do_compile']);
  });

  it('draws the lanes of the window only', () => {
    const rows = Array.from({ length: 40 }, (_, i) => `r${i}:do_compile ====`).join('\n');
    const layout = layoutChart(prepareChart(drawBuild(rows)), SLOTS);
    const painter = new RecordPainter();
    drawBars(painter, layout, { fromMs: 0, toMs: 4000, widthPx: 10 }, 95, 40, { palette, match: null, labels: false });
    // Lanes are 18 px: from lane 5 (90..108) to lane 7 (126..144) touch 95..135.
    expect(painter.of('bar').map((b) => b.y)).toEqual([-5, 13, 31]);
  });
});

describe('the threshold', () => {
  const MIXED = `
    gcc:do_compile    =========
    gcc:do_fetch      ========
    a:do_fetch        =======
    b:do_fetch                  ===
    c:do_fetch                  =?
  `;

  it('shows elapsed >= threshold, hides the rest in the density lane with count and sum', () => {
    const { layout, painter } = paint(drawBuild(MIXED), { toMs: 13_000, widthPx: 130 }, { minMs: 8000 });
    const shown = painter.of('bar').map((b) => taskRunName(layout.data.build, b.row));
    expect(shown.sort()).toEqual(['gcc:do_compile', 'gcc:do_fetch']);
    expect(painter.of('hatch')).toHaveLength(1);
    expect(layout.hidden).toMatchObject({ count: 2, sumMs: 10_000 });
    expect(hiddenText(layout)).toBe('2 tasks under 8 s, 10 s in all');
  });

  it('counts every placed run once, as a bar or as hidden, and sums exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50_000), fc.nat(20_000)), { minLength: 1, maxLength: 60 }),
        fc.nat(20_000),
        fc.constantFrom('slots', 'recipe', 'task', 'layer', 'outcome'),
        (runs, minMs, groupBy) => {
          const build = drawBuild(runs.map((_, i) => `r${i % 7}:do_t${i % 3} =`).join('\n'));
          const at = build.startedMs!;
          const startMs = Float64Array.from(runs, ([s]) => at + s);
          const endMs = Float64Array.from(runs, ([s, d]) => at + s + d);
          const data = prepareChart({ ...build, tasks: { ...build.tasks, startMs, endMs } });
          const layout = layoutChart(data, { ...SLOTS, minMs, groupBy });
          const hidden = runs.filter(([, d]) => d < minMs);
          expect(layout.bars.count + (layout.hidden?.count ?? 0)).toBe(runs.length);
          expect(layout.hidden?.sumMs ?? 0).toBe(hidden.reduce((sum, [, d]) => sum + d, 0));
          for (let lane = 0; lane < layout.laneCount; lane++) {
            for (let bar = layout.laneFirst[lane]! + 1; bar < layout.laneFirst[lane + 1]!; bar++) {
              expect(layout.bars.startMs[bar]).toBeGreaterThanOrEqual(layout.bars.endMs[bar - 1]!);
            }
          }
          for (let bar = 0; bar < layout.bars.count; bar++) expect(layout.barOfRow[layout.bars.row[bar]!]).toBe(bar);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('draws the hidden runs as a silhouette with its text', () => {
    const { layout } = paint(drawBuild(MIXED), { toMs: 13_000, widthPx: 130 }, { minMs: 8000 });
    const painter = new RecordPainter();
    drawDensity(painter, layout, { fromMs: 0, toMs: 13_000, widthPx: 400 }, palette);
    const [silhouette] = painter.of('columns');
    // 400 columns of 32.5 ms; the two runs last 10 s: their mean heights add up to that.
    const area = silhouette!.top.reduce((sum, top, i) => sum + (silhouette!.bottom[i]! - top), 0);
    expect((area / silhouette!.bottom[0]!) * 32.5).toBeCloseTo(10_000, 6);
    expect(painter.texts()).toEqual(['2 tasks under 8 s, 10 s in all']);
  });
});

describe('barAt', () => {
  it('finds the bar under a point, the nearest within the slop, else nothing', () => {
    const layout = layoutChart(prepareChart(drawBuild(SMALL)), SLOTS);
    const name = (t: number, y: number, slop = 0) => {
      const bar = barAt(layout, t, y, slop);
      return bar < 0 ? null : taskRunName(layout.data.build, layout.bars.row[bar]!);
    };
    expect(name(1000, 5)).toBe('gcc-cross:do_compile');
    expect(name(3000, layout.lanePx + 2)).toBe('glibc:do_compile');
    expect(name(8500, 5)).toBe(null);
    expect(name(8500, 5, 600)).toBe('gcc-cross:do_compile');
    expect(name(9600, 5, 600)).toBe('busybox:do_compile');
    expect(name(1000, 90)).toBe(null);
  });
});
