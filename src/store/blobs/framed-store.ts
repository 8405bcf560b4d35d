/** Blobs in frames on any medium: a folder, a bucket. What the media differ in is Medium; everything of blobs is here. */
import { createHash } from 'node:crypto';
import { BakehouseError } from '../../model/errors.ts';
import type { BlobHash, BlobLines, BlobSize, BlobStore, ListedBlob } from './blob-store.ts';
import { type FrameIndex, FrameWriter, frameAt, readFrame, readIndex, tablesLength } from './frames.ts';

/** One object on its way in. Either `commit` or `abandon` ends it. */
export interface Draft {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when it is durable under its name. */
  commit(): Promise<void>;
  abandon(): Promise<void>;
}

export interface Medium {
  readonly kind: BlobStore['kind'];
  readonly place: string;
  /** The last `length` bytes (fewer where there are fewer) and how many there are in all; null: no such object. */
  readTail(hash: BlobHash, length: number): Promise<{ readonly bytes: Uint8Array; readonly size: number } | null>;
  /** Null: no such object. */
  readRange(hash: BlobHash, from: number, to: number): Promise<Uint8Array | null>;
  begin(hash: BlobHash): Promise<Draft>;
  delete(hash: BlobHash): Promise<boolean>;
  list(): AsyncIterable<ListedBlob>;
  clean(): Promise<number>;
  check(): Promise<void>;
}

/** Holds the tables of a blob of 1.4 GB, hence one read for nearly all. */
const TAIL_BYTES = 64 << 10;
/** A log that is looked at is asked for again and again; the tables of 200 MB are 20 KB. */
const INDEXES_KEPT = 64;
/** Frames that are fetched in one read of the medium. */
const FRAMES_AT_ONCE = 16;
const NEWLINE = 10;

const HASH = /^[0-9a-f]{64}$/;

export function checkHash(hash: string): void {
  if (!HASH.test(hash)) throw new BakehouseError('invalid', 'A blob is named by 64 lower-case hex digits.');
}

interface Found {
  readonly index: FrameIndex;
  readonly storedBytes: number;
}

export function framedStore(medium: Medium): BlobStore {
  const kept = new Map<BlobHash, Found>();

  async function find(hash: BlobHash): Promise<Found | null> {
    checkHash(hash);
    const known = kept.get(hash);
    if (known !== undefined) {
      kept.delete(hash);
      kept.set(hash, known);
      return known;
    }
    let tail = await medium.readTail(hash, TAIL_BYTES);
    if (tail === null) return null;
    const length = tablesLength(tail.bytes);
    if (length > tail.bytes.length) tail = await medium.readTail(hash, length);
    if (tail === null) return null;
    const { bytes, size } = tail;
    const found = { index: readIndex(bytes.subarray(Math.max(0, bytes.length - length)), size), storedBytes: size };
    kept.set(hash, found);
    const [oldest] = kept.keys();
    if (kept.size > INDEXES_KEPT && oldest !== undefined) kept.delete(oldest);
    return found;
  }

  function absent(): BakehouseError {
    return new BakehouseError('not-found', 'The log or report is not kept here (any more).');
  }

  async function must(hash: BlobHash): Promise<Found> {
    const found = await find(hash);
    if (found === null) throw absent();
    return found;
  }

  /** Decompressed frames from `first` on, fetched many at a time. */
  async function* framesFrom(hash: BlobHash, index: FrameIndex, first: number, end: number): AsyncIterable<Uint8Array> {
    for (let from = first; from < end; from += FRAMES_AT_ONCE) {
      const to = Math.min(end, from + FRAMES_AT_ONCE);
      const base = index.storedAt[from]!;
      const stored = await medium.readRange(hash, base, index.storedAt[to]!);
      if (stored === null) {
        kept.delete(hash);
        throw absent();
      }
      for (let i = from; i < to; i++)
        yield await readFrame(
          stored.subarray(index.storedAt[i]! - base, index.storedAt[i + 1]! - base),
          index.bytesAt[i + 1]! - index.bytesAt[i]!,
        );
    }
  }

  async function put(
    hash: BlobHash,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    bytesMax: number,
  ): Promise<BlobSize> {
    const there = await find(hash);
    const digest = createHash('sha256');
    const writer = new FrameWriter();
    const draft = there === null ? await medium.begin(hash) : null;
    let bytes = 0;
    let storedBytes = 0;
    try {
      for await (const piece of pieces) {
        bytes += piece.length;
        if (bytes > bytesMax) throw new BakehouseError('too-large', `The blob is larger than ${bytesMax} bytes.`);
        digest.update(piece);
        if (draft === null) continue;
        for await (const frame of writer.write(piece)) {
          storedBytes += frame.length;
          await draft.write(frame);
        }
      }
      if (digest.digest('hex') !== hash)
        throw new BakehouseError('unreadable', 'The bytes are not those that the SHA-256 in the address names.');
      if (draft === null) return sizeOf(await must(hash));
      for await (const frame of writer.end()) {
        storedBytes += frame.length;
        await draft.write(frame);
      }
      await draft.commit();
    } catch (error) {
      await draft?.abandon();
      throw error;
    }
    return { bytes, storedBytes, lines: writer.lines };
  }

  function sizeOf({ index, storedBytes }: Found): BlobSize {
    return { bytes: index.bytesAt[index.frames]!, storedBytes, lines: index.linesAt[index.frames]! };
  }

  async function readBytes(hash: BlobHash, from: number, to: number): Promise<Uint8Array> {
    const { index } = await must(hash);
    const total = index.bytesAt[index.frames]!;
    const start = Math.max(0, from);
    const end = Math.min(to, total);
    if (start >= end) return new Uint8Array(0);
    const bytes = new Uint8Array(end - start);
    const first = frameAt(index.bytesAt, index.frames, start);
    const last = frameAt(index.bytesAt, index.frames, end - 1);
    let at = index.bytesAt[first]!;
    for await (const frame of framesFrom(hash, index, first, last + 1)) {
      const part = frame.subarray(Math.max(0, start - at), Math.min(frame.length, end - at));
      bytes.set(part, Math.max(0, at - start));
      at += frame.length;
    }
    return bytes;
  }

  async function readLines(hash: BlobHash, from: number, to: number, bytesMax: number): Promise<BlobLines> {
    const { index } = await must(hash);
    const total = index.linesAt[index.frames]!;
    const start = Math.min(Math.max(0, from), total);
    const end = Math.min(Math.max(start, to), total);
    if (start === end) return { bytes: new Uint8Array(0), from: start, to: end, cut: false };
    // Line n begins after the n-th line end; that one is in the last frame before which fewer than n lines end.
    const first = start === 0 ? 0 : frameAt(index.linesAt, index.frames, start - 1);
    let ended = index.linesAt[first]!;
    const parts: Uint8Array[] = [];
    let length = 0;
    let line = start;
    let whole = 0;
    reading: for await (const frame of framesFrom(hash, index, first, index.frames)) {
      let at = 0;
      while (ended < start && at < frame.length) {
        const next = frame.indexOf(NEWLINE, at);
        if (next < 0) at = frame.length;
        else {
          at = next + 1;
          ended++;
        }
      }
      const begin = at;
      while (at < frame.length) {
        const next = frame.indexOf(NEWLINE, at);
        at = next < 0 ? frame.length : next + 1;
        if (length + at - begin > bytesMax) {
          parts.push(frame.subarray(begin, at));
          length += at - begin;
          break reading;
        }
        if (next < 0) break;
        line++;
        whole = length + at - begin;
        if (line === end) {
          parts.push(frame.subarray(begin, at));
          length += at - begin;
          break reading;
        }
      }
      parts.push(frame.subarray(begin));
      length += frame.length - begin;
    }
    const bytes = Buffer.concat(parts);
    // A last line without an end.
    if (line < end && length <= bytesMax) return { bytes, from: start, to: end, cut: false };
    if (line === start) return { bytes: bytes.subarray(0, bytesMax), from: start, to: start + 1, cut: true };
    return { bytes: bytes.subarray(0, whole), from: start, to: line, cut: false };
  }

  return {
    kind: medium.kind,
    place: medium.place,
    put,
    has: async (hash) => (await find(hash)) !== null,
    size: async (hash) => {
      const found = await find(hash);
      return found === null ? null : sizeOf(found);
    },
    readBytes,
    readLines,
    async *read(hash) {
      const { index } = await must(hash);
      yield* framesFrom(hash, index, 0, index.frames);
    },
    delete: (hash) => {
      checkHash(hash);
      kept.delete(hash);
      return medium.delete(hash);
    },
    list: () => medium.list(),
    clean: () => medium.clean(),
    check: () => medium.check(),
  };
}
