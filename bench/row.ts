/**
 * A line of the bench: a question, how long ours takes, and how long the least takes that could answer it (its floor), in one run,
 * one after the other. The ratio is the target, because it survives a busy or a slow machine; times are notes of a day.
 */
export interface RowResult {
  readonly what: string;
  /** Ours / floor, the median over the rounds; null where the row is a number with a unit or could not run. */
  readonly ratio: number | null;
  /** `<= 1.4`, `<= 120 MB`, `-` for a floor or a growth row. */
  readonly target: string;
  /** Null: no target, or it could not run. */
  readonly met: boolean | null;
  /** Times, sizes, or the reason why it could not run. */
  readonly note: string;
}

export interface Row {
  readonly id: string;
  run(bench: Bench): Promise<RowResult[]> | RowResult[];
}

export interface BenchOptions {
  /** Fewer rounds and no row of 100,000 tasks or 1,000 builds: to see that everything runs. */
  readonly quick: boolean;
}

/** What rows share: a scratch folder, generated trees, commands, and how to measure. */
export interface Bench {
  readonly options: BenchOptions;
  /** Removed at the end. */
  readonly scratch: string;
  readonly root: string;
  /** dist/<name>, or null when it was not built. */
  release(name: 'server.mjs' | 'bakehouse.mjs'): string | null;
  /** A build's folder in a `buildstats` of its own; the same arguments give the same folder. */
  tree(tasks: number, seed?: number): string;
  /** The event log of that build. */
  eventLog(tasks: number): string;
  /** An entry point as one .mjs file with everything inside, as the release has it; made once. */
  bundle(entry: string): Promise<string>;
  /** The same for a script of a page. */
  bundlePage(entry: string): Promise<string>;
  progress(text: string): void;
}

export function row(what: string, ratio: number, limit: number | null, note: string): RowResult {
  return {
    what,
    ratio,
    target: limit === null ? '-' : `<= ${limit}`,
    met: limit === null ? null : ratio <= limit,
    note,
  };
}

/** A row whose target is a size or a time and not a ratio. */
export function absolute(what: string, value: number, unit: string, limit: number | null, note: string): RowResult {
  const shown = value < 10 ? value.toFixed(1) : value.toFixed(0);
  return {
    what,
    ratio: null,
    target: limit === null ? '-' : `<= ${limit} ${unit}`,
    met: limit === null ? null : value <= limit,
    note: `${shown} ${unit}${note === '' ? '' : `; ${note}`}`,
  };
}

export function cannot(what: string, why: string): RowResult {
  return { what, ratio: null, target: '-', met: null, note: `not run: ${why}` };
}
