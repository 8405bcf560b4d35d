/** What is sent: less than what is recorded, and scrubbed. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Build, NOT_SENT } from '../../model/build.ts';
import { blankBuild, drawBuild } from '../../model/draw-build.ts';
import { NATIVE_PACKING } from '../open/native-packing.ts';
import { openBuilds } from '../open/open-builds.ts';
import { DEFAULT_KINDS, NOISY_COUNTERS, RECORD_KINDS, type RecordKind } from './kinds.ts';
import { RecordReader } from './reader.ts';
import { scrubber } from './scrub.ts';
import { thinned } from './thin-samples.ts';
import { writeRecord } from './writer.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const scrub = scrubber({
  topdir: '/home/jane/yocto',
  tmpdir: null,
  home: '/home/jane',
  hostName: 'ws17',
  fullHostName: null,
  userName: 'jane',
});

function sent(build: Build, kinds: readonly RecordKind[]): { text: string; build: Build } {
  const id = '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001';
  const stream = { kinds: new Set(kinds), scrub };
  const { lines, graph } = writeRecord(build, { id, writer: 'test 1', packing: NATIVE_PACKING, digest, stream });
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  reader.push(new TextEncoder().encode(lines.join('')));
  return { text: lines.join(''), build: reader.snapshot({ running: false, graph: graph?.bytes }) };
}

const BLOB = 'ab'.repeat(32);
const WHOLE: Build = {
  ...drawBuild(
    `
    zlib_1.3:do_compile   ==F  rusage.ru_utime=1.5 utime=150 io.rchar=7
    zlib_1.3:do_install        not-run  <- zlib:do_compile
    `,
    {
      layers: [{ name: 'meta', branch: null, commit: null, modified: null }],
      messages: [{ level: 'error', timeMs: null, logger: null, text: 'see /home/jane/yocto/tmp/log on ws17' }],
      logs: [
        {
          kind: 'failure',
          row: 0,
          pf: 'zlib-1.3-r0',
          task: 'do_compile',
          mc: '',
          blob: BLOB,
          bytes: 1,
          originalBytes: null,
        },
        {
          kind: 'success',
          row: 0,
          pf: 'zlib-1.3-r0',
          task: 'do_compile',
          mc: '',
          blob: BLOB,
          bytes: 1,
          originalBytes: null,
        },
      ],
      sizes: [{ kind: 'image', name: 'i', pf: null, mc: '', bytes: 1, files: null, fileList: null }],
    },
  ),
  samples: [{ source: 's', timeMs: Float64Array.of(1000), series: [] }],
};

test('each kind is switched on its own', () => {
  const all = sent(WHOLE, RECORD_KINDS).build;
  const parts: Readonly<Partial<Record<RecordKind, (build: Build) => number>>> = {
    counters: ({ tasks }) => tasks.values.get('rusage.ru_utime')?.length ?? 0,
    'all-counters': ({ tasks }) => tasks.values.get('io.rchar')?.length ?? 0,
    graph: ({ graph }) => graph?.targets.length ?? 0,
    layers: ({ layers }) => layers.length,
    messages: ({ messages }) => messages.length,
    'failure-logs': ({ logs }) => logs.filter(({ kind }) => kind === 'failure').length,
    'success-logs': ({ logs }) => logs.filter(({ kind }) => kind === 'success').length,
    images: ({ sizes }) => sizes.length,
  };
  for (const [kind, count] of Object.entries(parts)) {
    const without = sent(
      WHOLE,
      RECORD_KINDS.filter((other) => other !== kind),
    ).build;
    expect(count(all), kind).toBeGreaterThan(0);
    expect(count(without), kind).toBe(0);
    // Times always.
    expect(without.tasks.length).toBe(2);
  }
  expect(sent(WHOLE, DEFAULT_KINDS).build.logs.map(({ kind }) => kind)).toEqual(['failure']);
});

test('what is kept back is said, and is no number', () => {
  const { build } = sent(WHOLE, DEFAULT_KINDS);
  expect(build.tasks.values.has('io.rchar')).toBe(false);
  expect(build.extras[NOT_SENT]).toBe('system calls, page faults, context switches and cancelled writes of tasks');
  expect(sent(WHOLE, RECORD_KINDS).build.extras).toEqual({});
  const without = RECORD_KINDS.filter((kind) => kind !== 'samples' && kind !== 'images');
  expect(sent(WHOLE, without).build.extras).toEqual({ [NOT_SENT]: 'samples of the machine' });
});

test('texts are scrubbed; the first line says by which scrubber and which kinds are there', () => {
  const { text, build } = sent(WHOLE, DEFAULT_KINDS);
  expect(build.messages[0]!.text).toBe('see TOPDIR/tmp/log on HOST');
  expect(text).not.toMatch(/jane|ws17/);
  expect(JSON.parse(text.split('\n')[0]!)).toMatchObject({ type: 'record', scrubber: 1, kinds: DEFAULT_KINDS });
});

test('numbers lose their noise and nothing else; what the server has no use for stays at home', async () => {
  const folder = resolve(import.meta.dirname, '../../../fixtures/buildstats/real-05-failed-k');
  const build: Build = (await openBuilds(folder).next()).value!;
  const { tasks } = sent(build, DEFAULT_KINDS).build;
  for (const [id, before] of build.tasks.values) {
    const after = tasks.values.get(id);
    if (['utime', 'stime', 'cutime', 'cstime'].includes(id) || NOISY_COUNTERS.has(id)) expect(after).toBeUndefined();
    else {
      // Times to a thousandth of a second (a sum of four of them is off by twice that), all others whole.
      const off = /cores/.test(id) ? 0.2 : /time/.test(id) ? 0.0025 : 1e-9;
      before.forEach((value, row) => {
        expect(Number.isNaN(after![row]!), `${id} ${row}`).toBe(Number.isNaN(value));
        if (!Number.isNaN(value)) expect(Math.abs(after![row]! - value), `${id} ${row}`).toBeLessThan(off);
      });
    }
  }
  expect(build.tasks.values.has('utime')).toBe(true);
  expect(tasks.startMs).toEqual(build.tasks.startMs);
});

test('samples are one for each 5 s: the mean of rates, the last of levels, what is not recorded left out', () => {
  const nan = Number.NaN;
  const series = (id: string, unit: 'share' | 'B', values: number[]) => ({
    id,
    label: id,
    unit,
    values: Float64Array.from(values),
    limit: null,
    marks: [],
    note: null,
    guessed: false,
  });
  const table = thinned(
    {
      source: 's',
      timeMs: Float64Array.of(0, 2000, 4000, 5000, 11_000),
      series: [series('cpu', 'share', [0.1, 0.2, nan, 0.123456, nan]), series('memory', 'B', [1, 2, nan, 4, 5])],
    },
    5000,
  );
  expect([...table.timeMs]).toEqual([4000, 5000, 11_000]);
  expect([...table.series[0]!.values]).toEqual([0.15, 0.1235, nan]);
  expect([...table.series[1]!.values]).toEqual([2, 4, 5]);
});

test('a running build has no end', () => {
  const running = drawBuild('a:do_x ==>');
  expect(sent(running, DEFAULT_KINDS).text).not.toContain('"end"');
  expect(sent({ ...blankBuild('n'), outcome: 'lost' }, DEFAULT_KINDS).text).toContain('"end"');
});
