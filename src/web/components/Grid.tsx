/**
 * A table of any length: only the rows in sight exist. Data stay where they are (columns); the grid knows row numbers in the order to
 * show them and asks for a cell when it is drawn. Header and first column stay in place. On a phone each row is a card of the
 * three columns that matter.
 */
import { useElementSize, useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, memo, type ReactNode, useCallback, useEffect, useId, useRef } from 'react';
import { useCommands } from '../state/commands.ts';
import styles from './Grid.module.css';

export interface GridColumn {
  readonly id: string;
  readonly label: string;
  /** Behind the label, quieter. */
  readonly unit?: string | undefined;
  /** What one must know to read the column, on hover of its head. */
  readonly hint?: string | undefined;
  readonly widthPx: number;
  /** Takes what is left of the width. */
  readonly grow?: boolean;
  readonly align?: 'right' | undefined;
  readonly mono?: boolean;
  readonly sortable?: boolean;
  /** On a card the cell says by itself what it is. */
  readonly speaks?: boolean;
  readonly cell: (row: number) => ReactNode;
  /** Exact value and source. */
  readonly hover?: (row: number) => string | undefined;
  /** A control in the head beside the label. */
  readonly head?: ReactNode;
}

export interface GridSort {
  readonly id: string;
  readonly descending: boolean;
}

export interface GridProps {
  /** What the rows are, for screen readers and the key help. */
  readonly label: string;
  readonly columns: readonly GridColumn[];
  /** Row numbers in the order shown. */
  readonly order: ArrayLike<number>;
  readonly sort?: GridSort | null;
  readonly onSort?: (id: string) => void;
  /** Position in `order` of the keyboard's row, -1: none. */
  readonly cursor: number;
  readonly onCursor: (position: number) => void;
  readonly onOpen?: (row: number) => void;
  readonly openLabel?: string;
  /** The end came in sight: more may be asked for. */
  readonly onEnd?: () => void;
  /** Phone: the column that names the row and two more. */
  readonly card: readonly [title: string, second: string, third: string];
  /** Phone: the name of the row where no one column says it. */
  readonly cardTitle?: ((row: number) => ReactNode) | undefined;
  readonly rowClass?: (row: number) => string | undefined;
  readonly stale?: boolean;
  readonly empty?: ReactNode;
  /** Rows below are being asked for. */
  readonly loadingRows?: number;
}

const ROW_PX = 28;
const CARD_PX = 62;
const HEAD_PX = 32;

export function Grid(props: GridProps) {
  const { columns, order, sort, onSort, cursor, onCursor, onOpen, onEnd } = props;
  const phone = useMediaQuery('(max-width: 640px)', window.innerWidth <= 640, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const gridId = useId();
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const rowPx = phone ? CARD_PX : ROW_PX;
  const count = order.length + (props.loadingRows ?? 0);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    scrollPaddingStart: HEAD_PX,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the form of the rows only
  useEffect(() => virtual.measure(), [rowPx]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= order.length - 1 && order.length > 0) onEnd?.();
  }, [last, order.length, onEnd]);

  const move = (to: number): void => {
    if (order.length === 0) return;
    const position = Math.max(0, Math.min(order.length - 1, to));
    onCursor(position);
    virtual.scrollToIndex(position, { align: 'auto' });
    // The keys work from anywhere on the page; a screen reader follows the focus to the row.
    scroller.current?.focus({ preventScroll: true });
  };
  const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowPx) - 2);
  const open = (): void => {
    const row = order[cursor];
    if (row !== undefined) onOpen?.(row);
  };
  const group = props.label;
  useCommands([
    { id: 'grid-next', label: 'Next row', group, keys: ['j', 'ArrowDown'], keyOnly: true, run: () => move(cursor + 1) },
    {
      id: 'grid-previous',
      label: 'Previous row',
      group,
      keys: ['k', 'ArrowUp'],
      keyOnly: true,
      run: () => move(cursor - 1),
    },
    {
      id: 'grid-page-down',
      label: 'A page down',
      group,
      keys: ['PageDown'],
      keyOnly: true,
      run: () => move(cursor + pageRows),
    },
    {
      id: 'grid-page-up',
      label: 'A page up',
      group,
      keys: ['PageUp'],
      keyOnly: true,
      run: () => move(cursor - pageRows),
    },
    { id: 'grid-first', label: 'First row', group, keys: ['Home'], keyOnly: true, run: () => move(0) },
    { id: 'grid-last', label: 'Last row', group, keys: ['End'], keyOnly: true, run: () => move(order.length - 1) },
    ...(onOpen === undefined
      ? []
      : [
          {
            id: 'grid-open',
            label: props.openLabel ?? 'Open the row',
            group,
            keys: ['Enter'],
            keyOnly: true,
            run: open,
          },
        ]),
  ]);

  const fixed = columns.reduce((sum, c) => sum + c.widthPx, 0);
  const template = columns.map((c) => (c.grow === true ? `minmax(${c.widthPx}px, 1fr)` : `${c.widthPx}px`)).join(' ');
  const minWidth = phone ? undefined : Math.max(fixed, width);
  const openRow = useCallback(
    (row: number, position: number) => {
      onCursor(position);
      onOpen?.(row);
    },
    [onCursor, onOpen],
  );

  return (
    <div className={`${styles.box} ${props.stale === true ? 'stale' : ''}`} ref={sizeRef}>
      <div
        className={styles.scroller}
        ref={scroller}
        tabIndex={0}
        role="grid"
        aria-label={props.label}
        aria-activedescendant={
          items.some((item) => item.index === cursor && item.index < order.length) ? `${gridId}${cursor}` : undefined
        }
        aria-rowcount={order.length + 1}
        aria-colcount={columns.length}
        data-phone={phone}
      >
        <div
          className={styles.head}
          role="row"
          tabIndex={-1}
          style={phone ? undefined : { gridTemplateColumns: template, minWidth }}
        >
          {columns.map((column) => {
            const sorted = sort?.id === column.id;
            const text = (
              <>
                <span className="cut">{column.label}</span>
                {column.unit === undefined || column.unit === '' ? null : (
                  <span className={styles.unit}>{column.unit}</span>
                )}
                <span className={styles.arrow} aria-hidden="true">
                  {sorted ? (sort.descending ? '▼' : '▲') : ''}
                </span>
              </>
            );
            return (
              <div
                key={column.id}
                role="columnheader"
                tabIndex={-1}
                className={`${styles.th} ${column.align === 'right' ? styles.right : ''}`}
                aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
                title={column.hint ?? [column.label, column.unit].filter(Boolean).join(', ')}
              >
                {column.sortable === true && onSort !== undefined ? (
                  <button type="button" className={styles.sort} onClick={() => onSort(column.id)}>
                    {text}
                  </button>
                ) : (
                  <span className={styles.sort}>{text}</span>
                )}
                {column.head}
              </div>
            );
          })}
        </div>
        <div style={{ height: virtual.getTotalSize(), minWidth }} className={styles.body}>
          {items.map((item) => {
            const row = order[item.index];
            return (
              <GridRow
                key={item.key}
                id={`${gridId}${item.index}`}
                columns={columns}
                row={row}
                position={item.index}
                topPx={item.start}
                heightPx={rowPx}
                template={template}
                card={phone ? props.card : null}
                cardTitle={props.cardTitle}
                active={item.index === cursor}
                className={row === undefined ? undefined : props.rowClass?.(row)}
                onOpen={openRow}
                canOpen={onOpen !== undefined}
                last={item.index === count - 1}
              />
            );
          })}
        </div>
        {order.length === 0 && (props.loadingRows ?? 0) === 0 ? (
          <div className={styles.empty}>{props.empty}</div>
        ) : null}
      </div>
    </div>
  );
}

interface GridRowProps {
  readonly id: string;
  readonly columns: readonly GridColumn[];
  readonly row: number | undefined;
  readonly position: number;
  readonly topPx: number;
  readonly heightPx: number;
  readonly template: string;
  readonly card: GridProps['card'] | null;
  readonly cardTitle: GridProps['cardTitle'];
  readonly active: boolean;
  readonly className: string | undefined;
  readonly onOpen: (row: number, position: number) => void;
  readonly canOpen: boolean;
  readonly last: boolean;
}

/** Controls inside a row keep their clicks. */
function onControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, label') !== null;
}

const GridRow = memo(function GridRow(props: GridRowProps) {
  const { columns, row, card } = props;
  const place: CSSProperties = { height: props.heightPx, transform: `translateY(${props.topPx}px)` };
  if (row === undefined) {
    return (
      <div className={styles.row} style={{ ...place, gridTemplateColumns: props.template }}>
        {columns.map((column) => (
          <div key={column.id} className={styles.td}>
            <span className={`skeleton ${styles.bone}`} />
          </div>
        ))}
      </div>
    );
  }
  const common = {
    id: props.id,
    role: 'row',
    // The head is the first.
    'aria-rowindex': props.position + 2,
    'aria-selected': props.active,
    'data-can-open': props.canOpen,
    'data-last': props.last,
    onClick: (event: React.MouseEvent) => {
      if (!onControl(event.target) && String(window.getSelection()) === '') props.onOpen(row, props.position);
    },
  };
  if (card !== null) {
    const [title, second, third] = card.map((id) => columns.find((c) => c.id === id));
    const fact = (column: GridColumn | undefined): ReactNode =>
      column === undefined ? null : (
        <span className={`cut ${column.mono === true ? 'mono' : ''}`}>
          {column.speaks === true ? null : <span className="muted">{column.label} </span>}
          {column.cell(row)}
          {column.unit === undefined || column.unit === '' ? null : <span className="muted"> {column.unit}</span>}
        </span>
      );
    const select = columns.find((c) => c.id === 'select');
    return (
      <div {...common} tabIndex={-1} className={`${styles.card} ${props.className ?? ''}`} style={place}>
        {select === undefined ? null : (
          <div role="gridcell" tabIndex={-1}>
            {select.cell(row)}
          </div>
        )}
        <div className="grow" role="gridcell" tabIndex={-1}>
          <div className={`cut ${title?.mono === true ? 'mono' : ''} ${styles.cardTitle}`}>
            {props.cardTitle?.(row) ?? title?.cell(row)}
          </div>
          <div className={styles.cardFacts}>
            {fact(second)}
            {fact(third)}
          </div>
        </div>
      </div>
    );
  }
  return (
    <div
      {...common}
      tabIndex={-1}
      className={`${styles.row} ${props.className ?? ''}`}
      style={{ ...place, gridTemplateColumns: props.template }}
    >
      {columns.map((column) => (
        <div
          key={column.id}
          role="gridcell"
          tabIndex={-1}
          className={`${styles.td} ${column.align === 'right' ? styles.right : ''} ${column.mono === true ? 'mono' : ''}`}
          title={column.hover?.(row)}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
});
