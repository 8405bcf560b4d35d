import type { RecipeShown } from '../../../api/contract.ts';
import { type ExportTable, toCsv, toJson } from '../../format/export.ts';

type Run = RecipeShown['runs'][number];

const COLUMNS: readonly (readonly [name: string, value: (run: Run) => string | number | null])[] = [
  ['build', (r) => r.build],
  ['started', (r) => (r.startedMs === null ? null : new Date(r.startedMs).toISOString())],
  ['status', (r) => r.status],
  ['version', (r) => r.version],
  ['failed_task', (r) => r.failedTask],
  ['cause', (r) => r.failure?.cause ?? null],
  ['fingerprint', (r) => r.failure?.fingerprint ?? null],
  ['busy_s', (r) => (r.busyMs === null ? null : r.busyMs / 1000)],
  ['machine', (r) => r.machine],
  ['distro', (r) => r.distro],
  ['branch', (r) => r.branch],
  ['targets', (r) => r.targets?.join(' ') ?? null],
  ['host_distro', (r) => r.hostDistro],
  ['builder', (r) => r.builder],
  ['mc', (r) => r.mc],
];

export function exportRuns({ runs }: RecipeShown, format: 'csv' | 'json'): string {
  const table: ExportTable = {
    columns: COLUMNS.map(([name]) => name),
    rows: runs.map((run) => COLUMNS.map(([, value]) => value(run))),
  };
  return format === 'csv' ? toCsv(table) : toJson(table);
}
