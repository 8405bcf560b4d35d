/**
 * Columns of a build -> where every bar is. Two steps, since they change at different times:
 *
 *     Build --prepareChart--> ChartData --layoutChart(options)--> ChartLayout --draw--> Painter
 *            once per build              on grouping, threshold,           every frame
 *                                        colouring
 *
 * Everything is typed arrays in lane order, so that a frame walks memory forward and touches no object per bar.
 */
import type { Build } from '../model/build.ts';
import { TASK_FAILED, TASK_OUTCOMES, TASK_RUNNING, type TaskOutcome } from '../model/task-table.ts';
import type { DurationMs, EpochMs } from '../model/units.ts';
import { type Steps, steps } from './density.ts';
import { byStart, packLanes } from './lanes.ts';
import { type ColourBy, FILL_FAILED, OUTCOME_LABELS, TASK_KINDS, taskKind } from './palette.ts';
import type { ChartMs, CssPx, TimeBounds } from './viewport.ts';

/** What a chart needs of a build; a whole `Build` is one. */
export type ChartBuild = Pick<
  Build,
  'name' | 'startedMs' | 'endedMs' | 'outcome' | 'recipes' | 'tasks' | 'phases' | 'samples'
>;

export const GROUP_BYS = ['slots', 'recipe', 'task', 'layer', 'outcome'] as const;
export type GroupBy = (typeof GROUP_BYS)[number];

export interface PhaseBar {
  readonly index: number;
  readonly label: string;
  readonly detail: string | null;
  readonly estimated: boolean;
  readonly startMs: ChartMs;
  readonly endMs: ChartMs;
  readonly lane: number;
}

export interface ChartData {
  readonly build: ChartBuild;
  /** Epoch ms of ChartMs 0: the build's start, else the first moment recorded. */
  readonly originMs: EpochMs;
  readonly bounds: TimeBounds;
  /** Rows that have a start, by start. */
  readonly placed: Uint32Array;
  /** By row. NaN: no start recorded. A run without an end reaches to the last moment known and is `open`. */
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  readonly open: Uint8Array;
  /** Open ones: unfinished, and under way (the build is running). */
  readonly unfinishedCount: number;
  readonly runningCount: number;
  /** Task runs under way, all of them, whatever the threshold hides. */
  readonly running: Steps;
  /** Rows that cannot be drawn since no start is recorded, by outcome, most first. */
  readonly notPlaced: readonly { readonly outcome: TaskOutcome; readonly count: number }[];
  readonly phases: readonly PhaseBar[];
  readonly phaseLanes: number;
}

export interface LayoutOptions {
  readonly groupBy: GroupBy;
  readonly colourBy: ColourBy;
  /** Runs shorter than this go to the density lane: `elapsed >= minMs` is shown. Open runs are always shown. */
  readonly minMs: DurationMs;
}

export interface Section {
  /** '' for slots. */
  readonly label: string;
  readonly firstLane: number;
  readonly laneCount: number;
  readonly yPx: CssPx;
  readonly heightPx: CssPx;
  readonly bars: number;
  readonly sumMs: DurationMs;
}

/** Bars in lane order, by start inside a lane. */
export interface BarColumns {
  readonly count: number;
  readonly row: Uint32Array;
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  /** Index into `barFills(colourBy, palette)`. */
  readonly fill: Uint8Array;
  /** LOOK_* bits. */
  readonly look: Uint8Array;
}
/** No end recorded and not running: drawn hatched, to the last moment known. */
export const LOOK_UNFINISHED = 1;
export const LOOK_FAILED = 2;
/** Under way: drawn with a cap at its growing end. */
export const LOOK_RUNNING = 4;

export interface Hidden {
  readonly minMs: DurationMs;
  readonly count: number;
  readonly sumMs: DurationMs;
  readonly steps: Steps;
}

export interface ChartLayout {
  readonly data: ChartData;
  readonly options: LayoutOptions;
  readonly bars: BarColumns;
  readonly laneCount: number;
  /** Bars of lane i are laneFirst[i] .. laneFirst[i + 1]. */
  readonly laneFirst: Uint32Array;
  /** Top of each lane from the top of the lanes. */
  readonly laneYPx: Float64Array;
  /** Distance of two lanes; a bar is `barPx` of it. */
  readonly lanePx: CssPx;
  readonly barPx: CssPx;
  readonly laneSection: Uint32Array;
  readonly sections: readonly Section[];
  readonly heightPx: CssPx;
  /** By row: its bar, or -1. */
  readonly barOfRow: Int32Array;
  /** What the threshold hides; null: nothing. */
  readonly hidden: Hidden | null;
}

export function prepareChart(build: ChartBuild): ChartData {
  const { tasks } = build;
  const n = tasks.length;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let placedCount = 0;
  for (let row = 0; row < n; row++) {
    const start = tasks.startMs[row]!;
    if (Number.isNaN(start)) continue;
    placedCount++;
    if (start < first) first = start;
    if (start > last) last = start;
    const end = tasks.endMs[row]!;
    if (end > last) last = end;
  }
  for (const phase of build.phases) {
    first = Math.min(first, phase.startMs);
    last = Math.max(last, phase.endMs);
  }
  const originMs = build.startedMs ?? (Number.isFinite(first) ? first : 0);
  if (build.startedMs !== null) first = Math.min(first, build.startedMs);
  if (build.endedMs !== null) last = Math.max(last, build.endedMs);
  if (!Number.isFinite(first) || !Number.isFinite(last)) {
    first = originMs;
    last = originMs;
  }
  const bounds = { fromMs: first - originMs, toMs: Math.max(last - originMs, first - originMs + 1) };

  const startMs = new Float64Array(n).fill(Number.NaN);
  const endMs = new Float64Array(n).fill(Number.NaN);
  const open = new Uint8Array(n);
  const placed = new Uint32Array(placedCount);
  const missing = new Uint32Array(TASK_OUTCOMES.length);
  let unfinishedCount = 0;
  let runningCount = 0;
  for (let row = 0, k = 0; row < n; row++) {
    const start = tasks.startMs[row]!;
    if (Number.isNaN(start)) {
      missing[tasks.outcome[row]!]!++;
      continue;
    }
    placed[k++] = row;
    startMs[row] = start - originMs;
    const end = tasks.endMs[row]!;
    if (Number.isNaN(end)) {
      open[row] = 1;
      if (tasks.outcome[row] === TASK_RUNNING) runningCount++;
      else unfinishedCount++;
      endMs[row] = bounds.toMs;
    } else {
      // A clock that went back makes an end before its start: it lasts no time on the picture, the reader names the problem.
      endMs[row] = Math.max(start, end) - originMs;
    }
  }
  byStart(placed, startMs, endMs);

  const notPlaced = TASK_OUTCOMES.map((outcome, i) => ({ outcome, count: missing[i]! }))
    .filter((entry) => entry.count > 0)
    .sort((a, b) => b.count - a.count);
  const { phases, phaseLanes } = placePhases(build, originMs);
  return {
    build,
    originMs,
    bounds,
    placed,
    startMs,
    endMs,
    open,
    unfinishedCount,
    runningCount,
    running: steps(placed, startMs, endMs),
    notPlaced,
    phases,
    phaseLanes,
  };
}

function placePhases(build: ChartBuild, originMs: EpochMs): { phases: PhaseBar[]; phaseLanes: number } {
  const start = Float64Array.from(build.phases, (p) => p.startMs - originMs);
  const end = Float64Array.from(build.phases, (p) => Math.max(p.startMs, p.endMs) - originMs);
  const order = byStart(
    Uint32Array.from(build.phases, (_, i) => i),
    start,
    end,
  );
  const lane = new Uint32Array(order.length);
  const phaseLanes = packLanes(order, start, end, lane);
  const phases = Array.from(order, (index, i): PhaseBar => {
    const phase = build.phases[index]!;
    return {
      index,
      label: phase.label,
      detail: phase.detail,
      estimated: phase.estimated,
      startMs: start[index]!,
      endMs: end[index]!,
      lane: lane[i]!,
    };
  });
  return { phases, phaseLanes };
}

/** Few lanes are roomy, as many as a screen holds 18 px, and where one scrolls anyway 15. */
const LANE_HEIGHTS: readonly { readonly lanesMax: number; readonly px: CssPx }[] = [
  { lanesMax: 12, px: 22 },
  { lanesMax: 60, px: 18 },
  { lanesMax: Number.POSITIVE_INFINITY, px: 15 },
];
const SECTION_GAP_PX = 5;

export function layoutChart(data: ChartData, options: LayoutOptions): ChartLayout {
  const { startMs, endMs, open, build } = data;
  const { tasks } = build;
  const n = data.placed.length;

  const shown = new Uint32Array(n);
  const short = new Uint32Array(n);
  let shownCount = 0;
  let shortCount = 0;
  for (let i = 0; i < n; i++) {
    const row = data.placed[i]!;
    if (open[row] === 1 || endMs[row]! - startMs[row]! >= options.minMs) shown[shownCount++] = row;
    else short[shortCount++] = row;
  }

  const { groupOf, labels } = grouping(data, options.groupBy);
  // Stable counting sort of the shown rows (which are by start) by group: each group stays by start.
  const groupCount = labels.length;
  const groupFirst = new Uint32Array(groupCount + 1);
  for (let i = 0; i < shownCount; i++) groupFirst[groupOf(shown[i]!) + 1]!++;
  for (let g = 0; g < groupCount; g++) groupFirst[g + 1]! += groupFirst[g]!;
  const ordered = new Uint32Array(shownCount);
  const at = groupFirst.slice();
  for (let i = 0; i < shownCount; i++) {
    const row = shown[i]!;
    ordered[at[groupOf(row)]!++] = row;
  }

  const groups: number[] = [];
  for (let g = 0; g < groupCount; g++) if (groupFirst[g + 1]! > groupFirst[g]!) groups.push(g);
  // Recipes and task names as a waterfall: by first start. Layers and outcomes keep the order of their labels.
  if (options.groupBy === 'recipe' || options.groupBy === 'task') {
    groups.sort((a, b) => startMs[ordered[groupFirst[a]!]!]! - startMs[ordered[groupFirst[b]!]!]! || a - b);
  }

  const laneInGroup = new Uint32Array(shownCount);
  const laneCounts = new Uint32Array(groupCount);
  let laneCount = 0;
  for (const g of groups) {
    laneCounts[g] = packLanes(ordered, startMs, endMs, laneInGroup, groupFirst[g]!, groupFirst[g + 1]!);
    laneCount += laneCounts[g]!;
  }

  const lanePx = LANE_HEIGHTS.find((height) => laneCount <= height.lanesMax)!.px;
  const laneYPx = new Float64Array(laneCount);
  const laneSection = new Uint32Array(laneCount);
  const laneOf = new Uint32Array(shownCount);
  const sections: Section[] = [];
  let lane = 0;
  let y = 0;
  for (const g of groups) {
    const top = y;
    const firstLane = lane;
    let sumMs = 0;
    for (let i = groupFirst[g]!; i < groupFirst[g + 1]!; i++) {
      laneOf[i] = firstLane + laneInGroup[i]!;
      sumMs += endMs[ordered[i]!]! - startMs[ordered[i]!]!;
    }
    for (let k = 0; k < laneCounts[g]!; k++, lane++, y += lanePx) {
      laneYPx[lane] = y;
      laneSection[lane] = sections.length;
    }
    sections.push({
      label: labels[g]!,
      firstLane,
      laneCount: laneCounts[g]!,
      yPx: top,
      heightPx: y - top,
      bars: groupFirst[g + 1]! - groupFirst[g]!,
      sumMs,
    });
    if (options.groupBy !== 'slots' && options.groupBy !== 'recipe') y += SECTION_GAP_PX;
  }

  // Counting sort by lane; inside a lane the order by start is kept.
  const laneFirst = new Uint32Array(laneCount + 1);
  for (let i = 0; i < shownCount; i++) laneFirst[laneOf[i]! + 1]!++;
  for (let k = 0; k < laneCount; k++) laneFirst[k + 1]! += laneFirst[k]!;
  const next = laneFirst.slice();
  const bars = {
    count: shownCount,
    row: new Uint32Array(shownCount),
    startMs: new Float64Array(shownCount),
    endMs: new Float64Array(shownCount),
    fill: new Uint8Array(shownCount),
    look: new Uint8Array(shownCount),
  };
  const barOfRow = new Int32Array(tasks.length).fill(-1);
  const fillOfTask = Uint8Array.from(tasks.taskNames, (name) => TASK_KINDS.indexOf(taskKind(name)));
  for (let i = 0; i < shownCount; i++) {
    const row = ordered[i]!;
    const bar = next[laneOf[i]!]!++;
    const outcome = tasks.outcome[row]!;
    bars.row[bar] = row;
    bars.startMs[bar] = startMs[row]!;
    bars.endMs[bar] = endMs[row]!;
    bars.look[bar] =
      (open[row] === 1 ? (outcome === TASK_RUNNING ? LOOK_RUNNING : LOOK_UNFINISHED) : 0) |
      (outcome === TASK_FAILED ? LOOK_FAILED : 0);
    bars.fill[bar] =
      options.colourBy === 'outcome' ? outcome : outcome === TASK_FAILED ? FILL_FAILED : fillOfTask[tasks.task[row]!]!;
    barOfRow[row] = bar;
  }

  const hiddenRows = short.subarray(0, shortCount);
  const hiddenSteps = shortCount > 0 ? steps(hiddenRows, startMs, endMs) : null;
  return {
    data,
    options,
    bars,
    laneCount,
    laneFirst,
    laneYPx,
    lanePx,
    barPx: lanePx - 2,
    laneSection,
    sections,
    heightPx: y,
    barOfRow,
    hidden:
      hiddenSteps === null
        ? null
        : { minMs: options.minMs, count: shortCount, sumMs: hiddenSteps.sumMs, steps: hiddenSteps },
  };
}

function grouping(data: ChartData, groupBy: GroupBy): { groupOf: (row: number) => number; labels: readonly string[] } {
  const { tasks, recipes } = data.build;
  switch (groupBy) {
    case 'slots':
      return { groupOf: () => 0, labels: [''] };
    case 'recipe':
      return {
        groupOf: (row) => tasks.recipe[row]!,
        labels: recipes.map((r) => (r.mc === '' ? r.pn : `${r.mc}:${r.pn}`)),
      };
    case 'task':
      return { groupOf: (row) => tasks.task[row]!, labels: tasks.taskNames };
    case 'outcome':
      return { groupOf: (row) => tasks.outcome[row]!, labels: TASK_OUTCOMES.map((o) => OUTCOME_LABELS[o]) };
    case 'layer': {
      const names = [...new Set(recipes.map((r) => r.layer))].sort((a, b) =>
        a === null ? 1 : b === null ? -1 : a < b ? -1 : a > b ? 1 : 0,
      );
      const layerOf = Uint32Array.from(recipes, (r) => names.indexOf(r.layer));
      return {
        groupOf: (row) => layerOf[tasks.recipe[row]!]!,
        labels: names.map((name) => name ?? 'layer not recorded'),
      };
    }
  }
}

/** `gcc-cross-x86_64:do_compile`, with the multiconfig in front where there is one. */
export function taskRunName(build: Pick<ChartBuild, 'recipes' | 'tasks'>, row: number): string {
  const recipe = build.recipes[build.tasks.recipe[row]!];
  const task = build.tasks.taskNames[build.tasks.task[row]!] ?? '';
  if (recipe === undefined) return task;
  return `${recipe.mc === '' ? '' : `${recipe.mc}:`}${recipe.pn}:${task}`;
}

/** The bar at a moment and a height, or -1. `slopMs` widens bars that are thinner than a finger or a pixel; the nearest wins. */
export function barAt(layout: ChartLayout, timeMs: ChartMs, yPx: CssPx, slopMs: DurationMs): number {
  const lane = laneAt(layout, yPx);
  if (lane < 0) return -1;
  const { startMs, endMs } = layout.bars;
  const first = layout.laneFirst[lane]!;
  let low = first;
  let high = layout.laneFirst[lane + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startMs[middle]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const distanceBefore = before >= first ? Math.max(0, timeMs - endMs[before]!) : Number.POSITIVE_INFINITY;
  const distanceAfter = low < layout.laneFirst[lane + 1]! ? startMs[low]! - timeMs : Number.POSITIVE_INFINITY;
  const best = distanceBefore <= distanceAfter ? before : low;
  return Math.min(distanceBefore, distanceAfter) <= slopMs ? best : -1;
}

/** The lane at a height from the top of the lanes, or -1. */
export function laneAt(layout: ChartLayout, yPx: CssPx): number {
  const { laneYPx, laneCount, lanePx } = layout;
  let low = 0;
  let high = laneCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (laneYPx[middle]! <= yPx) low = middle + 1;
    else high = middle;
  }
  const lane = low - 1;
  return lane >= 0 && yPx < laneYPx[lane]! + lanePx ? lane : -1;
}

/** Lane of a bar. */
export function laneOfBar(layout: ChartLayout, bar: number): number {
  let low = 0;
  let high = layout.laneCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.laneFirst[middle + 1]! <= bar) low = middle + 1;
    else high = middle;
  }
  return low;
}
