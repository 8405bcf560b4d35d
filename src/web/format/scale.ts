/** From values to pixels, with ticks at numbers that are round in their unit: 30 s and 1 min, 64 MiB, not 33.3 and 67,108,864. */
import { formatQuantity } from '../../model/format.ts';
import { formatWhen } from './time.ts';

export interface Scale {
  readonly fromPx: number;
  readonly toPx: number;
  readonly ticks: readonly { readonly px: number; readonly label: string }[];
  /** NaN where the value cannot be on this scale (zero or less on a logarithmic one). */
  readonly toPixel: (value: number) => number;
}

export interface ScaleOptions {
  readonly kind: 'number' | 'category' | 'time';
  readonly unit: string;
  readonly log: boolean;
  /** Words of a category scale. */
  readonly categories: readonly string[];
  readonly fromPx: number;
  readonly toPx: number;
  /** Pixels that a tick needs along the axis. */
  readonly tickPx: number;
}

const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
];
/** Where a logarithmic time axis has its lines. */
const SECONDS_LOG = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 86_400, 864_000];
const MS_PER: Readonly<Record<string, number>> = { s: 1, ms: 1000, us: 1e6, ticks: 100 };

/** The least round step of at least `rough`, in the unit. */
export function roundStep(rough: number, unit: string): number {
  const perSecond = MS_PER[unit];
  if (perSecond !== undefined) {
    const seconds = rough / perSecond;
    if (seconds >= 1) return (SECONDS.find((s) => s >= seconds) ?? decimalStep(seconds / 86_400) * 86_400) * perSecond;
    return decimalStep(seconds) * perSecond;
  }
  if (unit === 'B' || unit === 'B/s' || unit === 'KiB') {
    const base = 1024 ** Math.max(0, Math.floor(Math.log(rough) / Math.log(1024)));
    return 2 ** Math.ceil(Math.log2(rough / base)) * base;
  }
  const step = decimalStep(rough);
  return unit === 'count' ? Math.max(1, step) : step;
}

/** Round numbers from zero to the first one at or above `largest`, about `parts` of them. */
export function ticksFromZero(largest: number, unit: string, parts: number): number[] {
  if (!(largest > 0)) return [0, 1];
  const step = roundStep(largest / parts, unit);
  const ticks = [0];
  while (ticks.at(-1)! < largest * (1 - 1e-9)) ticks.push(ticks.length * step);
  return ticks;
}

function decimalStep(rough: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5, 10]) if (factor * magnitude >= rough * (1 - 1e-9)) return factor * magnitude;
  return 10 * magnitude;
}

/** Round times lose the parts that are nothing: `1 min`, not `1 min 00 s`. */
export function tickLabel(value: number, unit: string): string {
  return value === 0 ? '0' : formatQuantity(value, unit).replace(/ 00 (s|min|h)$/, '');
}

/** Values of logarithmic ticks between two positive numbers. */
export function logTicks(from: number, to: number, unit: string): number[] {
  const perSecond = MS_PER[unit];
  let candidates: number[];
  if (perSecond !== undefined) {
    candidates = SECONDS_LOG.map((s) => s * perSecond);
    // A short range has too few decades to show.
    if (candidates.filter((v) => v >= from && v <= to).length < 3) {
      candidates = [...SECONDS_LOG, ...SECONDS, ...SECONDS_LOG.slice(0, 3).flatMap((s) => [2 * s, 5 * s])].map(
        (s) => s * perSecond,
      );
    }
  } else {
    const base = unit === 'B' || unit === 'B/s' || unit === 'KiB' ? 2 : 10;
    const first = Math.floor(Math.log(from) / Math.log(base));
    const last = Math.ceil(Math.log(to) / Math.log(base));
    const every = base === 2 ? Math.max(1, Math.ceil((last - first) / 8)) : 1;
    candidates = [];
    for (let e = base === 2 ? Math.ceil(first / every) * every : first; e <= last; e += every)
      candidates.push(base ** e);
    if (base === 10 && last - first <= 2) candidates = candidates.flatMap((v) => [v, 2 * v, 5 * v]);
  }
  return [...new Set(candidates)].filter((v) => v >= from * (1 - 1e-9) && v <= to * (1 + 1e-9)).sort((a, b) => a - b);
}

const DAY_MS = 86_400_000;
const TIME_STEPS_MS = [
  1000,
  10_000,
  60_000,
  300_000,
  900_000,
  3_600_000,
  3 * 3_600_000,
  6 * 3_600_000,
  12 * 3_600_000,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  30 * DAY_MS,
  91 * DAY_MS,
  365 * DAY_MS,
];

/** `values`: what must fit. A number scale begins at zero where zero is near: a bar's or a sum's length must not lie. */
export function makeScale(values: ArrayLike<number>, options: ScaleOptions): Scale {
  const { kind, unit, log, fromPx, toPx, categories } = options;
  const lengthPx = Math.abs(toPx - fromPx);
  const tickMax = Math.max(2, Math.floor(lengthPx / options.tickPx));
  if (kind === 'category') {
    const n = Math.max(1, categories.length);
    const toPixel = (v: number): number => fromPx + ((v + 0.5) / n) * (toPx - fromPx);
    const every = Math.max(1, Math.ceil(n / tickMax));
    return {
      fromPx,
      toPx,
      toPixel,
      ticks: categories.map((label, i) => ({ px: toPixel(i), label })).filter((_, i) => i % every === 0),
    };
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (Number.isNaN(v) || (log && kind === 'number' && v <= 0)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) [low, high] = log ? [1, 10] : [0, 1];
  if (kind === 'number' && log) {
    // Some air at both ends, as a share of the decades.
    const air = Math.max(0.02 * Math.log(high / low), 0.02);
    const [from, to] = [Math.log(low) - air, Math.log(high) + air];
    const toPixel = (v: number): number =>
      v > 0 ? fromPx + ((Math.log(v) - from) / (to - from)) * (toPx - fromPx) : Number.NaN;
    const ticks = logTicks(Math.exp(from), Math.exp(to), unit);
    const every = Math.max(1, Math.ceil(ticks.length / tickMax));
    return {
      fromPx,
      toPx,
      toPixel,
      ticks: ticks.filter((_, i) => i % every === 0).map((v) => ({ px: toPixel(v), label: tickLabel(v, unit) })),
    };
  }
  if (kind === 'number' && low > 0 && low < high * 0.5) low = 0;
  if (kind === 'number' && low === high) [low, high] = low === 0 ? [0, 1] : low > 0 ? [0, high] : [low, 0];
  if (kind === 'time' && low === high) [low, high] = [low - 30_000, high + 30_000];
  const rough = (high - low) / tickMax;
  const step =
    kind === 'time' ? (TIME_STEPS_MS.find((s) => s >= rough) ?? TIME_STEPS_MS.at(-1)!) : roundStep(rough, unit);
  const [from, to] =
    kind === 'time'
      ? [low - (high - low) * 0.02, high + (high - low) * 0.02]
      : [low === 0 ? 0 : low - step * 0.1, high + step * 0.1];
  const toPixel = (v: number): number => fromPx + ((v - from) / (to - from)) * (toPx - fromPx);
  const ticks: { px: number; label: string }[] = [];
  // Days begin at local midnight.
  const offset = kind === 'time' ? new Date(low).getTimezoneOffset() * 60_000 : 0;
  for (let v = Math.ceil((from - offset) / step) * step + offset, i = 0; v <= to && i < 200; v += step, i++) {
    ticks.push({
      px: toPixel(v),
      label: kind === 'time' ? formatTimeTick(v, step) : tickLabel(v, unit),
    });
  }
  return { fromPx, toPx, toPixel, ticks };
}

function formatTimeTick(ms: number, stepMs: number): string {
  const text = formatWhen(ms);
  return stepMs >= DAY_MS ? text.replace(/ \d\d:\d\d$/, '') : text;
}

/** Edges of histogram bins, one more than bins, at round numbers; logarithmic ones divide decades. */
export function binEdges(values: ArrayLike<number>, unit: string, log: boolean, binsMax: number): number[] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (Number.isNaN(v) || (log && v <= 0)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return [];
  if (log) {
    // Eight, four, two bins a decade, or a whole one, whichever are not too many.
    const decades = Math.log10(high / low);
    const perDecade = [8, 4, 2, 1].find((n) => decades * n <= binsMax) ?? 1;
    const first = Math.floor(Math.log10(low) * perDecade);
    const last = Math.max(first + 1, Math.floor(Math.log10(high) * perDecade) + 1);
    return Array.from({ length: last - first + 1 }, (_, i) => 10 ** ((first + i) / perDecade));
  }
  const step = low === high ? roundStep(Math.abs(low) || 1, unit) : roundStep((high - low) / binsMax, unit);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.floor(high / step) + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
