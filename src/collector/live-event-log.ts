/** An event log that is being written: read on from where it was left, builds as they stand at any time. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { EventLogReader } from '../formats/eventlog/reader.ts';
import type { Build } from '../model/build.ts';
import { EVENT_LOG_BYTES_MAX } from '../model/limits.ts';

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHUNK_BYTES = 256 << 10;
/** A look at a log of 100 MB must not keep the thread for a second: the rest is read at the next look. */
const LOOK_BYTES_MAX = 32 << 20;

export class LiveEventLog {
  readonly path: string;
  #reader: EventLogReader;
  #offset = 0;
  /** When the file was last seen to have grown. */
  lastGrownMs = 0;
  /** There is more in the file than was read so far. */
  behind = false;

  constructor(path: string) {
    this.path = resolve(path);
    this.#reader = new EventLogReader({ location: this.path });
  }

  /** Reads what was written since the last look. True when something was. */
  look(nowMs: number): boolean {
    let fd: number;
    try {
      fd = openSync(this.path, OPEN_FLAGS);
    } catch (cause) {
      // Gone, or not ours to read: what was read of it stays.
      if (cause instanceof Error && 'code' in cause) return false;
      throw cause;
    }
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) return false;
      const size = Math.min(info.size, EVENT_LOG_BYTES_MAX);
      if (size < this.#offset) {
        // Written anew under the same name.
        this.#reader = new EventLogReader({ location: this.path });
        this.#offset = 0;
      }
      const until = Math.min(size, this.#offset + LOOK_BYTES_MAX);
      const before = this.#offset;
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, until - before)));
      while (this.#offset < until) {
        const count = readSync(fd, buffer, 0, Math.min(buffer.length, until - this.#offset), this.#offset);
        if (count === 0) break;
        this.#reader.push(buffer.subarray(0, count));
        this.#offset += count;
      }
      this.behind = this.#offset < size;
      if (this.#offset === before) return false;
      this.lastGrownMs = nowMs;
      return true;
    } finally {
      closeSync(fd);
    }
  }

  builds(nowMs: number): Build[] {
    return this.#reader.snapshot(nowMs);
  }
}
