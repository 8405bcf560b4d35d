import type { Migration } from './index.ts';

/**
 * What ties builds to pages elsewhere and to each other. By id, as aliases and uses of blobs are: a build that is stored again keeps them, and a
 * parent may be stored after its child, or never.
 */
export const farms: Migration = {
  name: 'farms',
  statements: ({ types }) => {
    const { small, keyed } = types;
    return [
      // `target` is the address as it is compared (model/farm-build.ts).
      `create table build_links (build text not null, ordinal ${small} not null, kind text not null, title text not null,
        url text not null, target text not null, primary key (build, ordinal)) ${keyed}`,
      'create index build_links_by_target on build_links (target)',
      `create table build_parents (build text not null, parent text not null, primary key (build, parent)) ${keyed}`,
      'create index build_parents_by_parent on build_parents (parent)',
      // Where the mirror of a farm goes on.
      `create table farm_positions (farm text not null primary key, position text not null) ${keyed}`,
    ];
  },
};
