/** What a person wants to know first of one build. Pure; sums are over executed task runs, and null where nothing recorded them. */
import type { Build } from '../model/build.ts';
import { buildDurationMs } from '../model/build.ts';
import { metricFor } from '../model/metric-registry.ts';
import { compareText } from '../model/task-rows.ts';
import { TASK_OUTCOMES, type TaskOutcome } from '../model/task-table.ts';
import type { Bytes, DurationMs, EpochMs, Seconds } from '../model/units.ts';
import { metricColumn, totalOf } from './compare.ts';
import { type CompareInput, wasExecuted } from './join-builds.ts';

export interface SummaryOptions {
  /** Entries of each list. */
  readonly top: number;
}

export interface TaskRunLine {
  readonly row: number;
  readonly mc: string;
  readonly pn: string;
  readonly pf: string;
  readonly task: string;
  readonly outcome: TaskOutcome;
  readonly startMs: EpochMs | null;
  readonly walltimeS: Seconds | null;
  readonly cputimeS: Seconds | null;
  /** Largest single process, KiB as the kernel counts it. */
  readonly rssKibMax: number | null;
}

export interface GroupLine {
  /** Task name, or recipe as `pn` (`mc:pn` in a multiconfig). */
  readonly name: string;
  readonly runs: number;
  readonly walltimeS: Seconds | null;
  readonly cputimeS: Seconds | null;
}

export interface BuildSummary {
  readonly name: string;
  readonly outcome: Build['outcome'];
  readonly startedMs: EpochMs | null;
  readonly endedMs: EpochMs | null;
  readonly endEstimated: boolean;
  readonly durationMs: DurationMs | null;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly host: Build['host'];
  readonly bitbakeVersion: string | null;
  readonly type: Build['type'];
  readonly layers: Build['layers'];
  /** Executed task runs, setscene ones included. */
  readonly taskRuns: number;
  readonly recipes: number;
  readonly taskOutcomes: Readonly<Partial<Record<TaskOutcome, number>>>;
  /** Sum over the task runs: what ran side by side counts in full. */
  readonly walltimeS: Seconds | null;
  readonly cputimeS: Seconds | null;
  /** CPU time / duration. */
  readonly parallelism: number | null;
  /** Sum of task wall times / duration: how many ran at a time, in the mean. */
  readonly runningMean: number | null;
  readonly readBytes: Bytes | null;
  readonly writeBytes: Bytes | null;
  readonly longest: readonly TaskRunLine[];
  readonly mostCpu: readonly TaskRunLine[];
  readonly mostMemory: readonly TaskRunLine[];
  readonly byTask: readonly GroupLine[];
  readonly byRecipe: readonly GroupLine[];
  readonly failures: Build['failures'];
  readonly qaIssues: Build['qaIssues'];
  readonly phases: Build['phases'];
  readonly rootfsSizes: Build['rootfsSizes'];
  readonly problems: Build['problems'];
}

const MEMORY = ['rusage.ru_maxrss', 'child_rusage.ru_maxrss'] as const;

export function summarizeBuild({ head, tasks }: CompareInput, options: SummaryOptions): BuildSummary {
  const walltime = metricColumn(tasks, 'walltime');
  const cputime = metricColumn(tasks, 'cputime');
  const memory = largestOf(
    MEMORY.map((id) => metricColumn(tasks, id)),
    tasks.length,
  );

  const outcomes: Partial<Record<TaskOutcome, number>> = {};
  const executed: number[] = [];
  for (let row = 0; row < tasks.length; row++) {
    const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (wasExecuted(tasks.outcome[row]!)) executed.push(row);
  }

  const line = (row: number): TaskRunLine => {
    const recipe = head.recipes[tasks.recipe[row]!]!;
    return {
      row,
      mc: recipe.mc,
      pn: recipe.pn,
      pf: recipe.pf,
      task: tasks.taskNames[tasks.task[row]!]!,
      outcome: TASK_OUTCOMES[tasks.outcome[row]!]!,
      startMs: recorded(tasks.startMs[row]!),
      walltimeS: recorded(walltime?.[row]),
      cputimeS: recorded(cputime?.[row]),
      rssKibMax: recorded(memory?.[row]),
    };
  };
  /** Rows with the largest values, largest first, ties by row (which is by name). */
  const most = (column: Float64Array | null): TaskRunLine[] =>
    column === null ? [] : largestRows(column, executed, options.top).map(line);
  const groups = (count: number, keyOf: (row: number) => number, nameOf: (key: number) => string): GroupLine[] => {
    const runs = new Uint32Array(count);
    const wall = new Float64Array(count).fill(Number.NaN);
    const cpu = new Float64Array(count).fill(Number.NaN);
    for (const row of executed) {
      const key = keyOf(row);
      runs[key] = runs[key]! + 1;
      addTo(wall, key, walltime?.[row]);
      addTo(cpu, key, cputime?.[row]);
    }
    return Array.from(runs, (_, key) => key)
      .filter((key) => runs[key]! > 0)
      .map((key) => ({
        name: nameOf(key),
        runs: runs[key]!,
        walltimeS: recorded(wall[key]),
        cputimeS: recorded(cpu[key]),
      }))
      .sort((a, b) => (b.walltimeS ?? 0) - (a.walltimeS ?? 0) || compareText(a.name, b.name))
      .slice(0, options.top);
  };

  const recipeNames = namesOfRecipes(head.recipes);
  const durationMs = buildDurationMs(head);
  const total = (id: string): number | null => totalOf(tasks, metricFor(id));
  const perSecond = (seconds: number | null): number | null =>
    seconds === null || durationMs === null || durationMs === 0 ? null : seconds / (durationMs / 1000);
  const walltimeS = total('walltime');
  const cputimeS = total('cputime');
  return {
    name: head.name,
    outcome: head.outcome,
    startedMs: head.startedMs,
    endedMs: head.endedMs,
    endEstimated: head.endEstimated,
    durationMs,
    targets: head.targets,
    machine: head.machine,
    distro: head.distro,
    host: head.host,
    bitbakeVersion: head.bitbakeVersion,
    type: head.type,
    layers: head.layers,
    taskRuns: executed.length,
    recipes: new Set(executed.map((row) => tasks.recipe[row]!)).size,
    taskOutcomes: outcomes,
    walltimeS,
    cputimeS,
    parallelism: perSecond(cputimeS),
    runningMean: perSecond(walltimeS),
    readBytes: total('read_bytes'),
    writeBytes: total('write_bytes'),
    longest: most(walltime),
    mostCpu: most(cputime),
    mostMemory: most(memory),
    byTask: groups(
      tasks.taskNames.length,
      (row) => tasks.task[row]!,
      (key) => tasks.taskNames[key]!,
    ),
    byRecipe: groups(
      head.recipes.length,
      (row) => tasks.recipe[row]!,
      (key) => recipeNames[key]!,
    ),
    failures: head.failures,
    qaIssues: head.qaIssues,
    phases: head.phases,
    rootfsSizes: head.rootfsSizes,
    problems: head.problems,
  };
}

/**
 * The `count` rows with the largest values above zero, by keeping a short sorted list: sorting all 10,000 to show ten would take as long
 * as reading them.
 */
function largestRows(column: Float64Array, rows: readonly number[], count: number): number[] {
  const kept: number[] = [];
  for (const row of rows) {
    const value = column[row]!;
    if (!(value > 0) || count < 1) continue;
    if (kept.length === count && !(value > column[kept[count - 1]!]!)) continue;
    let at = kept.length === count ? count - 1 : kept.length;
    while (at > 0 && column[kept[at - 1]!]! < value) {
      kept[at] = kept[at - 1]!;
      at--;
    }
    kept[at] = row;
  }
  return kept;
}

/** Per recipe: PN, its PF where the build has that PN twice, after `mc:x:` outside the default multiconfig. */
function namesOfRecipes(recipes: Build['recipes']): string[] {
  const withMc = (mc: string, name: string): string => (mc === '' ? name : `mc:${mc}:${name}`);
  const count = new Map<string, number>();
  for (const { mc, pn } of recipes) count.set(withMc(mc, pn), (count.get(withMc(mc, pn)) ?? 0) + 1);
  return recipes.map(({ mc, pn, pf }) => withMc(mc, (count.get(withMc(mc, pn)) ?? 0) > 1 ? pf : pn));
}

function recorded(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function addTo(sums: Float64Array, key: number, value: number | undefined): void {
  if (value === undefined || Number.isNaN(value)) return;
  const sum = sums[key]!;
  sums[key] = Number.isNaN(sum) ? value : sum + value;
}

/** Element by element the largest that is recorded; null when there is no column. */
function largestOf(columns: readonly (Float64Array | null)[], length: number): Float64Array | null {
  const present = columns.filter((column) => column !== null);
  if (present.length === 0) return null;
  const largest = new Float64Array(length).fill(Number.NaN);
  for (const column of present) {
    for (let row = 0; row < length; row++) {
      const value = column[row]!;
      if (!(largest[row]! >= value) && !Number.isNaN(value)) largest[row] = value;
    }
  }
  return largest;
}
