import { parseSearch } from '../analysis/search-query.ts';
import type { SearchFacets } from '../store/search.ts';
import type { OperationContext } from './context.ts';
import { facetsOfSearch } from './search-filter.ts';
import { withLogs } from './search-in-logs.ts';

/** What a search can be narrowed by, with counts: of its builds, and of its newest failures. */
export async function searchFacets(context: OperationContext, input: { readonly q: string }): Promise<SearchFacets> {
  const query = parseSearch(input.q);
  const { chosen, rest } = facetsOfSearch(query, context.now());
  const { filter } = await withLogs(context, query, rest);
  return context.store.search.facets(filter, chosen);
}
