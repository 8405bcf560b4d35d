import { expect, test } from 'vitest';
import { commitLink, type LayerPage, layerPage, parseLayerPage, rangeLink } from './revision-links.ts';

const A = '0123456789abcdef0123456789abcdef01234567';
const B = 'fedcba9876543210fedcba9876543210fedcba98';

function page(text: string): LayerPage {
  const parsed = parseLayerPage(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed.page;
}

test('a range on each of the three forges', () => {
  const range = { from: A, to: B };
  expect(rangeLink(page('x=https://github.com/acme/meta-x.git'), range)).toBe(
    `https://github.com/acme/meta-x/compare/${A}...${B}`,
  );
  expect(rangeLink(page('x=https://gitlab.acme.example/bsp/meta-x/'), range)).toBe(
    `https://gitlab.acme.example/bsp/meta-x/-/compare/${A}...${B}`,
  );
  expect(rangeLink(page('x=https://git.acme.example/meta-x'), range)).toBe(
    `https://git.acme.example/meta-x/log/?qt=range&q=${A}..${B}`,
  );
  expect(page('x=gitlab+https://code.acme.example/meta-x')).toEqual({
    forge: 'gitlab',
    url: 'https://code.acme.example/meta-x',
  });
});

test('one end alone is the page of its commit, and what is no commit has none', () => {
  const github = page('x=https://github.com/acme/meta-x');
  expect(rangeLink(github, { from: null, to: B })).toBe(`https://github.com/acme/meta-x/commit/${B}`);
  expect(rangeLink(github, { from: A, to: A })).toBe(`https://github.com/acme/meta-x/commit/${A}`);
  for (const bad of [null, '', 'HEAD', '../../x', `${A}"><b>`, 'abc']) {
    expect(commitLink(github, bad)).toBeNull();
    expect(rangeLink(github, { from: bad, to: bad })).toBeNull();
  }
  expect(rangeLink(github, { from: 'x y', to: B })).toBeNull();
});

test('the core layer is of the combined repository where it has one commit with its other part', () => {
  const at = (name: string, to: string) => ({ name, from: null, to });
  const core = at('meta', A);
  const none = new Map();
  expect(layerPage(none, core, [core, at('meta-poky', A)])?.url).toBe('https://git.yoctoproject.org/poky');
  expect(layerPage(none, at('meta-poky', A), [core, at('meta-poky', A)])?.url).toBe(
    'https://git.yoctoproject.org/poky',
  );
  expect(layerPage(none, core, [core, at('meta-poky', B)])?.url).toBe('https://git.openembedded.org/openembedded-core');
  expect(layerPage(none, at('meta-acme', A), [])).toBeNull();
  const own = page('meta=https://github.com/acme/fork');
  expect(layerPage(new Map([['meta', own]]), core, [core])).toBe(own);
});

test.each([
  ['meta-x', /NAME=URL/],
  ['meta-x=ftp://host/x', /NAME=URL/],
  ['meta-x=javascript:alert(1)', /NAME=URL/],
  ['meta-x=svn+https://host/x', /none of github, gitlab, cgit/],
  ['meta-x=https://user:secret@host/x', /password/],
  ['meta-x=https://[', /not an address/],
])('%s is refused', (text, why) => {
  expect(parseLayerPage(text)).toMatch(why);
});
