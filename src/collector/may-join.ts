/**
 * Whether an account that arrives may become part of a build that is stored. Name, host and start are no secret, so that alone they
 * would let a stranger write into anybody's build (docs/decisions/0011).
 */
import type { Store } from '../store/store.ts';

/** Who brings the account. */
export interface Bearer {
  /** As clientOf gives it; null: the server's own owner, who reads a path. */
  readonly client: string | null;
  /** SHA-256 of the build's secret, hex; null where it came without one. */
  readonly secret: string | null;
  readonly nowMs: number;
}

export type MayJoin = (build: string) => Promise<boolean>;

/** Addresses change hands; a build and its error report are pushed within days of each other. */
const SAME_ADDRESS_MS = 7 * 86_400_000;

export function joinRule(store: Store, bearer: Bearer): MayJoin {
  const own = bearer.client === null || bearer.client === 'local';
  return async (build) => {
    const uploads = await store.uploads.ofBuild(build);
    const access = await store.readAccess(build);
    if (access === null) return false;
    // Read from a path of this machine: its owner's, and of programs on it.
    if (uploads.length === 0 && access.receivedMs === null) return own;
    if (bearer.client?.startsWith('account:') === true && bearer.client === `account:${access.owner}`) return true;
    if (uploads.some(({ secret }) => secret !== '' && secret === bearer.secret)) return true;
    if (own) return access.owner === null && uploads.every(({ client }) => client === 'local');
    return (
      access.owner === null &&
      access.visibility === 'public' &&
      bearer.client?.startsWith('address:') === true &&
      uploads.length > 0 &&
      uploads.every(({ client, createdMs }) => client === bearer.client && bearer.nowMs - createdMs < SAME_ADDRESS_MS)
    );
  };
}
