/**
 * `bakehouse summary`: one build at a glance, or what buildstats-summary prints.
 *
 * Bench row `summary` says how it stands to the bare loop that reads the files (1.4 times was wanted). Most of both is the same open,
 * read and readdir; ours adds loading and compiling (a compile cache saves 4 ms), text searches, sorting and sums, each 10 to 20 ms.
 * Without TurboFan it takes a tenth less of CPU time and the same of a clock's: not worth a flag of V8.
 */
import { SUMMARY_COMPAT_DEFAULTS, summaryCompat } from '../../analysis/compat.ts';
import { type BuildSummary, type GroupLine, summarizeBuild, type TaskRunLine } from '../../analysis/summary.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  formatShare,
  formatUtc,
  plural,
} from '../../model/format.ts';
import { readCompat } from '../compat-input.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, number, refuse, text } from '../options.ts';
import type { Options } from '../program.ts';
import { compareInput, defaultBuildstats, directoriesOf, readBuild } from '../read-build.ts';
import { printable, type Style, styleFor } from '../style.ts';
import { textTable } from '../text-table.ts';

/** What the summary shows: the other 25 metrics of a task file are not even parsed. */
const METRICS = ['cputime', 'read_bytes', 'write_bytes', 'rusage.ru_maxrss', 'child_rusage.ru_maxrss'];

export async function summary(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const [build] = args;
  if (flag(options, 'compat')) return compatSummary(io, build, options);
  refuse(options, 'belongs to --compat', { sort: '--sort', shortest: '--shortest', highlight: '--highlight' });
  const read = await readBuild(io, options, build, { metrics: METRICS, samples: false });
  if (flag(options, 'import')) await (await import('../stored.ts')).storeSources(io, options, [read]);
  const result = summarizeBuild({ ...compareInput(read), graph: read.graph }, { top: number(options, 'top') ?? 10 });
  if (flag(options, 'json')) io.out(`${JSON.stringify(result, null, 2)}\n`);
  else io.out(summaryText(result, styleFor(io)));
  return EXIT_OK;
}

async function compatSummary(io: CliIo, build: string | undefined, options: Options): Promise<number> {
  refuse(options, 'does not go with --compat', { json: '--json', import: '--import' });
  const path = build ?? directoriesOf(io, defaultBuildstats(io)).at(-1) ?? defaultBuildstats(io);
  const { text: printed, notes } = summaryCompat(
    await readCompat(io, options, path, { attribute: 'walltime', multi: false }),
    {
      sort: text(options, 'sort') === 'duration' ? 'duration' : 'start',
      shortest: number(options, 'shortest') ?? SUMMARY_COMPAT_DEFAULTS.shortest,
      highlight: number(options, 'highlight') ?? SUMMARY_COMPAT_DEFAULTS.highlight,
    },
  );
  io.out(printed);
  for (const note of notes) io.err(`NOTE: ${note}\n`);
  return EXIT_OK;
}

const seconds = (value: number | null): string => (value === null ? '-' : formatDuration(value * 1000));

function titleOf(s: BuildSummary): string {
  const what = s.targets === null ? s.name : s.targets.join(' ');
  const where = [s.machine === null ? null : `for ${s.machine}`, s.distro === null ? null : `(${s.distro})`];
  return [what, ...where].filter((part) => part !== null).join(' ');
}

export function summaryText(s: BuildSummary, style: Style): string {
  const out: string[] = [];
  const outcome = s.outcome.replaceAll('-', ' ');
  const colour = s.outcome === 'succeeded' ? style.green : s.outcome === 'failed' ? style.red : style.yellow;
  out.push(style.bold(printable(titleOf(s))));
  const took = s.durationMs === null ? '' : ` in ${formatDuration(s.durationMs)}`;
  const estimated = s.endEstimated ? ' (end estimated)' : '';
  const host = [
    s.host.name,
    s.host.distro,
    s.host.cores === null ? null : plural(s.host.cores, 'core'),
    s.host.memoryBytes === null ? null : formatBytes(s.host.memoryBytes),
  ].filter((part) => part !== null);
  out.push(
    `${colour(outcome)}${took}${estimated}, started ${formatUtc(s.startedMs)}${host.length === 0 ? '' : ` on ${printable(host.join(', '))}`}`,
  );
  out.push('');

  const facts: [string, string][] = [];
  facts.push(['tasks', `${plural(s.taskRuns, 'task')} of ${plural(s.recipes, 'recipe')} executed${otherOutcomes(s)}`]);
  facts.push([
    'wall time',
    `${seconds(s.walltimeS)} in sum, ${s.runningMean === null ? 'not known how many' : formatCount(round(s.runningMean))} at a time in the mean`,
  ]);
  facts.push([
    'cpu time',
    s.cputimeS === null
      ? 'not recorded'
      : `${seconds(s.cputimeS)}${s.parallelism === null ? '' : `, ${formatQuantity(s.parallelism, 'cores')} busy in the mean`}`,
  ]);
  const chain = s.longestChain;
  if (chain !== null) {
    facts.push([
      'longest chain',
      `${formatDuration(chain.lengthMs)} of ${plural(chain.tasks, 'task')}: more threads cannot go below, at best ${formatCount(round(chain.parallelismMax))} at a time in the mean`,
    ]);
  }
  if (s.readBytes !== null || s.writeBytes !== null) {
    facts.push(['disk', `${formatBytes(s.readBytes)} read, ${formatBytes(s.writeBytes)} written`]);
  }
  const kind =
    s.type.kind === 'not-recorded'
      ? 'type not recorded'
      : `${s.type.kind}${s.type.estimated ? ' (estimated from the tasks)' : ''}`;
  const { sstate } = s.type;
  facts.push([
    'build',
    sstate === null
      ? kind
      : `${kind}; sstate ${formatCount(sstate.found)} of ${formatCount(sstate.wanted)} wanted found${sstate.wanted === 0 ? '' : ` (${formatShare(sstate.found / sstate.wanted)})`}, ${formatCount(sstate.missed)} missed, ${formatCount(sstate.current)} current`,
  ]);
  for (const image of s.rootfsSizes) facts.push(['rootfs', `${printable(image.text)}  ${printable(image.path)}`]);
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) out.push(`${style.dim(name.padEnd(width))}  ${value}`);

  if (s.failures.length > 0) {
    out.push('', style.red(style.bold(plural(s.failures.length, 'failure'))));
    for (const failure of s.failures.slice(0, 20)) {
      const who = [failure.pf, failure.task].filter((part) => part !== null).join(' ');
      out.push(
        `  ${cut(`${who === '' ? 'outside any task' : who}${failure.cause === null ? '' : `: ${failure.cause}`}`)}`,
      );
    }
  }
  taskTable(out, style, 'Longest tasks', s.longest);
  taskTable(out, style, 'Most CPU time', s.mostCpu);
  taskTable(out, style, 'Largest processes', s.mostMemory);
  groupTable(out, style, 'By kind of task', 'task', s.byTask);
  groupTable(out, style, 'By recipe', 'recipe', s.byRecipe);
  if (s.phases.length > 0) {
    out.push('', style.bold('Outside any task'));
    const rows = s.phases.map((p) => [
      `${formatDuration(p.endMs - p.startMs)}${p.estimated ? ' (estimated)' : ''}`,
      printable(p.label),
      printable(p.detail ?? ''),
    ]);
    indent(out, textTable([{ title: 'time', align: 'right' }, { title: 'phase' }, { title: '' }], rows), style);
  }
  if (s.qaIssues.length > 0)
    out.push('', `${style.yellow(plural(s.qaIssues.length, 'QA issue'))}: ${printable(s.qaIssues[0]!.message)}`);
  if (s.problems.length > 0) {
    out.push('', style.yellow(`${plural(s.problems.length, 'problem')} found while reading`));
    for (const p of s.problems.slice(0, 5)) {
      const where = p.file === null ? '' : `${p.file}${p.line === null ? '' : `:${p.line}`}: `;
      out.push(`  ${printable(where + p.message)}`);
    }
    if (s.problems.length > 5) out.push(`  … and ${formatCount(s.problems.length - 5)} more: --json has them all`);
  }
  return `${out.join('\n')}\n`;
}

/** One line of a terminal; a cause may be a thousand characters of a command line, which --json has whole. */
const cut = (text: string): string => (text.length > 200 ? `${printable(text.slice(0, 199))}…` : printable(text));
const round = (value: number): number => Math.round(value * 10) / 10;

/** `, 120 covered, 3 noexec`: what was not executed, and what of the executed did not succeed. */
function otherOutcomes(s: BuildSummary): string {
  return Object.entries(s.taskOutcomes)
    .filter(([outcome]) => outcome !== 'succeeded')
    .map(([outcome, count]) => `, ${formatCount(count)} ${outcome.replaceAll('-', ' ')}`)
    .join('');
}

function indent(out: string[], lines: readonly string[], style: Style): void {
  const [heading = '', ...rows] = lines;
  out.push(`  ${style.dim(heading)}`, ...rows.map((line) => `  ${line}`));
}

function taskTable(out: string[], style: Style, title: string, rows: readonly TaskRunLine[]): void {
  if (rows.length === 0) return;
  out.push('', style.bold(title));
  const columns = [
    { title: 'wall', align: 'right' },
    { title: 'cpu', align: 'right' },
    { title: 'largest', align: 'right' },
    { title: 'task' },
  ] as const;
  indent(
    out,
    textTable(
      columns,
      rows.map((r) => [
        seconds(r.walltimeS),
        seconds(r.cputimeS),
        r.rssKibMax === null ? '-' : formatBytes(r.rssKibMax * 1024),
        printable(
          `${r.mc === '' ? '' : `mc:${r.mc}:`}${r.pn}:${r.task}${r.outcome === 'succeeded' ? '' : ` (${r.outcome})`}`,
        ),
      ]),
    ),
    style,
  );
}

function groupTable(out: string[], style: Style, title: string, what: string, rows: readonly GroupLine[]): void {
  if (rows.length === 0) return;
  out.push('', style.bold(title));
  const columns = [
    { title: 'wall', align: 'right' },
    { title: 'cpu', align: 'right' },
    { title: 'runs', align: 'right' },
    { title: what },
  ] as const;
  indent(
    out,
    textTable(
      columns,
      rows.map((r) => [seconds(r.walltimeS), seconds(r.cputimeS), formatCount(r.runs), printable(r.name)]),
    ),
    style,
  );
}
