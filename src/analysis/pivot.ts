/**
 * Cells of a cube as a table: rows and columns in an order that says something, with their totals. Amounts add up; measures are made of the sums,
 * so that the share of a total is not the mean of shares.
 */
import {
  addAmounts,
  type CubeAmount,
  type CubeDimension,
  type CubeMeasure,
  measureOf,
  NOTHING,
} from '../model/cube.ts';

export interface CubeCell extends CubeAmount {
  readonly values: readonly (string | null)[];
}

export interface PivotLine {
  readonly values: readonly (string | null)[];
  readonly total: CubeAmount;
}

export interface Pivot {
  readonly rows: readonly PivotLine[];
  readonly columns: readonly PivotLine[];
  /** `cells[row][column]`; null: nothing there. */
  readonly cells: readonly (readonly (CubeAmount | null)[])[];
  readonly total: CubeAmount;
  /** Largest measure of a cell; null: no cell has one. */
  readonly max: number | null;
}

/**
 * `columns`: the last dimension of the cells stands across. Days go by the calendar, all else by the largest total first, then by name.
 *
 * `once`: where the target is a dimension, the cells without it. A build of several targets has a cell at each, so what is added up over targets
 * would count it more than once; totals over them are of these.
 */
export function pivot(
  cells: readonly CubeCell[],
  dimensions: readonly CubeDimension[],
  columns: boolean,
  measure: CubeMeasure,
  once: readonly CubeCell[] | null = null,
): Pivot {
  const depth = columns ? dimensions.length - 1 : dimensions.length;
  const rows = new Map<string, { values: readonly (string | null)[]; total: CubeAmount }>();
  const across = new Map<string, { values: readonly (string | null)[]; total: CubeAmount }>();
  const found = new Map<string, CubeAmount>();
  let total = NOTHING;
  for (const cell of cells) {
    const own = cell.values.slice(0, depth);
    const other = cell.values.slice(depth);
    const [rowKey, columnKey] = [JSON.stringify(own), JSON.stringify(other)];
    rows.set(rowKey, { values: own, total: addAmounts(rows.get(rowKey)?.total ?? NOTHING, cell) });
    across.set(columnKey, { values: other, total: addAmounts(across.get(columnKey)?.total ?? NOTHING, cell) });
    found.set(`${rowKey}\n${columnKey}`, addAmounts(found.get(`${rowKey}\n${columnKey}`) ?? NOTHING, cell));
    total = addAmounts(total, cell);
  }
  if (once !== null) {
    const target = dimensions.indexOf('target');
    const acrossTargets = target < depth ? across : rows;
    for (const [key, { values }] of acrossTargets) acrossTargets.set(key, { values, total: NOTHING });
    total = NOTHING;
    for (const cell of once) {
      total = addAmounts(total, cell);
      // The target was taken out of the rows or is the column: what is left of the other side is where it was, or one place before.
      const values = target < depth ? cell.values.slice(depth - 1) : cell.values.slice(0, depth);
      const key = JSON.stringify(values);
      const line = acrossTargets.get(key);
      // Cells that were left out have no line.
      if (line !== undefined) acrossTargets.set(key, { values: line.values, total: addAmounts(line.total, cell) });
    }
  }
  const sorted = (lines: Map<string, PivotLine>, of: readonly CubeDimension[]) =>
    [...lines.entries()].sort(([, a], [, b]) => compareLines(a, b, of, measure));
  const rowLines = sorted(rows, dimensions.slice(0, depth));
  const columnLines = sorted(across, dimensions.slice(depth));
  let max: number | null = null;
  const table = rowLines.map(([rowKey]) =>
    columnLines.map(([columnKey]) => {
      const amount = found.get(`${rowKey}\n${columnKey}`) ?? null;
      const value = amount === null ? null : measureOf(amount, measure);
      if (value !== null && (max === null || value > max)) max = value;
      return amount;
    }),
  );
  return {
    rows: rowLines.map(([, line]) => line),
    columns: columnLines.map(([, line]) => line),
    cells: table,
    total,
    max,
  };
}

function compareLines(a: PivotLine, b: PivotLine, of: readonly CubeDimension[], measure: CubeMeasure): number {
  if (of[0] === 'day') return compareValues(a.values, b.values);
  // What has no measure stands behind what has one of zero.
  const difference = (measureOf(b.total, measure) ?? -1) - (measureOf(a.total, measure) ?? -1);
  return difference || compareValues(a.values, b.values);
}

function compareValues(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? '\uffff', b[i] ?? '\uffff'];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
