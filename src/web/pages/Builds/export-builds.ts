import type { BuildRow } from '../../../api/contract.ts';
import { type ExportTable, isoTime, toCsv, toJson } from '../../format/export.ts';
import { type BuildsFilter, client } from '../../state/api.ts';

/** As many as a spreadsheet still opens; beyond it the API pages on. */
const EXPORT_BUILDS_MAX = 20_000;

const COLUMNS: readonly (readonly [name: string, value: (row: BuildRow) => string | number | null])[] = [
  ['id', (r) => r.id],
  ['name', (r) => r.name],
  ['started', (r) => isoTime(r.startedMs)],
  ['ended', (r) => isoTime(r.endedMs)],
  ['duration_s', (r) => (r.durationMs === null ? null : r.durationMs / 1000)],
  ['outcome', (r) => r.outcome],
  ['targets', (r) => r.targets?.join(' ') ?? null],
  ['machine', (r) => r.machine],
  ['distro', (r) => r.distro],
  ['builder', (r) => r.builder],
  ['host', (r) => r.hostName],
  ['kind', (r) => (r.kind === 'not-recorded' ? null : r.kind)],
  ['sstate_wanted', (r) => r.sstate?.wanted ?? null],
  ['sstate_found', (r) => r.sstate?.found ?? null],
  ['tasks', (r) => r.tasks],
  ['failures', (r) => r.failures],
  ['first_failure', (r) => r.firstFailure],
  ['qa_issues', (r) => r.qaIssues],
  ['cpu_time_s', (r) => r.cpuTimeS],
  ['parallelism', (r) => r.parallelism],
  ['usual_s', (r) => (r.usual.medianMs === null ? null : r.usual.medianMs / 1000)],
  ['vs_usual', (r) => r.usual.ratio],
  ['location', (r) => r.location],
];

/** All builds that match, not only those already on screen. */
export async function exportBuilds(filter: BuildsFilter, format: 'csv' | 'json'): Promise<string> {
  const rows: BuildRow[] = [];
  let after: string | undefined;
  do {
    const page = await client.builds({ ...filter, after, limit: 500 });
    rows.push(...page.builds);
    after = page.next ?? undefined;
  } while (after !== undefined && rows.length < EXPORT_BUILDS_MAX);
  const table: ExportTable = {
    columns: COLUMNS.map(([name]) => name),
    rows: rows.map((row) => COLUMNS.map(([, value]) => value(row))),
  };
  return format === 'csv' ? toCsv(table) : toJson(table);
}
