/** A commit of a layer, and when it was first seen: the one order of commits where there is no git to ask. */
import type { EpochMs } from './units.ts';

export interface LayerCommit {
  readonly name: string;
  readonly branch: string | null;
  readonly commit: string;
}

/** By `commitKey`: the start of the first build that had it. */
export type FirstSeen = ReadonlyMap<string, EpochMs>;

export function commitKey({ name, branch, commit }: LayerCommit): string {
  return `${name}\n${branch ?? ''}\n${commit}`;
}

/** Sources tell commits at lengths of their own, an error report the first 10 digits, a record all 40; fewer than these are of many. */
export const COMMIT_DIGITS_MIN = 7;
export const COMMIT_DIGITS = 40;

export function sameCommit(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= COMMIT_DIGITS_MIN && long.startsWith(short);
}
