import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaBefore, countAt, meanCount, meanPerColumn, steps } from './density.ts';

function of(intervals: readonly (readonly [number, number])[]) {
  return steps(
    Uint32Array.from(intervals, (_, i) => i),
    Float64Array.from(intervals, (i) => i[0]),
    Float64Array.from(intervals, (i) => i[1]),
  );
}

describe('steps', () => {
  it('counts what runs at each moment', () => {
    const s = of([
      [0, 4],
      [2, 6],
    ]);
    expect([...s.timesMs]).toEqual([0, 2, 4, 6]);
    expect([...s.counts]).toEqual([1, 2, 1, 0]);
    expect([...s.areaMs]).toEqual([0, 2, 6, 8]);
    expect(s).toMatchObject({ sumMs: 8, maxCount: 2 });
    expect([-1, 0, 1.9, 2, 5, 6, 9].map((t) => countAt(s, t))).toEqual([0, 1, 1, 2, 1, 0, 0]);
  });

  it('means over a window are exact at any zoom', () => {
    const s = of([
      [0, 4],
      [2, 6],
    ]);
    expect(meanCount(s, 0, 6)).toBeCloseTo(8 / 6, 12);
    expect(meanCount(s, 1, 3)).toBe(1.5);
    expect([...meanPerColumn(s, 0, 6, 3)]).toEqual([1, 2, 1]);
  });

  it('the picture has the area of the summed wall time, however few pixels it has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 9000 })), { maxLength: 200 }),
        fc.integer({ min: 1, max: 300 }),
        (list, width) => {
          const s = of(list.map(([start, d]) => [start, start + d] as const));
          const sum = list.reduce((total, [, d]) => total + d, 0);
          expect(s.sumMs).toBe(sum);
          expect(areaBefore(s, 1e9)).toBe(sum);
          const columns = meanPerColumn(s, -1000, 120_000, width);
          const area = columns.reduce((total, mean) => total + mean * (121_000 / width), 0);
          expect(Math.abs(area - sum)).toBeLessThan(1e-6 * Math.max(1, sum));
        },
      ),
    );
  });

  it('of nothing is nothing', () => {
    const s = of([]);
    expect(s).toMatchObject({ sumMs: 0, maxCount: 0 });
    expect(countAt(s, 5)).toBe(0);
    expect([...meanPerColumn(s, 0, 10, 2)]).toEqual([0, 0]);
  });
});
