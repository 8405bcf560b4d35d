/** Samples as they are sent: one for each 5 s, and no more digits than anybody reads off a chart. */
import type { SampleTable } from '../../model/samples.ts';
import type { Unit } from '../../model/units.ts';

/** What is sent by default (docs/formats/record.md, "Samples as a template"). */
export const SENT_EVERY_MS = 5000;

/** Digits behind the point that say something: a ten-thousandth of a share, whole bytes. Other units keep six digits in all. */
const DECIMALS: Readonly<Partial<Record<Unit, number>>> = {
  share: 4,
  percent: 2,
  B: 0,
  'B/s': 0,
  KiB: 0,
  count: 2,
};

/** Rates and shares are of the time since the sample before, so that of several the mean is true; of a level the last is. */
const IS_RATE: ReadonlySet<Unit> = new Set(['B/s', 'share']);

/** The table with one sample for each `everyMs` at most: at the time of the last in it. */
export function thinned(table: SampleTable, everyMs: number): SampleTable {
  const { timeMs } = table;
  const ends: number[] = [];
  for (let i = 0; i < timeMs.length; i++) {
    const last = i + 1 === timeMs.length;
    if (last || Math.floor(timeMs[i]! / everyMs) !== Math.floor(timeMs[i + 1]! / everyMs)) ends.push(i + 1);
  }
  return {
    source: table.source,
    timeMs: Float64Array.from(ends, (end) => timeMs[end - 1]!),
    series: table.series.map((series) => ({
      ...series,
      values: Float64Array.from(ends, (end, group) => {
        const from = group === 0 ? 0 : ends[group - 1]!;
        const value = IS_RATE.has(series.unit) ? meanOf(series.values, from, end) : lastOf(series.values, from, end);
        return rounded(value, series.unit);
      }),
    })),
  };
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += values[i]!;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

function lastOf(values: Float64Array, from: number, to: number): number {
  for (let i = to - 1; i >= from; i--) if (!Number.isNaN(values[i])) return values[i]!;
  return Number.NaN;
}

function rounded(value: number, unit: Unit): number {
  if (!Number.isFinite(value)) return value;
  const decimals = DECIMALS[unit];
  // Without the sign of a zero, which would make the column one of doubles.
  return decimals === undefined
    ? Number(value.toPrecision(6)) + 0
    : Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
}
