/** `bakehouse compare`: builds side by side, checks for a build server, or what buildstats-diff prints. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { COMPARE_DEFAULTS, type CompareOptions, type Comparison, compareBuilds } from '../../analysis/compare.ts';
import {
  COMPAT_ATTRIBUTES,
  DIFF_COMPAT_DEFAULTS,
  diffCompat,
  parseSortBy,
  verDiffCompat,
} from '../../analysis/compat.ts';
import { type CompareInput, wasExecuted } from '../../analysis/join-builds.ts';
import type { Build } from '../../model/build.ts';
import { DERIVED_FROM } from '../../model/derive-metrics.ts';
import { BakehouseError } from '../../model/errors.ts';
import { VERSION } from '../../server/version.ts';
import { comparisonMarkdown, comparisonText } from '../compare-text.ts';
import { readCompat } from '../compat-input.ts';
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts';
import { type BuildMeasure, type Check, type CheckResult, parseCheck, runCheck } from '../fail-on.ts';
import type { CliIo } from '../io.ts';
import { junitXml } from '../junit.ts';
import { flag, list, number, refuse, text } from '../options.ts';
import type { Options } from '../program.ts';
import { compareInput, defaultBuildstats, directoriesOf, meansStored, readBuild } from '../read-build.ts';
import { styleFor } from '../style.ts';
import { writeFile } from '../write-file.ts';

/** The API has the same bound. */
const BUILDS_MAX = 20;

/** The builds named; the last two of a single path that holds several, or of $BUILDDIR. */
function buildsNamed(io: CliIo, args: readonly string[]): string[] {
  if (args.length > BUILDS_MAX) {
    throw new BakehouseError('invalid', `At most ${BUILDS_MAX} builds can be compared at once.`);
  }
  if (args.length >= 2) return [...args];
  const [only] = args;
  if (only !== undefined && meansStored(io, only)) {
    throw new BakehouseError('invalid', 'Name two builds or more to compare.');
  }
  const path = only ?? defaultBuildstats(io);
  const found = directoriesOf(io, path).slice(-2);
  if (found.length < 2) {
    throw new BakehouseError(
      only === undefined ? 'unreadable' : 'invalid',
      `${path} holds ${found.length === 0 ? 'no build' : 'one build only'}: name two builds or more to compare.`,
    );
  }
  return found;
}

export async function compare(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  if (flag(options, 'compat')) return compatDiff(io, args, options);
  refuse(options, 'belongs to --compat', {
    diffAttr: '--diff-attr (here it is --metric)',
    sortBy: '--sort-by',
    multi: '--multi',
    verDiff: '--ver-diff',
  });
  const checks = list(options, 'failOn').map(parseCheck);
  const metric = text(options, 'metric') ?? COMPARE_DEFAULTS.metric;
  const names = buildsNamed(io, args);
  if (args.length < 2) io.err(`Comparing ${names.join(' -> ')}\n`);

  const json = flag(options, 'json');
  const html = text(options, 'html');
  const wanted = [...Object.keys(DERIVED_FROM), metric, ...checks.map((check) => check.metric)];
  const builds: Build[] = [];
  for (const name of names) {
    builds.push(
      await readBuild(io, options, name, {
        metrics: json || html !== undefined ? null : wanted,
        samples: html !== undefined,
      }),
    );
  }
  if (flag(options, 'import')) await (await import('../stored.ts')).storeSources(io, options, builds);
  const inputs = builds.map(compareInput);
  const comparison = compareBuilds(inputs, compareOptions(options, metric));
  if (!comparison.metrics.some(({ id }) => id === metric)) {
    throw new BakehouseError(
      'invalid',
      `None of the builds has the metric "${metric}". They have ${comparison.metrics.map(({ id }) => id).join(', ')}.`,
    );
  }
  const results = runChecks(checks, inputs);

  const junit = text(options, 'junit');
  if (junit !== undefined) writeFileSync(resolve(io.folder, junit), junitXml(comparison, builds, results));
  const top = number(options, 'top') ?? 20;
  if (html !== undefined) {
    writeFile(io, html, await (await import('../report.ts')).reportFile(builds, VERSION), false);
  }
  if (json) {
    const listed = results.map(({ check, passed, message }) => ({ check: check.text, passed, message }));
    io.out(`${JSON.stringify({ builds: builds.map(buildLine), ...comparison, checks: listed }, null, 2)}\n`);
  } else if (flag(options, 'markdown')) io.out(comparisonMarkdown(comparison, builds, results, top));
  else io.out(comparisonText(comparison, builds, results, top, styleFor(io)));
  return results.every(({ passed }) => passed) ? EXIT_OK : EXIT_FAILED;
}

/** What identifies a build in JSON; the comparison has the rest. */
function buildLine({ name, startedMs, endedMs, outcome, targets, machine, distro, sources }: Build): object {
  return { name, startedMs, endedMs, outcome, targets, machine, distro, location: sources[0]?.location ?? null };
}

function compareOptions(options: Options, metric: string): CompareOptions {
  const onlyTasks = list(options, 'onlyTask');
  return {
    metric,
    minValue: number(options, 'minVal'),
    minDifference: number(options, 'minAbsdiff'),
    mode: flag(options, 'all') ? 'all' : 'any',
    task: onlyTasks.length === 0 ? undefined : onlyTasks,
    recipe: text(options, 'onlyRecipe'),
    outcome: 'all',
    setscene: options.setscene === false ? 'hide' : 'separate',
    limit: COMPARE_DEFAULTS.limit,
  };
}

/** Each check sees every row: what is shown has its thresholds, what is checked has none but its own. */
function runChecks(checks: readonly Check[], inputs: readonly CompareInput[]): CheckResult[] {
  const counts = buildCounts(inputs);
  const byMetric = new Map<string, Comparison>();
  return checks.map((check) => {
    let comparison = byMetric.get(check.metric);
    if (comparison === undefined) {
      comparison = compareBuilds(inputs, {
        ...COMPARE_DEFAULTS,
        metric: check.metric,
        limit: Number.POSITIVE_INFINITY,
      });
      byMetric.set(check.metric, comparison);
    }
    return runCheck(check, comparison, counts);
  });
}

/** Counts of a build that are no metric of a task. */
function buildCounts(inputs: readonly CompareInput[]): BuildMeasure[] {
  const measure = (id: string, label: string, values: readonly number[]): BuildMeasure => ({
    metric: {
      id,
      label,
      unit: 'count',
      aggregation: 'sum',
      lowerIsBetter: true,
      derived: true,
      guessed: false,
      note: null,
    },
    values,
  });
  return [
    measure(
      'failures',
      'Failures',
      inputs.map(({ head }) => head.failures.length),
    ),
    measure(
      'qa_issues',
      'QA issues',
      inputs.map(({ head }) => head.qaIssues.length),
    ),
    measure(
      'tasks',
      'Executed tasks',
      inputs.map(({ tasks }) => executedTasks(tasks)),
    ),
  ];
}

function executedTasks({ outcome, length }: CompareInput['tasks']): number {
  let count = 0;
  for (let row = 0; row < length; row++) if (wasExecuted(outcome[row]!)) count++;
  return count;
}

async function compatDiff(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  refuse(options, 'does not go with --compat', {
    json: '--json',
    markdown: '--markdown',
    junit: '--junit',
    failOn: '--fail-on',
    import: '--import',
    all: '--all',
    onlyRecipe: '--only-recipe',
    metric: '--metric (it is --diff-attr there)',
  });
  const given = text(options, 'diffAttr') ?? DIFF_COMPAT_DEFAULTS.attribute;
  const attribute = COMPAT_ATTRIBUTES.find((known) => known === given);
  if (attribute === undefined) {
    throw new BakehouseError('invalid', `--diff-attr is one of ${COMPAT_ATTRIBUTES.join(', ')}, not "${given}".`);
  }
  const sortBy = parseSortBy(text(options, 'sortBy') ?? 'absdiff');
  if (args.length !== 0 && args.length !== 2) {
    throw new BakehouseError('invalid', 'Either specify two buildstats paths, or none to use the last two paths.');
  }
  const names = args.length === 0 ? buildsNamed(io, []) : args;
  const [a, b] = names as [string, string];
  if (args.length === 0) io.out(`Comparing ${a} -> ${b}\n\n`);
  const versions = flag(options, 'verDiff');
  const read = { attribute: versions ? 'walltime' : attribute, multi: flag(options, 'multi') && !versions } as const;
  const left = await readCompat(io, options, a, read);
  const right = await readCompat(io, options, b, read);
  const printed = versions
    ? verDiffCompat(left, right)
    : diffCompat(left, right, {
        attribute,
        minVal: number(options, 'minVal') ?? null,
        minAbsdiff: number(options, 'minAbsdiff') ?? null,
        sortBy,
        onlyTasks: list(options, 'onlyTask'),
      });
  io.out(printed.text);
  for (const note of printed.notes) io.err(`NOTE: ${note}\n`);
  return EXIT_OK;
}
