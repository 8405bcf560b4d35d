/**
 * Numbers straight from bytes. A build of 10,000 tasks has 300,000 of them: decoding each line to a string first costs more
 * than reading the files.
 */

const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Where the last `scanNumber` stopped: the first byte that is no part of the number. Module state, because a pair would allocate. */
let stoppedAt = 0;

/** First byte after the number that the last `scanNumber` read. */
export function scanEnd(): number {
  return stoppedAt;
}

/**
 * The number at `pos` after blanks, or NaN where there is none. Equal to Number() of the same text, bit for bit: up to 15 digits
 * the digits and the power of ten are exact doubles, so one division rounds once; longer ones (Python prints
 * `0.11600999999999999`) and exponents go through Number(). A comma is a decimal sign (a locale's), never a thousands sign.
 */
export function scanNumber(bytes: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && (bytes[p] === 32 || bytes[p] === 9)) p++;
  const first = p;
  let negative = false;
  if (p < end && (bytes[p] === 45 || bytes[p] === 43)) {
    negative = bytes[p] === 45;
    p++;
  }
  let digits = 0;
  let mantissa = 0;
  while (p < end) {
    const d = bytes[p]! - 48;
    if (d < 0 || d > 9) break;
    mantissa = mantissa * 10 + d;
    digits++;
    p++;
  }
  let decimals = 0;
  const sign = p < end ? bytes[p]! : 0;
  if (sign === 46 || sign === 44) {
    p++;
    const from = p;
    while (p < end) {
      const d = bytes[p]! - 48;
      if (d < 0 || d > 9) break;
      mantissa = mantissa * 10 + d;
      p++;
    }
    decimals = p - from;
    digits += decimals;
  }
  if (digits === 0) {
    stoppedAt = first;
    return Number.NaN;
  }
  let exponent = false;
  if (p < end && (bytes[p]! | 32) === 101) {
    let q = p + 1;
    if (q < end && (bytes[q] === 45 || bytes[q] === 43)) q++;
    const from = q;
    while (q < end && bytes[q]! >= 48 && bytes[q]! <= 57) q++;
    if (q > from) {
      exponent = true;
      p = q;
    }
  }
  stoppedAt = p;
  if (exponent || digits > 15) return longNumber(bytes, first, p);
  const value = decimals === 0 ? mantissa : mantissa / POWERS_OF_TEN[decimals]!;
  return negative ? -value : value;
}

/** Digits beyond 40 change no double that a clock or a counter prints; hostile input has them by the megabyte. */
const LONG_NUMBER_BYTES_MAX = 40;

function longNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > LONG_NUMBER_BYTES_MAX) return Number.NaN;
  let text = '';
  for (let i = from; i < to; i++) text += bytes[i] === 44 ? '.' : String.fromCharCode(bytes[i]!);
  return Number(text);
}
