import { compareText } from '../model/task-rows.ts';
import type { Join } from './join-builds.ts';
import { recipeVersion, type VersionPart, versionDifference } from './recipe-version.ts';

export interface VersionChange {
  readonly pn: string;
  readonly mc: string;
  /** Per build; null: the build has no such recipe. */
  readonly versions: (string | null)[];
  readonly kind: 'new' | 'dropped' | VersionPart;
}

/**
 * Recipes that came, went or changed their version, in the buckets of upstream's version difference: the first of epoch, version,
 * revision that differs. First against last build; where these are equal, the first build against the next that is not.
 */
export function versionChanges(join: Join): VersionChange[] {
  const changes: VersionChange[] = [];
  for (const joined of join.recipes) {
    const kind = kindOfChange(joined.recipes);
    if (kind === null) continue;
    changes.push({
      pn: joined.name,
      mc: joined.mc,
      versions: joined.recipes.map((r) => (r === null ? null : recipeVersion(r))),
      kind,
    });
  }
  return changes.sort((a, b) => compareText(a.pn, b.pn) || compareText(a.mc, b.mc));
}

function kindOfChange(recipes: Join['recipes'][number]['recipes']): VersionChange['kind'] | null {
  const first = recipes[0] ?? null;
  for (const other of [...recipes.slice(1)].reverse()) {
    if (first === null && other === null) continue;
    if (first === null) return 'new';
    if (other === null) return 'dropped';
    const part = versionDifference(first, other);
    if (part !== null) return part;
  }
  return null;
}
