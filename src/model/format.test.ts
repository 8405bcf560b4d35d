import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  columnScale,
  formatAge,
  formatBytes,
  formatCount,
  formatDifference,
  formatDuration,
  formatExact,
  formatFixed,
  formatQuantity,
  formatRatio,
  formatScaled,
  formatShare,
  formatUtc,
  NOT_RECORDED,
  plural,
  shortRevision,
} from './format.ts';

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [0.31, '0.31 ms'],
    [84, '84 ms'],
    [999.6, '1 s'],
    [4310, '4.31 s'],
    [12_400, '12.4 s'],
    [59_960, '1 min 00 s'],
    [252_120, '4 min 12 s'],
    [3_599_600, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
    [40 * 3_600_000, '40 h 00 min'],
    [51 * 3_600_000, '2 d 03 h'],
    [-252_120, '\u22124 min 12 s'],
    [Number.NaN, NOT_RECORDED],
    [null, NOT_RECORDED],
  ])('%s ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test('never shows 60 seconds or 60 minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000_000 }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60 (s|min)\b/);
      }),
    );
  });
});

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1024, '1 KiB'],
  [1_395_864_371, '1.3 GiB'],
  [1023.6 * 1024, '1 MiB'],
  [-2048, '\u22122 KiB'],
])('%s bytes is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('quantities carry the unit of their metric', () => {
  expect(formatQuantity(252.12, 's')).toBe('4 min 12 s');
  expect(formatQuantity(1_400, 'KiB')).toBe('1.37 MiB');
  expect(formatQuantity(250, 'ticks')).toBe('2.5 s');
  expect(formatQuantity(12.44, 'cores')).toBe('12.4 cores');
  expect(formatQuantity(2048, 'B/s')).toBe('2 KiB/s');
  expect(formatQuantity(9421, 'count')).toBe('9,421');
  expect(formatQuantity(0.384, 'share')).toBe('38 %');
  expect(formatQuantity(Number.NaN, 'B')).toBe(NOT_RECORDED);
});

test('differences always have a sign', () => {
  expect(formatDifference(4, 's')).toBe('+4 s');
  expect(formatDifference(-4, 's')).toBe('\u22124 s');
  expect(formatDifference(0, 'B')).toBe('±0');
  expect(formatDifference(null, 'B')).toBe(NOT_RECORDED);
  expect(formatRatio(0.384)).toBe('+38 %');
  expect(formatRatio(-0.0312)).toBe('\u22123.12 %');
  expect(formatRatio(23)).toBe('×24');
  expect(formatRatio(0)).toBe('±0 %');
  expect(formatRatio(null)).toBe(NOT_RECORDED);
});

test('hover shows every recorded digit', () => {
  expect(formatExact(1_395_864_371, 'B')).toBe('1,395,864,371 B');
  expect(formatExact(0.310123, 's')).toBe('0.310123 s');
});

test('a share below a percent is not nothing', () => {
  expect(formatShare(0.0031)).toBe('0.31 %');
  expect(formatCount(0)).toBe('0');
});

describe('one unit for a column', () => {
  const mib = columnScale('B', 300 * 2 ** 20);
  test('bytes take the unit of the largest', () => {
    expect(mib.label).toBe('MiB');
    expect(formatScaled(300 * 2 ** 20, mib)).toBe('300.0');
    expect(formatScaled(8192, mib)).toBe('0.0078');
    expect(formatScaled(0, mib)).toBe('0.0');
    expect(formatScaled(Number.NaN, mib)).toBe('');
  });
  test('a value that is not zero is never shown as zero', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('s', 'ms', 'B', 'KiB', 'count', 'share', 'cores', 'none'),
        fc.double({ min: 1e-9, max: 1e15, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e15, noNaN: true }),
        (unit, value, largest) => {
          expect(Number(formatScaled(value, columnScale(unit, largest)).replaceAll(',', ''))).toBeGreaterThan(0);
        },
      ),
    );
  });
});

test('times, revisions, plurals', () => {
  expect(formatUtc(1795222723010)).toBe('2026-11-21 00:58:43 UTC');
  expect(formatUtc(null)).toBe(NOT_RECORDED);
  expect(shortRevision('35a2c6ed0123456789abcdef0123456789abcdef')).toBe('35a2c6ed01');
  expect(shortRevision('<unknown>')).toBe('<unknown>');
  expect(shortRevision(null)).toBe(NOT_RECORDED);
  expect(plural(1, 'task')).toBe('1 task');
  expect(plural(9421, 'task')).toBe('9,421 tasks');
});

test('grouping and exact digits are those of the English locale', () => {
  const english = new Intl.NumberFormat('en-US', { maximumFractionDigits: 12 });
  for (const value of [0, 7, 999, 1000, 1234567.1, 0.1, 0.30000000000000004, 1e-7, 123456789012, 28210.58, 4096.5]) {
    expect(formatExact(value, 'none')).toBe(english.format(value));
  }
  expect(formatFixed(1234567.891, 2)).toBe('1,234,567.89');
  expect(formatFixed(999.96, 1)).toBe('1,000.0');
});

test('an age is as coarse as it is told in speech', () => {
  const minute = 60_000;
  expect(
    [0, minute, 59 * minute, 47 * 60 * minute, 48 * 60 * minute, 70 * 1440 * minute, 800 * 1440 * minute].map(
      formatAge,
    ),
  ).toEqual(['now', '1 min', '59 min', '47 h', '2 d', '2 months', '2 years']);
  expect(formatAge(null)).toBe('not recorded');
});
