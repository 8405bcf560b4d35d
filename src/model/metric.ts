import type { Unit } from './units.ts';

/** How many runs' values become one: a sum, the largest, the mean, or not at all (a start time). */
export type Aggregation = 'sum' | 'max' | 'mean' | 'none';

/**
 * A number on a task run (and by aggregation on a recipe run or a build). Metrics are discovered: a line
 * `IO foo_bytes: 5` that no program ever heard of becomes a Metric with a guessed unit.
 *
 * Ids are the file's own words, lower case, blanks to dots after the group:
 * `io.read_bytes`, `rusage.ru_utime`, `child_rusage.ru_maxrss`, `utime`. Derived metrics use upstream's names:
 * `walltime`, `cputime`, `read_bytes`, `write_bytes`, `read_ops`, `write_ops`, and ours: `effective_cores`.
 */
export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly aggregation: Aggregation;
  readonly lowerIsBetter: boolean;
  /** True when computed from other metrics, false when read from a file. */
  readonly derived: boolean;
  /** True when the program has no table entry for it and guessed label and unit from the name. */
  readonly guessed: boolean;
  /** What one must know to read the number rightly ("largest single process, not a sum"), or null. */
  readonly note: string | null;
}
