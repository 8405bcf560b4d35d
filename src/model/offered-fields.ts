/** Keys of a search whose values the store can offer while they are typed. Layers are offered by name: what stands after the @ nobody types by heart. */
export const OFFERED_FIELDS = [
  'recipe',
  'version',
  'task',
  'class',
  'fingerprint',
  'machine',
  'distro',
  'release',
  'target',
  'builder',
  'host',
  'branch',
  'build',
  'layer',
] as const;
export type OfferedField = (typeof OFFERED_FIELDS)[number];
