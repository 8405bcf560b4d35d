/** By what recipe runs are counted, and what is counted of them. A build of several targets counts at each of them. */
export const CUBE_DIMENSIONS = [
  'recipe',
  'version',
  'outcome',
  'failedTask',
  'machine',
  'distro',
  'target',
  'branch',
  'release',
  'builder',
  'host',
  'hostDistro',
  'day',
] as const;
export type CubeDimension = (typeof CUBE_DIMENSIONS)[number];

export const CUBE_LABELS: Readonly<Record<CubeDimension, string>> = {
  recipe: 'recipe',
  version: 'version',
  outcome: 'outcome',
  failedTask: 'failed task',
  machine: 'machine',
  distro: 'distro',
  target: 'target',
  branch: 'branch',
  release: 'release',
  builder: 'builder',
  host: 'host',
  hostDistro: 'host distro',
  day: 'day (UTC)',
};

/**
 * `executed`: succeeded and failed ones; those that came from sstate or were not reached are recipe runs too, and checked nothing. `busy`: sum of
 * the wall times of their tasks.
 */
export const CUBE_MEASURES = ['runs', 'executed', 'failed', 'failed-share', 'busy-mean', 'busy-sum'] as const;
export type CubeMeasure = (typeof CUBE_MEASURES)[number];

/** Which recipe runs of a cell are listed; `timed`: those that recorded a busy time. */
export const CUBE_PARTS = ['runs', 'executed', 'failed', 'timed'] as const;
export type CubePart = (typeof CUBE_PARTS)[number];

/** The runs that a measure is made of: its number, or what its mean or share is of. */
export const PART_OF_MEASURE: Readonly<Record<CubeMeasure, CubePart>> = {
  runs: 'runs',
  executed: 'executed',
  failed: 'failed',
  'failed-share': 'executed',
  'busy-mean': 'timed',
  'busy-sum': 'timed',
};

/** A dimension and what the runs of a cell are in it; null: not recorded. */
export interface CubePlace {
  readonly dimension: CubeDimension;
  readonly value: string | null;
}

/** The value of a place in an address: `~` is "not recorded", and a value that begins so gets another before it. */
export function printPlaceValue(value: string | null): string {
  return value === null ? '~' : value.startsWith('~') ? `~${value}` : value;
}

export function parsePlaceValue(text: string): string | null {
  return text === '~' ? null : text.startsWith('~') ? text.slice(1) : text;
}

/** What one cell holds, of which every measure is made, and which add up. */
export interface CubeAmount {
  readonly runs: number;
  readonly executed: number;
  readonly failed: number;
  /** Of those that recorded it; null: none did. */
  readonly busyMs: number | null;
  readonly busyRuns: number;
}

export const NOTHING: CubeAmount = { runs: 0, executed: 0, failed: 0, busyMs: null, busyRuns: 0 };

export function addAmounts(a: CubeAmount, b: CubeAmount): CubeAmount {
  return {
    runs: a.runs + b.runs,
    executed: a.executed + b.executed,
    failed: a.failed + b.failed,
    busyMs: a.busyMs === null ? b.busyMs : b.busyMs === null ? a.busyMs : a.busyMs + b.busyMs,
    busyRuns: a.busyRuns + b.busyRuns,
  };
}

export function partOf(amount: CubeAmount, part: CubePart): number {
  return part === 'timed' ? amount.busyRuns : amount[part];
}

/** Null: there is nothing to make it of, which is not zero: a share of nothing executed, a mean of nothing timed. */
export function measureOf(amount: CubeAmount, measure: CubeMeasure): number | null {
  switch (measure) {
    case 'runs':
      return amount.runs;
    case 'executed':
      return amount.executed;
    case 'failed':
      // A cell in which nothing was executed has no failures for want of a check.
      return amount.executed === 0 ? null : amount.failed;
    case 'failed-share':
      return amount.executed === 0 ? null : amount.failed / amount.executed;
    case 'busy-mean':
      return amount.busyMs === null || amount.busyRuns === 0 ? null : amount.busyMs / amount.busyRuns;
    case 'busy-sum':
      return amount.busyMs;
  }
}
