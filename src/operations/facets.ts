import type { BuildListFilter, FacetCounts } from '../store/store.ts';
import type { OperationContext } from './context.ts';

/** What can be chosen in the list of builds, with counts; a facet's own choice does not narrow its own values. */
export async function facets(
  { store }: OperationContext,
  input: { readonly filter: BuildListFilter },
): Promise<FacetCounts> {
  return store.countFacets(input.filter);
}
