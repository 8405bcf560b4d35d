/**
 * Builds over time: time downwards, a column for each builder (machine, target …), each build a bar that names its failing task. Where there are
 * too many builds to draw each, a column has cells: as wide as builds are many, and of the failed colour as far as they failed.
 *
 *     builder-a   builder-b            lanes within a column as in lanes.ts: builds that
 *     ┌────┐      ┌──┐                 ran at one time stand beside each other
 *     │ ✓  │      │✗ │ gcc:do_compile
 *     └────┘      │  │┌──┐
 *                 └──┘│✓ │
 *
 * Pure: the page and the SVG file are the same drawing.
 */
import type { BuildOutcome } from '../model/build.ts';
import { timeStep } from './axis.ts';
import { BUILD_GLYPHS, buildColour, WITH_ERRORS } from './build-outcome.ts';
import { byStart, packLanes } from './lanes.ts';
import { fitText, type Painter, SANS_EM } from './painter.ts';
import { inkOn, type Palette } from './palette.ts';
import type { CssPx, TimeBounds } from './viewport.ts';

export interface WaterfallBar {
  /** Index of its column. */
  readonly column: number;
  readonly startMs: number;
  /** Null: it runs, or nobody recorded its end. */
  readonly endMs: number | null;
  readonly outcome: BuildOutcome;
  /** The failing task, or what it is a build of. */
  readonly label: string;
  /** Of a build that runs: how long its like usually take. */
  readonly usualMs: number | null;
}

export interface WaterfallCells {
  readonly stepMs: number;
  readonly rows: readonly {
    readonly column: number;
    readonly startMs: number;
    readonly builds: number;
    readonly failed: number;
    readonly errors: number;
    readonly succeeded: number;
  }[];
}

export interface WaterfallColumn {
  readonly label: string;
  /** Its last result, however old; null: it has none. */
  readonly last: { readonly outcome: BuildOutcome; readonly text: string } | null;
}

export interface WaterfallInput {
  readonly columns: readonly WaterfallColumn[];
  /** Sorted or not; those outside the view may be there: a lane must not change because a neighbour left the screen. */
  readonly bars: readonly WaterfallBar[];
  readonly cells: WaterfallCells | null;
}

export interface WaterfallOptions {
  readonly view: TimeBounds;
  /** Of the plot: without head and axis. */
  readonly heightPx: CssPx;
  readonly columnPx: CssPx;
  /** Running builds grow to here. */
  readonly nowMs: number;
  /** Newest on top. */
  readonly upwards: boolean;
}

export interface PlacedBar {
  /** Index of the bar in the input. */
  readonly bar: number;
  readonly x: CssPx;
  readonly y: CssPx;
  readonly width: CssPx;
  readonly height: CssPx;
  /** Of a running build: where it will be when it has taken what is usual. */
  readonly expectedPx: CssPx | null;
}

export interface PlacedText {
  readonly bar: number;
  readonly x: CssPx;
  /** The middle of the line. */
  readonly y: CssPx;
  readonly widthPx: CssPx;
  /** On the bar, or beside it where it is too short. */
  readonly inside: boolean;
}

export interface WaterfallLayout {
  readonly input: WaterfallInput;
  readonly options: WaterfallOptions;
  readonly widthPx: CssPx;
  readonly bars: readonly PlacedBar[];
  readonly texts: readonly PlacedText[];
  readonly cellPx: CssPx;
  /** Builds in the fullest cell. */
  readonly cellMax: number;
}

export const WATERFALL_AXIS_PX = 58;
export const WATERFALL_HEAD_PX = 42;
/** A build of ten seconds on a screen of three days is still seen and hit. */
const BAR_PX_MIN = 3;
const LANE_PX_MIN = 5;
const GAP_PX = 6;
const TEXT_PX = 11;
const TEXT_ROOM_PX = 12;

export function yOf({ view, heightPx, upwards }: WaterfallOptions, timeMs: number): CssPx {
  const y = ((timeMs - view.fromMs) * heightPx) / (view.toMs - view.fromMs);
  return upwards ? heightPx - y : y;
}

export function timeOfY({ view, heightPx, upwards }: WaterfallOptions, y: CssPx): number {
  return view.fromMs + ((upwards ? heightPx - y : y) / heightPx) * (view.toMs - view.fromMs);
}

/** Where a build ends in the picture: one without a recorded end is a mark at its start. */
export function endOf(bar: WaterfallBar, nowMs: number): number {
  if (bar.endMs !== null) return Math.max(bar.startMs, bar.endMs);
  return bar.outcome === 'running' ? Math.max(bar.startMs, nowMs) : bar.startMs;
}

export function layoutWaterfall(input: WaterfallInput, options: WaterfallOptions): WaterfallLayout {
  const { columnPx, nowMs, heightPx, upwards } = options;
  const ofColumn: number[][] = input.columns.map(() => []);
  for (const [i, bar] of input.bars.entries()) ofColumn[bar.column]?.push(i);
  const startMs = Float64Array.from(input.bars, (bar) => bar.startMs);
  const endMs = Float64Array.from(input.bars, (bar) => endOf(bar, nowMs));
  const bars: PlacedBar[] = [];
  const texts: PlacedText[] = [];
  const inner = columnPx - GAP_PX;
  for (const [column, items] of ofColumn.entries()) {
    if (items.length === 0) continue;
    const ordered = byStart(Uint32Array.from(items), startMs, endMs);
    const { lane, lanesOf } = packTogether(ordered, startMs, endMs);
    const beside: Beside[] = [];
    /** Those after which no bar of the column that is in their way was placed yet. */
    let free: Beside[] = [];
    for (let k = 0; k < ordered.length; k++) {
      const bar = ordered[k]!;
      const a = yOf(options, startMs[bar]!);
      const b = yOf(options, endMs[bar]!);
      let [top, bottom] = a < b ? [a, b] : [b, a];
      // At its start, so that two that follow each other are not drawn over each other.
      if (bottom - top < BAR_PX_MIN) [top, bottom] = upwards ? [bottom - BAR_PX_MIN, bottom] : [top, top + BAR_PX_MIN];
      const shown = Math.max(1, Math.min(lanesOf[k]!, Math.floor(inner / LANE_PX_MIN)));
      const lanePx = inner / shown;
      const at = Math.min(lane[k]!, shown - 1);
      const { usualMs, outcome } = input.bars[bar]!;
      const placed: PlacedBar = {
        bar,
        x: column * columnPx + GAP_PX / 2 + at * lanePx,
        y: top,
        width: Math.max(1, lanePx - 1),
        height: bottom - top,
        expectedPx: outcome === 'running' && usualMs !== null ? yOf(options, startMs[bar]! + usualMs) : null,
      };
      const right = placed.x + placed.width;
      free = free.filter((one) => {
        if (one.placed.x >= right || one.placed.x + one.placed.width <= placed.x) return true;
        one.until = upwards ? bottom : top;
        return false;
      });
      const one: Beside = { placed, until: null };
      free.push(one);
      beside.push(one);
      if (bottom >= 0 && top <= heightPx) bars.push(placed);
    }
    for (const { placed, until } of beside) {
      if (placed.y + placed.height < 0 || placed.y > heightPx) continue;
      const text = placeText(placed, until, input.bars[placed.bar]!, options);
      if (text !== null) texts.push(text);
    }
  }
  const cells = input.cells;
  return {
    input,
    options,
    widthPx: input.columns.length * columnPx,
    bars,
    texts,
    cellPx: cells === null ? 0 : (cells.stepMs * heightPx) / (options.view.toMs - options.view.fromMs),
    cellMax: cells === null ? 0 : cells.rows.reduce((most, row) => Math.max(most, row.builds), 0),
  };
}

interface Beside {
  readonly placed: PlacedBar;
  /** Where the next bar below it (above, where time runs upwards) begins; null: there is none. */
  until: CssPx | null;
}

/**
 * Lanes as wide as they can be: builds that ran together, one touching the next, share the column among them, and one that ran alone has it
 * whole. `lanesOf`: in how many the column is cut there.
 */
function packTogether(
  ordered: Uint32Array,
  startMs: Float64Array,
  endMs: Float64Array,
): { lane: Uint32Array; lanesOf: Uint32Array } {
  const lane = new Uint32Array(ordered.length);
  const lanesOf = new Uint32Array(ordered.length);
  let first = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (let k = 0; k <= ordered.length; k++) {
    const item = ordered[k];
    if (k > first && (item === undefined || startMs[item]! >= until)) {
      lanesOf.fill(packLanes(ordered, startMs, endMs, lane, first, k), first, k);
      first = k;
      until = Number.NEGATIVE_INFINITY;
    }
    // A mark without an end lasts as long as lanes.ts gives it.
    if (item !== undefined) until = Math.max(until, endMs[item]!, startMs[item]! + 1);
  }
  return { lane, lanesOf };
}

/** On the part of the bar that is in sight; of a failed build that is too short, in the free room after it. */
function placeText(
  placed: PlacedBar,
  until: CssPx | null,
  bar: WaterfallBar,
  { heightPx, upwards }: WaterfallOptions,
): PlacedText | null {
  const top = Math.max(0, placed.y);
  const bottom = Math.min(heightPx, placed.y + placed.height);
  const common = { bar: placed.bar, x: placed.x + 4, widthPx: placed.width - 6 };
  if (bottom - top >= TEXT_ROOM_PX)
    return { ...common, y: top + Math.min(bottom - top, TEXT_ROOM_PX + 2) / 2, inside: true };
  if (bar.outcome !== 'failed') return null;
  const edge = upwards ? placed.y : placed.y + placed.height;
  const room = until === null ? TEXT_ROOM_PX : Math.abs(until - edge);
  const y = upwards ? edge - TEXT_ROOM_PX / 2 : edge + TEXT_ROOM_PX / 2;
  return room >= TEXT_ROOM_PX && y > 6 && y < heightPx - 6 ? { ...common, y, inside: false } : null;
}

/** The bar under a point of the plot, -1: none. Of several the one painted last. */
export function waterfallBarAt(layout: WaterfallLayout, x: CssPx, y: CssPx): number {
  const slop = 2;
  for (let i = layout.bars.length - 1; i >= 0; i--) {
    const bar = layout.bars[i]!;
    if (x >= bar.x - 1 && x <= bar.x + bar.width + 1 && y >= bar.y - slop && y <= bar.y + bar.height + slop)
      return bar.bar;
  }
  return -1;
}

/** Index of the cell under a point, -1: none. */
export function waterfallCellAt({ input, options }: WaterfallLayout, x: CssPx, y: CssPx): number {
  if (input.cells === null) return -1;
  const column = Math.floor(x / options.columnPx);
  const timeMs = timeOfY(options, y);
  const { stepMs, rows } = input.cells;
  return rows.findIndex((row) => row.column === column && timeMs >= row.startMs && timeMs < row.startMs + stepMs);
}

export type WaterfallStep = 'earlier' | 'later' | 'left' | 'right';

/** The bar a step leads to: along its column by start, to the columns beside to what ran nearest in time. From none (-1) to the newest. */
export function stepWaterfall({ bars, columns }: WaterfallInput, from: number, step: WaterfallStep): number {
  const start = bars[from];
  if (start === undefined) {
    let newest = -1;
    for (const [i, bar] of bars.entries()) if (newest < 0 || bar.startMs > bars[newest]!.startMs) newest = i;
    return newest;
  }
  if (step === 'earlier' || step === 'later') {
    let best = from;
    for (const [i, bar] of bars.entries()) {
      if (i === from || bar.column !== start.column) continue;
      const before = bar.startMs < start.startMs || (bar.startMs === start.startMs && i < from);
      if (before !== (step === 'earlier')) continue;
      const nearer =
        best === from ||
        (step === 'earlier'
          ? bar.startMs > bars[best]!.startMs || (bar.startMs === bars[best]!.startMs && i > best)
          : bar.startMs < bars[best]!.startMs || (bar.startMs === bars[best]!.startMs && i < best));
      if (nearer) best = i;
    }
    return best;
  }
  const direction = step === 'left' ? -1 : 1;
  for (let column = start.column + direction; column >= 0 && column < columns.length; column += direction) {
    let best = -1;
    for (const [i, bar] of bars.entries()) {
      if (bar.column !== column) continue;
      if (best < 0 || Math.abs(bar.startMs - start.startMs) < Math.abs(bars[best]!.startMs - start.startMs)) best = i;
    }
    if (best >= 0) return best;
  }
  return from;
}

// ---- drawing --------------------------------------------------------------------------------------------------------------------

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface WaterfallTick {
  readonly timeMs: number;
  readonly label: string;
  /** A day begins. */
  readonly day: boolean;
}

/** Round times of day, midnight as its date. `zoneMinutes`: minutes east of UTC. */
export function waterfallTicks(view: TimeBounds, countMax: number, zoneMinutes: number): WaterfallTick[] {
  const step = timeStep(view.toMs - view.fromMs, countMax);
  const shift = zoneMinutes * MINUTE;
  const ticks: WaterfallTick[] = [];
  for (let i = Math.ceil((view.fromMs + shift) / step); i * step <= view.toMs + shift; i++) {
    const local = new Date(i * step);
    const midnight = (i * step) % DAY === 0;
    const date =
      step >= 7 * DAY ? local.toISOString().slice(0, 10) : `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}`;
    const clock = local.toISOString().slice(11, step < MINUTE ? 19 : 16);
    ticks.push({ timeMs: i * step - shift, label: midnight ? date : clock, day: midnight && step < DAY });
  }
  return ticks;
}

export interface DrawOptions {
  readonly palette: Palette;
  readonly zoneMinutes: number;
  /** Bar with the focus, -1: none. */
  readonly cursor: number;
  /** How far the columns are scrolled to the right. */
  readonly scrollPx: CssPx;
  /** Of the whole picture. */
  readonly widthPx: CssPx;
}

/** Axis, head and plot; WATERFALL_AXIS_PX to the left and WATERFALL_HEAD_PX above the plot. */
export function drawWaterfall(painter: Painter, layout: WaterfallLayout, draw: DrawOptions): void {
  const { options } = layout;
  const { palette, scrollPx, widthPx } = draw;
  const plotPx = widthPx - WATERFALL_AXIS_PX;
  const { heightPx, columnPx } = options;

  painter.group(0, WATERFALL_HEAD_PX);
  const ticks = waterfallTicks(options.view, Math.max(2, Math.floor(heightPx / 44)), draw.zoneMinutes);
  for (const { timeMs, label, day } of ticks) {
    const y = Math.round(yOf(options, timeMs));
    painter.fillRect(WATERFALL_AXIS_PX, y, plotPx, 1, day ? palette.lineStrong : palette.line);
    if (y < 6 || y > heightPx - 6) continue;
    painter.text(WATERFALL_AXIS_PX - 6, y, label, {
      sizePx: TEXT_PX,
      colour: day ? palette.ink : palette.inkMuted,
      align: 'right',
      bold: day,
    });
  }
  painter.ungroup();

  painter.clip(WATERFALL_AXIS_PX, 0, plotPx, WATERFALL_HEAD_PX + heightPx);
  painter.group(WATERFALL_AXIS_PX - scrollPx, 0);
  const first = Math.max(0, Math.floor(scrollPx / columnPx));
  const last = Math.min(layout.input.columns.length - 1, Math.floor((scrollPx + plotPx) / columnPx));
  for (let column = first; column <= last; column++) drawHead(painter, layout, column, palette);
  painter.ungroup();
  painter.group(WATERFALL_AXIS_PX - scrollPx, WATERFALL_HEAD_PX);
  painter.clip(scrollPx, 0, plotPx, heightPx);
  for (let column = first; column <= last + 1; column++)
    painter.fillRect(column * columnPx, 0, 1, heightPx, palette.line);
  drawCells(painter, layout, palette);
  drawBuilds(painter, layout, draw, first, last);
  const now = Math.round(yOf(options, options.nowMs));
  if (now >= 0 && now <= heightPx) painter.fillRect(scrollPx, now, plotPx, 1, palette.accent);
  painter.unclip();
  painter.ungroup();
  painter.unclip();
  painter.fillRect(0, WATERFALL_HEAD_PX - 1, widthPx, 1, palette.lineStrong);
}

function drawHead(painter: Painter, { input, options }: WaterfallLayout, column: number, palette: Palette): void {
  const { label, last } = input.columns[column]!;
  const x = column * options.columnPx + GAP_PX / 2 + 2;
  const room = options.columnPx - GAP_PX - 2;
  painter.text(x, 12, fitText(label, room, 12, SANS_EM), { sizePx: 12, colour: palette.ink, bold: true });
  if (last === null) return;
  painter.fillRect(x, 23, 12, 12, buildColour(last.outcome, palette));
  painter.text(x + 6, 29, BUILD_GLYPHS[last.outcome], {
    sizePx: 10,
    colour: inkOn(buildColour(last.outcome, palette)),
    align: 'middle',
  });
  painter.text(x + 16, 29, fitText(last.text, room - 16, TEXT_PX, SANS_EM), {
    sizePx: TEXT_PX,
    colour: last.outcome === 'failed' ? palette.error : palette.inkMuted,
  });
}

function drawCells(painter: Painter, { input, options, cellPx, cellMax }: WaterfallLayout, palette: Palette): void {
  if (input.cells === null) return;
  const { heightPx, columnPx, upwards } = options;
  const inner = columnPx - GAP_PX;
  for (const cell of input.cells.rows) {
    const at = yOf(options, cell.startMs);
    const y = upwards ? at - cellPx : at;
    if (y > heightPx || y + cellPx < 0 || cell.column < 0) continue;
    let x = cell.column * columnPx + GAP_PX / 2;
    const height = Math.max(1, cellPx - (cellPx > 4 ? 1 : 0));
    // A single build in a year of thousands must be seen.
    const whole = Math.max(3, (inner * cell.builds) / cellMax);
    const others = cell.builds - cell.failed - cell.errors - cell.succeeded;
    for (const [count, colour] of [
      [cell.failed, palette.outcome.failed],
      [cell.errors, WITH_ERRORS],
      [cell.succeeded, palette.outcome.succeeded],
      [others, palette.outcome.unfinished],
    ] as const) {
      if (count === 0) continue;
      const width = (whole * count) / cell.builds;
      painter.fillRect(x, y, width, height, colour);
      x += width;
    }
  }
}

function drawBuilds(
  painter: Painter,
  layout: WaterfallLayout,
  { palette, cursor }: DrawOptions,
  first: number,
  last: number,
): void {
  const { input, bars, texts } = layout;
  const byColour = new Map<string, PlacedBar[]>();
  for (const placed of bars) {
    const bar = input.bars[placed.bar]!;
    if (bar.column < first || bar.column > last) continue;
    const colour = buildColour(bar.outcome, palette);
    if (placed.expectedPx !== null) drawExpected(painter, placed, layout.options, palette);
    if (bar.outcome === 'lost' || (bar.endMs === null && bar.outcome !== 'running'))
      painter.hatchRect(placed.x, placed.y, placed.width, placed.height, colour, placed.bar);
    else byColour.set(colour, [...(byColour.get(colour) ?? []), placed]);
  }
  // Failed ones last: nothing that went well may hide them.
  const failed = palette.outcome.failed;
  const colours = [...byColour.keys()].sort((a, b) => Number(a === failed) - Number(b === failed));
  for (const colour of colours) {
    const group = byColour.get(colour)!;
    const xywh = new Float64Array(group.length * 4);
    for (const [i, { x, y, width, height }] of group.entries()) xywh.set([x, y, width, height], i * 4);
    painter.bars(
      xywh,
      Uint32Array.from(group, ({ bar }) => bar),
      group.length,
      colour,
    );
  }
  for (const { bar: index, x, y, widthPx, inside } of texts) {
    const bar = input.bars[index]!;
    if (bar.column < first || bar.column > last) continue;
    const hatched = bar.outcome === 'lost' || (bar.endMs === null && bar.outcome !== 'running');
    const colour = buildColour(bar.outcome, palette);
    const text =
      fitText(`${BUILD_GLYPHS[bar.outcome]} ${bar.label}`, widthPx, TEXT_PX) || fitGlyph(bar.outcome, widthPx);
    painter.text(x, y, text, {
      sizePx: TEXT_PX,
      mono: true,
      colour: inside && !hatched ? inkOn(colour) : bar.outcome === 'failed' ? palette.error : palette.ink,
    });
  }
  const focused = bars.find(({ bar }) => bar === cursor);
  if (focused !== undefined)
    painter.strokeRect(focused.x - 1.5, focused.y - 1.5, focused.width + 3, focused.height + 3, palette.accent, 2);
}

function fitGlyph(outcome: BuildOutcome, widthPx: CssPx): string {
  return widthPx >= 8 ? BUILD_GLYPHS[outcome] : '';
}

/** The rest of a running build if it takes what is usual, as an outline that it fills. */
function drawExpected(painter: Painter, placed: PlacedBar, options: WaterfallOptions, palette: Palette): void {
  const to = placed.expectedPx!;
  const [top, bottom] = options.upwards
    ? [to, placed.y + placed.height]
    : [placed.y, Math.max(to, placed.y + placed.height)];
  if (bottom - top <= placed.height + 1) return;
  painter.strokeRect(placed.x + 0.5, top + 0.5, placed.width - 1, bottom - top - 1, palette.outcome.running, 1);
}

/** All the time that builds cover in a narrow strip beside the picture, with what is on screen of it in a frame. */
export function drawWaterfallOverview(
  painter: Painter,
  cells: WaterfallCells | null,
  options: WaterfallOptions,
  onScreen: TimeBounds,
  widthPx: CssPx,
  palette: Palette,
): void {
  painter.fillRect(0, 0, widthPx, options.heightPx, palette.surface);
  if (cells !== null) {
    const most = cells.rows.reduce((max, row) => Math.max(max, row.builds), 1);
    const cellPx = Math.max(1, (cells.stepMs * options.heightPx) / (options.view.toMs - options.view.fromMs));
    for (const { startMs, builds, failed } of cells.rows) {
      const at = yOf(options, startMs);
      const y = options.upwards ? at - cellPx : at;
      const width = Math.max(2, ((widthPx - 4) * builds) / most);
      const bad = failed === 0 ? 0 : Math.max(1, (width * failed) / builds);
      painter.fillRect(2, y, bad, cellPx, palette.outcome.failed);
      painter.fillRect(2 + bad, y, width - bad, cellPx, palette.density);
    }
  }
  const a = yOf(options, onScreen.fromMs);
  const b = yOf(options, onScreen.toMs);
  const top = Math.max(0, Math.min(a, b));
  const height = Math.max(4, Math.min(options.heightPx, Math.max(a, b)) - top);
  painter.fillRect(0, top, widthPx, height, palette.accent, 0.14);
  painter.strokeRect(1, top + 1, widthPx - 2, Math.max(2, height - 2), palette.accent, 2);
}
