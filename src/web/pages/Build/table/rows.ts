/**
 * Rows of a table over columns: which ones, in which order, in which groups. Row numbers in typed arrays; no object per row, so that
 * 100,000 task runs sort in a tenth of a second.
 */
import type { Aggregation } from '../../../../model/metric.ts';

/** A column of numbers. NaN: not recorded. */
export interface NumberColumn {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly note: string | null;
  readonly aggregation: Aggregation;
  readonly values: Float64Array;
}

/** A column of few different words: an index a row into the words, which are in the order they sort. -1: not recorded. */
export interface WordColumn {
  readonly id: string;
  readonly label: string;
  readonly index: Int32Array;
  readonly words: readonly string[];
  /** An empty cell is none, not something that went unrecorded: the failed task of a recipe that did not fail. */
  readonly mayBeNone?: boolean;
}

/** A column of words from one word a row, '' being "not recorded". */
export function wordColumn(id: string, label: string, length: number, word: (row: number) => string): WordColumn {
  const index = new Int32Array(length);
  const known = new Map<string, number>();
  const found: string[] = [];
  for (let row = 0; row < length; row++) {
    const text = word(row);
    if (text === '') {
      index[row] = -1;
      continue;
    }
    let i = known.get(text);
    if (i === undefined) {
      i = found.length;
      known.set(text, i);
      found.push(text);
    }
    index[row] = i;
  }
  const order = found.map((_, i) => i).sort((a, b) => (found[a]! < found[b]! ? -1 : 1));
  const rank = new Int32Array(found.length);
  order.forEach((old, i) => {
    rank[old] = i;
  });
  for (let row = 0; row < length; row++) if (index[row]! >= 0) index[row] = rank[index[row]!]!;
  return { id, label, index, words: order.map((i) => found[i]!) };
}

/** Row numbers for which `keep` holds, ascending. */
export function filterRows(length: number, keep: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(length);
  let n = 0;
  for (let row = 0; row < length; row++) if (keep(row)) rows[n++] = row;
  return rows.subarray(0, n);
}

/**
 * Sorted by numbers, in place of a copy; equal ones stay in the order they came (the table's own: recipe, task). What is not recorded comes
 * last whichever way.
 */
export function sortRows(rows: Uint32Array, key: ArrayLike<number>, descending: boolean): Uint32Array {
  const sign = descending ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const x = key[a]!;
    const y = key[b]!;
    if (x === y) return a - b;
    const xMissing = Number.isNaN(x);
    const yMissing = Number.isNaN(y);
    if (xMissing || yMissing) return xMissing && yMissing ? a - b : xMissing ? 1 : -1;
    return (x - y) * sign;
  });
}

/** The sort key of a word column: its index, not recorded as NaN. */
export function wordKey(column: WordColumn): Float64Array {
  return Float64Array.from(column.index, (i) => (i < 0 ? Number.NaN : i));
}

/** Rows put together by a word; group g has rows `rows[offsets[g] .. offsets[g + 1]]`. */
export interface Groups {
  readonly length: number;
  readonly words: readonly string[];
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
}

/** Groups in the order of their words, "not recorded" (word '') last; words that no row has make no group. */
export function groupRows(rows: Uint32Array, by: WordColumn): Groups {
  const slots = by.words.length + 1;
  const slot = (row: number): number => (by.index[row]! < 0 ? slots - 1 : by.index[row]!);
  const counts = new Uint32Array(slots);
  for (const row of rows) counts[slot(row)]!++;
  const groupOf = new Int32Array(slots).fill(-1);
  const words: string[] = [];
  const starts: number[] = [0];
  let total = 0;
  for (let s = 0; s < slots; s++) {
    if (counts[s] === 0) continue;
    groupOf[s] = words.length;
    words.push(by.words[s] ?? '');
    total += counts[s]!;
    starts.push(total);
  }
  const offsets = Uint32Array.from(starts);
  const next = offsets.slice();
  const grouped = new Uint32Array(rows.length);
  for (const row of rows) {
    const g = groupOf[slot(row)]!;
    grouped[next[g]!++] = row;
  }
  return { length: words.length, words, offsets, rows: grouped };
}

/**
 * One number a group, as the metric says: sum, max or mean over the runs that recorded it. NaN where none did, or where such numbers do not
 * add up to anything (aggregation `none`).
 */
export function aggregate(groups: Groups, values: Float64Array, aggregation: Aggregation): Float64Array {
  const result = new Float64Array(groups.length).fill(Number.NaN);
  if (aggregation === 'none') return result;
  for (let g = 0; g < groups.length; g++) {
    let sum = 0;
    let max = Number.NEGATIVE_INFINITY;
    let n = 0;
    for (let i = groups.offsets[g]!; i < groups.offsets[g + 1]!; i++) {
      const v = values[groups.rows[i]!]!;
      if (Number.isNaN(v)) continue;
      n++;
      sum += v;
      if (v > max) max = v;
    }
    if (n > 0) result[g] = aggregation === 'sum' ? sum : aggregation === 'max' ? max : sum / n;
  }
  return result;
}

/** A quotient of two sums over the runs that recorded both: effective cores of a group are its cpu time by its wall time. */
export function aggregateQuotient(groups: Groups, top: Float64Array, bottom: Float64Array): Float64Array {
  const result = new Float64Array(groups.length).fill(Number.NaN);
  for (let g = 0; g < groups.length; g++) {
    let a = 0;
    let b = 0;
    for (let i = groups.offsets[g]!; i < groups.offsets[g + 1]!; i++) {
      const row = groups.rows[i]!;
      const x = top[row]!;
      const y = bottom[row]!;
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      a += x;
      b += y;
    }
    if (b > 0) result[g] = a / b;
  }
  return result;
}

/** The total of the rows shown, for the foot of a table. */
export function total(rows: Uint32Array, column: NumberColumn): number {
  const all: Groups = { length: 1, words: [''], offsets: Uint32Array.of(0, rows.length), rows };
  return aggregate(all, column.values, column.aggregation)[0]!;
}
