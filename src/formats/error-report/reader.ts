/**
 * Error reports: the JSON that report-error.bbclass writes (all releases since daisy, 2014), that send-error-report adds names to, and
 * that the Yocto Project's autobuilder makes of commands that failed. What differs between them:
 *
 *     daisy … warrior    machine, distro, build_sys, target_sys, nativelsb, branch_commit, component, failures (package, task, log)
 *     zeus               + local_conf, auto_conf
 *     hardknott          + bitbake_version, layer_version
 *     walnascar          + recipe of each failed task
 *     6.1                + site_conf, toolcfg_conf
 *     autobuilder        + error_type; package is `bitbake` and task the command
 *
 * Three things are told as a "failure": a failed task; an item that nothing provides (package is the item, task a sentence); a parse error
 * (no package, task is all that bitbake said). A report knows neither when anything began nor what went well.
 */
import type { Build, Failure, Host, LayerRevision, Message, Recipe } from '../../model/build.ts';
import { blankBuild } from '../../model/draw-build.ts';
import {
  FAILURES_MAX,
  LAYERS_MAX,
  MESSAGE_CHARS_MAX,
  MESSAGES_MAX,
  REPORT_NAME_CHARS_MAX,
  TARGETS_MAX,
} from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import { assembleTasks, type TaskRow } from '../../model/task-rows.ts';
import { TASK_FAILED } from '../../model/task-table.ts';
import { splitRecipeName } from '../buildstats/recipe-name.ts';
import { readBuildConfiguration } from '../eventlog/messages.ts';
import { confFacts } from './conf-facts.ts';

export interface ErrorReportContext {
  /** Where it was read, as it should appear in the build's sources. */
  readonly location: string;
  /** Of the file, without folders: the class puts BUILDNAME into it. Null: it came without a file. */
  readonly fileName: string | null;
  /** For a report that does not tell its BUILDNAME. One of its own for each report: equal names make accounts one build. */
  readonly fallbackName: string;
}

/** The log of a failed task, as the report has it. Whoever keeps it gives it a name by its content and the build an entry for it. */
export interface ReportLog {
  /** Index into the build's failures. */
  readonly failure: number;
  readonly bytes: Uint8Array;
}

export interface ErrorReport {
  readonly build: Build;
  readonly logs: readonly ReportLog[];
}

/** Why a text is no error report: it is not JSON, or JSON of something else. */
export type NoReport = 'not-json' | 'other';

const CONF_FILES = ['local_conf', 'site_conf', 'toolcfg_conf', 'auto_conf'] as const;
const TASK_NAME = /^do_[\w+-]{1,200}$/;
/** What the class writes where it has no log to give. */
const NO_LOG = /^(?:No Log|Unable to read log file)?\s*$/;

export function readErrorReport(text: string, context: ErrorReportContext): ErrorReport | NoReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not-json';
  }
  if (!isObject(value)) return 'other';
  const fields = new Fields(value, context.fileName);
  if (!Array.isArray(fields.raw('failures'))) return 'other';
  return assemble(fields, context);
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The keys of a report, each of the kind that is wanted or not recorded; what is of another kind is a problem. */
class Fields {
  readonly problems = new ProblemList();
  readonly #report: JsonObject;
  readonly #file: string | null;
  readonly #told = new Set<string>();

  constructor(report: JsonObject, file: string | null) {
    this.#report = report;
    this.#file = file;
  }

  /** Own keys only: a report may call one `__proto__`, and none of ours is inherited. */
  raw(key: string, of: JsonObject = this.#report): unknown {
    return Object.hasOwn(of, key) ? of[key] : undefined;
  }

  /** Text, or null: absent, empty, `unknown`, or of another kind. */
  text(key: string, charsMax = REPORT_NAME_CHARS_MAX): string | null {
    const value = this.whole(key, this.#report, key);
    const plain = value?.trim().slice(0, charsMax) ?? '';
    return plain === '' || /^<?unknown>?$/i.test(plain) ? null : plain;
  }

  /** Text as it is, or null. `path` names it in a problem. */
  whole(key: string, of: JsonObject, path: string): string | null {
    const value = this.raw(key, of);
    if (value === undefined || value === null) return null;
    if (typeof value === 'string') return value;
    this.bad(path, 'text');
    return null;
  }

  bad(path: string, wanted: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.problems.add(
      'warning',
      'report-field-not-understood',
      `${path} is not ${wanted}; it was left out.`,
      this.#file,
    );
  }

  leftOut(count: number, what: string): void {
    this.problems.add(
      'warning',
      'report-too-long',
      `${count} more ${what} are in the report and were left out.`,
      this.#file,
    );
  }
}

/** One of `failures`, told apart. */
type Told =
  | { readonly kind: 'task'; readonly pf: string; readonly pn: string | null; readonly task: string }
  | { readonly kind: 'unprovided' | 'parse' | 'command'; readonly said: string };

function assemble(fields: Fields, context: ErrorReportContext): ErrorReport {
  const list = fields.raw('failures') as readonly unknown[];
  if (list.length > FAILURES_MAX) fields.leftOut(list.length - FAILURES_MAX, 'failures');
  const recipes: Recipe[] = [];
  const recipeOf = new Map<string, number>();
  const rows: TaskRow[] = [];
  const drafts: { readonly row: number | null; readonly pf: string | null; readonly task: string | null }[] = [];
  const causes: (string | null)[] = [];
  const texts: (string | null)[] = [];
  const messages: Message[] = [];
  const kinds = new Set<Told['kind']>();
  list.slice(0, FAILURES_MAX).forEach((entry, i) => {
    if (!isObject(entry)) {
      fields.bad(`failures[${i}]`, 'an object');
      return;
    }
    const told = failureOf(fields, entry, i);
    const log = fields.whole('log', entry, `failures[${i}].log`);
    kinds.add(told.kind);
    if (told.kind === 'task') {
      let recipe = recipeOf.get(told.pf);
      if (recipe === undefined) {
        recipe = recipes.length;
        recipeOf.set(told.pf, recipe);
        recipes.push(recipeRun(told.pf, told.pn));
      }
      drafts.push({ row: rows.length, pf: told.pf, task: told.task });
      rows.push({
        recipe,
        task: told.task,
        outcome: TASK_FAILED,
        startMs: Number.NaN,
        endMs: Number.NaN,
        queuedMs: Number.NaN,
        hash: '',
        pid: Number.NaN,
      });
      causes.push(null);
      texts.push(log !== null && !NO_LOG.test(log.slice(0, 40)) ? log : null);
      return;
    }
    drafts.push({ row: null, pf: null, task: null });
    // Of an item without a provider the log is one sentence, and says more than the task does.
    const sentence = told.kind === 'unprovided' && log !== null && log.trim() !== '' ? log : told.said;
    if (messages.length < MESSAGES_MAX)
      messages.push({ level: 'error', timeMs: null, logger: null, text: sentence.slice(0, MESSAGE_CHARS_MAX) });
    // A command of the autobuilder has a log that says why; the others have said it.
    causes.push(told.kind === 'command' ? null : firstLine(sentence));
    texts.push(told.kind === 'command' && log !== null && !NO_LOG.test(log.slice(0, 40)) ? log : null);
  });
  const { recipes: sorted, table, rowOf } = assembleTasks(recipes, rows);
  const failures = drafts.map(
    ({ row, pf, task }, i): Failure => ({
      row: row === null ? null : rowOf[row]!,
      pf,
      task,
      mc: '',
      cause: causes[i]!,
      logPath: null,
    }),
  );
  const encoder = new TextEncoder();
  const logs = texts.flatMap((text, failure) => (text === null ? [] : [{ failure, bytes: encoder.encode(text) }]));
  const name = nameOf(context);
  const variables = variablesOf(fields);
  return {
    build: {
      ...blankBuild(name),
      sources: [{ kind: 'error-report', location: context.location }],
      startedMs: startOf(name),
      outcome:
        failures.length === 0 ? 'not-recorded' : kinds.has('task') || kinds.has('command') ? 'failed' : 'never-started',
      targets: targetsOf(fields, kinds),
      machine: fields.text('machine'),
      distro: fields.text('distro'),
      builder: fields.text('username'),
      host: hostOf(fields),
      bitbakeVersion: fields.text('bitbake_version'),
      layers: layersOf(fields),
      variables,
      recipes: sorted,
      tasks: table,
      failures,
      messages,
      extras: extrasOf(fields),
      problems: fields.problems.list(),
    },
    logs,
  };
}

function failureOf(fields: Fields, entry: JsonObject, i: number): Told {
  const at = `failures[${i}]`;
  const pf = fields.whole('package', entry, `${at}.package`)?.trim().slice(0, REPORT_NAME_CHARS_MAX) ?? '';
  const task = fields.whole('task', entry, `${at}.task`)?.trim() ?? '';
  const pn = fields.whole('recipe', entry, `${at}.recipe`)?.trim().slice(0, REPORT_NAME_CHARS_MAX) ?? '';
  if (pf !== '' && TASK_NAME.test(task)) return { kind: 'task', pf, pn: pn === '' ? null : pn, task };
  const said = task === '' ? (pf === '' ? 'The report does not say what failed.' : pf) : task;
  if (/^Nothing R?PROVIDES /i.test(said)) return { kind: 'unprovided', said };
  return { kind: pf === '' ? 'parse' : 'command', said };
}

/** Cut as a cause is. */
function firstLine(text: string): string {
  return (
    text
      .slice(0, 20_000)
      .split('\n')
      .find((line) => line.trim() !== '') ?? ''
  )
    .trim()
    .slice(0, 1000);
}

/** Guessed throughout: the report knows the recipe's name at best, and nothing of multiconfigs. */
function recipeRun(pf: string, pn: string | null): Recipe {
  const split = splitRecipeName(pf);
  const rest = pn !== null && pf.startsWith(`${pn}-`) ? splitRecipeName(`x-${pf.slice(pn.length + 1)}`) : split;
  return {
    pf,
    pn: pn ?? split.pn,
    pe: rest.pe,
    pv: rest.pv,
    pr: rest.pr,
    guessed: true,
    mc: '',
    layer: null,
    file: null,
  };
}

/** `error_report_<BUILDNAME>.txt`; the autobuilder's own are `error_report_bitbake_<epoch>.txt`. */
function nameOf({ fileName, fallbackName }: ErrorReportContext): string {
  const named = /^error_report_([^/]{1,200})\.txt$/.exec(fileName ?? '')?.[1];
  return named ?? fallbackName;
}

/** BUILDNAME is the start, in UTC, where nobody set it. */
function startOf(name: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(name);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

/** Targets as given to bitbake. What has no provider, or is not parsed, stands in the same place and is no target. */
function targetsOf(fields: Fields, kinds: ReadonlySet<Told['kind']>): readonly string[] | null {
  const component = fields.text('component', Number.POSITIVE_INFINITY);
  if (component === null || (kinds.size > 0 && !kinds.has('task'))) return null;
  return component
    .split(/\s+/, TARGETS_MAX)
    .map((target) => target.slice(0, REPORT_NAME_CHARS_MAX).replace(/:do_build$/, ''));
}

/** `universal/ubuntu-22.04`, `debian-12/debian-12`: since rocko uninative stands before the host's own name. */
function hostOf(fields: Fields): Host {
  const distro = fields.text('nativelsb')?.split('/').at(-1) ?? null;
  return {
    ...blankBuild('').host,
    arch: fields.text('build_sys')?.split('-')[0] ?? null,
    distro: distro === null || distro === '' || distro === 'universal' ? null : distro,
  };
}

/** Of neighbours with the same revision the last alone has it, as in the banner of a build; before hardknott only that of oe-core is told. */
function layersOf(fields: Fields): readonly LayerRevision[] {
  const lines = fields.raw('layer_version');
  if (lines !== undefined && lines !== null && !Array.isArray(lines)) fields.bad('layer_version', 'a list');
  if (Array.isArray(lines)) {
    const told = lines.filter((line) => typeof line === 'string').slice(0, LAYERS_MAX);
    if (told.length < Math.min(lines.length, LAYERS_MAX)) fields.bad('layer_version', 'a list of texts');
    const read = readBuildConfiguration(['Build Configuration:', ...told.map(oneLine)].join('\n'))?.layers ?? [];
    if (read.length > 0) return read;
  }
  const said = /^(.*): (.*)$/.exec(fields.text('branch_commit') ?? '');
  if (said === null) return [];
  const known = (part: string) => (part === '' || /^<?unknown>?$/.test(part) ? null : part);
  const [branch, commit] = [known(said[1]!), known(said[2]!)];
  return branch === null && commit === null ? [] : [{ name: 'meta', branch, commit, modified: null }];
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

function variablesOf(fields: Fields): Record<string, string> {
  const found = new Map<string, string>();
  for (const [key, name] of [
    ['machine', 'MACHINE'],
    ['distro', 'DISTRO'],
    ['target_sys', 'TARGET_SYS'],
    ['build_sys', 'BUILD_SYS'],
    ['nativelsb', 'NATIVELSBSTRING'],
    ['bitbake_version', 'BB_VERSION'],
  ] as const) {
    const value = fields.text(key);
    if (value !== null) found.set(name, value);
  }
  const configured = new Map<string, string>();
  for (const key of CONF_FILES) confFacts(fields.text(key, Number.POSITIVE_INFINITY) ?? '', configured);
  // What bitbake said of itself is what counted; the files hold what was asked for.
  return Object.fromEntries([...configured, ...found]);
}

/** What no other source has: whose kind of job it was, and where that job is shown. */
function extrasOf(fields: Fields): Record<string, string> {
  const extras: Record<string, string> = {};
  const errorType = fields.text('error_type');
  if (errorType !== null) extras.error_type = errorType;
  const link = fields.text('link_back');
  // It may become a link on a page: nothing but an address of the web, and without a password.
  if (link !== null && /^https?:\/\/[^\s@]+$/.test(link)) extras.link_back = link;
  return extras;
}
