import type { FailureGroup, FailuresQuery, FailureWeek } from '../../../api/contract.ts';
import { type ExportTable, isoTime, toCsv, toJson } from '../../format/export.ts';
import { client } from '../../state/api.ts';

const COLUMNS: readonly (readonly [name: string, value: (group: FailureGroup) => string | number | null])[] = [
  ['cause', (g) => g.cause],
  ['class', (g) => g.class],
  ['infrastructure', (g) => (g.infrastructure === null ? null : g.infrastructure ? 'yes' : 'no')],
  ['recipes', (g) => g.recipes.join(' ')],
  ['recipe_count', (g) => g.recipeCount],
  ['tasks', (g) => g.tasks.join(' ')],
  ['failures', (g) => g.failures],
  ['builds', (g) => g.builds],
  ['machines', (g) => g.machines.join(' ')],
  ['machine_count', (g) => g.machineCount],
  ['hosts', (g) => g.hosts.join(' ')],
  ['first', (g) => isoTime(g.firstMs)],
  ['last', (g) => isoTime(g.lastMs)],
  ['state', (g) => g.triage?.state ?? 'new'],
  ['owner', (g) => g.triage?.owner ?? null],
  ['link', (g) => g.triage?.link ?? null],
  ['fixed_in', (g) => g.triage?.fixedIn ?? null],
  ['known_issue', (g) => g.triage?.issue?.title ?? null],
  ['last_failure', (g) => g.lastAddress],
  ['fingerprints', (g) => g.fingerprints.join(' ')],
];

/** Kinds of a week, and why each is told: `new`, `back`, `going-on` or `gone`. */
export function exportWeek({ kinds }: FailureWeek): string {
  const all = [
    ['new', kinds.new],
    ['back', kinds.back],
    ['going-on', kinds.goingOn],
    ['gone', kinds.gone],
  ] as const;
  return toCsv({
    columns: ['in_this_week', ...COLUMNS.map(([name]) => name)],
    rows: all.flatMap(([what, groups]) => groups.map((group) => [what, ...COLUMNS.map(([, value]) => value(group))])),
  });
}

/** All kinds that match, as many as the server tells in one answer. */
export async function exportFailures(
  query: { readonly [K in keyof FailuresQuery]?: FailuresQuery[K] | undefined },
  format: 'csv' | 'json',
): Promise<string> {
  const { groups } = await client.failures({ ...query, limit: 500 });
  const table: ExportTable = {
    columns: COLUMNS.map(([name]) => name),
    rows: groups.map((group) => COLUMNS.map(([, value]) => value(group))),
  };
  return format === 'csv' ? toCsv(table) : toJson(table);
}
