import { BakehouseError } from '../../model/errors.ts';
import { WaterfallQuery, WaterfallResult } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const showWaterfall = jsonRoute({
  operation: 'show-waterfall',
  path: '/waterfall',
  summary:
    'Builds over time, a column for each value of a dimension: each build, or how many in each step of time where they are many',
  params: Nothing,
  query: WaterfallQuery,
  answer: WaterfallResult,
  input: (_, { by, begin, end, cells, ...query }) => {
    if ((begin === undefined) !== (end === undefined) || (begin !== undefined && end !== undefined && begin >= end))
      throw new BakehouseError('invalid', 'begin and end: give both, begin before end, or neither for the whole time.');
    return {
      filter: buildFilter(query),
      by: by === 'none' ? null : by,
      window: begin === undefined || end === undefined ? null : { beginMs: begin, endMs: end },
      cells,
    };
  },
});
