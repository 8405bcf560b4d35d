import { prefixOfShortId } from '../collector/short-id.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';

/** The build that a short address leads to, or null: nothing of it has arrived that this viewer may see. */
export async function findAnnounced(
  context: OperationContext,
  input: { readonly short: string },
): Promise<{ readonly id: string | null }> {
  const prefix = prefixOfShortId(input.short);
  if (prefix === null) throw new BakehouseError('not-found', 'This is no address of a build.');
  const [id] = await context.store.findIds(prefix, 1);
  return { id: id ?? null };
}
