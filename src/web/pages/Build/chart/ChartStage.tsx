/** The canvases, one below the other, and the scene that lives on them as long as they do. */
import { type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { ChartLayout } from '../../../../chart/layout.ts';
import type { Measure } from '../../../../chart/selection.ts';
import type { TimeBounds } from '../../../../chart/viewport.ts';
import css from './BootChart.module.css';
import { listenForGestures, listenOnMinimap, type Mode } from './gestures.ts';
import { ChartScene, type Shown, type Target } from './scene.ts';
import { placeTip, Tip } from './Tip.tsx';

export interface StageEvents {
  readonly onRange: (range: TimeBounds | null) => void;
  readonly onWidth: (widthPx: number) => void;
  readonly onClick: (target: Target, shift: boolean) => void;
  readonly onDoubleClick: (target: Target) => void;
  readonly onArea: (area: TimeBounds | null, done: boolean) => void;
  readonly onMeasure: (measure: Measure | null) => void;
}

export interface ChartStageProps {
  readonly scene: RefObject<ChartScene | null>;
  readonly shown: Shown;
  readonly range: TimeBounds | null;
  readonly whole: boolean;
  readonly mode: Mode;
  readonly stripsPx: number;
  readonly label: string;
  readonly events: StageEvents;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** What lies on the strips. */
  readonly stripHeads: ReactNode;
  /** What is said instead of lanes when there are none. */
  readonly instead: ReactNode;
}

export function ChartStage(props: ChartStageProps) {
  const { shown, range } = props;
  const stage = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const minimapBox = useRef<HTMLDivElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const windowBox = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLCanvasElement>(null);
  const body = useRef<HTMLCanvasElement>(null);
  const strips = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<Target>({ kind: 'nothing' });

  // The scene outlives renders; its listeners ask for the latest of these.
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });

  const sceneRef = props.scene;
  useLayoutEffect(() => {
    const elements = {
      stage: stage.current!,
      scroller: scroller.current!,
      minimap: minimap.current!,
      window: windowBox.current!,
      head: head.current!,
      body: body.current!,
      strips: strips.current!,
      overlay: overlay.current!,
    };
    const scene = new ChartScene(elements, { onRange: (moved) => latest.current.events.onRange(moved) });
    sceneRef.current = scene;
    // The bench and the browser tests time the scene itself; they set this before the page starts.
    if (Reflect.has(window, 'bakehouseMeasures')) Reflect.set(elements.stage, 'chartScene', scene);
    const resize = new ResizeObserver(() => {
      latest.current.events.onWidth(elements.stage.clientWidth);
      scene.resized();
    });
    resize.observe(elements.stage);
    latest.current.events.onWidth(elements.stage.clientWidth);
    const onScroll = (): void => scene.scrolled();
    elements.scroller.addEventListener('scroll', onScroll, { passive: true });
    const stopGestures = listenForGestures(elements.stage, elements.scroller, scene, {
      mode: () => latest.current.mode,
      onHover: (target, x, y) => {
        setHover((before) => (sameTarget(before, target) ? before : target));
        placeTip(tip.current, elements.stage, x, y);
      },
      onClick: (target, shift) => {
        // What it says is in the drawer from here on, or there is nothing there.
        setHover({ kind: 'nothing' });
        latest.current.events.onClick(target, shift);
      },
      onDoubleClick: (target) => latest.current.events.onDoubleClick(target),
      onArea: (area, done) => latest.current.events.onArea(area, done),
      onMeasure: (measured) =>
        latest.current.events.onMeasure(measured === null ? null : { ...measured, words: 'measured by hand' }),
    });
    const stopMinimap = listenOnMinimap(minimapBox.current!, scene);
    return () => {
      resize.disconnect();
      elements.scroller.removeEventListener('scroll', onScroll);
      stopGestures();
      stopMinimap();
      scene.dispose();
      sceneRef.current = null;
    };
  }, [sceneRef]);

  useLayoutEffect(() => {
    sceneRef.current?.show(shown);
  }, [sceneRef, shown]);

  // The address moved the window: a link, the back button.
  useLayoutEffect(() => {
    sceneRef.current?.adopt(range);
  }, [sceneRef, range]);

  const { layout, bodyPx } = shown;
  return (
    <>
      <div ref={minimapBox} className={css.minimap} aria-hidden="true">
        <canvas ref={minimap} />
        <div ref={windowBox} className={css.window} data-whole={props.whole} />
      </div>
      <div ref={stage} className={css.stage}>
        <canvas ref={head} className={css.canvas} role="img" aria-label="Time axis" />
        <div
          ref={scroller}
          className={css.scroller}
          style={{ height: bodyPx }}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the bars are reached from here by arrows
          tabIndex={0}
          aria-label={props.label}
          onKeyDown={props.onKeyDown}
        >
          <div className={css.sizer} style={{ height: Math.max(layout.heightPx, bodyPx) }}>
            <canvas ref={body} className={css.sticky} />
          </div>
        </div>
        <div className={css.strips} style={{ height: Math.max(1, props.stripsPx) }}>
          <canvas
            ref={strips}
            className={css.canvas}
            role="img"
            aria-label="Series under the chart; their values at a moment are read out with the cursor"
          />
          {props.stripHeads}
        </div>
        <canvas ref={overlay} className={css.overlay} role="img" aria-label="Cursor over the chart" />
        <div ref={tip} className={css.tip} data-shown={isShown(hover, layout)} role="presentation">
          {isShown(hover, layout) ? <Tip target={hover} layout={layout} /> : null}
        </div>
        {props.instead}
      </div>
    </>
  );
}

/** A build that is read anew may be shorter than what the pointer was on. */
function isShown(target: Target, layout: ChartLayout): boolean {
  return target.kind === 'bar' ? target.row < layout.barOfRow.length : target.kind !== 'nothing';
}

function sameTarget(a: Target, b: Target): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'bar' && b.kind === 'bar') return a.row === b.row;
  if (a.kind === 'phase' && b.kind === 'phase') return a.index === b.index;
  return true;
}
