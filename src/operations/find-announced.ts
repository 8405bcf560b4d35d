import { prefixOfShortId } from '../collector/short-id.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';

/**
 * The build that a short address leads to; null: nothing of it has arrived that this viewer may see. `problem`: what arrived could not be read,
 * which may be told to whoever has the address, for it says nothing of the build.
 */
export async function findAnnounced(
  context: OperationContext,
  input: { readonly short: string },
): Promise<{ readonly id: string | null; readonly problem: string | null }> {
  const prefix = prefixOfShortId(input.short);
  if (prefix === null) throw new BakehouseError('not-found', 'This is no address of a build.');
  const [id] = await context.store.findIds(prefix, 1);
  if (id !== undefined) return { id, problem: null };
  const upload = await context.wholeStore.uploads.findByPrefix(prefix);
  return { id: null, problem: upload?.build === null ? upload.problem : null };
}
