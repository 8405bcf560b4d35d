/**
 * The filter that all lists and reports have, as a search, and back: so that a person who narrowed in one place goes on in another. The filter chooses
 * whole builds by exact values; most of what a search can ask it cannot, and what was left out is named and not forgotten.
 */
import type { EpochMs } from '../model/units.ts';
import { dateOf, printSearch, printTerm, type SearchQuery, type SearchTerm, type SearchValue } from './search-query.ts';

/** Facets of the filter that the search has a key for, as that calls them. */
const ALIKE = ['machine', 'distro', 'target', 'branch', 'release', 'builder', 'outcome', 'kind'] as const;
export type FilterFacet = (typeof ALIKE)[number] | 'host' | 'hostDistro';

export interface BuildsFilter {
  /** '' among the values is "not recorded". */
  readonly facets: Readonly<Partial<Record<FilterFacet, readonly string[]>>>;
  /** Each is found somewhere in what a build is called. */
  readonly words: readonly string[];
  readonly fromMs: EpochMs | null;
  readonly toMs: EpochMs | null;
}

/** Dates are said to the minute, which a filter of days never notices; the minute of either end is in it, so that no build is lost. */
function dateText(ms: EpochMs): string {
  const text = new Date(ms).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 16);
}

const exact = (texts: readonly string[]): readonly SearchValue[] => texts.map((text) => ({ text, pattern: false }));

export function searchOfFilter({ facets, words, fromMs, toMs }: BuildsFilter): string {
  const terms: SearchTerm[] = ALIKE.flatMap((key) => {
    const values = facets[key] ?? [];
    return values.length === 0 ? [] : [{ key, negated: false, values: exact(values) }];
  });
  // One word of the search is either of the two.
  for (const values of [facets.host ?? [], facets.hostDistro ?? []])
    if (values.length > 0) terms.push({ key: 'host', negated: false, values: exact(values) });
  for (const word of words) terms.push({ key: 'text', negated: false, values: exact([word]) });
  if (fromMs !== null) terms.push({ key: 'since', negated: false, values: exact([dateText(fromMs)]) });
  if (toMs !== null) terms.push({ key: 'until', negated: false, values: exact([dateText(toMs)]) });
  return printSearch({ terms });
}

/** How builds end that a search calls so; of one recipe `status` says something else. */
const STATUS_OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  succeeded: ['succeeded', 'succeeded-with-errors'],
  failed: ['failed'],
  unfinished: ['interrupted', 'lost', 'running', 'never-started'],
};

export interface FilterOfSearch {
  readonly filter: BuildsFilter;
  /** Terms that no filter says, as they are written. */
  readonly left: readonly string[];
}

/** `hostDistros`: those that are known, since the search has one word for a host and for its distribution. */
export function filterOfSearch(query: SearchQuery, nowMs: EpochMs, hostDistros: ReadonlySet<string>): FilterOfSearch {
  const facets: Partial<Record<FilterFacet, readonly string[]>> = {};
  const words: string[] = [];
  const left: string[] = [];
  let fromMs: EpochMs | null = null;
  let toMs: EpochMs | null = null;
  const ofRecipe = query.terms.some(({ key, negated }) => (key === 'recipe' || key === 'version') && !negated);
  for (const term of query.terms) {
    const { key, negated, values } = term;
    const texts = values.map(({ text }) => text);
    const first = texts[0] ?? '';
    const facet = facetOf(term, ofRecipe, hostDistros);
    if (key === 'since') fromMs = Math.max(fromMs ?? -Infinity, dateOf(first, nowMs, 'start') ?? -Infinity);
    else if (key === 'until') toMs = Math.min(toMs ?? Infinity, dateOf(first, nowMs, 'end') ?? Infinity);
    else if (key === 'text' && !negated && !/\s/.test(first)) words.push(first);
    // A list of values is written with commas; two terms of one key both have to hold, which a facet cannot say.
    else if (facet !== null && facets[facet.name] === undefined && facet.values.every((value) => !value.includes(',')))
      facets[facet.name] = facet.values;
    else left.push(printTerm(term));
  }
  return { filter: { facets, words, fromMs, toMs }, left };
}

function facetOf(
  { key, negated, values }: SearchTerm,
  ofRecipe: boolean,
  hostDistros: ReadonlySet<string>,
): { readonly name: FilterFacet; readonly values: readonly string[] } | null {
  if (negated || values.some(({ pattern }) => pattern)) return null;
  const texts = values.map(({ text }) => text);
  const alike = ALIKE.find((name) => name === key);
  if (alike !== undefined) return { name: alike, values: texts };
  if (key === 'host') {
    // Neither recorded is more than one of the two not recorded.
    if (texts.includes('')) return null;
    if (texts.every((text) => hostDistros.has(text))) return { name: 'hostDistro', values: texts };
    return texts.some((text) => hostDistros.has(text)) ? null : { name: 'host', values: texts };
  }
  if (key !== 'status' || ofRecipe) return null;
  const outcomes = texts.flatMap((text) => STATUS_OUTCOMES[text] ?? []);
  return outcomes.length === 0 || texts.includes('not-executed') ? null : { name: 'outcome', values: outcomes };
}
