import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binEdges, logTicks, makeScale, roundStep, ticksFromZero } from './scale.ts';

const base = { kind: 'number', unit: 's', log: false, categories: [], fromPx: 0, toPx: 600, tickPx: 100 } as const;

test('steps are round in their unit', () => {
  expect(roundStep(17, 's')).toBe(30);
  expect(roundStep(45, 's')).toBe(60);
  expect(roundStep(0.03, 's')).toBe(0.05);
  expect(roundStep(17_000, 'ms')).toBe(30_000);
  expect(roundStep(90_000_000, 'B')).toBe(2 ** 27);
  expect(roundStep(0.2, 'count')).toBe(1);
  expect(roundStep(3, 'none')).toBe(5);
});

test('logarithmic ticks of times are times', () => {
  expect(logTicks(0.02, 4000, 's')).toEqual([0.1, 1, 10, 60, 600, 3600]);
  expect(logTicks(1, 1000, 'count')).toEqual([1, 10, 100, 1000]);
});

describe('scales', () => {
  test('a number scale begins at zero where zero is near', () => {
    const scale = makeScale([3, 100], base);
    expect(scale.toPixel(0)).toBe(0);
    expect(scale.ticks[0]).toEqual({ px: 0, label: '0' });
  });

  test('zero and less is not on a logarithmic scale', () => {
    const scale = makeScale([0, 1, 100], { ...base, log: true });
    expect(scale.toPixel(0)).toBeNaN();
    expect(scale.toPixel(1)).toBeGreaterThanOrEqual(0);
  });

  test('every value lands between the ends, larger ones further', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        fc.constantFrom('s', 'B', 'count', 'none', 'KiB', 'ms'),
        (values, log, unit) => {
          const scale = makeScale(values, { ...base, log, unit });
          const sorted = [...values].sort((a, b) => a - b);
          let last = -1;
          for (const v of sorted) {
            const px = scale.toPixel(v);
            expect(px).toBeGreaterThanOrEqual(Math.max(-0.01, last - 0.01));
            expect(px).toBeLessThanOrEqual(600.01);
            last = px;
          }
          expect(scale.ticks.length).toBeLessThan(25);
        },
      ),
    );
  });

  test('nothing to show is still a scale', () => {
    expect(makeScale([], base).ticks.length).toBeGreaterThan(0);
    expect(makeScale([Number.NaN], { ...base, log: true }).toPixel(1)).not.toBeNaN();
  });
});

test('bins cover all values, at round edges', () => {
  expect(binEdges([0.5, 2.2, 9.9], 's', false, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (values, log) => {
        const edges = binEdges(values, 'none', log, 40);
        expect(edges.length).toBeLessThan(60);
        for (const v of values) {
          expect(v).toBeGreaterThanOrEqual(edges[0]! * (1 - 1e-9));
          expect(v).toBeLessThanOrEqual(edges.at(-1)! * (1 + 1e-9));
        }
      },
    ),
  );
});

test('an axis from zero ends at a round number', () => {
  expect(ticksFromZero(1624, 's', 2)).toEqual([0, 900, 1800]);
  expect(ticksFromZero(5 * 2 ** 20, 'B', 2)).toEqual([0, 4 * 2 ** 20, 8 * 2 ** 20]);
  expect(ticksFromZero(0, 's', 2)).toEqual([0, 1]);
});
