/**
 * How a recipe went in one build. `from-sstate` and `not-executed` (it was current, or something before it failed) say nothing of whether it builds.
 */
export const RECIPE_STATUSES = ['succeeded', 'failed', 'from-sstate', 'not-executed', 'unfinished'] as const;
export type RecipeStatus = (typeof RECIPE_STATUSES)[number];
