/** The chart's words of the address, read once: what does not parse is gone. Apart from the state, so that the router loads no drawing. */
import { compact, type RawSearch, readText } from '../../../state/search.ts';

const KEYS = ['t', 'min', 'grp', 'col', 'q', 'strips', 'sel', 'area', 'axis', 'view', 'chain'] as const;
export type ChartSearch = Readonly<Partial<Record<(typeof KEYS)[number], string | undefined>>>;

export function chartSearch(raw: RawSearch): ChartSearch {
  return compact(Object.fromEntries(KEYS.map((key) => [key, readText(raw, key)])));
}
