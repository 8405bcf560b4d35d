/** A table of words and metrics: one unit a column, what is not recorded empty, the exact value on hover. */
import { type ReactNode, useMemo } from 'react';
import { columnScale, formatDuration, formatExact, formatScaled, NOT_RECORDED } from '../../../../model/format.ts';
import type { TaskOutcome } from '../../../../model/task-table.ts';
import { Grid, type GridColumn, type GridProps } from '../../../components/Grid.tsx';
import { TaskOutcomeMark } from '../../../components/Outcome.tsx';
import { type NumberColumn, sortRows, type WordColumn, wordKey } from './rows.ts';
import { ThresholdButton } from './ThresholdButton.tsx';
import type { TableModel } from './task-model.ts';
import type { Threshold } from './threshold.ts';

export interface SortOrder {
  readonly id: string;
  readonly descending: boolean;
}

/** `-walltime` -> largest first. */
export function parseSort(text: string | undefined): SortOrder | null {
  if (text === undefined) return null;
  return text.startsWith('-') ? { id: text.slice(1), descending: true } : { id: text, descending: false };
}

/** Clicking a head: numbers begin with the largest, words with the first; then the other way; then the table's own order. */
export function nextSort(current: SortOrder | null, id: string, isNumber: boolean): string | undefined {
  const print = (descending: boolean): string => `${descending ? '-' : ''}${id}`;
  if (current?.id !== id) return print(isNumber);
  return current.descending === isNumber ? print(!isNumber) : undefined;
}

/** The rows in the order asked for. */
export function useSorted(model: TableModel, rows: Uint32Array, sort: SortOrder | null): Uint32Array {
  return useMemo(() => {
    if (sort === null) return rows;
    const numbers = model.numbers.find((c) => c.id === sort.id);
    if (numbers !== undefined) return sortRows(rows, numbers.values, sort.descending);
    const words = model.words.find((c) => c.id === sort.id);
    return words === undefined ? rows : sortRows(rows, wordKey(words), sort.descending);
  }, [model, rows, sort?.id, sort?.descending, sort]);
}

function largest(values: Float64Array): number {
  let top = 0;
  for (const v of values) if (v > top) top = v;
  return top;
}

const WORD_WIDTHS: Readonly<Record<string, number>> = {
  recipe: 220,
  task: 190,
  outcome: 136,
  version: 110,
  layer: 130,
  failed: 150,
  mc: 100,
};

export interface MetricTableProps extends Omit<GridProps, 'columns' | 'sort' | 'onSort'> {
  readonly model: TableModel;
  /** Column ids in the order shown. */
  readonly shown: readonly string[];
  readonly sort: SortOrder | null;
  readonly onSort: (sort: string | undefined) => void;
  readonly thresholds?: readonly Threshold[];
  readonly onThreshold?: (column: string, text: string | null) => void;
  /** Cells of a word column drawn otherwise. */
  readonly cells?: Readonly<Record<string, (row: number) => ReactNode>>;
}

export function MetricTable({ model, shown, sort, onSort, thresholds, onThreshold, cells, ...grid }: MetricTableProps) {
  const columns = useMemo(() => {
    const made: GridColumn[] = [];
    for (const id of shown) {
      const words = model.words.find((c) => c.id === id);
      if (words !== undefined) {
        made.push(wordGridColumn(words, made.length === 0, cells?.[id]));
        continue;
      }
      const numbers = model.numbers.find((c) => c.id === id);
      if (numbers === undefined) continue;
      const threshold = thresholds?.find((t) => t.column === id);
      made.push(
        numberGridColumn(
          numbers,
          onThreshold === undefined ? undefined : (
            <ThresholdButton column={numbers} threshold={threshold} onChange={(text) => onThreshold(id, text)} />
          ),
        ),
      );
    }
    return made;
  }, [model, shown, cells, thresholds, onThreshold]);
  return (
    <Grid
      {...grid}
      columns={columns}
      sort={sort}
      onSort={(id) =>
        onSort(
          nextSort(
            sort,
            id,
            model.numbers.some((c) => c.id === id),
          ),
        )
      }
    />
  );
}

function wordGridColumn(
  column: WordColumn,
  first: boolean,
  cell: ((row: number) => ReactNode) | undefined,
): GridColumn {
  const text = (row: number): string => column.words[column.index[row]!] ?? '';
  const missing = column.mayBeNone === true ? '' : NOT_RECORDED;
  return {
    id: column.id,
    label: column.label,
    widthPx: WORD_WIDTHS[column.id] ?? 130,
    grow: first,
    mono: column.id !== 'outcome',
    speaks: column.id === 'outcome',
    sortable: true,
    hover: (row) => text(row) || missing,
    cell:
      cell ??
      (column.id === 'outcome'
        ? (row) => {
            const outcome = text(row);
            return outcome === '' ? null : <TaskOutcomeMark outcome={outcome as TaskOutcome} word />;
          }
        : (row) => text(row) || <span className="muted">{missing}</span>),
  };
}

function numberGridColumn(column: NumberColumn, head: ReactNode): GridColumn {
  const scale = columnScale(column.unit, largest(column.values));
  const { values, unit } = column;
  // `Effective cores` needs no unit behind it.
  const behind = column.label.toLowerCase().endsWith(scale.label) ? '' : scale.label;
  const inWords = unit === 's' || unit === 'ms' || unit === 'us' || unit === 'ticks';
  return {
    id: column.id,
    label: column.label,
    unit: behind,
    hint: [`${column.label}${scale.label === '' ? '' : `, ${scale.label}`}`, column.note, column.id]
      .filter((t) => t !== null)
      .join('\n'),
    widthPx: Math.max(84, Math.min(200, 52 + 7.2 * (column.label.length + behind.length))),
    align: 'right',
    sortable: true,
    cell: (row) => formatScaled(values[row], scale),
    hover: (row) => {
      const v = values[row]!;
      if (Number.isNaN(v)) return NOT_RECORDED;
      return inWords && Math.abs(v) > 0
        ? `${formatExact(v, unit)}\n${formatDuration(unit === 's' ? v * 1000 : unit === 'us' ? v / 1000 : unit === 'ticks' ? v * 10 : v)}`
        : formatExact(v, unit);
    },
    head,
  };
}
