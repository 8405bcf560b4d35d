/** Builds that another server ran or shows, and what ties builds to each other and to pages elsewhere. */
import type { Build } from './build.ts';
import { FARM_LINK_CHARS_MAX } from './limits.ts';

/** Which kind of server a build was mirrored from. */
export const FARM_KINDS = ['buildbot', 'jenkins', 'autobuilder'] as const;
export type FarmKind = (typeof FARM_KINDS)[number];

/**
 * `origin`: the page of this very build on the server that ran it, at most one. `job`: the page of what ran it (BAKEHOUSE_JOB); a build whose
 * origin that is, is its parent. The others are for people.
 */
export const LINK_KINDS = ['origin', 'job', 'log', 'published'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export interface BuildLink {
  readonly kind: LinkKind;
  readonly title: string;
  /** http or https; nothing else is ever kept. */
  readonly url: string;
}

/** One build as the server of a farm tells it. It has no task table: its steps are phases. */
export interface FarmBuild {
  /** Names it among the builds of that server, for ever. */
  readonly key: string;
  readonly build: Build;
  readonly links: readonly BuildLink[];
  /** Keys of what triggered it. */
  readonly parents: readonly string[];
  readonly running: boolean;
}

/** Where a mirror of a farm goes on the next time. */
export interface FarmPosition {
  /** Builds up to this number were seen. */
  readonly after: number;
  /** Of those the ones that still ran then. */
  readonly open: readonly number[];
}

/**
 * An address as it is compared: without a trailing slash, and `#/builders/2` as `#builders/2`, both of which Buildbot has written. Null: it is no
 * http address, or carries a password.
 */
export function comparableUrl(url: string): string | null {
  if (url.length > FARM_LINK_CHARS_MAX || !/^https?:\/\/[^\s@]+$/i.test(url)) return null;
  return url.replace('/#/', '/#').replace(/\/+$/, '');
}
