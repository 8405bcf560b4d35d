/** One value over many builds. */
import type { BuildOutcome } from '../../model/build.ts';
import type { Metric } from '../../model/metric.ts';

export interface TrendQuestion {
  /** PN; null: the whole build. */
  readonly recipe: string | null;
  /** Null: the whole recipe. */
  readonly task: string | null;
  readonly mc: string;
  readonly metric: string;
  /** How many of the last builds are looked at. */
  readonly builds: number;
  /** Id of a build: only builds of its configuration; null or left out: all. */
  readonly like?: string | null;
}

export interface TopTasksQuestion {
  readonly metric: string;
  /** Ids of builds, or how many of the last. */
  readonly builds: readonly string[] | number;
  readonly limit: number;
}

/** A task run with the value that put it among the largest. */
export interface TopTask {
  readonly id: string;
  /** Row of that build's task table. */
  readonly row: number;
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  readonly value: number;
}

/** One build's value of one task, recipe or the whole build. */
export interface TrendPoint {
  readonly id: string;
  readonly startedMs: number | null;
  readonly value: number;
  readonly outcome: BuildOutcome;
}

export interface Trend {
  readonly metric: Metric;
  readonly points: readonly TrendPoint[];
  readonly builds: number;
}
