/** The BitBake side has tests of its own, in its own language; they count here as what they are: all of them or none. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hasPython } from './real-parts.ts';

const root = resolve(import.meta.dirname, '..');

test.skipIf(!hasPython)('meta-bakehouse: python3 -m unittest', { timeout: 300_000 }, () => {
  const run = spawnSync('python3', ['-m', 'unittest', 'discover', '-s', 'meta-bakehouse/tests'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 280_000,
    // Half a test run must leave nothing in the layer, which BitBake would read.
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const ran = Number(/Ran (\d+) tests?/.exec(run.stderr)?.[1]);
  expect(run.status, run.stderr).toBe(0);
  expect(ran).toBeGreaterThanOrEqual(20);
});
