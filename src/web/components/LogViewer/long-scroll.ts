/**
 * Where in a log of any length a scroll bar stands. Browsers end an element at some 16 million pixels (Firefox at 17.8, Chromium at half of 33 on
 * a dense screen), which are 900,000 lines; a log of 200 MB has ten times that. So the bar is at most SCROLLED_MAX long and stands for more:
 * a small step of it (wheel, finger, arrow) moves the lines as far as the bar, a large one (the bar is dragged, Page Down at the end) moves
 * them in proportion, and once it is still the bar is put where the lines are.
 *
 * Pixels of the bar are `bar`, those of the lines, as if all were laid out, `top`.
 */
export const LINE_PX = 18;
const SCROLLED_MAX = 8_000_000;
/** The browser rounds what it is told. */
const ROUNDED = 1.5;

export interface LongScroll {
  /** Height of what scrolls. */
  readonly height: number;
  readonly topMax: number;
  /** The bar was moved to `bar` by somebody, from `barBefore`; the lines stood at `top`. */
  moved(top: number, barBefore: number, bar: number): number;
  barOf(top: number): number;
}

/** `behind`: room below the last line, so that it can be brought to the top. */
export function longScroll(lines: number, view: number, behind: number): LongScroll {
  const all = lines * LINE_PX + behind;
  const height = Math.min(all, SCROLLED_MAX);
  const topMax = Math.max(0, all - view);
  const barMax = Math.max(0, height - view);
  const ratio = barMax === 0 ? 1 : topMax / barMax;
  return {
    height,
    topMax,
    moved(top, barBefore, bar) {
      if (ratio === 1) return bar;
      if (bar <= 0) return 0;
      if (bar >= barMax - ROUNDED) return topMax;
      const step = bar - barBefore;
      const wanted = Math.abs(step) <= 2 * view ? top + step : bar * ratio;
      return Math.min(topMax, Math.max(0, wanted));
    },
    barOf: (top) => Math.min(barMax, Math.max(0, top / ratio)),
  };
}

export function isRounded(a: number, b: number): boolean {
  return Math.abs(a - b) < ROUNDED;
}
