import { shortIdOf } from '../collector/short-id.ts';
import type { Store } from '../store/store.ts';

/** Of an id of 32: a store of 10,000 builds has two that begin alike with a chance of 1 %, and then one more tells them apart. */
const DIGITS_MIN = 8;
const DIGITS_MAX = 13;

/**
 * A failure as addresses name it: `1f0c2a9b.3e8d41`. A build that is in no list is not found by the beginning of its id, since its address is what
 * its readers were given: its failures have the short form that its client printed, of 16 characters.
 */
export async function failureAddress(store: Store, build: string, key: string): Promise<string> {
  return `${await beginningOf(store, build)}.${key}`;
}

export async function failureAddresses(store: Store, build: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const beginning = await beginningOf(store, build);
  return keys.map((key) => `${beginning}.${key}`);
}

async function beginningOf(store: Store, build: string): Promise<string> {
  for (let digits = DIGITS_MIN; digits <= DIGITS_MAX; digits++) {
    const prefix = build.slice(0, digits);
    // A BUILDNAME of digits is looked for only where no id begins so.
    const ids = await store.findIds(prefix, 2);
    if (ids.length === 1 && ids[0] === build) return prefix;
    if (ids.length === 0) break;
  }
  return shortIdOf(build);
}
