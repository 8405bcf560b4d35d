/**
 * The checks of `compare --fail-on`: what must not be, for a build server to act on.
 *
 *     CHECK  = [ SCOPE "/" ] METRIC LIMIT { "&" LIMIT }      all limits passed: the check fails
 *     SCOPE  = "task:" TASK                                  all its runs together: task:do_compile
 *            | "task:" RECIPE ":" TASK                       one task: task:glibc:do_compile
 *            | "recipe:" RECIPE                              one recipe
 *            | "each-task" | "each-recipe"                   every one by itself
 *     LIMIT  = ( ">" | ">=" | "<" | "<=" ) AMOUNT
 *     AMOUNT = ( "+" | "-" ) NUMBER [ UNIT | "%" ]           change, last build against first
 *            | NUMBER [ UNIT ]                               the last build's value by itself
 *     UNIT   = ms s min h | B kB KiB MB MiB GB GiB TB TiB    must suit the metric; none: the metric's own
 *
 * Without a scope it is the total of the build. `duration`, `parallelism`, `tasks` and `failures` are metrics of the build alone.
 */
import type { Comparison, RecipeComparison, TaskComparison } from '../analysis/compare.ts';
import { BakehouseError } from '../model/errors.ts';
import { formatDifference, formatQuantity, formatRatio } from '../model/format.ts';
import type { Metric } from '../model/metric.ts';
import type { Unit } from '../model/units.ts';

export interface Limit {
  readonly operator: '>' | '>=' | '<' | '<=';
  /** `change`: in the unit; `ratio`: a fraction, +20 % is 0.2; `value`: of the last build. */
  readonly of: 'change' | 'ratio' | 'value';
  readonly amount: number;
  /** Null: the metric's own. */
  readonly unit: WrittenUnit | null;
}

export type Scope =
  | { readonly kind: 'build' }
  | { readonly kind: 'task'; readonly recipe: string | null; readonly task: string }
  | { readonly kind: 'recipe'; readonly recipe: string }
  | { readonly kind: 'each-task' }
  | { readonly kind: 'each-recipe' };

export interface Check {
  /** As written. */
  readonly text: string;
  readonly scope: Scope;
  readonly metric: string;
  readonly limits: readonly Limit[];
}

/** Factor to seconds or to bytes. */
const UNITS = {
  ms: { kind: 'time', factor: 0.001 },
  s: { kind: 'time', factor: 1 },
  min: { kind: 'time', factor: 60 },
  h: { kind: 'time', factor: 3600 },
  B: { kind: 'bytes', factor: 1 },
  kB: { kind: 'bytes', factor: 1000 },
  KiB: { kind: 'bytes', factor: 2 ** 10 },
  MB: { kind: 'bytes', factor: 1e6 },
  MiB: { kind: 'bytes', factor: 2 ** 20 },
  GB: { kind: 'bytes', factor: 1e9 },
  GiB: { kind: 'bytes', factor: 2 ** 30 },
  TB: { kind: 'bytes', factor: 1e12 },
  TiB: { kind: 'bytes', factor: 2 ** 40 },
} as const;
export type WrittenUnit = keyof typeof UNITS;

/** What one of the metric's own unit is in seconds or bytes. */
const OWN: Readonly<Partial<Record<Unit, { kind: 'time' | 'bytes'; factor: number }>>> = {
  ms: { kind: 'time', factor: 0.001 },
  s: { kind: 'time', factor: 1 },
  us: { kind: 'time', factor: 1e-6 },
  ticks: { kind: 'time', factor: 0.01 },
  B: { kind: 'bytes', factor: 1 },
  KiB: { kind: 'bytes', factor: 1024 },
};

const LIMIT = /^(>=|<=|>|<)\s*([+-]?)\s*(\d+(?:\.\d+)?)\s*(%|[A-Za-z]*)$/;
const METRIC = /^[A-Za-z_][A-Za-z0-9_.]*$/;

function wrong(text: string, why: string): BakehouseError {
  return new BakehouseError(
    'invalid',
    `--fail-on '${text}': ${why}. Examples: 'walltime>+20%', 'cputime>+300s', 'task:do_compile/cputime>+10%', 'each-task/walltime>+50%&>+30s'.`,
  );
}

export function parseCheck(text: string): Check {
  const slash = text.indexOf('/');
  const scope = slash === -1 ? { kind: 'build' as const } : parseScope(text, text.slice(0, slash).trim());
  const rest = text.slice(slash + 1).trim();
  const at = rest.search(/[<>]/);
  if (at === -1) throw wrong(text, 'there is no > or < in it');
  const metric = rest.slice(0, at).trim();
  if (!METRIC.test(metric)) throw wrong(text, metric === '' ? 'the metric is missing' : `"${metric}" is no metric`);
  const limits = rest
    .slice(at)
    .split('&')
    .map((part) => parseLimit(text, part.trim()));
  return { text, scope, metric, limits };
}

function parseScope(text: string, scope: string): Scope {
  if (scope === 'each-task' || scope === 'each-recipe') return { kind: scope };
  const [word, first, second, ...more] = scope.split(':');
  if (word === 'recipe' && first !== undefined && first !== '' && second === undefined) {
    return { kind: 'recipe', recipe: first };
  }
  if (word === 'task' && first !== undefined && first !== '' && more.length === 0 && second !== '') {
    return second === undefined
      ? { kind: 'task', recipe: null, task: first }
      : { kind: 'task', recipe: first, task: second };
  }
  throw wrong(text, `"${scope}" is not task:TASK, task:RECIPE:TASK, recipe:RECIPE, each-task or each-recipe`);
}

function parseLimit(text: string, part: string): Limit {
  const match = LIMIT.exec(part);
  if (match === null) throw wrong(text, `"${part}" is not a limit such as >+20% or >300s`);
  const [, operator, sign, digits, suffix] = match;
  const amount = Number(digits) * (sign === '-' ? -1 : 1);
  const op = operator as Limit['operator'];
  if (suffix === '%') {
    if (sign === '') throw wrong(text, `"${part}" wants a sign before a percentage (>+20%), as it is a change`);
    return { operator: op, of: 'ratio', amount: amount / 100, unit: null };
  }
  if (suffix !== '' && !Object.hasOwn(UNITS, suffix!)) {
    throw wrong(text, `"${suffix}" is no unit (${Object.keys(UNITS).join(', ')}, %)`);
  }
  const unit = suffix === '' ? null : (suffix as WrittenUnit);
  return { operator: op, of: sign === '' ? 'value' : 'change', amount, unit };
}

/** The limit's amount in the metric's own unit. */
function amountIn(check: Check, limit: Limit, metric: Metric): number {
  if (limit.unit === null) return limit.amount;
  const written = UNITS[limit.unit];
  const own = OWN[metric.unit];
  if (own === undefined || own.kind !== written.kind) {
    throw wrong(check.text, `${metric.label} is not measured in ${limit.unit}`);
  }
  return (limit.amount * written.factor) / own.factor;
}

export interface CheckResult {
  readonly check: Check;
  readonly passed: boolean;
  /** One sentence on what was found. */
  readonly message: string;
}

interface Measured {
  /** Task or recipe; '' for the whole build. */
  readonly name: string;
  readonly first: number | null;
  readonly last: number | null;
}

/**
 * `comparison` must be of the check's metric, with every row (no thresholds, no limit). A number that is not recorded cannot be held
 * to a limit, so such a check fails and says so, except for each-task and each-recipe, which look at what both builds have.
 */
export function runCheck(check: Check, comparison: Comparison, ofBuild: readonly BuildMeasure[] = []): CheckResult {
  const extra = ofBuild.find(({ metric }) => metric.id === check.metric);
  const totals = comparison.totals.find(({ metric }) => metric.id === check.metric);
  const metric = extra?.metric ?? totals?.metric ?? comparison.metric;
  const { scope } = check;
  if (scope.kind === 'each-task' || scope.kind === 'each-recipe') {
    const rows: Measured[] = (scope.kind === 'each-task' ? comparison.tasks : comparison.recipes).map((row) => ({
      name: rowName(row),
      first: row.values[0] ?? null,
      last: row.values.at(-1) ?? null,
    }));
    const over = rows.filter((row) => exceeds(check, metric, row) === true);
    const worst = over.slice(0, 5).map((row) => `${row.name} ${describe(row, metric)}`);
    const more = over.length > worst.length ? ` and ${over.length - worst.length} more` : '';
    return {
      check,
      passed: over.length === 0,
      message: over.length === 0 ? `none of ${rows.length} is over the limit` : `${worst.join('; ')}${more}`,
    };
  }
  const measured = measure(check, comparison, metric, extra ?? totals ?? null);
  const over = exceeds(check, metric, measured);
  const what = measured.name === '' ? metric.label : `${metric.label} of ${measured.name}`;
  if (over === null)
    return {
      check,
      passed: false,
      message: `${what}: ${describe(measured, metric)}, so it cannot be checked`,
    };
  return { check, passed: !over, message: `${what}: ${describe(measured, metric)}` };
}

/** A number of the build as a whole that is no metric of tasks. */
export interface BuildMeasure {
  readonly metric: Metric;
  readonly values: readonly (number | null)[];
}

function rowName(row: RecipeComparison | TaskComparison): string {
  const recipe = row.mc === '' ? row.pn : `mc:${row.mc}:${row.pn}`;
  return 'task' in row ? `${recipe}:${row.task}` : recipe;
}

function measure(check: Check, comparison: Comparison, metric: Metric, total: BuildMeasure | null): Measured {
  const { scope } = check;
  if (scope.kind === 'recipe') {
    const rows = comparison.recipes.filter((row) => row.pn === scope.recipe);
    return put(scope.recipe, rows, metric);
  }
  if (scope.kind === 'task') {
    const rows = comparison.tasks.filter(
      (row) => row.task === scope.task && (scope.recipe === null || row.pn === scope.recipe),
    );
    return put(scope.recipe === null ? scope.task : `${scope.recipe}:${scope.task}`, rows, metric);
  }
  return { name: '', first: total?.values[0] ?? null, last: total?.values.at(-1) ?? null };
}

/** Rows put together by the metric's aggregation: several recipes' runs of one task, several multiconfigs of a recipe. */
function put(name: string, rows: readonly RecipeComparison[], metric: Metric): Measured {
  const together = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return null;
    if (known.length === 1) return known[0]!;
    switch (metric.aggregation) {
      case 'sum':
        return known.reduce((sum, value) => sum + value, 0);
      case 'max':
        return known.reduce((max, value) => Math.max(max, value));
      case 'mean':
        return known.reduce((sum, value) => sum + value, 0) / known.length;
      case 'none':
        return null;
    }
  };
  return {
    name,
    first: together(rows.map((row) => row.values[0] ?? null)),
    last: together(rows.map((row) => row.values.at(-1) ?? null)),
  };
}

/** Null: cannot be told. */
function exceeds(check: Check, metric: Metric, { first, last }: Measured): boolean | null {
  for (const limit of check.limits) {
    const amount = amountIn(check, limit, metric);
    let value: number;
    if (last === null) return null;
    if (limit.of === 'value') value = last;
    else if (first === null) return null;
    else if (limit.of === 'change') value = last - first;
    // From nothing to something is more than any percentage.
    else value = first === 0 ? (last === 0 ? 0 : Number.POSITIVE_INFINITY * Math.sign(last)) : (last - first) / first;
    if (!holds(value, limit.operator, amount)) return false;
  }
  return true;
}

function holds(value: number, operator: Limit['operator'], amount: number): boolean {
  switch (operator) {
    case '>':
      return value > amount;
    case '>=':
      return value >= amount;
    case '<':
      return value < amount;
    case '<=':
      return value <= amount;
  }
}

function describe({ first, last }: Measured, metric: Metric): string {
  const values = `${formatQuantity(first, metric.unit)} -> ${formatQuantity(last, metric.unit)}`;
  if (first === null || last === null) return values;
  const ratio = first === 0 ? '' : `, ${formatRatio((last - first) / first)}`;
  return `${values} (${formatDifference(last - first, metric.unit)}${ratio})`;
}
