/** What the lines of a record have told so far. Lines come in any order, so nothing is joined before a build is asked for. */
import {
  BUILD_OUTCOMES,
  type BuildKind,
  type BuildOutcome,
  type LayerRevision,
  LOG_KINDS,
  type LogKind,
  type Message,
  type Phase,
  type QaIssue,
  type RootfsSize,
  type SstateSummary,
} from '../../model/build.ts';
import {
  ARTIFACT_SIZES_MAX,
  FAILURES_MAX,
  LAYERS_MAX,
  LOGS_MAX,
  MESSAGE_CHARS_MAX,
  MESSAGES_MAX,
  METRICS_MAX,
  PHASES_MAX,
  QA_ISSUES_MAX,
  RECIPES_MAX,
  RECORD_BORROWED_FREE,
  RECORD_NUMBERED_LINES_MAX,
  SAMPLE_SERIES_MAX,
  TARGETS_MAX,
  TASK_NAMES_MAX,
  TASK_RUNS_MAX,
  VARIABLES_MAX,
} from '../../model/limits.ts';
import { ProblemList, type ProblemSeverity } from '../../model/problem.ts';
import type { SampleMark, SampleTable } from '../../model/samples.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { UNITS } from '../../model/units.ts';
import { splitRecipeName } from '../buildstats/recipe-name.ts';
import { VARIABLE_CHARS_MAX } from '../eventlog/variables.ts';
import { CellBudget, ColumnsError, decodeColumns, type NumberColumn, scaled } from './columns.ts';
import {
  blobOf,
  countOf,
  type Fields,
  flagOf,
  get,
  isFields,
  numberOf,
  textOf,
  textsOf,
  timeOf,
  wordOf,
} from './fields.ts';
import type { Packing } from './packing.ts';
import { type Frames, isTemplate } from './sample-text.ts';

/** A recipe as its line names it; PF is filled in from PN and the other way round where one is missing. */
export interface RecipeDraft {
  readonly pf: string;
  readonly pn: string;
  readonly pe: string | null;
  readonly pv: string | null;
  readonly pr: string | null;
  readonly guessed: boolean;
  readonly mc: string;
  readonly layer: string | null;
  readonly file: string | null;
}

/** Rows of one `tasks` line. Recipes are numbers of the record, tasks indexes into `taskNames` of the draft. */
export interface RowBlock {
  readonly rows: number;
  readonly recipe: Float64Array;
  readonly task: Float64Array;
  readonly outcome: Float64Array;
  /** `@start`, `@end`, `@queued`, `@completed`, `@pid`, where the line has them. */
  readonly own: ReadonlyMap<string, Float64Array>;
  readonly hashes: readonly string[] | null;
  readonly metrics: ReadonlyMap<string, Float64Array>;
}

export interface RunningTask {
  readonly recipe: number;
  readonly task: string;
  readonly startMs: number;
  readonly pid: number;
}

/** Names a task run: by recipe and task, and by process or start where it ran more than once. */
export interface RunName {
  readonly recipe: number | null;
  readonly pf: string | null;
  readonly task: string | null;
  readonly mc: string;
  readonly pid: number | null;
  readonly startMs: number | null;
}

export interface FailureDraft extends RunName {
  readonly cause: string | null;
  readonly logPath: string | null;
}

export interface LogDraft extends RunName {
  readonly kind: LogKind;
  readonly blob: string;
  readonly bytes: number;
  readonly originalBytes: number | null;
}

export interface SizeDraft {
  readonly kind: 'package' | 'image' | 'scratch';
  readonly name: string;
  readonly recipe: number | null;
  readonly pf: string | null;
  readonly mc: string;
  readonly bytes: number;
  readonly files: number | null;
  readonly fileList: string | null;
}

/** The keys of `build` that are one text each, by the name that a Build has for them. */
const BUILD_TEXTS = [
  'name',
  'machine',
  'distro',
  'distroVersion',
  'builder',
  'builderId',
  'jobId',
  'bitbakeVersion',
] as const;
const HOST_TEXTS = ['name', 'id', 'kernel', 'arch', 'distro', 'cpuModel'] as const;
const HOST_COUNTS = ['cores', 'memoryBytes'] as const;
const BUILD_KINDS: readonly BuildKind[] = ['clean', 'incremental', 'sstate', 'not-recorded'];
const MARKS: readonly SampleMark[] = ['corrected', 'saturated', 'may-double-count', 'not-recorded'];
/** One of a dozen words of a few hundred tasks each: a name is short, and its count is bounded on its own. */
const TASK_NAME_CHARS_MAX = 200;
/** A program's name and version. */
const WRITER_CHARS_MAX = 200;
const ROOTFS_SIZES_MAX = 1000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const METRIC_ID = /^[\w.%()/+-]{1,200}$/;

export class RecordDraft {
  readonly problems = new ProblemList();
  id: string | null = null;
  writer: string | null = null;
  /** Kinds that a stream says it holds; null: a record on disk, which holds what it holds. */
  kinds: string[] | null = null;
  readonly texts = new Map<(typeof BUILD_TEXTS)[number], string | null>();
  startedMs: number | null = null;
  endedMs: number | null = null;
  endEstimated = false;
  outcome: BuildOutcome | null = null;
  targets: string[] | null = null;
  images: string[] | null = null;
  readonly hostTexts = new Map<(typeof HOST_TEXTS)[number], string | null>();
  readonly hostCounts = new Map<(typeof HOST_COUNTS)[number], number | null>();
  layers: LayerRevision[] = [];
  kind: { kind: BuildKind; estimated: boolean } | null = null;
  sstate: SstateSummary | null = null;
  /** Everything that did not run was current. */
  restCurrent = false;
  readonly variables = new Map<string, string>();
  readonly extras = new Map<string, string>();
  rootfsSizes: RootfsSize[] = [];
  /** By number; holes where a line is missing. */
  readonly recipes: (RecipeDraft | undefined)[] = [];
  readonly taskNames: string[] = [];
  readonly blocks: RowBlock[] = [];
  rowCount = 0;
  /** Metric ids in the order in which they came, with the unit that the writer gave. */
  readonly metrics = new Map<string, string>();
  running: RunningTask[] = [];
  graph: { readonly blob: string; readonly bytes: number } | null = null;
  readonly phases = new Map<string, Phase>();
  readonly frames: Frames[] = [];
  readonly series: SampleTable[] = [];
  readonly failures: FailureDraft[] = [];
  readonly logs: LogDraft[] = [];
  readonly qaIssues: QaIssue[] = [];
  readonly messages: Message[] = [];
  readonly sizes: SizeDraft[] = [];
  ended: { readonly atMs: number | null } | null = null;
  readonly #packing: Packing;
  readonly #budget = new CellBudget();

  /** Numbers that were unpacked so far. */
  get cells(): number {
    return this.#budget.taken;
  }
  /** What lines with a number said, for those that are like them. */
  readonly #numbered = new Map<number, Fields>();
  #mayBorrow = RECORD_BORROWED_FREE;
  readonly #taskIndex = new Map<string, number>();
  readonly #said = new Set<string>();
  #seriesCount = 0;

  readonly #file: string;
  /** Number of the line that is being read. */
  line = 0;

  constructor(packing: Packing, file: string) {
    this.#packing = packing;
    this.#file = file;
  }

  /** A problem of the line that is being read. */
  complain(severity: ProblemSeverity, code: string, message: string): void {
    this.problems.add(severity, code, message, this.#file, this.line);
  }

  /** A problem that is said once, however often it comes. */
  once(what: string, say: () => void): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    say();
  }

  record(line: Fields): void {
    const id = textOf(get(line, 'id'));
    if (id !== null && UUID.test(id)) this.id = id;
    this.writer = textOf(get(line, 'writer'), WRITER_CHARS_MAX);
    this.kinds = textsOf(get(line, 'kinds'), LOG_KINDS.length + 100);
  }

  build(line: Fields): void {
    for (const key of BUILD_TEXTS) if (Object.hasOwn(line, key)) this.texts.set(key, textOf(line[key]));
    const given = (key: string): boolean => Object.hasOwn(line, key);
    if (given('startedMs')) this.startedMs = timeOf(line.startedMs);
    if (given('endedMs')) this.endedMs = timeOf(line.endedMs);
    if (given('endEstimated')) this.endEstimated = line.endEstimated === true;
    if (given('outcome')) this.outcome = wordOf(line.outcome, BUILD_OUTCOMES);
    if (given('targets')) this.targets = textsOf(line.targets, TARGETS_MAX);
    if (given('images')) this.images = textsOf(line.images, TARGETS_MAX);
    if (given('restCurrent')) this.restCurrent = line.restCurrent === true;
    const host = get(line, 'host');
    if (isFields(host)) {
      for (const key of HOST_TEXTS) if (Object.hasOwn(host, key)) this.hostTexts.set(key, textOf(host[key]));
      for (const key of HOST_COUNTS) if (Object.hasOwn(host, key)) this.hostCounts.set(key, countOf(host[key]));
    }
    const layers = get(line, 'layers');
    if (Array.isArray(layers)) this.layers = layers.slice(0, LAYERS_MAX).flatMap(layerOf);
    const type = get(line, 'buildType');
    if (isFields(type)) {
      const kind = wordOf(get(type, 'kind'), BUILD_KINDS);
      if (kind !== null) this.kind = { kind, estimated: get(type, 'estimated') !== false };
      this.sstate = sstateOf(get(type, 'sstate')) ?? this.sstate;
    }
    this.#join(this.variables, get(line, 'variables'));
    this.#join(this.extras, get(line, 'extras'));
    const sizes = get(line, 'rootfsSizes');
    if (Array.isArray(sizes)) {
      this.rootfsSizes = sizes.slice(0, ROOTFS_SIZES_MAX).flatMap((item: unknown) => {
        if (!isFields(item)) return [];
        const [path, text] = [textOf(get(item, 'path')), textOf(get(item, 'text'))];
        return path === null || text === null ? [] : [{ path, text, bytes: countOf(get(item, 'bytes')) }];
      });
    }
  }

  #join(into: Map<string, string>, value: unknown): void {
    if (!isFields(value)) return;
    for (const key of Object.keys(value)) {
      const text = textOf(value[key], VARIABLE_CHARS_MAX);
      if (text === null) continue;
      if (into.size >= VARIABLES_MAX && !into.has(key)) {
        this.once('record-too-long', () =>
          this.complain('warning', 'record-too-long', 'There are more variables than are kept.'),
        );
        return;
      }
      into.set(key.slice(0, TASK_NAME_CHARS_MAX), text);
    }
  }

  recipeLine(line: Fields): void {
    const from = countOf(get(line, 'from')) ?? this.recipes.length;
    const lists = ['pf', 'pn', 'pe', 'pv', 'pr', 'mc', 'layer', 'file', 'guessed'].map((key) => {
      const list = get(line, key);
      return Array.isArray(list) ? (list as unknown[]) : [];
    });
    const [pfs, pns, pes, pvs, prs, mcs, layers, files, guesses] = lists as [
      unknown[],
      unknown[],
      unknown[],
      unknown[],
      unknown[],
      unknown[],
      unknown[],
      unknown[],
      unknown[],
    ];
    let count = Math.max(...lists.map((list) => list.length));
    if (from + count > RECIPES_MAX) {
      this.once('too-many-recipes', () =>
        this.complain(
          'error',
          'too-many-recipes',
          `The record names more than ${RECIPES_MAX} recipes; the rest was left out.`,
        ),
      );
      count = Math.max(0, RECIPES_MAX - from);
    }
    for (let i = 0; i < count; i++) {
      const pf = textOf(pfs[i]);
      const pn = textOf(pns[i]);
      const split = pn === null && pf !== null ? splitRecipeName(pf) : null;
      const pv = textOf(pvs[i]) ?? split?.pv ?? null;
      const name = pn ?? split?.pn ?? null;
      if (name === null) continue;
      this.recipes[from + i] = {
        pf: pf ?? (pv === null ? name : `${name}-${pv}-${textOf(prs[i]) ?? 'r0'}`),
        pn: name,
        pe: textOf(pes[i]) ?? split?.pe ?? null,
        pv,
        pr: textOf(prs[i]) ?? split?.pr ?? null,
        guessed: pn === null || guesses[i] === true,
        mc: textOf(mcs[i]) ?? '',
        layer: textOf(layers[i]),
        file: textOf(files[i]),
      };
    }
  }

  taskIndex(name: string): number | null {
    const known = this.#taskIndex.get(name);
    if (known !== undefined) return known;
    if (this.taskNames.length >= TASK_NAMES_MAX) {
      this.once('too-many-task-names', () =>
        this.complain(
          'error',
          'too-many-task-names',
          `The record names more than ${TASK_NAMES_MAX} tasks; the rest was left out.`,
        ),
      );
      return null;
    }
    this.#taskIndex.set(name, this.taskNames.length);
    this.taskNames.push(name);
    return this.taskNames.length - 1;
  }

  /** The line with what it leaves to the one that it is like. Throws ColumnsError where that is none. */
  #whole(line: Fields): Fields {
    const like = get(line, 'like');
    const number = countOf(like ?? get(line, 'number'));
    if (like === undefined) {
      if (number !== null) {
        const { type, file, columns, names, lines } = line;
        this.#numbered.set(number, { type, file, columns, names, lines });
        if (this.#numbered.size > RECORD_NUMBERED_LINES_MAX) {
          for (const oldest of this.#numbered.keys()) {
            this.#numbered.delete(oldest);
            break;
          }
        }
      }
      return line;
    }
    const before = number === null ? undefined : this.#numbered.get(number);
    if (before === undefined || before.type !== line.type || before.file !== line.file)
      throw new ColumnsError('it is like a line that is not there');
    const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
    const [columns, names] = [list(before.columns), list(before.names)];
    // A line of fifty bytes may stand for thousands of columns and names.
    const data = get(line, 'data');
    if (typeof data === 'string') this.#mayBorrow += data.length;
    const borrowed = columns.length + names.length + list(before.lines).length;
    if (borrowed > this.#mayBorrow) throw new ColumnsError('too many lines are like others, with too little in them');
    this.#mayBorrow -= borrowed;
    const changed = new Map(list(get(line, 'columns')).map((column) => [isFields(column) ? column.id : null, column]));
    const merged = columns.map((column) => {
      const id = isFields(column) ? column.id : null;
      const own = changed.get(id);
      changed.delete(id);
      return own ?? column;
    });
    if (changed.size > 0) throw new ColumnsError('it has columns that the line it is like has not');
    return { ...before, ...line, columns: merged, names: [...names, ...list(get(line, 'names'))] };
  }

  /** Throws ColumnsError, as all that decode columns. */
  tasks(given: Fields): void {
    const line = this.#whole(given);
    const names = get(line, 'names');
    const indexes = (Array.isArray(names) ? names : []).map((name: unknown) => {
      const text = textOf(name, TASK_NAME_CHARS_MAX);
      return text === null ? null : this.taskIndex(text);
    });
    const { rows, numbers, hashes } = decodeColumns(line, this.#packing, this.#budget);
    this.#budget.takeRows(rows);
    const byId = new Map<string, Float64Array>();
    for (const column of numbers) byId.set(column.id, scaled(column));
    const recipe = byId.get('@recipe');
    const task = byId.get('@task');
    const outcome = byId.get('@outcome');
    if (recipe === undefined || task === undefined || outcome === undefined) {
      this.complain(
        'warning',
        'record-line-broken',
        'A line of task runs does not say of which recipe, task or outcome; it was left out.',
      );
      return;
    }
    const globalTask = task.map((index) => indexes[index] ?? Number.NaN);
    const good = new Uint8Array(rows);
    let kept = 0;
    for (let r = 0; r < rows; r++) {
      if (Number.isNaN(globalTask[r]) || !(outcome[r]! >= 0 && outcome[r]! < TASK_OUTCOMES.length)) continue;
      if (!Number.isInteger(outcome[r]) || !(recipe[r]! >= 0 && recipe[r]! < RECIPES_MAX)) continue;
      good[r] = 1;
      kept++;
    }
    let lost = rows - kept;
    if (this.rowCount + kept > TASK_RUNS_MAX) {
      this.once('too-many-tasks', () =>
        this.complain(
          'error',
          'too-many-tasks',
          `The record has more than ${TASK_RUNS_MAX} task runs; the rest was left out.`,
        ),
      );
      return;
    }
    const select = (column: Float64Array): Float64Array =>
      lost === 0 ? column : column.filter((_, r) => good[r] === 1);
    const own = new Map<string, Float64Array>();
    const metrics = new Map<string, Float64Array>();
    for (const { id, unit } of numbers) {
      const column = byId.get(id)!;
      if (id.startsWith('@')) {
        if (column !== recipe && column !== task && column !== outcome) own.set(id, select(column));
        continue;
      }
      // An id is a word of the file it came from; anything else could stand for two of them once it is stored.
      if (!METRIC_ID.test(id)) {
        this.once('metric-ids', () =>
          this.complain('warning', 'record-metric-unnamed', 'A column has a name that no metric has, and is left out.'),
        );
        continue;
      }
      if (!this.metrics.has(id)) {
        if (this.metrics.size >= METRICS_MAX) {
          this.once('too-many-metrics', () =>
            this.complain(
              'warning',
              'too-many-metrics',
              `The record holds more than ${METRICS_MAX} different numbers; the rest was left out.`,
            ),
          );
          continue;
        }
        this.metrics.set(id, unit);
      }
      metrics.set(id, select(column));
    }
    const hash = hashes.find(({ id }) => id === '@hash')?.hashes ?? null;
    this.blocks.push({
      rows: kept,
      recipe: select(recipe),
      task: select(globalTask),
      outcome: select(outcome),
      own,
      hashes: hash === null || lost === 0 ? hash : hash.filter((_, r) => good[r] === 1),
      metrics,
    });
    this.rowCount += kept;
    if (lost > 0) {
      this.complain(
        'warning',
        'record-rows-left-out',
        `${lost} task runs name no recipe, task or outcome; they were left out.`,
      );
      lost = 0;
    }
  }

  runningLine(line: Fields): void {
    const tasks = get(line, 'tasks');
    if (!Array.isArray(tasks)) return;
    this.running = tasks.slice(0, RECIPES_MAX).flatMap((item: unknown) => {
      if (!Array.isArray(item)) return [];
      const recipe = countOf(item[0]);
      const task = textOf(item[1], TASK_NAME_CHARS_MAX);
      if (recipe === null || task === null) return [];
      return [{ recipe, task, startMs: timeOf(item[2]) ?? Number.NaN, pid: countOf(item[3]) ?? Number.NaN }];
    });
  }

  graphLine(line: Fields): void {
    const blob = blobOf(get(line, 'blob'));
    if (blob !== null) this.graph = { blob, bytes: countOf(get(line, 'bytes')) ?? 0 };
  }

  phase(line: Fields): void {
    const id = textOf(get(line, 'id'), TASK_NAME_CHARS_MAX);
    const startMs = timeOf(get(line, 'startMs'));
    const endMs = timeOf(get(line, 'endMs'));
    if (id === null || startMs === null || endMs === null) return;
    const key = `${startMs} ${id}`;
    if (this.phases.size >= PHASES_MAX && !this.phases.has(key)) {
      this.#tooLong('phases');
      return;
    }
    this.phases.set(key, {
      id,
      label: textOf(get(line, 'label')) ?? id,
      startMs,
      endMs,
      estimated: get(line, 'estimated') === true,
      detail: textOf(get(line, 'detail')),
    });
  }

  samples(given: Fields): void {
    const line = this.#whole(given);
    const file = textOf(get(line, 'file'), TASK_NAME_CHARS_MAX);
    const lines = get(line, 'lines');
    if (file === null || !Array.isArray(lines)) {
      this.#broken('samples', 'no file or no lines');
      return;
    }
    const template = lines.map((item: unknown) => textOf(item) ?? '').join('\n');
    const { rows, numbers } = decodeColumns(line, this.#packing, this.#budget);
    const columns = numbers.filter(({ id }) => /^\d{1,6}$/.test(id)).sort((a, b) => Number(a.id) - Number(b.id));
    if (!columns.every(({ id }, i) => Number(id) === i) || !isTemplate(template, columns.length)) {
      this.#broken('samples', 'the template does not have as many places as there are columns');
      return;
    }
    if (rows > 0) this.frames.push({ file, template, rows, columns });
  }

  seriesLine(line: Fields): void {
    const source = textOf(get(line, 'source'), TASK_NAME_CHARS_MAX);
    const list = get(line, 'series');
    if (source === null || !Array.isArray(list)) {
      this.#broken('series', 'no source or no series');
      return;
    }
    if (this.#seriesCount + list.length > SAMPLE_SERIES_MAX) {
      this.once('too-many-series', () =>
        this.complain(
          'warning',
          'too-many-series',
          'The build has more sample series than are kept; the rest was left out.',
        ),
      );
      return;
    }
    const columns = decodeColumns(line, this.#packing, this.#budget);
    const byId = new Map(columns.numbers.map((column): [string, NumberColumn] => [column.id, column]));
    const time = byId.get('@time');
    if (time === undefined) {
      this.#broken('series', 'no time');
      return;
    }
    const seconds = scaled(time);
    for (let i = 0; i < seconds.length; i++) {
      // Ascending and distinct, as everything downstream takes for granted.
      if (!(Math.abs(seconds[i]!) <= 8.64e15) || (i > 0 && !(seconds[i]! > seconds[i - 1]!))) {
        this.#broken('series', 'times that do not ascend');
        return;
      }
    }
    const series = list.flatMap((item: unknown, i: number) => {
      const column = byId.get(String(i));
      const id = isFields(item) ? textOf(get(item, 'id')) : null;
      if (!isFields(item) || id === null || column === undefined) return [];
      return [
        {
          id,
          label: textOf(get(item, 'label')) ?? id,
          unit: wordOf(get(item, 'unit'), UNITS) ?? 'count',
          values: scaled(column),
          limit: numberOf(get(item, 'limit')),
          marks: marksOf(get(item, 'marks')),
          note: textOf(get(item, 'note')),
          guessed: get(item, 'guessed') === true,
        },
      ];
    });
    if (series.length === 0) return;
    this.#seriesCount += series.length;
    this.series.push({ source, timeMs: seconds, series });
  }

  failure(line: Fields): void {
    if (this.failures.length >= FAILURES_MAX) {
      this.#tooLong('failures');
      return;
    }
    this.failures.push({
      ...runNameOf(line),
      cause: textOf(get(line, 'cause'), MESSAGE_CHARS_MAX),
      logPath: textOf(get(line, 'logPath')),
    });
  }

  log(line: Fields): void {
    if (this.logs.length >= LOGS_MAX) {
      this.#tooLong('logs');
      return;
    }
    const kind = wordOf(get(line, 'kind'), LOG_KINDS);
    const blob = blobOf(get(line, 'blob'));
    if (kind === null || blob === null) {
      this.#broken('log', 'no kind or no blob');
      return;
    }
    this.logs.push({
      ...runNameOf(line),
      kind,
      blob,
      bytes: countOf(get(line, 'bytes')) ?? 0,
      originalBytes: countOf(get(line, 'originalBytes')),
    });
  }

  qa(line: Fields): void {
    if (this.qaIssues.length >= QA_ISSUES_MAX) {
      this.#tooLong('QA issues');
      return;
    }
    const message = textOf(get(line, 'message'), MESSAGE_CHARS_MAX);
    if (message === null) return;
    this.qaIssues.push({
      qaClass: textOf(get(line, 'qaClass'), TASK_NAME_CHARS_MAX),
      severity: wordOf(get(line, 'severity'), ['warning', 'error']) ?? 'warning',
      pf: textOf(get(line, 'pf')),
      task: textOf(get(line, 'task'), TASK_NAME_CHARS_MAX),
      message,
    });
  }

  message(line: Fields): void {
    if (this.messages.length >= MESSAGES_MAX) {
      this.#tooLong('messages');
      return;
    }
    const text = textOf(get(line, 'text'), MESSAGE_CHARS_MAX);
    if (text === null) return;
    this.messages.push({
      level: wordOf(get(line, 'level'), ['warning', 'error']) ?? 'warning',
      timeMs: timeOf(get(line, 'timeMs')),
      logger: textOf(get(line, 'logger'), TASK_NAME_CHARS_MAX),
      text,
    });
  }

  size(line: Fields): void {
    if (this.sizes.length >= ARTIFACT_SIZES_MAX) {
      this.#tooLong('sizes');
      return;
    }
    const kind = wordOf(get(line, 'kind'), ['package', 'image', 'scratch']);
    const name = textOf(get(line, 'name'));
    const bytes = countOf(get(line, 'bytes'));
    if (kind === null || name === null || bytes === null) {
      this.#broken('size', 'no kind, name or size');
      return;
    }
    this.sizes.push({
      kind,
      name,
      recipe: countOf(get(line, 'recipe')),
      pf: textOf(get(line, 'pf')),
      mc: textOf(get(line, 'mc')) ?? '',
      bytes,
      files: countOf(get(line, 'files')),
      fileList: blobOf(get(line, 'fileList')),
    });
  }

  problem(line: Fields): void {
    const message = textOf(get(line, 'message'), MESSAGE_CHARS_MAX);
    const code = textOf(get(line, 'code'), TASK_NAME_CHARS_MAX);
    if (message === null || code === null || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(code)) return;
    const severity = wordOf(get(line, 'severity'), ['note', 'warning', 'error']) ?? 'note';
    this.problems.add(severity, code, message, textOf(get(line, 'file')), countOf(get(line, 'line')));
  }

  end(line: Fields): void {
    this.ended = { atMs: timeOf(get(line, 'atMs')) };
  }

  #tooLong(what: string): void {
    this.once(`record-too-long ${what}`, () =>
      this.complain(
        'warning',
        'record-too-long',
        `There are more ${what} than are kept of one build; the rest was left out.`,
      ),
    );
  }

  #broken(type: string, why: string): void {
    this.complain('warning', 'record-line-broken', `A line of the type "${type}" has ${why}; it was left out.`);
  }
}

/** In the order in which they are given, each once. */
function marksOf(value: unknown): SampleMark[] {
  if (!Array.isArray(value)) return [];
  return [...new Set(value.slice(0, 100).flatMap((item: unknown) => wordOf(item, MARKS) ?? []))];
}

function runNameOf(line: Fields): RunName {
  const recipe = countOf(get(line, 'recipe'));
  return {
    recipe,
    pf: recipe === null ? textOf(get(line, 'pf')) : null,
    task: textOf(get(line, 'task'), TASK_NAME_CHARS_MAX),
    mc: textOf(get(line, 'mc')) ?? '',
    pid: countOf(get(line, 'pid')),
    startMs: timeOf(get(line, 'startMs')),
  };
}

function layerOf(item: unknown): LayerRevision[] {
  if (!isFields(item)) return [];
  const name = textOf(get(item, 'name'));
  if (name === null) return [];
  return [
    {
      name,
      branch: textOf(get(item, 'branch')),
      commit: textOf(get(item, 'commit')),
      modified: flagOf(get(item, 'modified')),
    },
  ];
}

function sstateOf(value: unknown): SstateSummary | null {
  if (!isFields(value)) return null;
  const count = (key: string): number | null => countOf(get(value, key));
  const [wanted, found, current] = [count('wanted'), count('found'), count('current')];
  if (wanted === null || found === null || current === null) return null;
  return {
    wanted,
    found,
    local: count('local'),
    mirrors: count('mirrors'),
    missed: count('missed') ?? Math.max(0, wanted - found),
    current,
  };
}
