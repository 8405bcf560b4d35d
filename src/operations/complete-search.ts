import type { OfferedField } from '../model/offered-fields.ts';
import type { OfferedValue } from '../store/search.ts';
import type { OperationContext } from './context.ts';

/** More than fit below a box are not read. */
const VALUES_MAX = 12;

/** Values of a key that have what was typed in them: what begins so first, then what is most frequent. `recipe`: versions of this one. */
export async function completeSearch(
  { store }: OperationContext,
  input: { readonly key: OfferedField; readonly typed: string; readonly recipe: string | null },
): Promise<{ readonly values: readonly OfferedValue[] }> {
  return { values: await store.search.values(input.key, input.typed, VALUES_MAX, input.recipe) };
}
