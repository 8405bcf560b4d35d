import { describe, expect, test } from 'vitest';
import { parseExpression } from './expression.ts';

function found(expression: string, text: string): boolean {
  const parsed = parseExpression(expression);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed.foundIn(text);
}

test.each([
  ['undefined reference', 'ld: undefined reference to `deflate'],
  ['Undefined REFERENCE', 'ld: undefined reference'],
  ['No space left', 'write: NO SPACE LEFT on device'],
  ['^ld: ', 'ld: x'],
  ['deflate$', 'ld: deflate'],
  ['error: .*TCA_CBQ_(MAX|MIN)', "tc.c:230: error: 'TCA_CBQ_MAX' undeclared"],
  ['(?:fetch|clone) failed', 'git clone failed'],
  ['a{2,3}b', 'xaaab'],
  ['a{3}', 'aaa'],
  ['a{2,}b', 'aaaaab'],
  ['x[0-9a-f]+y', 'xdead0y'],
  ['[^0-9]7', 'a7'],
  [String.raw`\d+\.\d+`, 'version 1.20'],
  [String.raw`\S\s\w`, 'a b'],
  [String.raw`\[oe\]`, 'x [oe]'],
  ['[]x]', ']'],
  ['a??b', 'b'],
  ['é+', 'ÉÉ'],
])('%s is found in %s', (expression, text) => {
  expect(found(expression, text)).toBe(true);
});

test.each([
  ['^ld: ', ' ld: x'],
  ['deflate$', 'deflate2'],
  ['a{2,3}b', 'ab'],
  ['a{3}', 'aa'],
  ['[^0-9]7', '77'],
  [String.raw`\D`, '123'],
  ['a.b', 'a\nb'],
  ['(ab)+c', 'abac'],
])('%s is not found in %s', (expression, text) => {
  expect(found(expression, text)).toBe(false);
});

test.each([
  ['', /empty/],
  ['  ', /empty/],
  ['a*', /matches an empty text/],
  ['a|', /matches an empty text/],
  ['(a', /not closed/],
  ['a)', /closes nothing/],
  ['[a', /not closed/],
  ['[z-a]', /no range/],
  ['*a', /nothing before \*/],
  ['a**', /repeated twice/],
  ['(?=a)b', /ahead or back/],
  ['a{3,2}', /no count/],
  ['a\\', /at the end/],
  [String.raw`(a)\1`, /not known/],
  [String.raw`\bfoo`, /not known/],
  ['a{9999}', /too many steps/],
  ['((a{100}){100}){100}', /too many steps/],
  ['('.repeat(60), /too deep/],
  ['a'.repeat(501), /longer than 500/],
])('%s is refused', (expression, why) => {
  expect(parseExpression(expression)).toMatch(why);
});

describe('bounded', () => {
  test.each(['(a+)+$', '(a|a)*b', '(.*.*.*.*.*)x', '(a?){300}a{300}', '([a-z]+)*[0-9]'])(
    '%s on a hostile line',
    (hostile) => {
      const begun = performance.now();
      found(hostile, `${'a'.repeat(1500)}!`);
      expect(performance.now() - begun).toBeLessThan(5000);
    },
  );

  test('agrees with the engine on random texts', () => {
    let seed = 7;
    const next = (n: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % n;
    };
    const text = (n: number) => Array.from({ length: n }, () => 'ab01 '[next(5)]).join('');
    const piece = (): string =>
      ['a', 'b', '.', '[ab]', '[^a]', String.raw`\d`, String.raw`\s`, '(a|b0)', '(?:ab)', '^a', '1$'][next(11)]! +
      ['', '', '', '*', '+', '?', '{2}', '{1,2}'][next(8)];
    let compared = 0;
    for (let i = 0; i < 3000; i++) {
      const source = Array.from({ length: 1 + next(4) }, piece).join(next(6) === 0 ? '|' : '');
      const ours = parseExpression(source);
      if (typeof ours === 'string') continue;
      compared++;
      const subject = text(next(12));
      expect(ours.foundIn(subject), `${source} in ${JSON.stringify(subject)}`).toBe(
        new RegExp(source, 'i').test(subject),
      );
    }
    expect(compared).toBeGreaterThan(1000);
  });
});
