/** An answer of the server as rows, columns and marks in order. Pure. */

import type { MatrixResult } from '../../../api/contract.ts';
import type { MatrixInput, MatrixMark } from '../../../chart/matrix.ts';
import type { BuildDimension } from '../../../model/build-dimension.ts';
import { NOT_RECORDED } from '../../../model/format.ts';
import { byName } from '../../format/by-name.ts';
import type { ExportTable } from '../../format/export.ts';
import { isoTime } from '../../format/export.ts';
import { fromDateField } from '../../format/time.ts';
import { type BuildsSearch, printValues } from '../Builds/search.ts';

export type MatrixCell = MatrixResult['cells'][number];
export type MatrixBuild = MatrixResult['builds'][number];

export interface MatrixPicture {
  readonly input: MatrixInput;
  /** Null: not recorded. */
  readonly rows: readonly (string | null)[];
  readonly columns: readonly (string | null)[];
  /** Of each mark. */
  readonly cells: readonly MatrixCell[];
  /** Index of the mark by `row * columns + column`. */
  readonly at: ReadonlyMap<number, number>;
}

export interface PictureOptions {
  readonly rows: BuildDimension;
  readonly columns: BuildDimension;
  /** What fails most comes first; else by name, days newest first. */
  readonly worstFirst: boolean;
  readonly find: string;
  readonly nowMs: number;
}

export function matrixPicture(answer: MatrixResult, options: PictureOptions): MatrixPicture {
  const cells = found(answer.cells, options.find.toLowerCase());
  const rows = ordered(cells, ({ row }) => row, options.rows, options.worstFirst);
  const columns = ordered(cells, ({ column }) => column, options.columns, options.worstFirst);
  const rowOf = new Map(rows.map((value, i) => [value, i]));
  const columnOf = new Map(columns.map((value, i) => [value, i]));
  const at = new Map<number, number>();
  const marks = cells.map((cell, i): MatrixMark => {
    const row = rowOf.get(cell.row)!;
    const column = columnOf.get(cell.column)!;
    at.set(row * columns.length + column, i);
    const build = answer.builds[cell.build];
    const ofBuild = options.rows !== 'recipe' && options.columns !== 'recipe';
    return {
      row,
      column,
      outcome: cell.outcome,
      failing: cell.failing,
      ageMs: build?.startedMs == null ? null : Math.max(0, options.nowMs - build.startedMs),
      // How long a recipe took is not what its build took.
      ratio: ofBuild ? (build?.ratio ?? null) : null,
      running: cell.running,
    };
  });
  const label = (value: string | null): string => value ?? NOT_RECORDED;
  return { rows, columns, cells, at, input: { rows: rows.map(label), columns: columns.map(label), marks } };
}

function found(cells: readonly MatrixCell[], words: string): readonly MatrixCell[] {
  if (words === '') return cells;
  const has = (value: string | null): boolean => (value ?? NOT_RECORDED).toLowerCase().includes(words);
  return cells.filter(({ row, column, failing }) => has(row) || has(column) || (failing !== null && has(failing)));
}

function ordered(
  cells: readonly MatrixCell[],
  placeOf: (cell: MatrixCell) => string | null,
  dimension: BuildDimension,
  worstFirst: boolean,
): (string | null)[] {
  const failing = new Map<string | null, number>();
  for (const cell of cells) {
    const value = placeOf(cell);
    failing.set(value, (failing.get(value) ?? 0) + (cell.outcome === 'failed' ? 1 : 0));
  }
  const values = [...failing.keys()];
  if (dimension === 'day') return values.sort((a, b) => -byName(a, b) * (a === null || b === null ? -1 : 1));
  return values.sort((a, b) => (worstFirst ? failing.get(b)! - failing.get(a)! : 0) || byName(a, b));
}

/** What the list of builds is asked for to show what is behind a cell. A recipe is no part of it. */
export function cellFilter(
  filter: Omit<BuildsSearch, 'pick'>,
  places: readonly (readonly [dimension: BuildDimension, value: string | null])[],
): Omit<BuildsSearch, 'pick'> {
  let result: Omit<BuildsSearch, 'pick'> = filter;
  for (const [dimension, value] of places) {
    if (dimension === 'recipe') continue;
    if (dimension === 'day') {
      if (value !== null) result = { ...result, from: fromDateField(value), to: fromDateField(value, true) };
    } else result = { ...result, [dimension]: printValues([value ?? '']) };
  }
  return result;
}

export function matrixTable(answer: MatrixResult, rows: BuildDimension, columns: BuildDimension): ExportTable {
  return {
    columns: [
      rows,
      columns,
      'outcome',
      'failing',
      'build',
      'started',
      'build_duration_s',
      'usual_s',
      'vs_usual',
      'builds',
      'failed',
      'running',
      'last_succeeded',
      'newest',
    ],
    rows: answer.cells.map((cell) => {
      const build = answer.builds[cell.build];
      return [
        cell.row,
        cell.column,
        cell.outcome,
        cell.failing,
        build?.id ?? null,
        isoTime(build?.startedMs),
        build?.durationMs == null ? null : build.durationMs / 1000,
        build?.usualMs == null ? null : build.usualMs / 1000,
        build?.ratio ?? null,
        cell.builds,
        cell.failed,
        cell.running,
        isoTime(cell.succeededMs),
        isoTime(cell.newestMs),
      ];
    }),
  };
}
