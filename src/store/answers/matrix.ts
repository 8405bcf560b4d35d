import type { BuildOutcome } from '../../model/build.ts';
import type { BuildDimension } from '../../model/build-dimension.ts';
import type { BuildListFilter, BuildSummary } from './builds.ts';

export interface MatrixQuestion {
  readonly filter: BuildListFilter;
  readonly rows: BuildDimension;
  /** Null: one column. */
  readonly columns: BuildDimension | null;
  /** Minutes east of UTC, where days begin. */
  readonly zoneMinutes: number;
  readonly cellsMax: number;
}

export interface MatrixCell {
  /** Null: not recorded. */
  readonly row: string | null;
  readonly column: string | null;
  readonly builds: number;
  readonly failed: number;
  readonly running: number;
  /** Start of the last one that succeeded, with errors or without. */
  readonly succeededMs: number | null;
  /** Start of the last one, whatever became of it. */
  readonly newestMs: number;
  /** The last with a verdict; where none has one, the last. */
  readonly last: BuildSummary;
  /** How it went: the build, or the recipe in it. */
  readonly outcome: BuildOutcome;
  /** `pn:do_x` of the build, `do_x` of the recipe; null: nothing failed, or nobody knows what. */
  readonly failing: string | null;
}

export interface Matrix {
  /** By the start of their last build, newest first. */
  readonly cells: readonly MatrixCell[];
  readonly leftOut: number;
  /** Only builds from here on are told, of days and of recipes; null: all that match. Builds without a recorded start are in no cell. */
  readonly sinceMs: number | null;
}
