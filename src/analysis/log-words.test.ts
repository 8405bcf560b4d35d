import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addWords, type LogHit, LogLineFinder, LogTextFinder, logWanted, parseLogSearch } from './log-words.ts';

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

describe('what a search asks of a log', () => {
  const text = (part: string, wordStart = true, wordEnd = true) => ({ text: part, wordStart, wordEnd });
  test.each<[string, boolean, ReturnType<typeof logWanted>]>([
    ['Crypt', false, { words: ['crypt'], beginning: null, text: null }],
    ['libx*', true, { words: [], beginning: 'libx', text: null }],
    ['*crypt', true, { words: [], beginning: null, text: text('crypt', false, true) }],
    ['*crypt*', true, { words: [], beginning: null, text: text('crypt', false, false) }],
    ['*main.c*', true, { words: [], beginning: null, text: text('main.c', false, false) }],
    ['*a.c:12*', true, { words: [], beginning: null, text: text('a.c:12', false, false) }],
    [
      'undefined reference',
      false,
      { words: ['undefined', 'reference'], beginning: null, text: text('undefined reference') },
    ],
    ['a*', false, { words: [], beginning: null, text: text('a*') }],
    ['-lfoo', false, { words: ['lfoo'], beginning: null, text: text('-lfoo') }],
    ['*xy*', true, null],
    ['a*b', true, null],
    ['*', true, null],
    [' ', false, null],
  ])('%s', (value, stars, wanted) => {
    expect(logWanted(value, stars)).toEqual(wanted);
  });

  const has = (value: string, stars: boolean, log: string, piece: number): boolean => {
    const finder = new LogTextFinder(logWanted(value, stars)!.text!);
    for (let at = 0; at < log.length; at += piece) if (finder.add(log.slice(at, at + piece))) return true;
    return finder.end();
  };
  test.each([
    ['undefined reference', false, true],
    ['reference undefined', false, false],
    // Words, and not parts of them.
    ['ndefined reference', false, false],
    ['undefined ref', false, false],
    ['make: ***', false, true],
    ['elsewhere\nmake', false, true],
    ['*efined*', true, true],
    ['*symbol', true, true],
    ['*symbo', true, false],
    ['error 1', false, true],
    ['*fined ref*', true, true],
  ] as const)('%s is found wherever the pieces end: %s %s', (value, stars, found) => {
    for (const piece of [1, 2, 3, 7, 19, 1000]) expect(has(value, stars, LOG, piece), `pieces of ${piece}`).toBe(found);
  });

  test('as looking through all of it at once does', () => {
    const letters = fc.stringMatching(/^[ab .]{0,30}$/);
    fc.assert(
      fc.property(letters, fc.stringMatching(/^[ab.]{1,4}$/), fc.integer({ min: 1, max: 5 }), (log, wanted, piece) => {
        const expected = new RegExp(
          `${/^[ab]/.test(wanted) ? '(?<![ab])' : ''}${wanted.replaceAll('.', '\\.')}${/[ab]$/.test(wanted) ? '(?![ab])' : ''}`,
        ).test(log);
        const finder = new LogTextFinder({ text: wanted, wordStart: true, wordEnd: true });
        let found = false;
        for (let at = 0; at < log.length && !found; at += piece) found = finder.add(log.slice(at, at + piece));
        expect(found || finder.end()).toBe(expected);
      }),
    );
  });
});
