/** What hands do on the chart: pointer and wheel, as plain events on the stage. `GESTURES` says it to people, this file does it. */
import { AXIS_PX } from '../../../../chart/draw.ts';
import type { CssPx, TimeBounds } from '../../../../chart/viewport.ts';
import type { ChartScene, Target } from './scene.ts';

export const MODES = ['pan', 'select', 'measure'] as const;
export type Mode = (typeof MODES)[number];

/** For the help of the chart. */
export const GESTURES: readonly (readonly [string, string])[] = [
  ['wheel', 'zoom around the cursor; where the lanes do not fit: scroll them'],
  ['Ctrl wheel, wheel over axis or strips', 'zoom, always'],
  ['drag', 'move'],
  ['drag on the axis, Shift drag', 'select a time: its totals'],
  ['click', 'pin a run with all its numbers'],
  ['Shift click on a second bar', 'measure between the two'],
  ['double click', 'zoom to the bar; beside bars: the whole build'],
  ['two fingers', 'zoom'],
  ['arrows, Enter', 'from bar to bar, pin it, zoom to it (chart focused)'],
  ['w s  a d', 'zoom, move'],
  ['f  0', 'fit the selection, the whole build'],
  ['r  m', 'select a time, measure'],
  ['.  ,', 'next, previous run on the lane'],
  ['/  Enter  Shift Enter', 'find, next, previous match'],
  ['k  [  ]', 'longest chain, what we waited for; step along it'],
  ['t', 'the same as a table'],
  ['y', 'copy a link to this view'],
];

export interface GestureListeners {
  readonly mode: () => Mode;
  readonly onHover: (target: Target, x: CssPx, y: CssPx) => void;
  readonly onClick: (target: Target, shift: boolean) => void;
  readonly onDoubleClick: (target: Target) => void;
  readonly onArea: (area: TimeBounds | null, done: boolean) => void;
  readonly onMeasure: (range: TimeBounds | null) => void;
}

/** Less than this between down and up is a click with a shaking hand. */
const DRAG_PX_MIN = 4;
/** A turn of the wheel that began elsewhere (scrolling the page) does not start to zoom because the chart came under the cursor. */
const WHEEL_PAUSE_MS = 250;
const FINGER_SLOP_PX = 14;
const DOUBLE_MS = 400;

export function listenForGestures(
  stage: HTMLElement,
  scroller: HTMLElement,
  scene: ChartScene,
  listeners: GestureListeners,
): () => void {
  const pointers = new Map<number, { x: CssPx; y: CssPx }>();
  let drag: {
    x: CssPx;
    y: CssPx;
    startX: CssPx;
    startY: CssPx;
    kind: 'pan' | 'area' | 'measure';
    moved: boolean;
  } | null = null;
  let pinch: { distance: CssPx; middle: CssPx } | null = null;
  let lastWheel = { at: 0, ours: false };
  // Not the browser's `dblclick`: the first click opens the drawer, the picture moves, and the second would mean another bar.
  let lastClick: { at: number; x: CssPx; y: CssPx; target: Target } | null = null;

  const place = (event: { clientX: number; clientY: number }): { x: CssPx; y: CssPx } => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const gutterPx = (): CssPx => scene.gutterPx;
  const fits = (): boolean => scroller.scrollHeight <= scroller.clientHeight + 1;
  const overLanes = (y: CssPx): boolean => y >= scene.headPx && y < scene.headPx + scroller.clientHeight;

  const onWheel = (event: WheelEvent): void => {
    const { x, y } = place(event);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const dx = event.deltaX * unit;
    const dy = event.deltaY * unit;
    const now = event.timeStamp;
    const continues = now - lastWheel.at < WHEEL_PAUSE_MS;
    const scrolls = overLanes(y) && !fits() && !event.ctrlKey && !event.metaKey;
    const sideways = Math.abs(dx) > Math.abs(dy) || (event.shiftKey && fits());
    let ours = !(continues && !lastWheel.ours);
    if (scrolls && !sideways && !event.shiftKey) ours = false;
    // Nothing left to zoom out: the page may scroll.
    if (!sideways && !event.ctrlKey && scene.whole && dy > 0) ours = false;
    lastWheel = { at: now, ours };
    if (!ours) return;
    event.preventDefault();
    if (event.shiftKey && overLanes(y) && !fits()) scroller.scrollTop += dy !== 0 ? dy : dx;
    else if (sideways) scene.pan(dx !== 0 ? dx : dy);
    else {
      const speed = event.ctrlKey ? 0.01 : 0.0022;
      scene.zoom(Math.exp(Math.max(-120, Math.min(120, dy)) * speed), x - gutterPx());
    }
  };
  const onWheelElsewhere = (event: WheelEvent): void => {
    if (event.target instanceof Node && stage.contains(event.target)) return;
    lastWheel = { at: event.timeStamp, ours: false };
  };

  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button, a, input') !== null))
      return;
    const at = place(event);
    // The scrollbar of the lanes is not the chart.
    if (overLanes(at.y) && at.x > scroller.clientWidth) return;
    pointers.set(event.pointerId, at);
    if (pointers.size === 2) {
      pinch = spread(pointers);
      drag = null;
      return;
    }
    const mode = listeners.mode();
    const kind =
      mode === 'measure' ? 'measure' : mode === 'select' || event.shiftKey || at.y < AXIS_PX ? 'area' : 'pan';
    drag = { ...at, startX: at.x, startY: at.y, kind, moved: false };
  };

  const onMove = (event: PointerEvent): void => {
    const at = place(event);
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, at);
    if (pinch !== null && pointers.size === 2) {
      const next = spread(pointers);
      scene.zoom(pinch.distance / next.distance, next.middle - gutterPx());
      scene.pan(pinch.middle - next.middle);
      pinch = next;
      return;
    }
    if (drag === null || !pointers.has(event.pointerId)) {
      if (event.pointerType !== 'touch') listeners.onHover(scene.point(at), at.x, at.y);
      return;
    }
    if (!drag.moved) {
      if (Math.hypot(at.x - drag.startX, at.y - drag.startY) < DRAG_PX_MIN) return;
      drag.moved = true;
      stage.setPointerCapture(event.pointerId);
      listeners.onHover({ kind: 'nothing' }, at.x, at.y);
    }
    if (drag.kind === 'pan') {
      scene.pan(drag.x - at.x);
      if (event.pointerType !== 'touch') scroller.scrollTop -= at.y - drag.y;
      scene.point(null);
    } else {
      const a = scene.timeAt(drag.startX);
      const b = scene.timeAt(at.x);
      const range = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
      if (drag.kind === 'area') listeners.onArea(range, false);
      else listeners.onMeasure(range);
      scene.point(at);
    }
    drag.x = at.x;
    drag.y = at.y;
  };

  const onUp = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId)) return;
    if (pinch !== null) {
      if (pointers.size < 2) pinch = null;
      return;
    }
    const ended = drag;
    drag = null;
    if (ended === null) return;
    const at = place(event);
    if (!ended.moved) {
      const double =
        lastClick !== null &&
        event.timeStamp - lastClick.at < DOUBLE_MS &&
        Math.hypot(at.x - lastClick.x, at.y - lastClick.y) < FINGER_SLOP_PX;
      if (lastClick !== null && double) {
        listeners.onDoubleClick(lastClick.target);
        lastClick = null;
        return;
      }
      const target = scene.hit(at.x, at.y, event.pointerType === 'touch' ? FINGER_SLOP_PX : undefined);
      lastClick = { at: event.timeStamp, x: at.x, y: at.y, target };
      listeners.onClick(target, event.shiftKey);
      return;
    }
    if (ended.kind === 'area') {
      const a = scene.timeAt(ended.startX);
      const b = scene.timeAt(at.x);
      listeners.onArea({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }, true);
    }
  };
  const onCancel = (event: PointerEvent): void => {
    pointers.delete(event.pointerId);
    drag = null;
    if (pointers.size < 2) pinch = null;
  };
  const onLeave = (): void => {
    scene.point(null);
    listeners.onHover({ kind: 'nothing' }, 0, 0);
  };
  const abort = new AbortController();
  const { signal } = abort;
  stage.addEventListener('wheel', onWheel, { passive: false, signal });
  window.addEventListener('wheel', onWheelElsewhere, { passive: true, capture: true, signal });
  stage.addEventListener('pointerdown', onDown, { signal });
  stage.addEventListener('pointermove', onMove, { signal });
  stage.addEventListener('pointerup', onUp, { signal });
  stage.addEventListener('pointercancel', onCancel, { signal });
  stage.addEventListener('pointerleave', onLeave, { signal });
  return () => abort.abort();
}

/** Fingers closer than this would zoom by leaps. */
const FINGERS_PX_MIN = 20;

/** How far apart two fingers are across the picture, and where their middle is. */
function spread(pointers: ReadonlyMap<number, { readonly x: CssPx }>): { distance: CssPx; middle: CssPx } {
  const xs = [...pointers.values()].map((pointer) => pointer.x);
  const left = Math.min(...xs);
  const right = Math.max(...xs);
  return { distance: Math.max(FINGERS_PX_MIN, right - left), middle: (left + right) / 2 };
}

/** The window on the minimap: drag it, drag its edges, press beside it to bring it there. */
export function listenOnMinimap(strip: HTMLElement, scene: ChartScene): () => void {
  let drag: { kind: 'move' | 'from' | 'to'; x: CssPx; fromMs: number; toMs: number } | null = null;
  const EDGE_PX = 7;
  const timeAt = (x: CssPx): number => {
    const { fromMs, toMs } = scene.bounds;
    return fromMs + ((x - scene.gutterPx) * (toMs - fromMs)) / scene.view.widthPx;
  };
  const pxAt = (time: number): CssPx => {
    const { fromMs, toMs } = scene.bounds;
    return scene.gutterPx + ((time - fromMs) * scene.view.widthPx) / (toMs - fromMs);
  };
  const where = (event: MouseEvent): CssPx => event.clientX - strip.getBoundingClientRect().left;
  const kindAt = (x: CssPx): 'move' | 'from' | 'to' | 'beside' => {
    const from = pxAt(scene.range.fromMs);
    const to = pxAt(scene.range.toMs);
    if (Math.abs(x - from) <= EDGE_PX && x < (from + to) / 2) return 'from';
    if (Math.abs(x - to) <= EDGE_PX) return 'to';
    return x > from && x < to ? 'move' : 'beside';
  };
  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const x = where(event);
    let kind = kindAt(x);
    if (kind === 'move' && scene.whole) kind = 'beside';
    const { fromMs, toMs } = scene.range;
    if (kind === 'beside') {
      // With the whole build in the window there is nothing to move: a drag draws a new window.
      if (scene.whole) drag = { kind: 'to', x, fromMs: timeAt(x), toMs: timeAt(x) };
      else {
        const half = (toMs - fromMs) / 2;
        scene.moveTo({ fromMs: timeAt(x) - half, toMs: timeAt(x) + half });
        drag = { kind: 'move', x, ...scene.range };
      }
    } else drag = { kind, x, fromMs, toMs };
    strip.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const onMove = (event: PointerEvent): void => {
    const x = where(event);
    if (drag === null) {
      const kind = kindAt(x);
      strip.style.cursor =
        kind === 'from' || kind === 'to' ? 'ew-resize' : kind === 'move' && !scene.whole ? 'grab' : 'crosshair';
      return;
    }
    const moved = timeAt(x) - timeAt(drag.x);
    if (Math.abs(x - drag.x) < 2) return;
    const from = drag.kind === 'to' ? drag.fromMs : drag.fromMs + moved;
    const to = drag.kind === 'from' ? drag.toMs : drag.toMs + moved;
    scene.moveTo({ fromMs: Math.min(from, to), toMs: Math.max(from, to) });
  };
  const onUp = (): void => {
    drag = null;
  };
  const onWheel = (event: WheelEvent): void => {
    if (scene.whole && event.deltaY > 0) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    scene.zoom(
      Math.exp(event.deltaY * unit * 0.0022),
      ((timeAt(where(event)) - scene.range.fromMs) * scene.view.widthPx) / (scene.range.toMs - scene.range.fromMs),
    );
  };
  const abort = new AbortController();
  const { signal } = abort;
  strip.addEventListener('pointerdown', onDown, { signal });
  strip.addEventListener('pointermove', onMove, { signal });
  strip.addEventListener('pointerup', onUp, { signal });
  strip.addEventListener('pointercancel', onUp, { signal });
  strip.addEventListener('dblclick', () => scene.fit(), { signal });
  strip.addEventListener('wheel', onWheel, { passive: false, signal });
  return () => abort.abort();
}
