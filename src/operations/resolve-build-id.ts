import { BakehouseError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PREFIX = /^[0-9a-f-]{4,36}$/;
const LAST = /^@last(?:~(\d{1,5}))?$/;

/** One page of the list is the unit in which the store is asked. */
const PAGE = 500;

/**
 * What a person writes for a build -> its id: a UUID, a unique prefix of four characters or more, a BUILDNAME of digits that
 * only one build has, `@last` (the newest start) or `@last~N` (N builds before it). The page, the API and the command line all come through here.
 */
export async function resolveBuildId(store: Store, reference: string): Promise<string> {
  const last = LAST.exec(reference);
  if (last !== null) return nthLast(store, Number(last[1] ?? 0), reference);
  const prefix = reference.toLowerCase();
  if (!PREFIX.test(prefix))
    throw new BakehouseError(
      'invalid',
      `"${reference.slice(0, 80)}" is not a build: give an id, the first 4 or more characters of one, @last or @last~N.`,
    );
  if (UUID.test(prefix)) return (await store.aliasOf(prefix)) ?? prefix;
  const ids = await store.findIds(prefix, 4);
  if (ids.length === 1) return ids[0]!;
  if (ids.length === 0) return byName(store, reference);
  throw new BakehouseError(
    'conflict',
    `Several builds have ids that begin with ${prefix}: ${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ' …' : ''}.`,
  );
}

/** BUILDNAME is what a person sees in every list, and 14 digits look like the start of an id; an id wins. */
async function byName(store: Store, name: string): Promise<string> {
  const { builds } = await store.listBuilds({ words: [name] }, { after: null, limit: PAGE });
  const ids = builds.filter((build) => build.name === name).map(({ id }) => id);
  if (ids.length === 1) return ids[0]!;
  if (ids.length === 0)
    throw new BakehouseError('not-found', `No build is called ${name} or has an id that begins so.`);
  throw new BakehouseError(
    'conflict',
    `Several builds are called ${name}: ${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ' …' : ''}.`,
  );
}

async function nthLast(store: Store, n: number, reference: string): Promise<string> {
  let after: string | null = null;
  let left = n;
  for (;;) {
    const page = await store.listBuilds({}, { after, limit: Math.min(PAGE, left + 1) });
    const found = page.builds[left];
    if (found !== undefined) return found.id;
    left -= page.builds.length;
    if (page.next === null || page.builds.length === 0)
      throw new BakehouseError(
        'not-found',
        page.total === 0 ? 'There is no build yet.' : `There is no ${reference}: only ${page.total} builds are stored.`,
      );
    after = page.next;
  }
}

/** The error of every read of a build that is not there (or not any more). */
export function noSuchBuild(id: string): BakehouseError {
  return new BakehouseError('not-found', `There is no build ${id}.`);
}
