/**
 * What oe-core's buildstats-summary and buildstats-diff print (as of oe-core 35a2c6ed), byte for byte, on builds they accept. Written from
 * their behaviour; held to them by test/compat. Rows with equal sort keys come by name here, where upstream's order changes from
 * run to run.
 *
 * Where they stop with a traceback or mislead, the answer here is the right one, and `notes` (for standard error) say so:
 *
 * - a task without an end or without the counter asked for is left out and counted, it is not a zero and no KeyError;
 * - an unfinished task of a build that was killed has no duration, upstream takes the start of the build for its end;
 * - a total of zero gives `+inf%` (or `+0.0%` for zero against zero) and `0B`, not a division by zero or the logarithm of 0;
 * - two versions of one recipe are both kept, under their whole names (PF), where upstream refuses the build.
 */
import { BakehouseError } from '../model/errors.ts';
import { compareText } from '../model/task-rows.ts';
import type { CompareInput } from './join-builds.ts';
import { wasExecuted } from './join-builds.ts';
import {
  pythonFixed,
  pythonInteger,
  pythonMean,
  pythonModulo,
  pythonSigned,
  pythonTimedelta,
} from './python-format.ts';

export const COMPAT_ATTRIBUTES = ['cputime', 'read_bytes', 'write_bytes', 'read_ops', 'write_ops', 'walltime'] as const;
export type CompatAttribute = (typeof COMPAT_ATTRIBUTES)[number];

/** Upstream's defaults of --min-val and --min-absdiff. */
export const COMPAT_MINIMA: Readonly<Record<CompatAttribute, { readonly value: number; readonly difference: number }>> =
  {
    cputime: { value: 3, difference: 1 },
    read_bytes: { value: 524_288, difference: 131_072 },
    write_bytes: { value: 524_288, difference: 131_072 },
    read_ops: { value: 500, difference: 50 },
    write_ops: { value: 500, difference: 50 },
    walltime: { value: 5, difference: 2 },
  };

export const COMPAT_SORT_FIELDS = [
  'pkg',
  'pkg_op',
  'task',
  'task_op',
  'value1',
  'value2',
  'absdiff',
  'reldiff',
] as const;
export type CompatSortField = (typeof COMPAT_SORT_FIELDS)[number];

export interface CompatTask {
  /** Seconds since 1970; null: not recorded. */
  readonly startS: number | null;
  /** Null: not recorded, or not finished. */
  value(attribute: CompatAttribute): number | null;
}

export interface CompatRecipe {
  /** PN; the whole name (PF) where a build has that PN twice. */
  readonly name: string;
  readonly pn: string;
  readonly epoch: string | null;
  readonly version: string;
  readonly revision: string;
  readonly tasks: ReadonlyMap<string, CompatTask>;
}

/** By name. */
export type CompatBuild = ReadonlyMap<string, CompatRecipe>;

export interface CompatText {
  readonly text: string;
  /** Sentences about what upstream would have stopped at. */
  readonly notes: readonly string[];
}

/** A build as upstream sees it: only tasks that were executed; of several runs of one task the last, as its reader does. */
export function compatBuild({ head, tasks: table }: CompareInput): CompatBuild {
  const startedS = head.startedMs === null ? null : head.startedMs / 1000;
  // Upstream adds the elapsed time as written; the sum of these two doubles is the same one.
  const buildEndS =
    startedS === null || head.startedMs === null || head.endedMs === null || head.endEstimated
      ? null
      : startedS + (head.endedMs - head.startedMs) / 1000;

  const versions = new Map<string, number>();
  for (const { pn } of head.recipes) versions.set(pn, (versions.get(pn) ?? 0) + 1);
  const recipes = head.recipes.map((recipe) => ({
    name: (versions.get(recipe.pn) ?? 0) > 1 ? recipe.pf : recipe.pn,
    pn: recipe.pn,
    epoch: recipe.pe,
    version: recipe.pv ?? '',
    revision: recipe.pr ?? '',
    tasks: new Map<string, CompatTask>(),
  }));
  for (let row = 0; row < table.length; row++) {
    const startMs = table.startMs[row]!;
    if (!wasExecuted(table.outcome[row]!) || Number.isNaN(startMs)) continue;
    const endMs = table.endMs[row]!;
    recipes[table.recipe[row]!]!.tasks.set(table.taskNames[table.task[row]!]!, {
      startS: startMs / 1000,
      value(attribute) {
        if (attribute === 'walltime') {
          const endS = Number.isNaN(endMs) ? buildEndS : endMs / 1000;
          return endS === null ? null : endS - startMs / 1000;
        }
        const value = table.values.get(attribute)?.[row] ?? Number.NaN;
        return Number.isNaN(value) ? null : value;
      },
    });
  }
  return new Map(recipes.map((recipe) => [recipe.name, recipe]));
}

/** Mean over several builds, a property at a time. Like upstream it refuses builds that did not run the same tasks of the same versions. */
export function compatMean(builds: readonly CompatBuild[]): CompatBuild {
  const [first, ...others] = builds;
  if (first === undefined) throw new BakehouseError('invalid', 'There is no build to average over.');
  if (others.length === 0) return first;
  const refuse = (why: string): never => {
    throw new BakehouseError('invalid', `Refusing to average over builds that are not alike: ${why}.`);
  };
  for (const other of others) {
    const missing = [...first.keys()].filter((name) => !other.has(name));
    const added = [...other.keys()].filter((name) => !first.has(name));
    const odd = [...missing, ...added].sort(compareText);
    if (odd.length > 0) refuse(`not all have the recipes ${shortList(odd)}`);
  }
  return new Map(
    [...first].map(([name, recipe]): [string, CompatRecipe] => {
      const same = others.map((other) => other.get(name)!);
      for (const other of same) {
        if (nevr(other) !== nevr(recipe)) refuse(`one has ${nevr(recipe)} and one ${nevr(other)}`);
        const tasks = [...recipe.tasks.keys()].filter((task) => !other.tasks.has(task));
        tasks.push(...[...other.tasks.keys()].filter((task) => !recipe.tasks.has(task)));
        if (tasks.length > 0) refuse(`not all have ${shortList(tasks.sort(compareText))} of ${name}`);
      }
      const tasks = [...recipe.tasks].map(([task, run]): [string, CompatTask] => {
        const runs = [run, ...same.map((other) => other.tasks.get(task)!)];
        return [
          task,
          {
            startS: null,
            value(attribute) {
              const values = runs.map((r) => r.value(attribute));
              return values.some((value) => value === null) ? null : pythonMean(values.filter((v) => v !== null));
            },
          },
        ];
      });
      return [name, { ...recipe, tasks: new Map(tasks) }];
    }),
  );
}

function shortList(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function nevr(recipe: CompatRecipe): string {
  if (recipe.version === '' && recipe.revision === '') return recipe.pn;
  return `${recipe.pn}-${recipe.epoch === null ? '' : `${recipe.epoch}_`}${recipe.version}-${recipe.revision}`;
}

export interface SummaryCompatOptions {
  readonly sort: 'start' | 'duration';
  /** Hide tasks shorter than this many whole seconds. */
  readonly shortest: number;
  /** Bold from this many seconds on; 0: never. */
  readonly highlight: number;
}

export const SUMMARY_COMPAT_DEFAULTS: SummaryCompatOptions = { sort: 'start', shortest: 1, highlight: 60 };

/** buildstats-summary. Whole seconds, cut: 1.99 s is `0:00:01`. */
export function summaryCompat(build: CompatBuild, options: SummaryCompatOptions): CompatText {
  const rows: { name: string; start: number; seconds: number }[] = [];
  let unfinished = 0;
  for (const recipe of build.values()) {
    for (const [task, run] of recipe.tasks) {
      const walltime = run.value('walltime');
      if (walltime === null || run.startS === null) unfinished++;
      // Upstream's start times are datetimes, which hold microseconds.
      else
        rows.push({
          name: `${recipe.name}:${task}`,
          start: Math.round(run.startS * 1e6),
          seconds: Math.trunc(walltime),
        });
    }
  }
  const key = (row: (typeof rows)[number]): number => (options.sort === 'start' ? row.start : row.seconds);
  rows.sort((a, b) => key(a) - key(b) || compareText(a.name, b.name));
  let text = '';
  for (const { name, seconds } of rows) {
    if (seconds < options.shortest) continue;
    const line = `${pythonTimedelta(seconds)}    ${name}`;
    const bold = options.highlight !== 0 && seconds >= options.highlight;
    text += bold ? `\u001b[1m${line}\u001b[0m\n` : `${line}\n`;
  }
  const notes =
    unfinished === 0
      ? []
      : [leftOut(unfinished, 'no duration, as it did not finish', 'no duration, as they did not finish')];
  return { text, notes };
}

function leftOut(count: number, one: string, many: string): string {
  return count === 1 ? `1 task has ${one}; it is left out.` : `${count} tasks have ${many}; they are left out.`;
}

export interface DiffCompatOptions {
  readonly attribute: CompatAttribute;
  /** Null: upstream's default for the attribute. */
  readonly minVal: number | null;
  readonly minAbsdiff: number | null;
  /** Most significant first. */
  readonly sortBy: readonly { readonly field: CompatSortField; readonly descending: boolean }[];
  /** Empty: all. */
  readonly onlyTasks: readonly string[];
}

export const DIFF_COMPAT_DEFAULTS: DiffCompatOptions = {
  attribute: 'cputime',
  minVal: null,
  minAbsdiff: null,
  sortBy: [{ field: 'absdiff', descending: false }],
  onlyTasks: [],
};

/** `absdiff,-pkg` as upstream takes it. */
export function parseSortBy(text: string): DiffCompatOptions['sortBy'] {
  return text.split(',').map((part) => {
    const descending = part.startsWith('-');
    const name = descending ? part.slice(1) : part;
    const field = COMPAT_SORT_FIELDS.find((known) => known === name);
    if (field === undefined) {
      throw new BakehouseError(
        'invalid',
        `Invalid sort field '${part}' (must be one of: ${COMPAT_SORT_FIELDS.join(', ')}, or one of them after a '-')`,
      );
    }
    return { field, descending };
  });
}

interface DiffRow extends Readonly<Record<CompatSortField, string | number>> {
  readonly pkg: string;
  readonly pkg_op: string;
  readonly task: string;
  readonly task_op: string;
  readonly value1: number;
  readonly value2: number;
  readonly absdiff: number;
  readonly reldiff: number;
}

/** Where one build has a PN twice, the other's goes by its PF too: what is the same version meets, nothing else does. */
function underWholeNames(build: CompatBuild, other: CompatBuild): CompatBuild {
  const twice = new Set([...other.values()].filter(({ name, pn }) => name !== pn).map(({ pn }) => pn));
  if (twice.size === 0) return build;
  return new Map(
    [...build].map(([name, recipe]) =>
      twice.has(name) ? [nevr(recipe), { ...recipe, name: nevr(recipe) }] : [name, recipe],
    ),
  );
}

/** buildstats-diff without --ver-diff. */
export function diffCompat(left: CompatBuild, right: CompatBuild, options: DiffCompatOptions): CompatText {
  const a = underWholeNames(left, right);
  const b = underWholeNames(right, left);
  const { attribute } = options;
  const minVal = options.minVal ?? COMPAT_MINIMA[attribute].value;
  const minAbsdiff = options.minAbsdiff ?? COMPAT_MINIMA[attribute].difference;
  const show = (value: number): string => rawValue(value, attribute);
  let text = '';
  if (minVal !== 0) text += `Ignoring tasks less than ${humanValue(minVal, attribute)} (${show(minVal)})\n`;
  if (minAbsdiff !== 0)
    text += `Ignoring differences less than ${humanValue(minAbsdiff, attribute)} (${show(minAbsdiff)})\n`;

  const rows: DiffRow[] = [];
  let unknown = 0;
  const wanted = new Set(options.onlyTasks);
  const tasksOf = (recipe: CompatRecipe | undefined): ReadonlyMap<string, CompatTask> => {
    if (recipe === undefined) return new Map();
    return wanted.size === 0 ? recipe.tasks : new Map([...recipe.tasks].filter(([task]) => wanted.has(task)));
  };
  for (const pkg of [...new Set([...a.keys(), ...b.keys()])].sort(compareText)) {
    const tasks1 = tasksOf(a.get(pkg));
    const tasks2 = tasksOf(b.get(pkg));
    const pkg_op = tasks1.size === 0 ? '+' : tasks2.size === 0 ? '-' : ' ';
    for (const task of [...new Set([...tasks1.keys(), ...tasks2.keys()])].sort(compareText)) {
      const run1 = tasks1.get(task);
      const run2 = tasks2.get(task);
      const value1 = run1 === undefined ? 0 : run1.value(attribute);
      const value2 = run2 === undefined ? 0 : run2.value(attribute);
      if (value1 === null || value2 === null) {
        unknown++;
        continue;
      }
      if (minVal !== 0 && Math.max(value1, value2) < minVal) continue;
      const absdiff = value2 - value1;
      if (minAbsdiff !== 0 && Math.abs(absdiff) < minAbsdiff) continue;
      const task_op = run2 === undefined ? '-' : run1 === undefined ? '+' : ' ';
      const reldiff = value1 === 0 ? Number.POSITIVE_INFINITY : (100 * absdiff) / value1;
      rows.push({ pkg, pkg_op, task, task_op, value1, value2, absdiff, reldiff });
    }
  }
  rows.sort((x, y) => {
    for (const { field, descending } of options.sortBy) {
      const order = compareField(x[field], y[field]);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });

  const heading = attribute.toUpperCase();
  const cells = [
    ['  ', 'PKG', '  ', 'TASK', 'ABSDIFF', 'RELDIFF', `${heading}1`, `${heading}2`],
    ...rows.map((row) => [
      row.pkg_op,
      row.pkg,
      // Upstream means to mark tasks here, and never does: the mark it tests for is never there.
      '  ',
      row.task,
      show(row.absdiff),
      `${pythonSigned(row.reldiff)}%`,
      show(row.value1),
      show(row.value2),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => cells.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  text += '\n';
  for (const row of cells) {
    const left = (column: number): string => row[column]!.padEnd(widths[column]!);
    const right = (column: number): string => row[column]!.padStart(widths[column]!);
    text += `${left(0)}${left(1)}  ${left(2)}${left(3)}  ${right(4)}  ${right(5)}  ${right(6)} -> ${left(7)}\n`;
  }

  const total1 = total(a, attribute, wanted);
  const total2 = total(b, attribute, wanted);
  const change = total2 - total1;
  const relative =
    total1 === 0 ? (change === 0 ? 0 : Number.POSITIVE_INFINITY * Math.sign(change)) : (100 * change) / total1;
  text += `\nCumulative ${attribute}:\n`;
  text += `  ${show(change)}    ${pythonSigned(relative)}%    ${humanValue(total1, attribute)} (${show(total1)}) -> ${humanValue(total2, attribute)} (${show(total2)})\n`;
  const notes =
    unknown === 0
      ? []
      : [leftOut(unknown, `no ${attribute} in one of the builds`, `no ${attribute} in one of the builds`)];
  return { text, notes };
}

function compareField(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function total(build: CompatBuild, attribute: CompatAttribute, wanted: ReadonlySet<string>): number {
  let sum = 0;
  for (const { tasks } of build.values()) {
    for (const [task, run] of tasks) {
      if (wanted.size === 0 || wanted.has(task)) sum += run.value(attribute) ?? 0;
    }
  }
  return sum;
}

function rawValue(value: number, attribute: CompatAttribute): string {
  return attribute.includes('time') ? `${pythonFixed(value, 1)}s` : pythonInteger(value);
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];

function humanValue(value: number, attribute: CompatAttribute): string {
  if (attribute.includes('time')) {
    const hours = Math.trunc(value / 3600);
    const minutes = String(Math.trunc(pythonModulo(value, 3600) / 60)).padStart(2, '0');
    const seconds = pythonFixed(pythonModulo(value, 60), 1).padStart(4, '0');
    return hours === 0 ? `${minutes}:${seconds}` : `${hours}:${minutes}:${seconds}`;
  }
  const bytes = attribute.includes('bytes');
  const magnitude = Math.abs(value);
  // The quotient of logarithms as upstream takes it: at the powers themselves both languages' logarithms agree (checked to 10^21).
  const steps =
    magnitude < 1 ? 0 : bytes ? Math.log(magnitude) / Math.log(2) / 10 : Math.log(magnitude) / Math.log(1000);
  const step = Math.min(Math.trunc(steps), BINARY.length - 1);
  const scaled = value / (bytes ? 2 ** (10 * step) : 1000 ** step);
  return `${pythonFixed(scaled, step > 0 ? 1 : 0)}${(bytes ? BINARY : DECIMAL)[step]}${bytes ? 'B' : 'ops'}`;
}

/** buildstats-diff --ver-diff. */
export function verDiffCompat(left: CompatBuild, right: CompatBuild): CompatText {
  const a = underWholeNames(left, right);
  const b = underWholeNames(right, left);
  const names = [...new Set([...a.keys(), ...b.keys()])].sort(compareText);
  const width = names.reduce((most, name) => Math.max(most, name.length), 0);
  let text = '';
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0)
      text += `\n${title}:\n${'-'.repeat(title.length + 1)}\n${lines.map((line) => `${line}\n`).join('')}`;
  };
  const alone = (of: CompatBuild, other: CompatBuild): string[] =>
    names.flatMap((name) => {
      const recipe = of.get(name);
      return recipe === undefined || other.has(name) ? [] : [`  ${name.padEnd(width)} (${nevr(recipe)})`];
    });
  section('NEW RECIPES', alone(b, a));
  section('DROPPED RECIPES', alone(a, b));

  const changed = { epoch: [] as string[], version: [] as string[], revision: [] as string[] };
  for (const name of names) {
    const before = a.get(name);
    const after = b.get(name);
    if (before === undefined || after === undefined) continue;
    const part = (['epoch', 'version', 'revision'] as const).find((p) => before[p] !== after[p]);
    if (part === undefined) continue;
    const change = `${before[part] ?? 'None'} -> ${after[part] ?? 'None'}`;
    changed[part].push(`  ${name.padEnd(width)} ${change.padEnd(20)}    (${nevr(before)} -> ${nevr(after)})`);
  }
  section('REVISION CHANGED', changed.revision);
  section('VERSION CHANGED', changed.version);
  section('EPOCH CHANGED', changed.epoch);
  return { text, notes: [] };
}
