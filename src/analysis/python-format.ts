/**
 * Numbers the way Python prints them, where that differs from JavaScript. Both round the exact binary value; they part on ties
 * (Python to even, toFixed away from zero), on numbers from 1e21 on and on negative zero. Library reference: "Format Specification
 * Mini-Language", datetime.timedelta.
 */

/** `'{:.0f}'.format(value)` and `'{:.1f}'`. */
export function pythonFixed(value: number, digits: 0 | 1): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}inf`;
  if (magnitude >= 2 ** 53) return `${sign}${BigInt(magnitude)}${digits === 1 ? '.0' : ''}`;
  const whole = Math.trunc(magnitude);
  const fraction = magnitude - whole;
  // The only doubles that lie exactly between two results: n + 1/2 for none, n + 1/4 and n + 3/4 for one digit.
  if (digits === 0 && fraction === 0.5) return `${sign}${whole % 2 === 0 ? whole : whole + 1}`;
  if (digits === 1 && fraction === 0.25) return `${sign}${whole}.2`;
  return sign + magnitude.toFixed(digits);
}

/** `'{:+.1f}'.format(value)`. */
export function pythonSigned(value: number): string {
  const text = pythonFixed(value, 1);
  return text.startsWith('-') ? text : `+${text}`;
}

/** `str(int(value))`: cut towards zero, every digit. */
export function pythonInteger(value: number): string {
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? String(whole === 0 ? 0 : whole) : BigInt(whole).toString();
}

/** `a % b` of floats: the result has the sign of b. */
export function pythonModulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** `str(datetime.timedelta(seconds=seconds))` of whole seconds: `0:00:07`, `1 day, 2:03:04`, `-1 day, 23:59:58`. */
export function pythonTimedelta(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return days === 0 ? clock : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${clock}`;
}

/**
 * `statistics.mean(values)`: the exact mean of the doubles, rounded once. Adding and dividing in floats rounds n times and
 * misses it by an ulp now and then. For finite numbers below 1e200, far above anything that is counted.
 */
export function pythonMean(values: readonly number[]): number {
  // Every double is a whole multiple of 2^-1074.
  const scaled = values.map((value): [bigint, number] => {
    let exponent = 0;
    let mantissa = value;
    while (!Number.isInteger(mantissa)) {
      mantissa *= 2;
      exponent--;
    }
    return [BigInt(mantissa), exponent];
  });
  const lowest = Math.min(...scaled.map(([, exponent]) => exponent));
  const sum = scaled.reduce((total, [mantissa, exponent]) => total + (mantissa << BigInt(exponent - lowest)), 0n);
  const count = BigInt(values.length);
  // 64 more bits than needed and a sticky one, so that Number() rounds the true quotient, half to even.
  const wide = (sum < 0n ? -sum : sum) << 128n;
  const quotient = ((wide / count) << 1n) | (wide % count === 0n ? 0n : 1n);
  const rounded = Number(quotient) * 2 ** -129 * 2 ** lowest;
  return sum < 0n ? -rounded : rounded;
}
