/**
 * Where and when a recipe was built: its runs put together by what builds have in common, by version, and by the words in which it failed.
 *
 *     machine       branch     oldest ───────────── newest
 *     qemux86-64    master     P P s s F F s P        builds, not checked by …
 *     qemuarm64     master     P s s s                passed last …, not checked since
 *
 * P passed, F failed: only these were executed. `s` came from sstate, `-` was not reached or current: neither a pass nor a failure.
 */
import type { RecipeStatus } from '../model/recipe-status.ts';
import { median } from './median.ts';

/** What strips can be put together by. */
export const STRIP_KEYS = ['machine', 'distro', 'branch', 'hostDistro', 'builder', 'target'] as const;
export type StripKey = (typeof STRIP_KEYS)[number];
export const USUAL_STRIP_KEYS: readonly StripKey[] = ['machine', 'distro', 'branch'];

/** One recipe's share of one build. */
export interface RecipeHistoryRun {
  readonly build: string;
  readonly startedMs: number | null;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
  readonly mc: string;
  readonly version: string | null;
  readonly status: RecipeStatus;
  readonly busyMs: number | null;
  readonly failure: {
    readonly cause: string | null;
    readonly fingerprint: string | null;
    readonly causeClass: string | null;
    readonly infrastructure: boolean | null;
  } | null;
}

export interface RecipeStrip {
  /** In the order of the keys asked for; null: not recorded. */
  readonly values: readonly (string | null)[];
  /** Indexes of runs, oldest first. */
  readonly runs: readonly number[];
  /** Indexes of the newest of each; null: there is none. */
  readonly lastPass: number | null;
  readonly lastFailure: number | null;
  /**
   * The newest failure of the source, where it tells of now: nothing passed since, or the newest pass alone. Since when it fails so is told by its
   * task (blame-range.ts), which a recipe as a whole has not, and each such question reads hundreds of builds. Null: it is long ago, or there is none.
   */
  readonly blamed: number | null;
}

export interface RecipeVersion {
  readonly version: string | null;
  readonly succeeded: number;
  readonly failed: number;
  /** Builds that had it without executing it. */
  readonly notChecked: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Over its succeeded runs; null: none has one. */
  readonly busyMsMedian: number | null;
}

export interface RecipeCause {
  /** Null: those that nobody looked at yet, all together. */
  readonly fingerprint: string | null;
  readonly causeClass: string | null;
  readonly infrastructure: boolean | null;
  /** Of the newest of them. */
  readonly cause: string | null;
  readonly failures: number;
  readonly machines: readonly string[];
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Index of the newest run. */
  readonly last: number;
}

export interface RecipeHistory {
  /** The one that ran last first. */
  readonly strips: readonly RecipeStrip[];
  /** The newest first. */
  readonly versions: readonly RecipeVersion[];
  /** The most frequent first. */
  readonly causes: readonly RecipeCause[];
}

export function recipeHistory(runs: readonly RecipeHistoryRun[], keys: readonly StripKey[]): RecipeHistory {
  return { strips: strips(runs, keys), versions: versions(runs), causes: causes(runs) };
}

function stripValue(run: RecipeHistoryRun, key: StripKey): string | null {
  return key === 'target' ? (run.targets?.join(' ') ?? null) : run[key];
}

/** `runs`: newest first. */
function strips(runs: readonly RecipeHistoryRun[], keys: readonly StripKey[]): RecipeStrip[] {
  const groups = new Map<string, { readonly values: (string | null)[]; readonly runs: number[] }>();
  runs.forEach((run, index) => {
    const values = keys.map((key) => stripValue(run, key));
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, runs: [] };
    group.runs.unshift(index);
    groups.set(key, group);
  });
  return [...groups.values()].map((group) => {
    const last = (status: RecipeStatus) => group.runs.findLast((index) => runs[index]!.status === status) ?? null;
    return {
      values: group.values,
      runs: group.runs,
      lastPass: last('succeeded'),
      lastFailure: last('failed'),
      blamed: blamed(runs, group.runs),
    };
  });
}

/** `strip`: indexes of runs, oldest first. */
function blamed(runs: readonly RecipeHistoryRun[], strip: readonly number[]): number | null {
  // What nobody looked at yet counts as the source's: most failures are.
  const told = strip.filter((index) => {
    const { status, failure } = runs[index]!;
    return status === 'succeeded' || (status === 'failed' && failure?.infrastructure !== true);
  });
  return told.slice(-2).findLast((index) => runs[index]!.status === 'failed') ?? null;
}

function versions(runs: readonly RecipeHistoryRun[]): RecipeVersion[] {
  const groups = new Map<string | null, RecipeHistoryRun[]>();
  for (const run of runs) {
    const group = groups.get(run.version);
    if (group === undefined) groups.set(run.version, [run]);
    else group.push(run);
  }
  return [...groups].map(([version, some]) => {
    const of = (status: RecipeStatus) => some.filter((run) => run.status === status);
    const succeeded = of('succeeded');
    const failed = of('failed').length;
    return {
      version,
      succeeded: succeeded.length,
      failed,
      notChecked: some.length - succeeded.length - failed - of('unfinished').length,
      ...span(some),
      busyMsMedian: median(succeeded.flatMap(({ busyMs }) => (busyMs === null ? [] : [busyMs]))),
    };
  });
}

function causes(runs: readonly RecipeHistoryRun[]): RecipeCause[] {
  const groups = new Map<string | null, number[]>();
  runs.forEach(({ status, failure }, index) => {
    if (status !== 'failed') return;
    const key = failure?.fingerprint ?? null;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  return [...groups]
    .map(([fingerprint, indexes]): RecipeCause => {
      const some = indexes.map((index) => runs[index]!);
      const newest = some[0]!.failure;
      return {
        fingerprint,
        causeClass: newest?.causeClass ?? null,
        infrastructure: newest?.infrastructure ?? null,
        cause: newest?.cause ?? null,
        failures: some.length,
        machines: [...new Set(some.flatMap(({ machine }) => machine ?? []))].sort(),
        ...span(some),
        last: indexes[0]!,
      };
    })
    .sort((a, b) => b.failures - a.failures || a.last - b.last);
}

function span(runs: readonly RecipeHistoryRun[]): { firstMs: number | null; lastMs: number | null } {
  const times = runs.flatMap(({ startedMs }) => startedMs ?? []);
  return times.length === 0
    ? { firstMs: null, lastMs: null }
    : { firstMs: Math.min(...times), lastMs: Math.max(...times) };
}
