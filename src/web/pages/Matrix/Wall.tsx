/** For a screen on the wall: nothing but the matrix, as large as there is room, by itself up to date. */
import { useElementSize } from '@mantine/hooks';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { drawMatrix, layoutMatrix, type MatrixInput } from '../../../chart/matrix.ts';
import type { Palette } from '../../../chart/palette.ts';
import { plural } from '../../../model/format.ts';
import { Surface } from '../../paint/surface.ts';
import styles from './Matrix.module.css';

/** How long a page of rows stays, where not all have room: long enough to read forty cells. */
const PAGE_MS = 15_000;

interface LockedScreen {
  release(): Promise<void>;
}

/** Browsers that can, keep the screen on. */
function useScreenOn(): void {
  useEffect(() => {
    const lock = (navigator as { wakeLock?: { request(kind: 'screen'): Promise<LockedScreen> } }).wakeLock;
    let held: LockedScreen | null = null;
    let over = false;
    lock?.request('screen').then(
      (got) => {
        held = got;
        if (over) void got.release();
      },
      () => {},
    );
    return () => {
      over = true;
      void held?.release();
    };
  }, []);
}

export function Wall({
  input,
  palette,
  title,
  nowMs,
  problem,
  onLeave,
}: {
  input: MatrixInput;
  palette: Palette;
  title: string;
  nowMs: number;
  /** Why what is on the wall may be old; null: it is not. */
  problem: string | null;
  onLeave: () => void;
}) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | null>(null);
  useScreenOn();
  const whole = layoutMatrix(input, { widthPx: Math.max(1, width), heightPx: Math.max(1, height), palette });
  const pages = Math.max(1, Math.ceil(input.rows.length / whole.rows));
  const page = Math.floor(nowMs / PAGE_MS) % pages;
  const failing = input.marks.filter(({ outcome }) => outcome === 'failed').length;
  useLayoutEffect(() => {
    if (canvas.current === null || width < 50 || height < 50) return;
    surface.current ??= new Surface(canvas.current);
    const ratio = window.devicePixelRatio || 1;
    surface.current.resize(width, height, ratio);
    const first = page * whole.rows;
    const shown: MatrixInput = {
      rows: input.rows.slice(first, first + whole.rows),
      columns: input.columns,
      marks: input.marks
        .filter(({ row }) => row >= first && row < first + whole.rows)
        .map((mark) => ({ ...mark, row: mark.row - first })),
    };
    drawMatrix(surface.current.begin(ratio), layoutMatrix(shown, { widthPx: width, heightPx: height, palette }));
  }, [input, palette, width, height, page, whole.rows]);
  const clock = new Date(nowMs);
  const hidden = input.columns.length - whole.columns;
  return (
    <div className={styles.wall} role="region" aria-label={`${title}, for the wall`}>
      <div className={styles.wallHead}>
        <strong>{title}</strong>
        <span className={failing > 0 ? 'bad' : 'ok'}>
          {failing > 0 ? `✗ ${failing} of ${plural(input.marks.length, 'place')} failing` : '✓ nothing fails'}
        </span>
        {pages > 1 ? (
          <span className="muted">
            rows {page + 1} of {pages}
          </span>
        ) : null}
        {hidden > 0 ? <span className="muted">{plural(hidden, 'column')} without room</span> : null}
        <span className="grow" />
        {problem === null ? null : (
          <span className="bad" role="alert">
            {problem}
          </span>
        )}
        <span>
          {String(clock.getHours()).padStart(2, '0')}:{String(clock.getMinutes()).padStart(2, '0')}
        </span>
        <button type="button" className="btn plain" onClick={onLeave} title="Leave the wall (Esc)">
          ✕<span className="hidden-text">Leave the wall</span>
        </button>
      </div>
      <div className={styles.wallRoom} ref={ref}>
        <canvas ref={canvas} role="img" aria-label={`${title}: ${plural(failing, 'place')} failing`} />
      </div>
    </div>
  );
}
