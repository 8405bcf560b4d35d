import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { COLUMNS_MEDIA_TYPE } from './read-columns.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

/** The sample series of a build (cpu, disk, memory, pressure …) in their stored encoding. */
export async function readSamples({ store }: OperationContext, input: { readonly build: string }): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const stored = await store.readSampleBytes(id);
  if (stored === null) throw noSuchBuild(id);
  return { ...stored, mediaType: COLUMNS_MEDIA_TYPE, fileName: null };
}
