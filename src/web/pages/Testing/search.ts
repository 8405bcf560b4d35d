import { compact, type RawSearch, readChoice, readFlag, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch, printValues } from '../Builds/search.ts';

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

export type TestingFilter = Omit<BuildsSearch, 'pick'>;

export function filterOf({ sort: _, failing: __, find: ___, ...filter }: TestingSearch): TestingFilter {
  return filter;
}

const VERDICTS = ['succeeded', 'succeeded-with-errors', 'failed'];

type Combination = Readonly<
  Record<'machine' | 'distro' | 'target' | 'branch' | 'hostDistro' | 'builder', string | null>
>;

/** The builds that a row counts. A target that is asked for stays so: a build of another of the row's is found by either. */
export function buildsOf(filter: TestingFilter, row: Combination): TestingFilter {
  const outcomes = filter.outcome?.split(',') ?? VERDICTS;
  const only = (value: string | null) => printValues([value ?? '']);
  return compact({
    ...filter,
    machine: only(row.machine),
    distro: only(row.distro),
    target: only(row.target),
    branch: only(row.branch),
    hostDistro: only(row.hostDistro),
    builder: only(row.builder),
    outcome: outcomes.filter((one) => VERDICTS.includes(one)).join(','),
  });
}
