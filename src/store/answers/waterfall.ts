import type { WaterfallDimension } from '../../model/build-dimension.ts';
import type { BuildListFilter, BuildSummary } from './builds.ts';

export interface WaterfallQuestion {
  readonly filter: BuildListFilter;
  /** What a column is; null: one column for all. */
  readonly by: WaterfallDimension | null;
  /** Builds that ran in it; null: from the first build that matches to the last. */
  readonly window: { readonly beginMs: number; readonly endMs: number } | null;
  /** At most so many steps of time, where there are too many builds to tell each. */
  readonly cells: number;
  /** More builds than this become cells; 0: always cells. */
  readonly buildsMax: number;
}

/** Builds of one column that began in one step of time. */
export interface WaterfallCell {
  readonly value: string | null;
  readonly startMs: number;
  readonly builds: number;
  readonly failed: number;
  /** Succeeded with errors. */
  readonly errors: number;
  readonly succeeded: number;
}

export interface Waterfall {
  readonly beginMs: number;
  readonly endMs: number;
  /** Newest start first. Builds whose start is not recorded have no place. */
  readonly builds: readonly { readonly value: string | null; readonly build: BuildSummary }[];
  /** Null: all builds are told. */
  readonly cells: { readonly stepMs: number; readonly rows: readonly WaterfallCell[] } | null;
}
