/** What the owner of a build, and admins, change of it. */
import { BuildParams, DeletedBuild, PinBuild, PinnedBuild, SetVisibility, VisibilitySet } from '../contract.ts';
import { type RegisterRoute, writeRoute } from './route.ts';

export const changeBuild: readonly RegisterRoute[] = [
  writeRoute({
    method: 'PUT',
    operation: 'set-visibility',
    path: '/builds/{id}/visibility',
    summary: 'Who may see the build',
    params: BuildParams,
    body: SetVisibility,
    answer: VisibilitySet,
    input: ({ id }, { visibility }) => ({ build: id, visibility }),
  }),
  writeRoute({
    method: 'PUT',
    operation: 'pin-build',
    path: '/builds/{id}/pin',
    summary: 'Whether the rules of retention may take the build',
    params: BuildParams,
    body: PinBuild,
    answer: PinnedBuild,
    input: ({ id }, { pinned }) => ({ build: id, pinned }),
  }),
  writeRoute({
    method: 'DELETE',
    operation: 'delete-build',
    path: '/builds/{id}',
    summary: 'Takes the build out of the store',
    params: BuildParams,
    body: null,
    answer: DeletedBuild,
    input: ({ id }) => ({ build: id }),
  }),
];
