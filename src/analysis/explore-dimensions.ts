/**
 * What can be put on an axis beside metrics: dimensions of a task run, a recipe run or a build. Each says what it is and how one value
 * is read from a row; NaN and null are "not recorded".
 */
import type { Build } from '../model/build.ts';
import { TASK_KIND_LABELS, TASK_KINDS, taskKind } from '../model/task-kind.ts';
import { TASK_OUTCOMES, type TaskTable } from '../model/task-table.ts';

export type ExploreLevel = 'task' | 'recipe' | 'build';

export interface ExploreAxis {
  readonly id: string;
  readonly label: string;
  readonly kind: 'number' | 'category' | 'time';
  readonly unit: string;
}

/** A build as Explore takes it: everything but samples, graph and what it does not ask for. */
export interface ExploreBuild {
  readonly id: string;
  readonly head: Omit<Build, 'tasks' | 'samples' | 'graph'>;
  /** May hold the asked metrics only (`exploreMetrics`). */
  readonly tasks: TaskTable;
}

/**
 * One thing to plot: at the task level a row of the table, at the others the rows of one recipe run or of the whole build.
 * `rows` are row numbers of the build's table, never none at the task and recipe levels.
 */
export interface Subject {
  readonly build: ExploreBuild;
  /** Index into the build's recipes; -1 at the build level. */
  readonly recipe: number;
  readonly rows: ArrayLike<number>;
}

interface Described {
  readonly id: string;
  readonly label: string;
  readonly levels: readonly ExploreLevel[];
}

export interface CategoryDimension extends Described {
  readonly kind: 'category';
  /** Null: not recorded. */
  readonly read: (subject: Subject) => string | null;
  /** Where the order of the alphabet says nothing: the values in their own order. */
  readonly order?: readonly string[];
}

export interface NumberDimension extends Described {
  readonly kind: 'number' | 'time';
  readonly unit: string;
  /** NaN: not recorded. */
  readonly read: (subject: Subject) => number;
}

export type Dimension = CategoryDimension | NumberDimension;

const RECIPE_VARIANTS: readonly (readonly [variant: string, pattern: RegExp])[] = [
  ['nativesdk', /^nativesdk-/],
  ['native', /-native$/],
  ['cross', /-(cross|crosssdk)(-|$)|-cross-canadian/],
  ['multilib', /^lib(32|64|x32|n32)-/],
];

/** `target`, `native`, `nativesdk`, `cross` or `multilib`, from the recipe's name. */
export function recipeVariant(pn: string): string {
  for (const [variant, pattern] of RECIPE_VARIANTS) if (pattern.test(pn)) return variant;
  return 'target';
}

/** The outcome of several runs together is the worst that happened; what ran wins over what did not have to. */
const OUTCOME_RANK: readonly string[] = [
  'failed',
  'unfinished',
  'running',
  'succeeded',
  'covered',
  'existing',
  'noexec',
  'not-run',
];

function outcomeOf(subject: Subject): string | null {
  if (subject.recipe < 0) return subject.build.head.outcome;
  const { outcome } = subject.build.tasks;
  let best = OUTCOME_RANK.length;
  for (let i = 0; i < subject.rows.length; i++) {
    const rank = OUTCOME_RANK.indexOf(TASK_OUTCOMES[outcome[subject.rows[i]!]!]!);
    if (rank < best) best = rank;
  }
  return OUTCOME_RANK[best] ?? null;
}

function firstStartMs(subject: Subject): number {
  if (subject.recipe < 0) return subject.build.head.startedMs ?? Number.NaN;
  const { startMs } = subject.build.tasks;
  let first = Number.NaN;
  for (let i = 0; i < subject.rows.length; i++) {
    const at = startMs[subject.rows[i]!]!;
    if (!(first <= at)) first = Number.isNaN(at) ? first : at;
  }
  return first;
}

function lastEndMs(subject: Subject): number {
  if (subject.recipe < 0) return subject.build.head.endedMs ?? Number.NaN;
  const { endMs } = subject.build.tasks;
  let last = Number.NaN;
  for (let i = 0; i < subject.rows.length; i++) {
    const at = endMs[subject.rows[i]!]!;
    if (!(last >= at)) last = Number.isNaN(at) ? last : at;
  }
  return last;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const recipeOf = ({ build, recipe }: Subject) => (recipe < 0 ? undefined : build.head.recipes[recipe]);
const taskOf = ({ build, rows }: Subject): string => build.tasks.taskNames[build.tasks.task[rows[0]!]!]!;
const orNaN = (value: number | null | undefined): number => value ?? Number.NaN;

const ALL: readonly ExploreLevel[] = ['task', 'recipe', 'build'];
const RUNS: readonly ExploreLevel[] = ['task', 'recipe'];
const TASK: readonly ExploreLevel[] = ['task'];
const BUILD: readonly ExploreLevel[] = ['build'];

function category(
  id: string,
  label: string,
  levels: readonly ExploreLevel[],
  read: (subject: Subject) => string | null,
  order?: readonly string[],
): CategoryDimension {
  return { id, label, kind: 'category', levels, read, ...(order === undefined ? {} : { order }) };
}

function quantity(
  id: string,
  label: string,
  unit: string,
  levels: readonly ExploreLevel[],
  read: (subject: Subject) => number,
  kind: 'number' | 'time' = 'number',
): NumberDimension {
  return { id, label, kind, unit, levels, read };
}

/** In the order in which pickers list them. Where an id is also a metric's, the dimension is meant. */
export const DIMENSIONS: readonly Dimension[] = [
  category('recipe', 'Recipe', RUNS, (s) => recipeOf(s)?.pn ?? null),
  category('recipe-version', 'Recipe and version', RUNS, (s) => recipeOf(s)?.pf ?? null),
  category('recipe-variant', 'Kind of recipe', RUNS, (s) => recipeVariant(recipeOf(s)?.pn ?? '')),
  category('task', 'Task', TASK, taskOf),
  category(
    'task-kind',
    'Kind of task',
    TASK,
    (s) => TASK_KIND_LABELS[taskKind(taskOf(s))],
    TASK_KINDS.map((kind) => TASK_KIND_LABELS[kind]),
  ),
  category('outcome', 'Outcome', ALL, outcomeOf),
  category('layer', 'Layer', RUNS, (s) => recipeOf(s)?.layer ?? null),
  category('mc', 'Multiconfig', RUNS, (s) => {
    const mc = recipeOf(s)?.mc;
    return mc === '' ? 'default' : (mc ?? null);
  }),
  quantity('start-time', 'Start', 'ms', ALL, firstStartMs, 'time'),
  quantity('end-time', 'End', 'ms', ALL, lastEndMs, 'time'),
  quantity('start-offset', 'Start after the start of the build', 's', RUNS, (s) => {
    return (firstStartMs(s) - orNaN(s.build.head.startedMs)) / 1000;
  }),
  quantity('span', 'First start to last end', 's', ['recipe', 'build'], (s) => (lastEndMs(s) - firstStartMs(s)) / 1000),
  quantity('queue-time', 'Wait for a worker (estimated)', 's', TASK, (s) => {
    const row = s.rows[0]!;
    return (s.build.tasks.startMs[row]! - orNaN(s.build.tasks.queuedMs?.[row])) / 1000;
  }),
  quantity('hour', 'Hour of the day (UTC)', 'none', ALL, (s) => {
    const at = firstStartMs(s);
    return Number.isNaN(at) ? at : new Date(at).getUTCHours();
  }),
  category(
    'weekday',
    'Day of the week (UTC)',
    ALL,
    (s) => {
      const at = firstStartMs(s);
      return Number.isNaN(at) ? null : WEEKDAYS[(new Date(at).getUTCDay() + 6) % 7]!;
    },
    WEEKDAYS,
  ),
  quantity('runs', 'Executed task runs', 'count', ALL, (s) => {
    let executed = 0;
    for (let i = 0; i < s.rows.length; i++) if (!Number.isNaN(s.build.tasks.startMs[s.rows[i]!]!)) executed++;
    return executed;
  }),
  // By id, since names repeat; Explorer shows names, in the order of time.
  category('build', 'Build', ALL, (s) => s.build.id),
  category('build-outcome', 'Outcome of the build', RUNS, (s) => s.build.head.outcome),
  category('build-kind', 'Type of the build', ALL, (s) => s.build.head.type.kind),
  quantity('build-start', 'Start of the build', 'ms', RUNS, (s) => orNaN(s.build.head.startedMs), 'time'),
  category('machine', 'Machine', ALL, (s) => s.build.head.machine),
  category('distro', 'Distro', ALL, (s) => s.build.head.distro),
  category('target', 'Targets', ALL, (s) => s.build.head.targets?.join(' ') ?? null),
  category('builder', 'Builder', ALL, (s) => s.build.head.builder),
  category('host', 'Host', ALL, (s) => s.build.head.host.name),
  category('host-distro', 'Host distribution', ALL, (s) => s.build.head.host.distro),
  category('bitbake', 'BitBake version', ALL, (s) => s.build.head.bitbakeVersion),
  quantity('failures', 'Failures', 'count', BUILD, (s) => s.build.head.failures.length),
  quantity('qa-issues', 'QA issues', 'count', BUILD, (s) => s.build.head.qaIssues.length),
  quantity('sstate-found', 'Found in sstate', 'share', BUILD, (s) => {
    const sstate = s.build.head.type.sstate;
    return sstate === null || sstate.wanted === 0 ? Number.NaN : sstate.found / sstate.wanted;
  }),
  quantity('rootfs-size', 'Root file systems (rounded by du)', 'B', BUILD, (s) => {
    const sizes = s.build.head.rootfsSizes;
    return sizes.length === 0 ? Number.NaN : sizes.reduce((sum, size) => sum + orNaN(size.bytes), 0);
  }),
];
