import { expect, test } from 'vitest';
import { isRetentionDue } from './retention-times.ts';

const at = (day: number, hour: number): Date => new Date(2026, 10, day, hour, 30);

test('once a night, and by day only when a night was missed', () => {
  const started = at(1, 14).getTime();
  expect(isRetentionDue(at(1, 15), null, started)).toBe(false);
  expect(isRetentionDue(at(2, 1), null, started)).toBe(false);
  expect(isRetentionDue(at(2, 2), null, started)).toBe(true);
  const first = at(2, 2).getTime();
  expect(isRetentionDue(at(2, 3), first, started)).toBe(false);
  expect(isRetentionDue(at(2, 15), first, started)).toBe(false);
  expect(isRetentionDue(at(3, 2), first, started)).toBe(true);
  // Asleep in the night, as a laptop is.
  expect(isRetentionDue(at(3, 9), first, started)).toBe(false);
  expect(isRetentionDue(at(3, 15), first, started)).toBe(true);
});
