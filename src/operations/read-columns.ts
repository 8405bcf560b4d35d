import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export const COLUMNS_MEDIA_TYPE = 'application/vnd.bakehouse.columns';

export interface ReadColumnsInput {
  readonly build: string;
  /** Metrics the build has not got are left out. */
  readonly metrics: readonly string[] | '*';
}

/** The task table of a build in its stored encoding. */
export async function readColumns({ store }: OperationContext, input: ReadColumnsInput): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const stored = await store.readTaskBytes(id, input.metrics);
  if (stored === null) throw noSuchBuild(id);
  return { ...stored, mediaType: COLUMNS_MEDIA_TYPE, fileName: null };
}
