import { expect, test } from 'vitest';
import { PALETTES } from './palette.ts';
import { drawQaTrend, type QaTrendInput, qaTrendBuildAt } from './qa-trend.ts';
import { RecordPainter } from './record-painter.ts';

const SIZE = { widthPx: 250, heightPx: 140 };
const INPUT: QaTrendInput = {
  classes: ['buildpaths', 'already-stripped'],
  builds: [
    { issues: [1, 1], when: '1 Aug' },
    { issues: null, when: '2 Aug' },
    { issues: [0, 0], when: '3 Aug' },
    { issues: [3, 0], when: '4 Aug' },
  ],
  cursor: -1,
};

test('a bar of a class stands on the one before it, and only a build that checked nothing is marked as a gap', () => {
  const painter = new RecordPainter();
  drawQaTrend(painter, INPUT, SIZE, PALETTES.light);
  const bars = painter.of('bar');
  expect(bars.map(({ row, colour }) => [row, PALETTES.light.series.indexOf(colour)])).toEqual([
    [0, 0],
    [3, 0],
    [0, 1],
  ]);
  const [below, three, above] = bars;
  expect(above!.y + above!.height).toBeCloseTo(below!.y);
  expect(three!.height).toBeCloseTo(3 * below!.height);
  // A mark of a gap is three pixels high, below the line; nothing found is neither mark nor bar.
  const gaps = painter.of('rect').filter(({ height }) => height === 3);
  expect(gaps.map(({ x }) => qaTrendBuildAt(INPUT, SIZE, x + 1))).toEqual([1]);
  expect(gaps[0]!.y).toBeGreaterThan(below!.y + below!.height);
  expect(painter.texts()).toEqual(expect.arrayContaining(['0', '3', '1 Aug', '4 Aug']));
});

test('a place is of the build that is drawn there', () => {
  const painter = new RecordPainter();
  drawQaTrend(painter, INPUT, SIZE, PALETTES.light);
  for (const { x, width, row } of painter.of('bar')) expect(qaTrendBuildAt(INPUT, SIZE, x + width / 2)).toBe(row);
  expect(qaTrendBuildAt(INPUT, SIZE, 3)).toBe(-1);
  expect(qaTrendBuildAt(INPUT, SIZE, 249)).toBe(-1);
  expect(() => drawQaTrend(painter, { ...INPUT, builds: [] }, SIZE, PALETTES.dark)).not.toThrow();
});
