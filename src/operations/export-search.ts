/** All that a search finds of one kind, for other programs: CSV for spreadsheets, JSON for scripts. */

import type { FoundCause, FoundFailure, FoundRecipe } from '../store/search.ts';
import { type FileAnswer, revisionOf } from './answer.ts';
import type { BuildRow } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { csvLine, csvNumber, csvText, csvTime } from './csv.ts';
import { type SearchAnswer, type SearchKind, search } from './search.ts';

/** Rows of one file: more than a spreadsheet is looked through by, and 10 MB. What a longer answer leaves out is said in its name. */
export const SEARCH_EXPORT_ROWS_MAX = 10_000;
const PAGE = 500;

export interface ExportSearchInput {
  readonly q: string;
  readonly kind: SearchKind;
  readonly format: 'csv' | 'json';
  /** CSV: texts that a spreadsheet would run as a formula get an apostrophe. */
  readonly safe: boolean;
}

type Found = BuildRow | FoundRecipe | FoundFailure | FoundCause;

export async function exportSearch(context: OperationContext, input: ExportSearchInput): Promise<FileAnswer> {
  const { q, kind, format, safe } = input;
  const rows: Found[] = [];
  let after: string | null = null;
  let reached: SearchAnswer['reached'] = [];
  do {
    const answer = await search(context, { q, kind, after, limit: PAGE });
    if (after === null) reached = answer.reached;
    const page = answer[kind];
    rows.push(...(page?.rows ?? []));
    after = page?.next ?? null;
  } while (after !== null && rows.length < SEARCH_EXPORT_ROWS_MAX);
  const text =
    format === 'csv' ? csvOf(kind, rows, safe) : JSON.stringify({ kind, q, whole: after === null, reached, rows });
  const part = after === null ? '' : `-first-${rows.length}`;
  const bytes = new TextEncoder().encode(text);
  return {
    bytes,
    mediaType: format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8',
    fileName: `${kind}${part}.${format}`,
    revision: revisionOf(bytes),
    finished: false,
  };
}

type Fields = readonly (readonly [name: string, text: (safe: boolean) => string])[];

const text =
  (value: string | null) =>
  (safe: boolean): string =>
    csvText(value, safe);
const number = (value: number | null) => (): string => csvNumber(value);
const time = (value: number | null) => (): string => csvTime(value);

function buildFields(row: BuildRow): Fields {
  return [
    ['build', text(row.id)],
    ['name', text(row.name)],
    ['started', time(row.startedMs)],
    ['outcome', text(row.outcome)],
    ['targets', text(row.targets?.join(' ') ?? null)],
    ['machine', text(row.machine)],
    ['distro', text(row.distro)],
    ['builder', text(row.builder)],
    ['host', text(row.hostName)],
    ['duration [s]', number(row.durationMs === null ? null : row.durationMs / 1000)],
    ['tasks', number(row.tasks)],
    ['failures', number(row.failures)],
    ['first failure', text(row.firstFailure)],
  ];
}

function recipeFields(row: FoundRecipe): Fields {
  return [
    ['recipe', text(row.pn)],
    ['version', text(row.version)],
    ['status', text(row.status)],
    ['failed task', text(row.failedTask)],
    ['build', text(row.buildId)],
    ['started', time(row.startedMs)],
    ['machine', text(row.machine)],
    ['runs looked at', number(row.runs)],
    ['executed', number(row.executed)],
    ['failed', number(row.failed)],
  ];
}

function failureFields(row: FoundFailure): Fields {
  return [
    ['failure', text(row.id)],
    ['build', text(row.buildId)],
    ['build name', text(row.buildName)],
    ['started', time(row.startedMs)],
    ['recipe', text(row.pn)],
    ['version', text(row.version)],
    ['multiconfig', text(row.mc === '' ? null : row.mc)],
    ['task', text(row.task)],
    ['class', text(row.causeClass)],
    ['fingerprint', text(row.fingerprint)],
    ['cause', text(row.cause)],
    ['machine', text(row.machine)],
    ['distro', text(row.distro)],
    ['builder', text(row.builder)],
    ['host distro', text(row.hostDistro)],
  ];
}

function causeFields(row: FoundCause): Fields {
  const { newest } = row;
  return [
    ['fingerprint', text(newest.fingerprint)],
    ['class', text(newest.causeClass)],
    ['cause', text(newest.cause)],
    ['failures', number(row.failures)],
    ['builds', number(row.builds)],
    ['recipes', number(row.recipes)],
    ['first', time(row.firstMs)],
    ['last', time(newest.startedMs)],
    ['newest failure', text(newest.id)],
  ];
}

function csvOf(kind: SearchKind, rows: readonly Found[], safe: boolean): string {
  // Each page of `search` is of the one kind that was asked for.
  const fields = rows.map((row) =>
    kind === 'builds'
      ? buildFields(row as BuildRow)
      : kind === 'recipes'
        ? recipeFields(row as FoundRecipe)
        : kind === 'failures'
          ? failureFields(row as FoundFailure)
          : causeFields(row as FoundCause),
  );
  const head = fields[0]?.map(([name]) => name) ?? [kind.slice(0, -1)];
  return csvLine(head) + fields.map((row) => csvLine(row.map(([, write]) => write(safe)))).join('');
}
