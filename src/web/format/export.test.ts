import { expect, test } from 'vitest';
import { toCsv, toJson } from './export.ts';

const table = {
  columns: ['recipe', 'walltime_s'],
  rows: [
    ['gcc, "cross"', 12.5],
    ['=cmd()', null],
    ['plain', Number.NaN],
  ],
} as const;

test('CSV quotes what needs it, and a name that looks like a formula stays a name', () => {
  expect(toCsv(table)).toBe('recipe,walltime_s\r\n"gcc, ""cross""",12.5\r\n\'=cmd(),\r\nplain,\r\n');
});

test('JSON has null where nothing was recorded', () => {
  expect(JSON.parse(toJson(table))).toEqual([
    { recipe: 'gcc, "cross"', walltime_s: 12.5 },
    { recipe: '=cmd()', walltime_s: null },
    { recipe: 'plain', walltime_s: null },
  ]);
});
