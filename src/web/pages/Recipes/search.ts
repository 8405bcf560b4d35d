import { compact, type RawSearch, readChoice, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export const RECIPE_SORTS = ['name', 'failed', 'last-failed', 'busy'] as const;
export type RecipeSort = (typeof RECIPE_SORTS)[number];

export type RecipesSearch = Omit<BuildsSearch, 'pick'> & {
  /** Part of a recipe's name. */
  readonly find?: string | undefined;
  readonly sort?: RecipeSort | undefined;
};

export function recipesSearch(raw: RawSearch): RecipesSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({ ...filter, find: readText(raw, 'find'), sort: readChoice(raw, 'sort', RECIPE_SORTS) });
}
