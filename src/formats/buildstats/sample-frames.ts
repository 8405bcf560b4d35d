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
import { SAMPLE_SERIES_MAX } from '../../model/limits.ts';
import { scanNumberInto } from './scan-number.ts';

/** How the lines of a file carry their names. */
export interface FrameForm {
  /** Token that is the name where no `name: ` stands before the numbers: 0 in /proc/stat, 2 in /proc/diskstats. */
  readonly nameToken?: number;
  /** Numbers of a line before this position are passed over. */
  readonly firstPosition?: number;
  /** Names to keep; others are passed over unread. */
  readonly keep?: (name: string) => boolean;
}

const NEWLINE = 10;
/** Numbers of one line that are kept; no known line has more than 20. */
const LINE_NUMBERS_MAX = 64;
/** No sample has a line as long: the counters of /proc/stat are 20 KB on large machines. */
const SAMPLE_LINE_BYTES_MAX = 256 << 10;
const NO_BYTES = new Uint8Array(0);
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
  readonly #capacity: number;
  #columnCount = 0;
  /** In a line that is too long: to its newline, whatever piece that is in. */
  #passing = false;
  #state: 'time' | 'values' | 'damaged' = 'time';
  #position = 0;
  #lineInBlock = 0;
  readonly #lines: LineKind[] = [];
  #carry: Uint8Array = NO_BYTES;

  /** @param blocks about how many blocks will come, where that is known */
  constructor(form: FrameForm = {}, blocks = 0) {
    this.#form = form;
    this.#capacity = Math.max(1024, blocks);
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
    // Lines up to the last newline are whole: numbers end at it by themselves, and nothing has to look for it twice.
    const whole = size === 0 ? 0 : data.lastIndexOf(NEWLINE, size - 1) + 1;
    let pos = 0;
    if (whole > 0 && this.#passing) {
      pos = newlineAt(data, 0, whole) + 1;
      this.#passing = false;
    }
    while (pos < whole) pos = this.#line(data, pos, whole);
    // A copy: `slice` of a Buffer is a view, and the caller reads the next piece into the same memory.
    this.#carry = this.#passing ? NO_BYTES : new Uint8Array(data.subarray(whole, size));
    if (this.#carry.length > SAMPLE_LINE_BYTES_MAX) {
      // A line that never ends must not be copied with every piece.
      this.#carry = NO_BYTES;
      this.#passing = true;
    }
  }

  end(): void {
    if (this.#carry.length > 0 || this.#passing) this.cut = true;
    this.#carry = NO_BYTES;
    // forEach: positions that nobody wants are holes.
    for (const columns of this.columns.values()) {
      columns.forEach((column) => {
        column.fit(this.times.length);
      });
    }
  }

  /** Values of a column as long as `times`, or null. */
  column(name: string, position: number): Float64Array | null {
    return this.columns.get(name)?.[position]?.values ?? null;
  }

  /** Reads the line at `from`, of which a newline before `end` is the last byte; returns the position behind that. */
  #line(data: Uint8Array, from: number, end: number): number {
    let start = from;
    while (data[start] === 32 || data[start] === 13 || data[start] === 9 || data[start] === 0) start++;
    if (data[start] === NEWLINE) {
      this.#state = 'time';
      return start + 1;
    }
    if (this.#state === 'values') {
      // The same lines come in the same order in every block, so the beginning of the one before is compared first.
      const expected = this.#lines[this.#lineInBlock];
      let line: LineKind;
      if (expected !== undefined && startsWith(data, start, end, expected.prefix)) line = expected;
      else line = this.#findLine(data, start, newlineAt(data, start, end));
      let p = start + line.prefix.length;
      if (line.columns !== null) {
        const after = this.#values(data, p, end, line);
        if (after >= 0) p = after;
        else {
          // It began like numbers and is none: `0000:00:1f.6: 5`.
          line = this.#findLine(data, start, newlineAt(data, start, end));
          if (line.columns !== null) p = Math.max(p, this.#values(data, start + line.prefix.length, end, line));
        }
      }
      this.#lines[this.#lineInBlock++] = line;
      const next = newlineAt(data, p, end) + 1;
      // The blank line behind it, which nearly always is the next.
      if (next < end && data[next] === NEWLINE) {
        this.#state = 'time';
        return next + 1;
      }
      return next;
    }
    if (this.#state === 'time') {
      const p = scanNumberInto(data, start, end, scratch, 0);
      const seconds = scratch[0]!;
      if (seconds >= TIME_S_MIN && seconds <= TIME_S_MAX && isBlankToNewline(data, p, end)) {
        this.times.push(Math.round(seconds));
        this.#position = 0;
        this.#lineInBlock = 0;
        this.#state = 'values';
      } else {
        this.damagedBlocks++;
        this.#state = 'damaged';
      }
    }
    return newlineAt(data, start, end) + 1;
  }

  /**
   * Numbers of a line from `from` on, into its columns; returns the position behind the last, or -1 and nothing done where the
   * first is none or no blank follows it.
   */
  #values(data: Uint8Array, from: number, to: number, line: LineKind): number {
    const row = this.times.length - 1;
    const columns = line.columns ?? [];
    const first = this.#form.firstPosition ?? 0;
    let position = line.name === '' ? this.#position : 0;
    let p = from;
    for (let n = 0; n < LINE_NUMBERS_MAX; n++) {
      if (position < first) {
        // A number that nobody wants: to the blank behind it.
        p = tokenEnd(data, p, to);
        position++;
        continue;
      }
      p = scanNumberInto(data, p, to, scratch, 0);
      const stop = data[p];
      if (Number.isNaN(scratch[0]) || (stop !== NEWLINE && stop !== 32 && stop !== 9 && stop !== 13)) {
        if (n === 0 && line.name === '') return -1;
        break;
      }
      const column = columns[position] ?? this.#newColumn(columns, position);
      if (column !== null) {
        if (row >= column.values.length) column.grow(row);
        column.values[row] = scratch[0]!;
      }
      position++;
    }
    if (line.name === '') this.#position = position;
    return p;
  }

  /** What a line is that is not like the one at its place in the block before. */
  #findLine(data: Uint8Array, start: number, to: number): LineKind {
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
    const prefix = new Uint8Array(data.subarray(start, p));
    if (this.#form.keep !== undefined && !this.#form.keep(name)) return { name, prefix, columns: null };
    let columns = this.columns.get(name);
    if (columns === undefined) {
      columns = [];
      // A hostile file has a new name on every line.
      if (this.columns.size < SAMPLE_SERIES_MAX) this.columns.set(name, columns);
      else this.tooManyColumns = true;
    }
    return { name, prefix, columns };
  }

  #newColumn(columns: GrowingColumn[], position: number): GrowingColumn | null {
    if (this.#columnCount >= SAMPLE_SERIES_MAX) {
      this.tooManyColumns = true;
      return null;
    }
    this.#columnCount++;
    const column = new GrowingColumn(this.#capacity);
    columns[position] = column;
    return column;
  }
}

/** A line of a block: what it begins with, and where its numbers go (null: nowhere). */
interface LineKind {
  readonly name: string;
  /** Bytes up to the numbers; none for a line of numbers only. */
  readonly prefix: Uint8Array;
  readonly columns: GrowingColumn[] | null;
}

function startsWith(data: Uint8Array, at: number, to: number, prefix: Uint8Array): boolean {
  const n = prefix.length;
  if (at + n > to) return false;
  for (let i = 0; i < n; i++) if (data[at + i] !== prefix[i]) return false;
  return true;
}

class GrowingColumn {
  values: Float64Array;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity).fill(Number.NaN);
  }

  /** Makes room for `row`. */
  grow(row: number): void {
    const grown = new Float64Array(Math.max(row + 1, this.values.length * 4)).fill(Number.NaN);
    grown.set(this.values);
    this.values = grown;
  }

  fit(length: number): void {
    if (this.values.length >= length) this.values = this.values.subarray(0, length);
    else {
      const grown = new Float64Array(length).fill(Number.NaN);
      grown.set(this.values);
      this.values = grown;
    }
  }
}

/** Position of the next newline, or `size`. A loop, for lines are 30 bytes: `indexOf` of a Buffer costs more than that. */
function newlineAt(data: Uint8Array, from: number, size: number): number {
  let p = from;
  while (p < size && data[p] !== NEWLINE) p++;
  return p;
}

const scratch = new Float64Array(1);

function isBlankToNewline(data: Uint8Array, from: number, end: number): boolean {
  let p = from;
  while (p < end && (data[p] === 32 || data[p] === 13 || data[p] === 9)) p++;
  return data[p] === NEWLINE;
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
  while (p < to && data[p] !== 32 && data[p] !== 9 && data[p] !== NEWLINE) p++;
  return p;
}

const decoder = new TextDecoder();
function text(data: Uint8Array, from: number, to: number): string {
  return decoder.decode(data.subarray(from, Math.min(to, from + 200)));
}
