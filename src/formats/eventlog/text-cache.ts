/**
 * Bytes to strings, giving the same string again for bytes seen before. Names, paths and attribute keys repeat in thousands
 * of events (nine of ten in a clean build's log); a direct-mapped table of the last string per hash makes those free of
 * allocation. It holds at most SLOTS strings of CHARS_MAX characters: 2 MB.
 */
const SLOTS = 8192;
const CHARS_MAX = 256;

export class TextCache {
  readonly #utf8 = new TextDecoder('utf-8');
  readonly #latin1 = new TextDecoder('latin1');
  readonly #slots: string[] = new Array<string>(SLOTS).fill('');

  /** The UTF-8 text of `bytes[from..to]`; bytes that are none become U+FFFD. */
  text(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from;
    if (length > CHARS_MAX) return this.#utf8.decode(bytes.subarray(from, to));
    // FNV-1a; `seen` collects the high bit, which only bytes outside ASCII have.
    let hash = 0x811c9dc5;
    let seen = 0;
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!;
      seen |= byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (seen > 127) return this.#utf8.decode(bytes.subarray(from, to));
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#slots[slot]!;
    if (cached.length === length) {
      let i = 0;
      while (i < length && cached.charCodeAt(i) === bytes[from + i]) i++;
      if (i === length) return cached;
    }
    const made =
      length === 16
        ? // Task hashes: the one text that is new in every other event, and a subarray and a call for each would double its cost.
          String.fromCharCode(
            bytes[from]!,
            bytes[from + 1]!,
            bytes[from + 2]!,
            bytes[from + 3]!,
            bytes[from + 4]!,
            bytes[from + 5]!,
            bytes[from + 6]!,
            bytes[from + 7]!,
            bytes[from + 8]!,
            bytes[from + 9]!,
            bytes[from + 10]!,
            bytes[from + 11]!,
            bytes[from + 12]!,
            bytes[from + 13]!,
            bytes[from + 14]!,
            bytes[from + 15]!,
          )
        : this.#latin1.decode(bytes.subarray(from, to));
    this.#slots[slot] = made;
    return made;
  }
}
