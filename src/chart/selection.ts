/** What happened between two moments: the totals of an area selection, and the distance of two bars. */
import { meanCount } from './density.ts';
import { type ChartData, taskRunName } from './layout.ts';
import { type ChartSeries, meanBetween } from './strips.ts';
import type { ChartMs } from './viewport.ts';

export interface AreaTotals {
  readonly fromMs: ChartMs;
  readonly toMs: ChartMs;
  /** Task runs that were at work at some moment of it. */
  readonly tasks: number;
  /** Their wall time inside the area. */
  readonly wallMs: number;
  /**
   * Their cpu time inside the area, seconds; null: not recorded. A run that is only partly inside counts by its part (as if it used the
   * cpu evenly): then `cpuEstimated`.
   */
  readonly cpuS: number | null;
  readonly cpuEstimated: boolean;
  /** Runs without a cpu time: not in the sum. */
  readonly cpuMissing: number;
  readonly meanRunning: number;
  /** By wall time inside the area, most first. */
  readonly topRecipes: readonly { readonly name: string; readonly wallMs: number; readonly tasks: number }[];
  readonly topRuns: readonly { readonly row: number; readonly name: string; readonly wallMs: number }[];
  /** Mean of each series asked for; null: nothing recorded there. */
  readonly means: readonly { readonly series: ChartSeries; readonly mean: number | null }[];
}

const TOP = 8;

export function areaTotals(
  data: ChartData,
  fromMs: ChartMs,
  toMs: ChartMs,
  series: readonly ChartSeries[] = [],
): AreaTotals {
  const { tasks, recipes } = data.build;
  const cputime = tasks.values.get('cputime');
  const byRecipe = new Map<number, { wallMs: number; tasks: number }>();
  const runs: { row: number; wallMs: number }[] = [];
  let wallMs = 0;
  let cpuS = 0;
  let cpuKnown = 0;
  let cpuMissing = 0;
  let cpuEstimated = false;
  for (const row of data.placed) {
    const start = data.startMs[row]!;
    if (start > toMs) break;
    const end = data.endMs[row]!;
    // A run of no length counts where it starts, the edges included: else one that began in the last instant were nowhere.
    if (end > start ? start === toMs || end <= fromMs : start < fromMs) continue;
    const inside = Math.min(end, toMs) - Math.max(start, fromMs);
    wallMs += inside;
    runs.push({ row, wallMs: inside });
    const recipe = tasks.recipe[row]!;
    const sum = byRecipe.get(recipe) ?? { wallMs: 0, tasks: 0 };
    sum.wallMs += inside;
    sum.tasks++;
    byRecipe.set(recipe, sum);
    const cpu = cputime?.[row] ?? Number.NaN;
    if (Number.isNaN(cpu)) {
      cpuMissing++;
      continue;
    }
    cpuKnown++;
    const whole = inside >= end - start;
    cpuS += whole ? cpu : (cpu * inside) / (end - start);
    if (!whole) cpuEstimated = true;
  }
  const topRecipes = [...byRecipe]
    .sort((a, b) => b[1].wallMs - a[1].wallMs || a[0] - b[0])
    .slice(0, TOP)
    .map(([index, sum]) => ({ name: recipes[index]?.pn ?? '', ...sum }));
  const topRuns = runs
    .sort((a, b) => b.wallMs - a.wallMs || a.row - b.row)
    .slice(0, TOP)
    .map((run) => ({ ...run, name: taskRunName(data.build, run.row) }));
  return {
    fromMs,
    toMs,
    tasks: cpuKnown + cpuMissing,
    wallMs,
    cpuS: cpuKnown === 0 ? null : cpuS,
    cpuEstimated,
    cpuMissing,
    meanRunning: meanCount(data.running, fromMs, toMs),
    topRecipes,
    topRuns,
    means: series.map((s) => ({ series: s, mean: meanBetween(s, fromMs, toMs) })),
  };
}

export interface Measure {
  readonly fromMs: ChartMs;
  readonly toMs: ChartMs;
  /** What the two ends are. */
  readonly words: string;
}

/** Distance of two runs: from the end of the first to the start of the second, or their starts where they overlap. */
export function measureRuns(data: ChartData, rowA: number, rowB: number): Measure {
  const [first, second] = data.startMs[rowA]! <= data.startMs[rowB]! ? [rowA, rowB] : [rowB, rowA];
  const gap = data.startMs[second]! >= data.endMs[first]!;
  return {
    fromMs: gap ? data.endMs[first]! : data.startMs[first]!,
    toMs: data.startMs[second]!,
    words: `${gap ? 'from the end' : 'from the start'} of ${taskRunName(data.build, first)} to the start of ${taskRunName(data.build, second)}`,
  };
}
