/** The last result of each pair of values that builds have, with how long it took against its usual. */
import type { BuildDimension } from '../model/build-dimension.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BuildSummary, MatrixCell } from '../store/store.ts';
import { type BuildRow, buildRows } from './build-row.ts';
import type { OperationContext } from './context.ts';
import type { BuildListFilter } from './list-builds.ts';

/** A hundred images on fifty machines; what nobody can look at any more is counted. */
const CELLS_MAX = 5000;
/** Builds whose histories are asked for in one statement: each is a parameter of it. */
const HISTORIES_AT_ONCE = 1000;

export interface ShowMatrixInput {
  readonly filter: BuildListFilter;
  readonly rows: BuildDimension;
  /** Null: one column. */
  readonly columns: BuildDimension | null;
  /** Minutes east of UTC, where days begin. */
  readonly zoneMinutes: number;
}

/** The last build of a cell in the words of a list of builds, less what only its list shows. */
export type MatrixBuild = Pick<
  BuildRow,
  'id' | 'name' | 'startedMs' | 'endedMs' | 'outcome' | 'failures' | 'firstFailure' | 'durationMs'
> & { readonly usualMs: number | null; readonly ratio: number | null };

export interface MatrixView {
  readonly cells: readonly (Omit<MatrixCell, 'last'> & { readonly build: number })[];
  readonly builds: readonly MatrixBuild[];
  readonly leftOut: number;
  readonly sinceMs: number | null;
}

export async function showMatrix({ store }: OperationContext, input: ShowMatrixInput): Promise<MatrixView> {
  if (input.rows === input.columns)
    throw new BakehouseError('invalid', `rows and columns: both are ${input.rows}; two different ones make a matrix.`);
  const { cells, leftOut, sinceMs } = await store.readMatrix({ ...input, cellsMax: CELLS_MAX });
  const indexOf = new Map<string, number>();
  const summaries: BuildSummary[] = [];
  for (const { last } of cells) {
    if (indexOf.has(last.id)) continue;
    indexOf.set(last.id, summaries.length);
    summaries.push(last);
  }
  const builds: MatrixBuild[] = [];
  for (let at = 0; at < summaries.length; at += HISTORIES_AT_ONCE) {
    for (const row of await buildRows(store, summaries.slice(at, at + HISTORIES_AT_ONCE))) {
      const { id, name, startedMs, endedMs, outcome, failures, firstFailure, durationMs, usual } = row;
      builds.push({
        id,
        name,
        startedMs,
        endedMs,
        outcome,
        failures,
        firstFailure,
        durationMs,
        usualMs: usual.medianMs,
        ratio: usual.ratio,
      });
    }
  }
  return {
    leftOut,
    sinceMs,
    builds,
    cells: cells.map(({ last, ...cell }) => ({ ...cell, build: indexOf.get(last.id)! })),
  };
}
