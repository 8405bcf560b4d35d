/**
 * What is on the chart's canvases and when it is painted. Knows no React: it is told what to show (`show`), where the window is
 * (`setRange`), where the pointer is (`point`), and repaints what that changes in the next frame.
 *
 *   minimap   the whole build, painted when the build or the size changes
 *   head      axis, phases, density lane        \
 *   body      lanes (a window of them)           > painted when the window moves
 *   strips    sample series                     /
 *   overlay   crosshair, outlines, selections     painted when the pointer moves; nothing below it is
 */
import {
  clockTicks,
  formatSinceStart,
  relativeTimeTicks,
  sinceStartName,
  type Tick,
  timeStep,
} from '../../../../chart/axis.ts';
import type { Chain } from '../../../../chart/chain.ts';
import { countAt } from '../../../../chart/density.ts';
import {
  AXIS_PX,
  DENSITY_PX,
  DrawBuffers,
  type DrawnBars,
  drawAxis,
  drawBars,
  drawDensity,
  drawGrid,
  drawHeadNames,
  drawPhases,
  drawSections,
  drawSectionsInside,
  drawSilhouette,
  PHASE_PX,
} from '../../../../chart/draw.ts';
import { barAt, type ChartLayout, LOOK_FAILED, LOOK_RUNNING, laneOfBar } from '../../../../chart/layout.ts';
import type { Palette } from '../../../../chart/palette.ts';
import type { Measure } from '../../../../chart/selection.ts';
import { drawStrip, readingAt, STRIP_PX, type StripEntry, valueToPx } from '../../../../chart/strips.ts';
import {
  type ChartMs,
  type CssPx,
  clampRange,
  panBy,
  pxToTime,
  showsAll,
  type TimeBounds,
  type TimeView,
  timeToPx,
  withAir,
  zoomAround,
} from '../../../../chart/viewport.ts';
import { formatCount, formatDuration, formatQuantity } from '../../../../model/format.ts';
import { Frames, Surface } from '../../../paint/surface.ts';
import { sameRange } from './chart-state.ts';

export const STRIP_GAP = 4;
export const MINIMAP_PX = 36;
const SLOP_PX = 3;

const HEAD = 1;
const BODY = 2;
const STRIPS = 4;
const OVERLAY = 8;
const MINIMAP = 16;
const WINDOW = HEAD | BODY | STRIPS | OVERLAY;
const ALL = WINDOW | MINIMAP;

export interface SceneElements {
  readonly stage: HTMLElement;
  readonly scroller: HTMLElement;
  readonly minimap: HTMLCanvasElement;
  /** The window on the minimap. */
  readonly window: HTMLElement;
  readonly head: HTMLCanvasElement;
  readonly body: HTMLCanvasElement;
  readonly strips: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
}

export interface Shown {
  readonly layout: ChartLayout;
  readonly palette: Palette;
  readonly strips: readonly (readonly StripEntry[])[];
  /** By row: 0 is dimmed; null: nothing is. */
  readonly match: Uint8Array | null;
  readonly chain: Chain | null;
  readonly clock: boolean;
  readonly gutterPx: CssPx;
  /** Height of the window of the lanes. */
  readonly bodyPx: CssPx;
  readonly selectedRow: number | null;
  readonly cursorRow: number | null;
  readonly area: TimeBounds | null;
  readonly measure: Measure | null;
  readonly reducedMotion: boolean;
}

export type Target =
  | { readonly kind: 'bar'; readonly row: number }
  | { readonly kind: 'phase'; readonly index: number }
  | { readonly kind: 'density' }
  | { readonly kind: 'nothing' };

const NOTHING: Target = { kind: 'nothing' };

export interface SceneListeners {
  /** The window moved, by hand or at the end of an animation. */
  readonly onRange: (range: TimeBounds | null) => void;
}

export class ChartScene {
  readonly #elements: SceneElements;
  readonly #listeners: SceneListeners;
  readonly #minimap: Surface;
  readonly #head: Surface;
  readonly #body: Surface;
  readonly #strips: Surface;
  readonly #overlay: Surface;
  readonly #buffers = new DrawBuffers();
  readonly #frames: Frames;
  #shown: Shown | null = null;
  /** Null: the whole build, whatever its bounds become. */
  #range: TimeBounds | null = null;
  #pointer: { x: CssPx; y: CssPx } | null = null;
  #ratio = 1;
  #animation = 0;
  /** Beats while something runs, twice a second; 0: nothing runs, or motion is unwelcome. */
  #heart = 0;
  #beat = false;
  /** Of the last frame: what was drawn and how long it took, for the bench and the tests. */
  lastFrame: DrawnBars & { readonly ms: number } = { drawn: 0, skipped: 0, labels: 0, ms: 0 };

  constructor(elements: SceneElements, listeners: SceneListeners) {
    this.#elements = elements;
    this.#listeners = listeners;
    this.#minimap = new Surface(elements.minimap);
    this.#head = new Surface(elements.head);
    this.#body = new Surface(elements.body);
    this.#strips = new Surface(elements.strips);
    this.#overlay = new Surface(elements.overlay);
    this.#frames = new Frames((dirty) => this.#paint(dirty));
  }

  dispose(): void {
    this.#frames.stop();
    cancelAnimationFrame(this.#animation);
    window.clearInterval(this.#heart);
  }

  show(shown: Shown): void {
    const before = this.#shown;
    this.#shown = shown;
    this.#resize();
    window.clearInterval(this.#heart);
    this.#heart = 0;
    if (shown.layout.data.runningCount > 0 && !shown.reducedMotion) {
      this.#heart = window.setInterval(() => {
        this.#beat = !this.#beat;
        this.#frames.request(OVERLAY);
      }, 500);
    }
    if (before === null) this.#frames.request(ALL);
    else if (
      before.layout.data !== shown.layout.data ||
      before.palette !== shown.palette ||
      before.gutterPx !== shown.gutterPx
    )
      this.#frames.request(ALL);
    else if (
      before.layout !== shown.layout ||
      before.strips !== shown.strips ||
      before.match !== shown.match ||
      before.chain !== shown.chain ||
      before.clock !== shown.clock ||
      before.bodyPx !== shown.bodyPx
    )
      this.#frames.request(WINDOW);
    else this.#frames.request(OVERLAY);
  }

  /** Sizes are read from the page: to be called when they may have changed. */
  resized(): void {
    if (this.#resize()) this.#frames.request(ALL);
  }

  scrolled(): void {
    this.#frames.request(BODY | OVERLAY);
  }

  #resize(): boolean {
    const shown = this.#shown;
    if (shown === null) return false;
    const width = this.#elements.scroller.clientWidth;
    const stage = this.#elements.stage.clientWidth;
    this.#ratio = Math.min(3, window.devicePixelRatio || 1);
    const strips = this.stripsPx;
    const changed = [
      this.#minimap.resize(stage, MINIMAP_PX, this.#ratio),
      this.#head.resize(stage, this.headPx, this.#ratio),
      this.#body.resize(width, shown.bodyPx, this.#ratio),
      this.#strips.resize(stage, Math.max(1, strips), this.#ratio),
      this.#overlay.resize(stage, this.headPx + shown.bodyPx + strips, this.#ratio),
    ];
    if (changed.includes(true)) this.#frames.request(ALL);
    return changed.includes(true);
  }

  get gutterPx(): CssPx {
    return this.#shown?.gutterPx ?? 0;
  }

  get headPx(): CssPx {
    const shown = this.#shown;
    return shown === null ? AXIS_PX : headHeight(shown.layout);
  }

  get stripsPx(): CssPx {
    return (this.#shown?.strips.length ?? 0) * (STRIP_PX + STRIP_GAP);
  }

  get bounds(): TimeBounds {
    return this.#shown?.layout.data.bounds ?? { fromMs: 0, toMs: 1 };
  }

  get range(): TimeBounds {
    return this.#range ?? this.bounds;
  }

  get view(): TimeView {
    const gutter = this.#shown?.gutterPx ?? 0;
    return { ...this.range, widthPx: Math.max(1, this.#body.widthPx - gutter) };
  }

  get whole(): boolean {
    return this.#range === null;
  }

  /** From outside: an address, a link. Null is the whole build. Tells nobody. */
  setRange(range: TimeBounds | null): void {
    cancelAnimationFrame(this.#animation);
    const clamped = range === null ? null : clampRange(range.fromMs, range.toMs, this.bounds);
    this.#range = clamped === null || showsAll(clamped, this.bounds) ? null : clamped;
    this.#frames.request(WINDOW);
  }

  /** From the page's state: like `setRange`, unless the window is there already (to what an address can say). */
  adopt(range: TimeBounds | null): void {
    if (!sameRange(range, this.#range)) this.setRange(range);
  }

  /** To a range, at once. */
  moveTo(range: TimeBounds): void {
    this.setRange(range);
    this.#listeners.onRange(this.#range);
  }

  zoom(factor: number, atPx: CssPx): void {
    this.moveTo(zoomAround(this.view, atPx, factor, this.bounds));
  }

  pan(px: CssPx): void {
    if (this.#range !== null) this.moveTo(panBy(this.view, px, this.bounds));
  }

  /** To a range, in 140 ms (at once where motion is unwelcome): the eye keeps its place. */
  glideTo(target: TimeBounds): void {
    cancelAnimationFrame(this.#animation);
    const to = clampRange(target.fromMs, target.toMs, this.bounds);
    if (this.#shown?.reducedMotion !== false) {
      this.moveTo(to);
      return;
    }
    const from = this.range;
    const started = performance.now();
    const step = (now: number): void => {
      const t = Math.min(1, (now - started) / 140);
      const eased = 1 - (1 - t) ** 3;
      this.#range = {
        fromMs: from.fromMs + (to.fromMs - from.fromMs) * eased,
        toMs: from.toMs + (to.toMs - from.toMs) * eased,
      };
      this.#frames.request(WINDOW);
      if (t < 1) this.#animation = requestAnimationFrame(step);
      else this.moveTo(to);
    };
    this.#animation = requestAnimationFrame(step);
  }

  glideZoom(factor: number): void {
    this.glideTo(zoomAround(this.view, this.#pointerPx() ?? this.view.widthPx / 2, factor, this.bounds));
  }

  #pointerPx(): CssPx | null {
    if (this.#pointer === null) return null;
    const x = this.#pointer.x - (this.#shown?.gutterPx ?? 0);
    return x >= 0 && x <= this.view.widthPx ? x : null;
  }

  fit(): void {
    this.glideTo(this.bounds);
  }

  zoomToRow(row: number): void {
    const { data } = this.#shown!.layout;
    this.glideTo(withAir(data.startMs[row]!, data.endMs[row]!, this.bounds));
    this.reveal(row, false);
  }

  /** Scrolls and pans as little as needed to have the run's bar in sight. */
  reveal(row: number, pan = true): void {
    const shown = this.#shown;
    if (shown === null) return;
    const { layout } = shown;
    const bar = layout.barOfRow[row] ?? -1;
    if (bar < 0) return;
    const y = layout.laneYPx[laneOfBar(layout, bar)]!;
    const { scroller } = this.#elements;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y + layout.lanePx > scroller.scrollTop + shown.bodyPx)
      scroller.scrollTop = y + layout.lanePx - shown.bodyPx;
    if (!pan) return;
    const start = layout.bars.startMs[bar]!;
    const end = layout.bars.endMs[bar]!;
    const { fromMs, toMs } = this.range;
    if (end >= fromMs && start <= toMs) return;
    const span = toMs - fromMs;
    const middle = (start + end) / 2;
    this.glideTo({ fromMs: middle - span / 2, toMs: middle + span / 2 });
  }

  /** Pointer in CSS pixels from the left top of the head; null: it left. Returns what is under it. */
  point(at: { x: CssPx; y: CssPx } | null): Target {
    this.#pointer = at;
    this.#frames.request(OVERLAY);
    return at === null ? NOTHING : this.hit(at.x, at.y);
  }

  timeAt(x: CssPx): ChartMs {
    return pxToTime(this.view, x - (this.#shown?.gutterPx ?? 0));
  }

  hit(x: CssPx, y: CssPx, slopPx: CssPx = SLOP_PX): Target {
    const shown = this.#shown;
    if (shown === null || x < shown.gutterPx) return NOTHING;
    const { layout } = shown;
    const { data } = layout;
    const view = this.view;
    const time = this.timeAt(x);
    const slopMs = (slopPx * (view.toMs - view.fromMs)) / view.widthPx;
    if (y < AXIS_PX) return NOTHING;
    if (y < this.headPx) {
      const lane = Math.floor((y - AXIS_PX) / PHASE_PX);
      if (lane >= data.phaseLanes) return layout.hidden === null ? NOTHING : { kind: 'density' };
      const index = data.phases.findIndex(
        (p) => p.lane === lane && time >= p.startMs - slopMs && time <= p.endMs + slopMs,
      );
      return index < 0 ? NOTHING : { kind: 'phase', index };
    }
    if (y >= this.headPx + shown.bodyPx) return NOTHING;
    const bar = barAt(layout, time, y - this.headPx + this.#elements.scroller.scrollTop, slopMs);
    return bar < 0 ? NOTHING : { kind: 'bar', row: layout.bars.row[bar]! };
  }

  #ticks(view: TimeView): Tick[] {
    const count = Math.max(2, Math.floor(view.widthPx / 90));
    const { layout, clock } = this.#shown!;
    if (!clock) return relativeTimeTicks(view.fromMs, view.toMs, count);
    const { originMs } = layout.data;
    return clockTicks(originMs, view.fromMs, view.toMs, count, -new Date(originMs).getTimezoneOffset());
  }

  /** Paints everything now: what the bench times. Returns milliseconds. */
  paintNow(): number {
    const started = performance.now();
    this.#paint(WINDOW);
    return performance.now() - started;
  }

  #paint(dirty: number): void {
    const shown = this.#shown;
    if (shown === null) return;
    const started = performance.now();
    const view = this.view;
    const ticks = this.#ticks(view);
    if ((dirty & MINIMAP) !== 0) this.#paintMinimap(shown);
    if ((dirty & (HEAD | MINIMAP)) !== 0) this.#placeWindow(shown, view);
    if ((dirty & HEAD) !== 0) this.#paintHead(shown, view, ticks);
    if ((dirty & BODY) !== 0) this.#paintBody(shown, view, ticks, started);
    if ((dirty & STRIPS) !== 0) this.#paintStrips(shown, view, ticks);
    if ((dirty & OVERLAY) !== 0) this.#paintOverlay(shown, view);
  }

  #paintMinimap(shown: Shown): void {
    const { palette, layout, gutterPx } = shown;
    const { data } = layout;
    const painter = this.#minimap.begin(this.#ratio, palette.surface);
    const view = { ...data.bounds, widthPx: this.view.widthPx };
    painter.group(gutterPx, 4);
    drawSilhouette(
      painter,
      data.running,
      view,
      MINIMAP_PX - 4,
      Math.max(1, data.running.maxCount),
      palette.density,
      0.8,
    );
    painter.ungroup();
    for (let bar = 0; bar < layout.bars.count; bar++) {
      if ((layout.bars.look[bar]! & LOOK_FAILED) === 0) continue;
      painter.fillRect(
        gutterPx + timeToPx(view, layout.bars.startMs[bar]!) - 1,
        0,
        2,
        MINIMAP_PX,
        palette.outcome.failed,
      );
    }
  }

  #placeWindow(shown: Shown, view: TimeView): void {
    const { style } = this.#elements.window;
    const whole = { ...this.bounds, widthPx: view.widthPx };
    const left = timeToPx(whole, view.fromMs);
    style.left = `${shown.gutterPx + left}px`;
    style.width = `${Math.max(4, timeToPx(whole, view.toMs) - left)}px`;
  }

  #paintHead(shown: Shown, view: TimeView, ticks: readonly Tick[]): void {
    const { palette, layout, gutterPx } = shown;
    const painter = this.#head.begin(this.#ratio, palette.background);
    if (gutterPx > 0) {
      drawHeadNames(painter, layout, gutterPx, shown.clock ? 'local' : sinceStartName(view.toMs), palette);
    }
    painter.group(gutterPx, 0);
    painter.clip(0, 0, view.widthPx, this.headPx);
    drawGrid(painter, ticks, view, AXIS_PX, this.headPx - AXIS_PX, palette);
    drawAxis(painter, ticks, view, palette);
    painter.group(0, AXIS_PX);
    drawPhases(painter, layout.data, view, palette);
    painter.group(0, layout.data.phaseLanes * PHASE_PX);
    drawDensity(painter, layout, view, palette);
    painter.ungroup();
    painter.ungroup();
    painter.unclip();
    painter.line(0, this.headPx - 0.5, view.widthPx, this.headPx - 0.5, palette.lineStrong);
    painter.ungroup();
  }

  #paintBody(shown: Shown, view: TimeView, ticks: readonly Tick[], started: number): void {
    const { palette, layout, gutterPx, bodyPx, match, chain } = shown;
    const scroll = this.#elements.scroller.scrollTop;
    const painter = this.#body.begin(this.#ratio, palette.background);
    if (gutterPx > 0) drawSections(painter, layout, gutterPx, view.widthPx, scroll, bodyPx, palette);
    painter.group(gutterPx, 0);
    painter.clip(0, 0, view.widthPx, bodyPx);
    drawGrid(painter, ticks, view, 0, bodyPx, palette);
    const drawn = drawBars(
      painter,
      layout,
      view,
      scroll,
      bodyPx,
      { palette, match, chain, labels: true },
      this.#buffers,
    );
    if (gutterPx === 0) drawSectionsInside(painter, layout, view.widthPx, scroll, bodyPx, palette);
    painter.unclip();
    painter.ungroup();
    this.lastFrame = { ...drawn, ms: performance.now() - started };
  }

  #paintStrips(shown: Shown, view: TimeView, ticks: readonly Tick[]): void {
    const { palette, strips, gutterPx } = shown;
    const painter = this.#strips.begin(this.#ratio, palette.background);
    painter.group(gutterPx, 0);
    drawGrid(painter, ticks, view, 0, this.stripsPx, palette);
    painter.ungroup();
    for (const [i, entries] of strips.entries()) {
      painter.group(0, i * (STRIP_PX + STRIP_GAP));
      painter.line(0, 0.5, gutterPx + view.widthPx, 0.5, palette.line);
      const first = entries[0];
      if (first !== undefined && gutterPx >= 40) {
        // The axis of the first series; those of the others are on their names.
        for (const value of [first.top, first.bottom]) {
          const y = valueToPx(first, value, STRIP_PX) + (value === first.top ? 0 : -5);
          const label = value === 0 ? '0' : formatQuantity(value, first.series.unit);
          painter.text(gutterPx - 8, y, label, { sizePx: 9.5, colour: first.colour, align: 'right' });
        }
      }
      painter.group(gutterPx, 0);
      painter.clip(0, 0, view.widthPx, STRIP_PX);
      drawStrip(painter, entries, view, STRIP_PX, palette, false);
      painter.unclip();
      painter.ungroup();
      painter.ungroup();
    }
  }

  #paintOverlay(shown: Shown, view: TimeView): void {
    const { palette, layout, gutterPx, bodyPx } = shown;
    const painter = this.#overlay.begin(this.#ratio);
    const height = this.headPx + bodyPx + this.stripsPx;
    const scroll = this.#elements.scroller.scrollTop;

    painter.group(gutterPx, 0);
    painter.clip(0, 0, view.widthPx, height);
    if (shown.area !== null) {
      const x0 = timeToPx(view, shown.area.fromMs);
      const x1 = timeToPx(view, shown.area.toMs);
      painter.fillRect(x0, AXIS_PX, x1 - x0, height - AXIS_PX, palette.accent, 0.12);
      painter.line(x0, 0, x0, height, palette.accent);
      painter.line(x1, 0, x1, height, palette.accent);
      this.#plate(
        (x0 + x1) / 2,
        AXIS_PX / 2 - 1,
        formatDuration(shown.area.toMs - shown.area.fromMs),
        palette.accent,
        view.widthPx,
      );
    }
    if (shown.measure !== null) {
      const x0 = timeToPx(view, shown.measure.fromMs);
      const x1 = timeToPx(view, shown.measure.toMs);
      const y = this.headPx + 10;
      painter.line(x0, AXIS_PX, x0, this.headPx + bodyPx, palette.ink);
      painter.line(x1, AXIS_PX, x1, this.headPx + bodyPx, palette.ink);
      painter.line(x0, y, x1, y, palette.ink);
      const length = Math.abs(shown.measure.toMs - shown.measure.fromMs);
      this.#plate((x0 + x1) / 2, y, formatDuration(length), palette.ink, view.widthPx);
    }
    painter.clip(0, this.headPx, view.widthPx, bodyPx);
    const outline = (row: number | null, colour: string, lineWidth: number): void => {
      const bar = row === null ? -1 : (layout.barOfRow[row] ?? -1);
      if (bar < 0) return;
      const y = layout.laneYPx[laneOfBar(layout, bar)]! - scroll + this.headPx;
      const x0 = Math.max(-4, timeToPx(view, layout.bars.startMs[bar]!));
      const x1 = Math.min(view.widthPx + 4, timeToPx(view, layout.bars.endMs[bar]!));
      const inset = lineWidth / 2;
      const width = Math.max(3, Math.round(x1) - Math.round(x0) - 1);
      painter.strokeRect(
        Math.round(x0) - inset,
        y - inset,
        width + lineWidth,
        layout.barPx + lineWidth,
        colour,
        lineWidth,
      );
    };
    if (this.#beat) this.#paintBeat(shown, view, scroll);
    const pointer = this.#pointer;
    const under = pointer === null ? NOTHING : this.hit(pointer.x, pointer.y);
    if (under.kind === 'bar') outline(under.row, palette.ink, 1);
    outline(shown.cursorRow, palette.accent, 2);
    outline(shown.selectedRow, palette.ink, 2);
    painter.unclip();

    const x = this.#pointerPx();
    if (x !== null) {
      const at = Math.round(x) + 0.5;
      painter.line(at, AXIS_PX - 4, at, height, palette.inkMuted);
      this.#readings(shown, view, x, at);
      if (layout.hidden !== null) {
        const count = countAt(layout.hidden.steps, pxToTime(view, x));
        const y = AXIS_PX + layout.data.phaseLanes * PHASE_PX + DENSITY_PX / 2;
        this.#plate(at + 16, y, formatCount(count), palette.inkMuted, view.widthPx);
      }
      const time = pxToTime(view, x);
      const step = timeStep(view.toMs - view.fromMs, view.widthPx);
      const label = shown.clock
        ? new Date(layout.data.originMs + time).toLocaleTimeString(undefined, { hour12: false })
        : formatSinceStart(time, Math.min(1000, step));
      this.#plate(at, AXIS_PX / 2 - 1, label, palette.ink, view.widthPx);
    }
    painter.unclip();
    painter.ungroup();
  }

  /** A glow at the growing ends of what runs. */
  #paintBeat(shown: Shown, view: TimeView, scroll: number): void {
    const { layout, palette, bodyPx } = shown;
    for (let lane = 0; lane < layout.laneCount; lane++) {
      const bar = layout.laneFirst[lane + 1]! - 1;
      // What runs is the last of its lane: nothing starts after its end, which is now.
      if ((layout.bars.look[bar]! & LOOK_RUNNING) === 0) continue;
      const y = layout.laneYPx[lane]! - scroll;
      if (y + layout.lanePx < 0 || y > bodyPx) continue;
      const x = Math.min(view.widthPx, timeToPx(view, layout.bars.endMs[bar]!));
      const colour = palette.outcome.running;
      this.#overlay.painter.fillRect(x - 12, y + this.headPx, 12, layout.barPx, colour, 0.45);
    }
  }

  /** A label on a plate, its middle at x, kept inside. */
  #plate(x: CssPx, y: CssPx, text: string, colour: string, widthPx: CssPx): void {
    const { palette } = this.#shown!;
    const { painter } = this.#overlay;
    const width = painter.textWidth(text, { sizePx: 11 }) + 8;
    const left = Math.min(Math.max(0, x - width / 2), Math.max(0, widthPx - width));
    painter.fillRect(left, y - 8, width, 16, colour);
    painter.text(left + 4, y + 0.5, text, { sizePx: 11, colour: palette.background });
  }

  /** Values of the strips at the crosshair, beside it, each in its colour, with a dot where it was measured. */
  #readings(shown: Shown, view: TimeView, x: CssPx, at: CssPx): void {
    const { palette } = shown;
    const { painter } = this.#overlay;
    const time = pxToTime(view, x);
    for (const [i, entries] of shown.strips.entries()) {
      const top = this.headPx + shown.bodyPx + i * (STRIP_PX + STRIP_GAP);
      const lines = entries.map((entry) => {
        const reading = readingAt(entry.series, time);
        const text = reading === null ? '–' : formatQuantity(reading.value, entry.series.unit);
        return { text, colour: entry.colour, entry, reading };
      });
      const width = Math.max(0, ...lines.map((l) => painter.textWidth(l.text, { sizePx: 10.5 }))) + 8;
      const right = at + 6 + width < view.widthPx;
      const left = right ? at + 6 : at - 6 - width;
      for (const [k, line] of lines.entries()) {
        if (line.reading !== null) {
          const y = top + valueToPx(line.entry, line.reading.value, STRIP_PX);
          painter.fillRect(timeToPx(view, line.reading.timeMs) - 2, y - 2, 4, 4, line.colour);
        }
        const y = top + 20 + k * 13;
        painter.fillRect(left, y - 6.5, width, 13, palette.background, 0.88);
        painter.text(left + 4, y + 0.5, line.text, { sizePx: 10.5, colour: line.colour });
      }
    }
  }
}

export function headHeight(layout: ChartLayout): CssPx {
  return AXIS_PX + layout.data.phaseLanes * PHASE_PX + (layout.hidden === null ? 0 : DENSITY_PX) + 2;
}
