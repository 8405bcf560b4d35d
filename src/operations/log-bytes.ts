/** A log as bytes and lines, wherever it lies. Lines are counted from 0 here, the end is not included. */
import type { FileHandle } from 'node:fs/promises';
import { BakehouseError } from '../model/errors.ts';
import { LOG_FILE_BYTES_MAX } from '../model/limits.ts';

export interface LogLines {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** The one line that is here goes on. */
  readonly cut: boolean;
}

export interface LogBytes {
  readonly path: string;
  readonly blob: string | null;
  readonly originalBytes: number | null;
  readonly bytes: number;
  /** Null: they would have to be counted. */
  readonly knownLines: number | null;
  /** A last line without an end counts. */
  lines(): Promise<number>;
  readBytes(from: number, to: number): Promise<Uint8Array>;
  /** As many whole lines as fit into `bytesMax`. */
  readLines(from: number, to: number, bytesMax: number): Promise<LogLines>;
}

/** A download is made of such pieces: what it holds of memory at a time. */
export const LOG_PIECE_BYTES = 4 << 20;
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** A file has no table of its lines: it is read from its beginning, at some 1.5 GB/s from memory. */
export function fileLog(file: FileHandle, path: string, bytes: number): LogBytes {
  async function readBytes(from: number, to: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, Math.min(to, bytes) - from));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  /** Offset at which each of the wanted lines begins, ascending, and how many lines there are. */
  async function scan(wanted: readonly number[]): Promise<{ readonly at: readonly number[]; readonly lines: number }> {
    if (bytes > LOG_FILE_BYTES_MAX)
      throw new BakehouseError('too-large', 'The log is too large to look for lines in it.');
    const at: number[] = [];
    const pending = [...wanted];
    let line = 0;
    let last = NEWLINE;
    while (pending[0] === 0) at.push(pending.shift()!);
    for (let base = 0; base < bytes; base += CHUNK_BYTES) {
      const chunk = await readBytes(base, base + CHUNK_BYTES);
      for (let next = chunk.indexOf(NEWLINE); next >= 0; next = chunk.indexOf(NEWLINE, next + 1)) {
        line++;
        while (pending[0] === line) {
          at.push(base + next + 1);
          pending.shift();
        }
      }
      last = chunk[chunk.length - 1] ?? last;
    }
    for (const _ of pending) at.push(bytes);
    return { at, lines: last === NEWLINE ? line : line + 1 };
  }

  return {
    path,
    blob: null,
    originalBytes: null,
    bytes,
    knownLines: null,
    lines: async () => (await scan([])).lines,
    readBytes,
    readLines: async (from, to, bytesMax) => {
      const { at, lines } = await scan([from, Math.max(from, to)]);
      const [start = bytes, end = bytes] = at;
      const first = Math.min(from, lines);
      const last = Math.min(Math.max(from, to), lines);
      if (end - start <= bytesMax) return { bytes: await readBytes(start, end), from: first, to: last, cut: false };
      const read = await readBytes(start, start + bytesMax);
      const whole = read.lastIndexOf(NEWLINE) + 1;
      if (whole === 0) return { bytes: read, from: first, to: first + 1, cut: true };
      let count = 0;
      for (let next = read.indexOf(NEWLINE); next >= 0; next = read.indexOf(NEWLINE, next + 1)) count++;
      return { bytes: read.subarray(0, whole), from: first, to: first + count, cut: false };
    },
  };
}
