import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';

/**
 * The build that has a number, for who may know of it: numbers can be counted through, so that of an unlisted build, whose address is its
 * secret, nobody hears but its owner.
 */
export async function findReport(
  context: OperationContext,
  input: { readonly number: number },
): Promise<{ readonly id: string; readonly failure: number | null }> {
  const { store, wholeStore, viewer } = context;
  const nothing = () => new BakehouseError('not-found', `There is no report ${input.number}.`);
  const found = await wholeStore.reportNumbers.find(input.number);
  if (found === null) throw nothing();
  const id = (await wholeStore.aliasOf(found.build)) ?? found.build;
  const access = await store.readAccess(id);
  if (access === null) throw nothing();
  const own = viewer.admin || (viewer.account !== null && viewer.account === access.owner);
  if (access.visibility !== 'public' && !own) throw nothing();
  return { id, failure: found.ordinal === 0 ? null : found.ordinal - 1 };
}
