/** The trend on a canvas: under the pointer a build is told, a click picks it. The keys are the page's. */
import { useElementSize } from '@mantine/hooks';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Palette } from '../../../chart/palette.ts';
import { drawQaTrend, qaTrendBuildAt } from '../../../chart/qa-trend.ts';
import { Surface } from '../../paint/surface.ts';
import styles from './QA.module.css';
import { describeBuild, type QaTrend } from './qa-tables.ts';

export const TREND_PX = 150;

export interface QaTrendStageProps {
  readonly trend: QaTrend;
  readonly palette: Palette;
  readonly label: string;
  readonly onPick: (build: string) => void;
}

export function QaTrendStage({ trend, palette, label, onPick }: QaTrendStageProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  const [at, setAt] = useState(-1);
  const size = { widthPx: width, heightPx: TREND_PX };

  useLayoutEffect(() => {
    if (canvas.current === null || width < 50) return;
    surface.current ??= new Surface(canvas.current);
    const ratio = window.devicePixelRatio || 1;
    surface.current.resize(width, TREND_PX, ratio);
    drawQaTrend(surface.current.begin(ratio), trend.input, { widthPx: width, heightPx: TREND_PX }, palette);
  }, [trend, palette, width]);

  const buildAt = (event: React.MouseEvent): number =>
    qaTrendBuildAt(trend.input, size, event.clientX - event.currentTarget.getBoundingClientRect().left);
  const told = at >= 0 ? at : trend.input.cursor;
  return (
    <div ref={ref} className={styles.stage}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        style={{ height: TREND_PX }}
        onMouseMove={(event) => setAt(buildAt(event))}
        onMouseLeave={() => setAt(-1)}
        onClick={(event) => {
          const build = trend.builds[buildAt(event)];
          if (build !== undefined) onPick(build.build);
        }}
      />
      <div className={`muted ${styles.told}`} aria-live="polite">
        {told < 0 ? '\u00a0' : describeBuild(trend, told)}
      </div>
    </div>
  );
}
