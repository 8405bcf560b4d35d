import type { Build, Failure, TaskLog } from '../../model/build.ts';
import { TASK_NOT_RUN } from '../../model/task-table.ts';
import { type ColumnToWrite, encodeColumns } from './columns.ts';
import { graphBlob } from './graph.ts';
import { KIND_OF_LOG, KIND_OF_SIZE, NOISY_COUNTERS, RECORD_KINDS, type RecordKind } from './kinds.ts';
import type { Packing } from './packing.ts';
import { SCRUBBER_VERSION, scrubLine } from './scrub.ts';
import { SENT_EVERY_MS, thinned } from './thin-samples.ts';

export interface WriteRecordOptions {
  /** UUID of the build, lower case. */
  readonly id: string;
  /** Program and version that writes. */
  readonly writer: string;
  readonly packing: Packing;
  /** SHA-256 in hex. */
  readonly digest: (bytes: Uint8Array) => string;
  /** A stream: only these kinds, every text scrubbed, samples thinned, numbers without noise. Without it a record as it lies on disk, with everything. */
  readonly stream?: { readonly kinds: ReadonlySet<RecordKind>; readonly scrub: (text: string) => string } | undefined;
}

export interface WrittenRecord {
  /** The lines, each with its newline. */
  readonly lines: string[];
  /** The task graph as a blob, where it is written. */
  readonly graph: { readonly sha256: string; readonly bytes: Uint8Array } | null;
}

/** Rows of one line: what a client flushes at once is less, and a line of 100,000 rows is 5 MB. */
const ROWS_A_LINE = 100_000;
const HASH = /^[0-9a-f]{16}$/;

/**
 * A build as the lines of a record. Read again it is the same build but for its sources, for derived metrics, which are computed anew,
 * and for hashes that are not 16 hex digits.
 */
export function writeRecord(build: Build, options: WriteRecordOptions): WrittenRecord {
  const writer = new Writer(build, options);
  return writer.write();
}

class Writer {
  readonly #build: Build;
  readonly #options: WriteRecordOptions;
  readonly #lines: string[] = [];
  readonly #recipeByKey: ReadonlyMap<string, number>;

  constructor(build: Build, options: WriteRecordOptions) {
    this.#build = build;
    this.#options = options;
    this.#recipeByKey = new Map(build.recipes.map(({ mc, pf }, i) => [`${mc}\n${pf}`, i]));
  }

  write(): WrittenRecord {
    const { id, writer, stream } = this.#options;
    const kinds = RECORD_KINDS.filter((kind) => this.#sends(kind));
    this.#line({
      type: 'record',
      format: 1,
      id,
      writer,
      ...(stream === undefined ? {} : { scrubber: SCRUBBER_VERSION, kinds }),
    });
    this.#buildLine();
    this.#recipes();
    const graph = this.#sends('graph') ? this.#graph() : null;
    this.#tasks();
    this.#rest();
    if (this.#sends('samples')) this.#series();
    if (this.#build.outcome !== 'running') this.#line({ type: 'end', atMs: this.#build.endedMs });
    return { lines: this.#lines, graph };
  }

  get #isStream(): boolean {
    return this.#options.stream !== undefined;
  }

  #sends(kind: RecordKind): boolean {
    const { stream } = this.#options;
    return kind === 'times' || stream === undefined || stream.kinds.has(kind);
  }

  #line(line: Readonly<Record<string, unknown>>): void {
    const { stream } = this.#options;
    const scrubbed = stream === undefined ? line : scrubLine(line, stream.scrub);
    this.#lines.push(`${JSON.stringify(scrubbed)}\n`);
  }

  #buildLine(): void {
    const build = this.#build;
    const { name, startedMs, endedMs, endEstimated, targets, images, machine, distro, distroVersion } = build;
    const { builder, builderId, jobId, host, bitbakeVersion, type, variables, rootfsSizes, extras } = build;
    this.#line({
      type: 'build',
      ...{ name, startedMs, endedMs, endEstimated },
      // That it runs is said by what does not follow: an end.
      ...(build.outcome === 'running' ? {} : { outcome: build.outcome }),
      ...{ targets, images, machine, distro, distroVersion, builder, builderId, jobId, host, bitbakeVersion },
      ...(this.#sends('layers') ? { layers: build.layers } : {}),
      buildType: type,
      ...{ variables, rootfsSizes, extras },
    });
  }

  #recipes(): void {
    const { recipes } = this.#build;
    const list = (pick: (recipe: Build['recipes'][number]) => unknown, nothing: unknown): unknown[] | undefined => {
      const values = recipes.map(pick);
      return values.some((value) => value !== nothing) ? values : undefined;
    };
    this.#line({
      type: 'recipes',
      from: 0,
      pf: recipes.map(({ pf }) => pf),
      pn: recipes.map(({ pn }) => pn),
      pe: list(({ pe }) => pe, null),
      pv: list(({ pv }) => pv, null),
      pr: list(({ pr }) => pr, null),
      mc: list(({ mc }) => mc, ''),
      layer: list(({ layer }) => layer, null),
      file: list(({ file }) => file, null),
      guessed: list(({ guessed }) => guessed, false),
    });
  }

  #graph(): WrittenRecord['graph'] {
    const bytes = graphBlob(this.#build);
    if (bytes === null) return null;
    const sha256 = this.#options.digest(bytes);
    this.#line({ type: 'graph', blob: sha256, bytes: bytes.length });
    return { sha256, bytes };
  }

  /** In the order in which the runs ended, as a client writes them: then their times are small differences. */
  #tasks(): void {
    const { tasks, graph } = this.#build;
    const keyOf = (row: number): number => {
      const end = tasks.endMs[row]!;
      return Number.isNaN(end) ? tasks.startMs[row]! : end;
    };
    const order: number[] = [];
    for (let row = 0; row < tasks.length; row++) {
      // A node of the graph about which nothing else is known has its row from there.
      const fromGraph = this.#sends('graph') && graph !== null && this.#isBare(row);
      if (!fromGraph) order.push(row);
    }
    order.sort((a, b) => compareRecorded(keyOf(a), keyOf(b)) || a - b);
    for (let at = 0; at < order.length; at += ROWS_A_LINE) this.#taskLine(order.slice(at, at + ROWS_A_LINE));
  }

  #isBare(row: number): boolean {
    const { tasks } = this.#build;
    return (
      tasks.outcome[row] === TASK_NOT_RUN &&
      Number.isNaN(tasks.startMs[row]) &&
      Number.isNaN(tasks.endMs[row]) &&
      Number.isNaN(tasks.queuedMs?.[row] ?? Number.NaN) &&
      Number.isNaN(tasks.pid?.[row] ?? Number.NaN) &&
      (tasks.hash?.[row] ?? '') === '' &&
      tasks.metrics.every(({ id }) => Number.isNaN(tasks.values.get(id)![row]!))
    );
  }

  #taskLine(rows: readonly number[]): void {
    const { tasks } = this.#build;
    const take = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    const columns: ColumnToWrite[] = [
      { id: '@recipe', values: take(tasks.recipe) },
      { id: '@task', values: take(tasks.task) },
      { id: '@outcome', values: take(tasks.outcome) },
    ];
    const add = (id: string, values: ArrayLike<number>, of: Near, unit?: string): void => {
      const taken = take(values);
      if (!taken.every(Number.isNaN)) columns.push({ id, values: taken, of, ...(unit === undefined ? {} : { unit }) });
    };
    add('@end', tasks.endMs, []);
    add('@start', tasks.startMs, [['@end', 1]]);
    if (tasks.queuedMs !== null) add('@queued', tasks.queuedMs, [['@start', 1]]);
    // It leads to logs on the host that built, and to nothing anywhere else.
    if (tasks.pid !== null && !this.#isStream) add('@pid', tasks.pid, []);
    if (tasks.hash !== null && this.#sends('hashes')) {
      const hashes = rows.map((row) => (HASH.test(tasks.hash![row]!) ? tasks.hash![row]! : ''));
      columns.push({ id: '@hash', hashes });
    }
    if (this.#sends('counters') || this.#sends('all-counters')) {
      const metrics = tasks.metrics.filter(
        ({ id, derived }) => !derived && this.#sends(NOISY_COUNTERS.has(id) ? 'all-counters' : 'counters'),
      );
      const isTold = (id: string): boolean => Object.hasOwn(TOLD_BY, id);
      // What others tell comes behind them. A record on disk keeps the order in which metrics were found.
      if (this.#isStream) metrics.sort((a, b) => Number(isTold(a.id)) - Number(isTold(b.id)));
      for (const { id, unit, guessed } of metrics) {
        if (this.#isStream && isCoarse(id, tasks)) continue;
        const values = tasks.values.get(id)!;
        const sent = this.#isStream && unit === 's' ? Float64Array.from(values, sentSeconds) : values;
        add(id, sent, isTold(id) ? TOLD_BY[id]! : [], guessed ? unit : undefined);
      }
    }
    const encoded = encodeColumns(rows.length, columns, this.#options.packing, this.#isStream);
    this.#line({ type: 'tasks', rows: rows.length, names: tasks.taskNames, ...encoded });
  }

  #rest(): void {
    const build = this.#build;
    for (const phase of build.phases) this.#line({ type: 'phase', ...phase });
    for (const failure of build.failures) {
      const { cause, logPath } = failure;
      this.#line({ type: 'failure', ...this.#runOf(failure), cause, logPath });
    }
    for (const log of build.logs) {
      if (!this.#sends(KIND_OF_LOG[log.kind])) continue;
      const { kind, blob, bytes, originalBytes } = log;
      this.#line({ type: 'log', kind, ...this.#runOf(log), blob, bytes, originalBytes });
    }
    if (this.#sends('messages')) {
      for (const issue of build.qaIssues) this.#line({ type: 'qa', ...issue });
      for (const message of build.messages) this.#line({ type: 'message', ...message });
    }
    for (const { kind, name, pf, mc, bytes, files, fileList } of build.sizes) {
      if (!this.#sends(KIND_OF_SIZE[kind])) continue;
      const recipe = pf === null ? null : (this.#recipeByKey.get(`${mc}\n${pf}`) ?? null);
      this.#line({ type: 'size', kind, name, recipe, ...(recipe === null ? { pf } : {}), mc, bytes, files, fileList });
    }
    for (const problem of build.problems) this.#line({ type: 'problem', ...problem });
  }

  /** What names a run: its recipe's number where it has a row, and process and start where there are several. */
  #runOf(run: Failure | TaskLog): Record<string, unknown> {
    const { tasks } = this.#build;
    const { row, pf, task, mc } = run;
    if (row === null) return { recipe: null, pf, task, mc };
    const pid = tasks.pid?.[row] ?? Number.NaN;
    const startMs = tasks.startMs[row]!;
    return {
      recipe: tasks.recipe[row],
      task: tasks.taskNames[tasks.task[row]!],
      mc,
      ...(Number.isNaN(pid) ? {} : { pid }),
      ...(Number.isNaN(startMs) ? {} : { startMs }),
    };
  }

  #series(): void {
    const { stream } = this.#options;
    for (const table of this.#build.samples) {
      const { source, timeMs, series } = stream === undefined ? table : thinned(table, SENT_EVERY_MS);
      const columns: ColumnToWrite[] = [
        { id: '@time', values: timeMs },
        ...series.map(({ values }, i) => ({ id: String(i), values })),
      ];
      this.#line({
        type: 'series',
        source,
        series: series.map(({ values: _, ...about }) => about),
        rows: timeMs.length,
        ...encodeColumns(timeMs.length, columns, this.#options.packing),
      });
    }
  }
}

type Near = readonly (readonly [id: string, factor: number])[];

/** The kernel counts the same bytes for /proc/PID/io and, in blocks of 512, for rusage of a task and its children. */
const TOLD_BY: Readonly<Record<string, Near>> = {
  'io.read_bytes': [
    ['rusage.ru_inblock', 512],
    ['child_rusage.ru_inblock', 512],
  ],
  'io.write_bytes': [
    ['rusage.ru_oublock', 512],
    ['child_rusage.ru_oublock', 512],
  ],
};

/** Ticks of 10 ms, of which rusage tells the same in microseconds. */
const COARSE: Readonly<Record<string, string>> = {
  utime: 'rusage.ru_utime',
  stime: 'rusage.ru_stime',
  cutime: 'child_rusage.ru_utime',
  cstime: 'child_rusage.ru_stime',
};

/** Whether every row that has it has the finer one too. */
function isCoarse(id: string, { values }: Build['tasks']): boolean {
  const finer = Object.hasOwn(COARSE, id) ? values.get(COARSE[id]!) : undefined;
  return finer !== undefined && values.get(id)!.every((value, row) => Number.isNaN(value) || !Number.isNaN(finer[row]));
}

/** To a thousandth: what is below is chance, and would be a third of all that is sent. */
function sentSeconds(seconds: number): number {
  return Math.round(seconds * 1e3) / 1e3;
}

function compareRecorded(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a - b;
}
