/**
 * Sample series under the bars, on the same time axis. One strip shows one series or several, each with its own axis.
 *
 * A series is never resampled for keeps: per frame, a pixel that holds several samples shows their smallest, largest and mean, so a
 * peak of one second is seen in a build of ten hours. Where nothing was sampled, nothing is drawn.
 */
import { formatQuantity } from '../model/format.ts';
import type { SampleMark } from '../model/samples.ts';
import type { Unit } from '../model/units.ts';
import { niceTop } from './axis.ts';
import { lastNotAfter, meanCount, meanPerColumn, type Steps } from './density.ts';
import type { ChartData } from './layout.ts';
import { fitText, type Painter, SANS_EM } from './painter.ts';
import type { Palette } from './palette.ts';
import { type ChartMs, type CssPx, type TimeView, timeToPx } from './viewport.ts';

export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  /** ChartMs, ascending. */
  readonly timeMs: Float64Array;
  /** NaN: not recorded at that moment. */
  readonly values: Float64Array;
  /** Not null: the values are counts that hold until the next time. Null: samples, measured at the moments and joined by lines. */
  readonly steps: Steps | null;
  /** Bottom and top of the axis: fixed for the build, so that zooming does not change what a height means. */
  readonly bottom: number;
  readonly top: number;
  /** Largest value; above `top` where a lone peak would press all the rest flat: there it is cut, marked, and said. */
  readonly peak: number;
  /** Samples further apart than this are not joined. */
  readonly gapMs: number;
  readonly marks: readonly SampleMark[];
  readonly note: string | null;
  readonly guessed: boolean;
  readonly source: string;
}

/** Computed from the tasks, always there. */
export const RUNNING_TASKS = 'tasks.running';

/** Every series the build has: the running tasks, then all that was discovered. */
export function chartSeries(data: ChartData): ChartSeries[] {
  const { running } = data;
  const series: ChartSeries[] = [];
  if (running.timesMs.length > 0) {
    series.push({
      id: RUNNING_TASKS,
      label: 'running tasks',
      unit: 'count',
      timeMs: running.timesMs,
      values: running.counts,
      steps: running,
      bottom: 0,
      top: niceTop(running.maxCount, 'count'),
      peak: running.maxCount,
      gapMs: Number.POSITIVE_INFINITY,
      marks: [],
      note: 'Computed from the starts and ends of the tasks.',
      guessed: false,
      source: 'tasks',
    });
  }
  for (const table of data.build.samples) {
    const timeMs = Float64Array.from(table.timeMs, (t) => t - data.originMs);
    const gapMs = usualGap(timeMs) * 5;
    for (const s of table.series) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (const v of s.values) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
      series.push({
        id: s.id,
        label: s.label,
        unit: s.unit,
        timeMs,
        values: s.values,
        steps: null,
        bottom: low < 0 ? -niceTop(-low, s.unit) : 0,
        top: s.limit !== null && s.limit >= high ? s.limit : niceTop(usualHigh(s.values, high), s.unit),
        peak: high,
        gapMs,
        marks: s.marks,
        note: s.note,
        guessed: s.guessed,
        source: table.source,
      });
    }
  }
  return series;
}

/** A peak this many times as high as nearly all other samples is lone. */
const LONE_PEAK = 4;
const NEARLY_ALL = 0.99;

/** The highest value, or that of nearly all samples where the highest are so far above that they would press all else flat. */
function usualHigh(values: Float64Array, high: number): number {
  const known = values.filter((v) => !Number.isNaN(v)).sort();
  const usual = known[Math.floor((known.length - 1) * NEARLY_ALL)] ?? high;
  return usual > 0 && high > LONE_PEAK * usual ? usual : high;
}

/** Median distance of the samples, at least a second: two stray samples are no rhythm. */
function usualGap(timeMs: Float64Array): number {
  if (timeMs.length < 3) return Number.POSITIVE_INFINITY;
  const gaps = new Float64Array(timeMs.length - 1);
  for (let i = 0; i < gaps.length; i++) gaps[i] = timeMs[i + 1]! - timeMs[i]!;
  gaps.sort();
  return Math.max(1000, gaps[gaps.length >> 1]!);
}

export interface Reading {
  readonly value: number;
  /** When it was measured. */
  readonly timeMs: ChartMs;
}

/** The value at a moment: of steps the one that holds, of samples the nearest. Null: nothing recorded near. */
export function readingAt(series: ChartSeries, timeMs: ChartMs): Reading | null {
  const before = lastNotAfter(series.timeMs, timeMs);
  let at = before;
  if (series.steps === null) {
    const after = before + 1;
    if (after < series.timeMs.length) {
      if (before < 0 || series.timeMs[after]! - timeMs < timeMs - series.timeMs[before]!) at = after;
    }
  }
  if (at < 0) return null;
  const value = series.values[at]!;
  const when = series.timeMs[at]!;
  if (Number.isNaN(value) || Math.abs(when - timeMs) > series.gapMs) return null;
  return { value, timeMs: when };
}

/** Mean between two moments, null when nothing was recorded there. Samples count equally: they are taken in one rhythm. */
export function meanBetween(series: ChartSeries, fromMs: ChartMs, toMs: ChartMs): number | null {
  if (series.steps !== null) return meanCount(series.steps, fromMs, toMs);
  let sum = 0;
  let count = 0;
  for (let i = lastNotAfter(series.timeMs, fromMs - 1e-9) + 1; i < series.timeMs.length; i++) {
    if (series.timeMs[i]! > toMs) break;
    const value = series.values[i]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** Smallest, mean and largest of the samples in each pixel; NaN where there is none. */
export interface Columns {
  readonly min: Float64Array;
  readonly mean: Float64Array;
  readonly max: Float64Array;
}

/** One column a pixel. Samples outside the view are left out. */
export function decimate(series: ChartSeries, view: TimeView): Columns {
  const width = Math.max(1, Math.round(view.widthPx));
  const min = new Float64Array(width).fill(Number.NaN);
  const max = new Float64Array(width).fill(Number.NaN);
  const mean = new Float64Array(width).fill(Number.NaN);
  const counts = new Uint32Array(width);
  const scale = width / (view.toMs - view.fromMs);
  for (let i = lastNotAfter(series.timeMs, view.fromMs - 1e-9) + 1; i < series.timeMs.length; i++) {
    const t = series.timeMs[i]!;
    if (t > view.toMs) break;
    const value = series.values[i]!;
    if (Number.isNaN(value)) continue;
    const column = Math.min(width - 1, Math.floor((t - view.fromMs) * scale));
    if (counts[column] === 0) {
      min[column] = value;
      max[column] = value;
      mean[column] = value;
    } else {
      if (value < min[column]!) min[column] = value;
      if (value > max[column]!) max[column] = value;
      mean[column] = mean[column]! + value;
    }
    counts[column]!++;
  }
  for (let i = 0; i < width; i++) if (counts[i]! > 1) mean[i] = mean[i]! / counts[i]!;
  return { min, mean, max };
}

/**
 * The strips of the page's address: `cpu.user+pressure.cpu.avg10,disk.read`. A `+` typed into an address arrives as a blank. Ids that the
 * build has not are kept: another build may. `none` is no strip at all, which an address cannot say by an empty word.
 */
export function parseStrips(text: string): string[][] {
  if (text === 'none') return [];
  return text
    .split(',')
    .map((strip) => strip.split(/[+ ]/).filter((id) => id !== ''))
    .filter((strip) => strip.length > 0);
}

export function formatStrips(strips: readonly (readonly string[])[]): string {
  const words = strips.filter((strip) => strip.length > 0).map((strip) => strip.join('+'));
  return words.length === 0 ? 'none' : words.join(',');
}

/** What a person looks at first, of what there is: cpu, disk, memory, pressure, running tasks. */
export function defaultStrips(series: readonly ChartSeries[]): string[][] {
  const has = new Set(series.filter((s) => !s.marks.includes('not-recorded')).map((s) => s.id));
  const wanted = [
    ['cpu.user', 'cpu.system', 'cpu.iowait'],
    ['disk.read', 'disk.write'],
    ['memory.used'],
    ['pressure.cpu.avg10', 'pressure.io.avg10', 'pressure.memory.avg10'],
  ];
  const strips = wanted.map((ids) => ids.filter((id) => has.has(id))).filter((ids) => ids.length > 0);
  return strips.length > 0 ? strips : has.has(RUNNING_TASKS) ? [[RUNNING_TASKS]] : [];
}

export const STRIP_PX = 64;
/** Room above the highest value for the names. */
const STRIP_HEAD_PX = 15;

export interface StripEntry {
  readonly series: ChartSeries;
  readonly colour: string;
  /** Its axis on this strip. Parts of one thing (`disk.read`, `disk.write`) share theirs; all else has its own. */
  readonly bottom: number;
  readonly top: number;
}

/** What a series is a part of: `disk.read` is of `disk` in B/s. Parts are compared with each other, so they need one scale. */
function family(series: ChartSeries): string {
  const dot = series.id.lastIndexOf('.');
  return `${dot < 0 ? series.id : series.id.slice(0, dot)} ${series.unit}`;
}

/** Series of a strip with their colours and axes; ids the build has not are in `missing`. */
export function stripEntries(
  ids: readonly string[],
  byId: ReadonlyMap<string, ChartSeries>,
  palette: Palette,
): { entries: StripEntry[]; missing: string[] } {
  const known = ids.filter((id) => byId.has(id)).map((id) => byId.get(id)!);
  const entries = known.map((series): StripEntry => {
    const kin = known.filter((other) => family(other) === family(series));
    const at = ids.indexOf(series.id);
    return {
      series,
      colour: palette.series[at % palette.series.length]!,
      bottom: Math.min(...kin.map((other) => other.bottom)),
      top: Math.max(...kin.map((other) => other.top)),
    };
  });
  return { entries, missing: ids.filter((id) => !byId.has(id)) };
}

/** The marks in one word each, for the strip itself. */
export const MARK_WORDS: Readonly<Record<SampleMark, string>> = {
  corrected: 'corrected',
  saturated: 'saturated: a floor',
  'may-double-count': 'may count twice',
  'not-recorded': 'not recorded',
};

/** Height of a value in a strip, from its top; values beyond the axis stay on its edge. */
export function valueToPx(axis: Pick<StripEntry, 'bottom' | 'top'>, value: number, heightPx: CssPx): CssPx {
  const base = heightPx - 2;
  const inside = Math.min(axis.top, Math.max(axis.bottom, value));
  return base - ((inside - axis.bottom) * (base - STRIP_HEAD_PX)) / (axis.top - axis.bottom);
}

/** The axis of a series in words: `0–100 %`, `0–150 MiB/s, peak 4.9 GiB/s`. */
export function axisText({ series, bottom, top }: StripEntry): string {
  const from = bottom === 0 ? '0' : formatQuantity(bottom, series.unit);
  const peak = series.peak > top ? `, peak ${formatQuantity(series.peak, series.unit)}` : '';
  return `${from}–${formatQuantity(top, series.unit)}${peak}`;
}

/** One strip; (0, 0) is its left top on the plot. Names are drawn by the caller's choice: the page has its own, live ones. */
export function drawStrip(
  painter: Painter,
  entries: readonly StripEntry[],
  view: TimeView,
  heightPx: CssPx,
  palette: Palette,
  names: boolean,
): void {
  painter.line(0, heightPx - 1.5, view.widthPx, heightPx - 1.5, palette.line);
  for (const [i, entry] of entries.entries()) {
    const y = (value: number): CssPx => valueToPx(entry, value, heightPx);
    const base = y(Math.max(0, entry.bottom));
    drawSeries(painter, entry.series, entry.colour, view, y, base, i === 0);
    if (entry.series.peak > entry.top) markPeaks(painter, entry, view, y(entry.top));
  }
  if (names) {
    let x = 4;
    for (const entry of entries) {
      const { series, colour } = entry;
      const marks = series.marks.map((m) => ` (${MARK_WORDS[m]})`).join('');
      const text = `${series.label}${marks}${series.guessed ? ' (guessed)' : ''}, ${axisText(entry)}`;
      const fitted = fitText(text, view.widthPx - x, 10, SANS_EM);
      if (fitted === '') break;
      painter.text(x, 7, fitted, { sizePx: 10, colour });
      x += fitted.length * 10 * SANS_EM + 14;
    }
  }
}

/** A double line on top of what is cut. */
function markPeaks(painter: Painter, { series, top, colour }: StripEntry, view: TimeView, topPx: CssPx): void {
  const { timeMs, values } = series;
  let lastX = Number.NaN;
  for (let i = Math.max(0, lastNotAfter(timeMs, view.fromMs)); i < timeMs.length && timeMs[i]! <= view.toMs; i++) {
    const x = Math.round(timeToPx(view, timeMs[i]!));
    if (!(values[i]! > top) || x === lastX) continue;
    lastX = x;
    painter.fillRect(x - 2, topPx - 2, 4, 1, colour);
    painter.fillRect(x - 2, topPx - 4, 4, 1, colour);
  }
}

function drawSeries(
  painter: Painter,
  series: ChartSeries,
  colour: string,
  view: TimeView,
  y: (value: number) => CssPx,
  base: CssPx,
  filled: boolean,
): void {
  if (series.steps !== null) {
    drawSteps(painter, series, series.steps, colour, view, y, base, filled);
    return;
  }
  const first = Math.max(0, lastNotAfter(series.timeMs, view.fromMs));
  const last = Math.min(series.timeMs.length - 1, lastNotAfter(series.timeMs, view.toMs) + 1);
  const count = last - first + 1;
  if (count <= 0) return;
  if (count <= view.widthPx / 4) {
    // Samples are well apart: the samples themselves, joined.
    const xy = new Float64Array(count * 2 + 4);
    let from = first;
    for (let i = first; i <= last + 1; i++) {
      const cut =
        i > last ||
        Number.isNaN(series.values[i]!) ||
        (i > from && series.timeMs[i]! - series.timeMs[i - 1]! > series.gapMs);
      if (!cut) continue;
      segment(painter, series, colour, view, y, base, filled, from, i, xy);
      from = i <= last && Number.isNaN(series.values[i]!) ? i + 1 : i;
    }
    return;
  }
  drawColumns(painter, colour, view, y, base, filled, decimate(series, view), series.gapMs);
}

/** Samples `from` up to (not with) `to`, which have no gap between them. */
function segment(
  painter: Painter,
  series: ChartSeries,
  colour: string,
  view: TimeView,
  y: (value: number) => CssPx,
  base: CssPx,
  filled: boolean,
  from: number,
  to: number,
  xy: Float64Array,
): void {
  const count = to - from;
  if (count <= 0) return;
  if (count === 1) {
    const x = timeToPx(view, series.timeMs[from]!);
    painter.fillRect(x - 1, y(series.values[from]!) - 1, 2, 2, colour);
    return;
  }
  for (let i = 0; i < count; i++) {
    xy[i * 2] = timeToPx(view, series.timeMs[from + i]!);
    xy[i * 2 + 1] = y(series.values[from + i]!);
  }
  if (filled) {
    xy[count * 2] = xy[(count - 1) * 2]!;
    xy[count * 2 + 1] = base;
    xy[count * 2 + 2] = xy[0]!;
    xy[count * 2 + 3] = base;
    painter.polygon(xy, count + 2, colour, FILL_OPACITY);
  }
  painter.polyline(xy, count, colour, LINE_PX);
}

const LINE_PX = 1.25;
const FILL_OPACITY = 0.16;
const BAND_OPACITY = 0.3;

/**
 * Band from smallest to largest, line through the means. Empty columns up to the gap are bridged by a straight line, wider ones stay
 * empty. Overwrites the arrays with heights.
 */
function drawColumns(
  painter: Painter,
  colour: string,
  view: TimeView,
  y: (value: number) => CssPx,
  base: CssPx,
  filled: boolean,
  columns: Columns,
  gapMs: number,
): void {
  const { min, mean, max } = columns;
  const width = mean.length;
  const columnPx = view.widthPx / width;
  const gapColumns = Math.max(1, (gapMs * width) / (view.toMs - view.fromMs));
  let before = -1;
  for (let i = 0; i < width; i++) {
    if (Number.isNaN(mean[i]!)) continue;
    mean[i] = y(mean[i]!);
    const top = y(max[i]!);
    max[i] = top;
    min[i] = y(min[i]!);
    if (before >= 0 && i - before > 1 && i - before <= gapColumns) {
      const rise = (mean[i]! - mean[before]!) / (i - before);
      for (let k = before + 1; k < i; k++) mean[k] = mean[before]! + rise * (k - before);
    }
    before = i;
  }
  if (filled) painter.columns(mean, new Float64Array(width).fill(base), width, columnPx, colour, FILL_OPACITY);
  painter.columns(max, min, width, columnPx, colour, BAND_OPACITY);
  // The line: in each column from the height before to its own, at least as thick as a line.
  const low = new Float64Array(width);
  for (let i = width - 1; i >= 0; i--) {
    const here = mean[i]!;
    const left = i > 0 && !Number.isNaN(mean[i - 1]!) ? mean[i - 1]! : here;
    low[i] = Math.max(here, left) + LINE_PX / 2;
    mean[i] = Math.min(here, left) - LINE_PX / 2;
  }
  painter.columns(mean, low, width, columnPx, colour, 1);
}

function drawSteps(
  painter: Painter,
  series: ChartSeries,
  of: Steps,
  colour: string,
  view: TimeView,
  y: (value: number) => CssPx,
  base: CssPx,
  filled: boolean,
): void {
  const first = Math.max(0, lastNotAfter(of.timesMs, view.fromMs));
  const last = lastNotAfter(of.timesMs, view.toMs);
  if (last - first + 1 > view.widthPx / 4) {
    // More steps than pixels: the time-weighted mean of each pixel.
    const mean = meanPerColumn(of, view.fromMs, view.toMs, Math.max(1, Math.round(view.widthPx)));
    const { min, max } = decimate(series, view);
    for (let i = 0; i < mean.length; i++) {
      // A pixel without a change holds the value it came with.
      if (Number.isNaN(min[i]!)) min[i] = mean[i]!;
      if (Number.isNaN(max[i]!)) max[i] = mean[i]!;
    }
    drawColumns(painter, colour, view, y, base, filled, { min, mean, max }, Number.POSITIVE_INFINITY);
    return;
  }
  if (last < first) return;
  const xy = new Float64Array((last - first + 3) * 4);
  let count = 0;
  const put = (x: CssPx, py: CssPx): void => {
    xy[count * 2] = x;
    xy[count * 2 + 1] = py;
    count++;
  };
  let height = base;
  for (let i = first; i <= last; i++) {
    const x = timeToPx(view, of.timesMs[i]!);
    if (i > first) put(x, height);
    height = y(of.counts[i]!);
    put(x, height);
  }
  put(Math.max(view.widthPx, timeToPx(view, of.timesMs[last]!)), height);
  const points = count;
  if (filled) {
    put(xy[(count - 1) * 2]!, base);
    put(xy[0]!, base);
    painter.polygon(xy, count, colour, FILL_OPACITY);
  }
  painter.polyline(xy, points, colour, LINE_PX);
}
