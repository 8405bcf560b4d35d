import { describe, expect, test } from 'vitest';
import type { ExploreResult } from '../../../api/contract.ts';
import { PALETTES } from '../../../chart/palette.ts';
import { SvgPainter } from '../../../chart/svg.ts';
import { drawPicture, layoutPicture, markAt, type PictureOptions } from './picture.ts';

const seconds = (id: string) => ({ id, label: id, kind: 'number' as const, unit: 's' });
const words = (id: string) => ({ id, label: id, kind: 'category' as const, unit: 'none' });

function answer(
  part: Partial<ExploreResult['columns']>,
  axes: Partial<ExploreResult['axes']> = {},
  categories = {},
): ExploreResult {
  const n = part.x?.length ?? 0;
  return {
    axes: { x: seconds('walltime'), y: seconds('cputime'), size: null, colour: null, facet: null, ...axes },
    count: n,
    leftOut: 0,
    notRecorded: 0,
    columns: { x: [], y: [], size: null, colour: null, facet: null, build: new Array(n).fill(0), row: null, ...part },
    categories,
    builds: [{ id: 'b', name: 'b', startedMs: 0 }],
    dimensions: [],
  };
}

const options: PictureOptions = {
  kind: 'scatter',
  logx: false,
  logy: false,
  widthPx: 800,
  heightPx: 500,
  palette: PALETTES.light,
};

describe('scatter', () => {
  const result = answer({ x: [1, 10, 100], y: [0, 20, 50] });

  test('the pointer finds the point it is on', () => {
    const picture = layoutPicture(result, options);
    const panel = picture.panels[0]!;
    const mark = panel.marks[1]!;
    expect(markAt(picture, panel.left + mark.x + 2, panel.top + mark.y + 2)?.mark.point).toBe(1);
    expect(markAt(picture, panel.left + mark.x + 60, panel.top + mark.y + 60)).toBeNull();
  });

  test('what a logarithmic axis cannot show is counted, not moved', () => {
    const picture = layoutPicture(result, { ...options, logy: true });
    expect(picture.panels[0]!.marks).toHaveLength(2);
    expect(picture.notOnLog).toBe(1);
  });
});

test('a histogram holds every value once, in its colour', () => {
  const result = answer(
    { x: [0.5, 1.5, 1.7, 9], y: [1, 1, 1, 1], colour: [0, 0, 1, null] },
    { colour: words('layer') },
    { layer: ['core', 'extra'] },
  );
  const picture = layoutPicture(result, { ...options, kind: 'histogram' });
  const { marks, yScale } = picture.panels[0]!;
  const one = yScale.toPixel(0) - yScale.toPixel(1);
  expect(marks.reduce((sum, m) => sum + m.height / one, 0)).toBeCloseTo(4);
  expect(picture.legend.map((l) => l.label)).toEqual(['core', 'extra', 'not recorded']);
});

test('bars are sorted, stacked by colour, and never drop a name silently', () => {
  const result = answer(
    { x: [0, 1, 1], y: [2, 3, 4], colour: [0, 0, 1] },
    { x: words('task'), colour: words('layer') },
    { task: ['do_a', 'do_b'], layer: ['core', 'extra'] },
  );
  const picture = layoutPicture(result, { ...options, kind: 'bar' });
  expect(picture.panels[0]!.yScale.ticks.map((t) => t.label)).toEqual(['do_b', 'do_a']);
  const [first, second] = picture.panels[0]!.marks;
  expect(first!.x + first!.width).toBeCloseTo(second!.x);
  expect(picture.leftOut).toBe(0);
});

test('facets share their scales', () => {
  const result = answer(
    { x: [1, 100], y: [1, 50], facet: [0, 1] },
    { facet: words('layer') },
    { layer: ['core', 'extra'] },
  );
  const picture = layoutPicture(result, options);
  expect(picture.panels.map((p) => p.title)).toEqual(['core', 'extra']);
  expect(picture.panels[0]!.xScale.toPixel(50)).toBeCloseTo(picture.panels[1]!.xScale.toPixel(50));
});

test('a name from a build is text in the SVG, never markup', () => {
  const result = answer({ x: [0], y: [2] }, { x: words('recipe') }, { recipe: ['<script>alert(1)</script>'] });
  const painter = new SvgPainter();
  drawPicture(painter, layoutPicture(result, { ...options, kind: 'bar' }));
  expect(painter.content()).toContain('script');
  expect(painter.content()).not.toContain('<script');
});
