/**
 * The painter that writes SVG, and the whole chart as one standalone SVG file: title, axis, phases, density lane, lanes, strips, legend.
 * Nothing outside is referred to, nothing runs. What the build says (recipe names, labels) goes through `escapeXml`; colours and
 * numbers come from here only.
 */
import { formatCount, formatDuration, formatUtc, plural } from '../model/format.ts';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import { formatSinceStart, relativeTimeTicks } from './axis.ts';
import {
  AXIS_PX,
  DENSITY_PX,
  drawAxis,
  drawBars,
  drawDensity,
  drawGrid,
  drawPhases,
  drawSections,
  PHASE_PX,
} from './draw.ts';
import {
  type ChartBuild,
  type ChartLayout,
  type GroupBy,
  type LayoutOptions,
  layoutChart,
  prepareChart,
  taskRunName,
} from './layout.ts';
import { fitText, type Painter, SANS_EM, type TextStyle } from './painter.ts';
import { barFills, type ColourBy, OUTCOME_LABELS, PALETTES, type Palette, type Scheme } from './palette.ts';
import { chartSeries, defaultStrips, drawStrip, STRIP_PX, stripEntries } from './strips.ts';
import type { TimeView } from './viewport.ts';

const SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** Markup and the characters that XML 1.0 cannot hold at all (controls, lone surrogates) never reach the file. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  );
}

/** Two decimals, no trailing zeros: a quarter of a pixel is the finest the chart rounds to. */
function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Above this, bars become one path a colour: a file of 100,000 named rectangles is 15 MB and no viewer likes it. */
const NAMED_BARS_MAX = 20_000;

export class SvgPainter implements Painter {
  /** A viewer can zoom: finer than the pixel it opens with. */
  readonly pixelsPerCssPx = 4;
  readonly #parts: string[] = [];
  readonly #hatches = new Map<string, string>();
  readonly #describe: ((row: number) => string) | null;
  readonly #idPrefix: string;
  #clips = 0;

  /** `describe` names a task run (null: bars have no names); ids in the file start with `idPrefix`, for several in one page. */
  constructor(describe: ((row: number) => string) | null = null, idPrefix = 'c') {
    this.#describe = describe;
    this.#idPrefix = idPrefix;
  }

  /** Everything drawn so far, in order, definitions first. */
  content(): string {
    const defs = [...this.#hatches].map(
      ([colour, id]) =>
        `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
        `<rect width="6" height="6" fill="${colour}" fill-opacity=".18"/><rect width="2.2" height="6" fill="${colour}"/></pattern>`,
    );
    return (defs.length > 0 ? `<defs>${defs.join('')}</defs>\n` : '') + this.#parts.join('');
  }

  /** A group moved by x, y; closed by `ungroup`. */
  group(x: number, y: number): void {
    this.#parts.push(`<g transform="translate(${num(x)} ${num(y)})">\n`);
  }

  ungroup(): void {
    this.#parts.push('</g>\n');
  }

  fillRect(x: number, y: number, width: number, height: number, colour: string, opacity = 1): void {
    const alpha = opacity === 1 ? '' : ` fill-opacity="${num(opacity)}"`;
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="${colour}"${alpha}/>\n`,
    );
  }

  bars(xywh: Float64Array, rows: Uint32Array, count: number, colour: string): void {
    const parts = this.#parts;
    const describe = this.#describe;
    if (describe === null || count > NAMED_BARS_MAX) {
      parts.push(`<path fill="${colour}" d="`);
      for (let i = 0; i < count * 4; i += 4) {
        parts.push(
          `M${num(xywh[i]!)} ${num(xywh[i + 1]!)}h${num(xywh[i + 2]!)}v${num(xywh[i + 3]!)}h${num(-xywh[i + 2]!)}z`,
        );
      }
      parts.push('"/>\n');
      return;
    }
    parts.push(`<g fill="${colour}">\n`);
    for (let i = 0; i < count; i++) {
      const at = i * 4;
      parts.push(
        `<rect x="${num(xywh[at]!)}" y="${num(xywh[at + 1]!)}" width="${num(xywh[at + 2]!)}" height="${num(xywh[at + 3]!)}">` +
          `<title>${escapeXml(describe(rows[i]!))}</title></rect>\n`,
      );
    }
    parts.push('</g>\n');
  }

  hatchRect(x: number, y: number, width: number, height: number, colour: string, row?: number): void {
    let id = this.#hatches.get(colour);
    if (id === undefined) {
      id = `${this.#idPrefix}-hatch-${this.#hatches.size}`;
      this.#hatches.set(colour, id);
    }
    const title =
      row === undefined || this.#describe === null ? '/>' : `><title>${escapeXml(this.#describe(row))}</title></rect>`;
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="url(#${id})"${title}\n`,
    );
  }

  strokeRect(x: number, y: number, width: number, height: number, colour: string, lineWidth = 1): void {
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="none" stroke="${colour}" stroke-width="${num(lineWidth)}"/>\n`,
    );
  }

  line(x1: number, y1: number, x2: number, y2: number, colour: string, lineWidth = 1): void {
    this.#parts.push(
      `<path d="M${num(x1)} ${num(y1)}L${num(x2)} ${num(y2)}" stroke="${colour}" stroke-width="${num(lineWidth)}"/>\n`,
    );
  }

  polyline(xy: Float64Array, count: number, colour: string, lineWidth: number): void {
    if (count < 2) return;
    this.#parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="${num(lineWidth)}" stroke-linejoin="round" points="${points(xy, count)}"/>\n`,
    );
  }

  polygon(xy: Float64Array, count: number, colour: string, opacity: number): void {
    if (count < 3) return;
    this.#parts.push(`<polygon fill="${colour}" fill-opacity="${num(opacity)}" points="${points(xy, count)}"/>\n`);
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const anchor =
      style.align === 'middle' ? ' text-anchor="middle"' : style.align === 'right' ? ' text-anchor="end"' : '';
    const face = style.mono === true ? ' class="m"' : '';
    const weight = style.bold === true ? ' font-weight="600"' : '';
    // Not dominant-baseline: half of the viewers and converters do not know it. 0.36 em is the middle of lower case with ascenders.
    this.#parts.push(
      `<text x="${num(x)}" y="${num(y + style.sizePx * 0.36)}" font-size="${num(style.sizePx)}" fill="${style.colour}"${anchor}${face}${weight}>${escapeXml(text)}</text>\n`,
    );
  }

  clip(x: number, y: number, width: number, height: number): void {
    const id = `${this.#idPrefix}-clip-${this.#clips++}`;
    this.#parts.push(
      `<clipPath id="${id}"><rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}"/></clipPath><g clip-path="url(#${id})">\n`,
    );
  }

  unclip(): void {
    this.#parts.push('</g>\n');
  }
}

function points(xy: Float64Array, count: number): string {
  const parts: string[] = [];
  for (let i = 0; i < count; i++) parts.push(`${num(xy[i * 2]!)},${num(xy[i * 2 + 1]!)}`);
  return parts.join(' ');
}

export interface SvgOptions {
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
  /** First line; the build's name when left out. */
  readonly title?: string;
  /** Second line: what, where, when. */
  readonly subtitle?: string;
  readonly idPrefix?: string;
}

const MARGIN = 16;
const LEGEND_PX = 18;

/** What hovering a bar says. */
export function describeRun(layout: Pick<ChartLayout, 'data'>, row: number): string {
  const { data } = layout;
  const { tasks } = data.build;
  const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
  const start = data.startMs[row]!;
  const end = data.endMs[row]!;
  const name = taskRunName(data.build, row);
  if (Number.isNaN(start)) return `${name}: ${OUTCOME_LABELS[outcome]}, no start recorded`;
  if (data.open[row] === 1)
    return `${name}: ${OUTCOME_LABELS[outcome]}, from ${formatSinceStart(start)}, no end recorded`;
  return `${name}: ${formatDuration(end - start)}, ${OUTCOME_LABELS[outcome]}, from ${formatSinceStart(start)} to ${formatSinceStart(end)}`;
}

/** Why there is no picture, in words; null: there is one. */
export function emptyReason(build: ChartBuild): string | null {
  if (build.tasks.length === 0) return 'This build has no task runs: nothing was executed, or nothing was recorded.';
  for (const start of build.tasks.startMs) if (!Number.isNaN(start)) return null;
  return 'No task of this build has a recorded start, so there is nothing to place on the time axis. The Tasks page lists them.';
}

/** The whole chart as one SVG document. */
export function chartSvg(build: ChartBuild, options: SvgOptions = {}): string {
  const palette = PALETTES[options.scheme ?? 'light'];
  const data = prepareChart(build);
  const layoutOptions: LayoutOptions = {
    groupBy: options.groupBy ?? 'slots',
    colourBy: options.colourBy ?? 'kind',
    minMs: options.minMs ?? 0,
  };
  const layout = layoutChart(data, layoutOptions);
  const all = chartSeries(data);
  const byId = new Map(all.map((s) => [s.id, s]));
  const strips = options.strips ?? defaultStrips(all);

  const width = Math.max(320, options.widthPx ?? 1400);
  const gutter = layoutOptions.groupBy === 'slots' ? 36 : Math.min(220, Math.round(width * 0.22));
  const plotLeft = MARGIN + gutter;
  const plotWidth = width - plotLeft - MARGIN;
  const fromMs = options.fromMs ?? data.bounds.fromMs;
  const toMs = Math.max(options.toMs ?? data.bounds.toMs, fromMs + 1);
  const view: TimeView = { fromMs, toMs, widthPx: plotWidth };

  const painter = new SvgPainter((row) => describeRun(layout, row), options.idPrefix ?? 'bakehouse');
  const title = options.title ?? build.name;
  const subtitle = options.subtitle ?? subtitleOf(layout);
  painter.text(MARGIN, 24, fitText(title, width - 2 * MARGIN, 16, SANS_EM), {
    sizePx: 16,
    colour: palette.ink,
    bold: true,
  });
  painter.text(MARGIN, 43, fitText(subtitle, width - 2 * MARGIN, 12, SANS_EM), {
    sizePx: 12,
    colour: palette.inkMuted,
  });

  let y = 56;
  const empty = emptyReason(build);
  if (empty !== null) {
    painter.text(MARGIN, y + 16, empty, { sizePx: 13, colour: palette.ink });
    return svgDocument(width, y + 40, painter.content(), palette, title);
  }

  y = drawLegend(painter, layout, palette, MARGIN, y, width - 2 * MARGIN);
  const ticks = relativeTimeTicks(fromMs, toMs, Math.max(2, Math.floor(plotWidth / 90)));
  const axisTop = y;
  const phasesTop = axisTop + AXIS_PX;
  const densityTop = phasesTop + data.phaseLanes * PHASE_PX;
  const lanesTop = densityTop + (layout.hidden === null ? 0 : DENSITY_PX) + 4;
  const stripsTop = lanesTop + layout.heightPx + 6;
  const bottom = stripsTop + strips.length * (STRIP_PX + 4);

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
  painter.unclip();
  painter.ungroup();

  painter.group(plotLeft, densityTop);
  drawDensity(painter, layout, view, palette);
  painter.ungroup();

  painter.group(plotLeft, lanesTop);
  painter.clip(0, 0, plotWidth, layout.heightPx);
  drawBars(painter, layout, view, 0, layout.heightPx, { palette, match: null, labels: true });
  painter.unclip();
  painter.ungroup();

  for (const [i, ids] of strips.entries()) {
    const { entries, missing } = stripEntries(ids, byId, palette);
    painter.group(plotLeft, stripsTop + i * (STRIP_PX + 4));
    painter.clip(0, 0, plotWidth, STRIP_PX);
    drawStrip(painter, entries, view, STRIP_PX, palette, true);
    painter.unclip();
    if (entries.length === 0) {
      painter.text(4, 8, `${missing.join(', ')}: not recorded in this build`, { sizePx: 10, colour: palette.inkMuted });
    }
    painter.ungroup();
  }
  return svgDocument(width, bottom + MARGIN, painter.content(), palette, title);
}

function subtitleOf(layout: ChartLayout): string {
  const { data } = layout;
  const { build } = data;
  const parts = [formatUtc(build.startedMs)];
  if (build.startedMs !== null && build.endedMs !== null) parts.push(formatDuration(build.endedMs - build.startedMs));
  parts.push(plural(data.placed.length, 'task run'));
  const notPlaced = data.notPlaced.map((n) => `${formatCount(n.count)} ${OUTCOME_LABELS[n.outcome]}`);
  if (notPlaced.length > 0) parts.push(`not drawn, no start recorded: ${notPlaced.join(', ')}`);
  return parts.join(' · ');
}

/** The fills that occur, wrapped to the width; returns the y below it. */
function drawLegend(
  painter: SvgPainter,
  layout: ChartLayout,
  palette: Palette,
  left: number,
  top: number,
  width: number,
): number {
  const fills = barFills(layout.options.colourBy, palette);
  let x = 0;
  let y = top;
  for (const fill of usedFills(layout)) {
    const label = fills.labels[fill]!;
    const entry = 16 + label.length * 11 * SANS_EM + 14;
    if (x > 0 && x + entry > width) {
      x = 0;
      y += LEGEND_PX;
    }
    painter.fillRect(left + x, y + 3, 11, 11, fills.colours[fill]!);
    painter.text(left + x + 16, y + 9, label, { sizePx: 11, colour: palette.ink });
    x += entry;
  }
  if (layout.data.openCount > 0) {
    painter.hatchRect(left + x, y + 3, 11, 11, palette.inkMuted);
    painter.text(left + x + 16, y + 9, 'no end recorded', { sizePx: 11, colour: palette.ink });
  }
  return y + LEGEND_PX + 2;
}

/** Indexes of the fills that at least one bar has, ascending. */
export function usedFills(layout: ChartLayout): number[] {
  const used = new Set<number>();
  for (const fill of layout.bars.fill) used.add(fill);
  return [...used].sort((a, b) => a - b);
}

function svgDocument(width: number, height: number, content: string, palette: Palette, title: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${num(width)}" height="${num(height)}" ` +
    `viewBox="0 0 ${num(width)} ${num(height)}" role="img" font-family="${SANS}" font-variant-numeric="tabular-nums">\n` +
    `<title>${escapeXml(title)}</title>\n<style>.m{font-family:${MONO}}text{white-space:pre}</style>\n` +
    `<rect width="100%" height="100%" fill="${palette.background}"/>\n${content}</svg>\n`
  );
}
