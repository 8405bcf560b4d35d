import { BakehouseError } from '../model/errors.ts';
import type { Visibility } from '../store/store.ts';
import { changeableBuild } from './build-rights.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild } from './resolve-build-id.ts';

export interface VisibilitySet {
  readonly id: string;
  readonly visibility: Visibility;
}

/** Who may see a build from now on, within what the server's owner lets be chosen. */
export async function setVisibility(
  context: OperationContext,
  input: { readonly build: string; readonly visibility: Visibility },
): Promise<VisibilitySet> {
  const { visibility } = input;
  const id = await changeableBuild(context, input.build);
  const allowed = context.collector?.rules.visibilities ?? null;
  if (!context.viewer.admin && allowed !== null && !allowed.includes(visibility))
    throw new BakehouseError('forbidden', `This server keeps no ${visibility} builds.`);
  if (!(await context.wholeStore.setAccess(id, { visibility }))) throw noSuchBuild(id);
  const summary = await context.wholeStore.readSummary(id);
  // Pages of those who may see it now look again; others are told nothing, not even that it is gone.
  if (summary !== null) context.onSaved?.({ id, revision: summary.revision, changed: true });
  return { id, visibility };
}
