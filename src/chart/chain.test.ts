import { describe, expect, it } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { brightRows, type ChainKind, chainBars, chainOf } from './chain.ts';
import { drawBars } from './draw.ts';
import { layoutChart, prepareChart, taskRunName } from './layout.ts';
import { PALETTES } from './palette.ts';
import { RecordPainter } from './record-painter.ts';
import { chartSvg } from './svg.ts';

const palette = PALETTES.light;

// Two threads: b:do_install could have begun at 3 s and got a thread at 7 s.
const BUILD = drawBuild(`
  a:do_compile    ====
  a:do_install         ==            <- a:do_compile
  b:do_compile    ===
  b:do_install           ==          <- b:do_compile
  c:do_build      noexec             <- a:do_install b:do_install
  d:do_compile             ====      <- c:do_build
`);

const named = (rows: readonly number[]) => rows.map((row) => taskRunName(BUILD, row));

function paint(kind: ChainKind, match: Uint8Array | null = null, minMs = 0) {
  const layout = layoutChart(prepareChart(BUILD), { groupBy: 'task', colourBy: 'kind', minMs });
  const chain = chainOf(BUILD, kind)!;
  const painter = new RecordPainter();
  const style = { palette, match: brightRows(match, chain), chain, labels: false };
  drawBars(painter, layout, { fromMs: 0, toMs: 13_000, widthPx: 130 }, 0, 10_000, style);
  const bright = painter.of('bar').filter((bar) => bar.colour !== palette.dimmed);
  return { layout, chain, painter, bright: named(bright.map((bar) => bar.row)).sort() };
}

describe('chainOf', () => {
  it('says in a sentence what the chain is', () => {
    const longest = chainOf(BUILD, 'longest')!;
    expect(named(longest.rows)).toEqual(['a:do_compile', 'a:do_install', 'd:do_compile']);
    expect([...longest.member].filter((in_) => in_ === 1)).toHaveLength(3);
    expect(longest.sentence).toBe(
      'Longest chain: 3 tasks, 10 s of 13 s. More threads cannot go below this; at best 1.5 at a time in the mean.',
    );
    const waited = chainOf(BUILD, 'waited')!;
    expect(named(waited.rows)).toEqual(['b:do_compile', 'b:do_install', 'd:do_compile']);
    expect(waited.sentence).toBe(
      'What we waited for: 3 tasks at work for 9 s of 13 s; before them 4 s of waits, in which 0.8 ran at a time in the mean.',
    );
  });

  it('is null without a graph or a run, and of a running build it is so far', () => {
    expect(chainOf({ ...BUILD, graph: null }, 'longest')).toBeNull();
    const idle = drawBuild('a:do_compile covered\nb:do_compile covered <- a:do_compile');
    expect(chainOf(idle, 'longest')).toBeNull();
    expect(chainOf(idle, 'waited')).toBeNull();
    const running = drawBuild('a:do_compile ==\nb:do_compile   => <- a:do_compile');
    expect(chainOf(running, 'longest')?.sentence).toMatch(
      /^Longest chain: 1 task, 2 s\. .* So far: the build is running\.$/,
    );
  });
});

describe('a chart with a chain', () => {
  it('dims what is not in it and leads from bar to bar', () => {
    const { painter, bright, layout } = paint('longest');
    expect(bright).toEqual(['a:do_compile', 'a:do_install', 'd:do_compile']);
    expect(painter.of('bar').filter((bar) => bar.colour === palette.dimmed)).toHaveLength(2);
    // Sections are do_compile (lanes 0, 1) and do_install; a:do_install begins 1 s after a:do_compile ends, d:do_compile 2 s after that.
    const lane = (task: string) => layout.sections.find((section) => section.label === task)!.yPx;
    const compile = painter.of('bar').find((bar) => taskRunName(BUILD, bar.row) === 'a:do_compile')!;
    const lines = painter.of('line');
    expect(lines[0]).toMatchObject({ x1: 40, x2: 50.5, colour: palette.inkMuted });
    expect(lines[0]!.y1).toBe(lines[0]!.y2);
    expect(Math.abs(lines[0]!.y1 - compile.y - layout.barPx / 2)).toBeLessThan(1);
    expect(lines[1]).toMatchObject({ x1: 50.5, x2: 50.5, y1: lines[0]!.y1 });
    expect(lines[1]!.y2).toBeGreaterThan(lane('do_install'));
    expect(lines).toHaveLength(4);
    // Lines lie on the dimmed and under the full.
    const kinds = painter.marks.map((mark) =>
      mark.kind === 'bar' ? (mark.colour === palette.dimmed ? 'dimmed' : 'full') : mark.kind,
    );
    expect(kinds.lastIndexOf('dimmed')).toBeLessThan(kinds.indexOf('line'));
    expect(kinds.lastIndexOf('line')).toBeLessThan(kinds.indexOf('full'));
  });

  it('draws waits as the loss they are', () => {
    const waits = (minMs: number) =>
      paint('waited', null, minMs)
        .painter.of('line')
        .filter((line) => line.colour === palette.warning)
        .map((line) => [line.x1, line.x2, line.y2 - line.y1]);
    expect(waits(0)).toEqual([[30, 70.5, 0]]);
    // b:do_install takes 2 s and is hidden: it is passed over, and its time is no wait.
    expect(waits(3000)).toEqual([[30, 70.5, 0]]);
  });

  it('never draws a bar of the chain too thin to see, and passes over what the threshold hides', () => {
    const layout = layoutChart(prepareChart(BUILD), { groupBy: 'slots', colourBy: 'kind', minMs: 0 });
    const chain = chainOf(BUILD, 'longest')!;
    const painter = new RecordPainter();
    const view = { fromMs: 0, toMs: 13_000_000, widthPx: 130 };
    drawBars(painter, layout, view, 0, 100, { palette, match: chain.member, chain, labels: false });
    const widths = painter
      .of('bar')
      .filter((bar) => bar.colour !== palette.dimmed)
      .map((bar) => bar.width);
    expect(widths).toEqual([3, 3, 3]);
    const some = paint('longest', null, 3000);
    expect(named(chainBars(some.layout, some.chain))).toEqual(['a:do_compile', 'd:do_compile']);
    expect(some.painter.of('line').length).toBeLessThanOrEqual(2);
  });

  it('dims together with a search what either dims', () => {
    const match = Uint8Array.from({ length: BUILD.tasks.length }, (_, row) =>
      taskRunName(BUILD, row).startsWith('a:') ? 1 : 0,
    );
    expect(paint('longest', match).bright).toEqual(['a:do_compile', 'a:do_install']);
    expect(brightRows(match, null)).toBe(match);
  });

  it('has its sentence in the SVG, or the reason why there is none', () => {
    const svg = chartSvg(BUILD, { chain: chainOf(BUILD, 'longest') });
    expect(svg).toContain('>Longest chain: 3 tasks, 10 s of 13 s.');
    expect(svg.split(palette.dimmed)).toHaveLength(1 + 1);
    expect(svg).not.toContain('>wait</text>');
    expect(chartSvg(BUILD, { chain: chainOf(BUILD, 'waited') })).toContain('>wait</text>');
    expect(chartSvg(BUILD, { chain: { reason: 'No event log.' } })).toContain('>No event log.</text>');
    expect(chartSvg(BUILD, { chain: null })).toBe(chartSvg(BUILD));
  });
});
