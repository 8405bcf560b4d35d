import { type Build, NOT_REPORTED, type Recipe } from './build.ts';
import type { Metric } from './metric.ts';
import { assembleTasks, graphOf, type TaskRow } from './task-rows.ts';
import {
  TASK_COVERED,
  TASK_EXISTING,
  TASK_FAILED,
  TASK_NOEXEC,
  TASK_NOT_RUN,
  TASK_RUNNING,
  TASK_SUCCEEDED,
  TASK_UNFINISHED,
} from './task-table.ts';

/** Second 0 of every drawing: 2026-01-01T00:00:00Z. */
export const DRAWING_START_MS = Date.UTC(2026, 0, 1);

/** A Build in which nothing is recorded; readers and tests spread what they know over it. */
export function blankBuild(name: string): Build {
  const { table } = assembleTasks([], []);
  return {
    name,
    sources: [],
    startedMs: null,
    endedMs: null,
    endEstimated: false,
    outcome: 'not-recorded',
    targets: null,
    machine: null,
    distro: null,
    distroVersion: null,
    builder: null,
    ...NOT_REPORTED,
    host: {
      name: null,
      id: null,
      kernel: null,
      arch: null,
      distro: null,
      cores: null,
      memoryBytes: null,
      cpuModel: null,
    },
    bitbakeVersion: null,
    layers: [],
    type: { kind: 'not-recorded', estimated: true, sstate: null },
    variables: {},
    recipes: [],
    tasks: table,
    graph: null,
    phases: [],
    samples: [],
    failures: [],
    qaIssues: [],
    messages: [],
    rootfsSizes: [],
    extras: {},
    problems: [],
  };
}

const WORDS: Readonly<Record<string, number>> = {
  covered: TASK_COVERED,
  existing: TASK_EXISTING,
  noexec: TASK_NOEXEC,
  'not-run': TASK_NOT_RUN,
};

const LINE = /^(?:mc:([^:\s]*):)?([^\s:]+):(do_\w+)(\s+)(\S.*)$/;

/**
 * A build drawn as text, for tests: a row a task, a character a second. Second 0 is the leftmost column in which any
 * row has a bar.
 *
 *     gcc-cross_13.2:do_compile  ====
 *     glibc:do_compile           ..  ====        <- gcc-cross:do_compile
 *     mc:musl:busybox:do_compile         ==F     cputime=2.5 io.read_bytes=4096
 *     glibc:do_populate_lic      covered         <- glibc:do_compile
 *
 * `=` running; `.` queued, waiting for a worker (sets `queuedMs`); the last character says how it ended: `=` succeeded,
 * `F` failed in that second, `?` unfinished (no end recorded), `>` still running. Instead of a bar: `covered`, `existing`,
 * `noexec`, `not-run`. `<-` names what it depends on (several, by blanks; without `mc:` in the same multiconfig); any
 * `<-` in the drawing gives the build a graph. `metric=number` words are metrics.
 *
 * A recipe is PN or `PN_PV` (version 1.0 where not said), PF is `PN-PV-r0`. The build starts with the first and ends with
 * the last bar; outcome follows from the tasks. `over` replaces any field. Throws on a line it does not understand.
 */
export function drawBuild(text: string, over: Partial<Build> = {}): Build {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const margin = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  const parsed = lines.map((raw) => {
    const line = raw.slice(margin).trimEnd();
    const match = LINE.exec(line);
    if (match === null) throw new Error(`not a row of a drawing: "${line}"`);
    const [, mc = '', recipe = '', task = '', gap = '', rest = ''] = match;
    const column = line.length - rest.length;
    const [drawn = '', after] = rest.split('<-');
    return { line, mc, recipe, task, gap, column, words: drawn, dependencies: after?.trim().split(/\s+/) ?? null };
  });

  // A bar may hold blanks between waiting and running, so it is the run of bar characters and blanks at the front.
  const BAR = /^[.=F?>](?:[.=F?> ]*[.=F?>])?(?=\s|$)/;
  const zero = Math.min(...parsed.filter((p) => BAR.test(p.words)).map((p) => p.column));
  const atMs = (column: number) => DRAWING_START_MS + (column - zero) * 1000;

  const recipes: Recipe[] = [];
  const recipeIndex = new Map<string, number>();
  const rows: TaskRow[] = [];
  const rowByName = new Map<string, number>();
  const edges: { from: number; mc: string; to: string }[] = [];
  const metricIds: string[] = [];
  const metricValues: { row: number; id: string; value: number }[] = [];
  const failures: { row: number; pf: string; task: string; mc: string }[] = [];

  for (const { line, mc, recipe: spelled, task, column, words, dependencies } of parsed) {
    const underscore = spelled.indexOf('_');
    const pn = underscore < 0 ? spelled : spelled.slice(0, underscore);
    const pv = underscore < 0 ? '1.0' : spelled.slice(underscore + 1);
    const pf = `${pn}-${pv}-r0`;
    const key = `${mc}\n${pf}`;
    let recipe = recipeIndex.get(key);
    if (recipe === undefined) {
      recipe = recipes.length;
      recipeIndex.set(key, recipe);
      recipes.push({ pf, pn, pe: null, pv, pr: 'r0', guessed: false, mc, layer: null, file: null });
    }
    let outcome = TASK_SUCCEEDED;
    let startMs = Number.NaN;
    let endMs = Number.NaN;
    let queuedMs = Number.NaN;
    let rest = words;
    const bar = BAR.exec(words)?.[0];
    if (bar !== undefined) {
      rest = words.slice(bar.length);
      const wait = bar.indexOf('.');
      const first = bar.search(/[=F?>]/);
      const last = bar.at(-1);
      if (wait >= 0) queuedMs = atMs(column + wait);
      if (first >= 0) {
        startMs = atMs(column + first);
        endMs = atMs(column + bar.length);
      } else outcome = TASK_NOT_RUN;
      if (last === 'F') outcome = TASK_FAILED;
      if (last === '?') [outcome, endMs] = [TASK_UNFINISHED, Number.NaN];
      if (last === '>') [outcome, endMs] = [TASK_RUNNING, Number.NaN];
    } else {
      const word = words.trim().split(/\s+/)[0] ?? '';
      const found = WORDS[word];
      if (found === undefined) throw new Error(`neither a bar nor an outcome: "${line}"`);
      outcome = found;
      rest = words.trim().slice(word.length);
    }
    const row = rows.length;
    rows.push({ recipe, task, outcome, startMs, endMs, queuedMs, hash: '', pid: Number.NaN });
    rowByName.set(`${mc}:${pn}:${task}`, row);
    if (outcome === TASK_FAILED) failures.push({ row, pf, task, mc });
    for (const word of rest.trim().split(/\s+/)) {
      if (word === '') continue;
      const [id, value] = word.split('=');
      if (id === undefined || value === undefined || value === '' || Number.isNaN(Number(value))) {
        throw new Error(`"${word}" is not metric=number: "${line}"`);
      }
      if (!metricIds.includes(id)) metricIds.push(id);
      metricValues.push({ row, id, value: Number(value) });
    }
    for (const to of dependencies ?? []) edges.push({ from: row, mc, to });
  }

  const metrics: Metric[] = metricIds.map((id) => ({
    id,
    label: id,
    unit: 'none',
    aggregation: 'sum',
    lowerIsBetter: true,
    derived: false,
    guessed: true,
    note: null,
  }));
  const values = new Map(metricIds.map((id) => [id, new Float64Array(rows.length).fill(Number.NaN)]));
  for (const { row, id, value } of metricValues) values.get(id)![row] = value;

  const { recipes: sorted, table, rowOf } = assembleTasks(recipes, rows, metrics, values);
  const drawnEdges = edges.map(({ from, mc, to }): [number, number] => {
    const named = /^mc:([^:]*):(.+)$/.exec(to);
    const target = rowByName.get(named === null ? `${mc}:${to}` : `${named[1]}:${named[2]}`);
    if (target === undefined) throw new Error(`no row is named "${to}"`);
    return [rowOf[from]!, rowOf[target]!];
  });

  const starts = rows.map((row) => row.startMs).filter((ms) => !Number.isNaN(ms));
  const ends = rows.map((row) => row.endMs).filter((ms) => !Number.isNaN(ms));
  const running = rows.some((row) => row.outcome === TASK_RUNNING);
  const unfinished = rows.some((row) => row.outcome === TASK_UNFINISHED);
  const failed = failures.length > 0;
  return {
    ...blankBuild('20260101000000'),
    startedMs: starts.length === 0 ? null : Math.min(...starts),
    endedMs: running || ends.length === 0 ? null : Math.max(...ends),
    outcome: running ? 'running' : unfinished ? 'lost' : failed ? 'failed' : 'succeeded',
    recipes: sorted,
    tasks: table,
    graph: parsed.some((p) => p.dependencies !== null) ? graphOf(table.length, drawnEdges) : null,
    failures: failures
      .map((f) => ({ row: rowOf[f.row]!, pf: f.pf, task: f.task, mc: f.mc, cause: null, logPath: null }))
      .sort((a, b) => a.row - b.row),
    ...over,
  };
}
