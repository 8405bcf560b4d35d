import { compact, type RawSearch, readChoice, readFlag, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export const TESTING_SORTS = [
  'last',
  'machine',
  'distro',
  'target',
  'hostDistro',
  'builder',
  'success',
  'failure',
] as const;
export type TestingSort = (typeof TESTING_SORTS)[number];

export type TestingSearch = Omit<BuildsSearch, 'pick'> & {
  readonly sort?: TestingSort | undefined;
  /** Only what fails now. */
  readonly failing?: 1 | undefined;
  readonly find?: string | undefined;
};

export function testingSearch(raw: RawSearch): TestingSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({
    ...filter,
    find: readText(raw, 'find'),
    sort: readChoice(raw, 'sort', TESTING_SORTS),
    failing: readFlag(raw, 'failing'),
  });
}
