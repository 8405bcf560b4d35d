/** An answer of the server as what the drawing takes: columns in order, bars and cells with the index of their column. Pure. */

import type { MatrixResult, WaterfallResult } from '../../../api/contract.ts';
import { BUILD_OUTCOME_LABELS } from '../../../chart/build-outcome.ts';
import type { WaterfallBar, WaterfallInput } from '../../../chart/waterfall.ts';
import { formatAge, formatDuration, NOT_RECORDED } from '../../../model/format.ts';
import { byName } from '../../format/by-name.ts';
import type { ExportTable } from '../../format/export.ts';
import { isoTime } from '../../format/export.ts';
import { formatWhen } from '../../format/time.ts';

export type WaterfallBuild = WaterfallResult['builds'][number];

export interface WaterfallPicture {
  readonly input: WaterfallInput;
  /** Of each column; null: not recorded. */
  readonly values: readonly (string | null)[];
  /** Of each bar. */
  readonly builds: readonly WaterfallBuild[];
  /** Columns that have no build in this time, and are not shown. */
  readonly hidden: number;
}

/** `heads`: the last result of each column there ever was. `all`: those without a build in this time too. */
export function waterfallPicture(
  answer: WaterfallResult,
  heads: MatrixResult | undefined,
  all: boolean,
  nowMs: number,
): WaterfallPicture {
  const last = new Map(heads?.cells.map((cell) => [cell.row, cell]) ?? []);
  const here = new Set<string | null>();
  for (const { value } of answer.builds) here.add(value);
  for (const { value } of answer.cells?.rows ?? []) here.add(value);
  const every = new Set([...here, ...last.keys()]);
  const values = [...(all ? every : here)].sort(byName);
  const columnOf = new Map(values.map((value, i) => [value, i]));
  const builds = answer.builds.filter(({ startedMs }) => startedMs !== null);
  return {
    values,
    builds,
    hidden: every.size - values.length,
    input: {
      columns: values.map((value) => {
        const cell = last.get(value);
        return {
          label: value ?? NOT_RECORDED,
          last:
            cell === undefined
              ? null
              : {
                  outcome: cell.outcome,
                  text: [cell.failing ?? '', age(heads?.builds[cell.build]?.startedMs ?? null, nowMs)]
                    .filter(Boolean)
                    .join(' · '),
                },
        };
      }),
      bars: builds.map(
        (build): WaterfallBar => ({
          column: columnOf.get(build.value)!,
          startMs: build.startedMs!,
          endMs: build.outcome === 'running' ? null : build.endedMs,
          outcome: build.outcome,
          label: labelOf(build),
          usualMs: build.usualMs,
        }),
      ),
      cells:
        answer.cells === null
          ? null
          : {
              stepMs: answer.cells.stepMs,
              rows: answer.cells.rows.map(({ value, ...row }) => ({ ...row, column: columnOf.get(value)! })),
            },
    },
  };
}

function age(startedMs: number | null, nowMs: number): string {
  const text = startedMs === null ? '' : formatAge(nowMs - startedMs);
  return text === '' || text === 'now' ? text : `${text} ago`;
}

/** What failed, or what was built. */
function labelOf(build: WaterfallBuild): string {
  if (build.firstFailure !== null)
    return build.failures > 1 ? `${build.firstFailure} +${build.failures - 1}` : build.firstFailure;
  return build.targets === null || build.targets.length === 0 ? build.name : build.targets.join(' ');
}

/** A bar in a sentence: for the live region, the tip and the titles of the SVG. */
export function describeBuild(build: WaterfallBuild, nowMs: number): string {
  const what = build.targets?.join(' ') ?? build.name;
  const where = [build.machine, build.distro].filter((part) => part !== null).join(', ');
  const how =
    build.firstFailure === null
      ? BUILD_OUTCOME_LABELS[build.outcome]
      : `${BUILD_OUTCOME_LABELS[build.outcome]}: ${build.firstFailure}`;
  return [what, where, how, durationText(build, nowMs), formatWhen(build.startedMs, nowMs), build.builder ?? '']
    .filter((part) => part !== '')
    .join(', ');
}

export function durationText({ startedMs, endedMs, outcome }: WaterfallBuild, nowMs: number): string {
  if (startedMs === null) return '';
  if (outcome === 'running') return `running for ${formatDuration(Math.max(0, nowMs - startedMs))}`;
  return endedMs === null ? 'no end recorded' : formatDuration(Math.max(0, endedMs - startedMs));
}

/** Builds, or cells, as rows. */
export function waterfallTable(answer: WaterfallResult, by: string): ExportTable {
  if (answer.cells !== null) {
    const { stepMs, rows } = answer.cells;
    return {
      columns: [by, 'from', 'to', 'builds', 'failed', 'succeeded_with_errors', 'succeeded'],
      rows: rows.map((r) => [
        r.value,
        isoTime(r.startMs),
        isoTime(r.startMs + stepMs),
        r.builds,
        r.failed,
        r.errors,
        r.succeeded,
      ]),
    };
  }
  return {
    columns: [
      `column_${by}`,
      'id',
      'name',
      'started',
      'ended',
      'duration_s',
      'outcome',
      'failures',
      'first_failure',
      'targets',
      'machine',
      'distro',
      'builder',
      'host',
    ],
    rows: answer.builds.map((b) => [
      b.value,
      b.id,
      b.name,
      isoTime(b.startedMs),
      isoTime(b.endedMs),
      b.startedMs === null || b.endedMs === null || b.outcome === 'running' ? null : (b.endedMs - b.startedMs) / 1000,
      b.outcome,
      b.failures,
      b.firstFailure,
      b.targets?.join(' ') ?? null,
      b.machine,
      b.distro,
      b.builder,
      b.hostName,
    ]),
  };
}
