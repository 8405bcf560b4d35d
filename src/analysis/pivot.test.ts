import { expect, test } from 'vitest';
import { measureOf } from '../model/cube.ts';
import { type CubeCell, pivot } from './pivot.ts';

const cell = (values: (string | null)[], executed: number, failed: number, busyMs: number | null = null): CubeCell => ({
  values,
  runs: executed + 1,
  executed,
  failed,
  busyMs,
  busyRuns: busyMs === null ? 0 : executed,
});

const CELLS = [
  cell(['busybox', 'arm'], 10, 5, 1000),
  cell(['busybox', 'x86'], 90, 0, 9000),
  cell(['zlib', 'x86'], 10, 2),
  cell(['acl', null], 0, 0),
];

test('rows and columns by their totals, and a share of a total is of its sums', () => {
  const { rows, columns, cells, total, max } = pivot(CELLS, ['recipe', 'machine'], true, 'failed-share');
  expect(rows.map(({ values, total: of }) => [values[0], measureOf(of, 'failed-share')])).toEqual([
    ['zlib', 0.2],
    ['busybox', 0.05],
    ['acl', null],
  ]);
  expect(columns.map(({ values }) => values[0])).toEqual(['arm', 'x86', null]);
  expect(cells[0]!.map((c) => c?.executed ?? null)).toEqual([null, 10, null]);
  expect([measureOf(total, 'failed-share'), max]).toEqual([7 / 110, 0.5]);
});

test('nothing executed is no measure and not zero; what did not record its time makes no mean', () => {
  const { rows } = pivot(CELLS, ['recipe', 'machine'], true, 'failed');
  const of = (name: string) => rows.find(({ values }) => values[0] === name)!.total;
  expect([
    measureOf(of('acl'), 'failed'),
    measureOf(of('zlib'), 'busy-mean'),
    measureOf(of('busybox'), 'busy-mean'),
  ]).toEqual([null, null, 100]);
});

test('days go by the calendar; without columns there is one', () => {
  const days = [cell(['2026-11-02'], 9, 0), cell(['2026-11-01'], 1, 0), cell(['2026-11-03'], 5, 0)];
  const { rows, columns } = pivot(days, ['day'], false, 'executed');
  expect(rows.map(({ values }) => values[0])).toEqual(['2026-11-01', '2026-11-02', '2026-11-03']);
  expect(columns).toHaveLength(1);
});
