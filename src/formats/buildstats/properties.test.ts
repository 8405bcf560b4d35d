/** What holds for any input: a cut file loses numbers and never changes one, and nothing makes the reader throw. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { BuildstatsReader } from './buildstats-reader.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../fixtures/buildstats');
const NOW_MS = Date.UTC(2030, 0, 1);

function reading(path: string, bytes: Uint8Array): Build {
  const reader = new BuildstatsReader({ name: '20240607083000', location: 'x', nowMs: NOW_MS });
  reader.addFile(path, bytes);
  return reader.finish();
}

/** Every number of a build's task runs, per run found by its start. */
function runs(build: Build): Map<number, Map<string, number>> {
  const { tasks } = build;
  const found = new Map<number, Map<string, number>>();
  for (let row = 0; row < tasks.length; row++) {
    const numbers = new Map<string, number>();
    if (!Number.isNaN(tasks.endMs[row])) numbers.set('end', tasks.endMs[row]!);
    for (const [id, column] of tasks.values) if (!Number.isNaN(column[row])) numbers.set(id, column[row]!);
    found.set(tasks.startMs[row]!, numbers);
  }
  return found;
}

const TASK_FILES = [
  'multiconfig/buildstats/20240607083000/alpha-1.0-r0/do_compile',
  'multiconfig/buildstats/20240607083000/alpha-1.0-r0/do_install',
  'era-2016-krogoth/buildstats/20160420081500/attr-2.4.47-r0/do_compile',
  'era-2014/buildstats/core-image-minimal-beaglebone/201405071530/eglibc-2.19-r0/do_compile',
  'user-named-appended/buildstats/nightly/zlib-1.3.1-r0/do_compile',
  'crlf/buildstats/20240505050505/m4-1.4.19-r0/do_compile',
  'comma-locale/buildstats/20180808080808/bc-1.07.1-r0/do_compile',
];

test.each(TASK_FILES)('%s cut at any byte loses numbers and changes none', (file) => {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, file)));
  const whole = runs(reading('a-1-r0/do_compile', bytes));
  expect(whole.size).toBeGreaterThan(0);
  for (let length = 0; length < bytes.length; length++) {
    for (const [start, numbers] of runs(reading('a-1-r0/do_compile', bytes.subarray(0, length)))) {
      if (Number.isNaN(start)) {
        expect(numbers.size).toBe(0);
        continue;
      }
      const expected = whole.get(start);
      expect(expected, `cut at ${length}: a run that starts at ${start}`).toBeDefined();
      for (const [id, value] of numbers) {
        if (value !== expected?.get(id)) {
          // Python rounded Ended and Elapsed apart: without Ended, start + elapsed is all that the oldest form gives.
          const rounded = (id === 'end' || id === 'walltime') && Math.abs(value - (expected?.get(id) ?? 0)) <= 10;
          expect(rounded, `cut at ${length}: ${id} is ${value} and not ${expected?.get(id)}`).toBe(true);
        }
      }
    }
  }
});

const SAMPLE_FILES = [
  'reduced_proc_stat.log',
  'reduced_proc_meminfo.log',
  'reduced_proc_diskstats.log',
  'reduced_proc_net.log',
  'reduced_proc_pressure/cpu.log',
  'monitor_disk.log',
];

test.each(SAMPLE_FILES)('%s cut at any byte loses samples and changes none', (file) => {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, 'era-2025-nvme/buildstats/20251112133700', file)));
  const values = (build: Build) =>
    new Map(
      build.samples.flatMap((table) =>
        table.series.flatMap((series) =>
          [...series.values].map((value, i) => [`${series.id} at ${table.timeMs[i]}`, value] as const),
        ),
      ),
    );
  // Without the other files of the build: their times would decide the intervals, and they are not cut here.
  const whole = values(reading(file, bytes));
  expect(whole.size).toBeGreaterThan(0);
  for (let length = 0; length < bytes.length; length++) {
    for (const [key, value] of values(reading(file, bytes.subarray(0, length)))) {
      if (Number.isNaN(value)) continue;
      // The end of the last interval is the start of the next, which may be cut: then a second is assumed.
      if (file === 'reduced_proc_diskstats.log' && !whole.has(key)) continue;
      expect(value, `cut at ${length}: ${key}`).toBe(whole.get(key));
    }
  }
});

test('build_stats cut at any byte never ends early or starts elsewhere', () => {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, 'real-05-failed-k/buildstats/20261121010122/build_stats')));
  const whole = reading('build_stats', bytes);
  for (let length = 0; length < bytes.length; length++) {
    const build = reading('build_stats', bytes.subarray(0, length));
    expect([null, whole.startedMs]).toContain(build.startedMs);
    expect([null, whole.endedMs]).toContain(build.endedMs);
    for (const failure of build.failures) expect(whole.failures).toContainEqual(failure);
  }
});

const NAMES = [
  'build_stats',
  'a-1-r0/do_compile',
  'proc_stat.log',
  'proc_diskstats.log',
  'x.log',
  'y/z.log',
  ...SAMPLE_FILES,
];

test('random bytes never throw, and give a table whose columns fit', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 2000 }), (name, bytes) => {
      const { tasks, recipes } = reading(name, bytes);
      for (const column of tasks.values.values()) expect(column.length).toBe(tasks.length);
      for (const recipe of tasks.recipe) expect(recipe).toBeLessThan(recipes.length);
    }),
    { numRuns: 2000 },
  );
});

/** Lines that mean something, in an order that means nothing. */
const line = fc.constantFrom(
  'Event: TaskStarted ',
  'Started: 1717749003.00 ',
  'Started: 1717749001.50 ',
  'Started: 1e99 ',
  'a-1-r0: do_compile',
  'b-1-r0: do_compile: Elapsed time: 3.00 seconds ',
  'Elapsed time: 2.00 seconds',
  'Elapsed time: -2.00 seconds',
  'utime: 5',
  'utime: ',
  'utime: 5\0',
  'IO rchar: 99999999999999999999999',
  'Child rusage ru_utime: 0.11600999999999999',
  'made up: 5 kB',
  'Status: PASSED ',
  'Status: PASSEDEvent: TaskStarted ',
  'Status: FAILED ',
  'Ended: 1717749005.00 ',
  'Ended: 0 ',
  'StartIOinProgress: 5',
  '',
  ': ',
  '\0\0\0',
);

test('lines in any order never throw; what is an end lies behind its start', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.constantFrom('\n', '\r\n'), (lines, newline) => {
      const { tasks } = reading('a-1-r0/do_compile', new TextEncoder().encode(lines.join(newline)));
      for (let row = 0; row < tasks.length; row++) expect(tasks.endMs[row]! < tasks.startMs[row]!).toBe(false);
      // One line can end a run and begin the next.
      expect(tasks.length).toBeLessThanOrEqual(2 * lines.length);
    }),
    { numRuns: 3000 },
  );
});

test('a sample file gives the same series in one piece and in pieces of any size', () => {
  const bytes = new Uint8Array(
    readFileSync(join(FIXTURES, 'era-2025-nvme/buildstats/20251112133700/reduced_proc_net.log')),
  );
  const whole = reading('reduced_proc_net.log', bytes).samples;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const reader = new BuildstatsReader({ name: 'x', location: 'x', nowMs: NOW_MS });
      const frames = reader.openSampleFile('reduced_proc_net.log');
      // One buffer for all pieces, as a file is read.
      const piece = Buffer.alloc(97);
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = Math.min(sizes[i % sizes.length]!, bytes.length - at);
        piece.set(bytes.subarray(at, at + size));
        frames.push(piece, size);
        at += size;
      }
      frames.end();
      expect(reader.finish().samples).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});
