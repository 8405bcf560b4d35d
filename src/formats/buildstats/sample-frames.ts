/**
 * The framing that all sample files share, read from bytes in pieces: a day of samples is larger than a string may be.
 *
 *     1795222885              epoch seconds, rounded
 *     0.63 0.31 0.0           one line of numbers,
 *                             a blank line (two in pressure files)
 *     1795222885
 *     lo: 22198 22198 0 0     or lines with a name each: net, monitor_disk, raw /proc copies
 *     eth0: 36791 84890 0 0
 *
 * A last line without a newline is cut and not read.
 */
import { SAMPLE_SERIES_MAX, TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import { scanEnd, scanNumber } from './scan-number.ts';

/** How the lines of a file carry their names. */
export interface FrameForm {
  /** Token that is the name where no `name: ` stands before the numbers: 0 in /proc/stat, 2 in /proc/diskstats. */
  readonly nameToken?: number;
  /** Names to keep; others are passed over unread. */
  readonly keep?: (name: string) => boolean;
}

const NEWLINE = 10;
/** Numbers of one line that are kept; no known line has more than 20. */
const LINE_NUMBERS_MAX = 64;
const TIME_S_MIN = 1e8;
const TIME_S_MAX = 1e11;

export class SampleFrames {
  /** Epoch seconds of each block, in file order: not yet ascending or distinct. */
  readonly times: number[] = [];
  /** Columns by name of the line ('' where lines have none), each a list by position in the line. Cells without a value are NaN. */
  readonly columns = new Map<string, GrowingColumn[]>();
  /** Blocks whose first line was no time. */
  damagedBlocks = 0;
  cut = false;
  tooManyColumns = false;
  readonly #form: FrameForm;
  #columnCount = 0;
  #state: 'time' | 'values' | 'damaged' = 'time';
  #position = 0;
  #carry: Uint8Array = new Uint8Array(0);

  constructor(form: FrameForm = {}) {
    this.#form = form;
  }

  push(bytes: Uint8Array, length = bytes.length): void {
    let data = bytes;
    let size = length;
    if (this.#carry.length > 0) {
      data = new Uint8Array(this.#carry.length + length);
      data.set(this.#carry);
      data.set(bytes.subarray(0, length), this.#carry.length);
      size = data.length;
    }
    let pos = 0;
    while (pos < size) {
      const newline = data.indexOf(NEWLINE, pos);
      if (newline < 0 || newline >= size) break;
      // No sample is that long, and half a line could end in half a number.
      if (newline - pos <= TEXT_LINE_CHARS_MAX) this.#line(data, pos, newline);
      pos = newline + 1;
    }
    // A line that never ends (a file of NULs) must not be kept and copied with every piece.
    const kept = Math.min(size - pos, TEXT_LINE_CHARS_MAX + 1);
    // A copy: `slice` of a Buffer is a view, and the caller reads the next piece into the same memory.
    this.#carry = new Uint8Array(data.subarray(pos, pos + kept));
  }

  end(): void {
    if (this.#carry.length > 0) this.cut = true;
    this.#carry = new Uint8Array(0);
    for (const columns of this.columns.values()) for (const column of columns) column.fit(this.times.length);
  }

  /** Values of a column as long as `times`, or null. */
  column(name: string, position: number): Float64Array | null {
    return this.columns.get(name)?.[position]?.values ?? null;
  }

  #line(data: Uint8Array, from: number, to: number): void {
    let start = from;
    while (start < to && (data[start] === 32 || data[start] === 13 || data[start] === 9 || data[start] === 0)) start++;
    if (start >= to) {
      this.#state = 'time';
      return;
    }
    if (this.#state === 'damaged') return;
    if (this.#state === 'time') {
      const seconds = scanNumber(data, start, to);
      if (!(seconds >= TIME_S_MIN && seconds <= TIME_S_MAX) || !isBlank(data, scanEnd(), to)) {
        this.damagedBlocks++;
        this.#state = 'damaged';
        return;
      }
      this.times.push(Math.round(seconds));
      this.#position = 0;
      this.#state = 'values';
      return;
    }

    let name = '';
    let p = start;
    const nameEnd = lastColon(data, start, to);
    if (nameEnd >= 0) {
      name = text(data, start, nameEnd);
      p = nameEnd + 1;
    } else if (this.#form.nameToken !== undefined) {
      for (let token = 0; token < this.#form.nameToken; token++) p = tokenEnd(data, p, to);
      const end = tokenEnd(data, p, to);
      name = text(data, p, end).trim();
      p = end;
    } else if (!isNumberStart(data[start]!)) {
      const end = tokenEnd(data, start, to);
      name = text(data, start, end);
      p = end;
    }
    if (this.#form.keep !== undefined && !this.#form.keep(name)) return;
    const row = this.times.length - 1;
    let position = name === '' ? this.#position : 0;
    for (let n = 0; n < LINE_NUMBERS_MAX; n++) {
      const value = scanNumber(data, p, to);
      if (Number.isNaN(value)) break;
      p = scanEnd();
      if (p < to && data[p] !== 32 && data[p] !== 9 && data[p] !== 13) break;
      this.#cell(name, position++)?.set(row, value);
    }
    if (name === '') this.#position = position;
  }

  #cell(name: string, position: number): GrowingColumn | null {
    let columns = this.columns.get(name);
    const known = columns?.[position];
    if (known !== undefined) return known;
    if (this.#columnCount >= SAMPLE_SERIES_MAX) {
      this.tooManyColumns = true;
      return null;
    }
    if (columns === undefined) {
      columns = [];
      this.columns.set(name, columns);
    }
    this.#columnCount++;
    const column = new GrowingColumn();
    columns[position] = column;
    return column;
  }
}

class GrowingColumn {
  values = new Float64Array(256).fill(Number.NaN);

  set(row: number, value: number): void {
    if (row >= this.values.length) {
      const grown = new Float64Array(Math.max(row + 1, this.values.length * 2)).fill(Number.NaN);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[row] = value;
  }

  fit(length: number): void {
    if (this.values.length >= length) this.values = this.values.slice(0, length);
    else {
      const grown = new Float64Array(length).fill(Number.NaN);
      grown.set(this.values);
      this.values = grown;
    }
  }
}

function isBlank(data: Uint8Array, from: number, to: number): boolean {
  for (let p = from; p < to; p++) if (data[p] !== 32 && data[p] !== 13 && data[p] !== 9) return false;
  return true;
}

function isNumberStart(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || byte === 45 || byte === 43 || byte === 46;
}

/** The last `:` that a blank or the end follows: device names may hold others (`tank:builds: 123`). */
function lastColon(data: Uint8Array, from: number, to: number): number {
  for (let p = to - 1; p >= from; p--) {
    if (data[p] === 58 && (p + 1 >= to || data[p + 1] === 32 || data[p + 1] === 9)) return p;
  }
  return -1;
}

function tokenEnd(data: Uint8Array, from: number, to: number): number {
  let p = from;
  while (p < to && (data[p] === 32 || data[p] === 9)) p++;
  while (p < to && data[p] !== 32 && data[p] !== 9) p++;
  return p;
}

const decoder = new TextDecoder();
function text(data: Uint8Array, from: number, to: number): string {
  return decoder.decode(data.subarray(from, Math.min(to, from + 200)));
}
