import { describe, expect, test } from 'vitest';
import { applySuggestion, completeSearch, valueSuggestion } from './search-completion.ts';

/** `|` is the caret. */
function at(drawn: string) {
  const caret = drawn.indexOf('|');
  return completeSearch(drawn.replace('|', ''), caret);
}
const offered = (drawn: string) => at(drawn).suggestions.map(({ label }) => label);

describe('what is offered', () => {
  test('keys where a term begins', () => {
    expect(offered('|')).toContain('recipe:');
    expect(offered('gcc |')).toContain('machine:');
    expect(offered('ma|')).toEqual(['machine:']);
    expect(offered('gcc -im|')).toEqual(['target:']);
    expect(offered('"ma|"')).toEqual([]);
    expect(at('x ma|')).toMatchObject({ from: 2, to: 4 });
    expect(at('mach|:qemu')).toMatchObject({ from: 0, to: 5 });
  });

  test('fixed values where there are some', () => {
    expect(offered('status:|')).toEqual(['succeeded', 'failed', 'unfinished', 'not-executed']);
    expect(offered('status:succeeded,f|')).toEqual(['failed']);
    expect(offered('since:7|')).toEqual(['7d']);
    expect(offered('nokey:|')).toEqual([]);
  });

  test('what only the store knows is to be asked there', () => {
    expect(at('machine:qemu|arm x')).toMatchObject({ from: 8, to: 15, values: { key: 'machine', prefix: 'qemu' } });
    expect(at('pn:|').values).toEqual({ key: 'recipe', prefix: '', recipe: null });
    expect(at('builder:"J D|').values).toEqual({ key: 'builder', prefix: 'J D', recipe: null });
    expect(at('machine:a,b|').values).toEqual({ key: 'machine', prefix: 'b', recipe: null });
    expect(at('cause:x|').values).toBeNull();
    expect(at('recipe:gcc version:1|').values).toEqual({ key: 'version', prefix: '1', recipe: 'gcc' });
    for (const others of ['recipe:g*', 'recipe:a,b', '-recipe:gcc', 'recipe:a recipe:b'])
      expect(at(`${others} version:1|`).values?.recipe).toBeNull();
  });
});

test('what is chosen takes the place of what was typed', () => {
  const key = at('x ma|');
  expect(applySuggestion('x ma', key, key.suggestions[0]!)).toEqual({ text: 'x machine:', caret: 10 });
  const value = at('machine:q| y');
  expect(applySuggestion('machine:q y', value, valueSuggestion('qemu arm', ''))).toEqual({
    text: 'machine:"qemu arm" y',
    caret: 18,
  });
  const last = at('machine:q|');
  expect(applySuggestion('machine:q', last, valueSuggestion('', ''))).toEqual({ text: 'machine:"" ', caret: 11 });
});
