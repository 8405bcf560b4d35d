/**
 * How many tasks run at a moment, as a step function with its running integral:
 *
 *     a ====          timesMs   0  2  4  6
 *     b   ====        counts    1  2  1  0      (from timesMs[i] until timesMs[i + 1])
 *                     areaMs    0  2  6  8      (task milliseconds before timesMs[i])
 *
 * The integral makes every mean exact at every zoom: the mean over a pixel is a difference of two areas, so the picture of ten thousand
 * short tasks has the area of their summed wall time, however few pixels it has. Serves the density lane of the hidden tasks, the
 * silhouette of the minimap and the strip of running tasks.
 */
import type { DurationMs } from '../model/units.ts';

export interface Steps {
  /** Ascending, distinct; ms from the chart's origin. */
  readonly timesMs: Float64Array;
  readonly counts: Float64Array;
  readonly areaMs: Float64Array;
  /** Sum of all durations. */
  readonly sumMs: DurationMs;
  readonly maxCount: number;
}

/** Steps of the intervals at the given positions of startMs and endMs (finite, end not before start). O(n log n). */
export function steps(items: Uint32Array, startMs: Float64Array, endMs: Float64Array): Steps {
  const n = items.length;
  const starts = new Float64Array(n);
  const ends = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    starts[i] = startMs[items[i]!]!;
    ends[i] = endMs[items[i]!]!;
  }
  starts.sort();
  ends.sort();
  const times = new Float64Array(2 * n);
  const counts = new Float64Array(2 * n);
  const area = new Float64Array(2 * n);
  let k = 0;
  let s = 0;
  let e = 0;
  let count = 0;
  let total = 0;
  let before = 0;
  let maxCount = 0;
  while (e < n) {
    const t = s < n && starts[s]! < ends[e]! ? starts[s]! : ends[e]!;
    if (k > 0) total += count * (t - before);
    while (s < n && starts[s]! === t) {
      s++;
      count++;
    }
    while (e < n && ends[e]! === t) {
      e++;
      count--;
    }
    times[k] = t;
    counts[k] = count;
    area[k] = total;
    if (count > maxCount) maxCount = count;
    before = t;
    k++;
  }
  return {
    timesMs: times.slice(0, k),
    counts: counts.slice(0, k),
    areaMs: area.slice(0, k),
    sumMs: total,
    maxCount,
  };
}

/** Last position whose time is not after t, or -1. */
export function lastNotAfter(timesMs: Float64Array, t: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesMs[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Task milliseconds before t. */
export function areaBefore(s: Steps, t: number): number {
  const i = lastNotAfter(s.timesMs, t);
  return i < 0 ? 0 : s.areaMs[i]! + s.counts[i]! * (t - s.timesMs[i]!);
}

/** Mean number of tasks between two moments. */
export function meanCount(s: Steps, fromMs: number, toMs: number): number {
  return toMs > fromMs ? (areaBefore(s, toMs) - areaBefore(s, fromMs)) / (toMs - fromMs) : countAt(s, fromMs);
}

export function countAt(s: Steps, t: number): number {
  const i = lastNotAfter(s.timesMs, t);
  return i < 0 ? 0 : s.counts[i]!;
}

/** One value per column of `width` columns between two moments: the mean count of each. Columns outside the steps are 0. */
export function meanPerColumn(s: Steps, fromMs: number, toMs: number, width: number): Float64Array {
  const mean = new Float64Array(width);
  const columnMs = (toMs - fromMs) / width;
  if (!(columnMs > 0)) return mean;
  const n = s.timesMs.length;
  let i = lastNotAfter(s.timesMs, fromMs);
  const areaTo = (t: number): number => {
    while (i + 1 < n && s.timesMs[i + 1]! <= t) i++;
    return i < 0 ? 0 : s.areaMs[i]! + s.counts[i]! * (t - s.timesMs[i]!);
  };
  let before = areaTo(fromMs);
  for (let column = 0; column < width; column++) {
    const area = areaTo(fromMs + (column + 1) * columnMs);
    mean[column] = (area - before) / columnMs;
    before = area;
  }
  return mean;
}
