/**
 * By what builds are put side by side in the waterfall and the matrix. A build of several targets stands at each of
 * them; a recipe is what was executed of it, not the build. */
export const BUILD_DIMENSIONS = [
  'target',
  'machine',
  'distro',
  'release',
  'branch',
  'builder',
  'host',
  'hostDistro',
  'recipe',
  'day',
] as const;
export type BuildDimension = (typeof BUILD_DIMENSIONS)[number];

export const DIMENSION_LABELS: Readonly<Record<BuildDimension, string>> = {
  target: 'image or target',
  machine: 'machine',
  distro: 'distro',
  release: 'release',
  branch: 'branch',
  builder: 'builder',
  host: 'host',
  hostDistro: 'host distro',
  recipe: 'recipe',
  day: 'day',
};

/** A column each: what a waterfall may be of. A day is its other axis. */
export const WATERFALL_DIMENSIONS = [
  'builder',
  'machine',
  'target',
  'branch',
  'host',
  'hostDistro',
] as const satisfies readonly BuildDimension[];
export type WaterfallDimension = (typeof WATERFALL_DIMENSIONS)[number];

/** Says whether the code builds. An interrupted or lost build does not, so it hides no verdict that is older than it. */
export function isVerdict(outcome: string): boolean {
  return outcome === 'succeeded' || outcome === 'succeeded-with-errors' || outcome === 'failed';
}
