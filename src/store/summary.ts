import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { type Build, type BuildKind, type BuildOutcome, buildDurationMs, type SstateSummary } from '../model/build.ts';
import { configurationKey, isProductBuild } from '../model/configuration.ts';
import { factColumns, qaChecks } from './facts.ts';
import type { BuildsTable } from './schema.ts';
import { storable } from './storable.ts';
import type { BuildSummary, Visibility } from './store.ts';

/** Longest text the search looks in; a build asked for a thousand targets is found by the first hundreds. */
const SEARCH_CHARS_MAX = 10_000;

/** The searched columns of a build. */
export function summaryRow(
  id: string,
  revision: string,
  build: Build,
): Omit<BuildsTable, 'number' | 'key_list' | 'graph' | 'visibility' | 'owner' | 'pinned' | 'received_ms'> {
  const { tasks, type } = build;
  const location = build.sources[0]?.location ?? '';
  let started = 0;
  for (const start of tasks.startMs) if (!Number.isNaN(start)) started++;
  const durationMs = buildDurationMs(build);
  const search = [
    build.name,
    location,
    build.machine,
    build.distro,
    build.builder,
    build.host.name,
    ...(build.targets ?? []),
  ];
  const row = {
    id,
    revision,
    name: build.name,
    search: search
      .filter((text) => text !== null)
      .join('\n')
      .toLowerCase()
      .slice(0, SEARCH_CHARS_MAX),
    started_ms: whole(build.startedMs),
    order_ms: whole(build.startedMs) ?? -1,
    ended_ms: whole(build.endedMs),
    end_estimated: Number(build.endEstimated),
    duration_ms: whole(durationMs),
    outcome: build.outcome,
    targets: build.targets === null ? null : JSON.stringify(build.targets),
    machine: build.machine,
    distro: build.distro,
    builder: build.builder,
    host: build.host.name,
    location,
    kind: type.kind,
    kind_estimated: Number(type.estimated),
    sstate: type.sstate === null ? null : JSON.stringify(type.sstate),
    tasks: started,
    failures: build.failures.length,
    first_failure: firstFailure(build),
    qa_issues: build.qaIssues.length,
    problems: build.problems.length,
    cpu_time_s: sumOf(tasks.values.get('cputime')),
    configuration: createHash('sha256').update(configurationKey(build)).digest('hex').slice(0, 16),
    positions: tasks.length,
    ...factColumns(build),
    qa_checks: qaChecks(tasks),
    // A run that asks for no product, or whose end is not known, would make a wrong usual.
    baseline: Number(
      isProductBuild(build) && build.outcome === 'succeeded' && durationMs !== null && !build.endEstimated,
    ),
  };
  for (const column of [
    'name',
    'search',
    'targets',
    'machine',
    'distro',
    'builder',
    'host',
    'location',
    'first_failure',
  ] as const) {
    const text = row[column];
    if (text !== null) row[column] = storable(text);
  }
  return row;
}

/** Times are whole milliseconds; a fraction from a hostile source must not make the whole build unsavable in an integer column. */
function whole(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) ? null : Math.round(ms);
}

function sumOf(column: Float64Array | undefined): number | null {
  let sum = 0;
  let any = false;
  for (const value of column ?? []) {
    if (Number.isNaN(value)) continue;
    sum += value;
    any = true;
  }
  return any ? sum : null;
}

function firstFailure({ failures, tasks, recipes }: Build): string | null {
  const first = failures[0];
  if (first === undefined) return null;
  const pn = first.row === null ? null : recipes[tasks.recipe[first.row] ?? -1]?.pn;
  const name = pn ?? recipes.find(({ pf, mc }) => pf === first.pf && mc === first.mc)?.pn ?? first.pf;
  if (name === null && first.task === null) return first.cause;
  return [name, first.task].filter((part) => part !== null).join(':');
}

export function summaryOf(row: Pick<Selectable<BuildsTable>, (typeof SUMMARY_COLUMNS)[number]>): BuildSummary {
  return {
    id: row.id,
    revision: row.revision,
    name: row.name,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    endEstimated: row.end_estimated === 1,
    outcome: row.outcome as BuildOutcome,
    targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
    machine: row.machine,
    distro: row.distro,
    builder: row.builder,
    hostName: row.host,
    location: row.location,
    kind: row.kind as BuildKind,
    kindEstimated: row.kind_estimated === 1,
    sstate: row.sstate === null ? null : (JSON.parse(row.sstate) as SstateSummary),
    tasks: row.tasks,
    failures: row.failures,
    firstFailure: row.first_failure,
    qaIssues: row.qa_issues,
    problems: row.problems,
    cpuTimeS: row.cpu_time_s,
    configuration: row.configuration,
    visibility: row.visibility as Visibility,
  };
}

export const SUMMARY_COLUMNS = [
  'id',
  'visibility',
  'revision',
  'name',
  'started_ms',
  'order_ms',
  'ended_ms',
  'end_estimated',
  'duration_ms',
  'outcome',
  'targets',
  'machine',
  'distro',
  'builder',
  'host',
  'location',
  'kind',
  'kind_estimated',
  'sstate',
  'tasks',
  'failures',
  'first_failure',
  'qa_issues',
  'problems',
  'cpu_time_s',
  'configuration',
  'baseline',
] as const satisfies readonly (keyof BuildsTable)[];
