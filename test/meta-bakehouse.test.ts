/** The BitBake side has tests of its own, in its own language; they count here as what they are: all of them or none. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { NATIVE_PACKING } from '../src/formats/open/native-packing.ts';
import { RecordReader } from '../src/formats/record/reader.ts';
import type { Build } from '../src/model/build.ts';
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

test.skipIf(!hasPython)('what is sent of a build that runs is read as what was recorded of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'running-'));
  try {
    cpSync(resolve(root, 'fixtures/record/class-mickledore-multiconfig'), folder, { recursive: true });
    const file = join(folder, 'record.jsonl');
    const lines = readFileSync(file, 'utf8').split(/(?<=\n)/);
    const unended = lines.filter((line) => !line.startsWith('{"type":"end"')).join('');
    writeFileSync(file, unended);
    const push = resolve(root, 'meta-bakehouse/bin/push-build-results');
    const shown = spawnSync('python3', ['-B', push, '--show', '--send', '+all-counters', folder], { encoding: 'utf8' });
    expect(shown.stderr).toBe('');
    const read = (text: string): Build => {
      const reader = new RecordReader({ location: 'r', packing: NATIVE_PACKING });
      reader.push(new TextEncoder().encode(text));
      return reader.snapshot({ running: true });
    };
    expect(shown.stdout.match(/"like"/g)!.length).toBeGreaterThanOrEqual(2);
    const [there, here] = [read(shown.stdout), read(unended)];
    expect(there.problems).toEqual(here.problems);
    const { recipe, task, outcome, startMs, endMs, hash, values } = here.tasks;
    expect(there.tasks).toMatchObject({ recipe, task, outcome, startMs, endMs, hash });
    for (const [id, sent] of there.tasks.values) {
      const off = id.endsWith('cores') ? 1 : 0.0025;
      sent.forEach((value, row) => {
        const recorded = values.get(id)![row]!;
        expect(Number.isNaN(value), `${id} ${row}`).toBe(Number.isNaN(recorded));
        if (!Number.isNaN(value)) expect(Math.abs(value - recorded), `${id} ${row}`).toBeLessThan(off);
      });
    }
    expect(there.samples.map(({ source }) => source)).toEqual(here.samples.map(({ source }) => source));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
