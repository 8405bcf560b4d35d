import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockTicks, formatSinceStart, niceTop, relativeTimeTicks, valueTicks } from './axis.ts';

describe('formatSinceStart', () => {
  it('has the digits its step needs', () => {
    const cases: [number, number, string][] = [
      [0, 1000, '0'],
      [30_000, 1000, '30 s'],
      [90_000, 1000, '1:30'],
      [3_750_000, 1000, '1:02:30'],
      [250, 10, '0.25 s'],
      [-4500, 100, '−4.5 s'],
      [59_999, 1000, '1:00'],
    ];
    for (const [ms, step, text] of cases) expect(formatSinceStart(ms, step)).toBe(text);
  });
});

describe('ticks', () => {
  it('stand at round times, never more than asked for', () => {
    expect(relativeTimeTicks(0, 3_600_000, 8).map((t) => t.label)).toEqual([
      '0',
      '10:00',
      '20:00',
      '30:00',
      '40:00',
      '50:00',
      '1:00:00',
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: -1e7, max: 1e8 }),
        fc.integer({ min: 1, max: 4e8 }),
        fc.integer({ min: 2, max: 30 }),
        (from, span, max) => {
          const ticks = relativeTimeTicks(from, from + span, max);
          expect(ticks.length).toBeLessThanOrEqual(max + 1);
          expect(ticks.every((t) => t.value >= from && t.value <= from + span)).toBe(true);
          expect(new Set(ticks.map((t) => t.label)).size).toBe(ticks.length);
        },
      ),
    );
  });

  it('of the clock stand at round times of day of the zone', () => {
    const origin = Date.UTC(2026, 0, 1, 9, 7, 30);
    expect(clockTicks(origin, 0, 3_600_000, 4, 0).map((t) => t.label)).toEqual(['09:15', '09:30', '09:45', '10:00']);
    expect(clockTicks(origin, 0, 3_600_000, 4, 330).map((t) => t.label)).toEqual(['14:45', '15:00', '15:15', '15:30']);
    expect(clockTicks(origin, 0, 3_600_000, 4, 0)[0]?.value).toBe(450_000);
  });
});

describe('niceTop', () => {
  it('is round in the unit and never below the largest', () => {
    expect(niceTop(13, 'count')).toBe(15);
    expect(niceTop(0.42, 'share')).toBe(0.5);
    expect(niceTop(3.2 * 1024 ** 3, 'B')).toBe(4 * 1024 ** 3);
    expect(niceTop(0, 'count')).toBe(1);
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e15, noNaN: true }),
        fc.constantFrom('count', 'B/s', 'ms'),
        (value, unit) => {
          const top = niceTop(value, unit);
          expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-9));
          expect(top).toBeLessThanOrEqual(value * 2.01);
        },
      ),
    );
  });

  it('has 0, middle and top', () => {
    expect(valueTicks(4 * 1024 ** 3, 'B').map((t) => t.label)).toEqual(['0', '2 GiB', '4 GiB']);
  });
});
