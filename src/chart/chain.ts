/** A chain of tasks as the chart shows it: which rows, in which order, and what it says in a sentence. */
import { longestChain, type WaitedStep, waitedFor } from '../analysis/critical-path.ts';
import type { Build } from '../model/build.ts';
import { formatCount, formatDuration, plural } from '../model/format.ts';
import { TASK_RUNNING } from '../model/task-table.ts';
import type { ChartLayout } from './layout.ts';

/** `longest`: the bound of the dependencies. `waited`: what stood before the last task's end, and what was waited for between. */
export const CHAIN_KINDS = ['longest', 'waited'] as const;
export type ChainKind = (typeof CHAIN_KINDS)[number];

export interface Chain {
  readonly kind: ChainKind;
  /** Rows that ran, first to last. */
  readonly rows: readonly number[];
  /** By row: 1 is in it. */
  readonly member: Uint8Array;
  readonly sentence: string;
}

export const NO_GRAPH = 'The event log of this build was not found: BitBake writes one from scarthgap on.';

type Input = Pick<Build, 'tasks' | 'graph' | 'startedMs' | 'endedMs'>;

/** Null: the build has no graph, or nothing of it ran. */
export function chainOf(build: Input, kind: ChainKind): Chain | null {
  const { tasks } = build;
  const found = kind === 'longest' ? longest(build) : waited(build);
  if (found === null || found.rows.length === 0) return null;
  const member = new Uint8Array(tasks.length);
  for (const row of found.rows) member[row] = 1;
  const soFar = tasks.outcome.includes(TASK_RUNNING) ? ' So far: the build is running.' : '';
  return { kind, rows: found.rows, member, sentence: found.sentence + soFar };
}

function ofBuild({ startedMs, endedMs }: Input): string {
  return startedMs === null || endedMs === null ? '' : ` of ${formatDuration(endedMs - startedMs)}`;
}

function longest(build: Input): Pick<Chain, 'rows' | 'sentence'> | null {
  const chain = longestChain(build);
  if (chain === null) return null;
  const width =
    chain.parallelismMax === null ? '' : `; at best ${formatMean(chain.parallelismMax)} at a time in the mean`;
  return {
    rows: chain.runs,
    sentence: `Longest chain: ${plural(chain.runs.length, 'task')}, ${formatDuration(chain.lengthMs)}${ofBuild(build)}. More threads cannot go below this${width}.`,
  };
}

function waited(build: Input): Pick<Chain, 'rows' | 'sentence'> | null {
  const steps = waitedFor(build);
  if (steps === null) return null;
  const workMs = steps.reduce((sum, step) => sum + step.durationMs, 0);
  const waitMs = steps.reduce((sum, step) => sum + step.waitMs, 0);
  return {
    rows: steps.map((step) => step.row),
    sentence: `What we waited for: ${plural(steps.length, 'task')} at work for ${formatDuration(workMs)}${ofBuild(build)}; before them ${formatDuration(waitMs)} of waits${meanwhile(steps, waitMs)}.`,
  };
}

/** Near the number of threads, the slots were full and more threads help; far below it, bitbake itself was waited for. */
function meanwhile(steps: readonly WaitedStep[], waitMs: number): string {
  if (!(waitMs > 0)) return '';
  const taskMs = steps.reduce((sum, step) => sum + (step.runningMean ?? 0) * step.waitMs, 0);
  return `, in which ${formatMean(taskMs / waitMs)} ran at a time in the mean`;
}

function formatMean(count: number): string {
  return formatCount(count < 10 ? Math.round(count * 10) / 10 : Math.round(count));
}

/** The chain's rows that have a bar, in its order. */
export function chainBars(layout: ChartLayout, chain: Chain): number[] {
  return chain.rows.filter((row) => (layout.barOfRow[row] ?? -1) >= 0);
}

/** A search dims what it does not mean, a chain what is not in it; together, what either dims. */
export function brightRows(match: Uint8Array | null, chain: Chain | null): Uint8Array | null {
  if (chain === null || match === null) return chain === null ? match : chain.member;
  return match.map((bright, row) => bright & chain.member[row]!);
}
