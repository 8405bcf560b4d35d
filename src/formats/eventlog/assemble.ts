import type {
  Build,
  BuildKind,
  BuildOutcome,
  BuildSource,
  BuildType,
  Failure,
  Host,
  LayerRevision,
  Phase,
  Recipe,
} from '../../model/build.ts';
import { deriveMetrics } from '../../model/derive-metrics.ts';
import { blankBuild } from '../../model/draw-build.ts';
import { assembleTasks, compareText, graphOf, type TaskRow } from '../../model/task-rows.ts';
import { TASK_EXISTING, TASK_RUNNING, TASK_UNFINISHED } from '../../model/task-table.ts';
import type { EpochMs } from '../../model/units.ts';
import type { BuildDraft, Milestone, RecipeDraft } from './draft.ts';

/** A build whose log has been silent for longer is not running: heartbeats come every second, every ten on slow machines. */
const SILENCE_MS = 60_000;
/** Of the wanted sstate objects that must have been found to call a build one from sstate and not a clean one. */
const SSTATE_SHARE_MIN = 0.05;

export interface AssembleContext {
  readonly source: BuildSource;
  /** File name of the log without directories and extension. */
  readonly stem: string;
  /** Whether this is the first build of the log: the default log's name is the time of the first. */
  readonly first: boolean;
  /** The clock of whoever reads, or null: a log without end is then over. */
  readonly nowMs: EpochMs | null;
}

/** The Build of what a draft knows so far; the draft stays as it is and may go on. */
export function assembleBuild(draft: BuildDraft, context: AssembleContext): Build {
  const running = !isOver(draft) && context.nowMs !== null && Math.abs(context.nowMs - draft.clockMs) <= SILENCE_MS;
  const { recipes, tasks, graph, failures } = assembleRows(draft, running);
  const variables = variablesOf(draft);
  const main = mainMultiConfig(draft);
  const variable = (name: string) => draft.variables.get(main)?.get(name) ?? draft.variables.get('')?.get(name) ?? null;
  const banner = draft.configurations.find((c) => c.mc === main) ?? draft.configurations[0];
  const fact = (name: string) => variable(name) || banner?.variables.get(name) || null;

  // A build that never started began with what tried to: reading the configuration.
  const triedMs = draft.startedCount === 0 ? recorded(draft.serverStartMs) : null;
  const startedMs =
    triedMs ?? recorded(draft.timeOf('started')) ?? recorded(draft.timeOf('init')) ?? recorded(draft.firstMs);
  const lastMs = Number.isNaN(draft.firstMs) ? null : recorded(draft.clockMs);
  const endedMs = running ? null : (recorded(draft.timeOf('completed')) ?? lastMs);
  const problems = draft.problems.list();
  if (draft.messagesLeftOut > 0) {
    problems.push({
      severity: 'note',
      code: 'eventlog-messages-left-out',
      message: `${draft.messagesLeftOut} more warnings and errors are in the log and not listed.`,
      file: null,
      line: null,
    });
  }
  return {
    ...blankBuild(nameOf(draft, variable('BUILDNAME'), startedMs, context)),
    sources: [context.source],
    startedMs,
    endedMs,
    endEstimated: endedMs !== null,
    outcome: outcomeOf(draft, running),
    targets: targetsOf(draft, variable('BB_DEFAULT_TASK')),
    machine: fact('MACHINE'),
    distro: fact('DISTRO'),
    distroVersion: fact('DISTRO_VERSION'),
    host: hostOf(fact('ORIGNATIVELSBSTRING') ?? fact('NATIVELSBSTRING'), fact('BUILD_SYS')),
    bitbakeVersion: fact('BB_VERSION'),
    layers: layersOf(draft),
    type: typeOf(draft),
    variables,
    recipes,
    tasks,
    graph,
    phases: phasesOf(draft, endedMs),
    failures,
    qaIssues: draft.qaIssues.slice(),
    messages: draft.messages.slice(),
    problems,
  };
}

function recorded(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}

/** Over when every multiconfig that started is completed, or the command that built has ended. */
function isOver(draft: BuildDraft): boolean {
  return draft.closed || (draft.startedCount > 0 && draft.completedCount >= draft.startedCount);
}

/**
 * `interrupted` comes first: such a build says "Building Succeeded". A build of passed tasks with an error in its log, or
 * whose command failed all the same, is what bitbake ends with code 1 for: succeeded with errors.
 */
function outcomeOf(draft: BuildDraft, running: boolean): BuildOutcome {
  const stopped = draft.commandError !== null && /^(?:Stopped build|Forced shutdown)/.test(draft.commandError);
  if (draft.interrupted || (stopped && draft.startedCount > 0)) return 'interrupted';
  if (draft.startedCount === 0) {
    if (draft.neverStarted || draft.closed) return 'never-started';
    return running ? 'running' : 'lost';
  }
  if (!isOver(draft)) return running ? 'running' : 'lost';
  if (draft.completedCount === 0) return draft.commandError === null ? 'lost' : 'failed';
  if (draft.failedCount > 0) return 'failed';
  return draft.errorCount > 0 || draft.commandError !== null ? 'succeeded-with-errors' : 'succeeded';
}

/** BUILDNAME; else the default log's name, which is the time the configuration was parsed; else the start, spelled alike. */
function nameOf(
  draft: BuildDraft,
  buildName: string | null,
  startedMs: number | null,
  context: AssembleContext,
): string {
  if (buildName !== null && buildName !== '') return buildName;
  if (draft.eventName !== null) return draft.eventName;
  if (context.first && /^\d{14}$/.test(context.stem)) return context.stem;
  if (startedMs === null) return context.stem;
  return new Date(startedMs).toISOString().replace(/[-T:]/g, '').slice(0, 14);
}

/** As given to bitbake: without the default task, which bitbake adds. */
function targetsOf(draft: BuildDraft, defaultTask: string | null): readonly string[] | null {
  const asked = draft.requested ?? draft.startedTargets;
  if (asked === null) return null;
  const suffix = `:do_${defaultTask ?? 'build'}`;
  return asked.map((target) => (target.endsWith(suffix) ? target.slice(0, -suffix.length) : target));
}

/** The multiconfig that all targets are of, when it is one; '' otherwise. */
function mainMultiConfig(draft: BuildDraft): string {
  const named = new Set((draft.requested ?? []).map((target) => /^mc:([^:]{0,200}):/.exec(target)?.[1] ?? ''));
  const [only] = named;
  return named.size === 1 && only !== undefined && draft.variables.has(only) ? only : '';
}

/** The default multiconfig's variables under their names, those of another as `mc:<name>:VARIABLE` where they differ. */
function variablesOf(draft: BuildDraft): Record<string, string> {
  const result: Record<string, string> = {};
  const common = draft.variables.get('') ?? draft.variables.values().next().value;
  for (const [name, value] of common ?? []) result[name] = value;
  for (const mc of [...draft.variables.keys()].sort(compareText)) {
    const own = draft.variables.get(mc)!;
    if (own === common) continue;
    for (const [name, value] of own) if (common?.get(name) !== value) result[`mc:${mc}:${name}`] = value;
  }
  return result;
}

function layersOf(draft: BuildDraft): LayerRevision[] {
  const layers: LayerRevision[] = [];
  const seen = new Set<string>();
  for (const { layers: named } of draft.configurations) {
    for (const layer of named) {
      if (seen.has(layer.name)) continue;
      seen.add(layer.name);
      layers.push(layer);
    }
  }
  if (layers.length === 0) {
    for (const { name } of draft.layerDirectories) layers.push({ name, branch: null, commit: null, modified: null });
  }
  return layers;
}

function hostOf(distro: string | null, buildSys: string | null): Host {
  return {
    ...blankBuild('').host,
    // uninative replaces the host's name by "universal": then it is not recorded.
    distro: distro === null || distro.startsWith('universal') ? null : distro,
    arch: buildSys === null ? null : (buildSys.split('-')[0] ?? null),
  };
}

function typeOf(draft: BuildDraft): BuildType {
  const { sstate } = draft;
  const existing = draft.runs.some((run) => run.outcome === TASK_EXISTING);
  let kind: BuildKind = 'not-recorded';
  if (existing || (sstate !== null && sstate.current > 0)) kind = 'incremental';
  else if (sstate !== null)
    kind = sstate.found >= SSTATE_SHARE_MIN * sstate.wanted && sstate.found > 0 ? 'sstate' : 'clean';
  return { kind, estimated: sstate === null, sstate };
}

/**
 * Phases are what lies between milestones. Each milestone happened about when the clock stood at its event; only the first, the
 * end of parsing, is dated by the next time that was told, because nothing before it tells any.
 */
function phasesOf(draft: BuildDraft, endedMs: number | null): Phase[] {
  const at = (milestone: Milestone): number => draft.timeOf(milestone);
  let firstTaskMs = Number.POSITIVE_INFINITY;
  let lastTaskMs = Number.NEGATIVE_INFINITY;
  for (const run of draft.runs) {
    if (run.startMs < firstTaskMs) firstTaskMs = run.startMs;
    if (run.endMs > lastTaskMs) lastTaskMs = run.endMs;
  }
  const parsed = at('parsed');
  const configured = draft.configuredMs >= draft.serverStartMs ? Math.min(draft.configuredMs, parsed) : Number.NaN;
  const begin = Number.isNaN(configured) ? draft.serverStartMs : configured;
  const phases: Phase[] = [];
  const add = (id: string, label: string, startMs: number, endMs: number, detail: string | null = null): void => {
    if (startMs < endMs && Number.isFinite(endMs) && Number.isFinite(startMs)) {
      phases.push({ id, label, startMs, endMs, estimated: true, detail });
    }
  };
  add('server-start', 'Server start', draft.serverStartMs, configured);
  add('parsing', 'Parsing', begin, parsed, parseDetail(draft));
  const started = at('started');
  add('resolve', 'Resolving targets', at('init'), started);
  const prepare = Number.isNaN(at('prepare')) ? at('graph') : at('prepare');
  add('start-handlers', 'Build start handlers', started, prepare);
  add('task-graph', 'Task graph', prepare, at('graph'));
  add('sstate-check', 'Sstate check', at('graph'), draft.sstateMs);
  add('worker-start', 'Worker start', Number.isNaN(draft.sstateMs) ? at('graph') : draft.sstateMs, firstTaskMs);
  if (endedMs !== null && draft.moments.has('completed')) {
    const from = Number.isFinite(lastTaskMs) ? lastTaskMs : Number.isNaN(draft.sstateMs) ? at('graph') : draft.sstateMs;
    add('final-handlers', 'Build end handlers', from, endedMs);
  }
  return phases;
}

/** 12345 as "12,345". Not toLocaleString, whose first call loads 15 ms of Intl. */
function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function parseDetail(draft: BuildDraft): string | null {
  const count = (n: number, noun: string) => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;
  if (draft.parse !== null) {
    const { cached, parsed, skipped, errors } = draft.parse;
    const parts = [`${grouped(cached)} cached`, `${grouped(parsed)} parsed`];
    if (skipped > 0) parts.push(`${count(skipped, 'recipe')} skipped`);
    if (errors > 0) parts.push(count(errors, 'error'));
    return `${count(cached + parsed, 'file')}: ${parts.join(', ')}`;
  }
  return draft.cachedEntries === null ? null : `${count(draft.cachedEntries, 'recipe')} from the cache, none parsed`;
}

function assembleRows(
  draft: BuildDraft,
  running: boolean,
): Pick<Build, 'tasks' | 'graph'> & { recipes: readonly Recipe[]; failures: Failure[] } {
  const recipeIndex = new Map<RecipeDraft, number>();
  const recipes: Recipe[] = [];
  const indexOf = (draftRecipe: RecipeDraft): number => {
    let index = recipeIndex.get(draftRecipe);
    if (index === undefined) {
      index = recipes.length;
      recipeIndex.set(draftRecipe, index);
      recipes.push(recipeOf(draft, draftRecipe));
    }
    return index;
  };
  const rows: TaskRow[] = draft.runs.map((run) => ({
    recipe: indexOf(run.recipe),
    task: run.task,
    outcome: run.outcome === TASK_RUNNING && !running ? TASK_UNFINISHED : run.outcome,
    startMs: run.startMs,
    endMs: run.endMs,
    queuedMs: run.queuedMs,
    hash: run.hash,
    pid: run.pid,
  }));
  const { recipes: sorted, table, rowOf } = assembleTasks(recipes, rows);

  let graph: Build['graph'] = null;
  if (draft.hasGraph) {
    const { edges, runs } = draft;
    const pairs = function* (): Generator<[number, number]> {
      for (let i = 0; i + 1 < edges.length; i += 2) {
        const from = edges[i]!;
        const to = edges[i + 1]!;
        // A run past TASK_RUNS_MAX has no row.
        if (runs[from.index] === from && runs[to.index] === to) yield [rowOf[from.index]!, rowOf[to.index]!];
      }
    };
    graph = graphOf(table.length, pairs());
  }
  const failures = draft.failures.map(
    ({ run, cause, logPath }): Failure => ({
      row: run !== null && draft.runs[run.index] === run ? rowOf[run.index]! : null,
      pf: run === null ? null : sorted[table.recipe[rowOf[run.index]!]!]!.pf,
      task: run?.task ?? null,
      mc: run?.recipe.mc ?? '',
      cause,
      logPath,
    }),
  );
  const derived = deriveMetrics(table);
  const tasks = {
    ...table,
    metrics: derived.map(({ metric }) => metric),
    values: new Map(derived.map(({ metric, values }) => [metric.id, values])),
  };
  return { recipes: sorted, tasks, graph, failures };
}

function recipeOf(draft: BuildDraft, from: RecipeDraft): Recipe {
  const guess = guessFromFile(from.file);
  const pn = from.pn ?? guess.pn ?? from.pf ?? '';
  const pv = from.pv ?? from.version?.pv ?? (from.pf === null ? guess.pv : null);
  const pf = from.pf ?? `${pn}-${guess.pv ?? '1.0'}-r0`;
  const split = splitPf(pf, pn, pv);
  return {
    pf,
    pn,
    pe: (from.version === null ? split?.pe : from.version.pe) || null,
    pv,
    pr: from.version?.pr ?? split?.pr ?? null,
    guessed: from.pn === null,
    mc: from.mc,
    layer: draft.layerOf(from.file),
    file: from.file === '' ? null : from.file,
  };
}

/** PF is `PN-[PE_]PV-PR`: with PN and PV known, the rest is what is left. */
function splitPf(pf: string, pn: string, pv: string | null): { pe: string; pr: string } | null {
  if (pv === null || !pf.startsWith(`${pn}-`)) return null;
  const rest = pf.slice(pn.length + 1);
  const at = rest.indexOf(`${pv}-`);
  if (at < 0) return null;
  const pe = rest.slice(0, at);
  return pe === '' || pe.endsWith('_') ? { pe: pe.slice(0, -1), pr: rest.slice(at + pv.length + 1) } : null;
}

/** `virtual:native:/layer/recipes/zlib_1.3.bb` is zlib-native 1.3 by the way recipe files are named. */
export function guessFromFile(file: string): { pn: string | null; pv: string | null } {
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.bb$/, '');
  if (base === '') return { pn: null, pv: null };
  const [name = base, pv] = base.split('_', 2);
  const multilib = /(?:^|:)multilib:([^:]{1,100}):/.exec(file)?.[1];
  let pn = name;
  if (file.startsWith('virtual:native:') && !pn.endsWith('-native')) pn = `${pn}-native`;
  if (file.startsWith('virtual:nativesdk:') && !pn.startsWith('nativesdk-')) pn = `nativesdk-${pn}`;
  if (multilib !== undefined) pn = `${multilib}-${pn}`;
  return { pn, pv: pv ?? null };
}
