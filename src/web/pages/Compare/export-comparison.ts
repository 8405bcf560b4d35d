import type { CompareResult } from '../../../api/contract.ts';
import type { Download } from '../../components/DownloadMenu.tsx';
import { toCsv } from '../../format/export.ts';
import { letter } from './letter.ts';

/** The tables as they are filtered now, and everything as the API gave it. */
export function exportComparison(data: CompareResult): Download[] {
  const unit = data.metric.unit === 'count' || data.metric.unit === 'none' ? '' : `_${data.metric.unit}`;
  const columns = [
    'recipe',
    'multiconfig',
    'task',
    'state',
    ...data.builds.flatMap((_, i) => [`${letter(i)}_version`, `${letter(i)}_${data.metric.id}${unit}`]),
    `difference${unit}`,
    'ratio',
  ];
  const line = (row: CompareResult['tasks'][number] | (CompareResult['recipes'][number] & { task?: string })) => [
    row.pn,
    row.mc,
    row.task ?? null,
    row.state,
    ...row.values.flatMap((value, i) => [row.versions[i] ?? null, value]),
    row.difference,
    row.ratio,
  ];
  return [
    {
      label: 'Tasks as CSV',
      file: {
        name: 'compare-tasks.csv',
        type: 'text/csv',
        write: () => toCsv({ columns, rows: data.tasks.map(line) }),
      },
    },
    {
      label: 'Recipes as CSV',
      file: {
        name: 'compare-recipes.csv',
        type: 'text/csv',
        write: () => toCsv({ columns, rows: data.recipes.map(line) }),
      },
    },
    {
      label: 'Everything as JSON',
      file: { name: 'compare.json', type: 'application/json', write: () => `${JSON.stringify(data, null, 1)}\n` },
    },
  ];
}
