/**
 * A failure as addresses name it: `1f0c2a9b.3e8d41`, the first digits of its build and its name within it. Every page, text, feed and answer that
 * leads to one takes it from here, so that what is copied from one of them is found by all.
 */
import { shortIdOf } from '../collector/short-id.ts';
import type { Store } from '../store/store.ts';

/** Of an id of 32: a store of 10,000 builds has two that begin alike with a chance of 1 %, and then one more tells them apart. */
const DIGITS_MIN = 8;
const DIGITS_MAX = 13;

/**
 * A build that is in no list is not found by the beginning of its id, since its address is what its readers were given: its failures have the short
 * form that its client printed, of 16 characters.
 */
export async function failureAddress(store: Store, build: string, key: string): Promise<string> {
  return (await addressesIn(store, [build]))(build, key);
}

export async function failureAddresses(store: Store, build: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const address = await addressesIn(store, [build]);
  return keys.map((key) => address(build, key));
}

/** Of failures of some builds, with one question for all of them. */
export async function addressesIn(
  store: Store,
  builds: Iterable<string>,
): Promise<(build: string, key: string) => string> {
  const besides = await store.readBesides([...new Set(builds)]);
  return (build, key) => `${beginningOf(build, besides.get(build))}.${key}`;
}

function beginningOf(build: string, besides: readonly string[] | undefined): string {
  if (besides === undefined) return shortIdOf(build);
  const digits = Math.max(DIGITS_MIN, ...besides.map((other) => alike(build, other) + 1));
  return digits > DIGITS_MAX ? shortIdOf(build) : build.slice(0, digits);
}

/** Characters at the beginning that both have. */
function alike(a: string, b: string): number {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return n;
}
