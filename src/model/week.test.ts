import { expect, test } from 'vitest';
import { parseWeek, WEEK_MS, weekOf } from './week.ts';

test.each([
  ['2026-11-27T19:00:00Z', '2026-W48', '2026-11-23'],
  ['2026-11-23T00:00:00Z', '2026-W48', '2026-11-23'],
  ['2026-11-22T23:59:59Z', '2026-W47', '2026-11-16'],
  ['2027-01-03T12:00:00Z', '2026-W53', '2026-12-28'],
  ['2027-01-04T00:00:00Z', '2027-W01', '2027-01-04'],
  ['2024-12-30T00:00:00Z', '2025-W01', '2024-12-30'],
  ['1970-01-01T00:00:00Z', '1970-W01', '1969-12-29'],
])('%s is in %s', (time, name, monday) => {
  const week = weekOf(Date.parse(time));
  expect(week).toEqual({ name, fromMs: Date.parse(monday), toMs: Date.parse(monday) + WEEK_MS });
  expect(parseWeek(name)).toEqual(week);
});

test.each(['2026-W54', '2025-W53', '2026-W00', '2026-48', '', 'W48', '2026-W1'])('%s is no week', (name) => {
  expect(parseWeek(name)).toBeNull();
});
