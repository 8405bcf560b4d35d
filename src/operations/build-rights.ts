/** Who may change a build: its owner and admins. */
import { BakehouseError } from '../model/errors.ts';
import type { BuildAccess, Viewer } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export function mayChange(viewer: Viewer, access: Pick<BuildAccess, 'owner'>): boolean {
  return viewer.admin || (viewer.account !== null && viewer.account === access.owner);
}

/** The id of a build that the caller may change. Who may not even see it hears that there is none. */
export async function changeableBuild(context: OperationContext, reference: string): Promise<string> {
  const id = await resolveBuildId(context.store, reference);
  const access = await context.store.readAccess(id);
  if (access === null) throw noSuchBuild(id);
  if (!mayChange(context.viewer, access))
    throw new BakehouseError('forbidden', 'Only the owner of a build, or an admin, may change it.');
  return id;
}
