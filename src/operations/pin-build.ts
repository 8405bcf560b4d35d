import { changeableBuild } from './build-rights.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild } from './resolve-build-id.ts';

export interface PinnedBuild {
  readonly id: string;
  readonly pinned: boolean;
}

/** A pinned build, and everything it brought, is kept whatever the rules of retention say. */
export async function pinBuild(
  context: OperationContext,
  input: { readonly build: string; readonly pinned: boolean },
): Promise<PinnedBuild> {
  const id = await changeableBuild(context, input.build);
  if (!(await context.wholeStore.retention.setPinned(id, input.pinned))) throw noSuchBuild(id);
  return { id, pinned: input.pinned };
}
