/**
 * The two coordinate spaces of the chart and the only bridge between them.
 *
 *   ChartMs    milliseconds from the chart's origin (the build's start)
 *   CssPx      CSS pixels from the left edge of the plot (or from the top of the lanes, for y)
 *
 * Device pixels exist only inside the canvas painter.
 */
export type ChartMs = number;
export type CssPx = number;

/** What is on screen: the time from `fromMs` to `toMs` over `widthPx`. */
export interface TimeView {
  readonly fromMs: ChartMs;
  readonly toMs: ChartMs;
  readonly widthPx: CssPx;
}

/** The range that can be shown: the whole build with a little air. */
export interface TimeBounds {
  readonly fromMs: ChartMs;
  readonly toMs: ChartMs;
}

/** Nothing is recorded finer than 10 ms: below 50 ms across there is nothing more to see. */
export const SPAN_MS_MIN = 50;

export function timeToPx(view: TimeView, timeMs: ChartMs): CssPx {
  return ((timeMs - view.fromMs) * view.widthPx) / (view.toMs - view.fromMs);
}

export function pxToTime(view: TimeView, px: CssPx): ChartMs {
  return view.fromMs + (px * (view.toMs - view.fromMs)) / view.widthPx;
}

/** A range of at least SPAN_MS_MIN and at most the bounds, moved (not cut) into them. */
export function clampRange(fromMs: ChartMs, toMs: ChartMs, bounds: TimeBounds): TimeBounds {
  const whole = bounds.toMs - bounds.fromMs;
  const span = Math.min(whole, Math.max(SPAN_MS_MIN, toMs - fromMs));
  const middle = (fromMs + toMs) / 2;
  const from = Math.min(Math.max(middle - span / 2, bounds.fromMs), bounds.toMs - span);
  return { fromMs: from, toMs: from + span };
}

/** Zoomed by `factor` (below 1: closer) so that the time under `px` stays there. */
export function zoomAround(view: TimeView, px: CssPx, factor: number, bounds: TimeBounds): TimeBounds {
  const whole = bounds.toMs - bounds.fromMs;
  const span = Math.min(whole, Math.max(Math.min(SPAN_MS_MIN, whole), (view.toMs - view.fromMs) * factor));
  const anchor = pxToTime(view, px);
  const from = anchor - (px / view.widthPx) * span;
  const clamped = Math.min(Math.max(from, bounds.fromMs), bounds.toMs - span);
  return { fromMs: clamped, toMs: clamped + span };
}

/** Moved right by `px` of the picture (the time under the hand stays under it when px is minus the hand's way). */
export function panBy(view: TimeView, px: CssPx, bounds: TimeBounds): TimeBounds {
  const span = view.toMs - view.fromMs;
  const from = view.fromMs + (px * span) / view.widthPx;
  const clamped = Math.min(Math.max(from, bounds.fromMs), Math.max(bounds.fromMs, bounds.toMs - span));
  return { fromMs: clamped, toMs: clamped + span };
}

/** A range shown with a tenth of air on each side. */
export function withAir(fromMs: ChartMs, toMs: ChartMs, bounds: TimeBounds): TimeBounds {
  const air = Math.max((toMs - fromMs) * 0.1, SPAN_MS_MIN / 2);
  return clampRange(fromMs - air, toMs + air, bounds);
}

/** Whether the whole range is on screen (to a thousandth: zooming out by factors never lands exactly). */
export function showsAll(view: TimeBounds, bounds: TimeBounds): boolean {
  return view.toMs - view.fromMs >= (bounds.toMs - bounds.fromMs) * 0.999;
}
