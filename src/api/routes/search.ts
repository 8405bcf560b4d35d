/** One search over builds, recipes, failures and causes: as an answer, as files, as a feed. */
import { z } from 'zod';
import {
  KeptSearch,
  KeptSearches,
  OfferedValues,
  SearchAnswer,
  SearchFacets,
  SearchKind,
  SearchNameParams,
  SearchParams,
  SearchText,
  SearchValuesQuery,
} from '../contract.ts';
import { fileRoute, jsonRoute, linkedRoute, Nothing, type RegisterRoute, writeRoute } from './route.ts';

const SearchExportQuery = SearchText.extend({
  kind: SearchKind.default('builds'),
  safe: z
    .enum(['0', '1'])
    .default('1')
    .describe('CSV: an apostrophe before texts that a spreadsheet would run as a formula'),
});
const SearchFeedQuery = SearchText.extend({ kind: SearchKind.default('builds') });

function exportSearch(format: 'csv' | 'json', mediaType: string): RegisterRoute {
  return fileRoute({
    operation: 'export-search',
    path: `/search.${format}`,
    summary: `All that a search finds of one kind, as ${format.toUpperCase()}`,
    params: Nothing,
    query: SearchExportQuery,
    mediaType,
    pure: false,
    input: (_, { q, kind, safe }) => ({ q, kind, format, safe: safe === '1' }),
  });
}

const searchFeed = linkedRoute({
  operation: 'search-feed',
  path: '/search.atom',
  summary: 'The newest that a search finds, as an Atom feed',
  query: SearchFeedQuery,
  mediaType: 'application/atom+xml',
  pure: false,
  input: ({ q, kind }, base) => ({ q, kind, base }),
});

export const search: readonly RegisterRoute[] = [
  jsonRoute({
    operation: 'search',
    path: '/search',
    summary: 'Builds, recipes, failures and causes of failures that a search finds',
    params: Nothing,
    query: SearchParams,
    answer: SearchAnswer,
    input: (_, { q, kind, after, limit }) => ({ q, kind: kind ?? null, after: after ?? null, limit }),
  }),
  jsonRoute({
    operation: 'search-facets',
    path: '/search/facets',
    summary: 'What a search can be narrowed by, with counts',
    params: Nothing,
    query: SearchText,
    answer: SearchFacets,
    input: (_, { q }) => ({ q }),
  }),
  jsonRoute({
    operation: 'complete-search',
    path: '/search/values',
    summary: 'Values of a key of the search that have what was typed in them',
    params: Nothing,
    query: SearchValuesQuery,
    answer: OfferedValues,
    input: (_, { key, typed, recipe }) => ({ key, typed, recipe: recipe ?? null }),
  }),
  exportSearch('csv', 'text/csv'),
  exportSearch('json', 'application/json'),
  searchFeed,
  jsonRoute({
    operation: 'list-searches',
    path: '/searches',
    summary: 'Searches that the account keeps by name',
    params: Nothing,
    query: Nothing,
    answer: KeptSearches,
    input: () => ({}),
  }),
  writeRoute({
    method: 'PUT',
    operation: 'save-search',
    path: '/searches',
    summary: 'Keeps a search by name, in place of one of the same name',
    params: Nothing,
    body: KeptSearch,
    answer: KeptSearches,
    input: (_, body) => body,
  }),
  writeRoute({
    method: 'DELETE',
    operation: 'delete-search',
    path: '/searches/{name}',
    summary: 'Forgets a search',
    params: SearchNameParams,
    body: null,
    answer: KeptSearches,
    input: ({ name }) => ({ name }),
  }),
];
