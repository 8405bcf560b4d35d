/** What a person wants to know first of one build. Pure; sums are over executed task runs, and null where nothing recorded them. */
import type { Build } from '../model/build.ts';
import { buildDurationMs } from '../model/build.ts';
import { compareText } from '../model/task-rows.ts';
import { TASK_OUTCOMES, type TaskGraph, type TaskOutcome, type TaskTable } from '../model/task-table.ts';
import type { Bytes, DurationMs, EpochMs, Seconds } from '../model/units.ts';
import { metricColumn } from './compare.ts';
import { type ChainFigures, longestChain } from './critical-path.ts';
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
  /** The longest chain of dependencies; null: no source told the task graph, or nothing took time. */
  readonly longestChain: (ChainFigures & { readonly runs: readonly TaskRunLine[] }) | null;
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

export interface SummaryInput extends CompareInput {
  readonly graph: TaskGraph | null;
}

export function summarizeBuild({ head, tasks, graph }: SummaryInput, options: SummaryOptions): BuildSummary {
  const walltime = metricColumn(tasks, 'walltime');
  const cputime = metricColumn(tasks, 'cputime');
  const own = metricColumn(tasks, 'rusage.ru_maxrss');
  const children = metricColumn(tasks, 'child_rusage.ru_maxrss');
  const read = metricColumn(tasks, 'read_bytes');
  const write = metricColumn(tasks, 'write_bytes');
  const sums = sumUp(tasks, head.recipes.length, { walltime, cputime, read, write, own, children }, options.top);
  const outcomes: Partial<Record<TaskOutcome, number>> = {};
  TASK_OUTCOMES.forEach((outcome, index) => {
    if (sums.outcomes[index]! > 0) outcomes[outcome] = sums.outcomes[index]!;
  });

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
      rssKibMax: recorded(largestProcess(own, children, row)),
    };
  };
  const groups = ({ runs, walltime: wall, cputime: cpu }: GroupSums, names: readonly string[]): GroupLine[] =>
    Array.from(names, (name, key) => ({
      name,
      runs: runs[key]!,
      walltimeS: recorded(wall[key]),
      cputimeS: recorded(cpu[key]),
    }))
      .filter((group) => group.runs > 0)
      .sort((x, y) => (y.walltimeS ?? 0) - (x.walltimeS ?? 0) || compareText(x.name, y.name))
      .slice(0, options.top);

  const chain = longestChain({ tasks, graph });
  const recipeNames = namesOfRecipes(head.recipes);
  const durationMs = buildDurationMs(head);
  const perSecond = (seconds: number | null): number | null =>
    seconds === null || durationMs === null || durationMs === 0 ? null : seconds / (durationMs / 1000);
  const walltimeS = recorded(sums.walltime);
  const cputimeS = recorded(sums.cputime);
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
    taskRuns: sums.executed,
    recipes: sums.byRecipe.runs.reduce((count, runs) => count + (runs > 0 ? 1 : 0), 0),
    taskOutcomes: outcomes,
    walltimeS,
    cputimeS,
    parallelism: perSecond(cputimeS),
    runningMean: perSecond(walltimeS),
    readBytes: recorded(sums.read),
    writeBytes: recorded(sums.write),
    longestChain:
      chain === null || chain.parallelismMax === null
        ? null
        : {
            lengthMs: chain.lengthMs,
            tasks: chain.runs.length,
            parallelismMax: chain.parallelismMax,
            runs: chain.runs.map(line),
          },
    longest: sums.longest.map(line),
    mostCpu: sums.mostCpu.map(line),
    mostMemory: sums.mostMemory.map(line),
    byTask: groups(sums.byTask, tasks.taskNames),
    byRecipe: groups(sums.byRecipe, recipeNames),
    failures: head.failures,
    qaIssues: head.qaIssues,
    phases: head.phases,
    rootfsSizes: head.rootfsSizes,
    problems: head.problems,
  };
}

interface GroupSums {
  readonly runs: Uint32Array;
  /** Seconds; NaN where no run of the group recorded any. */
  readonly walltime: Float64Array;
  readonly cputime: Float64Array;
}

interface Sums {
  readonly executed: number;
  /** Rows by outcome, all of them. */
  readonly outcomes: Uint32Array;
  /** NaN: no executed row recorded it. */
  readonly walltime: number;
  readonly cputime: number;
  readonly read: number;
  readonly write: number;
  readonly byTask: GroupSums;
  readonly byRecipe: GroupSums;
  /** Rows, largest value first, ties in row order (which is by name). */
  readonly longest: readonly number[];
  readonly mostCpu: readonly number[];
  readonly mostMemory: readonly number[];
}

type Column = Float64Array | null;

/**
 * One pass over the rows for all of it. In a process that lives a tenth of a second a loop is interpreted for its first thousands of
 * rounds, so ten loops over 10,000 rows took as long as reading 2,000 files (20 ms), and this one takes 4.
 */
function sumUp(
  tasks: TaskTable,
  recipes: number,
  columns: Readonly<Record<'walltime' | 'cputime' | 'read' | 'write' | 'own' | 'children', Column>>,
  top: number,
): Sums {
  const groupSums = (count: number): GroupSums => ({
    runs: new Uint32Array(count),
    walltime: new Float64Array(count).fill(Number.NaN),
    cputime: new Float64Array(count).fill(Number.NaN),
  });
  const byTask = groupSums(tasks.taskNames.length);
  const byRecipe = groupSums(recipes);
  const outcomes = new Uint32Array(TASK_OUTCOMES.length);
  const longest: Largest = { rows: [], values: [] };
  const mostCpu: Largest = { rows: [], values: [] };
  const mostMemory: Largest = { rows: [], values: [] };
  let executed = 0;
  let walltime = Number.NaN;
  let cputime = Number.NaN;
  let read = Number.NaN;
  let write = Number.NaN;
  for (let row = 0; row < tasks.length; row++) {
    const outcome = tasks.outcome[row]!;
    outcomes[outcome] = outcomes[outcome]! + 1;
    if (!wasExecuted(outcome)) continue;
    executed++;
    const task = tasks.task[row]!;
    const recipe = tasks.recipe[row]!;
    byTask.runs[task] = byTask.runs[task]! + 1;
    byRecipe.runs[recipe] = byRecipe.runs[recipe]! + 1;
    const wall = columns.walltime === null ? Number.NaN : columns.walltime[row]!;
    if (wall >= 0 || wall < 0) {
      walltime = plus(walltime, wall);
      byTask.walltime[task] = plus(byTask.walltime[task]!, wall);
      byRecipe.walltime[recipe] = plus(byRecipe.walltime[recipe]!, wall);
      keepLargest(longest, row, wall, top);
    }
    const cpu = columns.cputime === null ? Number.NaN : columns.cputime[row]!;
    if (cpu >= 0 || cpu < 0) {
      cputime = plus(cputime, cpu);
      byTask.cputime[task] = plus(byTask.cputime[task]!, cpu);
      byRecipe.cputime[recipe] = plus(byRecipe.cputime[recipe]!, cpu);
      keepLargest(mostCpu, row, cpu, top);
    }
    if (columns.read !== null) read = plus(read, columns.read[row]!);
    if (columns.write !== null) write = plus(write, columns.write[row]!);
    keepLargest(mostMemory, row, largestProcess(columns.own, columns.children, row), top);
  }
  return {
    executed,
    outcomes,
    walltime,
    cputime,
    read,
    write,
    byTask,
    byRecipe,
    longest: longest.rows,
    mostCpu: mostCpu.rows,
    mostMemory: mostMemory.rows,
  };
}

/** A sum in which NaN is "nothing yet" and "nothing to add". */
function plus(sum: number, value: number): number {
  if (Number.isNaN(value)) return sum;
  return Number.isNaN(sum) ? value : sum + value;
}

/** A short list of rows, largest value first: sorting all 10,000 to show ten would take as long as reading them. */
function keepLargest(kept: Largest, row: number, value: number, count: number): void {
  const { rows, values } = kept;
  if (!(value > 0) || count < 1) return;
  if (rows.length === count && !(value > values[count - 1]!)) return;
  let at = rows.length === count ? count - 1 : rows.length;
  while (at > 0 && values[at - 1]! < value) {
    rows[at] = rows[at - 1]!;
    values[at] = values[at - 1]!;
    at--;
  }
  rows[at] = row;
  values[at] = value;
}

interface Largest {
  readonly rows: number[];
  readonly values: number[];
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

/** The largest single process of a task: itself or one that it ran. NaN: not recorded. */
function largestProcess(own: Column, children: Column, row: number): number {
  const a = own === null ? Number.NaN : own[row]!;
  const b = children === null ? Number.NaN : children[row]!;
  return a >= b || Number.isNaN(b) ? a : b;
}
