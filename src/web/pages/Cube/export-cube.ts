import type { Pivot } from '../../../analysis/pivot.ts';
import { type CubeDimension, type CubeMeasure, measureOf } from '../../../model/cube.ts';
import { NOT_RECORDED } from '../../../model/format.ts';
import type { ExportTable } from '../../format/export.ts';
import type { MarkupTable } from '../../format/table-markup.ts';
import { printMeasure } from './Cube.tsx';

/** A line a cell, with all that measures are made of: what a spreadsheet pivots again. */
export function cubeExport(table: Pivot, dimensions: readonly CubeDimension[], across: boolean): ExportTable {
  return {
    columns: [...dimensions, 'runs', 'executed', 'failed', 'busy_s', 'busy_runs'],
    rows: table.rows.flatMap((row, r) =>
      table.columns.flatMap((column, c) => {
        const amount = table.cells[r]![c];
        if (amount == null) return [];
        return [
          [
            ...row.values,
            ...(across ? column.values : []),
            amount.runs,
            amount.executed,
            amount.failed,
            amount.busyMs === null ? null : amount.busyMs / 1000,
            amount.busyRuns,
          ],
        ];
      }),
    ),
  };
}

export function cubeMarkup(table: Pivot, named: readonly string[], measure: CubeMeasure): MarkupTable {
  const { rows, columns, cells, max } = table;
  return {
    head: [...named, ...columns.map(({ values }) => values[0] ?? (values.length === 0 ? 'all' : NOT_RECORDED))],
    rows: rows.map((row, r) => [
      ...row.values.map((value) => ({ text: value ?? NOT_RECORDED })),
      ...columns.map((_, c) => {
        const amount = cells[r]![c] ?? null;
        const value = amount === null ? null : measureOf(amount, measure);
        return {
          text: amount === null ? '' : printMeasure(value, measure),
          shade: value === null || max === null || max === 0 ? undefined : value / max,
        };
      }),
    ]),
  };
}
