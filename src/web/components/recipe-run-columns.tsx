/** Columns that every table of recipe runs has: of the run itself, and of its build. */
import { formatExact } from '../../model/format.ts';
import { Duration, Missing } from './Figures.tsx';
import type { GridColumn } from './Grid.tsx';

export interface RunAndBuild {
  readonly version: string | null;
  readonly busyMs: number | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly targets: readonly string[] | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
}

export function runAndBuildColumns(at: (row: number) => RunAndBuild): GridColumn[] {
  const said = (value: string | null) => value ?? <Missing />;
  return [
    { id: 'version', label: 'version', widthPx: 120, mono: true, cell: (row) => said(at(row).version) },
    {
      id: 'busy',
      label: 'busy',
      hint: 'Sum of its tasks',
      widthPx: 84,
      align: 'right',
      hover: (row) => (at(row).busyMs === null ? undefined : formatExact(at(row).busyMs! / 1000, 's')),
      cell: (row) => (at(row).busyMs === null ? <span className="muted">–</span> : <Duration ms={at(row).busyMs} />),
    },
    { id: 'machine', label: 'machine', widthPx: 120, cell: (row) => said(at(row).machine) },
    { id: 'distro', label: 'distro', widthPx: 86, cell: (row) => said(at(row).distro) },
    { id: 'branch', label: 'branch', widthPx: 84, cell: (row) => said(at(row).branch) },
    { id: 'target', label: 'target', widthPx: 136, cell: (row) => said(at(row).targets?.join(' ') ?? null) },
    { id: 'hostDistro', label: 'host distro', widthPx: 104, cell: (row) => said(at(row).hostDistro) },
    { id: 'builder', label: 'builder', widthPx: 114, cell: (row) => said(at(row).builder) },
  ];
}
