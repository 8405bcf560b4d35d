import type {
  Build,
  BuildOutcome,
  BuildSource,
  BuildType,
  Failure,
  Host,
  Recipe,
  SourceKind,
  TaskLog,
} from '../model/build.ts';
import { deriveMetrics } from '../model/derive-metrics.ts';
import type { Metric } from '../model/metric.ts';
import type { Problem } from '../model/problem.ts';
import type { SampleTable } from '../model/samples.ts';
import { assembleTasks, compareText, type TaskRow } from '../model/task-rows.ts';
import {
  TASK_FAILED,
  TASK_NOT_RUN,
  TASK_RUNNING,
  TASK_SUCCEEDED,
  TASK_UNFINISHED,
  type TaskGraph,
  type TaskTable,
} from '../model/task-table.ts';

/**
 * A run of bitbake leaves several accounts: a buildstats directory, an event log, a record, an error report. Here two accounts are
 * recognised as of one build and become one.
 */

/** Two accounts of one task run give its start with two decimals, or as written by time.time(): 0.03 s apart at most. */
const TASK_START_SLACK_MS = 30;
/**
 * Two accounts of one build's start. The event log's is the latest time told before BuildStarted, buildstats' is taken after the
 * handlers of that event, each multiconfig has its own; a minute is what a slow host needs between them.
 */
const BUILD_START_SLACK_MS = 120_000;

const STRENGTH: Readonly<Record<SourceKind, number>> = {
  record: 5,
  eventlog: 4,
  buildstats: 3,
  'cooker-log': 2,
  buildhistory: 1,
  'error-report': 0,
  'test-results': -1,
  autobuilder: -2,
  buildbot: -3,
  jenkins: -4,
};

/** Whether both are accounts of one run of bitbake. Symmetric. */
export function sameOrigin(a: Build, b: Build): boolean {
  if (a.host.id !== null && b.host.id !== null && a.host.id !== b.host.id) return false;
  const apart = a.startedMs === null || b.startedMs === null ? null : Math.abs(a.startedMs - b.startedMs);
  if (apart !== null && apart > BUILD_START_SLACK_MS) return false;
  const named = a.name === b.name;
  if (apart === null && !named) return false;

  const { common, agreeing } = commonStarts(a, b);
  // The best witness: the same tasks started at the same moments. Half may differ where one account was cut.
  if (common > 0 && agreeing * 2 >= common) return true;
  if (!named) return false;
  // No task in both: an account without tasks, or the directories of two multiconfigs, which share BUILDNAME.
  if (common === 0) return true;
  // Multiconfigs that build the same recipes at other moments. BUILDNAME is then a time to the second of one host.
  return agreeing === 0 && /^\d{14}$/.test(a.name) && a.host.id !== null && a.host.id === b.host.id;
}

/** Tasks that started in both accounts, and of those the ones that started at the same moment in both. */
function commonStarts(a: Build, b: Build): { common: number; agreeing: number } {
  const starts = new Map<string, number[]>();
  forEachStart(a, (key, startMs) => {
    const list = starts.get(key);
    if (list === undefined) starts.set(key, [startMs]);
    else list.push(startMs);
  });
  let common = 0;
  let agreeing = 0;
  forEachStart(b, (key, startMs) => {
    const list = starts.get(key);
    if (list === undefined) return;
    common++;
    if (list.some((other) => Math.abs(other - startMs) <= TASK_START_SLACK_MS)) agreeing++;
  });
  return { common, agreeing };
}

function forEachStart(build: Build, visit: (key: string, startMs: number) => void): void {
  const { tasks, recipes } = build;
  for (let r = 0; r < tasks.length; r++) {
    const startMs = tasks.startMs[r]!;
    if (!Number.isNaN(startMs)) visit(`${recipes[tasks.recipe[r]!]!.pf}\n${tasks.taskNames[tasks.task[r]!]}`, startMs);
  }
}

/**
 * One build of two accounts. For each fact the strongest source that has it wins (record, event log, buildstats, error report), except:
 *
 * - times of tasks and of the build come from buildstats where it has them: it takes them in the task and writes the end, the
 *   event log's build times are estimates, and upstream's tools count with buildstats' own;
 * - of outcomes a conclusive one wins over running, lost and not recorded, whoever says it;
 * - metrics, samples, failures and problems of both are united; derived metrics are computed anew.
 *
 * The order of the two does not matter, and merging an account again changes nothing.
 */
export function mergeBuilds(a: Build, b: Build): Build {
  const [strong, weak] = compareStrength(a, b) >= 0 ? [a, b] : [b, a];
  const exact = !hasExactTimes(strong) && hasExactTimes(weak) ? weak : strong;
  const other = exact === strong ? weak : strong;

  const outcome = mergeOutcomes(strong.outcome, weak.outcome);
  const rows = mergeRows(strong, weak, exact === weak, outcome === 'running');
  const named = [strong, weak].find((build) => build.variables.BUILDNAME === build.name) ?? exact;
  const ended =
    outcome === 'running' ? null : (ends(exact, false) ?? ends(other, false) ?? ends(strong, true) ?? ends(weak, true));
  return {
    name: named.name,
    sources: mergeSources(strong.sources, weak.sources),
    startedMs: exact.startedMs ?? other.startedMs,
    endedMs: ended?.endedMs ?? null,
    endEstimated: ended?.endEstimated ?? false,
    outcome,
    targets: strong.targets ?? weak.targets,
    machine: strong.machine ?? weak.machine,
    distro: strong.distro ?? weak.distro,
    distroVersion: strong.distroVersion ?? weak.distroVersion,
    builder: strong.builder ?? weak.builder,
    builderId: strong.builderId ?? weak.builderId,
    jobId: strong.jobId ?? weak.jobId,
    images: strong.images ?? weak.images,
    host: mergeHosts(strong.host, weak.host),
    bitbakeVersion: strong.bitbakeVersion ?? weak.bitbakeVersion,
    layers: strong.layers.length > 0 ? strong.layers : weak.layers,
    type: mergeTypes(strong.type, weak.type),
    variables: united(strong.variables, weak.variables),
    recipes: rows.recipes,
    tasks: rows.tasks,
    graph: rows.graph,
    phases: strong.phases.length > 0 ? strong.phases : weak.phases,
    samples: mergeSamples(strong.samples, weak.samples),
    failures: rows.failures,
    qaIssues: strong.qaIssues.length > 0 ? strong.qaIssues : weak.qaIssues,
    messages: strong.messages.length > 0 ? strong.messages : weak.messages,
    logs: rows.logs,
    sizes: strong.sizes.length > 0 ? strong.sizes : weak.sizes,
    rootfsSizes: strong.rootfsSizes.length > 0 ? strong.rootfsSizes : weak.rootfsSizes,
    extras: united(strong.extras, weak.extras),
    problems: mergeProblems(strong.problems, weak.problems),
  };
}

/** In the order of the strong one, so that merging it once more moves nothing. */
function united(
  strong: Readonly<Record<string, string>>,
  weak: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...strong, ...weak, ...strong };
}

/**
 * Accounts of many builds, each with those of its own origin merged; in the order in which each build first came. Builds are
 * compared only with those of the same name or started in the same minutes, so thousands take no square of that.
 */
export function mergeSameOrigins(builds: Iterable<Build>): Build[] {
  const merged: Build[] = [];
  const near = new Map<string, Set<number>>();
  const keysOf = (build: Build): string[] => {
    const slot = build.startedMs === null ? null : Math.floor(build.startedMs / BUILD_START_SLACK_MS);
    return [`n${build.name}`, ...(slot === null ? [] : [`t${slot - 1}`, `t${slot}`, `t${slot + 1}`])];
  };
  for (const build of builds) {
    const candidates = new Set(keysOf(build).flatMap((key) => [...(near.get(key) ?? [])]));
    let at = [...candidates].sort((x, y) => x - y).find((i) => sameOrigin(merged[i]!, build));
    if (at === undefined) {
      at = merged.length;
      merged.push(build);
    } else merged[at] = mergeBuilds(merged[at]!, build);
    for (const key of keysOf(merged[at]!)) {
      const slot = near.get(key);
      if (slot === undefined) near.set(key, new Set([at]));
      else slot.add(at);
    }
  }
  return merged;
}

function strengthOf(build: Build): number {
  return Math.max(-4, ...build.sources.map((source) => STRENGTH[source.kind]));
}

/** More than 0 when `a` is the stronger account. Never 0 for two that differ in what the merge could tell apart. */
function compareStrength(a: Build, b: Build): number {
  return (
    strengthOf(a) - strengthOf(b) ||
    a.sources.length - b.sources.length ||
    a.tasks.length - b.tasks.length ||
    compareText(fingerprint(b), fingerprint(a))
  );
}

/** Text that orders two accounts of equal strength the same way whichever comes first. */
function fingerprint(build: Build): string {
  const { tasks, samples, recipes, graph, ...rest } = build;
  return JSON.stringify([
    rest,
    recipes,
    [...tasks.startMs],
    [...tasks.endMs],
    [...tasks.outcome],
    samples.length,
    graph?.targets.length,
  ]);
}

function hasExactTimes(build: Build): boolean {
  return build.sources.some((source) => source.kind === 'buildstats' || source.kind === 'record');
}

function ends(build: Build, estimated: boolean): Pick<Build, 'endedMs' | 'endEstimated'> | null {
  return build.endedMs !== null && build.endEstimated === estimated ? build : null;
}

const CONCLUSIVE: ReadonlySet<BuildOutcome> = new Set([
  'succeeded',
  'succeeded-with-errors',
  'failed',
  'interrupted',
  'never-started',
]);

function mergeOutcomes(strong: BuildOutcome, weak: BuildOutcome): BuildOutcome {
  if (CONCLUSIVE.has(strong)) return strong;
  if (CONCLUSIVE.has(weak)) return weak;
  for (const outcome of ['running', 'lost'] as const) if (strong === outcome || weak === outcome) return outcome;
  return strong;
}

function mergeSources(strong: readonly BuildSource[], weak: readonly BuildSource[]): BuildSource[] {
  const all = new Map([...strong, ...weak].map((source) => [`${source.kind} ${source.location}`, source]));
  return [...all.values()].sort((a, b) => STRENGTH[b.kind] - STRENGTH[a.kind] || compareText(a.location, b.location));
}

function mergeHosts(strong: Host, weak: Host): Host {
  return {
    name: strong.name ?? weak.name,
    id: strong.id ?? weak.id,
    kernel: strong.kernel ?? weak.kernel,
    arch: strong.arch ?? weak.arch,
    distro: strong.distro ?? weak.distro,
    cores: strong.cores ?? weak.cores,
    memoryBytes: strong.memoryBytes ?? weak.memoryBytes,
    cpuModel: strong.cpuModel ?? weak.cpuModel,
  };
}

/** What a source said wins over what was estimated from tasks. */
function mergeTypes(strong: BuildType, weak: BuildType): BuildType {
  const rank = (type: BuildType) => (type.kind === 'not-recorded' ? 0 : type.estimated ? 1 : 2);
  const said = rank(weak) > rank(strong) ? weak : strong;
  return { kind: said.kind, estimated: said.estimated, sstate: strong.sstate ?? weak.sstate };
}

/** By file; of the same file twice the account with more samples. */
function mergeSamples(strong: readonly SampleTable[], weak: readonly SampleTable[]): SampleTable[] {
  const bySource = new Map(strong.map((table) => [table.source, table]));
  for (const table of weak) {
    const known = bySource.get(table.source);
    if (known === undefined || known.timeMs.length < table.timeMs.length) bySource.set(table.source, table);
  }
  return [...bySource.values()].sort((a, b) => compareText(a.source, b.source));
}

function mergeProblems(strong: readonly Problem[], weak: readonly Problem[]): Problem[] {
  const all = new Map([...strong, ...weak].map((problem) => [JSON.stringify(problem), problem]));
  return [...all.values()];
}

interface MergedRows {
  readonly recipes: readonly Recipe[];
  readonly tasks: TaskTable;
  readonly graph: TaskGraph | null;
  readonly failures: readonly Failure[];
  readonly logs: readonly TaskLog[];
}

/** All rows of the strong build, those of the weak one joined to them or added. */
function mergeRows(strong: Build, weak: Build, weakTimes: boolean, running: boolean): MergedRows {
  const partner = joinRows(strong, weak);
  const recipes = strong.recipes.map((recipe) => recipe);
  const recipeOfWeak = new Map<number, number>();
  for (let w = 0; w < weak.tasks.length; w++) {
    const s = partner[w]!;
    if (s < 0) continue;
    const index = strong.tasks.recipe[s]!;
    recipeOfWeak.set(weak.tasks.recipe[w]!, index);
    recipes[index] = mergeRecipes(recipes[index]!, weak.recipes[weak.tasks.recipe[w]!]!);
  }
  const byPf = new Map<string, number>();
  recipes.forEach((recipe, i) => {
    byPf.set(`${recipe.mc}\n${recipe.pf}`, i);
  });
  weak.recipes.forEach((recipe, w) => {
    if (recipeOfWeak.has(w)) return;
    const key = `${recipe.mc}\n${recipe.pf}`;
    let index = byPf.get(key);
    if (index === undefined) {
      index = recipes.length;
      byPf.set(key, index);
      recipes.push(recipe);
    } else recipes[index] = mergeRecipes(recipes[index]!, recipe);
    recipeOfWeak.set(w, index);
  });

  const rows: TaskRow[] = [];
  const weakOf = new Int32Array(strong.tasks.length).fill(-1);
  partner.forEach((s, w) => {
    if (s >= 0) weakOf[s] = w;
  });
  for (let s = 0; s < strong.tasks.length; s++) {
    const row = rowAt(strong.tasks, s, strong.tasks.recipe[s]!);
    const w = weakOf[s]!;
    rows.push(w < 0 ? row : mergeRow(row, rowAt(weak.tasks, w, row.recipe), weakTimes));
  }
  const rowOfWeak = new Int32Array(weak.tasks.length);
  for (let w = 0; w < weak.tasks.length; w++) {
    const s = partner[w]!;
    rowOfWeak[w] = s >= 0 ? s : rows.length;
    if (s < 0) rows.push(rowAt(weak.tasks, w, recipeOfWeak.get(weak.tasks.recipe[w]!)!));
  }
  const settled = rows.map((row) =>
    !running && row.outcome === TASK_RUNNING ? { ...row, outcome: TASK_UNFINISHED } : row,
  );

  const { metrics, values } = mergeMetrics(strong.tasks, weak.tasks, rowOfWeak, rows.length);
  const assembled = assembleTasks(recipes, settled, metrics, values);
  const tasks = withDerived(assembled.table);
  const { rowOf } = assembled;
  const graph =
    strong.graph !== null
      ? remapGraph(strong.graph, (r) => rowOf[r]!, tasks.length)
      : weak.graph !== null
        ? remapGraph(weak.graph, (r) => rowOf[rowOfWeak[r]!]!, tasks.length)
        : null;
  return {
    recipes: assembled.recipes,
    tasks,
    graph,
    failures: mergeFailures(
      strong.failures.map((f) => ({ ...f, row: f.row === null ? null : rowOf[f.row]! })),
      weak.failures.map((f) => ({ ...f, row: f.row === null ? null : rowOf[rowOfWeak[f.row]!]! })),
    ),
    logs: mergeLogs(
      strong.logs.map((log) => ({ ...log, row: log.row === null ? null : rowOf[log.row]! })),
      weak.logs.map((log) => ({ ...log, row: log.row === null ? null : rowOf[rowOfWeak[log.row]!]! })),
    ),
  };
}

/**
 * For each row of the weak build its row of the strong one, or -1. Joined are rows of one PF and task whose starts agree; buildstats
 * does not know multiconfigs, so there the start alone decides between them. What is left joins a row without a start: a
 * node of the graph that a cut log never saw run.
 */
function joinRows(strong: Build, weak: Build): Int32Array {
  const groups = new Map<string, number[]>();
  const key = (build: Build, r: number) =>
    `${build.recipes[build.tasks.recipe[r]!]!.pf}\n${build.tasks.taskNames[build.tasks.task[r]!]}`;
  for (let s = 0; s < strong.tasks.length; s++) {
    const list = groups.get(key(strong, s));
    if (list === undefined) groups.set(key(strong, s), [s]);
    else list.push(s);
  }
  const partner = new Int32Array(weak.tasks.length).fill(-1);
  const taken = new Uint8Array(strong.tasks.length);
  const join = (accept: (s: number, w: number) => number): void => {
    for (let w = 0; w < weak.tasks.length; w++) {
      if (partner[w]! >= 0) continue;
      let best = -1;
      let bestApart = Number.POSITIVE_INFINITY;
      for (const s of groups.get(key(weak, w)) ?? []) {
        if (taken[s] === 1 || !multiConfigsAgree(strong, s, weak, w)) continue;
        const apart = accept(s, w);
        if (apart < bestApart) [best, bestApart] = [s, apart];
      }
      if (best < 0) continue;
      partner[w] = best;
      taken[best] = 1;
    }
  };
  const apartMs = (s: number, w: number): number => {
    const apart = Math.abs(strong.tasks.startMs[s]! - weak.tasks.startMs[w]!);
    return apart <= TASK_START_SLACK_MS ? apart : Number.POSITIVE_INFINITY;
  };
  // Runs of one task may begin in the same moment; then those that are most alike belong together, or merging once more would swap them.
  const hashOf = ({ tasks }: Build, r: number): string => tasks.hash?.[r] ?? '';
  const endAlike = (s: number, w: number): boolean => strong.tasks.outcome[s] === weak.tasks.outcome[w];
  const hashAlike = (s: number, w: number): boolean =>
    hashOf(strong, s) !== '' && hashOf(strong, s) === hashOf(weak, w);
  for (const alike of [(s: number, w: number) => endAlike(s, w) && hashAlike(s, w), hashAlike, endAlike]) {
    join((s, w) => (alike(s, w) ? apartMs(s, w) : Number.POSITIVE_INFINITY));
  }
  join(apartMs);
  const noStart = (s: number, w: number): boolean =>
    Number.isNaN(strong.tasks.startMs[s]!) || Number.isNaN(weak.tasks.startMs[w]!);
  join((s, w) => (noStart(s, w) && hashAlike(s, w) ? 0 : Number.POSITIVE_INFINITY));
  join((s, w) => (noStart(s, w) ? 0 : Number.POSITIVE_INFINITY));
  return partner;
}

/** A recipe whose names were guessed is one of buildstats: its '' is "not recorded" and not "the default one". */
function multiConfigsAgree(strong: Build, s: number, weak: Build, w: number): boolean {
  const a = strong.recipes[strong.tasks.recipe[s]!]!;
  const b = weak.recipes[weak.tasks.recipe[w]!]!;
  return a.mc === b.mc || (a.guessed && a.mc === '') || (b.guessed && b.mc === '');
}

function mergeRecipes(strong: Recipe, weak: Recipe): Recipe {
  const [sure, unsure] = strong.guessed && !weak.guessed ? [weak, strong] : [strong, weak];
  // A guessed split of PF is dropped as a whole where the true one is known.
  const names = sure.guessed === unsure.guessed;
  return {
    pf: sure.pf,
    pn: sure.pn,
    pe: sure.pe ?? (names ? unsure.pe : null),
    pv: sure.pv ?? (names ? unsure.pv : null),
    pr: sure.pr ?? (names ? unsure.pr : null),
    guessed: sure.guessed,
    mc: sure.mc === '' && sure.guessed ? unsure.mc : sure.mc,
    layer: sure.layer ?? unsure.layer,
    file: sure.file ?? unsure.file,
  };
}

function rowAt(tasks: TaskTable, r: number, recipe: number): TaskRow {
  return {
    recipe,
    task: tasks.taskNames[tasks.task[r]!]!,
    outcome: tasks.outcome[r]!,
    startMs: tasks.startMs[r]!,
    endMs: tasks.endMs[r]!,
    queuedMs: tasks.queuedMs === null ? Number.NaN : tasks.queuedMs[r]!,
    hash: tasks.hash === null ? '' : tasks.hash[r]!,
    pid: tasks.pid === null ? Number.NaN : tasks.pid[r]!,
  };
}

function mergeRow(strong: TaskRow, weak: TaskRow, weakTimes: boolean): TaskRow {
  const recorded = (first: number, second: number) => (Number.isNaN(first) ? second : first);
  const [exact, other] = weakTimes ? [weak, strong] : [strong, weak];
  return {
    recipe: strong.recipe,
    task: strong.task,
    outcome: mergeTaskOutcomes(strong.outcome, weak.outcome),
    startMs: recorded(exact.startMs, other.startMs),
    endMs: recorded(exact.endMs, other.endMs),
    queuedMs: recorded(strong.queuedMs, weak.queuedMs),
    hash: strong.hash === '' ? weak.hash : strong.hash,
    pid: recorded(strong.pid, weak.pid),
  };
}

/** A task that one account saw end has ended, whatever the other missed. */
function mergeTaskOutcomes(strong: number, weak: number): number {
  const ended = (outcome: number) => outcome === TASK_SUCCEEDED || outcome === TASK_FAILED;
  if (ended(strong) || !ended(weak)) return strong === TASK_NOT_RUN ? weak : strong;
  return weak;
}

/** The columns of both over the joined rows, in which the strong rows come first; derived metrics are left to withDerived. */
function mergeMetrics(
  strong: TaskTable,
  weak: TaskTable,
  rowOfWeak: Int32Array,
  length: number,
): { metrics: Metric[]; values: Map<string, Float64Array> } {
  const metrics = [...strong.metrics];
  for (const metric of weak.metrics) if (!metrics.some((known) => known.id === metric.id)) metrics.push(metric);
  const values = new Map<string, Float64Array>();
  for (const { id } of metrics) {
    const column = new Float64Array(length).fill(Number.NaN);
    column.set(strong.values.get(id) ?? []);
    const added = weak.values.get(id);
    if (added !== undefined) {
      for (let w = 0; w < added.length; w++) {
        const r = rowOfWeak[w]!;
        if (Number.isNaN(column[r])) column[r] = added[w]!;
      }
    }
    values.set(id, column);
  }
  return { metrics, values };
}

/** Derived columns follow from the merged times and inputs; one whose inputs are not there stays as it was read. */
function withDerived(tasks: TaskTable): TaskTable {
  const read = tasks.metrics.filter((metric) => !metric.derived);
  const values = new Map(read.map((metric) => [metric.id, tasks.values.get(metric.id)!]));
  const computed = deriveMetrics({ ...tasks, values });
  const computedIds = new Set(computed.map(({ metric }) => metric.id));
  const kept = tasks.metrics.filter((metric) => metric.derived && !computedIds.has(metric.id));
  for (const metric of kept) values.set(metric.id, tasks.values.get(metric.id)!);
  for (const { metric, values: column } of computed) values.set(metric.id, column);
  return { ...tasks, metrics: [...read, ...computed.map(({ metric }) => metric), ...kept], values };
}

function remapGraph(graph: TaskGraph, rowOf: (row: number) => number, length: number): TaskGraph {
  const offsets = new Uint32Array(length + 1);
  const nodes = graph.offsets.length - 1;
  for (let r = 0; r < nodes; r++) offsets[rowOf(r) + 1] = graph.offsets[r + 1]! - graph.offsets[r]!;
  for (let r = 0; r < length; r++) offsets[r + 1] = offsets[r + 1]! + offsets[r]!;
  const targets = new Uint32Array(graph.targets.length);
  for (let r = 0; r < nodes; r++) {
    const list = graph.targets
      .slice(graph.offsets[r]!, graph.offsets[r + 1]!)
      .map(rowOf)
      .sort();
    targets.set(list, offsets[rowOf(r)]!);
  }
  return { offsets, targets };
}

/** Of one run's log of one kind the strong account's: a weaker one (an error report) holds the end of it, cut and with other words for paths. */
function mergeLogs(strong: readonly TaskLog[], weak: readonly TaskLog[]): TaskLog[] {
  const added = weak.filter(
    (log) =>
      !strong.some(
        (known) =>
          known.kind === log.kind &&
          (known.row !== null && log.row !== null
            ? known.row === log.row
            : known.pf === log.pf && known.task === log.task && known.mc === log.mc),
      ),
  );
  return [...strong, ...added];
}

/** One failure a row; those outside tasks by what they say. The strong account's order, which is that of failing, comes first. */
function mergeFailures(strong: readonly Failure[], weak: readonly Failure[]): Failure[] {
  const merged = [...strong];
  for (const failure of weak) {
    const at = merged.findIndex((known) =>
      failure.row !== null && known.row !== null
        ? known.row === failure.row
        : known.pf === failure.pf &&
          known.task === failure.task &&
          (failure.pf !== null || known.cause === failure.cause),
    );
    const known = merged[at];
    if (known === undefined) merged.push(failure);
    else {
      merged[at] = {
        ...known,
        row: known.row ?? failure.row,
        cause: known.cause ?? failure.cause,
        logPath: known.logPath ?? failure.logPath,
      };
    }
  }
  return merged;
}
