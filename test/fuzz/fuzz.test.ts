import { describe, expect, test } from 'vitest';
import { runTarget } from './run-target.ts';
import { TARGETS } from './targets.ts';

/** Seconds of what `npm run fuzz` does for as long as one likes; always the same cases, so that a failure here is the change's. */
describe('input that is almost right', () => {
  test.each(TARGETS)('$name', { timeout: 120_000 }, async ({ name, readsPercent }) => {
    const { read, refused, defects } = await runTarget(name, 0, 150);
    expect(defects).toEqual([]);
    expect(read + refused).toBe(150);
    // Most of a real one is still there after a few mutations: a target that reads none of them tests nothing.
    expect(read).toBeGreaterThan(1.5 * readsPercent);
  });
});
