/**
 * Numbers in words, once for the page, the terminal and the drawings. A number carries its unit and about three significant digits
 * (`4 min 12 s`, `1.3 GiB`, `12.4 cores`); `formatExact` is what hover and exports show. Null and NaN are "not recorded", in words:
 * a zero is only ever written for a zero.
 *
 * English digit grouping everywhere: a figure in a screenshot must read the same wherever it was taken.
 */
import type { Bytes, DurationMs, EpochMs, Unit } from './units.ts';

export const NOT_RECORDED = 'not recorded';
/** U+2212 is as wide as `+` in tabular figures; the hyphen is not. */
export const MINUS = '\u2212';

/**
 * `1,234.50`. Not Intl.NumberFormat: making its first one loads tables for 10 ms, a tenth of what `bakehouse summary` of 10,000 tasks may
 * take, and English grouping is one expression.
 */
function grouped(magnitude: number, digits: number): string {
  return magnitude >= 1e21 ? String(magnitude) : withCommas(magnitude.toFixed(digits));
}

/** The shortest digits that mean this very number, 12 decimals at most. */
function exact(magnitude: number): string {
  const shortest = String(magnitude);
  if (magnitude >= 1e21) return shortest;
  const decimals = shortest.includes('e') ? Number.POSITIVE_INFINITY : (shortest.split('.')[1]?.length ?? 0);
  return withCommas(decimals <= 12 ? shortest : magnitude.toFixed(12).replace(/\.?0+$/, ''));
}

function withCommas(digits: string): string {
  const point = digits.indexOf('.');
  const whole = point === -1 ? digits : digits.slice(0, point);
  if (whole.length <= 3) return digits;
  return whole.replace(/\B(?=(?:\d{3})+$)/g, ',') + digits.slice(whole.length);
}

function missing(value: number | null | undefined): value is null | undefined {
  return value === null || value === undefined || !Number.isFinite(value);
}

/** With a fixed number of decimals (0 to 4). */
export function formatFixed(value: number, decimals: number): string {
  const digits = Math.min(4, Math.max(0, decimals));
  const text = grouped(Math.abs(value), digits);
  return value < 0 && !/^[0.,]+$/.test(text) ? MINUS + text : text;
}

/** Three significant digits, never fewer than all integer digits: 0.0312, 4.31, 12.4, 812, 9,421. */
function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 99.95) return formatFixed(value, 0);
  if (magnitude >= 9.995) return formatFixed(value, 1);
  if (magnitude >= 0.995) return formatFixed(value, 2);
  return (value < 0 ? MINUS : '') + String(Number(magnitude.toPrecision(2)));
}

/** Like threeDigits, without the zeros that say nothing: 1.3 and 12, not 1.30 and 12.0. */
function trimmed(value: number): string {
  const text = threeDigits(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `84 ms`, `4.31 s`, `4 min 12 s`, `1 h 02 min`, `2 d 03 h`. */
export function formatDuration(durationMs: DurationMs | null | undefined): string {
  if (missing(durationMs)) return NOT_RECORDED;
  const sign = durationMs < 0 ? MINUS : '';
  const ms = Math.abs(durationMs);
  if (ms === 0) return '0 s';
  if (ms < 999.5) return `${sign}${ms < 10 ? trimmed(ms) : Math.round(ms)} ms`;
  if (ms < 59_950) return `${sign}${trimmed(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 48 * 60) return `${sign}${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(ms / 3_600_000);
  return `${sign}${grouped(Math.floor(hours / 24), 0)} d ${two(hours % 24)} h`;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function binaryStep(bytes: number): number {
  let step = 0;
  // 1023.5 would print as "1,024 KiB".
  for (let rest = Math.abs(bytes); rest >= 1023.5 && step < BINARY.length - 1; rest /= 1024) step++;
  return step;
}

/** How long ago, as coarse as it is told in speech: `now`, `12 min`, `5 h`, `3 d`, `14 months`, `2 years`. */
export function formatAge(ageMs: DurationMs | null | undefined): string {
  if (missing(ageMs)) return NOT_RECORDED;
  const minutes = Math.floor(ageMs / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  const days = Math.floor(minutes / (24 * 60));
  if (days < 60) return `${days} d`;
  const months = Math.floor(days / 30.44);
  return months < 24 ? `${months} months` : `${Math.floor(days / 365.25)} years`;
}

/** `512 B`, `1.3 GiB`. Powers of 1024, named so. */
export function formatBytes(bytes: Bytes | null | undefined): string {
  if (missing(bytes)) return NOT_RECORDED;
  const step = binaryStep(bytes);
  return `${trimmed(bytes / 1024 ** step)} ${BINARY[step]}`;
}

/** `9,421`; large ones too in full, a count is exact. */
export function formatCount(count: number | null | undefined): string {
  if (missing(count)) return NOT_RECORDED;
  return Number.isInteger(count) ? formatFixed(count, 0) : trimmed(count);
}

/** A fraction 0..1 as `38 %`; below one percent with the digits it has. */
export function formatShare(share: number | null | undefined): string {
  return missing(share) ? NOT_RECORDED : formatPercent(share * 100);
}

export function formatPercent(percent: number | null | undefined): string {
  if (missing(percent)) return NOT_RECORDED;
  const magnitude = Math.abs(percent);
  return `${magnitude >= 9.95 || magnitude === 0 ? formatFixed(percent, 0) : trimmed(percent)} %`;
}

/** Any number with its unit, the way a person reads it. */
export function formatQuantity(value: number | null | undefined, unit: Unit | string): string {
  if (missing(value)) return NOT_RECORDED;
  switch (unit) {
    case 'ms':
      return formatDuration(value);
    case 's':
      return formatDuration(value * 1000);
    case 'us':
      return formatDuration(value / 1000);
    case 'ticks':
      return formatDuration(value * 10);
    case 'B':
      return formatBytes(value);
    case 'KiB':
      return formatBytes(value * 1024);
    case 'B/s':
      return `${formatBytes(value)}/s`;
    case 'count':
      return formatCount(value);
    case 'share':
      return formatShare(value);
    case 'percent':
      return formatPercent(value);
    case 'cores':
      return `${trimmed(value)} cores`;
    case 'none':
      return formatCount(value);
    default:
      return `${formatCount(value)} ${unit}`;
  }
}

/** A difference, with its sign always: `+1.3 GiB`, `−4 min 12 s`, `±0`. */
export function formatDifference(value: number | null | undefined, unit: Unit | string): string {
  if (missing(value)) return NOT_RECORDED;
  if (value === 0) return '±0';
  const text = formatQuantity(value, unit);
  return value > 0 ? `+${text}` : text;
}

/** A relative difference: 0.38 is `+38 %`; from threefold on as a factor, since +2,300 % says less than ×24. */
export function formatRatio(ratio: number | null | undefined): string {
  if (missing(ratio)) return NOT_RECORDED;
  if (ratio >= 9.995) return `×${formatCount(Math.round((ratio + 1) * 10) / 10)}`;
  const percent = ratio * 100;
  if (Math.abs(percent) < 0.05) return '±0 %';
  return percent > 0 ? `+${formatPercent(percent)}` : formatPercent(percent);
}

/** What a unit is called at the head of a column or an axis; empty for plain numbers. */
export function unitLabel(unit: Unit | string): string {
  switch (unit) {
    case 'none':
    case 'count':
      return '';
    case 'share':
    case 'percent':
      return '%';
    case 'us':
      return 'µs';
    case 'ticks':
      return '1/100 s';
    default:
      return unit;
  }
}

/** Every digit that was recorded, in the unit it was recorded in: for hover. */
export function formatExact(value: number | null | undefined, unit: Unit | string): string {
  if (missing(value)) return NOT_RECORDED;
  const label = unit === 'share' ? '' : unitLabel(unit);
  const text = (value < 0 ? MINUS : '') + exact(Math.abs(value));
  return label === '' ? text : `${text} ${label}`;
}

/**
 * One unit for a whole column, so that digits line up and the eye compares lengths: seconds stay seconds, bytes take the unit that
 * suits the largest value.
 */
export interface ColumnScale {
  /** `s`, `MiB`, `%`, or '' for plain numbers. */
  readonly label: string;
  /** shown = value * factor */
  readonly factor: number;
  readonly decimals: number;
}

export function columnScale(unit: Unit | string, largest: number): ColumnScale {
  const top = Number.isFinite(largest) ? Math.abs(largest) : 0;
  const bytes = (factor: number, suffix: string): ColumnScale => {
    // A column of 2 GiB and many small ones reads better as 2,048.0 MiB than as 2.0 and 0.012.
    const step = binaryStep((top * factor) / 64);
    return { label: BINARY[step]! + suffix, factor: factor / 1024 ** step, decimals: step === 0 ? 0 : 1 };
  };
  const seconds = (factor: number): ColumnScale => ({ label: 's', factor, decimals: 2 });
  switch (unit) {
    case 'ms':
      return seconds(1 / 1000);
    case 's':
      return seconds(1);
    case 'us':
      return seconds(1 / 1e6);
    case 'ticks':
      return seconds(1 / 100);
    case 'B':
      return bytes(1, '');
    case 'KiB':
      return bytes(1024, '');
    case 'B/s':
      return bytes(1, '/s');
    case 'share':
      return { label: '%', factor: 100, decimals: 1 };
    case 'percent':
      return { label: '%', factor: 1, decimals: 1 };
    case 'cores':
      return { label: 'cores', factor: 1, decimals: 2 };
    default:
      return { label: unitLabel(unit), factor: 1, decimals: 0 };
  }
}

/** A value in its column's unit, without the unit. What would round to zero but is not keeps two significant digits. */
export function formatScaled(value: number | null | undefined, scale: ColumnScale): string {
  if (missing(value)) return '';
  const shown = value * scale.factor;
  if (shown !== 0 && Math.abs(shown) < 0.5 * 10 ** -scale.decimals) {
    return (shown < 0 ? MINUS : '') + String(Number(Math.abs(shown).toPrecision(2)));
  }
  if (scale.decimals === 0 && !Number.isInteger(shown)) return trimmed(shown);
  return formatFixed(shown, scale.decimals);
}

/** `2026-11-21 07:12:03 UTC`. */
export function formatUtc(timeMs: EpochMs | null | undefined): string {
  if (missing(timeMs)) return NOT_RECORDED;
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return NOT_RECORDED;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** First 10 digits of a commit, which is what git shows for a repository of this size. Other words (`<unknown>`) stay whole. */
export function shortRevision(commit: string | null | undefined): string {
  if (commit === null || commit === undefined || commit === '') return NOT_RECORDED;
  return /^[0-9a-f]{11,}$/.test(commit) ? commit.slice(0, 10) : commit;
}

/** `1 task`, `3 tasks`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
