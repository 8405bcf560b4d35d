import { compact, type RawSearch, readChoice, readList, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export const QA_SORTS = ['issues', 'builds', 'first', 'last', 'recipe', 'class'] as const;
export type QaSort = (typeof QA_SORTS)[number];

export type QaSearch = Omit<BuildsSearch, 'pick'> & {
  /** Classes that are shown; `~` is "names none". */
  readonly class?: readonly string[] | undefined;
  readonly recipe?: string | undefined;
  /** Words of a class, a recipe or a message. */
  readonly find?: string | undefined;
  readonly sort?: QaSort | undefined;
  /** The build of which new issues are told. */
  readonly build?: string | undefined;
};

export function qaSearch(raw: RawSearch): QaSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({
    ...filter,
    class: readList(raw, 'class'),
    recipe: readText(raw, 'recipe')?.slice(0, 300),
    find: readText(raw, 'find'),
    sort: readChoice(raw, 'sort', QA_SORTS),
    build: readText(raw, 'build')?.slice(0, 100),
  });
}
