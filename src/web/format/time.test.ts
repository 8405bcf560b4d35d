import { expect, test } from 'vitest';
import { dateFieldValue, formatWhen, fromDateField } from './time.ts';

const now = new Date(2026, 10, 21, 12, 0).getTime();

test('says today and yesterday, then the day, then the year', () => {
  expect(formatWhen(new Date(2026, 10, 21, 9, 5).getTime(), now)).toBe('today 09:05');
  expect(formatWhen(new Date(2026, 10, 20, 23, 59).getTime(), now)).toBe('yesterday 23:59');
  expect(formatWhen(new Date(2026, 10, 14, 9, 12).getTime(), now)).toBe('14 Nov 09:12');
  expect(formatWhen(new Date(2024, 2, 2, 9, 12).getTime(), now)).toBe('2024-03-02 09:12');
  expect(formatWhen(null, now)).toBe('not recorded');
});

test('a date field covers its whole day', () => {
  expect(dateFieldValue(fromDateField('2026-03-29'))).toBe('2026-03-29');
  expect(dateFieldValue(fromDateField('2026-03-29', true))).toBe('2026-03-29');
  expect(fromDateField('2026-03-29', true)! + 1).toBe(fromDateField('2026-03-30'));
  expect(fromDateField('29.3.26')).toBeUndefined();
});
