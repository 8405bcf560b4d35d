import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { EVENT_LOG_BYTES_MAX } from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import { EventLogReader } from '../eventlog/reader.ts';
import { reasonOf } from './directory.ts';
import { eventLogCandidates } from './event-log-names.ts';
import { NATIVE_BASE64 } from './native-base64.ts';

export interface ReadEventLogOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file read so far and in all. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Receives the problems that belong to no build: a log without builds, of a BitBake too old. */
  readonly problems?: ProblemList | undefined;
  /** The clock, epoch ms; default now. It decides between running and lost. */
  readonly nowMs?: number | undefined;
}

/** Tried from 64 KiB to 4 MiB: 256 KiB stays in the cache between reading, finding lines and decoding. */
const CHUNK_BYTES = 256 << 10;
/** After so much the rest of the process gets its turn: about 30 ms. */
const TURN_BYTES = 8 << 20;

/** Not following a link in the last step, and not waiting for a writer where the file is a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The builds of an event log file, plain or gzip; none when bitbake did something else than build. The file is read in
 * pieces, so memory does not grow with it. Throws BakehouseError when it cannot be read, the signal's reason when aborted.
 */
export async function readEventLogFile(path: string, options: ReadEventLogOptions = {}): Promise<Build[]> {
  const full = resolve(path);
  const { signal } = options;
  const problems = options.problems ?? new ProblemList();
  signal?.throwIfAborted();
  const reader = new EventLogReader({ location: full, base64: NATIVE_BASE64 });
  const fd = open(full);
  let done = 0;
  let turn = 0;
  try {
    const total = fstatSync(fd).size;
    const took = async (bytes: number): Promise<void> => {
      done += bytes;
      turn += bytes;
      if (turn < TURN_BYTES) return;
      turn = 0;
      options.onProgress?.({ done: Math.min(done, total), total });
      await new Promise((next) => setImmediate(next));
      signal?.throwIfAborted();
    };
    if (isGzip(fd)) {
      // From the descriptor that was looked at: the name may lead elsewhere by now. A failing read ends the unpacking, not the process.
      const packed = pipeline(Readable.from(chunksOf(fd)), createGunzip(), () => {});
      let unpacked = 0;
      try {
        for await (const chunk of packed) {
          if (!(chunk instanceof Uint8Array)) continue;
          unpacked += chunk.length;
          if (unpacked > EVENT_LOG_BYTES_MAX) {
            tooLarge(problems, full);
            break;
          }
          reader.push(chunk);
          await took(0);
          turn += chunk.length;
        }
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        problems.add('warning', 'gzip-damaged', `The gzip ends or breaks in the middle: ${reasonOf(cause)}.`, full);
      } finally {
        packed.destroy();
      }
    } else {
      // A Buffer, for its indexOf finds newlines three times as fast as that of a Uint8Array.
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const length = readSync(fd, chunk, 0, chunk.length, null);
        if (length === 0) break;
        if (done + length > EVENT_LOG_BYTES_MAX) {
          tooLarge(problems, full);
          break;
        }
        reader.push(chunk.subarray(0, length));
        await took(length);
      }
    }
    options.onProgress?.({ done: total, total });
  } catch (cause) {
    if (signal?.aborted || cause instanceof BakehouseError) throw cause;
    throw new BakehouseError('unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { file: full, cause });
  } finally {
    closeSync(fd);
  }
  const nowMs = options.nowMs ?? Date.now();
  // The last line of a log that is being written is not cut, it is on its way.
  if (!reader.snapshot(nowMs).some((build) => build.outcome === 'running')) reader.end();
  problems.addAll(reader.problems());
  return reader.snapshot(nowMs);
}

function* chunksOf(fd: number): Generator<Uint8Array> {
  for (let at = 0; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const length = readSync(fd, chunk, 0, chunk.length, at);
    if (length === 0) return;
    at += length;
    yield chunk.subarray(0, length);
  }
}

function tooLarge(problems: ProblemList, file: string): void {
  const limit = EVENT_LOG_BYTES_MAX / 2 ** 30;
  problems.add('error', 'eventlog-too-large', `The log is larger than ${limit} GiB; the rest was not read.`, file);
}

/**
 * A log that grows: each `read` takes what was appended since the last and gives the builds so far. When the file was
 * truncated or replaced by a shorter one, reading begins anew.
 */
export class EventLogFollower {
  readonly #path: string;
  #reader: EventLogReader;
  #offset = 0;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);

  constructor(path: string) {
    this.#path = resolve(path);
    this.#reader = new EventLogReader({ location: this.#path, base64: NATIVE_BASE64 });
  }

  /** Throws BakehouseError when the file cannot be opened. Reads at most `bytesMax`; the rest is for the next call. */
  read(nowMs: number, bytesMax = 64 << 20): Build[] {
    const fd = open(this.#path);
    try {
      if (fstatSync(fd).size < this.#offset) {
        this.#reader = new EventLogReader({ location: this.#path, base64: NATIVE_BASE64 });
        this.#offset = 0;
      }
      let left = bytesMax;
      while (left > 0) {
        const length = readSync(fd, this.#chunk, 0, Math.min(this.#chunk.length, left), this.#offset);
        if (length === 0) break;
        this.#reader.push(this.#chunk.subarray(0, length));
        this.#offset += length;
        left -= length;
      }
    } finally {
      closeSync(fd);
    }
    return this.#reader.snapshot(nowMs);
  }
}

function open(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, OPEN_FLAGS);
  } catch (cause) {
    throw new BakehouseError('unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { file: path, cause });
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new BakehouseError('unreadable', `${path} is not a file.`, { file: path });
}

function isGzip(fd: number): boolean {
  const head = new Uint8Array(2);
  return readSync(fd, head, 0, 2, 0) === 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** Whether a file begins as an event log does: an object with `class` or `allvariables`. False for what cannot be read. */
export function isEventLogFile(path: string): boolean {
  let head = new Uint8Array(4096);
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      if (!fstatSync(fd).isFile()) return false;
      head = head.subarray(0, readSync(fd, head, 0, head.length, 0));
    } finally {
      closeSync(fd);
    }
    // The first bytes of a gzip, without its end; zlib gives what there is when told to finish softly.
    if (head[0] === 0x1f && head[1] === 0x8b) {
      head = new Uint8Array(gunzipSync(head, { finishFlush: 2, maxOutputLength: 1 << 20 }));
    }
  } catch {
    // Neither readable nor gzip: whoever opens it will say why.
    return false;
  }
  return /^\{\s{0,4}"(?:class|allvariables)"\s{0,4}:/.test(new TextDecoder('latin1').decode(head.subarray(0, 64)));
}

export interface FindEventLogsOptions {
  /** Only logs that can hold a build which started then: begun before it, as the name tells, and last written after it. */
  readonly startedMs?: number | null | undefined;
}

const LOGS_MAX = 20_000;
/** The name of a log is of its server's start, the build's of its own: some seconds later, or days in a resident server. */
const NAME_SLACK_MS = 5_000;

/**
 * Event logs that belong to a path: a tmp, a build folder, `tmp/buildstats` or one build in it. Looked for are `log/eventlog/*.json`
 * in each `tmp*` and files `*eventlog*.json` (of `bitbake -w`) in the folder itself and in the build folder. Sorted by path.
 */
export function findEventLogs(path: string, options: FindEventLogsOptions = {}): string[] {
  const found = eventLogCandidates(path)
    .filter(({ file, sure }) => sure || isEventLogFile(file))
    .map(({ file }) => file);
  const startedMs = options.startedMs ?? null;
  return found
    .filter((file) => {
      if (startedMs === null) return true;
      const named = timeOfName(basename(file));
      if (named !== null && named > startedMs + NAME_SLACK_MS) return false;
      return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > startedMs - NAME_SLACK_MS;
    })
    .sort()
    .slice(0, LOGS_MAX);
}

/** `20261121005839.json`, `bitbake_eventlog_20261121005839.json`: UTC. Null for other names. */
function timeOfName(name: string): number | null {
  const match = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.json/.exec(name);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
