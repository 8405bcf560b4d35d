/**
 * A build as Chrome trace events (the JSON that Perfetto, speedscope and chrome://tracing open), as a stream of strings: a build of
 * 100,000 tasks is 60 MB of text that nobody should hold at once. One event a line, which readers that stream rely on.
 *
 *   pid 0  host              counters: running tasks and every sample series, grouped `cpu {user, system, iowait}`
 *   pid 1  bitbake           thread "cooker" has the phases, threads "slot 1" … the tasks
 *   pid 2  critical path     thread "Critical Path": the longest chain of dependencies, where the task graph is known
 *   pid 3  setscene          tasks restored from sstate, in slots of their own
 *
 * On one thread no two events overlap: viewers nest or drop what does. `ts` and `dur` are integer microseconds from the first moment of
 * the build (phases begin before BuildStarted; negative times are not for every viewer). A run with no recorded end reaches to the end
 * of the build and has `incomplete: true`: a begin without an end would be shown, but only by some.
 */
import type { Build } from '../model/build.ts';
import { TASK_FAILED, TASK_OUTCOMES, TASK_UNFINISHED } from '../model/task-table.ts';
import { chainOf } from './chain.ts';
import { packLanes } from './lanes.ts';
import { type ChartBuild, type ChartData, prepareChart, taskRunName } from './layout.ts';
import { taskKind } from './palette.ts';

export type TraceBuild = ChartBuild &
  Pick<Build, 'machine' | 'distro' | 'targets' | 'layers' | 'endEstimated' | 'graph'>;

const PID_HOST = 0;
const PID_TASKS = 1;
const PID_CHAIN = 2;
const PID_SETSCENE = 3;
const TID_SLOTS = 100;

/** Chrome's reserved colour names; what succeeded is coloured by its name. */
const CNAME: Readonly<Record<number, string>> = { [TASK_FAILED]: 'terrible', [TASK_UNFINISHED]: 'bad' };

/** The file, in pieces that are written one after another. */
export function* traceEvents(build: TraceBuild): Generator<string> {
  const data = prepareChart(build);
  const zeroMs = Math.min(0, data.bounds.fromMs);
  const head = {
    build: build.name,
    started: build.startedMs === null ? null : new Date(build.startedMs).toISOString(),
    timeZero: new Date(data.originMs + zeroMs).toISOString(),
    outcome: build.outcome,
    machine: build.machine,
    distro: build.distro,
    targets: build.targets,
    layers: build.layers.map((l) => `${l.name} ${l.branch ?? ''}:${l.commit ?? ''}`),
  };
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify(head)},"traceEvents":[\n`;
  let separator = '';
  let piece = '';
  for (const event of events(data, build, zeroMs)) {
    piece += separator + JSON.stringify(event);
    separator = ',\n';
    // Pieces of about 64 KB: a string a line would cost more in the writer than in here.
    if (piece.length > 65_536) {
      yield piece;
      piece = '';
    }
  }
  yield `${piece}\n]}\n`;
}

interface TraceEvent {
  readonly ph: 'M' | 'X' | 'C';
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly cname?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

function* events(data: ChartData, build: TraceBuild, zeroMs: number): Generator<TraceEvent> {
  const micros = (ms: number): number => Math.round((ms - zeroMs) * 1000);
  yield* naming(PID_HOST, null, 'host', 0);
  yield* naming(PID_TASKS, null, 'bitbake', 1);

  for (let lane = 0; lane < data.phaseLanes; lane++) {
    yield* naming(PID_TASKS, lane, lane === 0 ? 'cooker' : `cooker ${lane + 1}`, lane);
  }
  for (const phase of data.phases) {
    const ts = micros(phase.startMs);
    const args = { detail: phase.detail, ...(phase.estimated ? { estimated: true } : {}) };
    yield {
      ph: 'X',
      name: phase.label,
      cat: 'phase',
      pid: PID_TASKS,
      tid: phase.lane,
      ts,
      dur: micros(phase.endMs) - ts,
      args,
    };
  }

  const { tasks } = build;
  const setscene = tasks.taskNames.map((name) => name.endsWith('_setscene'));
  const isSetscene = (row: number): boolean => setscene[tasks.task[row]!]!;
  yield* slots(
    data,
    build,
    data.placed.filter((row) => !isSetscene(row)),
    PID_TASKS,
    micros,
  );
  const restored = data.placed.filter(isSetscene);
  if (restored.length > 0) {
    yield* naming(PID_SETSCENE, null, 'setscene', 3);
    yield* slots(data, build, restored, PID_SETSCENE, micros);
  }

  yield* criticalPath(data, build, micros);

  for (let i = 0; i < data.running.timesMs.length; i++) {
    const args = { running: data.running.counts[i]! };
    yield { ph: 'C', name: 'tasks', pid: PID_HOST, tid: 0, ts: micros(data.running.timesMs[i]!), args };
  }
  yield* counters(data, micros);
}

function* naming(pid: number, tid: number | null, name: string, order: number): Generator<TraceEvent> {
  const kind = tid === null ? 'process' : 'thread';
  yield { ph: 'M', name: `${kind}_name`, pid, tid: tid ?? 0, args: { name } };
  yield { ph: 'M', name: `${kind}_sort_index`, pid, tid: tid ?? 0, args: { sort_index: order } };
}

function* slots(
  data: ChartData,
  build: TraceBuild,
  rows: Uint32Array,
  pid: number,
  micros: (ms: number) => number,
): Generator<TraceEvent> {
  const { tasks, recipes } = build;
  const lane = new Uint32Array(rows.length);
  const lanes = packLanes(rows, data.startMs, data.endMs, lane);
  for (let k = 0; k < lanes; k++) yield* naming(pid, TID_SLOTS + k, `slot ${k + 1}`, TID_SLOTS + k);
  const columns = tasks.metrics.map((m) => ({ id: m.id, values: tasks.values.get(m.id) }));
  for (const [i, row] of rows.entries()) {
    const recipe = recipes[tasks.recipe[row]!];
    const outcome = tasks.outcome[row]!;
    const args: Record<string, unknown> = { pf: recipe?.pf, status: TASK_OUTCOMES[outcome] };
    if (recipe?.layer != null) args.layer = recipe.layer;
    if (tasks.hash?.[row]) args.hash = tasks.hash[row];
    if (data.open[row] === 1) args.incomplete = true;
    for (const { id, values } of columns) {
      const value = values?.[row];
      if (value !== undefined && !Number.isNaN(value)) args[id] = value;
    }
    const ts = micros(data.startMs[row]!);
    const cname = CNAME[outcome];
    yield {
      ph: 'X',
      name: taskRunName(build, row),
      cat: taskKind(tasks.taskNames[tasks.task[row]!] ?? ''),
      pid,
      tid: TID_SLOTS + lane[i]!,
      ts,
      dur: micros(data.endMs[row]!) - ts,
      ...(cname === undefined ? {} : { cname }),
      args,
    };
  }
}

/**
 * The thread and the category that Bazel's profiles have for it, so that what reads those finds it here. A start that is recorded
 * (to 0.01 s) before the end it waited for is moved to that end.
 */
function* criticalPath(data: ChartData, build: TraceBuild, micros: (ms: number) => number): Generator<TraceEvent> {
  const chain = chainOf(build, 'longest');
  if (chain === null) return;
  yield* naming(PID_CHAIN, null, 'critical path', 2);
  yield* naming(PID_CHAIN, 0, 'Critical Path', 0);
  let free = 0;
  for (const row of chain.rows) {
    const ts = Math.max(free, micros(data.startMs[row]!));
    free = Math.max(ts, micros(data.endMs[row]!));
    yield {
      ph: 'X',
      name: taskRunName(build, row),
      cat: 'critical path component',
      pid: PID_CHAIN,
      tid: 0,
      ts,
      dur: free - ts,
      args: {},
    };
  }
}

/** Series whose ids differ in the last word and that have one unit are one counter: viewers stack its values. */
function* counters(data: ChartData, micros: (ms: number) => number): Generator<TraceEvent> {
  for (const table of data.build.samples) {
    const groups = new Map<string, { key: string; values: Float64Array }[]>();
    for (const series of table.series) {
      if (series.marks.includes('not-recorded')) continue;
      const dot = series.id.lastIndexOf('.');
      const name = `${dot < 0 ? series.id : series.id.slice(0, dot)} [${series.unit}]`;
      const group = groups.get(name) ?? [];
      group.push({ key: series.id.slice(dot + 1), values: series.values });
      groups.set(name, group);
    }
    for (const [name, members] of groups) {
      for (let i = 0; i < table.timeMs.length; i++) {
        const args: Record<string, number> = {};
        let any = false;
        for (const { key, values } of members) {
          const value = values[i]!;
          if (Number.isNaN(value)) continue;
          args[key] = value;
          any = true;
        }
        const ts = micros(table.timeMs[i]! - data.originMs);
        // Samples from before the build's first moment are of another build: buildstats starts its sampler early.
        if (any && ts >= 0) yield { ph: 'C', name, pid: PID_HOST, tid: 0, ts, args };
      }
    }
  }
}
