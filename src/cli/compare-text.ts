/** A comparison for a terminal, and the same in Markdown for a review or a chat. */
import type { Comparison, RecipeComparison, TaskComparison, TotalComparison } from '../analysis/compare.ts';
import type { Build } from '../model/build.ts';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatQuantity,
  formatRatio,
  formatUtc,
  plural,
} from '../model/format.ts';
import type { Metric } from '../model/metric.ts';
import type { CheckResult } from './fail-on.ts';
import { printable, type Style } from './style.ts';
import { type Column, markdownTable, textTable } from './text-table.ts';

const NOT_EXECUTED = '-';
/** In place of a difference. A task both builds know, without a value in one: restored from cache, current, or not finished there. */
const ABSENT = { new: 'new', dropped: 'dropped', common: 'not executed' } as const;

const quantity = (value: number | null, metric: Metric): string =>
  value === null ? NOT_EXECUTED : formatQuantity(value, metric.unit);
const difference = (value: number | null, metric: Metric): string =>
  value === null ? '' : formatDifference(value, metric.unit);
const ratio = (value: number | null): string => (value === null ? '' : formatRatio(value));

interface Table {
  readonly columns: Column[];
  readonly rows: string[][];
}

/** A, B, C …: short names of the builds in column heads; at most 20 builds are compared. */
const letter = (index: number): string => String.fromCharCode(65 + index);

function buildsTable(builds: readonly Build[]): Table {
  return {
    columns: [
      { title: '' },
      { title: 'build' },
      { title: 'started' },
      { title: 'duration', align: 'right' },
      { title: 'outcome' },
      { title: 'what' },
    ],
    rows: builds.map((build, b) => [
      letter(b),
      build.name,
      formatUtc(build.startedMs),
      build.startedMs === null || build.endedMs === null
        ? 'not recorded'
        : formatDuration(build.endedMs - build.startedMs),
      build.outcome.replaceAll('-', ' '),
      [build.targets?.join(' '), build.machine, build.distro].filter((part) => part != null && part !== '').join(', '),
    ]),
  };
}

function valueColumns(count: number): Column[] {
  return [
    ...Array.from({ length: count }, (_, b): Column => ({ title: letter(b), align: 'right' })),
    { title: 'difference', align: 'right' },
    { title: '', align: 'right' },
  ];
}

function totalsTable(totals: readonly TotalComparison[], count: number): Table {
  return {
    columns: [{ title: 'total' }, ...valueColumns(count)],
    rows: totals.map(({ metric, values, differences, ratios }) => [
      metric.label,
      ...values.map((value) => formatQuantity(value, metric.unit)),
      difference(differences.at(-1) ?? null, metric),
      ratio(ratios.at(-1) ?? null),
    ]),
  };
}

function rowName(row: RecipeComparison | TaskComparison): string {
  const recipe = row.mc === '' ? row.pn : `mc:${row.mc}:${row.pn}`;
  return 'task' in row ? `${recipe}:${row.task}` : recipe;
}

function rowsTable(
  title: string,
  rows: readonly (RecipeComparison | TaskComparison)[],
  metric: Metric,
  count: number,
): Table {
  return {
    columns: [{ title }, ...valueColumns(count)],
    rows: rows.map((row) => [
      rowName(row),
      ...row.values.map((value) => quantity(value, metric)),
      row.difference === null ? ABSENT[row.state] : difference(row.difference, metric),
      ratio(row.ratio),
    ]),
  };
}

function configurationTable(comparison: Comparison, count: number): Table {
  return {
    columns: [{ title: 'configuration' }, ...Array.from({ length: count }, (_, b): Column => ({ title: letter(b) }))],
    rows: comparison.configuration
      .filter((row) => row.differs)
      .map((row) => [row.name, ...row.values.map((value) => value ?? 'not recorded')]),
  };
}

function versionsTable(comparison: Comparison, top: number, count: number): Table {
  return {
    columns: [
      { title: 'recipe' },
      { title: 'change' },
      ...Array.from({ length: count }, (_, b): Column => ({ title: letter(b) })),
    ],
    rows: comparison.versionChanges
      .slice(0, top)
      .map((change) => [
        change.mc === '' ? change.pn : `mc:${change.mc}:${change.pn}`,
        change.kind,
        ...change.versions.map((version) => version ?? NOT_EXECUTED),
      ]),
  };
}

function contributionsTable(comparison: Comparison): Table {
  return {
    columns: [
      { title: 'part' },
      { title: 'tasks', align: 'right' },
      { title: comparison.metric.label, align: 'right' },
    ],
    rows: comparison.contributions.map((part) => [
      part.label,
      formatCount(part.tasks),
      formatDifference(part.difference, comparison.metric.unit),
    ]),
  };
}

/** Rows that say something: the same value everywhere is no news. */
function changed<Row extends RecipeComparison>(rows: readonly Row[]): Row[] {
  return rows.filter((row) => row.values.some((value) => value !== row.values[0]));
}

interface Section {
  readonly title: string;
  readonly table: Table;
  /** Said below the table. */
  readonly note: string | null;
}

function sections(comparison: Comparison, builds: readonly Build[], top: number): Section[] {
  const count = builds.length;
  const { metric } = comparison;
  const tasks = changed(comparison.tasks);
  const recipes = changed(comparison.recipes);
  const leftOut = (all: number): string | null =>
    all > top ? `… and ${formatCount(all - top)} more: --top shows them` : null;
  const list: Section[] = [
    { title: 'What is configured differently', table: configurationTable(comparison, count), note: null },
    { title: 'Totals', table: totalsTable(comparison.totals, count), note: null },
    { title: `${metric.label}: where the difference comes from`, table: contributionsTable(comparison), note: null },
    {
      title: `${metric.label} by recipe, largest change first`,
      table: rowsTable('recipe', recipes.slice(0, top), metric, count),
      note: leftOut(recipes.length),
    },
    {
      title: `${metric.label} by task, largest change first`,
      table: rowsTable('task', tasks.slice(0, top), metric, count),
      note: leftOut(tasks.length + comparison.tasksLeftOut),
    },
    {
      title: 'Versions',
      table: versionsTable(comparison, top, count),
      note: leftOut(comparison.versionChanges.length),
    },
  ];
  return list.filter(({ table }) => table.rows.length > 0);
}

export function comparisonText(
  comparison: Comparison,
  builds: readonly Build[],
  checks: readonly CheckResult[],
  top: number,
  style: Style,
): string {
  const out: string[] = [];
  const print = ({ columns, rows }: Table): void => {
    const [heading = '', ...lines] = textTable(
      columns,
      rows.map((row) => row.map(printable)),
    );
    out.push(`  ${style.dim(heading)}`, ...lines.map((line) => `  ${line}`));
  };
  print(buildsTable(builds));
  for (const warning of comparison.warnings) out.push('', style.yellow(`Warning: ${printable(warning)}`));
  for (const { title, table, note } of sections(comparison, builds, top)) {
    out.push('', style.bold(title));
    print(table);
    if (note !== null) out.push(`  ${note}`);
  }
  if (checks.length > 0) {
    const failed = checks.filter(({ passed }) => !passed).length;
    out.push(
      '',
      style.bold(
        failed === 0
          ? `${plural(checks.length, 'check')} passed`
          : `${failed} of ${plural(checks.length, 'check')} failed`,
      ),
    );
    for (const { check, passed, message } of checks) {
      const word = passed ? style.green('passed') : style.red('failed');
      out.push(`  ${word}  ${printable(check.text)}: ${printable(message)}`);
    }
  }
  return `${out.join('\n')}\n`;
}

export function comparisonMarkdown(
  comparison: Comparison,
  builds: readonly Build[],
  checks: readonly CheckResult[],
  top: number,
): string {
  const out: string[] = ['## Build comparison', ''];
  const print = ({ columns, rows }: Table): void => {
    out.push(
      ...markdownTable(
        columns,
        rows.map((row) => row.map(inline)),
      ),
      '',
    );
  };
  for (const { check, passed, message } of checks) {
    out.push(
      `- ${passed ? 'passed' : '**failed**'} \`${printable(check.text).replaceAll('`', "'")}\`: ${inline(message)}`,
    );
  }
  if (checks.length > 0) out.push('');
  print(buildsTable(builds));
  for (const warning of comparison.warnings) out.push(`> **Warning:** ${inline(warning)}`, '');
  for (const { title, table, note } of sections(comparison, builds, top)) {
    out.push(`### ${title}`, '');
    print(table);
    if (note !== null) out.push(note, '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}

/** Text of a build in Markdown: one line, and no markup of its own. `_` inside a word is none. */
function inline(text: string): string {
  return printable(text).replace(/[\\`*[\]<>|]/g, (c) => `\\${c}`);
}
