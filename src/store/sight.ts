/**
 * What somebody may see, as conditions of queries. One place, so that no list, count or search has a rule of its own:
 *
 *     listed     in lists, counts, facets, searches, histories, neighbours: public builds, and one's own
 *     readable   when asked for by its id: listed ones, and unlisted ones
 *
 * An admin, and the command line on the server's machine, see everything: `null`.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Viewer } from './store.ts';

export interface Sight {
  /** Bounded by nothing. */
  readonly everything: boolean;
  /** `alias`: what the query calls the table of builds. */
  listed(alias?: string): RawBuilder<boolean>;
  readable(alias?: string): RawBuilder<boolean>;
}

const EVERYTHING: Sight = {
  everything: true,
  listed: () => sql<boolean>`1 = 1`,
  readable: () => sql<boolean>`1 = 1`,
};

export function sightOf(viewer: Viewer | null): Sight {
  if (viewer === null || viewer.admin) return EVERYTHING;
  const { account } = viewer;
  const own = (alias: string) => (account === null ? sql`` : sql` or ${sql.ref(`${alias}.owner`)} = ${account}`);
  return {
    everything: false,
    listed: (alias = 'builds') => sql<boolean>`(${sql.ref(`${alias}.visibility`)} = 'public'${own(alias)})`,
    readable: (alias = 'builds') => sql<boolean>`(${sql.ref(`${alias}.visibility`)} <> 'private'${own(alias)})`,
  };
}
