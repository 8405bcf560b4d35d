/** Who asks, and what of a build they may see (sight.ts has the conditions). */
/** `public`: in every list. `unlisted`: for who has the whole id. `private`: for its owner and for admins. */
export const VISIBILITIES = ['public', 'unlisted', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface BuildAccess {
  readonly visibility: Visibility;
  /** Number of the account it belongs to, or null. */
  readonly owner: number | null;
  /** Epoch ms; null: read from a path. */
  readonly receivedMs: number | null;
}

/** Who asks. `account` null: somebody who is not signed in. */
export interface Viewer {
  readonly account: number | null;
  readonly admin: boolean;
}

/** Somebody who is not signed in. */
export const STRANGER: Viewer = { account: null, admin: false };
/** Whoever works at the machine of the server: the command line. */
export const CONSOLE: Viewer = { account: null, admin: true };
