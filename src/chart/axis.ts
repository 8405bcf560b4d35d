/** Ticks at round values, for time and for quantities. */
import { formatQuantity } from '../model/format.ts';
import type { EpochMs, Unit } from '../model/units.ts';
import type { ChartMs } from './viewport.ts';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Steps that a clock has: no 20-second tick that drifts against the minutes, no 2.5-minute tick. */
const TIME_STEPS: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** The smallest step of a clock that gives at most `countMax` ticks. */
export function timeStep(spanMs: number, countMax: number): number {
  const least = spanMs / Math.max(1, countMax);
  for (const step of TIME_STEPS) if (step >= least) return step;
  return Math.ceil(least / (7 * DAY)) * 7 * DAY;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A moment as time since the build's start, with the digits the step needs: `0`, `90 s`→`1:30`, `1:02:30`, `0.25`. */
export function formatSinceStart(timeMs: ChartMs, stepMs: number = SECOND): string {
  const sign = timeMs < 0 ? '−' : '';
  const abs = Math.abs(timeMs);
  const decimals = stepMs >= SECOND ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  const scale = 10 ** decimals;
  const units = Math.round((abs / SECOND) * scale);
  const wholeSeconds = Math.floor(units / scale);
  const fraction = decimals === 0 ? '' : `.${String(units % scale).padStart(decimals, '0')}`;
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor(wholeSeconds / 60) % 60;
  const seconds = wholeSeconds % 60;
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(seconds)}${fraction}`;
  if (minutes > 0) return `${sign}${minutes}:${two(seconds)}${fraction}`;
  return `${sign}${seconds}${fraction}${units === 0 ? '' : ' s'}`;
}

/** What the colons of `formatSinceStart` part, for an axis that ends at `toMs`. */
export function sinceStartName(toMs: ChartMs): string {
  return toMs >= HOUR ? 'h:min:s' : toMs >= MINUTE ? 'min:s' : 's';
}

/** Ticks between two moments, relative to the build's start. */
export function relativeTimeTicks(fromMs: ChartMs, toMs: ChartMs, countMax: number): Tick[] {
  const step = timeStep(toMs - fromMs, countMax);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(fromMs / step); i * step <= toMs; i++) {
    ticks.push({ value: i * step, label: formatSinceStart(i * step, step) });
  }
  return ticks;
}

/**
 * Ticks at round times of day. The shift from UTC is given (minutes east, as the browser knows it; 0 writes UTC): the chart knows no
 * time zone of its own.
 */
export function clockTicks(
  originMs: EpochMs,
  fromMs: ChartMs,
  toMs: ChartMs,
  countMax: number,
  zoneMinutes: number,
): Tick[] {
  const step = timeStep(toMs - fromMs, countMax);
  const shift = originMs + zoneMinutes * MINUTE;
  const ticks: Tick[] = [];
  for (let i = Math.ceil((fromMs + shift) / step); i * step <= toMs + shift; i++) {
    ticks.push({ value: i * step - shift, label: formatClock(i * step, step) });
  }
  return ticks;
}

function formatClock(shiftedMs: number, stepMs: number): string {
  const iso = new Date(shiftedMs).toISOString();
  if (stepMs >= DAY) return iso.slice(0, 10);
  if (stepMs >= MINUTE) return iso.slice(11, 16);
  return stepMs >= SECOND ? iso.slice(11, 19) : iso.slice(11, 23);
}

/** Units whose round numbers are powers of 1024. */
function isBinary(unit: Unit | string): boolean {
  return unit === 'B' || unit === 'B/s' || unit === 'KiB';
}

/** The top of an axis that starts at 0: the next round number of the unit at or above `largest`; 1 when there is nothing. */
export function niceTop(largest: number, unit: Unit | string): number {
  if (!(largest > 0)) return 1;
  const base = isBinary(unit) ? 1024 ** Math.max(0, Math.floor(Math.log(largest) / Math.log(1024))) : 1;
  const scaled = largest / base;
  const magnitude = 10 ** Math.floor(Math.log10(scaled));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) {
    if (step * magnitude < scaled * (1 - 1e-12)) continue;
    // Past 1,000 of a binary unit the next round number is 1 of the next.
    return base > 1 && step * magnitude >= 1000 ? 1024 * base : step * magnitude * base;
  }
  return 10 * magnitude * base;
}

/** 0, the middle and the top of an axis. */
export function valueTicks(top: number, unit: Unit | string): Tick[] {
  return [0, top / 2, top].map((value) => ({ value, label: value === 0 ? '0' : formatQuantity(value, unit) }));
}
