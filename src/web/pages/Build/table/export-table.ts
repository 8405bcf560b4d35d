import type { ExportTable } from '../../../format/export.ts';
import type { TableModel } from './task-model.ts';

/** The rows and columns on screen, in their order, in the units the data have: `walltime_s`, `io.read_bytes_B`. */
export function exportTable(model: TableModel, order: ArrayLike<number>, shown: readonly string[]): ExportTable {
  const columns: { name: string; value: (row: number) => string | number | null }[] = [];
  for (const id of shown) {
    const words = model.words.find((c) => c.id === id);
    if (words !== undefined) columns.push({ name: id, value: (row) => words.words[words.index[row]!] ?? null });
    const numbers = model.numbers.find((c) => c.id === id);
    if (numbers !== undefined) {
      const unit = numbers.unit === 'count' || numbers.unit === 'none' ? '' : `_${numbers.unit}`;
      columns.push({
        name: `${id}${unit}`,
        value: (row) => (Number.isNaN(numbers.values[row]!) ? null : numbers.values[row]!),
      });
    }
  }
  return {
    columns: columns.map((c) => c.name),
    rows: Array.from({ length: order.length }, (_, i) => columns.map((c) => c.value(order[i]!))),
  };
}
