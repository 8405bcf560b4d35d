/** Where the next newline is found: `bytes` may be a reused buffer, so a line must be used up before the call returns. */
export type OnLine = (bytes: Uint8Array, from: number, to: number) => void;
/** Says, from the first bytes of a line that is not whole yet, whether the rest is worth keeping. */
export type WantLine = (bytes: Uint8Array, from: number, to: number) => boolean;

const KEEP_BYTES = 4 << 20;
/** Enough of a line to know its class. */
const PREFIX_BYTES = 256;

/**
 * Splits pieces of a file at newlines, in bytes. Lines inside one piece are handed on in place; only a line that runs over
 * the end of a piece is copied. A line that is not wanted (a 7 MB MultiConfigParsed) is never collected, one longer than
 * `lineBytesMax` is dropped and counted.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #onLine: OnLine;
  readonly #want: WantLine;
  #carry = new Uint8Array(64 << 10);
  #carried = 0;
  #dropping = false;
  #asked = false;
  /** Lines seen to their end, so the number of the last line handed on. */
  lines = 0;
  tooLong = 0;

  constructor(lineBytesMax: number, onLine: OnLine, want: WantLine) {
    this.#lineBytesMax = lineBytesMax;
    this.#onLine = onLine;
    this.#want = want;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    if (this.#carried > 0 || this.#dropping) {
      const end = bytes.indexOf(10);
      this.#collect(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      this.#finish();
      at = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(10, at);
      if (end < 0) break;
      this.lines++;
      if (end - at > this.#lineBytesMax) this.tooLong++;
      else this.#onLine(bytes, at, end);
      at = end + 1;
    }
    if (at < bytes.length) this.#collect(bytes, at, bytes.length);
  }

  /** The bytes after the last newline: a line without its end, or one that is still being written. */
  get rest(): Uint8Array {
    return this.#carry.subarray(0, this.#carried);
  }

  #finish(): void {
    this.lines++;
    if (!this.#dropping) this.#onLine(this.#carry, 0, this.#carried);
    this.#carried = 0;
    this.#dropping = false;
    this.#asked = false;
    if (this.#carry.length > KEEP_BYTES) this.#carry = new Uint8Array(64 << 10);
  }

  #collect(bytes: Uint8Array, from: number, to: number): void {
    if (this.#dropping || from === to) return;
    const length = this.#carried + to - from;
    if (length > this.#lineBytesMax) {
      this.tooLong++;
      this.#dropping = true;
      this.#carried = 0;
      return;
    }
    if (length > this.#carry.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#carry.length));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(bytes.subarray(from, to), this.#carried);
    this.#carried = length;
    if (!this.#asked && length >= PREFIX_BYTES) {
      this.#asked = true;
      if (!this.#want(this.#carry, 0, length)) {
        this.#dropping = true;
        this.#carried = 0;
      }
    }
  }
}
