/** The picture and the hands on it: wheel and drag move in time, Ctrl and two fingers zoom, a click opens the build. */
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { WaterfallResult } from '../../../api/contract.ts';
import type { Palette } from '../../../chart/palette.ts';
import type { TimeBounds } from '../../../chart/viewport.ts';
import {
  drawWaterfall,
  drawWaterfallOverview,
  layoutWaterfall,
  timeOfY,
  WATERFALL_AXIS_PX,
  WATERFALL_HEAD_PX,
  waterfallBarAt,
  waterfallCellAt,
} from '../../../chart/waterfall.ts';
import { formatUtc, plural } from '../../../model/format.ts';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { formatWhen } from '../../format/time.ts';
import { Surface } from '../../paint/surface.ts';
import { coveredTime, zoomTime } from './time-on-screen.ts';
import styles from './Waterfall.module.css';
import { durationText, type WaterfallBuild, type WaterfallPicture } from './waterfall-picture.ts';

const COLUMN_PX_MIN = 92;
const COLUMN_PX_MAX = 300;
const OVERVIEW_PX = 40;
/** Less than this between down and up is a click with a shaking hand. */
const DRAG_PX_MIN = 4;

export interface StageProps {
  readonly picture: WaterfallPicture;
  readonly overview: WaterfallResult;
  readonly view: TimeBounds;
  readonly nowMs: number;
  readonly upwards: boolean;
  readonly palette: Palette;
  readonly cursor: number;
  readonly label: string;
  readonly onView: (view: TimeBounds) => void;
  readonly onOpen: (build: WaterfallBuild, apart: boolean) => void;
  readonly onColumn: (value: string | null) => void;
  readonly onCursor: (bar: number) => void;
}

interface Tip {
  readonly x: number;
  readonly y: number;
  readonly bar: number;
  readonly cell: number;
}

export function columnWidth(plotPx: number, columns: number): number {
  return Math.min(COLUMN_PX_MAX, Math.max(COLUMN_PX_MIN, Math.floor(plotPx / Math.max(1, columns))));
}

export function WaterfallStage(props: StageProps) {
  const { picture, overview, view, nowMs, upwards, palette, cursor } = props;
  const { ref: sizeRef, width, height } = useElementSize<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const strip = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  const [scrollPx, setScroll] = useState(0);
  const [tip, setTip] = useState<Tip | null>(null);
  const heightPx = Math.max(0, height - WATERFALL_HEAD_PX - 2);
  const plotPx = Math.max(0, width - WATERFALL_AXIS_PX);
  const columnPx = columnWidth(plotPx, picture.values.length);
  const layout = useMemo(
    () => layoutWaterfall(picture.input, { view, heightPx: Math.max(1, heightPx), columnPx, nowMs, upwards }),
    [picture.input, view, heightPx, columnPx, nowMs, upwards],
  );
  const zoneMinutes = -new Date(view.toMs).getTimezoneOffset();

  useLayoutEffect(() => {
    if (canvas.current === null || width < 50 || heightPx < 50) return;
    surface.current ??= new Surface(canvas.current);
    const ratio = window.devicePixelRatio || 1;
    surface.current.resize(width, heightPx + WATERFALL_HEAD_PX, ratio);
    const painter = surface.current.begin(ratio);
    drawWaterfall(painter, layout, { palette, zoneMinutes, cursor, scrollPx, widthPx: width });
  }, [layout, palette, zoneMinutes, cursor, scrollPx, width, heightPx]);

  // The column of the cursor comes into sight.
  const cursorColumn = picture.input.bars[cursor]?.column;
  useEffect(() => {
    const element = scroller.current;
    if (element === null || cursorColumn === undefined) return;
    const left = cursorColumn * columnPx;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (left + columnPx > element.scrollLeft + plotPx) element.scrollLeft = left + columnPx - plotPx;
  }, [cursorColumn, columnPx, plotPx]);

  const latest = useRef({ props, layout, heightPx });
  useLayoutEffect(() => {
    latest.current = { props, layout, heightPx };
  });

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const shareAt = (y: number): number => {
      const { heightPx: h, props: now } = latest.current;
      const share = Math.min(1, Math.max(0, y / h));
      return now.upwards ? 1 - share : share;
    };
    const move = (px: number): void => {
      const { props: now, heightPx: h } = latest.current;
      const by = ((now.view.toMs - now.view.fromMs) * px) / h;
      const signed = now.upwards ? -by : by;
      now.onView({ fromMs: now.view.fromMs + signed, toMs: now.view.toMs + signed });
    };
    const onWheel = (event: WheelEvent): void => {
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      // Sideways is the scroller's own.
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const dy = event.deltaY * unit;
      if (event.ctrlKey || event.metaKey) {
        const y = event.clientY - element.getBoundingClientRect().top - WATERFALL_HEAD_PX;
        const factor = Math.exp(Math.max(-120, Math.min(120, dy)) * 0.005);
        latest.current.props.onView(zoomTime(latest.current.props.view, factor, shareAt(y)));
      } else move(dy);
    };
    const pointers = new Map<number, { x: number; y: number }>();
    let start: { x: number; y: number; moved: boolean } | null = null;
    let apart = 0;
    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      const box = element.getBoundingClientRect();
      // The scrollbar is not the picture.
      if (event.clientY - box.top > element.clientHeight) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      start = pointers.size === 1 ? { x: event.clientX, y: event.clientY, moved: false } : null;
      apart = spread(pointers);
    };
    const onMove = (event: PointerEvent): void => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 2) {
        const next = spread(pointers);
        const middle = [...pointers.values()].reduce((sum, { y }) => sum + y / 2, 0);
        const y = middle - element.getBoundingClientRect().top - WATERFALL_HEAD_PX;
        if (apart > 0 && next > 0)
          latest.current.props.onView(zoomTime(latest.current.props.view, apart / next, shareAt(y)));
        apart = next;
        return;
      }
      if (start === null) return;
      if (!start.moved && Math.hypot(event.clientX - start.x, event.clientY - start.y) < DRAG_PX_MIN) return;
      if (!start.moved) {
        start.moved = true;
        element.setPointerCapture(event.pointerId);
        setTip(null);
      }
      element.scrollLeft -= event.clientX - before.x;
      move(before.y - event.clientY);
    };
    const onUp = (event: PointerEvent): void => {
      if (!pointers.delete(event.pointerId)) return;
      const clicked = start !== null && !start.moved && event.type === 'pointerup';
      start = null;
      if (clicked) click(event);
    };
    const click = (event: PointerEvent): void => {
      const { props: now, layout: shown } = latest.current;
      const at = placeIn(element, event);
      if (at.x < WATERFALL_AXIS_PX) return;
      if (at.y < 0) {
        const value = now.picture.values[Math.floor(at.plotX / shown.options.columnPx)];
        if (value !== undefined) now.onColumn(value);
        return;
      }
      const bar = waterfallBarAt(shown, at.plotX, at.y);
      const build = now.picture.builds[bar];
      if (build !== undefined) {
        now.onCursor(bar);
        now.onOpen(build, event.ctrlKey || event.metaKey);
        return;
      }
      const cell = now.picture.input.cells?.rows[waterfallCellAt(shown, at.plotX, at.y)];
      if (cell !== undefined) now.onView(zoomTime(now.view, 1 / 4, shareAt(at.y)));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('pointerdown', onDown);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onUp);
    return () => {
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onUp);
    };
  }, []);

  const hover = (event: React.PointerEvent<HTMLDivElement>): void => {
    if (event.pointerType === 'touch' || event.buttons !== 0) return;
    const at = placeIn(event.currentTarget, event);
    const bar = at.y < 0 || at.x < WATERFALL_AXIS_PX ? -1 : waterfallBarAt(layout, at.plotX, at.y);
    const cell = bar >= 0 || at.y < 0 || at.x < WATERFALL_AXIS_PX ? -1 : waterfallCellAt(layout, at.plotX, at.y);
    setTip(bar < 0 && cell < 0 ? null : { x: at.x, y: at.y + WATERFALL_HEAD_PX, bar, cell });
  };

  return (
    <div className={styles.stage}>
      <div className={styles.picture} ref={sizeRef}>
        <div
          ref={scroller}
          className={styles.scroller}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the picture work while it has the focus
          tabIndex={0}
          aria-label={props.label}
          onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
          onPointerMove={hover}
          onPointerLeave={() => setTip(null)}
          style={{ cursor: tip === null ? 'default' : 'pointer' }}
        >
          <div style={{ width: Math.max(width, WATERFALL_AXIS_PX + layout.widthPx), height: '100%' }}>
            <canvas ref={canvas} className={styles.canvas} />
          </div>
        </div>
        {tip === null ? null : (
          <TipBox tip={tip} width={width} height={height}>
            {tip.bar >= 0 ? (
              <BuildWords build={picture.builds[tip.bar]} nowMs={nowMs} />
            ) : (
              <CellWords picture={picture} cell={tip.cell} />
            )}
          </TipBox>
        )}
      </div>
      <Overview {...props} strip={strip} heightPx={height} overview={overview} />
    </div>
  );
}

function spread(pointers: ReadonlyMap<number, { x: number; y: number }>): number {
  const [a, b] = [...pointers.values()];
  return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
}

/** `y` from the top of the plot, `plotX` from the left of the first column. */
function placeIn(element: HTMLElement, event: { clientX: number; clientY: number }) {
  const box = element.getBoundingClientRect();
  const x = event.clientX - box.left;
  return { x, y: event.clientY - box.top - WATERFALL_HEAD_PX, plotX: x - WATERFALL_AXIS_PX + element.scrollLeft };
}

function TipBox({ tip, width, height, children }: { tip: Tip; width: number; height: number; children: ReactNode }) {
  const right = tip.x > width / 2;
  const below = tip.y > height / 2;
  return (
    <div
      className={styles.tip}
      style={{
        ...(right ? { right: width - tip.x + 12 } : { left: tip.x + 12 }),
        ...(below ? { bottom: height - tip.y + 8 } : { top: tip.y + 12 }),
      }}
    >
      {children}
    </div>
  );
}

function BuildWords({ build, nowMs }: { build: WaterfallBuild | undefined; nowMs: number }) {
  if (build === undefined) return null;
  return (
    <>
      <strong>{build.targets?.join(' ') ?? build.name}</strong>
      <span>
        <BuildOutcomeMark outcome={build.outcome} word />{' '}
        {build.firstFailure === null ? null : <span className="mono bad">{build.firstFailure}</span>}
        {build.failures > 1 ? ` and ${build.failures - 1} more` : ''}
      </span>
      <span>
        {[build.machine, build.distro, build.builder ?? build.hostName].filter((part) => part !== null).join(' · ')}
      </span>
      <span className="muted">
        {formatWhen(build.startedMs)} · {durationText(build, nowMs)}
        {build.usualMs === null || build.startedMs === null
          ? ''
          : ` · usually until ${formatWhen(build.startedMs + build.usualMs)}`}
      </span>
      <span className="muted">{formatUtc(build.startedMs)}</span>
    </>
  );
}

function CellWords({ picture, cell }: { picture: WaterfallPicture; cell: number }) {
  const { cells, columns } = picture.input;
  const row = cells?.rows[cell];
  if (cells === null || row === undefined) return null;
  return (
    <>
      <strong>{columns[row.column]?.label}</strong>
      <span>
        {plural(row.builds, 'build')}: {row.failed} failed
        {row.errors > 0 ? `, ${row.errors} with errors` : ''}, {row.succeeded} succeeded
      </span>
      <span className="muted">
        {formatWhen(row.startMs)} – {formatWhen(row.startMs + cells.stepMs)}
      </span>
      <span className="muted">click to come nearer</span>
    </>
  );
}

/** All the time there is; where one presses is what is shown. */
function Overview({
  overview,
  view,
  nowMs,
  upwards,
  palette,
  onView,
  strip,
  heightPx,
}: StageProps & { strip: React.RefObject<HTMLCanvasElement | null>; heightPx: number }) {
  const surface = useRef<Surface | null>(null);
  const covered = coveredTime(overview);
  const plotPx = Math.max(1, heightPx - WATERFALL_HEAD_PX - 2);
  const options = useMemo(() => {
    const from = Math.min(covered?.fromMs ?? view.fromMs, nowMs);
    const to = Math.max(covered?.toMs ?? view.toMs, nowMs);
    return {
      view: { fromMs: from, toMs: Math.max(to, from + 1) },
      heightPx: plotPx,
      columnPx: OVERVIEW_PX,
      nowMs,
      upwards,
    };
  }, [covered?.fromMs, covered?.toMs, view.fromMs, view.toMs, nowMs, plotPx, upwards]);
  useLayoutEffect(() => {
    if (strip.current === null || plotPx < 50) return;
    surface.current ??= new Surface(strip.current);
    const ratio = window.devicePixelRatio || 1;
    surface.current.resize(OVERVIEW_PX, plotPx, ratio);
    const cells = overview.cells;
    drawWaterfallOverview(
      surface.current.begin(ratio),
      cells === null ? null : { stepMs: cells.stepMs, rows: cells.rows.map((row) => ({ ...row, column: 0 })) },
      options,
      view,
      OVERVIEW_PX,
      palette,
    );
  }, [overview, options, view, palette, plotPx, strip]);
  const jump = (event: React.PointerEvent<HTMLCanvasElement>): void => {
    if (event.buttons === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
    const middle = timeOfY(options, Math.min(plotPx, Math.max(0, y)));
    const half = (view.toMs - view.fromMs) / 2;
    onView({ fromMs: middle - half, toMs: middle + half });
  };
  return (
    <canvas
      ref={strip}
      className={styles.overview}
      style={{ marginTop: WATERFALL_HEAD_PX }}
      role="img"
      aria-label="All the time that builds cover; press to go there. By keys: Page up, Page down, 0, n."
      onPointerDown={jump}
      onPointerMove={jump}
    />
  );
}
