/**
 * The whole chart on one sheet, of the height it needs: title, legend, axis, phases, density lane, lanes, strips. What the SVG file,
 * the PNG of the page and the command line print; the page itself shows a window of the same drawings.
 */
import { formatCount, formatDuration, formatUtc, plural } from '../model/format.ts';
import { TASK_OUTCOMES, TASK_RUNNING } from '../model/task-table.ts';
import { formatSinceStart, relativeTimeTicks, sinceStartName } from './axis.ts';
import { brightRows, type Chain } from './chain.ts';
import {
  AXIS_PX,
  DENSITY_PX,
  drawAxis,
  drawBars,
  drawDensity,
  drawGrid,
  drawHeadNames,
  drawPhases,
  drawSections,
  PHASE_PX,
} from './draw.ts';
import {
  type ChartBuild,
  type ChartData,
  type ChartLayout,
  type GroupBy,
  layoutChart,
  prepareChart,
  taskRunName,
} from './layout.ts';
import { fitText, type Painter, SANS_EM } from './painter.ts';
import { barFills, type ColourBy, OUTCOME_LABELS, PALETTES, type Palette, type Scheme } from './palette.ts';
import { chartSeries, defaultStrips, drawStrip, STRIP_PX, stripEntries } from './strips.ts';
import type { CssPx, TimeView } from './viewport.ts';

export interface SheetOptions {
  readonly widthPx?: number;
  readonly scheme?: Scheme;
  readonly groupBy?: GroupBy;
  readonly colourBy?: ColourBy;
  /** Runs shorter than this are in the density lane; pybootchartgui's `-m` times 1000. 0: every run is a bar. */
  readonly minMs?: number;
  /** ChartMs from the build's start; the whole build when left out. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Series ids, several in one strip; the usual ones when left out, none when empty. */
  readonly strips?: readonly (readonly string[])[];
  /** Dims all but its bars and says what it is, or says why there is none. */
  readonly chain?: Chain | { readonly reason: string } | null;
  /** First line; the build's name when left out. */
  readonly title?: string;
  /** Second line: what, where, when. */
  readonly subtitle?: string;
}

export interface Sheet {
  readonly title: string;
  readonly widthPx: CssPx;
  readonly heightPx: CssPx;
  /** What a bar's task run is, in a sentence. */
  readonly describe: (row: number) => string;
  readonly draw: (painter: Painter) => void;
}

const MARGIN = 16;
const TITLE_PX = 58;
const LEGEND_PX = 18;
const STRIP_GAP = 4;
const LANES_GAP = 4;

/** What hovering a bar says. */
export function describeRun(data: ChartData, row: number): string {
  const outcome = OUTCOME_LABELS[TASK_OUTCOMES[data.build.tasks.outcome[row]!]!];
  const start = data.startMs[row]!;
  const end = data.endMs[row]!;
  const name = taskRunName(data.build, row);
  if (Number.isNaN(start)) return `${name}: ${outcome}, no start recorded`;
  if (data.build.tasks.outcome[row] === TASK_RUNNING)
    return `${name}: running for ${formatDuration(end - start)}, from ${formatSinceStart(start)}`;
  if (data.open[row] === 1) return `${name}: ${outcome}, from ${formatSinceStart(start)}, no end recorded`;
  return `${name}: ${formatDuration(end - start)}, ${outcome}, from ${formatSinceStart(start)} to ${formatSinceStart(end)}`;
}

/** Why there is no picture, in words; null: there is one. */
export function emptyReason(build: Pick<ChartBuild, 'tasks'>): string | null {
  if (build.tasks.length === 0) return 'This build has no task runs: nothing was executed, or nothing was recorded.';
  for (const start of build.tasks.startMs) if (!Number.isNaN(start)) return null;
  return 'No task of this build has a recorded start, so nothing can be placed on the time axis. The list of tasks has them all.';
}

/** What is not on the picture and why, or null. */
export function notPlacedText(data: ChartData): string | null {
  if (data.notPlaced.length === 0) return null;
  const parts = data.notPlaced.map((n) => `${formatCount(n.count)} ${OUTCOME_LABELS[n.outcome]}`);
  return `not drawn, no start recorded: ${parts.join(', ')}`;
}

export function chartSheet(build: ChartBuild, options: SheetOptions = {}): Sheet {
  const palette = PALETTES[options.scheme ?? 'light'];
  const data = prepareChart(build);
  const layout = layoutChart(data, {
    groupBy: options.groupBy ?? 'slots',
    colourBy: options.colourBy ?? 'kind',
    minMs: options.minMs ?? 0,
  });
  const series = chartSeries(data);
  const byId = new Map(series.map((s) => [s.id, s]));
  const strips = options.strips ?? defaultStrips(series);

  const widthPx = Math.max(320, options.widthPx ?? 1400);
  const gutter = layout.options.groupBy === 'slots' ? 52 : Math.min(220, Math.round(widthPx * 0.22));
  const plotLeft = MARGIN + gutter;
  const plotWidth = widthPx - plotLeft - MARGIN;
  const fromMs = options.fromMs ?? data.bounds.fromMs;
  const toMs = Math.max(options.toMs ?? data.bounds.toMs, fromMs + 1);
  const view: TimeView = { fromMs, toMs, widthPx: plotWidth };
  const title = options.title ?? build.name;
  const empty = emptyReason(build);

  const chain = options.chain != null && 'rows' in options.chain ? options.chain : null;
  const legend = legendEntries(layout, palette, widthPx - 2 * MARGIN, chain);
  const sentence =
    options.chain == null ? null : 'rows' in options.chain ? options.chain.sentence : options.chain.reason;
  const sentenceTop = TITLE_PX + legend.heightPx;
  const axisTop = sentenceTop + (sentence === null ? 0 : LEGEND_PX + 4) + 2;
  const phasesTop = axisTop + AXIS_PX;
  const densityTop = phasesTop + data.phaseLanes * PHASE_PX;
  const lanesTop = densityTop + (layout.hidden === null ? 0 : DENSITY_PX) + LANES_GAP;
  const stripsTop = lanesTop + layout.heightPx + LANES_GAP;
  const bottom = stripsTop + strips.length * (STRIP_PX + STRIP_GAP);

  const draw = (painter: Painter): void => {
    painter.text(MARGIN, 24, fitText(title, widthPx - 2 * MARGIN, 16, SANS_EM), {
      sizePx: 16,
      colour: palette.ink,
      bold: true,
    });
    const subtitle = options.subtitle ?? subtitleOf(data);
    painter.text(MARGIN, 43, fitText(subtitle, widthPx - 2 * MARGIN, 12, SANS_EM), {
      sizePx: 12,
      colour: palette.inkMuted,
    });
    if (empty !== null) {
      painter.text(MARGIN, TITLE_PX + 16, fitText(empty, widthPx - 2 * MARGIN, 13, SANS_EM), {
        sizePx: 13,
        colour: palette.ink,
      });
      return;
    }
    drawLegend(painter, legend.entries, palette);
    if (sentence !== null) {
      painter.text(MARGIN, sentenceTop + 11, fitText(sentence, widthPx - 2 * MARGIN, 12, SANS_EM * 0.92), {
        sizePx: 12,
        colour: palette.ink,
      });
    }
    const ticks = relativeTimeTicks(fromMs, toMs, Math.max(2, Math.floor(plotWidth / 90)));

    painter.group(MARGIN, axisTop);
    drawHeadNames(painter, layout, gutter, sinceStartName(toMs), palette);
    painter.ungroup();
    painter.group(MARGIN, lanesTop);
    drawSections(painter, layout, gutter, plotWidth, 0, layout.heightPx, palette);
    painter.ungroup();

    painter.group(plotLeft, axisTop);
    drawGrid(painter, ticks, view, AXIS_PX, bottom - axisTop - AXIS_PX, palette);
    drawAxis(painter, ticks, view, palette);
    painter.ungroup();

    painter.group(plotLeft, phasesTop);
    painter.clip(0, 0, plotWidth, bottom - phasesTop);
    drawPhases(painter, data, view, palette);
    painter.group(0, densityTop - phasesTop);
    drawDensity(painter, layout, view, palette);
    painter.ungroup();
    painter.group(0, lanesTop - phasesTop);
    drawBars(painter, layout, view, 0, layout.heightPx, {
      palette,
      match: brightRows(null, chain),
      chain,
      labels: true,
    });
    painter.ungroup();
    for (const [i, ids] of strips.entries()) {
      const { entries, missing } = stripEntries(ids, byId, palette);
      painter.group(0, stripsTop - phasesTop + i * (STRIP_PX + STRIP_GAP));
      drawStrip(painter, entries, view, STRIP_PX, palette, true);
      if (entries.length === 0) {
        const text = `${missing.join(', ')}: not recorded in this build`;
        painter.text(4, 8, text, { sizePx: 10, colour: palette.inkMuted });
      }
      painter.ungroup();
    }
    painter.unclip();
    painter.ungroup();
  };

  return {
    title,
    widthPx,
    heightPx: empty === null ? bottom + MARGIN : TITLE_PX + 40,
    describe: (row) => describeRun(data, row),
    draw,
  };
}

function subtitleOf(data: ChartData): string {
  const { build } = data;
  const parts = [formatUtc(build.startedMs)];
  if (build.startedMs !== null && build.endedMs !== null) parts.push(formatDuration(build.endedMs - build.startedMs));
  parts.push(plural(data.placed.length, 'task run'));
  const notPlaced = notPlacedText(data);
  if (notPlaced !== null) parts.push(notPlaced);
  return parts.join(' · ');
}

interface LegendEntry {
  readonly x: CssPx;
  readonly y: CssPx;
  readonly label: string;
  /** Null: hatched. */
  readonly colour: string | null;
}

/** The fills that occur, wrapped to the width. */
function legendEntries(
  layout: ChartLayout,
  palette: Palette,
  widthPx: CssPx,
  chain: Chain | null,
): { entries: LegendEntry[]; heightPx: CssPx } {
  const wanted: { label: string; colour: string | null }[] = [...usedColours(layout, palette)];
  if (chain?.kind === 'waited') wanted.push({ label: 'wait', colour: palette.warning });
  if (layout.data.unfinishedCount > 0) wanted.push({ label: 'no end recorded', colour: null });
  let x = 0;
  let y = TITLE_PX;
  const entries: LegendEntry[] = [];
  for (const { label, colour } of wanted) {
    const entryPx = 16 + label.length * 11 * SANS_EM + 14;
    if (x > 0 && x + entryPx > widthPx) {
      x = 0;
      y += LEGEND_PX;
    }
    entries.push({ x: MARGIN + x, y, label, colour });
    x += entryPx;
  }
  return { entries, heightPx: entries.length === 0 ? 0 : y - TITLE_PX + LEGEND_PX };
}

function drawLegend(painter: Painter, entries: readonly LegendEntry[], palette: Palette): void {
  for (const { x, y, label, colour } of entries) {
    if (colour === null) painter.hatchRect(x, y + 3, 11, 11, palette.inkMuted);
    else painter.fillRect(x, y + 3, 11, 11, colour);
    painter.text(x + 16, y + 9, label, { sizePx: 11, colour: palette.ink });
  }
}

/** The colours that at least one bar has, in the order of the kinds, each with all that it stands for. */
export function usedColours(
  layout: ChartLayout,
  palette: Palette,
): { readonly label: string; readonly colour: string }[] {
  const fills = barFills(layout.options.colourBy, palette);
  const used = new Set(layout.bars.fill);
  const labels = new Map<string, string[]>();
  for (const fill of [...used].sort((a, b) => a - b)) {
    const colour = fills.colours[fill]!;
    labels.set(colour, [...(labels.get(colour) ?? []), fills.labels[fill]!]);
  }
  return Array.from(labels, ([colour, names]) => ({ colour, label: names.join(', ') }));
}
