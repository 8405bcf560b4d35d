/**
 * Assembles builds from the files of one buildstats directory, in any order and from anywhere: a directory, a tar, a listing.
 *
 *     const reader = new BuildstatsReader({ name: '20261121005839', location: '/b/tmp/buildstats/20261121005839', nowMs });
 *     reader.addFile('busybox-1.36-r0/do_compile', bytes);
 *     …
 *     const build = reader.finish();
 */
import { type Build, type Failure, NOT_REPORTED, type Recipe } from '../../model/build.ts';
import { DERIVED_FROM, deriveMetrics } from '../../model/derive-metrics.ts';
import { BUILD_STATS_BYTES_MAX, RECIPES_MAX, TASK_FILE_BYTES_MAX, TASK_NAMES_MAX } from '../../model/limits.ts';
import { type Problem, ProblemList } from '../../model/problem.ts';
import type { SampleTable } from '../../model/samples.ts';
import { compareText } from '../../model/task-rows.ts';
import { TASK_FAILED, TASK_RUNNING, TASK_UNFINISHED, type TaskTable } from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';
import { type BuildStatsBlock, readBuildStats } from './build-stats-file.ts';
import { GrowingRows } from './growing-rows.ts';
import { hostOf } from './host-info.ts';
import { deriveOutcome, estimateType, estimateTypeSoFar, isSetscene } from './outcome.ts';
import { splitRecipeName } from './recipe-name.ts';
import { SampleFiles } from './sample-files.ts';
import type { SampleFrames } from './sample-frames.ts';
import { sortRows } from './sort-rows.ts';
import { type RecipeDirectory, recipeDirectory, TaskFileReader } from './task-file.ts';

export interface BuildstatsOptions {
  /** Name of the build directory: the BUILDNAME. */
  readonly name: string;
  /** Where it is, for `Build.sources`. */
  readonly location: string;
  /** Up to jethro the directory above, `<target>-<machine>`; null when the build directory lies in buildstats itself. */
  readonly folder?: string | null;
  /** The clock: decides between running and lost. Epoch ms. */
  readonly nowMs: EpochMs;
  /**
   * Metrics to read, by id, derived ones too (`['cputime']`); walltime is always there. Default: all of them. An empty list reads
   * starts, ends and outcomes only.
   */
  readonly metrics?: readonly string[] | undefined;
  /** False: sample files are passed over. Default true. */
  readonly samples?: boolean | undefined;
}

/** Task names as bitbake has them. Editor backups and copies (`do_compile~`, `do_fetch.txt`) are none. */
const TASK_NAME = /^do_[A-Za-z0-9_+-]{1,200}$/;

/** Attribution of task runs to appended builds: events of one build lie behind its `Build Started`, rounded to 0.01 s. */
const SEGMENT_SLACK_MS = 20;

export class BuildstatsReader {
  readonly problems = new ProblemList();
  readonly wantsSamples: boolean;
  readonly #options: BuildstatsOptions;
  readonly #rows = new GrowingRows();
  readonly #taskFiles: TaskFileReader;
  readonly #samples: SampleFiles;
  readonly #recipes: Recipe[] = [];
  readonly #directories = new Map<string, RecipeDirectory | null>();
  readonly #taskNames: string[] = [];
  readonly #taskIndex = new Map<string, number>();
  #buildStats: BuildStatsBlock[] | null = null;
  #lastWrittenMs: EpochMs | null = null;

  constructor(options: BuildstatsOptions) {
    this.#options = options;
    this.wantsSamples = options.samples ?? true;
    this.#taskFiles = new TaskFileReader(
      this.#rows,
      this.problems,
      wantedColumns(options.metrics),
      new Set(CLOCK_TICKS.filter((id) => !options.metrics?.includes(id))),
    );
    this.#samples = new SampleFiles(this.problems);
  }

  /** About so many task runs will come. */
  expectTasks(count: number): void {
    this.#rows.reserve(count);
  }

  /** True until a `build_stats` was added. */
  get lacksBuildStats(): boolean {
    return this.#buildStats === null;
  }

  /** True when an end is recorded: then nobody needs the times of modification. */
  get ended(): boolean {
    return this.#buildStats?.at(-1)?.endedMs != null;
  }

  get hasSamples(): boolean {
    return this.#samples.size > 0;
  }

  /** A file of the build was modified at `ms`. */
  written(ms: EpochMs): void {
    if (this.#lastWrittenMs === null || ms > this.#lastWrittenMs) this.#lastWrittenMs = ms;
  }

  /**
   * Adds a whole file by its path inside the build directory, with `/` between names. Files of no known kind are noted
   * and passed over.
   */
  addFile(path: string, bytes: Uint8Array, length = bytes.length): void {
    const slash = path.indexOf('/');
    if (slash < 0) {
      if (path === 'build_stats') this.addBuildStats(bytes, length);
      else if (isSampleFile(path)) {
        if (this.wantsSamples) this.#samples.add(path, bytes, length);
      } else this.noteOther(path);
      return;
    }
    const name = path.slice(slash + 1);
    if (TASK_NAME.test(name)) {
      const recipe = this.recipe(path.slice(0, slash));
      if (recipe !== null) this.addTaskFile(recipe, name, bytes, length);
    } else if (isSampleFile(name) && !name.includes('/')) {
      if (this.wantsSamples) this.#samples.add(path, bytes, length);
    } else this.noteOther(path);
  }

  /** A file that is none of buildstats'. */
  noteOther(path: string): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.startsWith('host_stats')) {
      this.problems.add(
        'note',
        'host-stats-not-read',
        'Output of the commands in BB_LOG_HOST_STAT_CMDS: text, not read.',
        path,
      );
      return;
    }
    this.problems.add('note', 'file-not-read', 'No file of buildstats by its name; it was not read.', path);
  }

  addBuildStats(bytes: Uint8Array, length = bytes.length): void {
    if (length > BUILD_STATS_BYTES_MAX) {
      this.problems.add(
        'warning',
        'file-too-large',
        'The file is larger than any build_stats; its beginning was read.',
        'build_stats',
      );
    }
    const text = new TextDecoder().decode(bytes.subarray(0, Math.min(length, BUILD_STATS_BYTES_MAX)));
    this.#buildStats = readBuildStats(text, this.#options.name, this.problems);
  }

  /** A sample file that comes in pieces: push each, then `end()`. */
  openSampleFile(path: string): SampleFrames {
    return this.#samples.open(path);
  }

  /** True for the name of a task file. */
  isTask(name: string): boolean {
    return this.#taskIndex.has(name) || TASK_NAME.test(name);
  }

  /** The recipe of a directory name; null when the build has RECIPES_MAX already. */
  recipe(pf: string): RecipeDirectory | null {
    const known = this.#directories.get(pf);
    if (known !== undefined) return known;
    if (this.#recipes.length >= RECIPES_MAX) {
      this.problems.add(
        'error',
        'too-many-recipes',
        'The build has more recipes than are kept; this one was left out.',
        pf,
      );
      return null;
    }
    const directory = recipeDirectory(pf, this.#recipes.length);
    this.#recipes.push({ pf, ...splitRecipeName(pf), guessed: true, mc: '', layer: null, file: null });
    this.#directories.set(pf, directory);
    return directory;
  }

  /** True when only starts, ends and outcomes are wanted: then `addTaskText` is worth trying first. */
  get takesText(): boolean {
    return this.#taskFiles.takesText;
  }

  /** Adds a task file given as latin1 text, if it is plain; false when `addTaskFile` must do it. Only with `takesText`. */
  addTaskText(recipe: RecipeDirectory, taskName: string, text: string): boolean {
    const task = this.#taskOf(recipe, taskName);
    return task < 0 || this.#taskFiles.readText(text, recipe, taskName, task);
  }

  #taskOf(recipe: RecipeDirectory, taskName: string): number {
    const known = this.#taskIndex.get(taskName);
    if (known !== undefined) return known;
    const task = this.#taskNames.length;
    if (task >= TASK_NAMES_MAX) {
      this.problems.add(
        'error',
        'too-many-task-names',
        'The build has more different tasks than are kept; this one was left out.',
        `${recipe.pf}/${taskName}`,
      );
      return -1;
    }
    this.#taskNames.push(taskName);
    this.#taskIndex.set(taskName, task);
    return task;
  }

  /** The fast lane of `addFile` for a task file. */
  addTaskFile(recipe: RecipeDirectory, taskName: string, bytes: Uint8Array, length: number): void {
    const task = this.#taskOf(recipe, taskName);
    if (task < 0) return;
    let size = length;
    if (size > TASK_FILE_BYTES_MAX) {
      this.problems.add(
        'warning',
        'file-too-large',
        'The file is larger than any task file; its beginning was read.',
        `${recipe.pf}/${taskName}`,
      );
      size = TASK_FILE_BYTES_MAX;
    }
    this.#taskFiles.read(bytes, size, recipe, taskName, task);
  }

  /** The newest build of the directory. */
  finish(): Build {
    const builds = this.finishAll();
    return builds[builds.length - 1]!;
  }

  /** Every build of the directory, oldest first: several when local.conf sets BUILDNAME and each build appends. Never empty. */
  finishAll(): Build[] {
    const blocks = this.#buildStats ?? [];
    if (this.#buildStats === null) {
      this.problems.add(
        'warning',
        'build-stats-missing',
        'There is no build_stats: start and end are those of the tasks, and how the build ended is not recorded.',
      );
    }
    const samples = this.#samples.finish();
    if (blocks.length <= 1) return [this.#assemble(blocks[0] ?? null, null, samples)];

    this.problems.add(
      'note',
      'several-builds',
      `The directory holds ${blocks.length} builds, one appended to the other (BUILDNAME is set in local.conf); tasks were divided by time.`,
      'build_stats',
    );
    // Blocks are in the order of their ends, nearly always that of their starts.
    const sorted = blocks.toSorted((a, b) => (a.startedMs ?? 0) - (b.startedMs ?? 0));
    return sorted.map((block, i) => {
      const fromMs = i === 0 ? Number.NEGATIVE_INFINITY : block.startedMs! - SEGMENT_SLACK_MS;
      const next = sorted[i + 1]?.startedMs;
      const untilMs = next == null ? Number.POSITIVE_INFINITY : next - SEGMENT_SLACK_MS;
      return this.#assemble(block, this.#rowsBetween(fromMs, untilMs), cutSamples(samples, fromMs, untilMs));
    });
  }

  /** Rows that started, or else ended, in [fromMs, untilMs); those without any time belong to the last build. */
  #rowsBetween(fromMs: number, untilMs: number): Uint32Array {
    const rows = this.#rows;
    const selected: number[] = [];
    for (let row = 0; row < rows.length; row++) {
      const start = rows.startMs[row]!;
      const end = rows.endMs[row]!;
      const time = !Number.isNaN(start) ? start : !Number.isNaN(end) ? end : Number.MAX_VALUE;
      if (time >= fromMs && time < untilMs) selected.push(row);
    }
    return Uint32Array.from(selected);
  }

  #assemble(block: BuildStatsBlock | null, selected: Uint32Array | null, samples: readonly SampleTable[]): Build {
    const { name, location, nowMs } = this.#options;
    const { recipes, tasks: read } = sortRows(this.#rows, this.#recipes, this.#taskNames, selected);
    const problems = new ProblemList();
    problems.addAll(this.problems.list());

    let firstMs = Number.POSITIVE_INFINITY;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < read.length; row++) {
      const start = read.startMs[row]!;
      const end = read.endMs[row]!;
      if (start < firstMs) firstMs = start;
      if (start > lastMs) lastMs = start;
      if (end > lastMs) lastMs = end;
    }
    for (const { timeMs } of samples) {
      if (timeMs.length > 0) {
        if (timeMs[0]! < firstMs) firstMs = timeMs[0]!;
        lastMs = Math.max(lastMs, timeMs[timeMs.length - 1]!);
      }
    }
    const lastEventMs = Number.isFinite(lastMs) ? lastMs : null;
    const startedMs = block?.startedMs ?? (Number.isFinite(firstMs) ? firstMs : null);
    const recordedEndMs = block?.endedMs ?? null;
    const lastRecordedMs = lastEventMs === null ? startedMs : Math.max(lastEventMs, startedMs ?? lastEventMs);
    const outcome = deriveOutcome(read, {
      endedMs: recordedEndMs,
      hasBuildStats: block !== null,
      failedAtLines: block?.failed.length ?? 0,
      lastRecordedMs,
      lastWrittenMs: this.#lastWrittenMs,
      hasSamples: samples.length > 0,
      nowMs,
    });
    const endEstimated = recordedEndMs === null && outcome !== 'running' && lastEventMs !== null;

    noteQuietSetsceneFailures(read, recipes, problems);
    const tasks = withDerived(outcome === 'running' ? withRunning(read) : read, this.#options.metrics);
    const total = samples.find((table) => table.series.some((series) => series.id === 'memory.free'));
    const memoryBytes = total?.series.find((series) => series.id === 'memory.free')?.limit ?? null;

    return {
      name,
      sources: [{ kind: 'buildstats', location }],
      startedMs,
      endedMs: recordedEndMs ?? (endEstimated ? lastEventMs : null),
      endEstimated,
      outcome,
      ...targetOfFolder(this.#options.folder ?? null),
      distro: null,
      distroVersion: null,
      builder: null,
      ...NOT_REPORTED,
      host: { ...hostOf(block?.hostInfo ?? null), memoryBytes },
      bitbakeVersion: null,
      layers: [],
      type:
        outcome === 'running'
          ? estimateTypeSoFar(tasks, recipes.length)
          : estimateType(tasks, recipes.length, recordedEndMs !== null),
      variables: {},
      recipes,
      tasks,
      graph: null,
      phases: [],
      samples,
      failures: failuresOf(tasks, recipes, block),
      qaIssues: [],
      messages: [],
      rootfsSizes: block?.rootfsSizes ?? [],
      extras: { ...block?.extras, ...(this.#options.folder == null ? {} : { Folder: this.#options.folder }) },
      problems: sortedProblems(problems.list()),
    };
  }
}

/** By file and line, so that two readings agree although directories have no order. Those of no file come first. */
function sortedProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => compareText(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0));
}

/** Sample files are `*.log`; host_stats_*.log would be text. */
function isSampleFile(name: string): boolean {
  return name.endsWith('.log') && !name.startsWith('host_stats');
}

/** cputime is computed of these where rusage is not recorded. */
const CLOCK_TICKS = ['utime', 'stime', 'cutime', 'cstime'];

function wantedColumns(metrics: readonly string[] | undefined): 'all' | ReadonlySet<string> {
  if (metrics === undefined) return 'all';
  return new Set(metrics.flatMap((id) => DERIVED_FROM[id] ?? [id]));
}

function withDerived(tasks: TaskTable, wanted: readonly string[] | undefined): TaskTable {
  const derived = deriveMetrics(tasks, wanted === undefined ? null : new Set(wanted));
  return {
    ...tasks,
    metrics: [...tasks.metrics, ...derived.map(({ metric }) => metric)],
    values: new Map([...tasks.values, ...derived.map(({ metric, values }) => [metric.id, values] as const)]),
  };
}

/** In a running build a task without an end runs, but a setscene task that its real task has followed has failed. */
function withRunning(tasks: TaskTable): TaskTable {
  const followed = quietSetsceneFailures(tasks);
  const outcome = tasks.outcome.map((value, row) =>
    value === TASK_UNFINISHED && Number.isNaN(tasks.endMs[row]) && !followed.includes(row) ? TASK_RUNNING : value,
  );
  return { ...tasks, outcome };
}

/** Rows of `do_x_setscene` without an end whose recipe ran `do_x` afterwards. */
function quietSetsceneFailures(tasks: TaskTable): number[] {
  const found: number[] = [];
  for (let row = 0; row < tasks.length; row++) {
    if (tasks.outcome[row] !== TASK_UNFINISHED) continue;
    const name = tasks.taskNames[tasks.task[row]!]!;
    if (!isSetscene(name)) continue;
    const real = name.slice(0, -'_setscene'.length);
    // Rows of one recipe are neighbours and `do_x` sorts before `do_x_setscene`.
    for (let other = row - 1; other >= 0 && tasks.recipe[other] === tasks.recipe[row]; other--) {
      if (tasks.taskNames[tasks.task[other]!] === real && tasks.startMs[other]! >= tasks.startMs[row]!) {
        found.push(row);
        break;
      }
    }
  }
  return found;
}

function noteQuietSetsceneFailures(tasks: TaskTable, recipes: readonly Recipe[], problems: ProblemList): void {
  for (const row of quietSetsceneFailures(tasks)) {
    const name = tasks.taskNames[tasks.task[row]!]!;
    problems.add(
      'note',
      'setscene-failed',
      'The setscene task has no end and its real task ran afterwards: it failed, which BitBake does quietly.',
      `${recipes[tasks.recipe[row]!]!.pf}/${name}`,
    );
  }
}

/** Failed task runs: first in the order of the `Failed at` lines, then those that no line names, by end. */
function failuresOf(tasks: TaskTable, recipes: readonly Recipe[], block: BuildStatsBlock | null): Failure[] {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < tasks.length; row++) {
    if (tasks.outcome[row] !== TASK_FAILED) continue;
    const key = `${recipes[tasks.recipe[row]!]!.pf} ${tasks.taskNames[tasks.task[row]!]!}`;
    const rows = rowsOf.get(key);
    if (rows === undefined) rowsOf.set(key, [row]);
    else rows.push(row);
  }
  const failure = (row: number | null, pf: string, task: string): Failure => ({
    row,
    pf,
    task,
    mc: '',
    cause: null,
    logPath: null,
  });
  const failures: Failure[] = [];
  for (const { pf, task } of block?.failed ?? []) {
    failures.push(failure(rowsOf.get(`${pf} ${task}`)?.shift() ?? null, pf, task));
  }
  const rest = [...rowsOf.values()].flat();
  rest.sort((a, b) => tasks.endMs[a]! - tasks.endMs[b]! || 0 || a - b);
  for (const row of rest) {
    failures.push(failure(row, recipes[tasks.recipe[row]!]!.pf, tasks.taskNames[tasks.task[row]!]!));
  }
  return failures;
}

/**
 * Target and machine of a folder of 2011 to 2015, `<first target>-<MACHINE>`. Both may have dashes, so only the form of BitBake
 * 1.28, `core-image-minimal:do_build-qemux86`, can be split: task names have none.
 */
function targetOfFolder(folder: string | null): Pick<Build, 'targets' | 'machine'> {
  const match = folder === null ? null : /^([^:]+):do_\w+-(.+)$/.exec(folder);
  return match === null ? { targets: null, machine: null } : { targets: [match[1]!], machine: match[2]! };
}

function cutSamples(tables: readonly SampleTable[], fromMs: number, untilMs: number): SampleTable[] {
  const cut: SampleTable[] = [];
  for (const table of tables) {
    let from = 0;
    while (from < table.timeMs.length && table.timeMs[from]! < fromMs) from++;
    let until = from;
    while (until < table.timeMs.length && table.timeMs[until]! < untilMs) until++;
    if (until === from) continue;
    cut.push({
      ...table,
      timeMs: table.timeMs.slice(from, until),
      series: table.series.map((series) => ({ ...series, values: series.values.slice(from, until) })),
    });
  }
  return cut;
}
