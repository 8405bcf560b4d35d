import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregate, aggregateQuotient, filterRows, groupRows, sortRows, total, wordColumn, wordKey } from './rows.ts';

const N = Number.NaN;
const all = (n: number) => filterRows(n, () => true);

describe('sorting', () => {
  test('what is not recorded is last whichever way', () => {
    const values = Float64Array.of(3, N, 1, 2, N);
    expect([...sortRows(all(5), values, false)]).toEqual([2, 3, 0, 1, 4]);
    expect([...sortRows(all(5), values, true)]).toEqual([0, 3, 2, 1, 4]);
  });

  test('is a permutation, ordered, and keeps equal rows in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(N))), fc.boolean(), (list, down) => {
        const values = Float64Array.from(list);
        const sorted = [...sortRows(all(list.length), values, down)];
        expect([...sorted].sort((a, b) => a - b)).toEqual([...all(list.length)]);
        for (let i = 1; i < sorted.length; i++) {
          const a = values[sorted[i - 1]!]!;
          const b = values[sorted[i]!]!;
          if (Number.isNaN(b)) {
            if (Number.isNaN(a)) expect(sorted[i - 1]).toBeLessThan(sorted[i]!);
            continue;
          }
          expect(Number.isNaN(a)).toBe(false);
          if (a === b) expect(sorted[i - 1]).toBeLessThan(sorted[i]!);
          else expect(down ? a > b : a < b).toBe(true);
        }
      }),
    );
  });

  test('words sort as words', () => {
    const words = ['gcc', '', 'attr', 'gcc', 'zlib'];
    const column = wordColumn('recipe', 'recipe', 5, (row) => words[row]!);
    expect(column.words).toEqual(['attr', 'gcc', 'zlib']);
    expect([...sortRows(all(5), wordKey(column), false)]).toEqual([2, 0, 3, 4, 1]);
  });
});

describe('groups', () => {
  const words = ['a', 'b', 'a', '', 'b', 'a'];
  const by = wordColumn('g', 'g', 6, (row) => words[row]!);
  const values = Float64Array.of(1, 10, 2, 100, N, N);

  test('hold every row once, not recorded last', () => {
    const groups = groupRows(all(6), by);
    expect(groups.words).toEqual(['a', 'b', '']);
    expect([...groups.rows]).toEqual([0, 2, 5, 1, 4, 3]);
  });

  test('only over the rows that were kept', () => {
    const groups = groupRows(Uint32Array.of(1, 4), by);
    expect(groups.words).toEqual(['b']);
    expect([...aggregate(groups, values, 'sum')]).toEqual([10]);
  });

  test('add up as the metric says, never counting what was not recorded', () => {
    const groups = groupRows(all(6), by);
    expect([...aggregate(groups, values, 'sum')]).toEqual([3, 10, 100]);
    expect([...aggregate(groups, values, 'max')]).toEqual([2, 10, 100]);
    expect([...aggregate(groups, values, 'mean')]).toEqual([1.5, 10, 100]);
    expect([...aggregate(groups, values, 'none')]).toEqual([N, N, N]);
    expect([...aggregate(groups, new Float64Array(6).fill(N), 'sum')]).toEqual([N, N, N]);
  });

  test('effective cores divide the sums of the runs that have both', () => {
    const cpu = Float64Array.of(4, 1, 2, N, 1, 5);
    const wall = Float64Array.of(2, 2, 2, 1, N, 1);
    const groups = groupRows(all(6), by);
    expect([...aggregateQuotient(groups, cpu, wall)]).toEqual([11 / 5, 0.5, N]);
  });

  test('the total is of the rows shown', () => {
    const column = { id: 'x', label: 'x', unit: 's', note: null, aggregation: 'sum', values } as const;
    expect(total(Uint32Array.of(0, 1, 5), column)).toBe(11);
    expect(total(Uint32Array.of(5), column)).toBeNaN();
  });
});
