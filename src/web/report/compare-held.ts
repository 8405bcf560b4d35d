/** The comparison of builds that are held in a report file, computed here as the server would: thresholds and filters work in the file too. */
import { decompress } from 'fzstd';
import { COMPARE_DEFAULTS, type CompareOptions, compareBuilds } from '../../analysis/compare.ts';
import type { BuildDetail, CompareResult } from '../../api/contract.ts';
import { decodeColumns } from '../../model/columns-body.ts';
import { bytesOf } from './held-bytes.ts';
import type { Report } from './report-file.ts';

const unpack = (bytes: Uint8Array, rawLength: number): Uint8Array => decompress(bytes, new Uint8Array(rawLength));

function choice<T extends string>(value: string | null, known: readonly T[], otherwise: T): T {
  return known.find((one) => one === value) ?? otherwise;
}

function number(value: string | null): number | undefined {
  if (value === null || value === '') return undefined;
  const read = Number(value);
  return Number.isFinite(read) && read >= 0 ? read : undefined;
}

/** The same words as the contract's CompareQuery. */
export function compareOptionsOf(params: URLSearchParams): CompareOptions {
  return {
    metric: params.get('metric') ?? COMPARE_DEFAULTS.metric,
    minValue: number(params.get('minValue')),
    minDifference: number(params.get('minDifference')),
    mode: choice(params.get('mode'), ['any', 'all'], COMPARE_DEFAULTS.mode),
    task: params.get('task') ?? undefined,
    recipe: params.get('recipe') ?? undefined,
    outcome: choice(params.get('outcome'), ['all', 'common', 'new', 'dropped'], COMPARE_DEFAULTS.outcome),
    setscene: choice(params.get('setscene'), ['separate', 'hide'], COMPARE_DEFAULTS.setscene),
    limit: number(params.get('limit')) ?? COMPARE_DEFAULTS.limit,
  };
}

/** Null: a build that is asked for is not in the file. */
export function compareHeld(held: Report, params: URLSearchParams): CompareResult | null {
  const builds: BuildDetail[] = [];
  const inputs = [];
  for (const id of params.getAll('b')) {
    const detail = held.answers[`/builds/${id}`];
    const columns = held.answers[`/builds/${id}/columns`];
    if (detail === undefined || !('json' in detail) || columns === undefined || !('base64' in columns)) return null;
    // Written by export-report.ts from the operation `show-build`, whose answer this is.
    const build = detail.json as BuildDetail;
    builds.push(build);
    inputs.push({
      head: {
        ...build,
        failures: build.failureList,
        qaIssues: build.qaIssueList,
        problems: build.problemList,
        host: { ...build.host, id: null },
        type: { kind: build.kind, estimated: build.kindEstimated, sstate: build.sstate },
      },
      tasks: decodeColumns(bytesOf(columns.base64), unpack),
    });
  }
  return { ...compareBuilds(inputs, compareOptionsOf(params)), builds };
}
