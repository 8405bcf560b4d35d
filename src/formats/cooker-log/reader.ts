/**
 * The log that bitbake's user interface writes of each command, `tmp/log/cooker/<MACHINE>/<time>.log`: what a person saw go by. It has no
 * times, but of releases before the event log it is what tells targets' failures, QA issues and how the build ended.
 *
 *     Build Configuration:                                   the banner, then one line each of
 *     Sstate summary: Wanted 6 Found 0 …
 *     NOTE: Running task 112 of 766 (/…/zlib_1.3.bb:do_fetch)
 *     NOTE: recipe zlib-1.3-r0: task do_fetch: Started       … Succeeded, Failed
 *     ERROR: zlib-1.3-r0 do_fetch: Fetcher failure …         goes on until the next line that begins with a level
 *     ERROR: Logfile of failure stored in: /…/temp/log.do_fetch.4711
 *     NOTE: Tasks Summary: Attempted 724 tasks of which 670 didn't need to be rerun and 4 failed.
 */
import type { Build, BuildOutcome, Failure, Message, QaIssue, Recipe } from '../../model/build.ts';
import { blankBuild } from '../../model/draw-build.ts';
import {
  FAILURES_MAX,
  MESSAGE_CHARS_MAX,
  MESSAGES_MAX,
  QA_ISSUES_MAX,
  RECIPES_MAX,
  TASK_RUNS_MAX,
  TEXT_LINE_CHARS_MAX,
} from '../../model/limits.ts';
import { assembleTasks, type TaskRow } from '../../model/task-rows.ts';
import { TASK_FAILED, TASK_NOEXEC, TASK_RUNNING, TASK_SUCCEEDED, TASK_UNFINISHED } from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';
import { splitRecipeName } from '../buildstats/recipe-name.ts';
import { guessFromFile } from '../eventlog/assemble.ts';
import { LineSplitter } from '../eventlog/lines.ts';
import {
  type BuildConfiguration,
  causeLine,
  isBoilerplate,
  readBuildConfiguration,
  readQaIssue,
  readSstateSummary,
} from '../eventlog/messages.ts';

export interface CookerLogOptions {
  /** Where the log was read, as it should appear in the build's sources. */
  readonly location: string;
}

export interface CookerLogSnapshot {
  /** Whether bitbake still writes it, as far as the reader can know. Of no account once it says how the build ended. */
  readonly running: boolean;
  /** When it was last written to: the end of a build that is over, estimated. */
  readonly writtenMs: EpochMs | null;
  /** What was asked for, where somebody knows: the log does not say. */
  readonly targets?: readonly string[] | null | undefined;
}

const LINE_BYTES_MAX = 1 << 20;
const BANNER_LINES_MAX = 2000;
/** Tasks that were announced and have not said their recipe's name yet: as many as run at once. */
const ANNOUNCED_MAX = 10_000;

const LEVEL = /^(NOTE|WARNING|ERROR|FATAL|CRITICAL|DEBUG|INFO): (.*)$/s;
const RUNNING = /^Running (setscene |noexec )?task \d{1,9} of \d{1,9} \((.{1,2000}):(do_\w{1,200})\)$/;
const EVENT = /^recipe (\S{1,300}): task (do_\w{1,200}): (Started|Succeeded|Failed)$/;
const SUMMARY =
  /^Tasks Summary: Attempted (\d{1,9}) tasks of which (\d{1,9}) didn't need to be rerun and (?:all succeeded|(\d{1,9}) failed)/;
const OF_TASK = /^(\S{1,300}) (do_\w{1,200}): (.*)$/s;
const LOGFILE = /^Logfile of failure stored in: (\S{1,4000})/;
const STOPPED = /^Command execution failed: (?:Stopped build|Forced shutdown)/;
const NEVER =
  /^(?:Nothing (?:R?PROVIDES)|Required build target|No recipes available|Unable to parse|ParseError|Execution of event handler)/;

interface RunDraft {
  readonly recipe: number;
  readonly task: string;
  outcome: number;
}

export class CookerLogReader {
  readonly #options: CookerLogOptions;
  readonly #stem: string;
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder();
  #banner: string[] | null = null;
  #configuration: BuildConfiguration | null = null;
  #sstate: ReturnType<typeof readSstateSummary> = null;
  #message: { readonly level: string; text: string } | null = null;
  readonly #recipes: Recipe[] = [];
  readonly #recipeByPf = new Map<string, number>();
  readonly #recipeByFile = new Map<string, number>();
  readonly #runs: RunDraft[] = [];
  readonly #runByName = new Map<string, RunDraft>();
  readonly #announced: { readonly file: string; readonly task: string }[] = [];
  readonly #failures = new Map<string, { pf: string; task: string; cause: string | null; logPath: string | null }>();
  readonly #outside: string[] = [];
  readonly #qaIssues: QaIssue[] = [];
  readonly #messages: Message[] = [];
  #lastFailed: string | null = null;
  #errors = 0;
  #executing = false;
  #summary: { readonly failed: number } | null = null;
  #interrupted = false;

  constructor(options: CookerLogOptions) {
    this.#options = options;
    this.#stem = options.location.slice(options.location.lastIndexOf('/') + 1).replace(/\.log$/, '');
    this.#lines = new LineSplitter(
      LINE_BYTES_MAX,
      (bytes, from, to) =>
        this.#line(this.#decoder.decode(bytes.subarray(from, Math.min(to, from + 4 * MESSAGE_CHARS_MAX)))),
      () => true,
    );
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** When the command began, which the log's name tells: UTC. Null where it has another. */
  get startedMs(): EpochMs | null {
    return timeOfCookerLog(this.#stem);
  }

  #line(raw: string): void {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (this.#banner !== null) {
      if (line === '' || this.#banner.length >= BANNER_LINES_MAX) {
        this.#configuration ??= readBuildConfiguration(this.#banner.join('\n'));
        this.#banner = null;
      } else this.#banner.push(line);
      return;
    }
    const level = LEVEL.exec(line);
    if (level !== null) {
      this.#flush();
      const [, name = '', text = ''] = level;
      if (name === 'NOTE') this.#note(text.slice(0, TEXT_LINE_CHARS_MAX));
      else if (name === 'WARNING' || name === 'ERROR' || name === 'FATAL' || name === 'CRITICAL') {
        this.#message = { level: name === 'WARNING' ? 'warning' : 'error', text };
      }
      return;
    }
    if (line.startsWith('Build Configuration')) {
      this.#flush();
      this.#banner = [line];
      return;
    }
    const sstate = readSstateSummary(line.slice(0, TEXT_LINE_CHARS_MAX));
    if (sstate !== null) {
      this.#flush();
      this.#sstate = sstate;
    } else if (this.#message !== null && this.#message.text.length < 4 * MESSAGE_CHARS_MAX)
      this.#message.text += `\n${line}`;
  }

  #note(text: string): void {
    const event = EVENT.exec(text);
    if (event !== null) {
      const [, pf = '', task = '', what = ''] = event;
      this.#event(pf, task, what);
      return;
    }
    const running = RUNNING.exec(text);
    if (running !== null) {
      const [, kind = '', file = '', task = ''] = running;
      this.#executing = true;
      if (kind === 'noexec ') this.#noexec(file, task);
      else {
        this.#announced.push({ file, task });
        if (this.#announced.length > ANNOUNCED_MAX) this.#announced.shift();
      }
      return;
    }
    const summary = SUMMARY.exec(text);
    if (summary !== null) this.#summary = { failed: Number(summary[3] ?? 0) };
    else if (/^Executing (?:SetScene |RunQueue )?Tasks/.test(text)) this.#executing = true;
  }

  #event(pf: string, task: string, what: string): void {
    this.#executing = true;
    const name = `${pf} ${task}`;
    if (what === 'Started') {
      const recipe = this.#recipe(pf, task);
      if (recipe < 0 || this.#runs.length >= TASK_RUNS_MAX) return;
      const run = { recipe, task, outcome: TASK_RUNNING };
      this.#runs.push(run);
      this.#runByName.set(name, run);
      return;
    }
    const run = this.#runByName.get(name);
    if (run !== undefined) run.outcome = what === 'Failed' ? TASK_FAILED : TASK_SUCCEEDED;
    if (what === 'Failed') this.#failure(pf, task);
  }

  /** The recipe run of a PF; its file is that of the oldest task that was announced under such a name. */
  #recipe(pf: string, task: string): number {
    let index = this.#recipeByPf.get(pf);
    const at = this.#announced.findIndex((one) => one.task === task && pf.startsWith(`${guessFromFile(one.file).pn}-`));
    const file = at < 0 ? null : this.#announced.splice(at, 1)[0]!.file;
    if (index !== undefined) return index;
    if (this.#recipes.length >= RECIPES_MAX) return -1;
    const split = splitRecipeName(pf);
    // What the file is called says where the name ends and the version begins; a directory's name alone does not.
    const known = file === null ? null : guessFromFile(file);
    const pn = known?.pn ?? split.pn;
    const own = known !== null && known.pv !== null && pf.startsWith(`${pn}-${known.pv}-`);
    index = this.#recipes.length;
    this.#recipes.push({
      pf,
      pn,
      pe: split.pe,
      pv: own ? known.pv : split.pv,
      pr: split.pr,
      guessed: true,
      mc: '',
      layer: null,
      file,
    });
    this.#recipeByPf.set(pf, index);
    if (file !== null) this.#recipeByFile.set(file, index);
    return index;
  }

  /** A task without a function is announced and never heard of again. Counted where its recipe is known. */
  #noexec(file: string, task: string): void {
    const recipe = this.#recipeByFile.get(file);
    if (recipe !== undefined && this.#runs.length < TASK_RUNS_MAX)
      this.#runs.push({ recipe, task, outcome: TASK_NOEXEC });
  }

  #failure(pf: string, task: string) {
    const name = `${pf} ${task}`;
    let failure = this.#failures.get(name);
    if (failure === undefined) {
      failure = { pf, task, cause: null, logPath: null };
      if (this.#failures.size < FAILURES_MAX) this.#failures.set(name, failure);
    }
    return failure;
  }

  /** A message is whole when the next begins. */
  #flush(): void {
    const message = this.#message;
    if (message === null) return;
    this.#message = null;
    const { level } = message;
    const text = message.text.trimEnd();
    if (level === 'error') this.#errors++;
    const ofTask = OF_TASK.exec(text);
    const [pf, task, said] = ofTask === null ? [null, null, text] : [ofTask[1]!, ofTask[2]!, ofTask[3]!];
    const severity = level === 'error' ? 'error' : 'warning';
    const qa = readQaIssue(said);
    if (qa !== null && this.#qaIssues.length < QA_ISSUES_MAX) {
      this.#qaIssues.push({ qaClass: qa.qaClass, severity, pf, task, message: qa.message.slice(0, MESSAGE_CHARS_MAX) });
    }
    if (this.#messages.length < MESSAGES_MAX) {
      this.#messages.push({ level: severity, timeMs: null, logger: null, text: text.slice(0, MESSAGE_CHARS_MAX) });
    }
    if (level !== 'error') return;
    if (pf !== null && task !== null) {
      this.#lastFailed = `${pf} ${task}`;
      this.#pending.set(this.#lastFailed, {
        cause: this.#pending.get(this.#lastFailed)?.cause ?? (isBoilerplate(said) ? null : causeLine(said)),
        logPath: this.#pending.get(this.#lastFailed)?.logPath ?? null,
      });
      return;
    }
    const log = LOGFILE.exec(text);
    if (log !== null) {
      const about = this.#lastFailed === null ? undefined : this.#pending.get(this.#lastFailed);
      if (about !== undefined) about.logPath ??= log[1]!;
    } else if (STOPPED.test(text)) this.#interrupted = true;
    else if (!isBoilerplate(text) && this.#outside.length < FAILURES_MAX) this.#outside.push(text);
  }

  /** What errors said of tasks; it is a failure's only where the task failed. */
  readonly #pending = new Map<string, { cause: string | null; logPath: string | null }>();

  snapshot({ running, writtenMs, targets }: CookerLogSnapshot): Build {
    // Where nothing follows, the last message is whole; else what there is of it counts for how the build ended.
    if (!running) this.#flush();
    const open = this.#message?.text ?? '';
    const interrupted = this.#interrupted || STOPPED.test(open);
    const over = this.#summary !== null || interrupted || this.#neverStarted(open);
    const runs = !over && running;
    const rows = this.#runs.map(
      (run): TaskRow => ({
        recipe: run.recipe,
        task: run.task,
        outcome: run.outcome === TASK_RUNNING && !runs ? TASK_UNFINISHED : run.outcome,
        startMs: Number.NaN,
        endMs: Number.NaN,
        queuedMs: Number.NaN,
        hash: '',
        pid: Number.NaN,
      }),
    );
    const { recipes, table, rowOf } = assembleTasks(this.#recipes, rows);
    const rowOfName = new Map<string, number>();
    this.#runs.forEach((run, i) => {
      if (run.outcome === TASK_FAILED) rowOfName.set(`${this.#recipes[run.recipe]!.pf} ${run.task}`, rowOf[i]!);
    });
    const failures = [...this.#failures].map(([name, { pf, task }]): Failure => {
      const about = this.#pending.get(name);
      return {
        row: rowOfName.get(name) ?? null,
        ...{ pf, task, mc: '' },
        cause: about?.cause ?? null,
        logPath: about?.logPath ?? null,
      };
    });
    const never = !this.#executing && over;
    if (failures.length === 0 && never) {
      const first = this.#outside[0] ?? open;
      if (first !== '') {
        failures.push({ row: null, pf: null, task: null, mc: '', cause: causeLine(first), logPath: null });
      }
    }
    const fact = (name: string): string | null => this.#configuration?.variables.get(name) || null;
    const startedMs = this.startedMs;
    return {
      ...blankBuild(this.#stem),
      sources: [{ kind: 'cooker-log', location: this.#options.location }],
      startedMs,
      endedMs: runs ? null : writtenMs,
      endEstimated: !runs && writtenMs !== null,
      outcome: interrupted ? 'interrupted' : this.#outcome(over, runs, never),
      targets: targets ?? null,
      machine: fact('MACHINE'),
      distro: fact('DISTRO'),
      distroVersion: fact('DISTRO_VERSION'),
      host: { ...blankBuild('').host, distro: fact('NATIVELSBSTRING')?.replace(/^universal.*/, '') || null },
      bitbakeVersion: fact('BB_VERSION'),
      layers: this.#configuration?.layers ?? [],
      type:
        this.#sstate === null
          ? { kind: 'not-recorded', estimated: true, sstate: null }
          : { kind: kindOf(this.#sstate), estimated: false, sstate: this.#sstate },
      recipes,
      tasks: table,
      failures,
      qaIssues: this.#qaIssues.slice(),
      messages: this.#messages.slice(),
    };
  }

  #neverStarted(open: string): boolean {
    return !this.#executing && (this.#outside.some((text) => NEVER.test(text)) || NEVER.test(open));
  }

  #outcome(over: boolean, running: boolean, never: boolean): BuildOutcome {
    if (never) return 'never-started';
    if (!over) return running ? 'running' : 'lost';
    if ((this.#summary?.failed ?? 0) > 0 || this.#failures.size > 0) return 'failed';
    return this.#errors > 0 ? 'succeeded-with-errors' : 'succeeded';
  }
}

function kindOf({ wanted, found, current }: { wanted: number; found: number; current: number }): Build['type']['kind'] {
  if (current > 0) return 'incremental';
  // As of event logs: a twentieth of what was wanted.
  return found > 0 && found >= 0.05 * wanted ? 'sstate' : 'clean';
}

/** `20261121010121`: UTC, when the command began. */
export function timeOfCookerLog(stem: string): EpochMs | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stem);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
