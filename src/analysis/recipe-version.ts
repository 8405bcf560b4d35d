import type { Recipe } from '../model/build.ts';

/** `1_2.78.4-r0`: epoch, version and revision as PF writes them. The PF itself where no version is known. */
export function recipeVersion(recipe: Recipe): string {
  if (recipe.pv === null) return recipe.pf;
  const epoch = hasEpoch(recipe.pe) ? `${recipe.pe}_` : '';
  return `${epoch}${recipe.pv}${recipe.pr === null ? '' : `-${recipe.pr}`}`;
}

/** PE is absent, empty or 0 in recipes without an epoch, and PF then shows none. */
function hasEpoch(pe: string | null): pe is string {
  return pe !== null && pe !== '' && pe !== '0';
}

export type VersionPart = 'epoch' | 'version' | 'revision';

/**
 * The first part that differs, or null. Equal PFs are equal versions whatever the split says: one build may have a guessed split
 * and the other the exact one.
 */
export function versionDifference(a: Recipe, b: Recipe): VersionPart | null {
  if (a.pf === b.pf) return null;
  if ((hasEpoch(a.pe) ? a.pe : null) !== (hasEpoch(b.pe) ? b.pe : null)) return 'epoch';
  if (a.pv !== b.pv) return 'version';
  if (a.pr !== b.pr) return 'revision';
  return null;
}
