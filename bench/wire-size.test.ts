/** What a build of 10,000 tasks takes on the wire: the promise of docs/formats/record.md, "Kinds", held with counters as noisy as a heavy build's. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { NATIVE_PACKING } from '../src/formats/open/native-packing.ts';
import { DEFAULT_KINDS, NOISY_COUNTERS } from '../src/formats/record/kinds.ts';
import { RecordReader } from '../src/formats/record/reader.ts';
import { writeRecord } from '../src/formats/record/writer.ts';
import type { Build } from '../src/model/build.ts';
import { deriveMetrics } from '../src/model/derive-metrics.ts';
import { generateBuild } from './generate/in-memory.ts';
import { Random } from './generate/random.ts';
import { pushId, sha256 } from './pushed-builds.ts';

interface Known {
  readonly zero: number;
  readonly step: number;
  readonly quantiles: readonly number[];
}

const HEAVY = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../fixtures/record/heavy-counters.json'), 'utf8'),
) as { readonly counters: Readonly<Record<string, Known>> };

/** None, or between two deciles, evenly by its logarithm. As `drawn` of meta-bakehouse/tests/big_record.py. */
function drawn(random: Random, { zero, step, quantiles }: Known): number {
  if (random.next() < zero) return 0;
  const place = random.next() * 10;
  const low = Math.log(quantiles[Math.floor(place)]!);
  const high = Math.log(quantiles[Math.floor(place) + 1]!);
  return Math.round(Math.exp(low + (high - low) * (place % 1)) / step) * step;
}

/** The generated build with the counters of a heavy one, and with the hashes and queue times that a reporting client gives. */
function heavyBuild(): Build {
  const build = generateBuild({ tasks: 10_000 });
  const random = new Random('wire size');
  const { tasks } = build;
  const { length } = tasks;
  const startMs = tasks.endMs.map((ms) => ms - drawn(random, HEAVY.counters.duration!));
  const values = new Map<string, Float64Array>();
  for (const [id, known] of Object.entries(HEAVY.counters)) {
    if (id === 'duration') continue;
    const perSecond = id.endsWith('time') ? 1e6 : 1;
    values.set(
      id,
      Float64Array.from({ length }, () => drawn(random, known) / perSecond),
    );
  }
  // The kernel counts the same bytes twice.
  for (const [id, name] of [
    ['io.read_bytes', 'ru_inblock'],
    ['io.write_bytes', 'ru_oublock'],
  ] as const) {
    const [own, children] = [values.get(`rusage.${name}`)!, values.get(`child_rusage.${name}`)!];
    values.set(
      id,
      own.map((blocks, row) => 512 * (blocks + children[row]!)),
    );
  }
  const read = tasks.metrics.filter(({ id }) => values.has(id));
  const derived = deriveMetrics({ length, startMs, endMs: tasks.endMs, values });
  for (const { metric, values: column } of derived) values.set(metric.id, column);
  return {
    ...build,
    tasks: {
      ...tasks,
      startMs,
      queuedMs: startMs.map((ms) => ms - 3 - Math.round(-20 * Math.log(1 - random.next()))),
      hash: Array.from({ length }, (_, row) => sha256(`${row}`).slice(0, 16)),
      values,
      metrics: [...read, ...derived.map(({ metric }) => metric)],
    },
  };
}

function streamOf(build: Build): string {
  const stream = { kinds: new Set(DEFAULT_KINDS), scrub: (text: string) => text };
  const options = { id: pushId(1), writer: 'test 1', packing: NATIVE_PACKING, digest: sha256, stream };
  return writeRecord(build, options).lines.join('');
}

test('10,000 tasks with the counters of a heavy build take less than 400 kB on the wire', () => {
  const build = heavyBuild();
  const stream = streamOf(build);
  expect(gzipSync(stream).length).toBeLessThan(400_000);
  // It is what was recorded: nothing is small for being lost.
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  reader.push(new TextEncoder().encode(stream));
  const { tasks, samples } = reader.snapshot({ running: false });
  expect(tasks.length).toBe(build.tasks.length);
  expect(tasks.length).toBeGreaterThanOrEqual(9_900);
  expect(samples.length).toBeGreaterThanOrEqual(4);
  for (const { id } of build.tasks.metrics) expect(tasks.values.has(id), id).toBe(!NOISY_COUNTERS.has(id));
});
