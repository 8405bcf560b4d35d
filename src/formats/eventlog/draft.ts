import type { Message, QaIssue, SstateSummary } from '../../model/build.ts';
import {
  FAILURES_MAX,
  GRAPH_EDGES_MAX,
  MESSAGE_CHARS_MAX,
  MESSAGES_MAX,
  QA_ISSUES_MAX,
  RECIPES_MAX,
  TASK_NAMES_MAX,
  TASK_RUNS_MAX,
} from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import {
  TASK_COVERED,
  TASK_EXISTING,
  TASK_FAILED,
  TASK_NOEXEC,
  TASK_NOT_RUN,
  TASK_RUNNING,
  TASK_SUCCEEDED,
} from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';
import {
  type BuildConfiguration,
  causeLine,
  isBoilerplate,
  readBuildConfiguration,
  readQaIssue,
  readSstateSummary,
} from './messages.ts';
import { PickleDict, type PickleValue } from './unpickle.ts';

/** A task run while the log is read. `NaN` and '' are not recorded. */
export interface RunDraft {
  readonly recipe: RecipeDraft;
  readonly task: string;
  /** Place among the draft's runs. */
  readonly index: number;
  outcome: number;
  startMs: number;
  endMs: number;
  queuedMs: number;
  hash: string;
  pid: number;
}

export interface RecipeDraft {
  readonly mc: string;
  /** Path of the recipe with `virtual:native:` before it and without `mc:`; '' when only PF is known. */
  readonly file: string;
  pn: string | null;
  pf: string | null;
  /** PE, PV and PR as the dependency tree says. */
  version: { pe: string; pv: string; pr: string } | null;
  pv: string | null;
  /** The latest run of each task. */
  readonly tasks: Map<string, RunDraft>;
}

export interface FailureDraft {
  readonly run: RunDraft | null;
  readonly cause: string | null;
  readonly logPath: string | null;
}

/** The moments between phases, in the order in which bitbake passes them. */
export type Milestone = 'parsed' | 'init' | 'started' | 'prepare' | 'graph' | 'sstate' | 'completed' | 'closed';

interface Moment {
  /** The latest time that the log had told when the event came; NaN before any. */
  readonly before: number;
  /** The first time told after it; NaN until then. */
  after: number;
}

/** Event times are seconds; this range is 2000 to 2200. Anything else is no time and must not move the clock. */
const SECONDS_MIN = 946_684_800;
const SECONDS_MAX = 7_258_118_400;

export function toMs(seconds: number): number {
  return seconds >= SECONDS_MIN && seconds <= SECONDS_MAX ? Math.round(seconds * 1000) : Number.NaN;
}

/**
 * One build as the events told it so far. A log without a build (bitbake-getvar, `-p`) makes a draft that is never `isBuild`.
 *
 * Most events carry no time. The draft's clock is the latest time any event told, and such events happened about then: heartbeats
 * come every second while a build runs, so the estimate is at most that early.
 */
export class BuildDraft {
  readonly problems = new ProblemList();
  readonly recipes = new Map<string, RecipeDraft>();
  readonly runs: RunDraft[] = [];
  readonly byPid = new Map<number, RunDraft>();
  readonly #byPf = new Map<string, RecipeDraft>();
  readonly #taskNames = new Set<string>();
  /** Edges of the task graph: `edges[2i]` depends on `edges[2i + 1]`. */
  edges: RunDraft[] = [];
  hasGraph = false;
  /** Directory of a layer to its name, longest first. */
  layerDirectories: { directory: string; name: string }[] = [];
  readonly configurations: BuildConfiguration[] = [];
  /** Kept variables by multiconfig. */
  readonly variables = new Map<string, Map<string, string>>();
  /** When the configuration was parsed, from the console log's name; to the second. */
  configuredMs = Number.NaN;
  serverStartMs = Number.NaN;
  requested: readonly string[] | null = null;
  startedTargets: readonly string[] | null = null;
  parse: { cached: number; parsed: number; skipped: number; masked: number; errors: number } | null = null;
  cachedEntries: number | null = null;
  sstate: SstateSummary | null = null;
  sstateMs = Number.NaN;

  readonly failures: FailureDraft[] = [];
  readonly messages: Message[] = [];
  readonly qaIssues: QaIssue[] = [];
  #messagesLeftOut = 0;
  #errorCount = 0;
  /** First error record of each process that says why. */
  readonly #causes = new Map<number, string>();
  readonly #boilerplate = new Map<number, string>();

  readonly moments = new Map<Milestone, Moment>();
  /** Where the clock of the log stood when this build began; not a time of this build. */
  readonly inheritedMs: number;
  #unanswered: Moment[] = [];
  clockMs: number;
  firstMs = Number.NaN;
  /** Tasks that have started and not ended. */
  active = 0;

  startedCount = 0;
  completedCount = 0;
  failedCount = 0;
  interrupted = false;
  neverStarted = false;
  /** What CommandFailed said, or null. */
  commandError: string | null = null;
  /** True after CommandCompleted, CommandFailed, CommandExit or the end of the server. */
  closed = false;
  /** BuildStarted's name when it was expanded. */
  eventName: string | null = null;

  constructor(inheritedMs: number = Number.NaN) {
    this.inheritedMs = inheritedMs;
    this.clockMs = inheritedMs;
  }

  get isBuild(): boolean {
    return this.startedCount > 0 || this.neverStarted || this.moments.has('init');
  }

  get errorCount(): number {
    return this.#errorCount;
  }

  /** Tells the clock a time from an event; returns it in ms, NaN when it is none. */
  tick(seconds: number): number {
    const ms = toMs(seconds);
    if (Number.isNaN(ms)) return ms;
    if (!(ms <= this.clockMs)) this.clockMs = ms;
    if (Number.isNaN(this.firstMs)) this.firstMs = ms;
    if (this.#unanswered.length > 0) {
      for (const moment of this.#unanswered) moment.after = ms;
      this.#unanswered = [];
    }
    return ms;
  }

  /** The first passing of a milestone counts (several multiconfigs start); of the ends the last. */
  pass(milestone: Milestone): void {
    const last = milestone === 'completed' || milestone === 'closed';
    if (!last && this.moments.has(milestone)) return;
    const moment = { before: this.clockMs, after: Number.NaN };
    this.moments.set(milestone, moment);
    this.#unanswered.push(moment);
  }

  /**
   * About when a milestone was passed, or NaN: the latest time told before it in this build, else the next one after it (parsing
   * tells no time before its end).
   */
  timeOf(milestone: Milestone): number {
    const moment = this.moments.get(milestone);
    if (moment === undefined) return Number.NaN;
    return Number.isNaN(moment.before) || moment.before === this.inheritedMs ? moment.after : moment.before;
  }

  /** The recipe of a path as runqueue events name it: `mc:musl:virtual:native:/layer/x_1.0.bb`. */
  recipeByFile(file: string): RecipeDraft {
    const known = this.recipes.get(file);
    if (known !== undefined) return known;
    const match = /^mc:([^:]{0,200}):/.exec(file);
    return this.#addRecipe(file, match?.[1] ?? '', match === null ? file : file.slice(match[0].length));
  }

  #addRecipe(key: string, mc: string, file: string): RecipeDraft {
    const recipe: RecipeDraft = { mc, file, pn: null, pf: null, version: null, pv: null, tasks: new Map() };
    if (this.recipes.size < RECIPES_MAX) this.recipes.set(key, recipe);
    return recipe;
  }

  /** Before 1.46 a task event names the bare file and PF; the dependency tree knew the PF of each recipe. */
  #recipeByPf(mc: string, pf: string): RecipeDraft {
    const key = `${mc}\n${pf}`;
    let recipe = this.#byPf.get(key);
    if (recipe === undefined) {
      recipe = this.#addRecipe(`pf:${key}`, mc, '');
      recipe.pf = pf;
      this.#byPf.set(key, recipe);
    }
    return recipe;
  }

  /** The latest run of a task, made as "not run" when nothing was heard of it yet. */
  run(recipe: RecipeDraft, task: string): RunDraft {
    return recipe.tasks.get(task) ?? this.#addRun(recipe, task);
  }

  #addRun(recipe: RecipeDraft, task: string): RunDraft {
    const run: RunDraft = {
      recipe,
      task,
      index: this.runs.length,
      outcome: TASK_NOT_RUN,
      startMs: Number.NaN,
      endMs: Number.NaN,
      queuedMs: Number.NaN,
      hash: '',
      pid: Number.NaN,
    };
    const known = this.#taskNames.has(task);
    if (this.runs.length >= TASK_RUNS_MAX || (!known && this.#taskNames.size >= TASK_NAMES_MAX)) {
      this.#tooMany();
      return run;
    }
    if (!known) this.#taskNames.add(task);
    this.runs.push(run);
    recipe.tasks.set(task, run);
    return run;
  }

  #saidTooMany = false;
  #tooMany(): void {
    if (this.#saidTooMany) return;
    this.#saidTooMany = true;
    this.problems.add(
      'error',
      'eventlog-too-many-tasks',
      'The log names more tasks than one build can have; the rest is left out.',
    );
  }

  /** runQueueTaskStarted, sceneQueueTaskStarted: the run queue hands a task to a worker. */
  queued(file: string, task: string, hash: string, noexec: boolean): void {
    let run = this.run(this.recipeByFile(file), task);
    // Handed out again after an end: a run of its own.
    if (!Number.isNaN(run.endMs)) run = this.#addRun(run.recipe, task);
    if (Number.isNaN(run.queuedMs)) run.queuedMs = this.clockMs;
    if (run.hash === '') run.hash = hash;
    if (noexec) run.outcome = TASK_NOEXEC;
  }

  skipped(file: string, task: string, hash: string, reason: string | null): void {
    const run = this.run(this.recipeByFile(file), task);
    if (run.hash === '') run.hash = hash;
    if (run.outcome === TASK_NOT_RUN) run.outcome = reason === 'existing' ? TASK_EXISTING : TASK_COVERED;
  }

  taskStarted(event: {
    file: string | null;
    mc: string;
    pf: string | null;
    pn: string | null;
    pv: string | null;
    task: string;
    startMs: number;
    pid: number;
  }): void {
    const recipe = event.file !== null ? this.recipeByFile(event.file) : this.#recipeByPf(event.mc, event.pf ?? '');
    if (event.pf !== null && recipe.pf !== event.pf) recipe.pf = event.pf;
    recipe.pn ??= event.pn;
    recipe.pv = event.pv ?? recipe.pv;
    let run = this.run(recipe, event.task);
    if (!Number.isNaN(run.startMs)) run = this.#addRun(recipe, event.task);
    run.startMs = event.startMs;
    run.pid = event.pid;
    run.outcome = TASK_RUNNING;
    this.active++;
    if (!Number.isNaN(event.pid)) this.byPid.set(event.pid, run);
  }

  /** TaskSucceeded of a run that is known to run. */
  succeeded(run: RunDraft, endMs: EpochMs): void {
    this.active--;
    run.endMs = endMs;
    run.outcome = TASK_SUCCEEDED;
    if (this.#causes.size > 0) this.#causes.delete(run.pid);
    if (this.#boilerplate.size > 0) this.#boilerplate.delete(run.pid);
  }

  /** TaskSucceeded, TaskFailed, TaskFailedSilent; `logPath` and the failure's record only for TaskFailed. */
  taskEnded(event: {
    file: string | null;
    mc: string;
    pf: string | null;
    task: string;
    endMs: number;
    pid: number;
    failed: boolean;
    silent: boolean;
    logPath: string | null;
  }): void {
    const recipe = event.file !== null ? this.recipeByFile(event.file) : this.#recipeByPf(event.mc, event.pf ?? '');
    if (event.pf !== null) recipe.pf ??= event.pf;
    const run = this.run(recipe, event.task);
    if (run.outcome === TASK_RUNNING) this.active--;
    if (Number.isNaN(run.pid)) run.pid = event.pid;
    run.endMs = event.endMs;
    run.outcome = event.failed ? TASK_FAILED : TASK_SUCCEEDED;
    if (event.failed && !event.silent) this.#fail(run, this.causeOf(event.pid), event.logPath);
    this.#causes.delete(event.pid);
    this.#boilerplate.delete(event.pid);
  }

  /** runQueueTaskFailed: news only when the task's own process died without a word (killed, out of memory). */
  queueFailed(file: string, task: string, exit: string | null, setscene: boolean): void {
    const run = this.run(this.recipeByFile(file), task);
    if (run.outcome === TASK_FAILED) return;
    if (run.outcome === TASK_RUNNING) this.active--;
    run.outcome = TASK_FAILED;
    if (!setscene)
      this.#fail(run, this.causeOf(run.pid) ?? (exit === null ? null : `The task's process ended with ${exit}.`), null);
  }

  #fail(run: RunDraft | null, cause: string | null, logPath: string | null): void {
    if (this.failures.length < FAILURES_MAX) this.failures.push({ run, cause, logPath });
  }

  /** A failure outside any task: nothing provides a target, a recipe cannot be parsed. */
  failOutside(cause: string): void {
    this.#errorCount++;
    this.#fail(null, causeLine(cause), null);
    this.#message({ level: 'error', timeMs: null, logger: null, text: cause });
  }

  causeOf(pid: number): string | null {
    return this.#causes.get(pid) ?? this.#boilerplate.get(pid) ?? null;
  }

  #message(message: Message): void {
    if (this.messages.length < MESSAGES_MAX) {
      this.messages.push({ ...message, text: message.text.slice(0, MESSAGE_CHARS_MAX) });
    } else this.#messagesLeftOut++;
  }

  get messagesLeftOut(): number {
    return this.#messagesLeftOut;
  }

  /** A log record that is at least a warning. `pid` is 0 for the cooker's own. */
  warned(level: 'warning' | 'error', logger: string | null, text: string, timeMs: number, pid: number): void {
    if (level === 'error') {
      this.#errorCount++;
      const cause = causeLine(text);
      const causes = isBoilerplate(text) ? this.#boilerplate : this.#causes;
      // Few tasks run at a time and an end forgets its cause, so the bound is for logs that name processes without end.
      if (pid !== 0 && cause !== null && !causes.has(pid) && causes.size < 10_000) causes.set(pid, cause);
    }
    const qa = readQaIssue(text);
    if (qa !== null && this.qaIssues.length < QA_ISSUES_MAX) {
      const run = pid === 0 ? undefined : this.byPid.get(pid);
      this.qaIssues.push({
        qaClass: qa.qaClass,
        severity: level,
        pf: run?.recipe.pf ?? null,
        task: run?.task ?? null,
        message: qa.message.slice(0, MESSAGE_CHARS_MAX),
      });
    }
    this.#message({ level, timeMs: Number.isNaN(timeMs) ? null : timeMs, logger, text });
  }

  /** A log record below a warning, of the cooker: the banner and the sstate summary are such. */
  noted(text: string, timeMs: number): void {
    const configuration = readBuildConfiguration(text);
    if (configuration !== null && this.configurations.length < 1000) this.configurations.push(configuration);
    const summary = readSstateSummary(text);
    // A second one follows when hash equivalence changes its mind; the first is of the whole build.
    if (summary !== null && this.sstate === null) {
      this.sstate = summary;
      this.sstateMs = timeMs;
    }
  }

  /**
   * DepTreeGenerated's `_depgraph`: recipes with versions and files, all tasks with what they depend on, layers with the
   * pattern of their files.
   */
  dependencyTree(tree: PickleValue | undefined): void {
    if (!(tree instanceof PickleDict)) return;
    this.hasGraph = true;
    this.#layers(tree.get('layer-priorities'));
    const byName = new Map<string, RecipeDraft>();
    const pns = tree.get('pn');
    if (pns instanceof PickleDict) {
      for (const [name, facts] of pns) {
        if (!(facts instanceof PickleDict)) continue;
        const file = facts.get('filename');
        const version = facts.get('version');
        if (typeof file !== 'string') continue;
        const recipe = this.recipeByFile(file);
        recipe.pn = name.replace(/^mc:[^:]{0,200}:/, '');
        if (typeof version === 'string') {
          const colon = version.indexOf(':');
          const dash = version.lastIndexOf('-');
          if (colon >= 0 && dash > colon) {
            recipe.version = {
              pe: version.slice(0, colon),
              pv: version.slice(colon + 1, dash),
              pr: version.slice(dash + 1),
            };
            const { pe, pv, pr } = recipe.version;
            recipe.pf ??= `${recipe.pn}-${pe === '' ? '' : `${pe}_`}${pv}-${pr}`;
            this.#byPf.set(`${recipe.mc}\n${recipe.pf}`, recipe);
          }
        }
        byName.set(name, recipe);
      }
    }
    const depends = tree.get('tdepends');
    if (!(depends instanceof PickleDict)) return;
    const node = (name: string): RunDraft | null => {
      const dot = name.lastIndexOf('.do_');
      if (dot < 0) return null;
      const pn = name.slice(0, dot);
      const recipe = byName.get(pn);
      return recipe === undefined ? null : this.run(recipe, name.slice(dot + 1));
    };
    this.edges = [];
    let unknown = 0;
    for (const [name, list] of depends) {
      const from = node(name);
      if (from === null) {
        unknown++;
        continue;
      }
      if (!Array.isArray(list)) continue;
      for (const dependency of list) {
        const to = typeof dependency === 'string' ? node(dependency) : null;
        if (to === null) unknown++;
        else if (this.edges.length < 2 * GRAPH_EDGES_MAX) this.edges.push(from, to);
      }
    }
    if (unknown > 0) {
      this.problems.add(
        'warning',
        'eventlog-graph-incomplete',
        `${unknown} entries of the task graph name a recipe that the log does not describe; they are left out.`,
      );
    }
  }

  /** `[(collection, pattern, compiled pattern, priority)]`; the pattern is `^/path/of/layer/`, perhaps with escapes. */
  #layers(value: PickleValue | undefined): void {
    if (!Array.isArray(value)) return;
    const found: { directory: string; name: string }[] = [];
    for (const entry of value.slice(0, 1000)) {
      if (!Array.isArray(entry) || typeof entry[1] !== 'string') continue;
      const directory = literalPrefix(entry[1]);
      const name = directory.split('/').findLast((part) => part !== '');
      if (name !== undefined) found.push({ directory, name });
    }
    // A layer inside another's directory wins for its own files.
    this.layerDirectories = found.sort((a, b) => b.directory.length - a.directory.length);
  }

  layerOf(file: string): string | null {
    const path = file.slice(Math.max(0, file.indexOf('/')));
    return this.layerDirectories.find(({ directory }) => path.startsWith(directory))?.name ?? null;
  }
}

/** The text that a layer's file pattern begins with. The pattern comes from the log, so it is never run as an expression. */
export function literalPrefix(pattern: string): string {
  const body = pattern.slice(pattern.startsWith('^') ? 1 : 0, 4096);
  let prefix = '';
  for (let i = 0; i < body.length; i++) {
    const char = body[i]!;
    if (char === '\\' && /[^A-Za-z0-9]/.test(body[i + 1] ?? '')) prefix += body[++i];
    else if ('\\[](){}*?|^$'.includes(char)) break;
    // A dot and a plus are unescaped in patterns made from LAYERDIR as it is: then they mean themselves.
    else prefix += char;
  }
  // Up to a whole directory: what follows the last slash may have been the start of an alternative.
  return prefix.slice(0, prefix.lastIndexOf('/') + 1);
}
