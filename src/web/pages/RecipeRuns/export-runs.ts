import type { RecipeRunsPage } from '../../../api/contract.ts';
import { type ExportTable, isoTime, toCsv, toJson } from '../../format/export.ts';
import { client } from '../../state/api.ts';
import type { RecipeRunsSearch } from './search.ts';

type Run = RecipeRunsPage['runs'][number];

/** As many as a spreadsheet still opens; beyond it the API pages on. */
const EXPORT_RUNS_MAX = 20_000;

const COLUMNS: readonly (readonly [name: string, value: (run: Run) => string | number | null])[] = [
  ['recipe', (r) => r.pn],
  ['version', (r) => r.version],
  ['status', (r) => r.status],
  ['failed_task', (r) => r.failedTask],
  ['cause', (r) => r.failure?.cause ?? null],
  ['busy_s', (r) => (r.busyMs === null ? null : r.busyMs / 1000)],
  ['mc', (r) => r.mc],
  ['build', (r) => r.build],
  ['started', (r) => isoTime(r.startedMs)],
  ['build_outcome', (r) => r.outcome],
  ['machine', (r) => r.machine],
  ['distro', (r) => r.distro],
  ['release', (r) => r.release],
  ['branch', (r) => r.branch],
  ['targets', (r) => r.targets?.join(' ') ?? null],
  ['builder', (r) => r.builder],
  ['host', (r) => r.host],
  ['host_distro', (r) => r.hostDistro],
];

/** All runs of the cell, not only those already on screen. */
export async function exportRunsOfCell(search: RecipeRunsSearch, format: 'csv' | 'json'): Promise<string> {
  const runs: Run[] = [];
  let after: string | undefined;
  do {
    const page = await client.recipeRuns({
      ...search,
      at: search.at === undefined ? undefined : [...search.at],
      after,
      limit: 1000,
    });
    runs.push(...page.runs);
    after = page.next ?? undefined;
  } while (after !== undefined && runs.length < EXPORT_RUNS_MAX);
  const table: ExportTable = {
    columns: COLUMNS.map(([name]) => name),
    rows: runs.map((run) => COLUMNS.map(([, value]) => value(run))),
  };
  return format === 'csv' ? toCsv(table) : toJson(table);
}
