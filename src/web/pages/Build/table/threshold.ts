/**
 * Thresholds as people write them: `walltime>4`, `io.read_bytes>=1 GiB`, `effective_cores<1.3`. A number without a unit is in the
 * unit of the column; "not recorded" passes no threshold.
 */
import type { Unit } from '../../../../model/units.ts';

export const OPERATORS = ['>=', '<=', '>', '<', '='] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Threshold {
  readonly column: string;
  readonly operator: Operator;
  /** In the unit of the column. */
  readonly value: number;
}

/** Seconds or bytes in one of these; counts may be written 5k. */
const TIMES: Readonly<Record<string, number>> = { us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };
const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tib: 1024 ** 4,
};
const COUNTS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };

/** The number in the unit of the column; null where the suffix does not fit it. */
export function inUnit(value: number, suffix: string, unit: Unit | string): number | null {
  if (suffix === '') return value;
  const word = suffix.toLowerCase();
  // `m` means minutes to nobody who reads bytes; for times minutes are `min`.
  const time = { s: 1, ms: 1e-3, us: 1e-6, ticks: 0.01 }[unit];
  if (time !== undefined) return word in TIMES ? (value * TIMES[word]!) / time : null;
  const size = { B: 1, 'B/s': 1, KiB: 1024 }[unit];
  if (size !== undefined) {
    const bare = word.replace(/\/s$/, '');
    return bare in SIZES ? (value * SIZES[bare]!) / size : null;
  }
  if (unit === 'share') return word === '%' ? value / 100 : null;
  if (unit === 'percent') return word === '%' ? value : null;
  if (unit === 'cores') return word === 'cores' || word === 'core' ? value : null;
  return word in COUNTS ? value * COUNTS[word]! : null;
}

/** `4`, `1.5 GiB`, `2 min`; null when it is no such number. */
export function parseAmount(text: string, unit: Unit | string): number | null {
  const match = /^\s*(-?\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-zµ%/]{0,6})\s*$/.exec(text);
  return match === null ? null : inUnit(Number(match[1]), match[2] ?? '', unit);
}

/** Null when it is not a threshold on one of the columns. */
export function parseThreshold(text: string, unitOf: (column: string) => string | undefined): Threshold | null {
  const match = /^\s*([\w.:/-]{1,100})\s*(>=|<=|>|<|=)(.{1,40})$/.exec(text.slice(0, 200));
  if (match === null) return null;
  const column = match[1]!;
  const unit = unitOf(column);
  if (unit === undefined) return null;
  const value = parseAmount(match[3]!, unit);
  return value === null ? null : { column, operator: match[2] as Operator, value };
}

export function printThreshold({ column, operator, value }: Threshold): string {
  return `${column}${operator}${value}`;
}

export function passes(value: number, { operator, value: limit }: Threshold): boolean {
  switch (operator) {
    case '>':
      return value > limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '<=':
      return value <= limit;
    case '=':
      return value === limit;
  }
}
