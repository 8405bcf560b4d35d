import type { BuildOutcome, BuildType } from '../../model/build.ts';
import { TASK_FAILED, TASK_SUCCEEDED, TASK_UNFINISHED, type TaskTable } from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';

/**
 * A build without an end that said something this recently is running. Samples come every second, on the autobuilder every
 * minute; ten minutes bridges a cooker that is busy itself.
 */
export const QUIET_MS_MAX = 600_000;

/** What is known of a build's end. */
export interface OutcomeEvidence {
  /** `Build Started` + `Elapsed time`; null when the build wrote no end. */
  readonly endedMs: EpochMs | null;
  readonly hasBuildStats: boolean;
  readonly failedAtLines: number;
  /** Newest time inside the data: starts, ends, samples. */
  readonly lastRecordedMs: EpochMs | null;
  /** Newest modification of a file, where a reader knows it. */
  readonly lastWrittenMs: EpochMs | null;
  readonly hasSamples: boolean;
  readonly nowMs: EpochMs;
}

/**
 * How a build went, as far as buildstats can tell:
 *
 *     no end, something recent              running
 *     a task failed                         failed
 *     an end, and tasks killed on the way   interrupted
 *     an end, and nothing failed            succeeded (an interrupt that let its tasks finish looks the same: the event log knows)
 *     no end, quiet                         lost
 *     no build_stats                        not-recorded
 *
 * Where samples are written they are the sign of life. Before pyro there were none and a task may compile for hours in silence,
 * so there a file's modification counts. Not later: a checked-out or copied build has fresh files.
 */
export function deriveOutcome(tasks: TaskTable, evidence: OutcomeEvidence): BuildOutcome {
  const { endedMs, nowMs } = evidence;
  if (endedMs === null && evidence.hasBuildStats) {
    const recent = (ms: EpochMs | null) => ms !== null && Math.abs(nowMs - ms) <= QUIET_MS_MAX;
    if (recent(evidence.lastRecordedMs)) return 'running';
    if (!evidence.hasSamples && recent(evidence.lastWrittenMs)) {
      const last = evidence.lastRecordedMs;
      // A day: no task is silent for longer, and copies of old builds are older.
      if (last !== null && nowMs - last < 86_400_000) return 'running';
    }
  }
  if (evidence.failedAtLines > 0 || tasks.outcome.includes(TASK_FAILED)) return 'failed';
  if (!evidence.hasBuildStats) return 'not-recorded';
  if (endedMs === null) return 'lost';
  for (let row = 0; row < tasks.length; row++) {
    if (tasks.outcome[row] === TASK_UNFINISHED && !isSetscene(tasks.taskNames[tasks.task[row]!]!)) return 'interrupted';
  }
  return 'succeeded';
}

export function isSetscene(taskName: string): boolean {
  return taskName.endsWith('_setscene');
}

/** A build of fewer recipes began with something there: even one native recipe from nothing pulls in more than this. */
const CLEAN_RECIPES_MIN = 20;
/** Of the recipes that compiled or configured, this share also unpacked: nothing was there before. */
const CLEAN_UNPACKED_SHARE = 0.9;
/** Setscene runs per recipe from which on sstate has done much of the work. */
const SSTATE_SHARE = 0.2;

/** The kind of build, estimated from which tasks ran: buildstats has no word about stamps or sstate. */
export function estimateType(tasks: TaskTable, recipeCount: number, ended: boolean): BuildType {
  const estimated = (kind: BuildType['kind']): BuildType => ({
    kind,
    estimated: kind !== 'not-recorded',
    sstate: null,
  });
  // An end and no task at all: every stamp was current.
  if (tasks.length === 0) return estimated(ended ? 'incremental' : 'not-recorded');

  const setscene = tasks.taskNames.map(isSetscene);
  const begins = tasks.taskNames.map((name) => name === 'do_unpack' || name === 'do_fetch');
  const works = tasks.taskNames.map((name) => name === 'do_configure' || name === 'do_compile');
  const unpacked = new Set<number>();
  const worked = new Set<number>();
  let restored = 0;
  for (let row = 0; row < tasks.length; row++) {
    const task = tasks.task[row]!;
    if (setscene[task] && tasks.outcome[row] === TASK_SUCCEEDED) restored++;
    if (begins[task]) unpacked.add(tasks.recipe[row]!);
    if (works[task]) worked.add(tasks.recipe[row]!);
  }
  if (restored > 0 && restored >= SSTATE_SHARE * recipeCount) return estimated('sstate');
  if (recipeCount >= CLEAN_RECIPES_MIN) {
    const both = [...worked].filter((recipe) => unpacked.has(recipe)).length;
    if (unpacked.size > 0 && both >= CLEAN_UNPACKED_SHARE * worked.size) return estimated('clean');
  }
  return estimated('incremental');
}

/**
 * Of a running build, whose next task may change it: nothing until enough recipes have begun to tell a clean build from a small one.
 * From then on it has a kind, and with it a history to be measured by.
 */
export function estimateTypeSoFar(tasks: TaskTable, recipeCount: number): BuildType {
  if (recipeCount < CLEAN_RECIPES_MIN) return { kind: 'not-recorded', estimated: false, sstate: null };
  return estimateType(tasks, recipeCount, false);
}
