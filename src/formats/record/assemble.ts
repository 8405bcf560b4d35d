import {
  type ArtifactSize,
  type Build,
  type BuildSource,
  type Failure,
  type Host,
  NOT_SENT,
  type Recipe,
  type TaskLog,
} from '../../model/build.ts';
import { deriveMetrics } from '../../model/derive-metrics.ts';
import { blankBuild } from '../../model/draw-build.ts';
import { GRAPH_EDGES_MAX, RECIPES_MAX, TASK_RUNS_MAX } from '../../model/limits.ts';
import type { Metric } from '../../model/metric.ts';
import { metricFor } from '../../model/metric-registry.ts';
import { ProblemList } from '../../model/problem.ts';
import { compareRecipes, compareText, graphOf } from '../../model/task-rows.ts';
import {
  TASK_EXISTING,
  TASK_FAILED,
  TASK_NOT_RUN,
  TASK_RUNNING,
  TASK_UNFINISHED,
  type TaskTable,
} from '../../model/task-table.ts';
import { UNITS } from '../../model/units.ts';
import type { RecipeDraft, RecordDraft, RowBlock, RunName } from './draft.ts';
import { wordOf } from './fields.ts';
import { type GraphNodes, parseGraph } from './graph.ts';
import { NOISY_COUNTERS, RECORD_KINDS, type RecordKind } from './kinds.ts';
import { readFrames } from './sample-text.ts';

/** From the end of a task to the moment at which the run queue heard of it, of `@completed`. */
export const COMPLETION_LATENCY = 'latency.completion';

export interface AssembleContext {
  readonly source: BuildSource;
  /** File name for problems. */
  readonly file: string;
  /** Whether whoever writes the record is still at it, as far as the reader can know. */
  readonly running: boolean;
  /** The bytes of the graph's blob, or null where they are not at hand. */
  readonly graph: Uint8Array | null;
}

/** What the pages lack where a kind is left out of a stream; of the kinds that are off everywhere nothing is missed. */
const MISSED: Readonly<Partial<Record<RecordKind, string>>> = {
  counters: 'CPU times, memory and storage of tasks',
  'all-counters': 'system calls, page faults, context switches and cancelled writes of tasks',
  samples: 'samples of the machine',
  hashes: 'task hashes',
  graph: 'the task graph',
  layers: 'layers',
  messages: 'messages and QA issues',
  'failure-logs': 'logs of failures',
  'qa-logs': 'logs of QA issues',
};

/** Else whoever misses it would look for a fault, or take it for nothing. */
function notSent({ kinds, metrics }: RecordDraft): Record<string, string> {
  if (kinds === null) return {};
  // A client of before there was this kind sent what is in it with the others.
  const told = [...NOISY_COUNTERS].some((id) => metrics.has(id)) ? [...kinds, 'all-counters'] : kinds;
  const missed = RECORD_KINDS.filter((kind) => MISSED[kind] !== undefined && !told.includes(kind));
  return missed.length === 0 ? {} : { [NOT_SENT]: missed.map((kind) => MISSED[kind]).join('; ') };
}

/** The Build of what a draft knows so far; the draft stays as it is and may go on. */
export function assembleBuild(draft: RecordDraft, context: AssembleContext): Build {
  const problems = new ProblemList();
  problems.addAll(draft.problems.list());
  const said = draft.outcome === 'running' ? null : draft.outcome;
  const running = context.running && draft.ended === null && said === null;
  const rows = new Rows(draft, running);
  const graph = context.graph === null ? null : parseGraph(context.graph);
  if (typeof graph === 'string') {
    problems.add('warning', 'record-graph-broken', `The task graph cannot be read: ${graph}.`, context.file);
  }
  const joined = graph === null || typeof graph === 'string' ? null : rows.join(graph, draft.restCurrent);
  if (rows.strangers > 0) {
    problems.add(
      'warning',
      'record-rows-left-out',
      `${rows.strangers} task runs are of recipes that no line names; they were left out.`,
      context.file,
    );
  }
  const { recipes, tasks, rowOf } = rows.sorted(draft.metrics);
  const find = new RunFinder(rows, tasks, rowOf);

  const failures = draft.failures.map((failure): Failure => {
    const row = find.row(failure, true);
    return { row, ...find.names(failure), cause: failure.cause, logPath: failure.logPath };
  });
  const logs = draft.logs.map(({ kind, blob, bytes, originalBytes, ...run }): TaskLog => {
    const row = find.row(run, kind !== 'success' && kind !== 'qa');
    return { kind, row, ...find.names(run), blob, bytes, originalBytes };
  });
  const sizes = draft.sizes.map((size): ArtifactSize => {
    const recipe = size.recipe === null ? undefined : draft.recipes[size.recipe];
    return {
      kind: size.kind,
      name: size.name,
      pf: recipe?.pf ?? size.pf,
      mc: recipe?.mc ?? size.mc,
      bytes: size.bytes,
      files: size.files,
      fileList: size.fileList,
    };
  });

  const text = (key: Parameters<RecordDraft['texts']['get']>[0]) => draft.texts.get(key) ?? null;
  const startedMs = draft.startedMs ?? extreme(tasks.startMs, Math.min);
  const lastMs = extreme(tasks.endMs, Math.max) ?? draft.ended?.atMs ?? null;
  const ended = running
    ? { endedMs: null, endEstimated: false }
    : draft.endedMs !== null
      ? { endedMs: draft.endedMs, endEstimated: draft.endEstimated }
      : { endedMs: lastMs, endEstimated: lastMs !== null };
  const failed = tasks.outcome.includes(TASK_FAILED);
  const frames = readFrames(draft.frames, problems);
  const samples = [...frames, ...draft.series.filter((table) => !frames.some((own) => own.source === table.source))];
  return {
    ...blankBuild(text('name') ?? nameOfStart(startedMs) ?? draft.id ?? ''),
    sources: [context.source],
    startedMs,
    ...ended,
    outcome: said ?? (running ? 'running' : draft.ended === null ? 'lost' : failed ? 'failed' : 'not-recorded'),
    targets: draft.targets,
    machine: text('machine'),
    distro: text('distro'),
    distroVersion: text('distroVersion'),
    builder: text('builder'),
    builderId: text('builderId'),
    jobId: text('jobId'),
    images: draft.images,
    host: hostOf(draft),
    bitbakeVersion: text('bitbakeVersion'),
    layers: draft.layers.slice(),
    type: { ...(draft.kind ?? { kind: 'not-recorded', estimated: true }), sstate: draft.sstate },
    // fromEntries defines what a name like __proto__ would set.
    variables: Object.fromEntries(draft.variables),
    extras: { ...Object.fromEntries(draft.extras), ...notSent(draft) },
    recipes,
    tasks,
    graph: joined === null ? null : graphOf(tasks.length, joined(rowOf)),
    phases: [...draft.phases.values()],
    samples: samples.sort((a, b) => compareText(a.source, b.source)),
    failures,
    qaIssues: draft.qaIssues.slice(),
    messages: draft.messages.slice(),
    logs,
    sizes,
    rootfsSizes: draft.rootfsSizes.slice(),
    problems: problems.list(),
  };
}

function hostOf(draft: RecordDraft): Host {
  const text = (key: Parameters<RecordDraft['hostTexts']['get']>[0]) => draft.hostTexts.get(key) ?? null;
  return {
    name: text('name'),
    id: text('id'),
    kernel: text('kernel'),
    arch: text('arch'),
    distro: text('distro'),
    cores: draft.hostCounts.get('cores') ?? null,
    memoryBytes: draft.hostCounts.get('memoryBytes') ?? null,
    cpuModel: text('cpuModel'),
  };
}

/** As BUILDNAME is by default. */
function nameOfStart(startedMs: number | null): string | null {
  return startedMs === null ? null : new Date(startedMs).toISOString().replace(/[-T:]/g, '').slice(0, 14);
}

function extreme(times: Float64Array, pick: (a: number, b: number) => number): number | null {
  let found = Number.NaN;
  for (const time of times) if (!Number.isNaN(time)) found = Number.isNaN(found) ? time : pick(found, time);
  return Number.isNaN(found) ? null : found;
}

const TIME_MS_MAX = 8.64e15;

/** Rows of all lines one after the other, before they are sorted; then those that run, then nodes of the graph without a row. */
class Rows {
  length: number;
  /** Rows whose recipe no line names. */
  strangers = 0;
  readonly #draft: RecordDraft;
  readonly #recipes: RecipeDraft[] = [];
  readonly #recipeByKey = new Map<string, number>();
  readonly #numberToRecipe: Int32Array;
  #recipe: Uint32Array<ArrayBuffer>;
  #task: Uint32Array<ArrayBuffer>;
  #outcome: Uint8Array<ArrayBuffer>;
  readonly #blocks: { readonly from: number; readonly block: RowBlock; readonly rows: Uint32Array | null }[] = [];
  readonly #running: { readonly row: number; readonly startMs: number; readonly pid: number }[] = [];
  readonly #names: string[];

  constructor(draft: RecordDraft, running: boolean) {
    this.#draft = draft;
    this.#names = draft.taskNames.slice();
    this.#numberToRecipe = Int32Array.from({ length: draft.recipes.length }, (_, number) => {
      const recipe = draft.recipes[number];
      return recipe === undefined ? -1 : this.#add(recipe);
    });
    const room = draft.rowCount + draft.running.length;
    this.#recipe = new Uint32Array(room);
    this.#task = new Uint32Array(room);
    this.#outcome = new Uint8Array(room);
    this.length = 0;
    for (const block of draft.blocks) this.#addBlock(block, running);
    if (draft.ended === null) this.#addRunning(running);
  }

  /** Two entries of one PF and multiconfig are one recipe run. */
  #add(recipe: RecipeDraft): number {
    const key = `${recipe.mc}\n${recipe.pf}`;
    let index = this.#recipeByKey.get(key);
    if (index === undefined) {
      index = this.#recipes.length;
      this.#recipeByKey.set(key, index);
      this.#recipes.push(recipe);
    }
    return index;
  }

  /** Index of the recipe that a line names by `number`, or -1. */
  recipeOf(number: number | null): number {
    return number === null ? -1 : (this.#numberToRecipe[number] ?? -1);
  }

  recipeAt(index: number): RecipeDraft {
    return this.#recipes[index]!;
  }

  #addBlock(block: RowBlock, running: boolean): void {
    const from = this.length;
    let chosen: number[] | null = null;
    for (let r = 0; r < block.rows; r++) {
      const recipe = this.recipeOf(block.recipe[r]!);
      if (recipe < 0) {
        this.strangers++;
        chosen ??= Array.from({ length: r }, (_, i) => i);
        continue;
      }
      chosen?.push(r);
      const outcome = block.outcome[r]!;
      this.#recipe[this.length] = recipe;
      this.#task[this.length] = block.task[r]!;
      this.#outcome[this.length] = outcome === TASK_RUNNING && !running ? TASK_UNFINISHED : outcome;
      this.length++;
    }
    this.#blocks.push({ from, block, rows: chosen === null ? null : Uint32Array.from(chosen) });
  }

  /** What ran when the record was last written to; a row of the same run came later and knows more. */
  #addRunning(running: boolean): void {
    if (this.#draft.running.length === 0) return;
    const starts = this.#own('@start');
    const pids = this.#own('@pid');
    const known = new Map<string, number[]>();
    for (let r = 0; r < this.length; r++) {
      const key = `${this.#recipe[r]} ${this.#names[this.#task[r]!]}`;
      const list = known.get(key);
      if (list === undefined) known.set(key, [r]);
      else list.push(r);
    }
    for (const { recipe: number, task, startMs, pid } of this.#draft.running) {
      const recipe = this.recipeOf(number);
      if (recipe < 0) {
        this.strangers++;
        continue;
      }
      const same = (row: number): boolean => {
        const [otherPid, otherStart] = [pids?.[row] ?? Number.NaN, starts?.[row] ?? Number.NaN];
        if (!Number.isNaN(pid) && !Number.isNaN(otherPid)) return pid === otherPid;
        return Number.isNaN(startMs) || Number.isNaN(otherStart) || Math.abs(startMs - otherStart) < 1000;
      };
      if (known.get(`${recipe} ${task}`)?.some(same)) continue;
      const index = this.#taskIndex(task);
      if (index < 0) continue;
      this.#recipe[this.length] = recipe;
      this.#task[this.length] = index;
      this.#outcome[this.length] = running ? TASK_RUNNING : TASK_UNFINISHED;
      this.#running.push({ row: this.length, startMs, pid });
      this.length++;
    }
  }

  #taskIndex(name: string): number {
    const known = this.#names.indexOf(name);
    if (known >= 0) return known;
    if (this.#names.length >= 0xffff) return -1;
    this.#names.push(name);
    return this.#names.length - 1;
  }

  /**
   * Gives every node of the graph a row, and returns what makes edges between rows of it once they are sorted. Where a task ran more
   * than once, each run waited for what the task waits for, and who waits for it waited for the last.
   */
  join(graph: GraphNodes, restCurrent: boolean): (rowOf: Uint32Array) => Generator<[number, number]> {
    const groupOf = new Map<string, number>();
    const group = (mc: string, pn: string): number => {
      const key = `${mc}\n${pn}`;
      let index = groupOf.get(key);
      if (index === undefined) {
        index = groupOf.size;
        groupOf.set(key, index);
      }
      return index;
    };
    const groupOfRecipe = this.#recipes.map(({ mc, pn }) => group(mc, pn));
    const recipeOfGroup = new Map<number, number>();
    groupOfRecipe.forEach((index, recipe) => {
      if (!recipeOfGroup.has(index)) recipeOfGroup.set(index, recipe);
    });
    const tasks = new Map(this.#names.map((name, i) => [name, i]));
    const taskOfGraph = graph.tasks.map((name) => {
      let index = tasks.get(name);
      if (index === undefined) {
        index = this.#taskIndex(name);
        tasks.set(name, index);
      }
      return index;
    });
    const groupOfGraph = graph.recipes.map(({ mc, pn }) => group(mc, pn));
    const names = this.#names.length;
    const rowsOf = new Map<number, number[]>();
    for (let row = 0; row < this.length; row++) {
      const key = groupOfRecipe[this.#recipe[row]!]! * names + this.#task[row]!;
      const list = rowsOf.get(key);
      if (list === undefined) rowsOf.set(key, [row]);
      else list.push(row);
    }
    const nodes = graph.needs.length;
    const missing: { recipe: number; task: number; key: number }[] = [];
    const keys = new Float64Array(nodes).fill(-1);
    for (let node = 0; node < nodes; node++) {
      const inGraph = graph.nodes[2 * node]!;
      const task = taskOfGraph[graph.nodes[2 * node + 1]!]!;
      if (task < 0) continue;
      const key = groupOfGraph[inGraph]! * names + task;
      keys[node] = key;
      if (rowsOf.has(key) || this.length + missing.length >= TASK_RUNS_MAX) continue;
      let recipe = recipeOfGroup.get(groupOfGraph[inGraph]!);
      if (recipe === undefined) {
        if (this.#recipes.length >= RECIPES_MAX) continue;
        const { mc, pn } = graph.recipes[inGraph]!;
        recipe = this.#add({ pf: pn, pn, pe: null, pv: null, pr: null, guessed: true, mc, layer: null, file: null });
        recipeOfGroup.set(groupOfGraph[inGraph]!, recipe);
      }
      rowsOf.set(key, [this.length + missing.length]);
      missing.push({ recipe, task, key });
    }
    this.#grow(this.length + missing.length);
    for (const { recipe, task } of missing) {
      this.#recipe[this.length] = recipe;
      this.#task[this.length] = task;
      this.#outcome[this.length] = restCurrent ? TASK_EXISTING : TASK_NOT_RUN;
      this.length++;
    }
    return function* (rowOf) {
      let edges = 0;
      for (let node = 0; node < nodes; node++) {
        for (const row of rowsOf.get(keys[node]!) ?? []) {
          for (const to of graph.needs[node]!) {
            const targets = rowsOf.get(keys[to]!);
            if (targets === undefined) continue;
            // A graph whose nodes are all one task, each of a million runs: no graph.
            if (++edges > GRAPH_EDGES_MAX) return;
            yield [rowOf[row]!, rowOf[targets.at(-1)!]!];
          }
        }
      }
    };
  }

  #grow(length: number): void {
    const grow = <T extends Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(from: T, to: T): T => {
      to.set(from.subarray(0, this.length));
      return to;
    };
    this.#recipe = grow(this.#recipe, new Uint32Array(length));
    this.#task = grow(this.#task, new Uint32Array(length));
    this.#outcome = grow(this.#outcome, new Uint8Array(length));
  }

  /** One of the own columns over all rows, or null where no line has it. */
  #own(id: string): Float64Array<ArrayBuffer> | null {
    return this.#column((block) => block.own.get(id));
  }

  #column(pick: (block: RowBlock) => Float64Array | undefined): Float64Array<ArrayBuffer> | null {
    let column: Float64Array<ArrayBuffer> | null = null;
    for (const { from, block, rows } of this.#blocks) {
      const values = pick(block);
      if (values === undefined) continue;
      column ??= new Float64Array(this.length).fill(Number.NaN);
      if (rows === null) column.set(values, from);
      else for (let i = 0; i < rows.length; i++) column[from + i] = values[rows[i]!]!;
    }
    return column;
  }

  #time(id: string): Float64Array<ArrayBuffer> | null {
    const column = this.#own(id);
    if (column !== null)
      for (let r = 0; r < column.length; r++) if (!(Math.abs(column[r]!) <= TIME_MS_MAX)) column[r] = Number.NaN;
    return column;
  }

  #hashes(): string[] | null {
    if (!this.#blocks.some(({ block }) => block.hashes !== null)) return null;
    const all = new Array<string>(this.length).fill('');
    for (const { from, block, rows } of this.#blocks) {
      if (block.hashes === null) continue;
      const count = rows === null ? block.rows : rows.length;
      for (let i = 0; i < count; i++) all[from + i] = block.hashes[rows === null ? i : rows[i]!]!;
    }
    return all.some((hash) => hash !== '') ? all : null;
  }

  /** The table, the recipes that it refers to, and which row each became. Columns in which nothing is recorded are left out. */
  sorted(metricUnits: ReadonlyMap<string, string>): { recipes: Recipe[]; tasks: TaskTable; rowOf: Uint32Array } {
    const n = this.length;
    const start = this.#time('@start') ?? new Float64Array(n).fill(Number.NaN);
    const end = this.#time('@end') ?? new Float64Array(n).fill(Number.NaN);
    const queued = this.#time('@queued');
    const completed = this.#time('@completed');
    let pid = this.#own('@pid');
    const hash = this.#hashes();
    for (const running of this.#running) {
      start[running.row] = running.startMs;
      if (Number.isNaN(running.pid)) continue;
      pid ??= new Float64Array(n).fill(Number.NaN);
      pid[running.row] = running.pid;
    }
    const recipeRank = ranks(this.#recipe, n, this.#recipes.length, (a, b) =>
      compareRecipes(this.#recipes[a]!, this.#recipes[b]!),
    );
    const taskRank = ranks(this.#task, n, this.#names.length, (a, b) => compareText(this.#names[a]!, this.#names[b]!));

    // The native sort over doubles: a millisecond for 10,000 rows, where one with a function takes ten.
    const groups = recipeRank.order.length * Math.max(1, taskRank.order.length);
    const group = new Float64Array(n);
    for (let r = 0; r < n; r++) {
      group[r] = recipeRank.rank[this.#recipe[r]!]! * taskRank.order.length + taskRank.rank[this.#task[r]!]!;
    }
    let order = new Uint32Array(n);
    if (groups * Math.max(1, n) < Number.MAX_SAFE_INTEGER) {
      const sortable = new Float64Array(n);
      for (let r = 0; r < n; r++) sortable[r] = group[r]! * n + r;
      sortable.sort();
      for (let i = 0; i < n; i++) order[i] = sortable[i]! % n;
    } else order = order.map((_, i) => i).sort((a, b) => group[a]! - group[b]! || a - b);
    const compareRuns = (a: number, b: number): number =>
      compareRecorded(start[a]!, start[b]!) ||
      compareRecorded(end[a]!, end[b]!) ||
      compareRecorded(pid?.[a] ?? Number.NaN, pid?.[b] ?? Number.NaN) ||
      this.#outcome[a]! - this.#outcome[b]! ||
      compareText(hash?.[a] ?? '', hash?.[b] ?? '') ||
      a - b;
    for (let i = 0; i < n; ) {
      let next = i + 1;
      while (next < n && group[order[next]!] === group[order[i]!]) next++;
      if (next - i > 1) order.subarray(i, next).sort(compareRuns);
      i = next;
    }

    const rowOf = new Uint32Array(n);
    const recipe = new Uint32Array(n);
    const task = new Uint16Array(n);
    const outcome = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      const row = order[i]!;
      rowOf[row] = i;
      recipe[i] = recipeRank.rank[this.#recipe[row]!]!;
      task[i] = taskRank.rank[this.#task[row]!]!;
      outcome[i] = this.#outcome[row]!;
    }
    const startMs = gather(start, order);
    const endMs = gather(end, order);
    const metrics: Metric[] = [];
    const values = new Map<string, Float64Array>();
    const add = (metric: Metric, column: Float64Array | null): void => {
      if (column === null || column.every(Number.isNaN)) return;
      metrics.push(metric);
      values.set(metric.id, column);
    };
    for (const [id, unit] of metricUnits) {
      const metric = metricOf(id, unit);
      // What follows from other columns is computed below: a second opinion on it is not kept.
      if (metric.derived) continue;
      const column = this.#column((block) => block.metrics.get(id));
      add(metric, column === null ? null : gather(column, order));
    }
    if (completed !== null && !values.has(COMPLETION_LATENCY)) {
      const sorted = gather(completed, order);
      // Ends are rounded to 10 ms by buildstats: a task is not heard of before it ended.
      add(
        metricFor(COMPLETION_LATENCY),
        sorted.map((ms, r) => Math.max(0, ms - endMs[r]!)),
      );
    }
    const read = { length: n, startMs, endMs, values };
    for (const { metric, values: column } of deriveMetrics(read)) {
      metrics.push(metric);
      values.set(metric.id, column);
    }
    return {
      recipes: recipeRank.order.map((i) => this.#recipes[i]!),
      rowOf,
      tasks: {
        length: n,
        recipe,
        task,
        taskNames: taskRank.order.map((i) => this.#names[i]!),
        outcome,
        startMs,
        endMs,
        queuedMs: recordedOrNull(queued, order),
        hash: hash === null ? null : Array.from(order, (row) => hash[row]!),
        pid: recordedOrNull(pid, order),
        metrics,
        values,
      },
    };
  }

  /** Rows, before they are sorted, of one recipe and task. */
  runsOf(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (let row = 0; row < this.length; row++) {
      const key = `${this.#recipe[row]} ${this.#names[this.#task[row]!]}`;
      const list = found.get(key);
      if (list === undefined) found.set(key, [row]);
      else list.push(row);
    }
    return found;
  }
}

/** The used ones of `count` things in order, and the place of each in it. */
function ranks(
  used: Uint32Array,
  length: number,
  count: number,
  compare: (a: number, b: number) => number,
): { order: number[]; rank: Uint32Array } {
  const isUsed = new Uint8Array(count);
  for (let r = 0; r < length; r++) isUsed[used[r]!] = 1;
  const order: number[] = [];
  for (let i = 0; i < count; i++) if (isUsed[i] === 1) order.push(i);
  order.sort((a, b) => compare(a, b) || a - b);
  const rank = new Uint32Array(count);
  order.forEach((i, place) => {
    rank[i] = place;
  });
  return { order, rank };
}

/** Ascending, with "not recorded" after every number. */
function compareRecorded(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a - b;
}

function gather(column: Float64Array, order: Uint32Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) out[i] = column[order[i]!]!;
  return out;
}

function recordedOrNull(column: Float64Array | null, order: Uint32Array): Float64Array<ArrayBuffer> | null {
  return column === null || column.every(Number.isNaN) ? null : gather(column, order);
}

/** From the table; of a metric that it does not know, the unit is the writer's word. */
function metricOf(id: string, unit: string): Metric {
  const metric = metricFor(id, unit);
  const said = wordOf(unit, UNITS);
  return metric.guessed && said !== null ? { ...metric, unit: said } : metric;
}

/** Which row a failure or a log is of. Two of one kind that name no process are of two runs, where there are two. */
class RunFinder {
  readonly #rows: Rows;
  readonly #tasks: TaskTable;
  readonly #rowOf: Uint32Array;
  readonly #taken = new Set<string>();
  #runs: Map<string, number[]> | null = null;

  constructor(rows: Rows, tasks: TaskTable, rowOf: Uint32Array) {
    this.#rows = rows;
    this.#tasks = tasks;
    this.#rowOf = rowOf;
  }

  names(run: RunName): { pf: string | null; task: string | null; mc: string } {
    const recipe = this.#rows.recipeOf(run.recipe);
    if (recipe < 0) return { pf: run.pf, task: run.task, mc: run.mc };
    const { pf, mc } = this.#rows.recipeAt(recipe);
    return { pf, task: run.task, mc };
  }

  row(run: RunName & { readonly kind?: string }, failed: boolean): number | null {
    const recipe = this.#rows.recipeOf(run.recipe);
    if (recipe < 0 || run.task === null) return null;
    this.#runs ??= this.#rows.runsOf();
    let rows = (this.#runs.get(`${recipe} ${run.task}`) ?? []).map((row) => this.#rowOf[row]!).sort((a, b) => a - b);
    const narrow = (fits: (row: number) => boolean): void => {
      const fitting = rows.filter(fits);
      if (fitting.length > 0) rows = fitting;
    };
    const { pid, startMs } = run;
    if (rows.length > 1) {
      if (pid !== null) narrow((row) => this.#tasks.pid?.[row] === pid);
      if (startMs !== null) narrow((row) => this.#tasks.startMs[row] === startMs);
      if (failed) narrow((row) => this.#tasks.outcome[row] === TASK_FAILED);
      narrow((row) => !this.#taken.has(`${run.kind ?? ''} ${row}`));
    }
    const row = rows[0] ?? null;
    if (row !== null) this.#taken.add(`${run.kind ?? ''} ${row}`);
    return row;
  }
}
