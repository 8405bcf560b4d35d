import type { CubeDimension } from '../../../model/cube.ts';
import { compact } from '../../state/search.ts';
import { printValues } from '../Builds/search.ts';
import type { CubeSearch } from './search.ts';

const FILTERS = [
  'q',
  'machine',
  'distro',
  'target',
  'branch',
  'builder',
  'host',
  'hostDistro',
  'outcome',
  'kind',
  'from',
  'to',
] as const;
const DAY_MS = 86_400_000;

type Filter = Pick<CubeSearch, (typeof FILTERS)[number]>;

/**
 * Where a cell leads: to its recipe, where it is of one, else to its builds; with what the cell fixes added to the filter. What builds are not
 * filtered by (version, outcome of the recipe, release) is seen there and not filtered.
 */
export function drillOf(search: CubeSearch, dimensions: readonly CubeDimension[], values: readonly (string | null)[]) {
  const filter: Record<string, unknown> = Object.fromEntries(FILTERS.map((key) => [key, search[key]]));
  let pn: string | null = null;
  values.forEach((value, i) => {
    const dimension = dimensions[i];
    switch (dimension) {
      case 'recipe':
        pn = value;
        break;
      case 'machine':
      case 'distro':
      case 'branch':
      case 'builder':
      case 'host':
      case 'hostDistro':
        filter[dimension] = printValues([value ?? '']);
        break;
      case 'target':
        // Several targets are one word here; a build is found by any of them.
        filter.target = printValues([value?.split(' ')[0] ?? '']);
        break;
      case 'day':
        if (value !== null) {
          filter.from = Date.parse(value);
          filter.to = Date.parse(value) + DAY_MS - 1;
        }
        break;
      default:
    }
  });
  const asked = compact(filter) as Filter;
  return pn === null
    ? ({ to: '/', search: asked } as const)
    : ({ to: '/recipes/$pn', params: { pn: pn as string }, search: asked } as const);
}
