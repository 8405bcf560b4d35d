/**
 * What lies outside the database: logs, task graphs, file lists, reports as they came. Bytes under the SHA-256 of themselves, so that a log
 * that a hundred builds share is kept once, and writing one twice is harmless. Which build uses which is rows (blob-index.ts), not files.
 */

/** SHA-256 of the bytes as they were given, 64 lower-case hex digits. */
export type BlobHash = string;

export interface BlobSize {
  /** Of the bytes as they were given. */
  readonly bytes: number;
  /** What it takes where it lies. */
  readonly storedBytes: number;
  /** A last line without an end counts. */
  readonly lines: number;
}

export interface BlobLines {
  /** Whole lines with their ends; where `cut`, the beginning of one line. */
  readonly bytes: Uint8Array;
  /** First line, from 0, and the one after the last; moved into what there is, and `to` before what would not fit. */
  readonly from: number;
  readonly to: number;
  /** The one line that is here goes on: it alone is longer than was asked for. */
  readonly cut: boolean;
}

export interface ListedBlob {
  readonly hash: BlobHash;
  readonly storedBytes: number;
  /** When it was written, by the clock of where it lies; epoch ms. */
  readonly writtenMs: number;
}

/** Errors: `invalid` for what is no hash, `not-found`, `unreadable` for one that was damaged where it lies, `unavailable` where that cannot be reached. */
export interface BlobStore {
  readonly kind: 'disk' | 's3' | 'memory';
  /** Where it is, without secrets, for people. */
  readonly place: string;
  /**
   * Takes the bytes in and resolves when they are durable. `unreadable` where they are not what the hash says, `too-large` beyond
   * `bytesMax`; nothing is kept then. The bytes are read to the end even when they are there already: who sends them proves to have them.
   */
  put(hash: BlobHash, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, bytesMax: number): Promise<BlobSize>;
  has(hash: BlobHash): Promise<boolean>;
  /** Null: not here. */
  size(hash: BlobHash): Promise<BlobSize | null>;
  /** Bytes from `from` up to but not including `to`, less where it ends before. */
  readBytes(hash: BlobHash, from: number, to: number): Promise<Uint8Array>;
  /** Lines from `from` up to but not including `to`, as many as fit into `bytesMax`. */
  readLines(hash: BlobHash, from: number, to: number, bytesMax: number): Promise<BlobLines>;
  /** All of it, in pieces of at most FRAME_BYTES. */
  read(hash: BlobHash): AsyncIterable<Uint8Array>;
  /** True when it was there. */
  delete(hash: BlobHash): Promise<boolean>;
  list(): AsyncIterable<ListedBlob>;
  /** Removes what writers left behind that were killed. Harmless beside writers that live. */
  clean(): Promise<number>;
  /** Resolves when it can be reached and, as far as can be told without writing to a bucket, written to; else `unavailable` with the reason. */
  check(): Promise<void>;
}
