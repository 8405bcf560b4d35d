import { describe, expect, it } from 'vitest';
import type { WaterfallResult } from '../../../api/contract.ts';
import { askedWindow, firstSpan, looking, timeOnScreen, zoomTime } from './time-on-screen.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 31);

const overview = (rows: readonly (readonly [startMs: number, builds: number])[]): WaterfallResult => ({
  beginMs: rows[0]?.[0] ?? 0,
  endMs: NOW,
  builds: [],
  cells: {
    stepMs: HOUR,
    rows: rows.map(([startMs, builds]) => ({ value: null, startMs, builds, failed: 0, errors: 0, succeeded: builds })),
  },
});

describe('the first look', () => {
  it('is at about sixty builds, be that a farm of today or a person of this week', () => {
    expect(
      firstSpan(
        overview([
          [NOW - 300 * DAY, 9000],
          [NOW - 20 * HOUR, 50],
          [NOW - HOUR, 20],
        ]),
      ),
    ).toBe(22 * HOUR);
    expect(firstSpan(overview([[NOW - HOUR, 500]]))).toBe(6 * HOUR);
    expect(firstSpan(overview([[NOW - 300 * DAY, 3]]))).toBe(14 * DAY);
  });

  it('follows the time while something is built, and shows the last builds where nothing was of late', () => {
    const now = timeOnScreen({ at: null, spanMs: DAY }, NOW, NOW - HOUR);
    expect(now.toMs).toBeGreaterThan(NOW);
    const old = timeOnScreen({ at: null, spanMs: DAY }, NOW, NOW - 90 * DAY);
    expect(old.fromMs).toBeLessThan(NOW - 90 * DAY);
    expect(old.toMs).toBeGreaterThan(NOW - 90 * DAY);
    expect(timeOnScreen({ at: NOW - DAY, spanMs: HOUR }, NOW, NOW)).toEqual({
      fromMs: NOW - DAY - HOUR,
      toMs: NOW - DAY,
    });
  });
});

describe('moving', () => {
  it('past now follows the time again', () => {
    expect(looking(NOW - DAY, NOW + 1, NOW)).toEqual({ at: null, spanMs: DAY + 1 });
    expect(looking(NOW - 2 * DAY, NOW - DAY, NOW)).toEqual({ at: NOW - DAY, spanMs: DAY });
  });

  it('zooming keeps the time under the hand, within bounds', () => {
    const view = { fromMs: NOW - DAY, toMs: NOW };
    const near = zoomTime(view, 0.5, 0.25);
    expect(near.toMs - near.fromMs).toBe(DAY / 2);
    expect(near.fromMs + (near.toMs - near.fromMs) * 0.25).toBe(NOW - DAY * 0.75);
    const least = zoomTime(view, 1e-9, 0.5);
    expect(least.toMs - least.fromMs).toBe(HOUR / 6);
  });

  it('asks for a wider time at round places, which a small move does not change', () => {
    for (const spanMs of [HOUR, DAY, 300 * DAY]) {
      const view = { fromMs: NOW - spanMs, toMs: NOW };
      const asked = askedWindow(view);
      expect(asked.begin).toBeLessThanOrEqual(view.fromMs);
      expect(asked.end).toBeGreaterThanOrEqual(view.toMs);
      expect(asked.end - asked.begin).toBeLessThanOrEqual(spanMs * 8);
      expect(askedWindow({ fromMs: view.fromMs + spanMs / 1000, toMs: view.toMs + spanMs / 1000 })).toEqual(asked);
    }
  });
});
