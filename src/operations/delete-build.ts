import { changeableBuild } from './build-rights.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild } from './resolve-build-id.ts';

/** Takes a build out of the store; its logs follow after their time of grace. A client that still reports it brings it back. */
export async function deleteBuild(
  context: OperationContext,
  input: { readonly build: string },
): Promise<{ readonly id: string }> {
  const id = await changeableBuild(context, input.build);
  if (!(await context.wholeStore.deleteBuild(id))) throw noSuchBuild(id);
  return { id };
}
