/** One box over builds, recipes, failures and cause lines (docs/search.md). */
import { z } from 'zod';
import { SEARCH_NAME_CHARS_MAX, SEARCH_QUERY_CHARS_MAX } from '../../model/limits.ts';
import { OFFERED_FIELDS } from '../../model/offered-fields.ts';
import { BuildRow, Facets, FacetValue } from './builds.ts';
import { count, epochMs, PAGE_LIMIT_MAX } from './values.ts';

const searchText = z
  .string()
  .max(SEARCH_QUERY_CHARS_MAX)
  .default('')
  .describe('terms such as `recipe:gcc status:failed host:debian-12 "some text"`; docs/search.md');
export const SearchKind = z.enum(['builds', 'recipes', 'failures', 'causes']);
export type SearchKind = z.infer<typeof SearchKind>;
export const SearchText = z.object({ q: searchText });

export const SearchParams = SearchText.extend({
  kind: SearchKind.optional().describe('pages of one kind; left out: the first of each'),
  after: z.string().max(600).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(5),
});
export type SearchParams = z.infer<typeof SearchParams>;

export const KeptSearch = z.object({
  name: z.string().min(1).max(SEARCH_NAME_CHARS_MAX),
  q: searchText,
  kind: SearchKind.nullable().describe('null: all kinds'),
});
export const KeptSearches = z.object({ searches: z.array(KeptSearch) });
export type KeptSearches = z.infer<typeof KeptSearches>;
export const SearchNameParams = z.object({ name: z.string().min(1).max(SEARCH_NAME_CHARS_MAX) });

/** `more`: counting stopped there. */
const SearchCount = z.object({ count, more: z.boolean() });
const searchPage = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row), next: z.string().nullable() });

export const FoundRecipe = z.object({
  pn: z.string(),
  version: z.string().nullable().describe('of the newest run, as what follows'),
  status: z.enum(['succeeded', 'failed', 'not-executed', 'unfinished']),
  failedTask: z.string().nullable(),
  buildId: z.string(),
  startedMs: epochMs.nullable(),
  machine: z.string().nullable(),
  runs: count.describe('runs that were looked at'),
  executed: count,
  failed: count,
});
export type FoundRecipe = z.infer<typeof FoundRecipe>;

export const FoundFailure = z.object({
  id: z.string().describe('id of its build, a dot and its key in it'),
  buildId: z.string(),
  buildName: z.string(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  cause: z.string().nullable(),
  causeClass: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
  fingerprint: z.string().nullable(),
  startedMs: epochMs.nullable().describe('of its build'),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
});
export type FoundFailure = z.infer<typeof FoundFailure>;

/** Failures of one fingerprint, or with the same line where they have none. */
export const FoundCause = z.object({
  newest: FoundFailure,
  failures: count,
  builds: count,
  recipes: count,
  firstMs: epochMs.nullable(),
});
export type FoundCause = z.infer<typeof FoundCause>;

export const SearchBound = z.enum(['failures', 'words', 'builds', 'names', 'runs', 'logs', 'texts']);
export type SearchBound = z.infer<typeof SearchBound>;

export const SearchAnswer = z.object({
  q: z.string().describe('the search in its one way of writing'),
  counts: z
    .object({ builds: SearchCount, recipes: SearchCount, failures: SearchCount, causes: SearchCount })
    .nullable()
    .describe('null on pages after the first'),
  notes: z.array(z.string()),
  reached: z
    .array(z.object({ bound: SearchBound, of: count.describe('so many were looked at') }))
    .describe('where looking ended before everything was seen; docs/search.md'),
  builds: searchPage(BuildRow).nullable(),
  recipes: searchPage(FoundRecipe).nullable(),
  failures: searchPage(FoundFailure).nullable(),
  causes: searchPage(FoundCause).nullable(),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

export const SearchFacets = z.object({
  builds: Facets,
  recipe: z.array(FacetValue).describe('of the newest failures, as the next two'),
  task: z.array(FacetValue),
  class: z.array(FacetValue),
});
export type SearchFacets = z.infer<typeof SearchFacets>;

export const SearchValuesQuery = z.object({
  key: z.enum(OFFERED_FIELDS),
  typed: z.string().max(200).default(''),
  recipe: z.string().max(200).optional().describe('of `version`: those of this recipe'),
});
export type SearchValuesQuery = z.infer<typeof SearchValuesQuery>;

export const OfferedValues = z.object({
  values: z.array(z.object({ value: z.string(), count: count.nullable() })),
});
export type OfferedValues = z.infer<typeof OfferedValues>;
