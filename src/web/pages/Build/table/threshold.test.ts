import { expect, test } from 'vitest';
import { parseAmount, parseThreshold, passes, printThreshold } from './threshold.ts';

const units: Record<string, string> = {
  walltime: 's',
  'io.read_bytes': 'B',
  'child_rusage.ru_maxrss': 'KiB',
  syscalls: 'count',
};
const parse = (text: string) => parseThreshold(text, (c) => units[c]);

test('a bare number is in the unit of the column', () => {
  expect(parse('walltime>4')).toEqual({ column: 'walltime', operator: '>', value: 4 });
  expect(parse(' walltime >= 4.5 ')).toEqual({ column: 'walltime', operator: '>=', value: 4.5 });
});

test('units are understood where they fit', () => {
  expect(parse('walltime>2 min')?.value).toBe(120);
  expect(parse('walltime>500ms')?.value).toBe(0.5);
  expect(parse('io.read_bytes>1GiB')?.value).toBe(2 ** 30);
  expect(parse('child_rusage.ru_maxrss>1 GiB')?.value).toBe(2 ** 20);
  expect(parse('syscalls<5k')?.value).toBe(5000);
  expect(parse('walltime>1GiB')).toBeNull();
  expect(parseAmount('12 %', 'share')).toBe(0.12);
});

test('what is no threshold is none', () => {
  for (const text of ['gcc', 'unknown>4', 'walltime>', 'walltime>x', '>4', `walltime>${'9'.repeat(60)}`]) {
    expect(parse(text)).toBeNull();
  }
});

test('printing and parsing agree', () => {
  const t = { column: 'walltime', operator: '<=', value: 0.25 } as const;
  expect(parse(printThreshold(t))).toEqual(t);
});

test('not recorded passes nothing', () => {
  for (const operator of ['>', '<', '>=', '<=', '='] as const) {
    expect(passes(Number.NaN, { column: 'walltime', operator, value: 0 })).toBe(false);
  }
  expect(passes(4, { column: 'walltime', operator: '>', value: 4 })).toBe(false);
  expect(passes(4, { column: 'walltime', operator: '>=', value: 4 })).toBe(true);
});
