import { expect, test } from 'vitest';
import type { SampleSeries, SampleTable } from '../model/samples.ts';
import { samplesCsv } from './export-samples.ts';

function table(
  source: string,
  times: number[],
  series: Record<string, number[]>,
  unit: SampleSeries['unit'],
): SampleTable {
  return {
    source,
    timeMs: Float64Array.from(times),
    series: Object.entries(series).map(([id, values]) => ({
      id,
      label: id,
      unit,
      values: Float64Array.from(values),
      limit: null,
      marks: [],
      note: null,
      guessed: false,
    })),
  };
}

test('a line a moment of any file; the others are empty there, not interpolated and not zero', () => {
  const csv = samplesCsv({
    startedMs: 1000,
    samples: [
      table('a.log', [1000, 2000, 4000], { 'cpu.user': [0.5, Number.NaN, 0], 'cpu.system': [0.25, 0.1, 1] }, 'share'),
      table('b.log', [2000, 3000], { 'memory.free': [4096, 8192] }, 'B'),
      table('empty.log', [], { nothing: [] }, 'B'),
    ],
  });
  expect(csv.split('\r\n')).toEqual([
    'time [UTC],since start [s],cpu.user [share],cpu.system [share],memory.free [B]',
    '1970-01-01T00:00:01.000Z,0,0.5,0.25,',
    '1970-01-01T00:00:02.000Z,1,,0.1,4096',
    '1970-01-01T00:00:03.000Z,2,,,8192',
    '1970-01-01T00:00:04.000Z,3,0,1,',
    '',
  ]);
});

test('a build without samples gives a header alone', () => {
  expect(samplesCsv({ startedMs: null, samples: [] })).toBe('time [UTC],since start [s]\r\n');
});
