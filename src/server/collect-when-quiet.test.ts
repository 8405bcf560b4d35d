import { expect, it } from 'vitest';
import { collectWhenQuiet } from './collect-when-quiet.ts';

const pause = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

it('what nobody holds is gone a while after the last work', async () => {
  const made = (): WeakRef<object> => new WeakRef({ large: new Array(1000).fill('x') });
  const seen = made();
  const worked = collectWhenQuiet(30);
  worked();
  worked();
  await pause(1000);
  expect(seen.deref() === undefined).toBe(true);
  // And again after more work.
  const later = made();
  worked();
  await pause(1000);
  expect(later.deref() === undefined).toBe(true);
});
