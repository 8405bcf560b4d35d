/** A search as it is typed -> what the store is asked. */
import { dateOf, layerOf, rangeOf, type SearchQuery, type SearchTerm } from '../analysis/search-query.ts';
import type { BuildOutcome } from '../model/build.ts';
import type { EpochMs } from '../model/units.ts';
import { SEARCH_FIELDS, type SearchFilter, type WantedLayer, type WantedRange } from '../store/search.ts';
import type { BuildListFilter, Facet } from '../store/store.ts';

/** Without what is asked of logs, which has to be looked up first (search-in-logs.ts). */
export function searchFilter(query: SearchQuery, nowMs: EpochMs): SearchFilter {
  const layers: WantedLayer[] = [];
  const ranges: WantedRange[] = [];
  let fromMs: EpochMs | null = null;
  let toMs: EpochMs | null = null;
  const conditions: SearchFilter['conditions'][number][] = [];
  for (const { key, negated, values } of query.terms) {
    const first = values[0]?.text ?? '';
    const field = SEARCH_FIELDS.find((one) => one === key);
    if (field === 'log') continue;
    if (field !== undefined) conditions.push({ field, negated, values });
    else if (key === 'layer') layers.push({ negated, any: values.flatMap(({ text }) => layerOf(text) ?? []) });
    else if (key === 'contains') {
      const range = rangeOf(first);
      if (range !== null) ranges.push({ negated, ...range });
    } else if (key === 'since') fromMs = Math.max(fromMs ?? -Infinity, dateOf(first, nowMs, 'start') ?? -Infinity);
    else if (key === 'until') toMs = Math.min(toMs ?? Infinity, dateOf(first, nowMs, 'end') ?? Infinity);
  }
  return { conditions, layers, ranges, fromMs, toMs };
}

const FACET_KEYS = [
  'machine',
  'distro',
  'release',
  'target',
  'builder',
  'branch',
  'outcome',
  'kind',
] as const satisfies readonly Facet[];

/** Chosen as a facet chooses: exact values, one of which holds. */
function isChoice({ key, negated, values }: SearchTerm): boolean {
  return FACET_KEYS.some((facet) => facet === key) && !negated && values.every(({ pattern }) => !pattern);
}

/** The search in two parts: what facets of builds have chosen, and the rest. */
export function facetsOfSearch(
  query: SearchQuery,
  nowMs: EpochMs,
): { readonly chosen: BuildListFilter; readonly rest: SearchFilter } {
  const chosen: { -readonly [K in keyof BuildListFilter]: BuildListFilter[K] } = {};
  const taken = new Set<SearchTerm>();
  for (const facet of FACET_KEYS) {
    const terms = query.terms.filter((term) => term.key === facet && isChoice(term));
    // Two of one key must both hold, which no facet says.
    if (terms.length !== 1) continue;
    taken.add(terms[0]!);
    const values = terms[0]!.values.map(({ text }) => text);
    if (facet === 'outcome') chosen.outcome = values as BuildOutcome[];
    else if (facet === 'kind') chosen.kind = values as NonNullable<BuildListFilter['kind']>;
    else chosen[facet] = values;
  }
  return { chosen, rest: searchFilter({ terms: query.terms.filter((term) => !taken.has(term)) }, nowMs) };
}
