/**
 * The journal has an entry for each kind of failure of which something was said. Whoever picked twenty and said one thing did one thing, and that is
 * what a reader is told.
 */
export interface ActEntry {
  readonly atMs: number;
  readonly name: string;
  readonly what: string;
  readonly was: string | null;
  readonly said: string | null;
}

export interface Act<E extends ActEntry> {
  /** The first of its entries. */
  readonly entry: E;
  readonly count: number;
}

/** Entries that were said at one moment by one person in the same words are one act; in the order of their first. */
export function journalActs<E extends ActEntry>(entries: readonly E[]): Act<E>[] {
  const acts = new Map<string, { entry: E; count: number }>();
  for (const entry of entries) {
    const { atMs, name, what, was, said } = entry;
    const key = JSON.stringify([atMs, name, what, was, said]);
    const act = acts.get(key);
    if (act === undefined) acts.set(key, { entry, count: 1 });
    else act.count++;
  }
  return [...acts.values()];
}
