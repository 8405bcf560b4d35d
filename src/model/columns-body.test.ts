import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decompress as fzstd } from 'fzstd';
import { describe, expect, test } from 'vitest';
import {
  decodeColumns,
  decodeSamples,
  encodeSampleTable,
  encodeTaskTable,
  samplesBody,
  taskTableBody,
} from './columns-body.ts';
import { BakehouseError } from './errors.ts';
import type { Metric } from './metric.ts';
import type { SampleTable } from './samples.ts';
import type { TaskTable } from './task-table.ts';

const compress = (bytes: Uint8Array) => zstdCompressSync(bytes);
const decompress = (bytes: Uint8Array, rawLength: number) => zstdDecompressSync(bytes, { maxOutputLength: rawLength });
const inBrowser = (bytes: Uint8Array) => fzstd(bytes);

const walltime: Metric = {
  id: 'walltime',
  label: 'Wall time',
  unit: 's',
  aggregation: 'sum',
  lowerIsBetter: true,
  derived: true,
  guessed: false,
  note: null,
};
const reads: Metric = { ...walltime, id: 'io.read_bytes', label: 'Read', unit: 'B', derived: false, note: 'from disk' };

const table: TaskTable = {
  length: 3,
  recipe: Uint32Array.of(0, 0, 1),
  task: Uint16Array.of(0, 1, 0),
  taskNames: ['do_compile', 'do_fetch'],
  outcome: Uint8Array.of(0, 5, 2),
  startMs: Float64Array.of(1795222866100, 1795222866460, Number.NaN),
  endMs: Float64Array.of(1795222866460, Number.NaN, Number.NaN),
  queuedMs: null,
  hash: ['0123456789abcdef', '', 'ffffffffffffffff'],
  pid: Float64Array.of(4711, Number.NaN, Number.NaN),
  metrics: [reads, walltime],
  values: new Map([
    ['io.read_bytes', Float64Array.of(2 ** 40, Number.NaN, Number.NaN)],
    ['walltime', Float64Array.of(0.36, Number.NaN, Number.NaN)],
  ]),
};

const samples: SampleTable[] = [
  {
    source: 'reduced_proc_stat.log',
    timeMs: Float64Array.of(1, 2, 3),
    series: [
      {
        id: 'cpu.user',
        label: 'user',
        unit: 'share',
        values: Float64Array.of(0.1, Number.NaN, 1 / 3),
        limit: 1,
        marks: [],
        note: null,
        guessed: false,
      },
      {
        id: 'cpu.user',
        label: 'again',
        unit: 'none',
        values: Float64Array.of(1, 2, 3),
        limit: null,
        marks: ['corrected'],
        note: 'x',
        guessed: true,
      },
    ],
  },
  { source: 'empty.log', timeMs: new Float64Array(0), series: [] },
];

function bodyOf(of: TaskTable): Uint8Array {
  const { header, columns } = encodeTaskTable(of, compress);
  return taskTableBody(header, columns);
}

describe('columns body', () => {
  test('a task table comes back whole, in the server and in the browser', () => {
    expect(decodeColumns(bodyOf(table), decompress)).toEqual(table);
    expect(decodeColumns(bodyOf(table), inBrowser)).toEqual(table);
    expect(decodeColumns(bodyOf({ ...table, hash: null, pid: null }), inBrowser)).toEqual({
      ...table,
      hash: null,
      pid: null,
    });
    const odd = { ...table, hash: ['ABC', '', 'x'], queuedMs: Float64Array.of(1, 2, 3) };
    expect(decodeColumns(bodyOf(odd), inBrowser)).toEqual(odd);
  });

  test('what others give is not stored, and comes back all the same', () => {
    const { header, columns } = encodeTaskTable(table, compress);
    expect(header.computed.map((column) => column.id)).toEqual(['@end']);
    expect(columns.map((column) => column.id)).not.toContain('@end');
    const odd = { ...table, endMs: Float64Array.of(1795222866461, Number.NaN, Number.NaN) };
    expect(encodeTaskTable(odd, compress).header.computed).toEqual([]);
    expect(decodeColumns(bodyOf(odd), inBrowser)).toEqual(odd);
    const unknown = taskTableBody({ ...header, computed: [{ id: '@end', rule: 'guess' as never, from: [] }] }, columns);
    expect(() => decodeColumns(unknown, inBrowser)).toThrow('unknown rule "guess"');
  });

  test('only the metrics sent are in the table', () => {
    const { header, columns } = encodeTaskTable(table, compress);
    const some = columns.filter((column) => column.id !== 'io.read_bytes');
    const got = decodeColumns(taskTableBody(header, some), inBrowser);
    expect(got.metrics).toEqual([walltime]);
    expect([...got.values.keys()]).toEqual(['walltime']);
  });

  test('samples come back whole, two series of one name among them', () => {
    const body = samplesBody(samples.map((one) => encodeSampleTable(one, compress)));
    expect(decodeSamples(body, inBrowser)).toEqual(samples);
    expect(decodeSamples(samplesBody([]), inBrowser)).toEqual([]);
    expect(() => decodeColumns(body, inBrowser)).toThrow('not of the kind "tasks"');
  });

  test('an empty table', () => {
    const none: TaskTable = {
      ...table,
      length: 0,
      recipe: new Uint32Array(0),
      task: new Uint16Array(0),
      taskNames: [],
      outcome: new Uint8Array(0),
      startMs: new Float64Array(0),
      endMs: new Float64Array(0),
      hash: null,
      pid: null,
      metrics: [],
      values: new Map(),
    };
    expect(decodeColumns(bodyOf(none), inBrowser)).toEqual(none);
  });

  test('a body cut anywhere is refused; one changed anywhere is refused or read', () => {
    const body = bodyOf(table);
    for (let cut = 0; cut < body.length; cut++) {
      expect(() => decodeColumns(body.subarray(0, cut), inBrowser)).toThrow(BakehouseError);
    }
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const changed = body.slice();
        changed[at] = byte;
        try {
          decodeColumns(changed, inBrowser);
        } catch (error) {
          expect(error).toBeInstanceOf(BakehouseError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('another version says so', () => {
    const body = bodyOf(table);
    body[3] = '2'.charCodeAt(0);
    expect(() => decodeColumns(body, inBrowser)).toThrow('another version');
  });

  test('a small body that stands for gigabytes is refused', () => {
    const directory = [
      Array.from({ length: 250 }, (_, i) => ({ id: `m${i}`, blocks: new Array(489).fill(1) as number[] })),
    ];
    const header = new TextEncoder().encode(
      JSON.stringify({
        kind: 'tasks',
        length: 2_000_000,
        taskNames: [],
        metrics: [],
        computed: [],
        hashText: null,
        directory,
      }),
    );
    const body = new Uint8Array(8 + header.length + 250 * 489);
    body.set([0x42, 0x48, 0x43, 0x31]);
    new DataView(body.buffer).setUint32(4, header.length, true);
    body.set(header, 8);
    expect(() => decodeColumns(body, inBrowser)).toThrow('ask for fewer at once');
  });
});
