/**
 * Columns that need not be stored because two others give the very same doubles. A rule is only taken for a build when it does so for
 * every row of it, so reading is as lossless as if the column had been stored; where a row disagrees, the column is stored.
 *
 * Of the 67 bytes that 10,000 tasks of 36 metrics take each, this saves 15: the ratio `effective_cores` alone is 7 (its digits are
 * noise to every compressor), the end of a task 2.2 (the wall time is there, and is what histories are asked of).
 */
export interface ComputedColumn {
  readonly id: string;
  readonly rule: ComputationRule;
  /** Ids of stored or computed columns of the same table. */
  readonly from: readonly string[];
}

/**
 * `same`: a. `sum`: a + b. `quotient`: a / b where b is above 0. `end`: a in ms plus b in seconds, in whole ms.
 * A rule's meaning is part of the task-table format: append only.
 */
export const COMPUTATION_RULES = ['same', 'sum', 'quotient', 'end'] as const;
export type ComputationRule = (typeof COMPUTATION_RULES)[number];

/**
 * What is tried; nothing is computed from a computed column. cputime, a sum of four, is not here: its history is asked for often, and would
 * read four columns to save 3 bytes.
 */
export const COMPUTABLE: readonly ComputedColumn[] = [
  { id: '@end', rule: 'end', from: ['@start', 'walltime'] },
  { id: 'read_bytes', rule: 'same', from: ['io.read_bytes'] },
  { id: 'write_bytes', rule: 'same', from: ['io.write_bytes'] },
  { id: 'read_ops', rule: 'sum', from: ['rusage.ru_inblock', 'child_rusage.ru_inblock'] },
  { id: 'write_ops', rule: 'sum', from: ['rusage.ru_oublock', 'child_rusage.ru_oublock'] },
  { id: 'effective_cores', rule: 'quotient', from: ['cputime', 'walltime'] },
];

/** One value; NaN (not recorded) in gives NaN out. */
export function compute(rule: ComputationRule, a: number, b: number): number {
  switch (rule) {
    case 'same':
      return a;
    case 'sum':
      return a + b;
    case 'quotient':
      return b > 0 ? a / b : Number.NaN;
    case 'end':
      return a + Math.round(b * 1000);
  }
}

type Column = ArrayLike<number>;

/** The rule by which `column` can be computed from the others, or null. */
export function findRule(
  id: string,
  column: Column,
  columnOf: (id: string) => Column | undefined,
): ComputedColumn | null {
  const candidate = COMPUTABLE.find((one) => one.id === id);
  if (candidate === undefined) return null;
  const [a, b] = candidate.from.map(columnOf);
  if (a === undefined || (candidate.from.length > 1 && b === undefined)) return null;
  for (let i = 0; i < column.length; i++) {
    if (!Object.is(compute(candidate.rule, a[i]!, b?.[i] ?? 0), column[i])) return null;
  }
  return candidate;
}

export function computeColumn(rule: ComputationRule, a: Column, b: Column | undefined): Float64Array {
  if (rule === 'same') return Float64Array.from(a);
  const values = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) values[i] = compute(rule, a[i]!, b?.[i] ?? 0);
  return values;
}

/** The stored columns that are needed for these ids. */
export function storedColumns(ids: Iterable<string>, computed: readonly ComputedColumn[]): Set<string> {
  const stored = new Set<string>();
  const add = (id: string) => {
    const found = computed.find((one) => one.id === id);
    if (found === undefined) stored.add(id);
    else for (const other of found.from) add(other);
  };
  for (const id of ids) add(id);
  return stored;
}
