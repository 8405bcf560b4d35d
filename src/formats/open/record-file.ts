import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { GRAPH_BYTES_MAX, RECORD_BYTES_MAX } from '../../model/limits.ts';
import { RecordReader } from '../record/reader.ts';
import { reasonOf } from './directory.ts';
import { NATIVE_PACKING } from './native-packing.ts';

export const RECORD_FILE = 'record.jsonl';
/** A record without an end is one of a running build for so long after it was last written to: a client writes every minute. */
const YOUNG_MS = 120_000;
const CHUNK_BYTES = 256 << 10;
/** The first line of a record has some 200. */
const HEAD_BYTES = 4096;
/** Not following a link in the last step, and not waiting for a writer where the file is a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface ReadRecordOptions {
  readonly signal?: AbortSignal | undefined;
  /** The clock, epoch ms; default now. It decides between running and lost. */
  readonly nowMs?: number | undefined;
}

/** The first bytes of a file as text; '' for what cannot be read. */
function headOf(path: string): string {
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      if (!fstatSync(fd).isFile()) return '';
      const head = new Uint8Array(HEAD_BYTES);
      return new TextDecoder('latin1').decode(head.subarray(0, readSync(fd, head, 0, head.length, 0)));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    // Whoever opens it will say why.
    if (cause instanceof Error && 'code' in cause) return '';
    throw cause;
  }
}

/** Whether a file begins as a record does. False for what cannot be read. */
export function isRecordFile(path: string): boolean {
  return /^\{\s{0,4}"type"\s{0,4}:\s{0,4}"record"/.test(headOf(path));
}

/** The id that the first line of a record names, or null. */
export function recordIdOf(path: string): string | null {
  const line = headOf(path).split('\n', 1)[0]!;
  return /"id"\s{0,4}:\s{0,4}"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/.exec(line)?.[1] ?? null;
}

/** The record file that a path means: the file itself, or that of a record's directory; null where it is neither. */
export function recordFileOf(path: string): string | null {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return null;
  const file = info.isDirectory() ? join(path, RECORD_FILE) : path;
  return isRecordFile(file) ? file : null;
}

/**
 * The build of a record on disk, with its blobs beside it. Throws BakehouseError when it cannot be read or is of a later version, the
 * signal's reason when aborted.
 */
export async function readRecordFile(path: string, options: ReadRecordOptions = {}): Promise<Build> {
  const file = resolve(path);
  const follower = new RecordFollower(file);
  while (follower.read(TURN_BYTES)) {
    await new Promise((next) => setImmediate(next));
    options.signal?.throwIfAborted();
  }
  const build = follower.build(options.nowMs ?? Date.now(), true);
  if (build === null) throw new BakehouseError('unreadable', `${path} is no record that this program reads.`, { file });
  return build;
}

/** After so much the rest of the process gets its turn: about 30 ms. */
const TURN_BYTES = 4 << 20;

/** A record that grows: each `read` takes what was appended since the last. A shorter file is one that was written anew. */
export class RecordFollower {
  readonly path: string;
  #reader: RecordReader;
  #offset = 0;
  #writtenMs = 0;
  #graph: { readonly blob: string; readonly bytes: Uint8Array | null } | null = null;

  constructor(path: string) {
    this.path = resolve(path);
    this.#reader = this.#newReader();
  }

  #newReader(): RecordReader {
    return new RecordReader({ location: dirname(this.path), packing: NATIVE_PACKING });
  }

  /** Reads at most `bytesMax`; true when there is more. Throws BakehouseError when the file cannot be opened. */
  read(bytesMax: number): boolean {
    let fd: number;
    try {
      fd = openSync(this.path, OPEN_FLAGS);
    } catch (cause) {
      throw new BakehouseError('unreadable', `${this.path} cannot be read: ${reasonOf(cause)}.`, {
        file: this.path,
        cause,
      });
    }
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) throw new BakehouseError('unreadable', `${this.path} is not a file.`, { file: this.path });
      this.#writtenMs = info.mtimeMs;
      const size = Math.min(info.size, RECORD_BYTES_MAX);
      if (size < this.#offset) {
        this.#reader = this.#newReader();
        this.#offset = 0;
      }
      const until = Math.min(size, this.#offset + bytesMax);
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, until - this.#offset)));
      while (this.#offset < until) {
        const length = readSync(fd, chunk, 0, Math.min(chunk.length, until - this.#offset), this.#offset);
        if (length === 0) return false;
        this.#reader.push(chunk.subarray(0, length));
        this.#offset += length;
      }
      return this.#offset < size;
    } finally {
      closeSync(fd);
    }
  }

  /** How far the file was read. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * The build so far, or null while nothing tells of one. `whole`: it is read once and not followed, so a last line without its newline
   * may be read, and a build without a name is better than none.
   */
  build(nowMs: number, whole = false): Build | null {
    const running = nowMs - this.#writtenMs <= YOUNG_MS;
    if (whole && !running) this.#reader.end();
    if (!(whole ? this.#reader.isRecord : this.#reader.isNamed)) return null;
    return this.#reader.snapshot({ running, graph: this.#graphBytes() });
  }

  #graphBytes(): Uint8Array | null {
    const named = this.#reader.graph;
    if (named === null) return null;
    if (this.#graph?.blob !== named.blob || this.#graph.bytes === null) {
      this.#graph = { blob: named.blob, bytes: readBlob(dirname(this.path), named.blob, GRAPH_BYTES_MAX) };
    }
    return this.#graph.bytes;
  }
}

/** The content of a blob of a record's directory; null where it is not there, damaged or larger than `bytesMax`. */
export function readBlob(directory: string, sha256: string, bytesMax: number): Uint8Array | null {
  const path = join(directory, 'blobs', basename(sha256));
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      const info = fstatSync(fd);
      if (!info.isFile() || info.size > bytesMax) return null;
      return gunzipSync(readFileSync(fd), { maxOutputLength: bytesMax });
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    // Not sent yet, not kept, or cut: the build is shown without it.
    if (cause instanceof Error && 'code' in cause) return null;
    throw cause;
  }
}
