import type { BuildOutcome } from '../../model/build.ts';
import type { RecipeStatus } from '../../model/recipe-status.ts';
import type { BuildListFilter } from './builds.ts';

export interface RecipeRunsQuestion {
  readonly pn: string;
  readonly filter: BuildListFilter;
  readonly limit: number;
}

/** One recipe's share of one build. */
export interface StoredRecipeRun {
  /** Id. */
  readonly build: string;
  readonly name: string;
  readonly startedMs: number | null;
  /** Of the build. */
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
  readonly mc: string;
  readonly version: string | null;
  readonly status: RecipeStatus;
  readonly failedTask: string | null;
  /** Sum of its tasks' wall times; null: none was executed with both ends known. */
  readonly busyMs: number | null;
  readonly failure: {
    /** With the build's id, its address. */
    readonly key: string;
    readonly cause: string | null;
    /** Null: not looked at yet. */
    readonly fingerprint: string | null;
    readonly causeClass: string | null;
    readonly infrastructure: boolean | null;
  } | null;
}

export interface StoredRecipeRuns {
  /** Newest first. */
  readonly runs: readonly StoredRecipeRun[];
  /** There are older ones. */
  readonly more: boolean;
}

export interface RecipesQuestion {
  readonly filter: BuildListFilter;
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
}

/** How one recipe went in some builds. */
export interface RecipeListed {
  readonly pn: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly fromSstate: number;
  readonly notExecuted: number;
  readonly unfinished: number;
  /** Start of the last build in which it did; null: in none of them, or that build's start is not recorded. */
  readonly lastSucceededMs: number | null;
  readonly lastFailedMs: number | null;
  /** Over the builds in which it succeeded. */
  readonly busyMsMean: number | null;
}
