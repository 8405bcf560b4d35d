import { WATERFALL_DIMENSIONS, type WaterfallDimension } from '../../../model/build-dimension.ts';
import { compact, type RawSearch, readChoice, readFlag, readNumber } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

export type WaterfallSearch = Omit<BuildsSearch, 'pick'> & {
  readonly by?: WaterfallDimension | undefined;
  /** End of the time on screen, epoch ms; without it the picture follows the time. */
  readonly at?: number | undefined;
  /** How much time is on screen, in seconds. */
  readonly span?: number | undefined;
  /** 1: newest on top. */
  readonly up?: 1 | undefined;
  /** 1: columns without a build in this time too. */
  readonly all?: 1 | undefined;
  /** 1: the builds as a table. */
  readonly table?: 1 | undefined;
};

export function waterfallSearch(raw: RawSearch): WaterfallSearch {
  const { pick: _, ...filter } = buildsSearch(raw);
  return compact({
    ...filter,
    by: readChoice(raw, 'by', WATERFALL_DIMENSIONS),
    at: readNumber(raw, 'at'),
    span: readNumber(raw, 'span'),
    up: readFlag(raw, 'up'),
    all: readFlag(raw, 'all'),
    table: readFlag(raw, 'table'),
  });
}

/** What the list of builds would be asked for. */
export function filterOf(search: WaterfallSearch): Omit<BuildsSearch, 'pick'> {
  const { by: _by, at: _at, span: _span, up: _up, all: _all, table: _table, ...filter } = search;
  return filter;
}
