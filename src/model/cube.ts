/** By what recipe runs are counted, and what is counted of them. */
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
  target: 'targets',
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
