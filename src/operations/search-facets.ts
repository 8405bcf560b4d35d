import { parseSearch } from '../analysis/search-query.ts';
import type { SearchFacets } from '../store/search.ts';
import type { OperationContext } from './context.ts';
import { facetsOfSearch } from './search-filter.ts';

/** What a search can be narrowed by, with counts: of its builds, and of its newest failures. */
export async function searchFacets(
  { store, now }: OperationContext,
  input: { readonly q: string },
): Promise<SearchFacets> {
  const { chosen, rest } = facetsOfSearch(parseSearch(input.q), now());
  return store.search.facets(rest, chosen);
}
