import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addWords, type LogHit, LogLineFinder, parseLogSearch } from './log-words.ts';

const LOG = [
  'DEBUG: Executing shell function do_compile',
  'x86_64-poky-linux-gcc -c main.c -lfoo',
  "main.c:(.text+0xa): undefined reference to `missing_symbol'",
  'größe UNDEFINED elsewhere',
  'make: *** [Makefile:3: all] Error 1',
].join('\n');

function find(text: string, log = LOG, piece = 7): LogHit | null {
  const finder = new LogLineFinder(parseLogSearch(text)!);
  for (let at = 0; at < log.length; at += piece) if (!finder.add(log.slice(at, at + piece))) break;
  return finder.end();
}

describe('what is looked for', () => {
  test.each<[string, ReturnType<typeof parseLogSearch>]>([
    ['undefined ref', { words: ['undefined'], beginning: 'ref', phrases: [] }],
    ['undefined ref ', { words: ['undefined', 'ref'], beginning: null, phrases: [] }],
    ['"No such file" foo.h', { words: ['foo', 'no', 'such', 'file'], beginning: null, phrases: ['no such file'] }],
    ['"not closed', { words: ['not', 'closed'], beginning: null, phrases: ['not closed'] }],
    ["cannot find -lfoo'", { words: ['cannot', 'find', 'lfoo'], beginning: null, phrases: [] }],
    ['- " " *', null],
    ['', null],
    ['x', null],
  ])('%s', (text, search) => {
    expect(parseLogSearch(text)).toEqual(search);
  });

  test('no word can close a quote of the databases', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const search = parseLogSearch(text);
        for (const word of [...(search?.words ?? []), search?.beginning ?? 'x'])
          expect(word).toMatch(/^[a-z0-9_\u0080-\uffff]+$/);
      }),
    );
  });
});

describe('the line that is shown', () => {
  test('is the first with all words, wherever the pieces end', () => {
    for (const piece of [1, 3, 50, 1000])
      expect(find('undefined missing_sym', LOG, piece)).toMatchObject({ line: 2, whole: true });
    expect(find('größe ')).toMatchObject({ line: 3, whole: true });
    expect(find('ERROR ')).toMatchObject({ line: 4, text: 'make: *** [Makefile:3: all] Error 1' });
  });

  test('without one that has all: the first with the longest', () => {
    expect(find('missing_symbol Makefile ')).toMatchObject({ line: 2, whole: false });
  });

  test('of a phrase has it as written, or there is none', () => {
    expect(find('"undefined reference"')).toMatchObject({ line: 2 });
    expect(find('"reference undefined"')).toBeNull();
    expect(find('"main.c -lfoo"')).toMatchObject({ line: 1 });
  });

  test('that is very long is shown around the place', () => {
    const hit = find('needle ', `${'hay '.repeat(500)}needle ${'hay '.repeat(500)}`, 100);
    expect(hit?.text).toContain('needle');
    expect(hit!.text.length).toBeLessThan(410);
    // As far as lines are looked at, and no further; neither does a line without an end grow while it is read.
    expect(find('needle ', `${'hay '.repeat(5000)}needle`, 1000)).toBeNull();
  });
});

test('words are kept until there is no more room, each once', () => {
  const words = new Set<string>();
  const room = { chars: 12 };
  expect(addWords(words, 'abc ABC abc defg x', room)).toBe(true);
  expect(addWords(words, 'hijk', room)).toBe(false);
  expect([...words]).toEqual(['abc', 'defg']);
});
