/** What `node bench/generate.ts` and `generateBuild()` can be asked for. */
export type Era = '2011' | '2017' | 'today';

export interface GenerateOptions {
  /** Task runs of a clean build; a build with sstate, failures or a kill has fewer. */
  readonly tasks: number;
  /** Drives the noise of this build. Recipes, their tasks and typical times do not depend on it, so builds compare. */
  readonly seed: number;
  /** BUILDNAME; null: the build's start as 14 digits (12 in 2011, as bitbake did then). */
  readonly name: string | null;
  readonly era: Era;
  /** Tasks that fail, with `-k`: what needs them is not run. */
  readonly failures: number;
  /** Share of recipes restored from sstate, 0..1: they have only `_setscene` tasks. */
  readonly sstate: number;
  /** Relative noise of each task's time: 0.1 is about +-10 %. */
  readonly drift: number;
  /** Kill the build at a moment when this many tasks are running; they have no end and build_stats has none. */
  readonly unfinished: number;
  /** Samples per second; 0: none. */
  readonly samplesHz: number;
  /** Build Started, epoch ms. */
  readonly startMs: number;
  /** BB_NUMBER_THREADS. */
  readonly threads: number;
  /** Cores of the host; PARALLEL_MAKE is the same. */
  readonly cores: number;
  /** Times every do_compile takes this much longer: a regression to find. */
  readonly slowCompile: number;
  /** This many recipes have a newer version than in the facts. */
  readonly upgrades: number;
  readonly machine: string;
  /** Size of all recipes: 0.1 makes a build of a tenth of the work, for samples that are looked at and not waited for. */
  readonly workScale: number;
}

export const DEFAULT_OPTIONS: GenerateOptions = {
  tasks: 10_000,
  seed: 1,
  name: null,
  era: 'today',
  failures: 0,
  sstate: 0,
  drift: 0.1,
  unfinished: 0,
  samplesHz: 1,
  // 2026-01-01 00:00:08 UTC: a fixed date, because a build made twice must be the same build.
  startMs: Date.UTC(2026, 0, 1, 0, 0, 8),
  threads: 16,
  cores: 32,
  slowCompile: 1,
  upgrades: 0,
  machine: 'qemux86-64',
  workScale: 1,
};

/** BUILDNAME of a start: `20260101000008`; before bitbake 1.28 without seconds. */
export function buildNameOf(startMs: number, era: Era): string {
  const digits = new Date(startMs).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return era === '2011' ? digits.slice(0, 12) : digits;
}
