/** The numbers behind the picture, for those who cannot or need not see it. */
import { useMemo, useState } from 'react';
import type { ExploreResult } from '../../../api/contract.ts';
import type { ExportTable } from '../../format/export.ts';
import { MetricTable, parseSort, useSorted } from '../Build/table/MetricTable.tsx';
import { type NumberColumn, type WordColumn, wordColumn } from '../Build/table/rows.ts';
import type { TableModel } from '../Build/table/task-model.ts';
import { categoriesOf } from './picture.ts';

const ROLES = ['x', 'y', 'size', 'colour', 'facet'] as const;

function modelOf(result: ExploreResult): TableModel {
  const n = result.columns.x.length;
  const words: WordColumn[] = [];
  const numbers: NumberColumn[] = [];
  const seen = new Set<string>();
  for (const role of ROLES) {
    const axis = result.axes[role];
    const column = result.columns[role];
    if (axis === null || column === null || seen.has(axis.id)) continue;
    seen.add(axis.id);
    if (axis.kind === 'category') {
      const texts = categoriesOf(result, axis);
      words.push(wordColumn(axis.id, axis.label, n, (row) => texts[column[row] ?? -1] ?? ''));
    } else if (axis.kind === 'time') {
      words.push(
        wordColumn(axis.id, axis.label, n, (row) => (column[row] == null ? '' : new Date(column[row]).toISOString())),
      );
    } else {
      numbers.push({
        id: axis.id,
        label: axis.label,
        unit: axis.unit,
        note: null,
        aggregation: 'none',
        values: Float64Array.from(column, (v) => v ?? Number.NaN),
      });
    }
  }
  if (result.builds.length > 1 && !seen.has('build')) {
    words.push(wordColumn('build', 'Build', n, (row) => result.builds[result.columns.build[row] ?? -1]?.name ?? ''));
  }
  return { length: n, words, numbers };
}

export function ExploreTable({ result }: { result: ExploreResult }) {
  const model = useMemo(() => modelOf(result), [result]);
  const [sortText, setSortText] = useState<string | undefined>(`-${result.axes.y.id}`);
  const [cursor, setCursor] = useState(-1);
  const sort = useMemo(() => parseSort(sortText), [sortText]);
  const rows = useMemo(() => Uint32Array.from({ length: model.length }, (_, i) => i), [model]);
  const order = useSorted(model, rows, sort);
  const shown = useMemo(() => [...model.words.map((c) => c.id), ...model.numbers.map((c) => c.id)], [model]);
  return (
    <MetricTable
      label="Numbers"
      model={model}
      shown={shown}
      order={order}
      sort={sort}
      onSort={setSortText}
      cursor={cursor}
      onCursor={setCursor}
      card={[shown[0] ?? '', result.axes.x.id, result.axes.y.id]}
    />
  );
}

export function exploreTable(result: ExploreResult): ExportTable {
  const roles = ROLES.filter((role) => result.axes[role] !== null && result.columns[role] !== null);
  return {
    columns: [
      'build',
      'task_row',
      ...roles.map(
        (role) =>
          `${role}_${result.axes[role]!.id}${result.axes[role]!.kind === 'number' && !['none', 'count'].includes(result.axes[role]!.unit) ? `_${result.axes[role]!.unit}` : ''}`,
      ),
    ],
    rows: result.columns.x.map((_, i) => [
      result.builds[result.columns.build[i] ?? -1]?.id ?? null,
      result.columns.row?.[i] ?? null,
      ...roles.map((role) => {
        const axis = result.axes[role]!;
        const value = result.columns[role]![i] ?? null;
        if (value === null) return null;
        if (axis.kind === 'category') return categoriesOf(result, axis)[value] ?? null;
        return axis.kind === 'time' ? new Date(value).toISOString() : value;
      }),
    ]),
  };
}
