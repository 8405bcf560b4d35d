import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BakehouseError } from '../model/errors.ts';
import { SEARCH_QUERY_CHARS_MAX, SEARCH_TERMS_MAX } from '../model/limits.ts';
import { likeliest, SEARCH_KEYS } from './search-keys.ts';
import {
  dateOf,
  layerOf,
  mended,
  parseSearch,
  printSearch,
  rangeOf,
  type SearchTerm,
  scanSearch,
  valuesOf,
  withoutKey,
  withValue,
} from './search-query.ts';

const again = (text: string): string => printSearch(parseSearch(text));

function errorOf(text: string): BakehouseError {
  try {
    parseSearch(text);
  } catch (error) {
    if (error instanceof BakehouseError) return error;
    throw error;
  }
  throw new Error(`${text} was understood`);
}

describe('what is typed', () => {
  test('keys, lists, phrases and minus', () => {
    expect(parseSearch('recipe:gcc status:failed "some text" -machine:qemuarm,"a b" gcc*')).toEqual({
      terms: [
        { key: 'recipe', negated: false, values: [{ text: 'gcc', pattern: false }] },
        { key: 'status', negated: false, values: [{ text: 'failed', pattern: false }] },
        {
          key: 'machine',
          negated: true,
          values: [
            { text: 'a b', pattern: false },
            { text: 'qemuarm', pattern: false },
          ],
        },
        { key: 'text', negated: false, values: [{ text: 'some text', pattern: false }] },
        { key: 'text', negated: false, values: [{ text: 'gcc*', pattern: false }] },
      ],
    });
  });

  test.each([
    ['', ''],
    ['  ', ''],
    ['host:debian-12 recipe:gcc', 'recipe:gcc host:debian-12'],
    ['machine:b,a,b machine:a,b', 'machine:a,b'],
    ['PN:gcc image:x', 'recipe:gcc target:x'],
    ['machine:""', 'machine:""'],
    ['target:"core-image-*" target:core-image-*', 'target:"core-image-*" target:core-image-*'],
    ['status:FAILED', 'status:failed'],
    ['"error: x" "-Werror" "plain"', '"error: x" "-Werror" plain'],
    ['"a \\"b\\" \\\\ \\n"', '"a \\"b\\" \\\\ \\\\n"'],
    ['since:7d until:2026-11-27T15:00', 'since:7d until:2026-11-27T15:00'],
    [
      'contains:meta@abc1..DEF2 layer:meta@abc1 layer:@abc1 layer:meta',
      'layer:meta@abc1 layer:@abc1 layer:meta contains:meta@abc1..DEF2',
    ],
    ['file.c:12:3: a,b', 'file.c:12:3: a,b'],
    ['-- -"-"', '-"-"'],
  ])('%s', (typed, printed) => {
    expect(again(typed)).toBe(printed);
    expect(again(printed)).toBe(printed);
  });

  test('two terms of a key both hold and are not joined', () => {
    expect(again('recipe:gcc recipe:glibc')).toBe('recipe:gcc recipe:glibc');
  });
});

describe('what is wrong says where', () => {
  test.each([
    ['recpie:gcc', 0, 'is recipe: meant', 'recipe'],
    ['a -machin:x', 3, 'is machine: meant', 'machine'],
    ['gcc:do_compile', 0, 'recipe:gcc task:do_compile', 'recipe:gcc task:do_compile'],
    ['xyzzy:1', 0, 'there are recipe, version', null],
    ['status:faild', 7, 'is failed meant', 'failed'],
    ['status:maybe', 7, 'none of succeeded', null],
    ['machine:', 8, 'has no value', null],
    ['machine:a,,b', 10, 'has no value', null],
    ['a "b', 2, 'not closed', null],
    ['a -', 2, 'Nothing stands after the minus', null],
    ['" "', 0, 'hold no word', null],
    ['a"b"', 1, 'A blank is missing', null],
    ['machine:a"b"', 9, 'A blank is missing', null],
    ['fingerprint:xyz', 12, '4 to 16 hex', null],
    ['layer:meta@xyz', 6, 'NAME@COMMIT', null],
    ['contains:meta@abcd', 9, 'COMMIT..COMMIT', null],
    ['since:2026-02-30', 6, 'takes a date', null],
    ['since:1d,2d', 9, 'takes one value', null],
    ['-since:1d', 0, 'until:', null],
    ['cause:""', 6, 'no word', null],
  ])('%s', (text, at, says, suggestion) => {
    const error = errorOf(text);
    expect(error.code).toBe('invalid');
    expect(error.message).toContain(says);
    expect(error.message).toContain(`at character ${at + 1}`);
    expect(error.details).toMatchObject({ at, suggestion });
  });

  test('too long, too many terms, too many values', () => {
    expect(errorOf('x'.repeat(SEARCH_QUERY_CHARS_MAX + 1)).message).toContain('at most');
    expect(errorOf('a '.repeat(SEARCH_TERMS_MAX + 1)).message).toContain('terms');
    expect(errorOf(`machine:${'a,'.repeat(60)}a`).message).toContain('values');
  });

  test('a word far from all keys is taken for none of them', () => {
    const names = SEARCH_KEYS.map(({ key }) => key);
    expect(likeliest('qq', names)).toBeNull();
    expect(likeliest('fin', names)).toBe('fingerprint');
    expect(likeliest('tsak', names)).toBe('task');
  });
});

const printable = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text.trim() !== '');
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => ({ text, pattern: false })),
  fc.stringMatching(/^[\w*.-]{0,5}\*[\w*.-]{0,5}$/).map((text) => ({ text, pattern: true })),
);
const term: fc.Arbitrary<SearchTerm> = fc.oneof(
  printable.chain((text) =>
    fc.boolean().map((negated): SearchTerm => ({ key: 'text', negated, values: [{ text, pattern: false }] })),
  ),
  fc.record({
    key: fc.constantFrom('recipe' as const, 'machine' as const, 'task' as const, 'builder' as const),
    negated: fc.boolean(),
    values: fc.array(value, { minLength: 1, maxLength: 4 }),
  }),
);

test('any query that can be held is printed so that it is read again as it was', () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 8 }), (terms) => {
      const printed = printSearch({ terms });
      expect(printSearch(parseSearch(printed))).toBe(printed);
      // In its one order a query is its text: nothing is lost and nothing is made up.
      const query = parseSearch(printed);
      const key = (one: SearchTerm) =>
        JSON.stringify([one.key, one.negated, [...one.values].map((v) => JSON.stringify(v)).sort()]);
      const without = (one: SearchTerm) => ({
        ...one,
        values: [...new Map(one.values.map((v) => [JSON.stringify(v), v])).values()],
      });
      expect(new Set(query.terms.map(key))).toEqual(new Set(terms.map(without).map(key)));
    }),
  );
});

test('any text is understood or refused with a place in it, and scanning covers it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab:,"-\\ *@.recipe'), maxLength: 40 }), (text) => {
      const covered = scanSearch(text).reduce(
        (left, { from, to }) => left.slice(0, from) + ' '.repeat(to - from) + left.slice(to),
        text,
      );
      expect(covered.trim()).toBe('');
      try {
        const printed = again(text);
        expect(again(printed)).toBe(printed);
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        expect(error.details?.at).toBeLessThanOrEqual(text.length);
      }
    }),
  );
});

test('a facet puts a value in and takes it out', () => {
  const query = parseSearch('gcc machine:b -machine:c');
  const more = withValue(query, 'machine', 'a', true);
  expect(printSearch(more)).toBe('machine:a,b -machine:c gcc');
  expect(valuesOf(more, 'machine')).toEqual(['a', 'b']);
  expect(printSearch(withValue(withValue(more, 'machine', 'a', false), 'machine', 'b', false))).toBe('-machine:c gcc');
  expect(printSearch(withoutKey(more, 'machine'))).toBe('gcc');
  expect(printSearch(withValue(query, 'distro', '', true))).toBe('machine:b -machine:c distro:"" gcc');
});

test('dates are whole: until a month is until its last millisecond', () => {
  const now = Date.UTC(2026, 10, 27, 12);
  const iso = (text: string, edge: 'start' | 'end') => new Date(dateOf(text, now, edge)!).toISOString();
  expect(iso('2026', 'end')).toBe('2026-12-31T23:59:59.999Z');
  expect(iso('2026-02', 'start')).toBe('2026-02-01T00:00:00.000Z');
  expect(iso('2026-02', 'end')).toBe('2026-02-28T23:59:59.999Z');
  expect(iso('2026-11-01', 'end')).toBe('2026-11-01T23:59:59.999Z');
  expect(iso('2026-11-01T15:00Z', 'end')).toBe('2026-11-01T15:00:59.999Z');
  expect(iso('7d', 'start')).toBe('2026-11-20T12:00:00.000Z');
  for (const none of ['', '20', '2026-13', '2026-00', '2026-02-30', '2026-11-01T25:00', '7m', '-7d'])
    expect(dateOf(none, now, 'start'), none).toBeNull();
});

test('layers and ranges', () => {
  expect(layerOf('meta')).toEqual({ name: 'meta', commit: null });
  expect(layerOf('@ABCD')).toEqual({ name: null, commit: 'abcd' });
  expect(layerOf('')).toBeNull();
  expect(layerOf('a@b@abcd')).toBeNull();
  expect(rangeOf('meta@abcd..EF01')).toEqual({ name: 'meta', from: 'abcd', to: 'ef01' });
  expect(rangeOf('@abcd..ef01')).toBeNull();
});

test.each([
  ['recpe:gcc x', 'recipe:gcc x'],
  ['x gcc:do_compile y', 'x recipe:gcc task:do_compile y'],
  ['status:faild', 'status:failed'],
  ['qqqqqq:x', null],
  ['recpe:gcc "', null],
  ['gcc', null],
])('%s was probably meant as %s', (text, expected) => {
  expect(mended(text)).toBe(expected);
});
