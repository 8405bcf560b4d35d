import { BakehouseError } from '../model/errors.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { COLUMNS_MEDIA_TYPE } from './read-columns.ts';
import { resolveBuildId } from './resolve-build-id.ts';

/** Which task run needs which, in its stored encoding. Only some sources tell it: a build without one has no such file. */
export async function readGraph({ store }: OperationContext, input: { readonly build: string }): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const stored = await store.readGraphBytes(id);
  if (stored === null) throw new BakehouseError('not-found', `No source told the task graph of the build ${id}.`);
  return { ...stored, mediaType: COLUMNS_MEDIA_TYPE, fileName: null };
}
