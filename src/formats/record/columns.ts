/**
 * Columns of a record line: numbers of one kind, packed (docs/formats/record.md, "Columns"). What a line announces is added up and
 * held against the bounds before anything is unpacked.
 */
import {
  RECORD_CELLS_A_CHAR,
  RECORD_CELLS_FREE,
  RECORD_CELLS_MAX,
  RECORD_COLUMNS_MAX,
  RECORD_LINE_UNPACKED_BYTES_MAX,
  RECORD_ROWS_A_CHAR,
  RECORD_ROWS_FREE,
  TASK_RUNS_MAX,
} from '../../model/limits.ts';
import { countOf, type Fields, get, isFields, numberOf, textOf } from './fields.ts';
import type { Packing } from './packing.ts';

/** A column of numbers: `values` are whole numbers where `scale` says so (value = integer / 10^scale). NaN: not recorded. */
export interface NumberColumn {
  readonly id: string;
  readonly unit: string;
  readonly scale: number;
  readonly values: Float64Array<ArrayBuffer>;
}

/** Hashes as 16 hex digits each, '' where not recorded. */
export interface HashColumn {
  readonly id: string;
  readonly hashes: string[];
}

export interface Columns {
  readonly rows: number;
  readonly numbers: readonly NumberColumn[];
  readonly hashes: readonly HashColumn[];
}

/** Why a line's columns cannot be read: a sentence that goes into its problem. */
export class ColumnsError extends Error {}

const WIDTHS: ReadonlySet<number> = new Set([0, 1, 2, 4, 8]);
const SCALE_MAX = 9;
const POWERS = Array.from({ length: SCALE_MAX + 1 }, (_, i) => 10 ** i);
const HASH_WIDTH = 8;

interface Announced {
  readonly id: string;
  readonly kind: 'integer' | 'float64' | 'hex64';
  readonly width: number;
  readonly scale: number;
  readonly min: number;
  readonly delta: boolean;
  readonly step: number;
  /** The values are distances to a sum of those of columns before: id and factor. */
  readonly of: readonly (readonly [id: string, factor: number])[];
  readonly missing: boolean;
  readonly unit: string;
}

/** A column is told by two or three others; more would be a way to make a short line costly. */
const OF_MAX = 4;
/** Blocks of 512 bytes, pages of 4 KiB: nothing is counted in more of something else. */
const FACTOR_MAX = 2 ** 20;

function ofColumns(value: unknown, id: string): [string, number][] {
  if (!Array.isArray(value) || value.length > OF_MAX) throw new ColumnsError(`the column ${id} has a wrong of`);
  return value.map((pair: unknown) => {
    const [other, factor] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof other !== 'string' || !Number.isSafeInteger(factor) || Math.abs(Number(factor)) > FACTOR_MAX)
      throw new ColumnsError(`the column ${id} has a wrong of`);
    return [other, Number(factor)];
  });
}

function announced(value: unknown): Announced {
  if (!isFields(value)) throw new ColumnsError('a column is not an object');
  const id = textOf(get(value, 'id'), 200);
  if (id === null || id === '') throw new ColumnsError('a column has no id');
  const type = get(value, 'type') ?? 'integer';
  if (type !== 'integer' && type !== 'float64' && type !== 'hex64') {
    throw new ColumnsError(`the column ${id} is of an unknown type`);
  }
  const width = type === 'integer' ? numberOf(get(value, 'width')) : HASH_WIDTH;
  if (width === null || !WIDTHS.has(width)) throw new ColumnsError(`the column ${id} has no width of 0, 1, 2, 4 or 8`);
  const scale = get(value, 'scale') ?? 0;
  const min = get(value, 'min') ?? 0;
  if (countOf(scale) === null || Number(scale) > SCALE_MAX)
    throw new ColumnsError(`the column ${id} has a wrong scale`);
  const step = get(value, 'step') ?? 1;
  if (!Number.isSafeInteger(min)) throw new ColumnsError(`the column ${id} has a wrong min`);
  if (countOf(step) === null || step === 0) throw new ColumnsError(`the column ${id} has a wrong step`);
  return {
    id,
    kind: type,
    width,
    scale: type === 'integer' ? Number(scale) : 0,
    min: type === 'integer' ? Number(min) : 0,
    delta: type === 'integer' && get(value, 'delta') === true,
    step: type === 'integer' ? Number(step) : 1,
    of: type === 'integer' ? ofColumns(get(value, 'of') ?? [], id) : [],
    missing: get(value, 'missing') === true,
    unit: textOf(get(value, 'unit'), 20) ?? '',
  };
}

/** What may still be unpacked of one record: a short line can announce a million rows of width 0. */
export class CellBudget {
  #left = RECORD_CELLS_MAX;
  #chars = 0;
  #rows = 0;

  get taken(): number {
    return RECORD_CELLS_MAX - this.#left;
  }

  /** `chars`: of the data that they come from. What is many times more than its bytes can hold is no build. */
  take(cells: number, chars: number): void {
    this.#chars += chars;
    const earned = RECORD_CELLS_FREE + RECORD_CELLS_A_CHAR * this.#chars;
    if (cells > this.#left || this.taken + cells > earned) {
      throw new ColumnsError('the record holds more numbers than are read of one build');
    }
    this.#left -= cells;
  }

  /** The same of task runs, each of which is sorted, joined and stored. */
  takeRows(rows: number): void {
    this.#rows += rows;
    if (this.#rows > RECORD_ROWS_FREE + RECORD_ROWS_A_CHAR * this.#chars) {
      this.#rows -= rows;
      throw new ColumnsError('the record holds more task runs than its bytes can tell of');
    }
  }
}

/** Decodes `rows`, `columns` and `data` of a line. Throws ColumnsError for anything that does not fit together. */
export function decodeColumns(line: Fields, packing: Packing, budget: CellBudget): Columns {
  const rows = countOf(get(line, 'rows'));
  if (rows === null || rows > TASK_RUNS_MAX) throw new ColumnsError('it has no count of rows');
  const list = get(line, 'columns');
  if (!Array.isArray(list)) throw new ColumnsError('it has no columns');
  if (list.length > RECORD_COLUMNS_MAX) throw new ColumnsError(`it has ${list.length} columns`);
  const columns = list.map(announced);
  const bitmap = Math.ceil(rows / 8);
  let bytes = 0;
  for (const { missing, width } of columns) bytes += (missing ? bitmap : 0) + rows * width;
  if (bytes > RECORD_LINE_UNPACKED_BYTES_MAX) throw new ColumnsError(`it would unpack to ${bytes} bytes`);
  const data = get(line, 'data');
  budget.take(rows * columns.length, typeof data === 'string' ? data.length : 0);
  if (typeof data !== 'string' && bytes > 0) throw new ColumnsError('it has no data');
  const payload = bytes === 0 ? new Uint8Array(0) : packing.unpack(String(data), bytes);
  if (payload === null) throw new ColumnsError('its data is damaged, or not of the size that its columns announce');

  const numbers: NumberColumn[] = [];
  const hashes: HashColumn[] = [];
  let at = 0;
  for (const column of columns) {
    const recorded = column.missing ? payload.subarray(at, at + bitmap) : null;
    if (recorded !== null) at += bitmap;
    const cells = payload.subarray(at, at + rows * column.width);
    at += cells.length;
    const { id, unit, scale } = column;
    if (column.kind === 'hex64') hashes.push({ id, hashes: hashesOf(cells, rows, recorded) });
    else if (column.kind === 'float64') numbers.push({ id, unit, scale, values: doublesOf(cells, rows, recorded) });
    else {
      const values = integersOf(column, cells, rows, recorded);
      for (const [other, factor] of column.of) addMultiple(values, numberColumn(numbers, other, id), factor);
      numbers.push({ id, unit, scale, values });
    }
  }
  return { rows, numbers, hashes };
}

function numberColumn(before: readonly NumberColumn[], other: string, id: string): Float64Array {
  const column = before.find((candidate) => candidate.id === other);
  if (column === undefined)
    throw new ColumnsError(`the column ${id} is told by ${other}, which does not stand before it`);
  return column.values;
}

/** What is not recorded of the other counts as 0: the distance is then the value itself. */
function addMultiple(values: Float64Array, others: Float64Array, factor: number): void {
  for (let r = 0; r < values.length; r++) if (!Number.isNaN(others[r])) values[r] = values[r]! + factor * others[r]!;
}

function isRecorded(bitmap: Uint8Array | null, row: number): boolean {
  return bitmap === null || ((bitmap[row >> 3]! >> (row & 7)) & 1) === 1;
}

function integersOf(
  column: Announced,
  cells: Uint8Array,
  rows: number,
  recorded: Uint8Array | null,
): Float64Array<ArrayBuffer> {
  const values = new Float64Array(rows);
  const { width, min, step } = column;
  // Byte planes, lowest first: each loop runs over one piece of memory.
  if (width >= 1) for (let r = 0; r < rows; r++) values[r] = cells[r]!;
  for (let b = 1; b < width; b++) {
    const from = b * rows;
    const factor = 256 ** b;
    for (let r = 0; r < rows; r++) values[r] = values[r]! + cells[from + r]! * factor;
  }
  if (column.delta) {
    let sum = min;
    for (let r = 0; r < rows; r++) {
      const zigzag = values[r]!;
      sum += step * (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      values[r] = sum;
    }
  } else if (min !== 0 || step !== 1) for (let r = 0; r < rows; r++) values[r] = values[r]! * step + min;
  if (recorded !== null) for (let r = 0; r < rows; r++) if (!isRecorded(recorded, r)) values[r] = Number.NaN;
  return values;
}

function doublesOf(cells: Uint8Array, rows: number, recorded: Uint8Array | null): Float64Array<ArrayBuffer> {
  const bytes = new Uint8Array(rows * 8);
  for (let b = 0; b < 8; b++) for (let r = 0, from = b * rows; r < rows; r++) bytes[8 * r + b] = cells[from + r]!;
  const view = new DataView(bytes.buffer);
  const values = new Float64Array(rows);
  for (let r = 0; r < rows; r++) values[r] = isRecorded(recorded, r) ? view.getFloat64(8 * r, true) : Number.NaN;
  return values;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hashesOf(cells: Uint8Array, rows: number, recorded: Uint8Array | null): string[] {
  const hashes = new Array<string>(rows);
  for (let r = 0; r < rows; r++) {
    let text = '';
    let any = 0;
    for (let b = 0; b < HASH_WIDTH; b++) {
      const byte = cells[b * rows + r]!;
      any |= byte;
      text += HEX[byte]!;
    }
    hashes[r] = any !== 0 && isRecorded(recorded, r) ? text : '';
  }
  return hashes;
}

/** The values themselves: whole numbers divided by their scale. In place. */
export function scaled(column: NumberColumn): Float64Array<ArrayBuffer> {
  const { values, scale } = column;
  if (scale > 0) {
    const power = POWERS[scale]!;
    for (let r = 0; r < values.length; r++) values[r] = values[r]! / power;
  }
  return values;
}

export type ColumnToWrite =
  | {
      readonly id: string;
      readonly unit?: string;
      readonly values: ArrayLike<number>;
      /** Columns before it that it is likely to be near: a start is near its end. Taken where it makes the column smaller. */
      readonly of?: readonly (readonly [id: string, factor: number])[];
    }
  | { readonly id: string; readonly hashes: readonly string[] };

/** How far a number may be moved to have few digits: Python prints 0.088164 s of CPU time, a sum, as 0.08816399999999999. */
const ROUNDING = 4 * Number.EPSILON;

/**
 * `columns` and `data` of a line. Every number comes back as it is: one that no scale makes whole makes its column one of doubles.
 * With `rounded`, noise of the last digit is none: a column of times in microseconds then takes a third.
 */
export function encodeColumns(
  rows: number,
  columns: readonly ColumnToWrite[],
  packing: Packing,
  rounded = false,
): { columns: Record<string, unknown>[]; data: string } {
  const announcements: Record<string, unknown>[] = [];
  const payloads: Uint8Array[] = [];
  // Whole numbers without a scale, by which later columns may be told. NaN: not recorded.
  const whole = new Map<string, ArrayLike<number>>();
  for (const column of columns) {
    if ('hashes' in column) {
      const { about, payload } = hashPayload(column.hashes);
      announcements.push({ id: column.id, ...about });
      payloads.push(...payload);
      continue;
    }
    const of = (column.of ?? []).filter(([id]) => whole.has(id));
    const others = of.map(([id, factor]) => ({ values: whole.get(id)!, factor }));
    const encoded = numberPayload(column.values, rows, rounded ? ROUNDING : 0, others);
    if (encoded.whole !== null) whole.set(column.id, encoded.whole);
    announcements.push({
      id: column.id,
      ...encoded.about,
      ...(encoded.isDistance ? { of } : {}),
      ...(column.unit === undefined ? {} : { unit: column.unit }),
    });
    payloads.push(...encoded.payload);
  }
  const all = new Uint8Array(payloads.reduce((sum, bytes) => sum + bytes.length, 0));
  let at = 0;
  for (const bytes of payloads) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return { columns: announcements, data: packing.pack(all) };
}

interface Payload {
  readonly about: Record<string, unknown>;
  readonly payload: Uint8Array[];
}

interface NumberPayload extends Payload {
  /** The values where they are whole numbers. */
  readonly whole: Float64Array | null;
  readonly isDistance: boolean;
}

function numberPayload(
  values: ArrayLike<number>,
  rows: number,
  tolerance: number,
  others: readonly { readonly values: ArrayLike<number>; readonly factor: number }[],
): NumberPayload {
  const bitmap = new Uint8Array(Math.ceil(rows / 8));
  let absent = 0;
  for (let r = 0; r < rows; r++) {
    if (Number.isNaN(values[r]!)) absent++;
    else bitmap[r >> 3]! |= 1 << (r & 7);
  }
  const missing = absent > 0 ? { missing: true } : {};
  const head = absent > 0 ? [bitmap] : [];
  const scale = scaleOf(values, rows, tolerance);
  if (scale < 0) {
    const about = { type: 'float64', ...missing };
    return { about, payload: [...head, shuffleDoubles(values, rows)], whole: null, isDistance: false };
  }
  const power = POWERS[scale]!;
  const integers = Float64Array.from({ length: rows }, (_, r) => Math.round(values[r]! * power));
  const whole = scale === 0 ? integers : null;
  const about = { ...(scale > 0 ? { scale } : {}), ...missing };
  if (absent === rows) return { about: { width: 0, ...about }, payload: head, whole, isDistance: false };
  let best = smallest(integers);
  let isDistance = false;
  if (scale === 0 && others.length > 0) {
    const distances = integers.map((integer, r) => {
      let sum = 0;
      for (const { values: other, factor } of others) if (!Number.isNaN(other[r]!)) sum += factor * other[r]!;
      return integer - sum;
    });
    const near = distances.every((distance) => !(Math.abs(distance) >= 2 ** 50)) ? smallest(distances) : best;
    if (near.bits < best.bits) {
      best = near;
      isDistance = true;
    }
  }
  return { about: { ...best.about, ...about }, payload: [...head, best.bytes], whole, isDistance };
}

/** Whole numbers, NaN where there is none, in the form that has least in it: plain, or from row to row, in steps of what divides them all. */
function smallest(integers: Float64Array): { about: Record<string, unknown>; bytes: Uint8Array; bits: number } {
  let min = Number.POSITIVE_INFINITY;
  for (const integer of integers) if (integer < min) min = integer;
  let step = 0;
  for (const integer of integers) if (!Number.isNaN(integer) && step !== 1) step = commonDivisor(step, integer - min);
  step = Math.max(1, step);
  const plain = new Float64Array(integers.length);
  const differences = new Float64Array(integers.length);
  let before = min;
  for (let r = 0; r < integers.length; r++) {
    if (Number.isNaN(integers[r]!)) continue;
    plain[r] = (integers[r]! - min) / step;
    const difference = (integers[r]! - before) / step;
    before = integers[r]!;
    differences[r] = difference >= 0 ? 2 * difference : -2 * difference - 1;
  }
  // Times in the order of ends are smaller as differences, counters of tasks are not.
  const [asPlain, asDelta] = [shuffle(plain), shuffle(differences)];
  const [plainBits, deltaBits] = [entropyBits(asPlain), entropyBits(asDelta)];
  const delta = deltaBits < plainBits;
  const { width, bytes } = delta ? asDelta : asPlain;
  return {
    about: {
      width,
      ...(min === 0 ? {} : { min }),
      ...(step === 1 ? {} : { step }),
      ...(delta ? { delta } : {}),
    },
    bytes,
    bits: Math.min(plainBits, deltaBits),
  };
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** Whole numbers of at least 0 as byte planes, lowest first. */
function shuffle(integers: Float64Array): { width: number; bytes: Uint8Array } {
  const rows = integers.length;
  let top = 0;
  for (let r = 0; r < rows; r++) if (integers[r]! > top) top = integers[r]!;
  const width = top === 0 ? 0 : top < 2 ** 8 ? 1 : top < 2 ** 16 ? 2 : top < 2 ** 32 ? 4 : 8;
  const bytes = new Uint8Array(rows * width);
  for (let r = 0; r < rows; r++) {
    let rest = integers[r]!;
    for (let b = 0; rest > 0; b++) {
      bytes[b * rows + r] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return { width, bytes };
}

/** About how many bits deflate makes of them: the entropy of each byte plane. */
function entropyBits({ width, bytes }: { readonly width: number; readonly bytes: Uint8Array }): number {
  if (width === 0) return 0;
  const rows = bytes.length / width;
  let bits = 0;
  const counts = new Uint32Array(256);
  for (let b = 0; b < width; b++) {
    counts.fill(0);
    for (let r = b * rows; r < (b + 1) * rows; r++) counts[bytes[r]!]!++;
    for (const count of counts) if (count > 0) bits += count * Math.log2(rows / count);
  }
  return bits;
}

/** The least scale at which every value is a whole number and comes back exactly, or within the tolerance; -1 where there is none. */
function scaleOf(values: ArrayLike<number>, rows: number, tolerance: number): number {
  const fits = (value: number, scale: number): boolean => {
    const integer = Math.round(value * POWERS[scale]!);
    // Far below 2^53, so that the zigzag form of a difference of two of them is a whole number too.
    if (!(Math.abs(integer) < 2 ** 50)) return false;
    return Math.abs(integer / POWERS[scale]! - value) <= tolerance * Math.abs(value);
  };
  let scale = 0;
  for (let r = 0; r < rows; r++) {
    const value = values[r]!;
    if (Number.isNaN(value)) continue;
    if (Object.is(value, -0)) return -1;
    while (!fits(value, scale)) if (++scale > SCALE_MAX) return -1;
  }
  // At a larger scale an earlier value need not be what it was at a smaller one.
  for (let r = 0; r < rows; r++) if (!Number.isNaN(values[r]!) && !fits(values[r]!, scale)) return -1;
  return scale;
}

function shuffleDoubles(values: ArrayLike<number>, rows: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  const bytes = new Uint8Array(rows * 8);
  for (let r = 0; r < rows; r++) {
    view.setFloat64(0, Number.isNaN(values[r]!) ? 0 : values[r]!, true);
    for (let b = 0; b < 8; b++) bytes[b * rows + r] = view.getUint8(b);
  }
  return bytes;
}

function hashPayload(hashes: readonly string[]): Payload {
  const rows = hashes.length;
  const bytes = new Uint8Array(rows * HASH_WIDTH);
  for (let r = 0; r < rows; r++) {
    const hash = hashes[r]!;
    if (hash === '') continue;
    for (let b = 0; b < HASH_WIDTH; b++) bytes[b * rows + r] = Number.parseInt(hash.slice(2 * b, 2 * b + 2), 16);
  }
  return { about: { type: 'hex64' }, payload: [bytes] };
}
