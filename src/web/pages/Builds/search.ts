import type { BuildsFilter, FilterFacet } from '../../../analysis/filter-search.ts';
import { compact, type RawSearch, readList, readNumber, readText } from '../../state/search.ts';

/** Facets hold their values as the API takes them: comma-separated, '' among them is "not recorded". */
export const FACET_KEYS = [
  'machine',
  'distro',
  'target',
  'branch',
  'release',
  'builder',
  'host',
  'hostDistro',
  'outcome',
  'kind',
  'visibility',
] as const;
export type FacetKey = (typeof FACET_KEYS)[number];

export type BuildsSearch = { readonly [K in FacetKey]?: string | undefined } & {
  readonly q?: string | undefined;
  /** Started from and to, epoch ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Ids picked for Compare. */
  readonly pick?: readonly string[] | undefined;
};

export function buildsSearch(raw: RawSearch): BuildsSearch {
  return compact({
    q: readText(raw, 'q'),
    machine: readText(raw, 'machine'),
    distro: readText(raw, 'distro'),
    target: readText(raw, 'target'),
    builder: readText(raw, 'builder'),
    host: readText(raw, 'host'),
    hostDistro: readText(raw, 'hostDistro'),
    branch: readText(raw, 'branch'),
    release: readText(raw, 'release'),
    outcome: readText(raw, 'outcome'),
    kind: readText(raw, 'kind'),
    visibility: readText(raw, 'visibility'),
    from: readNumber(raw, 'from'),
    to: readNumber(raw, 'to'),
    pick: readList(raw, 'pick', 20),
  });
}

/** '' in a list of values is "not recorded", so one lone '' is written as `,`. */
export function parseValues(text: string | undefined): string[] {
  if (text === undefined) return [];
  return text === ',' ? [''] : text.split(',');
}

export function printValues(values: readonly string[]): string | undefined {
  if (values.length === 0) return undefined;
  return values.length === 1 && values[0] === '' ? ',' : values.join(',');
}

/** What the search and the lists have in common, out of an address; `visibility` alone the search has no word for. */
export function filterOfAddress(search: Omit<BuildsSearch, 'pick'>): BuildsFilter {
  const facets: Partial<Record<FilterFacet, readonly string[]>> = {};
  for (const key of FACET_KEYS)
    if (key !== 'visibility' && search[key] !== undefined) facets[key] = parseValues(search[key]);
  return {
    facets,
    words: (search.q ?? '').split(/\s+/).filter((word) => word !== ''),
    fromMs: search.from ?? null,
    toMs: search.to ?? null,
  };
}

export function addressOfFilter({ facets, words, fromMs, toMs }: BuildsFilter): BuildsSearch {
  const values = Object.entries(facets).map(([key, list]) => [key, printValues(list)] as const);
  return compact({
    ...Object.fromEntries(values),
    q: words.length === 0 ? undefined : words.join(' '),
    from: fromMs ?? undefined,
    to: toMs ?? undefined,
  });
}
