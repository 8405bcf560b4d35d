/**
 * How often somebody tried to sign in and failed. Counted for a name from one address (guessing one password), for an address (guessing names)
 * and for a name (a botnet); the last is high, because it lets anybody lock out somebody whose name he knows. In memory: a server that starts
 * anew forgets, which gives an attacker some tries more and nothing else.
 */
import { BakehouseError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

const WINDOW_MS = 15 * 60_000;
const NAME_AND_ADDRESS_MAX = 10;
const ADDRESS_MAX = 50;
const NAME_MAX = 200;
/** Forgets the oldest beyond this: 100 bytes each. */
const REMEMBERED_MAX = 50_000;

export class SignInAttempts {
  readonly #failed = new Map<string, { readonly sinceMs: number; count: number }>();

  #keys(name: string, address: string): readonly (readonly [string, number])[] {
    return [
      [`both ${address} ${name}`, NAME_AND_ADDRESS_MAX],
      [`address ${address}`, ADDRESS_MAX],
      [`name ${name}`, NAME_MAX],
    ];
  }

  /** Counted before the password is looked at, so that a hundred tries at once are a hundred; throws `too-many`. */
  begin(name: string, address: string, nowMs: number): void {
    const keys = this.#keys(name, address);
    for (const [key, max] of keys) {
      const found = this.#failed.get(key);
      if (found === undefined) continue;
      if (nowMs - found.sinceMs >= WINDOW_MS) this.#failed.delete(key);
      else if (found.count >= max) {
        const retryAfterS = Math.ceil((found.sinceMs + WINDOW_MS - nowMs) / 1000);
        throw new BakehouseError(
          'too-many',
          `Too many attempts to sign in: try again in ${Math.ceil(retryAfterS / 60)} minutes.`,
          { details: { retryAfterS } },
        );
      }
    }
    for (const [key] of keys) {
      const found = this.#failed.get(key);
      if (found !== undefined) found.count++;
      else {
        if (this.#failed.size >= REMEMBERED_MAX) this.#failed.delete(this.#failed.keys().next().value!);
        this.#failed.set(key, { sinceMs: nowMs, count: 1 });
      }
    }
  }

  /** It was the right password: this attempt was none, and the name from this address begins anew. */
  succeeded(name: string, address: string): void {
    const [both, ...others] = this.#keys(name, address);
    this.#failed.delete(both![0]);
    for (const [key] of others) {
      const found = this.#failed.get(key);
      if (found !== undefined) found.count--;
    }
  }
}

const ofStore = new WeakMap<Store, SignInAttempts>();

/** One count for all who sign in at this store in this process. */
export function attemptsOf(store: Store): SignInAttempts {
  let attempts = ofStore.get(store);
  if (attempts === undefined) {
    attempts = new SignInAttempts();
    ofStore.set(store, attempts);
  }
  return attempts;
}
