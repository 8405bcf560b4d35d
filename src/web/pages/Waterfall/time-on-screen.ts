/** Which time the waterfall shows, and which is asked for. Pure. */
import type { WaterfallResult } from '../../../api/contract.ts';
import type { TimeBounds } from '../../../chart/viewport.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const SPAN_MS_MIN = HOUR / 6;
export const SPAN_MS_MAX = 20 * 366 * DAY;
/** Free time after now, so that the last bar does not end in the edge; a share of what is on screen. */
const AIR = 0.03;
/** After the start of the last build, which takes some time itself. */
const LAST_AIR = 0.25;
/** A first look shows about this many builds, in between six hours and two weeks. */
const FIRST_BUILDS = 60;

export interface Looking {
  /** End of the time on screen; null: now. */
  readonly at: number | null;
  readonly spanMs: number;
}

/** All the time that builds cover, from the overview; null: there is none. */
export function coveredTime(overview: WaterfallResult): TimeBounds | null {
  return overview.cells === null ? null : { fromMs: overview.beginMs, toMs: overview.endMs };
}

/** How much time the last builds took, so that one farm's day and one person's month both fill the screen. */
export function firstSpan(overview: WaterfallResult): number {
  const { cells, endMs } = overview;
  if (cells === null) return DAY;
  let builds = 0;
  let spanMs = DAY;
  for (const row of [...cells.rows].sort((a, b) => b.startMs - a.startMs)) {
    builds += row.builds;
    spanMs = Math.max(endMs - row.startMs, 1);
    if (builds >= FIRST_BUILDS) break;
  }
  return Math.min(14 * DAY, Math.max(6 * HOUR, spanMs * 1.1));
}

/** The time on screen. Where nothing was built of late, following the time would show nothing: then the last builds are shown. */
export function timeOnScreen({ at, spanMs }: Looking, nowMs: number, lastMs: number | null): TimeBounds {
  const end = at ?? (lastMs !== null && lastMs < nowMs - spanMs ? lastMs + spanMs * LAST_AIR : nowMs + spanMs * AIR);
  return { fromMs: end - spanMs, toMs: end };
}

/** Moved or zoomed; at the end of time it follows the time again. */
export function looking(fromMs: number, toMs: number, nowMs: number): Looking {
  const spanMs = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, toMs - fromMs));
  return { at: toMs >= nowMs ? null : Math.round(toMs), spanMs: Math.round(spanMs) };
}

/** `share`: where on screen the time stays that is there, 0 the beginning and 1 the end. */
export function zoomTime(view: TimeBounds, factor: number, share: number): TimeBounds {
  const span = view.toMs - view.fromMs;
  const next = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, span * factor));
  const anchor = view.fromMs + span * share;
  return { fromMs: anchor - next * share, toMs: anchor + next * (1 - share) };
}

/**
 * What is asked for: wider than the screen and at round places, so that moving about asks nothing most of the time, and two people who look at
 * the same day ask the same.
 */
export function askedWindow({ fromMs, toMs }: TimeBounds): { begin: number; end: number } {
  const step = 2 ** Math.ceil(Math.log2(toMs - fromMs));
  return { begin: Math.floor(fromMs / step - 0.25) * step, end: Math.ceil(toMs / step + 0.25) * step };
}
