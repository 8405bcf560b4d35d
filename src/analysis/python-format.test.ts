import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  pythonFixed,
  pythonInteger,
  pythonMean,
  pythonModulo,
  pythonSigned,
  pythonTimedelta,
} from './python-format.ts';

// Right-hand sides are what CPython 3.11 prints.
test.each([
  [0.25, '0.2'],
  [0.75, '0.8'],
  [3.25, '3.2'],
  [-2.25, '-2.2'],
  [0.35, '0.3'],
  [2.449999999, '2.4'],
  [1e22, '10000000000000000000000.0'],
  [-0, '-0.0'],
  [-0.04, '-0.0'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NaN, 'nan'],
])("'{:.1f}'.format(%d) is %s", (value, text) => expect(pythonFixed(value, 1)).toBe(text));

test.each([
  [0.5, '0'],
  [1.5, '2'],
  [2.5, '2'],
  [1023.5, '1024'],
])("'{:.0f}'.format(%d) is %s", (value, text) => expect(pythonFixed(value, 0)).toBe(text));

test('signs, whole numbers, remainders, spans', () => {
  expect([0, 1.25, -1, Number.POSITIVE_INFINITY, -0].map(pythonSigned)).toEqual([
    '+0.0',
    '+1.2',
    '-1.0',
    '+inf',
    '-0.0',
  ]);
  expect([0.9, -0.9, -1.5, 2 ** 60, 1e22].map(pythonInteger)).toEqual([
    '0',
    '0',
    '-1',
    '1152921504606846976',
    '10000000000000000000000',
  ]);
  expect([pythonModulo(-5, 60), pythonModulo(65.5, 60), pythonModulo(-60, 60)]).toEqual([55, 5.5, -0]);
  expect([7, 3661, 86_400, 200_000, -2, -86_401].map(pythonTimedelta)).toEqual([
    '0:00:07',
    '1:01:01',
    '1 day, 0:00:00',
    '2 days, 7:33:20',
    '-1 day, 23:59:58',
    '-2 days, 23:59:59',
  ]);
});

test('one decimal is never further from the number than toFixed, and only ties differ', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
      const tie = Math.abs(value % 0.5) === 0.25;
      const ours = pythonFixed(value, 1);
      if (!tie && !Object.is(value, -0)) expect(ours).toBe(value.toFixed(1));
      expect(Math.abs(Number(ours) - value)).toBeLessThanOrEqual(0.05 + 1e-7);
    }),
  );
});

test('the mean is the exact one, rounded once', () => {
  // CPython 3.11: statistics.mean([0.1, 0.2, 0.3]) == 0.2, where (0.1 + 0.2 + 0.3) / 3 is 0.20000000000000004.
  expect(pythonMean([0.1, 0.2, 0.3])).toBe(0.2);
  expect(pythonMean([1, 2])).toBe(1.5);
  expect(pythonMean([2, 4, 6])).toBe(4);
  expect(pythonMean([-1.5, 1.25])).toBe(-0.125);
  expect(pythonMean([0, 0])).toBe(0);
  expect(pythonMean([1e100, 1e-100])).toBe(5e99);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), fc.nat(6), (value, n) => {
      expect(pythonMean(new Array(n + 1).fill(value))).toBe(value === 0 ? 0 : value);
    }),
  );
});
