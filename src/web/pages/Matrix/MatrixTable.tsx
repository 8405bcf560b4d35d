/** The matrix as elements: only the rows in sight exist, heads and first column stay in place, a cell is read aloud in a sentence. */
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import { BUILD_GLYPHS, buildColour } from '../../../chart/build-outcome.ts';
import { describeMark, type MatrixMark, markColour, markWords } from '../../../chart/matrix.ts';
import { inkOn, type Palette } from '../../../chart/palette.ts';
import styles from './Matrix.module.css';
import type { MatrixPicture } from './matrix-picture.ts';

const ROW_PX = 42;
const HEAD_PX = 32;
const CELL_PX_MIN = 96;
const CELL_PX_MAX = 190;

export interface MatrixCursor {
  readonly row: number;
  readonly column: number;
}

export function MatrixTable({
  picture,
  palette,
  label,
  corner,
  cursor,
  onOpen,
}: {
  picture: MatrixPicture;
  palette: Palette;
  label: string;
  corner: string;
  cursor: MatrixCursor | null;
  onOpen: (cursor: MatrixCursor) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { rows, columns } = picture.input;
  const longest = rows.reduce((most, text) => Math.max(most, text.length), corner.length);
  const sidePx = Math.round(Math.min(longest * 7.4 + 20, Math.max(110, width * 0.34)));
  const cellPx = Math.min(
    CELL_PX_MAX,
    Math.max(CELL_PX_MIN, Math.floor((width - sidePx - 14) / Math.max(1, columns.length))),
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    scrollPaddingStart: HEAD_PX,
  });
  useEffect(() => {
    const element = scroller.current;
    if (cursor === null || element === null) return;
    virtual.scrollToIndex(cursor.row, { align: 'auto' });
    const left = cursor.column * cellPx;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (left + cellPx + sidePx > element.scrollLeft + element.clientWidth)
      element.scrollLeft = left + cellPx + sidePx - element.clientWidth;
  }, [cursor, cellPx, sidePx, virtual]);
  const template = `${sidePx}px repeat(${columns.length}, ${cellPx}px)`;
  return (
    <div className={styles.box} ref={ref}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        tabIndex={0}
      >
        <div
          className={styles.head}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
          tabIndex={-1}
        >
          <span role="columnheader" tabIndex={-1} className={`cut ${styles.side} muted`} title={corner}>
            {corner}
          </span>
          {columns.map((name, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two columns may be called alike, one of them "not recorded"
            <span key={i} role="columnheader" tabIndex={-1} className="cut" title={name}>
              {name}
            </span>
          ))}
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative', width: sidePx + cellPx * columns.length }}>
          {virtual.getVirtualItems().map((item) => (
            <Row
              key={item.index}
              picture={picture}
              palette={palette}
              row={item.index}
              top={item.start}
              template={template}
              cursor={cursor?.row === item.index ? cursor.column : -1}
              onOpen={onOpen}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const Row = memo(function Row({
  picture,
  palette,
  row,
  top,
  template,
  cursor,
  onOpen,
}: {
  picture: MatrixPicture;
  palette: Palette;
  row: number;
  top: number;
  template: string;
  cursor: number;
  onOpen: (cursor: MatrixCursor) => void;
}) {
  const { input, at } = picture;
  return (
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={row + 2}
      className={styles.row}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template, height: ROW_PX }}
    >
      <span role="rowheader" tabIndex={-1} className={`cut ${styles.side}`} title={input.rows[row]}>
        {input.rows[row]}
      </span>
      {input.columns.map((name, column) => {
        const mark = input.marks[at.get(row * input.columns.length + column) ?? -1];
        return mark === undefined ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: its place is what a cell is
          <span key={column} role="gridcell" tabIndex={-1} aria-label={`${input.rows[row]}, ${name}: no build`} />
        ) : (
          <Cell
            // biome-ignore lint/suspicious/noArrayIndexKey: its place is what a cell is
            key={column}
            mark={mark}
            palette={palette}
            label={describeMark(input, mark)}
            focused={column === cursor}
            onOpen={onOpen}
          />
        );
      })}
    </div>
  );
});

function Cell({
  mark,
  palette,
  label,
  focused,
  onOpen,
}: {
  mark: MatrixMark;
  palette: Palette;
  label: string;
  focused: boolean;
  onOpen: (cursor: MatrixCursor) => void;
}) {
  const fill = markColour(mark, palette);
  const { failing, age, ratio } = markWords(mark);
  return (
    <span role="gridcell" tabIndex={-1} className={styles.place}>
      <button
        type="button"
        tabIndex={-1}
        className={styles.cell}
        data-focused={focused}
        aria-label={label}
        title={label}
        style={{ background: fill, color: inkOn(fill), borderLeftColor: buildColour(mark.outcome, palette) }}
        onClick={() => onOpen({ row: mark.row, column: mark.column })}
      >
        <span className="cut">
          {BUILD_GLYPHS[mark.outcome]} {failing === '' ? ratio : <span className="mono">{failing}</span>}
        </span>
        <span className="cut">
          {age} {failing === '' ? '' : ratio}
          {mark.running > 0 ? <span className="pulse"> {BUILD_GLYPHS.running}</span> : null}
        </span>
      </button>
    </span>
  );
}
