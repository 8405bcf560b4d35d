import { STRIP_KEYS } from '../../../analysis/recipe-history.ts';
import { compact, type RawSearch, readFlag, readList } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export type RecipeSearch = Omit<BuildsSearch, 'pick'> & {
  /** What strips are put together by, where it is not the usual. */
  readonly by?: readonly string[] | undefined;
  /** Builds in which it succeeded stand first. */
  readonly passed?: 1 | undefined;
};

export function recipeSearch(raw: RawSearch): RecipeSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  const by = readList(raw, 'by', STRIP_KEYS.length)?.filter((key) => STRIP_KEYS.some((known) => known === key));
  return compact({ ...filter, by, passed: readFlag(raw, 'passed') });
}
