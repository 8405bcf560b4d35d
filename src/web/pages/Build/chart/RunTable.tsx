/** The table twin of the chart: the same runs, in order of start, for who does not see or does not want the picture. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { formatSinceStart } from '../../../../chart/axis.ts';
import type { ChartLayout } from '../../../../chart/layout.ts';
import { OUTCOME_GLYPHS, OUTCOME_LABELS } from '../../../../chart/palette.ts';
import { formatDuration, formatExact, formatUtc, plural } from '../../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../../model/task-table.ts';
import css from './BootChart.module.css';

export interface RunTableProps {
  readonly layout: ChartLayout;
  readonly match: Uint8Array | null;
  readonly selectedRow: number | null;
  readonly onSelect: (row: number) => void;
}

const ROW_PX = 24;

export function RunTable({ layout, match, selectedRow, onSelect }: RunTableProps) {
  const { data } = layout;
  const { tasks, recipes } = data.build;
  const rows = useMemo(
    () => [...data.placed].filter((row) => layout.barOfRow[row]! >= 0 && (match === null || match[row] === 1)),
    [data, layout, match],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const columns = ['Start', 'Duration', 'Outcome', 'Recipe', 'Task'];
  return (
    <div className={css.twin}>
      <p className={css.twinNote}>
        {plural(rows.length, 'task run')} in order of start
        {layout.hidden === null ? '' : `; shorter ones than ${formatDuration(layout.hidden.minMs)} are left out`}. Key t
        brings the picture back.
      </p>
      <div
        ref={scroller}
        className={css.twinScroll}
        role="table"
        aria-label="Task runs"
        aria-rowcount={rows.length + 1}
      >
        <div role="row" tabIndex={-1} aria-rowindex={1} className={`${css.twinRow} ${css.twinHead}`}>
          {columns.map((name) => (
            <span key={name} role="columnheader" tabIndex={-1}>
              {name}
            </span>
          ))}
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]!;
            const recipe = recipes[tasks.recipe[row]!];
            const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
            const open = data.open[row] === 1;
            return (
              <div
                key={row}
                role="row"
                tabIndex={-1}
                aria-rowindex={item.index + 2}
                aria-selected={row === selectedRow}
                className={css.twinRow}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Cell title={formatUtc(tasks.startMs[row])}>{formatSinceStart(data.startMs[row]!)}</Cell>
                <Cell title={open ? null : formatExact((data.endMs[row]! - data.startMs[row]!) / 1000, 's')}>
                  {open ? 'no end recorded' : formatDuration(data.endMs[row]! - data.startMs[row]!)}
                </Cell>
                <Cell>
                  <span className={css.glyph} data-outcome={outcome} aria-hidden="true">
                    {OUTCOME_GLYPHS[outcome]}
                  </span>{' '}
                  {OUTCOME_LABELS[outcome]}
                </Cell>
                <Cell>
                  <button type="button" className={css.linkButton} onClick={() => onSelect(row)}>
                    {recipe?.pn}
                  </button>
                </Cell>
                <Cell>{tasks.taskNames[tasks.task[row]!]}</Cell>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Cell({ children, title }: { children: React.ReactNode; title?: string | null }) {
  return (
    <span role="cell" className={css.twinCell} title={title ?? undefined}>
      {children}
    </span>
  );
}
