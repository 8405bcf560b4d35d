import type { Build } from '../../model/build.ts';
import { EVENT_LINE_BYTES_MAX } from '../../model/limits.ts';
import { type Problem, ProblemList } from '../../model/problem.ts';
import { TASK_RUNNING } from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';
import { type AssembleContext, assembleBuild } from './assemble.ts';
import { type Base64, OWN_BASE64 } from './base64.ts';
import { BuildDraft } from './draft.ts';
import { LineSplitter } from './lines.ts';
import { formatMessage, textOf } from './messages.ts';
import { peekLevel } from './peek-level.ts';
import { FieldScanner } from './scan-fields.ts';
import { TextCache } from './text-cache.ts';
import { attributesOf, PickleDecoder, type PickleDict, PickleError, type PickleValue } from './unpickle.ts';
import { KEPT_VARIABLES, READ_VARIABLES, VARIABLE_CHARS_MAX } from './variables.ts';

/**
 * What an event's class asks of the reader. Classes that are not here are noise and skipped before anything is decoded: five Recipe*
 * events per task and per parsed recipe, progress, the completion of run queue tasks (the task's own event says more) and
 * MultiConfigParsed, which is 7 MB of configuration.
 */
const CLASSES = new Map<string, Handler>();
type Handler = (reader: Dispatch) => void;

/** The same by length of the name, as bytes: a line's class is compared in place, for a string of each would cost more than the line. */
const CLASSES_BY_LENGTH: { readonly name: Uint8Array; readonly handle: Handler }[][] = [];

/** Room for a decoded event; larger ones get more for as long as they need. */
const PICKLE_BYTES = 64 << 10;

const TASK_EVENT_CHARS = 78 * 11;
/** Levels of Python's logging with bitbake's own: 20 note, 21 plain, 29 and 30 warning, 39 and 40 error, 50 fatal. */
const LEVEL_WARNING = 29;
const LEVEL_ERROR = 39;

interface Dispatch {
  readonly draft: BuildDraft;
  readonly fields: FieldScanner;
  /** Walks the line's pickle; with `chars`, only so much of it unless `last` is not among its attributes. */
  scan(chars?: number, last?: string): void;
  /** The level of a log record, NaN when it is not where it mostly is. */
  peekLevel(): number;
  /** Decodes the line's pickle whole. */
  attributes(): PickleDict | null;
  /** A new build begins here if the one before has begun: this event comes before BuildStarted only. */
  freshBuild(): void;
  /** The command is over and with it the build, if it was one. */
  close(): void;
}

export interface EventLogOptions {
  /** Where the log was read, as it should appear in the build's sources. */
  readonly location: string;
  readonly base64?: Base64 | undefined;
}

/**
 * Reads a BitBake event log as it comes: `push` the file's bytes in pieces of any size, ask for a `snapshot` of the builds so
 * far at any time, `end` when the file is over.
 *
 * One line an event, `{"class": "bb.build.TaskStarted", "vars": "<base64 of a pickle>"}`, one line `{"allvariables": …}` for each
 * multiconfig of a build. A file holds no build (bitbake-getvar), one, or several of a resident server. Sources of the format:
 * bitbake's lib/bb/ui/eventreplay and lib/bb/event.py; the form is the same from 1.32 to today.
 */
export class EventLogReader {
  readonly #source: Build['sources'][number];
  readonly #file: string;
  readonly #stem: string;
  readonly #cache = new TextCache();
  readonly #fields = new FieldScanner(this.#cache);
  readonly #decoder = new PickleDecoder(this.#cache);
  readonly #lines: LineSplitter;
  readonly #fileProblems = new ProblemList();
  readonly #dispatch: Dispatch;
  readonly #finished: Build[] = [];
  #draft = new BuildDraft();
  readonly #base64: Base64;
  #pickle: Uint8Array;
  /** The line in hand: its bytes and where in them the pickle's base64 stands. */
  #line: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #refused = false;

  constructor(options: EventLogOptions) {
    this.#base64 = options.base64 ?? OWN_BASE64;
    this.#pickle = this.#base64.buffer(PICKLE_BYTES);
    this.#source = { kind: 'eventlog', location: options.location };
    this.#file = options.location.slice(options.location.lastIndexOf('/') + 1);
    this.#stem = this.#file.replace(/\.gz$/, '').replace(/\.[^.]+$/, '');
    this.#lines = new LineSplitter(
      EVENT_LINE_BYTES_MAX,
      (bytes, from, to) => this.#readLine(bytes, from, to),
      (bytes, from, to) => !this.#refused && this.#wanted(bytes, from, to),
    );
    const reader = this;
    this.#dispatch = {
      get draft() {
        return reader.#draft;
      },
      fields: this.#fields,
      scan: (chars, last) => this.#scan(chars, last),
      peekLevel: () => this.#peekLevel(),
      attributes: () => this.#attributes(),
      freshBuild: () => {
        if (this.#draft.moments.has('init') || this.#draft.startedCount > 0) this.#nextBuild();
      },
      close: () => {
        this.#draft.closed = true;
        this.#draft.pass('closed');
        this.#nextBuild();
      },
    };
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** The file is over: what follows the last newline is a line that was cut, or one whose newline was. */
  end(): void {
    const rest = this.#lines.rest;
    if (rest.length === 0) return;
    const whole = rest[rest.length - 1] === 0x7d;
    if (whole) this.#readLine(rest, 0, rest.length);
    else {
      this.#draft.problems.add(
        'warning',
        'eventlog-truncated',
        'The log ends in the middle of a line; that event is lost.',
        this.#file,
        this.#lines.lines + 1,
      );
    }
  }

  /**
   * The builds so far, the last perhaps unfinished. With `nowMs` (the reader's clock) a build without an end whose log told a time
   * in the last minute is running; without, it is lost. Whole lines only: one in the writing counts when its newline comes.
   */
  snapshot(nowMs: EpochMs | null = null): Build[] {
    return this.#draft.isBuild
      ? [...this.#finished, assembleBuild(this.#draft, this.#context(nowMs))]
      : [...this.#finished];
  }

  /** Problems of the file that belong to no build; a file without a build has all of its problems here. */
  problems(): Problem[] {
    const all = new ProblemList();
    all.addAll(this.#fileProblems.list());
    if (!this.#draft.isBuild) all.addAll(this.#draft.problems.list());
    if (this.#lines.tooLong > 0) {
      all.add(
        'warning',
        'eventlog-line-too-long',
        `${this.#lines.tooLong} lines are too long and were skipped.`,
        this.#file,
      );
    }
    return all.list();
  }

  /** Whether the log is of a bitbake whose events this reader refuses (1.30 and older). */
  get refused(): boolean {
    return this.#refused;
  }

  #context(nowMs: EpochMs | null): AssembleContext {
    return { source: this.#source, stem: this.#stem, first: this.#finished.length === 0, nowMs };
  }

  #nextBuild(): void {
    const before = this.#draft;
    if (before.isBuild) this.#finished.push(assembleBuild(before, this.#context(null)));
    else this.#fileProblems.addAll(before.problems.list());
    this.#draft = new BuildDraft(before.clockMs);
  }

  /**
   * Where the class ends in `{"class": "…"`, or -1 when the line does not begin like that.
   */
  #classEnd(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 14 || bytes[from + 2] !== 0x63 || bytes[from + 8] !== 0x3a || bytes[from + 10] !== 0x22) return -1;
    let end = from + 11;
    const limit = Math.min(to, end + 200);
    while (end < limit && bytes[end] !== 0x22) end++;
    return end === limit ? -1 : end;
  }

  #wanted(bytes: Uint8Array, from: number, to: number): boolean {
    const end = this.#classEnd(bytes, from, to);
    return end < 0 || handlerOf(bytes, from + 11, end) !== null;
  }

  #readLine(bytes: Uint8Array, from: number, to: number): void {
    if (this.#refused || from === to) return;
    // Half of all lines are bb.event.Recipe…: known by two letters, without reading the rest of the class.
    if (bytes[from + 20] === 0x52 && bytes[from + 22] === 0x63 && bytes[from + 11] === 0x62) return;
    const end = this.#classEnd(bytes, from, to);
    if (end < 0) {
      this.#readOther(bytes, from, to);
      return;
    }
    const handle = handlerOf(bytes, from + 11, end);
    if (handle === null) return;
    this.#line = bytes;
    // `", "vars": "` follows the class, `"}` ends the line.
    this.#from = end + 12;
    this.#to = bytes[to - 1] === 0x0d ? to - 3 : to - 2;
    if (bytes[this.#from - 1] !== 0x22 || bytes[this.#to] !== 0x22) {
      this.#readOther(bytes, from, to);
      return;
    }
    this.#handle(handle);
  }

  #handle(handle: Handler): void {
    try {
      handle(this.#dispatch);
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      if (this.#looksDoubleEncoded()) {
        this.#refused = true;
        this.#fileProblems.add(
          'error',
          'eventlog-too-old',
          'This log is of BitBake 1.30 or older, which writes events as Python 2 text pickles; they are not read.',
          this.#file,
          this.#lines.lines,
        );
        return;
      }
      this.#draft.problems.add(
        'warning',
        'eventlog-event-broken',
        `An event cannot be decoded and is left out: ${error.message}.`,
        this.#file,
        this.#lines.lines,
      );
    }
  }

  /** Up to 1.30 `vars` is JSON inside JSON: it begins with an escaped quote. */
  #looksDoubleEncoded(): boolean {
    return this.#line[this.#from] === 0x5c && this.#line[this.#from + 1] === 0x22;
  }

  /** `allvariables`, and events written with other spacing than Python's json has. */
  #readOther(bytes: Uint8Array, from: number, to: number): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(bytes.subarray(from, to)));
    } catch {
      this.#draft.problems.add(
        'warning',
        'eventlog-line-broken',
        'A line is not JSON and is left out.',
        this.#file,
        this.#lines.lines,
      );
      return;
    }
    if (typeof parsed !== 'object' || parsed === null) return;
    if ('allvariables' in parsed) this.#readVariables(parsed.allvariables);
    else if (
      'class' in parsed &&
      'vars' in parsed &&
      typeof parsed.class === 'string' &&
      typeof parsed.vars === 'string'
    ) {
      const handle = CLASSES.get(parsed.class);
      if (handle === undefined) return;
      this.#line = new TextEncoder().encode(parsed.vars.replace(/\s+/g, ''));
      this.#from = 0;
      this.#to = this.#line.length;
      this.#handle(handle);
    }
  }

  #readVariables(all: unknown): void {
    if (typeof all !== 'object' || all === null) return;
    const values = new Map<string, unknown>(Object.entries(all));
    const read = (name: string): string | null => {
      const entry = values.get(name);
      if (typeof entry !== 'object' || entry === null || !('v' in entry) || typeof entry.v !== 'string') return null;
      // Python's None, expanded to text: not set.
      return entry.v === 'None' ? null : entry.v.trim();
    };
    const kept = new Map<string, string>();
    for (const name of KEPT_VARIABLES) {
      const value = read(name);
      if (value !== null && value !== '') kept.set(name, value.replace(/\s+/g, ' ').slice(0, VARIABLE_CHARS_MAX));
    }
    const mc = kept.get('BB_CURRENT_MC') ?? '';
    const { variables } = this.#draft;
    if (!variables.has(mc) && variables.size < 1000) variables.set(mc, kept);
    const [, consoleLog] = READ_VARIABLES;
    const stamp = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.log$/.exec(
      consoleLog === undefined ? '' : (read(consoleLog) ?? ''),
    );
    if (stamp !== null && Number.isNaN(this.#draft.configuredMs)) {
      const [, year, month, day, hour, minute, second] = stamp.map(Number);
      this.#draft.configuredMs = Date.UTC(year!, month! - 1, day, hour, minute, second);
    }
  }

  #scan(chars = Number.POSITIVE_INFINITY, last: string | null = null): void {
    const partial = this.#to - this.#from > chars;
    // Decoding may replace #pickle, so it comes first.
    let length = this.#decode(partial ? this.#from + chars : this.#to);
    this.#fields.scan(this.#pickle, length, partial);
    if (partial && last !== null && !this.#fields.has(last)) {
      length = this.#decode(this.#to);
      this.#fields.scan(this.#pickle, length);
    }
  }

  #peekLevel(): number {
    return peekLevel(this.#line, this.#from, this.#to);
  }

  #attributes(): PickleDict | null {
    const length = this.#decode(this.#to);
    return attributesOf(this.#decoder.decode(this.#pickle, 0, length));
  }

  /** Decodes the base64 up to `to` into `#pickle` and returns how many bytes it is. */
  #decode(to: number): number {
    const room = ((to - this.#from) >> 2) * 3 + 6;
    if (this.#pickle.length < room || this.#pickle.length > 16 * room + (8 << 20)) {
      this.#pickle = this.#base64.buffer(Math.max(room, PICKLE_BYTES));
    }
    const length = this.#base64.decode(this.#line, this.#from, to, this.#pickle);
    if (length < 0) throw new PickleError('its text is not base64', 0);
    return length;
  }
}

function handlerOf(bytes: Uint8Array, from: number, to: number): Handler | null {
  const candidates = CLASSES_BY_LENGTH[to - from];
  if (candidates === undefined) return null;
  for (const { name, handle } of candidates) {
    // From the end: the beginnings are all alike.
    let i = name.length - 1;
    while (i >= 0 && bytes[from + i] === name[i]) i--;
    if (i < 0) return handle;
  }
  return null;
}

/** Lists of text; anything else in them is left out. */
function texts(value: PickleValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').slice(0, 100_000) : [];
}

/** What all task events carry. `_fn` is the recipe with its class and multiconfig; before 1.46 there is only PF and the file. */
function taskOf(fields: FieldScanner) {
  return {
    file: fields.text('_fn'),
    mc: fields.text('_mc') ?? '',
    pf: fields.text('_package'),
    task: fields.text('_task') ?? fields.text('taskname') ?? '',
    pid: fields.number('pid'),
  };
}

function taskEnded(failed: boolean, silent: boolean) {
  return ({ draft, fields, scan }: Dispatch): void => {
    if (failed) scan();
    else scan(TASK_EVENT_CHARS, 'pid');
    const endMs = draft.tick(fields.number('time'));
    // Nearly always the process is known and runs that task: then its recipe need not be read.
    const run = draft.byPid.get(fields.number('pid'));
    if (!failed && run !== undefined && run.outcome === TASK_RUNNING && run.task === fields.text('_task')) {
      draft.succeeded(run, endMs);
      return;
    }
    draft.taskEnded({ ...taskOf(fields), endMs, failed, silent, logPath: failed ? fields.text('logfile') : null });
  };
}

CLASSES.set('bb.build.TaskStarted', ({ draft, fields, scan }) => {
  scan(TASK_EVENT_CHARS, 'pid');
  const startMs = draft.tick(fields.number('time'));
  draft.taskStarted({ ...taskOf(fields), pn: fields.text('pn'), pv: fields.text('pv'), startMs });
});
CLASSES.set('bb.build.TaskSucceeded', taskEnded(false, false));
CLASSES.set('bb.build.TaskFailed', taskEnded(true, false));
CLASSES.set('bb.build.TaskFailedSilent', taskEnded(true, true));

/** Of a task hash the first digits are kept: enough to tell hashes apart, a quarter of the bytes. */
const HASH_CHARS = 16;

function queued({ draft, fields, scan }: Dispatch): void {
  scan();
  const file = fields.text('taskfile');
  const task = fields.text('taskname');
  if (file === null || task === null) return;
  draft.queued(file, task, fields.text('taskhash', HASH_CHARS) ?? '', fields.flag('noexec') === true);
}
CLASSES.set('bb.runqueue.runQueueTaskStarted', queued);
CLASSES.set('bb.runqueue.sceneQueueTaskStarted', queued);
CLASSES.set('bb.runqueue.runQueueTaskSkipped', ({ draft, fields, scan }) => {
  scan();
  const file = fields.text('taskfile');
  const task = fields.text('taskname');
  if (file === null || task === null) return;
  draft.skipped(file, task, fields.text('taskhash', HASH_CHARS) ?? '', fields.text('reason'));
});

function queueFailed(setscene: boolean) {
  return ({ draft, fields, scan }: Dispatch): void => {
    scan();
    const file = fields.text('taskfile');
    const task = fields.text('taskname');
    if (file === null || task === null) return;
    const code = fields.number('exitcode');
    const exit = Number.isNaN(code) ? fields.text('exitcode') : `exit code ${code}`;
    draft.queueFailed(file, task, exit, setscene);
  };
}
CLASSES.set('bb.runqueue.runQueueTaskFailed', queueFailed(false));
CLASSES.set('bb.runqueue.sceneQueueTaskFailed', queueFailed(true));

CLASSES.set('bb.event.HeartbeatEvent', ({ draft, fields, scan }) => {
  scan();
  draft.tick(fields.number('time'));
});

CLASSES.set('logging.LogRecord', ({ draft, fields, scan, peekLevel, attributes }) => {
  // While tasks run, their own events and the heartbeats tell the time, and notes are left undecoded: a third of a log.
  if (draft.active > 0 && peekLevel() < LEVEL_WARNING) return;
  scan();
  const level = fields.number('levelno');
  if (draft.active > 0 && level < LEVEL_WARNING) return;
  const timeMs = draft.tick(fields.number('created'));
  const pid = fields.number('taskpid');
  if (pid === 0 && Number.isNaN(draft.serverStartMs) && !draft.isBuild) {
    // The cooker's clock at the loading of Python's logging: half a second into its life. Of a resident server it is long ago.
    const age = fields.number('relativeCreated');
    if (age >= 0 && age < 3_600_000 && !(timeMs - age < draft.inheritedMs))
      draft.serverStartMs = timeMs - Math.round(age);
  }
  let text = fields.text('msg');
  if (text === null || !fields.isEmptyTuple('args')) {
    const record = attributes();
    const message = record?.get('msg');
    text = message === undefined ? '' : formatMessage(textOf(message), record?.get('args') ?? null);
  }
  if (level >= LEVEL_WARNING) {
    draft.warned(
      level >= LEVEL_ERROR ? 'error' : 'warning',
      fields.text('name'),
      text,
      timeMs,
      Number.isNaN(pid) ? 0 : pid,
    );
  } else draft.noted(text, timeMs);
});

CLASSES.set('bb.event.SanityCheck', ({ freshBuild }) => freshBuild());
CLASSES.set('bb.event.SanityCheckFailed', ({ draft, attributes }) => {
  const message = textOf(attributes()?.get('_msg') ?? 'The sanity check failed');
  draft.neverStarted = true;
  draft.failOutside(message);
});
CLASSES.set('bb.event.CacheLoadStarted', ({ freshBuild }) => freshBuild());
CLASSES.set('bb.event.ParseStarted', ({ freshBuild }) => freshBuild());
CLASSES.set('bb.event.CacheLoadCompleted', ({ draft, fields, scan }) => {
  scan();
  const entries = fields.number('num_entries');
  if (!Number.isNaN(entries)) draft.cachedEntries = (draft.cachedEntries ?? 0) + entries;
  if (entries > 0) draft.pass('parsed');
});
CLASSES.set('bb.event.ParseCompleted', ({ draft, fields, scan }) => {
  scan();
  const count = (name: string) => {
    const n = fields.number(name);
    return Number.isNaN(n) ? 0 : n;
  };
  const before = draft.parse;
  // Each multiconfig parses.
  draft.parse = {
    cached: (before?.cached ?? 0) + count('cached'),
    parsed: (before?.parsed ?? 0) + count('parsed'),
    skipped: (before?.skipped ?? 0) + count('skipped'),
    masked: (before?.masked ?? 0) + count('masked'),
    errors: (before?.errors ?? 0) + count('errors'),
  };
  draft.moments.delete('parsed');
  draft.pass('parsed');
});
CLASSES.set('bb.event.ParseError', ({ draft, attributes }) => {
  const message = textOf(attributes()?.get('_msg') ?? 'A recipe cannot be parsed');
  draft.neverStarted = true;
  draft.failOutside(message);
});

CLASSES.set('bb.event.BuildInit', (reader) => {
  // Decoded first: an event that is broken has not happened.
  const event = reader.attributes();
  reader.freshBuild();
  const { draft } = reader;
  draft.pass('init');
  draft.requested = texts(event?.get('_pkgs'));
});
CLASSES.set('bb.event.BuildStarted', (reader) => {
  const event = reader.attributes();
  // One for each multiconfig, all before the first task: a start after an end is another build.
  if (reader.draft.completedCount > 0) reader.freshBuild();
  const { draft } = reader;
  draft.pass('started');
  draft.startedCount++;
  draft.startedTargets ??= texts(event?.get('_pkgs'));
  const name = event?.get('_name');
  if (typeof name === 'string' && name !== '' && !name.includes('${')) draft.eventName ??= name;
});
CLASSES.set('bb.event.BuildCompleted', ({ draft, attributes }) => {
  const event = attributes();
  draft.pass('completed');
  draft.completedCount++;
  const failures = event?.get('_failures');
  const interrupted = event?.get('_interrupted');
  if (typeof failures === 'number') draft.failedCount = Math.max(draft.failedCount, failures);
  if (interrupted === true || (typeof interrupted === 'number' && interrupted > 0)) draft.interrupted = true;
});
CLASSES.set('bb.event.NoProvider', ({ draft, attributes }) => {
  const event = attributes();
  const list = (name: string) => texts(event?.get(name));
  const item = textOf(event?.get('_item') ?? '?');
  const runtime = event?.get('_runtime') === true;
  const dependees = list('_dependees');
  const needed = dependees.length === 0 ? '' : ` (needed by ${dependees.slice(0, 20).join(', ')})`;
  const close = list('_close_matches');
  const matches = close.length === 0 ? '' : ` Close matches: ${close.slice(0, 20).join(', ')}.`;
  draft.failOutside(
    [`Nothing ${runtime ? 'RPROVIDES' : 'PROVIDES'} '${item}'${needed}.${matches}`, ...list('_reasons')].join('\n'),
  );
  if (draft.startedCount === 0) draft.neverStarted = true;
});

CLASSES.set('bb.event.ProcessStarted', ({ draft, fields, scan }) => {
  scan();
  if (fields.text('processname') === 'Initialising tasks') draft.pass('prepare');
});
CLASSES.set('bb.event.DepTreeGenerated', ({ draft, attributes }) => {
  const event = attributes();
  draft.pass('graph');
  draft.dependencyTree(event?.get('_depgraph'));
});

CLASSES.set('bb.command.CommandCompleted', ({ close }) => close());
CLASSES.set('bb.command.CommandFailed', ({ draft, close, attributes }) => {
  const error = attributes()?.get('error');
  draft.commandError = typeof error === 'string' ? error : '';
  close();
});
CLASSES.set('bb.command.CommandExit', ({ close }) => close());
CLASSES.set('bb.cooker.CookerExit', ({ close }) => close());

for (const [text, handle] of CLASSES) {
  const name = new TextEncoder().encode(text);
  CLASSES_BY_LENGTH[name.length] ??= [];
  CLASSES_BY_LENGTH[name.length]!.push({ name, handle });
}

/** All builds of an event log that is in memory and over: a build without an end is lost. */
export function readEventLog(bytes: Uint8Array, location: string): Build[] {
  const reader = new EventLogReader({ location });
  reader.push(bytes);
  reader.end();
  return reader.snapshot();
}
