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

/**
 * A number of more than 15 digits or with an exponent, equal to Number() bit for bit.
 *
 * Python prints rusage times with 16 to 18 digits, four in most task files, and Number() of a string made for it costs ten
 * times the arithmetic. So: the digits as an exact sum of two doubles, divided by the exact power of ten with the remainder
 * carried (Dekker's two-product). The quotient is known to 100 bits; only where that does not decide the rounding, or the
 * form is another, the text goes through Number().
 */
function longNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > LONG_NUMBER_BYTES_MAX) return Number.NaN;
  let high = 0;
  let low = 0;
  let lowScale = 1;
  let digits = 0;
  let decimals = -1;
  for (let i = from; i < to; i++) {
    const b = bytes[i]!;
    if (b === 46 || b === 44) {
      decimals = 0;
      continue;
    }
    const d = b - 48;
    // A sign or an exponent.
    if (d < 0 || d > 9) return byText(bytes, from, to);
    if (decimals >= 0) decimals++;
    // Zeros before the first digit that counts.
    if (digits === 0 && d === 0) continue;
    digits++;
    if (digits <= 15) high = high * 10 + d;
    else {
      low = low * 10 + d;
      lowScale *= 10;
    }
  }
  if (digits > 22 || decimals < 0 || decimals > 22) return byText(bytes, from, to);
  const power = POWERS_OF_TEN[decimals]!;
  // high * lowScale + low as the exact sum big + small: high < 1e15 and lowScale <= 1e7, so both parts are integers.
  const product = high * lowScale;
  const productRest = twoProductRest(high, lowScale, product);
  const big = product + low;
  const small = productRest + (low - (big - product));
  const quotient = big / power;
  const back = quotient * power;
  const rest = big - back - twoProductRest(quotient, power, back) + small;
  const correction = rest / power;
  const value = quotient + correction;
  // Does an error of one part in 2^40 of the correction change the rounding? Then ask the library.
  if (value !== quotient + correction * (1 + 2 ** -40) || value !== quotient + correction * (1 - 2 ** -40)) {
    return byText(bytes, from, to);
  }
  return value;
}

const SPLITTER = 2 ** 27 + 1;

/** What a * b lost by rounding to `product`; exact (Dekker 1971). */
function twoProductRest(a: number, b: number, product: number): number {
  const aBig = a * SPLITTER;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * SPLITTER;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function byText(bytes: Uint8Array, from: number, to: number): number {
  let text = '';
  for (let i = from; i < to; i++) text += bytes[i] === 44 ? '.' : String.fromCharCode(bytes[i]!);
  return Number(text);
}
