import { describe, expect, it } from 'vitest';
import type { MatrixResult } from '../../../api/contract.ts';
import { cellFilter, matrixPicture, type PictureOptions } from './matrix-picture.ts';
import { matrixSearch } from './search.ts';

type Cell = MatrixResult['cells'][number];

const cell = (row: string | null, column: string | null, failing: string | null = null): Cell => ({
  row,
  column,
  builds: 1,
  failed: failing === null ? 0 : 1,
  running: 0,
  succeededMs: null,
  newestMs: 0,
  build: 0,
  outcome: failing === null ? 'succeeded' : 'failed',
  failing,
});
const answer = (cells: Cell[]): MatrixResult => ({ cells, builds: [], leftOut: 0, sinceMs: null });
const OPTIONS: PictureOptions = { rows: 'target', columns: 'machine', worstFirst: false, find: '', nowMs: 0 };

const CELLS = [
  cell('image-10', 'x86'),
  cell('image-2', 'arm'),
  cell(null, 'x86', 'gcc:do_compile'),
  cell('image-2', 'x86', 'glibc:do_compile'),
  cell('image-10', 'arm'),
];

describe('matrixPicture', () => {
  it('orders by name as a person counts, what is not recorded last', () => {
    const { input, at, cells } = matrixPicture(answer(CELLS), OPTIONS);
    expect([input.rows, input.columns]).toEqual([
      ['image-2', 'image-10', 'not recorded'],
      ['arm', 'x86'],
    ]);
    expect(cells[at.get(2 * 2 + 1)!]).toBe(CELLS[2]);
    expect(at.has(2 * 2)).toBe(false);
  });

  it('puts first what fails most, and days newest first', () => {
    expect(matrixPicture(answer(CELLS), { ...OPTIONS, worstFirst: true }).columns).toEqual(['x86', 'arm']);
    const days = [cell('a', '2026-01-02'), cell('a', '2026-01-10'), cell('a', null), cell('a', '2025-12-31', 'x')];
    for (const worstFirst of [false, true])
      expect(matrixPicture(answer(days), { ...OPTIONS, columns: 'day', worstFirst }).columns).toEqual([
        '2026-01-10',
        '2026-01-02',
        '2025-12-31',
        null,
      ]);
  });

  it('finds rows, columns and failing tasks', () => {
    const rows = (find: string) => matrixPicture(answer(CELLS), { ...OPTIONS, find }).rows;
    expect(rows('IMAGE-10')).toEqual(['image-10']);
    expect(rows('glibc')).toEqual(['image-2']);
    expect(rows('not rec')).toEqual([null]);
    expect(rows('nothing')).toEqual([]);
  });
});

describe('cellFilter', () => {
  it('is the list of builds behind a cell: values, what is not recorded, a day of here', () => {
    expect(
      cellFilter({ distro: 'poky', machine: 'a,b' }, [
        ['machine', 'a'],
        ['builder', null],
      ]),
    ).toEqual({ distro: 'poky', machine: 'a', builder: ',' });
    const { from, to } = cellFilter({}, [['day', '2026-03-01']]);
    expect(new Date(from!).getHours()).toBe(0);
    expect(to! - from!).toBe(86_400_000 - 1);
    expect(cellFilter({ q: 'x' }, [['recipe', 'gcc']])).toEqual({ q: 'x' });
  });
});

describe('the address', () => {
  it('of a matrix of a dimension by itself keeps the rows', () => {
    expect(matrixSearch({ rows: 'builder', cols: 'builder' })).toEqual({ rows: 'builder', cols: 'machine' });
    expect(matrixSearch({ rows: 'machine' })).toEqual({ rows: 'machine', cols: 'target' });
    expect(matrixSearch({ rows: 'nonsense', wall: '1' })).toEqual({ wall: 1 });
  });
});
