/**
 * Numbers straight from bytes. A build of 10,000 tasks has 300,000 of them: decoding each line to a string first costs more
 * than reading the files.
 *
 * A process that reads one build and ends runs most of this before V8 has compiled it, and there every double that is no small
 * integer is an allocation. Hence two integers of nine digits instead of one double, and a result that goes into a Float64Array
 * instead of being returned: together a third of the time of a first reading.
 */

const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => 10 ** i);

const scanned = new Float64Array(1);
/** Where the last `scanNumber` stopped. */
let stoppedAt = 0;

/** The number at `pos` after blanks, or NaN where there is none; see `scanNumberInto`. Not for hot loops. */
export function scanNumber(bytes: Uint8Array, pos: number, end: number): number {
  stoppedAt = scanNumberInto(bytes, pos, end, scanned, 0);
  return scanned[0]!;
}

/** First byte after the number that the last `scanNumber` read. */
export function scanEnd(): number {
  return stoppedAt;
}

/**
 * Writes the number at `pos` after blanks to `out[at]`, NaN where there is none, and returns the position of the first byte
 * that is no part of it.
 *
 * Equal to Number() of the same text, bit for bit: up to 15 digits the digits and the power of ten are exact doubles, so one division
 * rounds once; for longer ones (Python prints `0.11600999999999999`) see `divided`; exponents go through Number(). A comma is
 * a decimal sign (a locale's), never a thousands sign.
 */
export function scanNumberInto(bytes: Uint8Array, pos: number, end: number, out: Float64Array, at: number): number {
  let p = pos;
  while (p < end && (bytes[p] === 32 || bytes[p] === 9)) p++;
  const first = p;
  let negative = false;
  if (p < end && (bytes[p] === 45 || bytes[p] === 43)) {
    negative = bytes[p] === 45;
    p++;
  }
  // Nine digits and nine more, counted from the first that is not 0.
  let high = 0;
  let low = 0;
  let significant = 0;
  const from = p;
  while (p < end) {
    const d = bytes[p]! - 48;
    if (d < 0 || d > 9) break;
    if (significant < 9) {
      high = high * 10 + d;
      if (high !== 0) significant++;
    } else {
      if (significant < 18) low = low * 10 + d;
      significant++;
    }
    p++;
  }
  let digits = p - from;
  let decimals = 0;
  const sign = p < end ? bytes[p]! : 0;
  if (sign === 46 || sign === 44) {
    p++;
    const behind = p;
    while (p < end) {
      const d = bytes[p]! - 48;
      if (d < 0 || d > 9) break;
      if (significant < 9) {
        high = high * 10 + d;
        if (high !== 0) significant++;
      } else {
        if (significant < 18) low = low * 10 + d;
        significant++;
      }
      p++;
    }
    decimals = p - behind;
    digits += decimals;
  }
  if (digits === 0) {
    out[at] = Number.NaN;
    return first;
  }
  if (p < end && (bytes[p]! | 32) === 101) {
    let q = p + 1;
    if (q < end && (bytes[q] === 45 || bytes[q] === 43)) q++;
    const exponent = q;
    while (q < end && bytes[q]! >= 48 && bytes[q]! <= 57) q++;
    if (q > exponent) {
      out[at] = byText(bytes, first, q);
      return q;
    }
  }
  if (significant > 18 || decimals > 22) {
    out[at] = byText(bytes, first, p);
  } else if (significant <= 9) {
    const value = decimals === 0 ? high : high / POWERS_OF_TEN[decimals]!;
    out[at] = negative ? -value : value;
  } else if (significant <= 15) {
    const whole = high * POWERS_OF_TEN[significant - 9]! + low;
    const value = decimals === 0 ? whole : whole / POWERS_OF_TEN[decimals]!;
    out[at] = negative ? -value : value;
  } else {
    const value = divided(high, POWERS_OF_TEN[significant - 9]!, low, POWERS_OF_TEN[decimals]!);
    out[at] = Number.isNaN(value) ? byText(bytes, first, p) : negative ? -value : value;
  }
  return p;
}

/**
 * (high × scale + low) / power, rounded once, or NaN where that cannot be told.
 *
 * Python prints rusage times with 16 to 18 digits, two in most task files, and Number() of a string made for them costs ten times the
 * arithmetic. So: the digits as an exact sum of two doubles, divided by the exact power of ten with the remainder carried. The
 * quotient is known to 100 bits; only where these do not decide the rounding, the caller must ask the library.
 * high and low are below 1e9, scale at most 1e9, power at most 1e22.
 */
function divided(high: number, scale: number, low: number, power: number): number {
  const product = high * scale;
  const big = product + low;
  const small = twoProductRest(high, scale, product) + (low - (big - product));
  const quotient = big / power;
  const back = quotient * power;
  const rest = big - back - twoProductRest(quotient, power, back) + small;
  const correction = rest / power;
  const value = quotient + correction;
  // Does an error of one part in 2^40 of the correction change the rounding?
  const sure = value === quotient + correction * (1 + 2 ** -40) && value === quotient + correction * (1 - 2 ** -40);
  return sure ? value : Number.NaN;
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

/** Digits beyond 40 change no double that a clock or a counter prints; hostile input has them by the megabyte. */
const LONG_NUMBER_BYTES_MAX = 40;

function byText(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > LONG_NUMBER_BYTES_MAX) return Number.NaN;
  let text = '';
  for (let i = from; i < to; i++) text += bytes[i] === 44 ? '.' : String.fromCharCode(bytes[i]!);
  return Number(text);
}
