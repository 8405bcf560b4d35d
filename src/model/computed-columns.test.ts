import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMPUTABLE, computeColumn, findRule, storedColumns } from './computed-columns.ts';

const number = fc.oneof(
  fc.double(),
  fc.constant(Number.NaN),
  fc.integer({ min: 0, max: 1e6 }).map((n) => n / 1000),
);

test('a rule is taken only when every row comes out as the same double', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...COMPUTABLE),
      fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 30 }),
      fc.option(fc.tuple(fc.nat(29), number)),
      ({ id, rule, from }, pairs, change) => {
        const a = Float64Array.from(pairs, (pair) => pair[0]);
        const b = Float64Array.from(pairs, (pair) => pair[1]);
        const column = computeColumn(rule, a, b);
        if (change !== null && change[0] < column.length) column[change[0]] = change[1];
        const found = findRule(id, column, (other) => (other === from[0] ? a : b));
        const again = computeColumn(rule, a, b);
        expect(found !== null).toBe(column.every((value, i) => Object.is(value, again[i])));
      },
    ),
  );
});

test('without what it is made of a column is stored', () => {
  const values = Float64Array.of(1, 2);
  expect(findRule('read_bytes', values, () => undefined)).toBeNull();
  expect(findRule('effective_cores', values, (id) => (id === 'cputime' ? values : undefined))).toBeNull();
  expect(findRule('io.foo', values, () => values)).toBeNull();
});

test('nothing is computed from a computed column', () => {
  const computed = new Set(COMPUTABLE.map((one) => one.id));
  for (const { from } of COMPUTABLE) for (const id of from) expect(computed.has(id)).toBe(false);
  expect([...storedColumns(['@end', 'x'], COMPUTABLE)]).toEqual(['@start', 'walltime', 'x']);
  expect([...storedColumns(['@end', 'x'], [])]).toEqual(['@end', 'x']);
});
