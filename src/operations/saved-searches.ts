/** Searches that an account keeps by name; nobody else sees them. */
import { parseSearch, printSearch } from '../analysis/search-query.ts';
import { BakehouseError } from '../model/errors.ts';
import { SEARCH_NAME_CHARS_MAX } from '../model/limits.ts';
import type { OperationContext } from './context.ts';
import { ownNumber } from './credential.ts';
import { SEARCH_KINDS, type SearchKind } from './search.ts';

export interface KeptSearch {
  readonly name: string;
  readonly q: string;
  /** Null: all kinds. */
  readonly kind: SearchKind | null;
}

interface KeptSearches {
  readonly searches: readonly KeptSearch[];
}

/** Whoever is not signed in has none. */
export async function listSearches(context: OperationContext, _input: object): Promise<KeptSearches> {
  const { account } = context.viewer;
  if (account === null) return { searches: [] };
  const rows = await context.wholeStore.savedSearches.list(account);
  return {
    searches: rows.map(({ name, q, kind }) => ({ name, q, kind: SEARCH_KINDS.find((one) => one === kind) ?? null })),
  };
}

export async function saveSearch(context: OperationContext, input: KeptSearch): Promise<KeptSearches> {
  const account = ownNumber(context);
  const name = input.name.trim();
  if (name === '' || name.length > SEARCH_NAME_CHARS_MAX)
    throw new BakehouseError('invalid', `A search is kept by a name of at most ${SEARCH_NAME_CHARS_MAX} characters.`);
  const q = printSearch(parseSearch(input.q));
  await context.wholeStore.savedSearches.save(account, { name, q, kind: input.kind }, context.now());
  return listSearches(context, {});
}

export async function deleteSearch(context: OperationContext, input: { readonly name: string }): Promise<KeptSearches> {
  if (!(await context.wholeStore.savedSearches.remove(ownNumber(context), input.name)))
    throw new BakehouseError('not-found', 'There is no search of that name.');
  return listSearches(context, {});
}
