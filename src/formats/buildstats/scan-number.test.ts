import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanEnd, scanNumber } from './scan-number.ts';

const encoder = new TextEncoder();

function scan(text: string): number {
  const bytes = encoder.encode(text);
  return scanNumber(bytes, 0, bytes.length);
}

test('every number that Python prints is the same double as Number() makes of it', () => {
  const microseconds = fc
    .tuple(fc.nat(100_000), fc.nat(999_999))
    .map(([seconds, micros]) => String(seconds + micros * 1e-6));
  const anyDouble = fc
    .double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e15 })
    .map((value) => String(value));
  const digits = fc.tuple(fc.bigInt(0n, 10n ** 22n), fc.nat(22)).map(([whole, decimals]) => {
    const text = String(whole).padStart(decimals + 1, '0');
    return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
  });
  fc.assert(
    fc.property(fc.oneof(microseconds, anyDouble, digits), (text) => {
      expect(scan(text)).toBe(Number(text));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['0.11600999999999999', 0.11600999999999999],
  ['0.027999999999999997', 0.027999999999999997],
  ['1.2e-05', 1.2e-5],
  ['1795219537.75', 1795219537.75],
  ['9007199254740993.0', 2 ** 53],
  ['9007199254740992.5', 2 ** 53],
  ['-12', -12],
  ['-0.5', -0.5],
  ['2,24', 2.24],
  ['  7', 7],
  ['5.', 5],
  ['.5', 0.5],
])('%s is read as %d', (text, value) => {
  expect(scan(text)).toBe(value);
});

test.each(['', ' ', '-', '.', 'abc', 'nan', 'inf', '9'.repeat(41)])('"%s" is no number', (text) => {
  expect(scan(text)).toBeNaN();
});

test('the end is the first byte behind the number, an unfinished exponent not included', () => {
  scan('12.50 seconds');
  expect(scanEnd()).toBe(5);
  scan('12e');
  expect(scanEnd()).toBe(2);
});
