import { expect, test } from 'vitest';
import { matchesQuery, parseQuery } from './query.ts';

const FIELDS = ['recipe', 'task', 'layer'];
const row = { recipe: 'gcc-cross-x86_64', task: 'do_compile', layer: 'meta' } as Record<string, string>;
const found = (query: string): boolean =>
  matchesQuery(parseQuery(query, FIELDS), (f) => row[f] ?? '', `${row.recipe}:${row.task}`);

test('words are found in recipe or task', () => {
  expect(found('gcc')).toBe(true);
  expect(found('GCC compile')).toBe(true);
  expect(found('gcc install')).toBe(false);
  expect(found('x86_64:do_comp')).toBe(true);
  expect(found('')).toBe(true);
});

test('fields, absence and whole names', () => {
  expect(found('task:compile')).toBe(true);
  expect(found('recipe:compile')).toBe(false);
  expect(found('-task:compile')).toBe(false);
  expect(found('-install')).toBe(true);
  expect(found('task:=do_compile')).toBe(true);
  expect(found('task:=compile')).toBe(false);
  expect(found('recipe:"gcc-cross-x86_64"')).toBe(true);
  expect(found('layer:meta')).toBe(true);
});
