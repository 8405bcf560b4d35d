import {
  type RecipeHistory,
  recipeHistory,
  STRIP_KEYS,
  type StripKey,
  USUAL_STRIP_KEYS,
} from '../analysis/recipe-history.ts';
import type { ArtifactSize } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BuildHead, BuildListFilter, StoredRecipeRun } from '../store/store.ts';
import { type ShownBlame, showBlame } from './blame-failure.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

export { STRIP_KEYS, USUAL_STRIP_KEYS };

export interface ShowRecipeInput {
  readonly pn: string;
  readonly filter: BuildListFilter;
  /** What strips are put together by. */
  readonly by: readonly StripKey[];
  readonly limit: number;
}

/** Bytes of what a recipe made in one build. */
export interface RecipeSize {
  /** Index of the run. */
  readonly run: number;
  readonly packages: number;
  readonly bytes: number;
}

type RecipeRunShown = Omit<StoredRecipeRun, 'failure'> & {
  /** With the address of its page. */
  readonly failure: (Omit<NonNullable<StoredRecipeRun['failure']>, 'key'> & { readonly address: string }) | null;
};

export interface RecipeShown extends Omit<RecipeHistory, 'strips'> {
  readonly strips: readonly (RecipeHistory['strips'][number] & {
    /** Of its newest failure of the source, whatever strips are put together by: since when its task fails in its configuration. */
    readonly blame: ShownBlame | null;
  })[];
  readonly pn: string;
  /** Newest first. */
  readonly runs: readonly RecipeRunShown[];
  /** There are older ones than were looked at. */
  readonly more: boolean;
  /** Of the last builds that told sizes of packages, newest first; empty: none of those looked at did. */
  readonly sizes: readonly RecipeSize[];
}

/**
 * Packages of a recipe in one multiconfig of a build. A buildhistory keeps those of every machine that was ever built into it and does not say
 * which are this build's: where a name stands in it more than once no size can be told, since their sum is of no build.
 */
function packagesOf(
  { recipes, sizes }: Pick<BuildHead, 'recipes' | 'sizes'>,
  pn: string,
  mc: string,
): readonly ArtifactSize[] {
  const pfs = new Set(recipes.filter((recipe) => recipe.pn === pn && recipe.mc === mc).map(({ pf }) => pf));
  const own = sizes.filter((one) => one.kind === 'package' && one.mc === mc && one.pf !== null && pfs.has(one.pf));
  return new Set(own.map(({ name }) => name)).size < own.length ? [] : own;
}

/** Heads that are read for sizes: some 10 KB of JSON each, and only builds with the optional kind `packages` or a buildhistory tell any. */
const SIZES_LOOKED = 10;

/** A recipe's history: where and when it was built, how it went, which versions, in which words it failed. */
export async function showRecipe(context: OperationContext, input: ShowRecipeInput): Promise<RecipeShown> {
  const { store } = context;
  const { pn, filter, by, limit } = input;
  const { runs, more } = await store.readRecipeRuns({ pn, filter, limit });
  if (runs.length === 0 && (await store.readRecipeRuns({ pn, filter: {}, limit: 1 })).runs.length === 0)
    throw new BakehouseError('not-found', 'No build that you may see has a recipe of this name.');
  const sizes: RecipeSize[] = [];
  const succeeded = runs.flatMap(({ status }, index) => (status === 'succeeded' ? [index] : []));
  for (const run of succeeded.slice(0, SIZES_LOOKED)) {
    const head = await store.readHead(runs[run]!.build);
    const packages = head === null ? [] : packagesOf(head, pn, runs[run]!.mc);
    if (packages.length > 0)
      sizes.push({ run, packages: packages.length, bytes: packages.reduce((sum, { bytes }) => sum + bytes, 0) });
  }
  const address = await addressesIn(
    store,
    runs.flatMap(({ build, failure }) => (failure === null ? [] : [build])),
  );
  const { strips, ...history } = recipeHistory(runs, by);
  // One after the other: each reads some hundred builds of its configuration.
  const blamed: RecipeShown['strips'][number][] = [];
  for (const strip of strips) {
    const run = strip.blamed === null ? undefined : runs[strip.blamed];
    const blame =
      run === undefined ? null : await showBlame(context, run.build, { mc: run.mc, pn, task: run.failedTask });
    blamed.push({ ...strip, blame });
  }
  return {
    pn,
    more,
    sizes,
    runs: runs.map(({ failure, ...run }): RecipeRunShown => {
      if (failure === null) return { ...run, failure };
      const { key, ...why } = failure;
      return { ...run, failure: { ...why, address: address(run.build, key) } };
    }),
    ...history,
    strips: blamed,
  };
}
