/**
 * Base64 as an event log holds it: MIME lines of 76 characters inside a JSON string, so that each line ends in the two
 * characters `\` and `n`. Decoded from the bytes of the file without making the JSON string or unescaping it:
 * 0.9 ns a character. (Tried: one table and shifts, 1.2 ns; a table of 65,536 pairs, no faster than four of 256.)
 */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** A digit's six bits at each of the four places of a group; negative for what is no digit, so that one OR tells of all. */
const [FIRST, SECOND, THIRD, FOURTH] = [18, 12, 6, 0].map((shift) => {
  const table = new Int32Array(256).fill(-1);
  for (let i = 0; i < 64; i++) table[DIGITS.charCodeAt(i)] = i << shift;
  return table;
}) as [Int32Array, Int32Array, Int32Array, Int32Array];
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const PAD = 0x3d;
const LINE_CHARS = 76;

/** A decoder and the memory it decodes into: ours below, or that of the runtime where there is one (src/formats/open). */
export interface Base64 {
  readonly decode: typeof decodeBase64;
  readonly buffer: (length: number) => Uint8Array;
}

/**
 * Decodes `bytes[from..to]` into `out` and returns the number of bytes, or -1 when it is not base64. `out` must have room for
 * 3 bytes per 4 characters.
 */
export function decodeBase64(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let at = from;
  let n = 0;
  for (;;) {
    // A whole MIME line: 19 groups and one look whether all of them were digits. Three times as fast as looking each time.
    while (at + LINE_CHARS < to && bytes[at + LINE_CHARS] === BACKSLASH) {
      let all = 0;
      let m = n;
      for (let i = at, end = at + LINE_CHARS; i < end; i += 4) {
        const group = FIRST[bytes[i]!]! | SECOND[bytes[i + 1]!]! | THIRD[bytes[i + 2]!]! | FOURTH[bytes[i + 3]!]!;
        all |= group;
        out[m] = group >> 16;
        out[m + 1] = group >> 8;
        out[m + 2] = group;
        m += 3;
      }
      if (all < 0 || bytes[at + LINE_CHARS + 1] !== LETTER_N) break;
      n = m;
      at += LINE_CHARS + 2;
    }
    // The last line, in whole groups.
    while (at + 4 <= to) {
      const group = FIRST[bytes[at]!]! | SECOND[bytes[at + 1]!]! | THIRD[bytes[at + 2]!]! | FOURTH[bytes[at + 3]!]!;
      if (group < 0) break;
      out[n] = group >> 16;
      out[n + 1] = group >> 8;
      out[n + 2] = group;
      n += 3;
      at += 4;
    }
    if (at >= to) return n;
    if (bytes[at] === BACKSLASH) {
      const escaped = bytes[at + 1];
      // \n and \r between groups, and \/ which some JSON writers make of a slash, handled in the slow group below.
      if (at + 2 <= to && (escaped === 0x6e || escaped === 0x72)) {
        at += 2;
        continue;
      }
    }
    // A group that padding ends or that an escape stands in.
    let bits = 0;
    let digits = 0;
    let padded = false;
    while (at < to && digits < 4 && !padded) {
      let byte = bytes[at]!;
      if (byte === BACKSLASH) {
        if (at + 2 > to) return -1;
        byte = bytes[at + 1]!;
        at++;
        if (byte === 0x6e || byte === 0x72) {
          at++;
          continue;
        }
        if (byte !== 0x2f) return -1;
      }
      if (byte === PAD) padded = true;
      else {
        const value = FOURTH[byte]!;
        if (value < 0) return -1;
        bits = (bits << 6) | value;
        digits++;
      }
      at++;
    }
    if (digits === 4) {
      out[n++] = bits >> 16;
      out[n++] = (bits >> 8) & 255;
      out[n++] = bits & 255;
      continue;
    }
    if (digits === 3) {
      out[n++] = bits >> 10;
      out[n++] = (bits >> 2) & 255;
    } else if (digits === 2) out[n++] = bits >> 4;
    else if (digits === 1) return -1;
    // After the padding there may only be more of it and line ends.
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte !== PAD && byte !== BACKSLASH && byte !== 0x6e && byte !== 0x72) return -1;
    }
    return n;
  }
}

/**
 * One byte of what `bytes[from..to]` decodes to, found by its place: 57 bytes a line of 76 characters. -1 where there is none; something
 * else where the text has no such lines, so whoever asks must know what to expect.
 */
export function byteOfBase64(bytes: Uint8Array, from: number, to: number, index: number): number {
  const line = Math.floor(index / 57);
  const inLine = index - 57 * line;
  const group = Math.floor(inLine / 3);
  const at = from + line * (LINE_CHARS + 2) + 4 * group;
  if (at + 4 > to) return -1;
  const word = FIRST[bytes[at]!]! | SECOND[bytes[at + 1]!]! | THIRD[bytes[at + 2]!]! | FOURTH[bytes[at + 3]!]!;
  return word < 0 ? -1 : (word >> (16 - 8 * (inLine - 3 * group))) & 255;
}

export const OWN_BASE64: Base64 = { decode: decodeBase64, buffer: (length) => new Uint8Array(length) };
