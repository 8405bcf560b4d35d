import { BUILD_DIMENSIONS, type BuildDimension } from '../../../model/build-dimension.ts';
import { compact, type RawSearch, readChoice, readFlag, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export type MatrixSearch = Omit<BuildsSearch, 'pick'> & {
  readonly rows?: BuildDimension | undefined;
  readonly cols?: BuildDimension | undefined;
  /** Only rows and columns with this in their name. */
  readonly find?: string | undefined;
  /** `bad`: what fails most comes first. */
  readonly sort?: 'bad' | undefined;
  /** The cell that is open, `~` for not recorded. */
  readonly r?: string | undefined;
  readonly c?: string | undefined;
  /** 1: for the wall. */
  readonly wall?: 1 | undefined;
};

export const ROWS: BuildDimension = 'target';
export const COLUMNS: BuildDimension = 'machine';

export function matrixSearch(raw: RawSearch): MatrixSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  const rows = readChoice(raw, 'rows', BUILD_DIMENSIONS);
  const cols = readChoice(raw, 'cols', BUILD_DIMENSIONS);
  // Two that are one make no matrix: the rows stay.
  const same = (rows ?? ROWS) === (cols ?? COLUMNS);
  return compact({
    ...filter,
    rows,
    cols: same ? (rows === COLUMNS ? ROWS : COLUMNS) : cols,
    find: readText(raw, 'find'),
    sort: readChoice(raw, 'sort', ['bad']),
    r: readText(raw, 'r'),
    c: readText(raw, 'c'),
    wall: readFlag(raw, 'wall'),
  });
}

/** What the list of builds would be asked for. */
export function filterOf(search: MatrixSearch): Omit<BuildsSearch, 'pick'> {
  const { rows: _rows, cols: _cols, find: _find, sort: _sort, r: _r, c: _c, wall: _wall, ...filter } = search;
  return filter;
}
