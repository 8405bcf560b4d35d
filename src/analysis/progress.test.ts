import { describe, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { estimateProgress, type PastBuild } from './progress.ts';

const second = (s: number): number => DRAWING_START_MS + s * 1000;

function past(build: Build): PastBuild {
  return { recipes: build.recipes, tasks: build.tasks, durationMs: (build.endedMs ?? 0) - (build.startedMs ?? 0) };
}

const EARLIER = past(
  drawBuild(`
    a:do_compile ============
    b:do_compile ======
    c:do_compile       ======
  `),
);

describe('estimateProgress', () => {
  it('weighs each task by its usual time, not by one', () => {
    const now = drawBuild(`
      a:do_compile ======>
      b:do_compile ======
    `);
    const progress = estimateProgress(second(7), now, [EARLIER]);
    // Done: 7 s of a and 6 s of b; left: 5 s of a and 6 s of c; two at a time.
    expect(progress?.share).toBeCloseTo(13 / 24, 6);
    expect(progress?.estimatedEndMs).toBe(second(7) + 11_000 / 2);
    expect(progress?.basis).toMatch(/^estimated: .* the build before /);
  });

  it('takes the task graph of the build itself where it is known: a small rebuild is not measured by a whole one', () => {
    const now = drawBuild(`
      a:do_compile ===>
      c:do_compile not-run  <- a:do_compile
    `);
    const progress = estimateProgress(second(4), now, [EARLIER]);
    expect(progress?.share).toBeCloseTo(4 / (4 + 8 + 6), 6);
    expect(progress?.basis).toContain('still to run');
  });

  it('takes the median of several builds', () => {
    const slow = past(drawBuild('a:do_compile =============================='));
    const fast = past(drawBuild('a:do_compile =========='));
    const odd = past(drawBuild('a:do_compile ============'));
    const now = drawBuild('a:do_compile =====>');
    expect(estimateProgress(second(6), now, [slow, fast, odd])?.share).toBeCloseTo(6 / 12, 6);
  });

  it('says nothing without history, and is done when nothing is left', () => {
    const now = drawBuild(`
      a:do_compile ============
      b:do_compile ======
      c:do_compile       ======
    `);
    expect(estimateProgress(second(12), now, [])).toBeNull();
    expect(estimateProgress(second(12), now, [EARLIER])?.share).toBe(1);
  });

  it('never goes back because a task takes longer than usual', () => {
    const now = drawBuild('a:do_compile ====================>');
    const progress = estimateProgress(second(60), now, [past(drawBuild('a:do_compile ====='))]);
    expect(progress?.share).toBe(1);
    expect(progress?.estimatedEndMs).toBe(second(60));
  });
});
