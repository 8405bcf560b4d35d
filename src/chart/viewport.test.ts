import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panBy, pxToTime, showsAll, timeToPx, withAir, zoomAround } from './viewport.ts';

const bounds = { fromMs: -5000, toMs: 3_600_000 };
const view = fc
  .tuple(
    fc.integer({ min: -5000, max: 3_000_000 }),
    fc.integer({ min: 100, max: 600_000 }),
    fc.integer({ min: 50, max: 3000 }),
  )
  .map(([fromMs, span, widthPx]) => ({ fromMs, toMs: fromMs + span, widthPx }));

describe('the bridge between time and pixels', () => {
  it('goes there and back', () => {
    fc.assert(
      fc.property(view, fc.double({ min: 0, max: 1, noNaN: true }), (v, share) => {
        const px = share * v.widthPx;
        expect(timeToPx(v, pxToTime(v, px))).toBeCloseTo(px, 4);
      }),
    );
  });

  it('zooming keeps the time under the cursor, unless an end of the build is reached', () => {
    const v = { fromMs: 1_000_000, toMs: 2_000_000, widthPx: 1000 };
    const next = zoomAround(v, 250, 0.5, bounds);
    expect(next).toEqual({ fromMs: 1_125_000, toMs: 1_625_000 });
    expect(pxToTime({ ...next, widthPx: 1000 }, 250)).toBe(pxToTime(v, 250));
  });

  it('never leaves the build and never gets finer than what is recorded', () => {
    fc.assert(
      fc.property(
        view,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.integer({ min: -2000, max: 4000 }),
        (v, factor, px) => {
          for (const range of [
            zoomAround(v, px, factor, bounds),
            panBy(v, px, bounds),
            withAir(v.fromMs, v.fromMs + 1, bounds),
          ]) {
            expect(range.fromMs).toBeGreaterThanOrEqual(bounds.fromMs - 1e-6);
            expect(range.toMs).toBeLessThanOrEqual(bounds.toMs + 1e-6);
            expect(range.toMs - range.fromMs).toBeGreaterThanOrEqual(49.999);
          }
        },
      ),
    );
  });

  it('a whole build shorter than the finest window is shown whole', () => {
    const tiny = { fromMs: 0, toMs: 10 };
    const range = zoomAround({ ...tiny, widthPx: 100 }, 50, 0.1, tiny);
    expect(range).toEqual(tiny);
    expect(showsAll(range, tiny)).toBe(true);
  });
});
