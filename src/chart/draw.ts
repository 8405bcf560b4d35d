/**
 * Layout -> painter. Level of detail: in a lane, a bar thinner than a pixel whose pixel is already painted is left out; failed and
 * unfinished bars never are. Bars are collected by colour and handed over colour by colour, so a back end changes its fill a dozen times
 * a frame and not ten thousand; failed ones last, on top.
 */
import { formatDuration, plural } from '../model/format.ts';
import { TASK_FAILED } from '../model/task-table.ts';
import type { Tick } from './axis.ts';
import { type Chain, chainBars } from './chain.ts';
import { meanCount, meanPerColumn, type Steps } from './density.ts';
import {
  type ChartData,
  type ChartLayout,
  LOOK_FAILED,
  LOOK_RUNNING,
  LOOK_UNFINISHED,
  laneOfBar,
  taskRunName,
} from './layout.ts';
import { fitText, MONO_EM, type Painter, SANS_EM } from './painter.ts';
import { barFills, FILL_FAILED, inkOn, OUTCOME_GLYPHS, type Palette } from './palette.ts';
import { type CssPx, type TimeView, timeToPx } from './viewport.ts';

export const LABEL_PX = 11;
const LABEL_WIDTH_MIN = 30;
const LABEL_INSET = 4;
/** A failed, unfinished or running bar, or one of the chain, is never thinner: it is what one looks for. */
const LOUD_WIDTH_MIN = 3;
/** The growing end of a running bar. */
export const CAP_PX = 3;

export interface BarsStyle {
  readonly palette: Palette;
  /** By row: 0 is dimmed (by a search, by a chain). Null: nothing is. */
  readonly match: Uint8Array | null;
  /** Its bars are never too thin to see, and lines lead from one to the next. */
  readonly chain?: Chain | null;
  readonly labels: boolean;
}

/** What a frame drew, for tests and the performance panel. */
export interface DrawnBars {
  readonly drawn: number;
  readonly skipped: number;
  readonly labels: number;
}

/** Rectangles of one colour, grown when needed and kept between frames. */
class BarBatch {
  xywh = new Float64Array(4 * 256);
  rows = new Uint32Array(256);
  count = 0;

  add(x: CssPx, y: CssPx, width: CssPx, height: CssPx, row: number): void {
    if (this.count === this.rows.length) {
      const xywh = new Float64Array(this.xywh.length * 2);
      xywh.set(this.xywh);
      this.xywh = xywh;
      const rows = new Uint32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    const at = this.count * 4;
    this.xywh[at] = x;
    this.xywh[at + 1] = y;
    this.xywh[at + 2] = width;
    this.xywh[at + 3] = height;
    this.rows[this.count++] = row;
  }
}

/** Buffers that a caller keeps from frame to frame, so that a frame allocates nothing. */
export class DrawBuffers {
  /** By fill. */
  readonly batches: BarBatch[] = [];
  readonly dimmed = new BarBatch();
  readonly open = new BarBatch();
  readonly growing = new BarBatch();
  /** Bars wide enough for a label; `rows` holds bars here. */
  readonly labelled = new BarBatch();

  clear(fills: number): void {
    while (this.batches.length < fills) this.batches.push(new BarBatch());
    for (const batch of this.batches) batch.count = 0;
    this.dimmed.count = 0;
    this.open.count = 0;
    this.growing.count = 0;
    this.labelled.count = 0;
  }
}

/**
 * The bars of the lanes that are visible: `scrollPx` is the height of the lanes above the window, which is `heightPx` high; (0, 0) is
 * the left top of the plot on the painter.
 */
export function drawBars(
  painter: Painter,
  layout: ChartLayout,
  view: TimeView,
  scrollPx: CssPx,
  heightPx: CssPx,
  style: BarsStyle,
  buffers: DrawBuffers = new DrawBuffers(),
): DrawnBars {
  const { bars, laneFirst, laneYPx, lanePx, barPx, laneCount } = layout;
  const { startMs, endMs, fill, look, row } = bars;
  const { match, palette } = style;
  const chain = style.chain ?? null;
  const { colours } = barFills(layout.options.colourBy, palette);
  const failedFill = layout.options.colourBy === 'outcome' ? TASK_FAILED : FILL_FAILED;
  buffers.clear(colours.length);
  const { batches, dimmed, open, growing, labelled } = buffers;
  const ratio = painter.pixelsPerCssPx;
  const pixel = 1 / ratio;
  const scale = view.widthPx / (view.toMs - view.fromMs);
  const pixelMs = pixel / scale;
  let drawn = 0;
  let skipped = 0;

  for (let lane = firstLaneBelow(layout, scrollPx - lanePx); lane < laneCount; lane++) {
    const y = laneYPx[lane]! - scrollPx;
    if (y >= heightPx) break;
    const last = laneFirst[lane + 1]!;
    let paintedTo = -1;
    for (let bar = firstBarEndingAfter(layout, lane, view.fromMs); bar < last; bar++) {
      const start = startMs[bar]!;
      if (start > view.toMs) break;
      const end = endMs[bar]!;
      const left = (start - view.fromMs) * scale;
      const looks = look[bar]!;
      const dim = match !== null && match[row[bar]!] === 0;
      const loud = looks !== 0 || (chain !== null && chain.member[row[bar]!] === 1);
      if (!loud && end - start < pixelMs) {
        // Thinner than a pixel: one is enough there.
        const column = Math.floor(left * ratio);
        if (column <= paintedTo && !(match !== null && !dim)) {
          skipped++;
          continue;
        }
        paintedTo = column;
        (dim ? dimmed : batches[fill[bar]!]!).add(column * pixel, y, pixel, barPx, row[bar]!);
        drawn++;
        continue;
      }
      // Rounded to whole pixels and cut just outside the plot: what is far outside must not cost, nor lose precision.
      const x0 = Math.max(-2, Math.round(left * ratio) * pixel);
      const x1 = Math.min(view.widthPx + 2, Math.round((end - view.fromMs) * scale * ratio) * pixel);
      let width = Math.max(pixel, x1 - x0);
      if (width >= 3) width -= 1;
      paintedTo = Math.ceil((x0 + width) * ratio) - 1;
      if (loud) width = Math.max(width, LOUD_WIDTH_MIN);
      drawn++;
      ((looks & LOOK_UNFINISHED) !== 0 ? open : dim ? dimmed : batches[fill[bar]!]!).add(
        x0,
        y,
        width,
        barPx,
        row[bar]!,
      );
      if ((looks & LOOK_RUNNING) !== 0) growing.add(x0, y, width, barPx, row[bar]!);
      if (style.labels && !dim && width >= LABEL_WIDTH_MIN) labelled.add(x0, y, width, barPx, bar);
    }
  }

  if (dimmed.count > 0) painter.bars(dimmed.xywh, dimmed.rows, dimmed.count, palette.dimmed);
  if (chain !== null) drawChainLinks(painter, layout, chain, view, scrollPx, heightPx, palette);
  for (let i = 0; i < colours.length; i++) {
    const batch = batches[i]!;
    if (batch.count > 0 && i !== failedFill) painter.bars(batch.xywh, batch.rows, batch.count, colours[i]!);
  }
  for (let i = 0; i < open.count; i++) {
    const r = open.rows[i]!;
    const [x, y, w, h] = open.xywh.subarray(i * 4, i * 4 + 4);
    const dim = match !== null && match[r] === 0;
    const colour = dim ? palette.lineStrong : colours[fill[layout.barOfRow[r]!]!]!;
    painter.hatchRect(x!, y!, w!, h!, colour, r);
  }
  for (let i = 0; i < growing.count; i++) {
    const [x, y, w, h] = growing.xywh.subarray(i * 4, i * 4 + 4);
    painter.fillRect(x! + w! - CAP_PX, y!, CAP_PX, h!, palette.outcome.running);
  }
  const failed = batches[failedFill]!;
  if (failed.count > 0) painter.bars(failed.xywh, failed.rows, failed.count, colours[failedFill]!);

  const labels = drawLabels(painter, layout, view, palette, colours, labelled);
  return { drawn, skipped, labels };
}

/**
 * From the end of each bar of the chain along its lane to the start of the next, then to its lane. Of what we waited for, the waits on
 * that way are drawn as what they are: the loss. Tasks that the threshold hides are passed over, and are no wait.
 */
function drawChainLinks(
  painter: Painter,
  layout: ChartLayout,
  chain: Chain,
  view: TimeView,
  scrollPx: CssPx,
  heightPx: CssPx,
  palette: Palette,
): void {
  const { barOfRow, barPx } = layout;
  const { startMs, endMs } = layout.data;
  const level = (fromMs: number, toMs: number, y: CssPx, colour: string, lineWidth: CssPx): void => {
    const x0 = Math.max(-2, timeToPx(view, fromMs));
    const x1 = Math.min(view.widthPx + 2, Math.round(timeToPx(view, toMs)) + 0.5);
    if (x1 - x0 >= 1) painter.line(x0, y, x1, y, colour, lineWidth);
  };
  const middle = (row: number): CssPx =>
    Math.round(layout.laneYPx[laneOfBar(layout, barOfRow[row]!)]! - scrollPx + barPx / 2) + 0.5;
  const rows = chainBars(layout, chain);
  let at = rows.length === 0 ? 0 : chain.rows.indexOf(rows[0]!);
  for (let i = 1; i < rows.length; i++) {
    const from = rows[i - 1]!;
    const to = rows[i]!;
    const first = at;
    do at++;
    while (chain.rows[at] !== to);
    if (startMs[to]! < view.fromMs || endMs[from]! > view.toMs) continue;
    const y0 = middle(from);
    const y1 = middle(to);
    if (Math.max(y0, y1) < 0 || Math.min(y0, y1) > heightPx) continue;
    const x = Math.round(timeToPx(view, startMs[to]!)) + 0.5;
    level(endMs[from]!, startMs[to]!, y0, palette.inkMuted, 1);
    if (chain.kind === 'waited') {
      for (let step = first; step < at; step++) {
        level(endMs[chain.rows[step]!]!, startMs[chain.rows[step + 1]!]!, y0, palette.warning, 2);
      }
    }
    if (y0 !== y1 && x >= 0 && x <= view.widthPx) painter.line(x, y0, x, y1, palette.inkMuted, 1);
  }
}

/** Names on the bars, each at the left of the part of its bar that is visible, cut to it; the duration where there is room. */
function drawLabels(
  painter: Painter,
  layout: ChartLayout,
  view: TimeView,
  palette: Palette,
  colours: readonly string[],
  labelled: BarBatch,
): number {
  const inks = colours.map(inkOn);
  const { bars, barPx } = layout;
  let labels = 0;
  for (let i = 0; i < labelled.count; i++) {
    const bar = labelled.rows[i]!;
    const x0 = labelled.xywh[i * 4]!;
    const y = labelled.xywh[i * 4 + 1]!;
    const from = Math.max(0, x0) + LABEL_INSET;
    const room = Math.min(view.widthPx, x0 + labelled.xywh[i * 4 + 2]!) - LABEL_INSET - from;
    const name = barLabel(layout, bar);
    const text = fitText(name, room, LABEL_PX);
    if (text === '') continue;
    const hatched = (bars.look[bar]! & LOOK_UNFINISHED) !== 0;
    const ink = hatched ? palette.ink : inks[bars.fill[bar]!]!;
    const middle = y + barPx / 2 + 0.5;
    if (hatched)
      painter.fillRect(from - 2, y + 1, text.length * LABEL_PX * MONO_EM + 4, barPx - 2, palette.background, 0.8);
    painter.text(from, middle, text, { sizePx: LABEL_PX, colour: ink, mono: true });
    labels++;
    if (text.length < name.length || hatched) continue;
    const duration = formatDuration(bars.endMs[bar]! - bars.startMs[bar]!);
    const used = (name.length + 2) * LABEL_PX * MONO_EM;
    if (room >= used + duration.length * LABEL_PX * SANS_EM) {
      painter.text(from + used, middle, duration, { sizePx: LABEL_PX - 1, colour: ink });
      labels++;
    }
  }
  return labels;
}

/** What a lane's grouping says already is not said again on the bar. */
function barLabel(layout: ChartLayout, bar: number): string {
  const row = layout.bars.row[bar]!;
  const { tasks, recipes } = layout.data.build;
  const failed = (layout.bars.look[bar]! & LOOK_FAILED) !== 0 ? `${OUTCOME_GLYPHS.failed} ` : '';
  switch (layout.options.groupBy) {
    case 'recipe':
      return failed + (tasks.taskNames[tasks.task[row]!] ?? '');
    case 'task':
      return failed + (recipes[tasks.recipe[row]!]?.pn ?? '');
    default:
      return failed + taskRunName(layout.data.build, row);
  }
}

/** First lane whose top is below `yPx`. */
function firstLaneBelow(layout: ChartLayout, yPx: CssPx): number {
  let low = 0;
  let high = layout.laneCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (layout.laneYPx[middle]! <= yPx) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bars of a lane do not overlap, so their ends ascend like their starts. */
function firstBarEndingAfter(layout: ChartLayout, lane: number, timeMs: number): number {
  const { endMs } = layout.bars;
  let low = layout.laneFirst[lane]!;
  let high = layout.laneFirst[lane + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Names of the sections in the gutter left of the plot, right up to `gutterPx`; lines between sections across the plot. */
export function drawSections(
  painter: Painter,
  layout: ChartLayout,
  gutterPx: CssPx,
  widthPx: CssPx,
  scrollPx: CssPx,
  heightPx: CssPx,
  palette: Palette,
): void {
  const slots = layout.options.groupBy === 'slots';
  const dense = layout.options.groupBy === 'recipe';
  for (const [i, section] of layout.sections.entries()) {
    const top = section.yPx - scrollPx;
    if (top + section.heightPx < 0) continue;
    if (top > heightPx) break;
    if (slots) {
      for (let k = 0; k < section.laneCount; k++) {
        const y = layout.laneYPx[section.firstLane + k]! - scrollPx;
        if (y + layout.lanePx < 0 || y > heightPx) continue;
        painter.text(gutterPx - 8, y + layout.barPx / 2 + 0.5, String(k + 1), {
          sizePx: LABEL_PX - 1,
          colour: palette.inkMuted,
          align: 'right',
        });
      }
      continue;
    }
    if (dense) {
      // A faint band on every second recipe leads the eye across an empty row better than 500 lines do.
      if (i % 2 === 1) painter.fillRect(gutterPx, top - 1, widthPx, section.heightPx, palette.surface);
    } else if (i > 0) {
      painter.line(0, Math.round(top) - 3.5, gutterPx + widthPx, Math.round(top) - 3.5, palette.line);
    }
    // The name stays in sight while any lane of its section does.
    const bottom = top + section.heightPx - layout.lanePx;
    const y = Math.min(Math.max(top, 0), Math.max(top, bottom));
    const text = fitText(section.label, gutterPx - 16, LABEL_PX);
    painter.text(8, y + layout.barPx / 2 + 0.5, text, { sizePx: LABEL_PX, colour: palette.inkMuted, mono: true });
  }
}

/** Where there is no gutter: names of the sections on plates at the left of the plot, over the bars. */
export function drawSectionsInside(
  painter: Painter,
  layout: ChartLayout,
  widthPx: CssPx,
  scrollPx: CssPx,
  heightPx: CssPx,
  palette: Palette,
): void {
  if (layout.options.groupBy === 'slots') return;
  for (const section of layout.sections) {
    const top = section.yPx - scrollPx;
    if (top + section.heightPx < 0) continue;
    if (top > heightPx) break;
    const bottom = top + section.heightPx - layout.lanePx;
    const y = Math.min(Math.max(top, 0), Math.max(top, bottom));
    const text = fitText(section.label, widthPx / 2, LABEL_PX - 1);
    painter.fillRect(0, y, text.length * (LABEL_PX - 1) * MONO_EM + 6, layout.barPx, palette.background, 0.72);
    painter.text(3, y + layout.barPx / 2 + 0.5, text, { sizePx: LABEL_PX - 1, colour: palette.ink, mono: true });
  }
}

/** What the rows of the head are, in the gutter; (0, 0) is its left top. */
export function drawHeadNames(
  painter: Painter,
  layout: ChartLayout,
  gutterPx: CssPx,
  axisName: string,
  palette: Palette,
): void {
  const style = { sizePx: LABEL_PX - 1, colour: palette.inkMuted, align: 'right' } as const;
  const x = gutterPx - 8;
  painter.text(x, AXIS_PX / 2 - 2, axisName, style);
  const { data } = layout;
  if (data.phaseLanes > 0) painter.text(x, AXIS_PX + PHASE_PX / 2, 'phases', style);
  if (layout.hidden === null) return;
  const y = AXIS_PX + data.phaseLanes * PHASE_PX + DENSITY_PX / 2;
  painter.text(x, y, `< ${formatDuration(layout.hidden.minMs)}`, style);
}

/** Vertical lines at the ticks. */
export function drawGrid(
  painter: Painter,
  ticks: readonly Tick[],
  view: TimeView,
  topPx: CssPx,
  heightPx: CssPx,
  palette: Palette,
): void {
  for (const tick of ticks) {
    const x = Math.round(timeToPx(view, tick.value)) + 0.5;
    if (x < 0 || x > view.widthPx) continue;
    painter.line(x, topPx, x, topPx + heightPx, palette.line);
  }
}

export const AXIS_PX = 22;

/** Labels of the ticks and a short mark under each; (0, 0) is the left top of the axis. Labels that would leave the plot are moved in. */
export function drawAxis(painter: Painter, ticks: readonly Tick[], view: TimeView, palette: Palette): void {
  for (const tick of ticks) {
    const x = Math.round(timeToPx(view, tick.value)) + 0.5;
    if (x < 0 || x > view.widthPx) continue;
    painter.line(x, AXIS_PX - 5, x, AXIS_PX, palette.lineStrong);
    const half = (tick.label.length * LABEL_PX * SANS_EM) / 2;
    const at = x - half < 0 ? 'left' : x + half > view.widthPx ? 'right' : 'middle';
    const inside = at === 'left' ? Math.max(0, x - half) : at === 'right' ? view.widthPx : x;
    painter.text(inside, AXIS_PX / 2 - 2, tick.label, { sizePx: LABEL_PX, colour: palette.inkMuted, align: at });
  }
}

export const PHASE_PX = 16;

/** What the build did outside its tasks. Times that are estimated have a dashed look: hatched instead of full. */
export function drawPhases(painter: Painter, data: ChartData, view: TimeView, palette: Palette): void {
  for (const phase of data.phases) {
    const left = timeToPx(view, phase.startMs);
    const right = timeToPx(view, phase.endMs);
    if (right < 0 || left > view.widthPx) continue;
    const x0 = Math.max(-2, Math.round(left));
    const width = Math.max(1, Math.min(view.widthPx + 2, Math.round(right)) - x0 - 1);
    const y = phase.lane * PHASE_PX + 1;
    if (phase.estimated) painter.hatchRect(x0, y, width, PHASE_PX - 3, palette.phase);
    else painter.fillRect(x0, y, width, PHASE_PX - 3, palette.phase);
    const from = Math.max(0, x0) + LABEL_INSET;
    const text = fitText(phase.label, Math.min(view.widthPx, x0 + width) - LABEL_INSET - from, LABEL_PX - 1, SANS_EM);
    if (text === '') continue;
    if (phase.estimated) {
      const plate = text.length * (LABEL_PX - 1) * SANS_EM + 4;
      painter.fillRect(from - 2, y + 1, plate, PHASE_PX - 5, palette.background, 0.85);
    }
    const colour = phase.estimated ? palette.ink : inkOn(palette.phase);
    painter.text(from, y + (PHASE_PX - 3) / 2 + 0.5, text, { sizePx: LABEL_PX - 1, colour });
  }
}

export const DENSITY_PX = 26;

/** The mean number of tasks at work per pixel as a silhouette whose area is their summed wall time. */
export function drawSilhouette(
  painter: Painter,
  of: Steps,
  view: TimeView,
  heightPx: CssPx,
  topCount: number,
  colour: string,
  opacity = 1,
): void {
  const columns = Math.max(1, Math.round(view.widthPx));
  const mean = meanPerColumn(of, view.fromMs, view.toMs, columns);
  const bottom = new Float64Array(columns).fill(heightPx);
  for (let i = 0; i < columns; i++) mean[i] = heightPx - (mean[i]! / topCount) * heightPx;
  painter.columns(mean, bottom, columns, view.widthPx / columns, colour, opacity);
}

/** "7,902 tasks under 8 s, 2 h 11 min in all". */
export function hiddenText(layout: ChartLayout): string {
  const { hidden } = layout;
  if (hidden === null) return '';
  return `${plural(hidden.count, 'task')} under ${formatDuration(hidden.minMs)}, ${formatDuration(hidden.sumMs)} in all`;
}

/** The thin lane of the tasks that the threshold hides. */
export function drawDensity(painter: Painter, layout: ChartLayout, view: TimeView, palette: Palette): void {
  const { hidden } = layout;
  if (hidden === null) return;
  drawSilhouette(
    painter,
    hidden.steps,
    view,
    DENSITY_PX - 2,
    Math.max(1, hidden.steps.maxCount),
    palette.density,
    0.75,
  );
  const text = fitText(hiddenText(layout), view.widthPx - 8, LABEL_PX - 1, SANS_EM);
  const plate = text.length * (LABEL_PX - 1) * SANS_EM * 0.92 + 6;
  // At the end that has less to hide.
  const third = (view.toMs - view.fromMs) / 3;
  const left = meanCount(hidden.steps, view.fromMs, view.fromMs + third);
  const x = left <= meanCount(hidden.steps, view.toMs - third, view.toMs) ? 2 : Math.max(2, view.widthPx - plate - 2);
  painter.fillRect(x, 1, plate, 13, palette.background, 0.78);
  painter.text(x + 3, 8, text, { sizePx: LABEL_PX - 1, colour: palette.ink });
}
