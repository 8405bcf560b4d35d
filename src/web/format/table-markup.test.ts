import { expect, test } from 'vitest';
import { toMarkdown, toSvg, toWiki } from './table-markup.ts';

const TABLE = {
  head: ['machine', 'last success'],
  rows: [
    [{ text: 'qemu|x86' }, { text: '2026-11-01 [a]', href: 'https://b.example/b/1 2|3' }],
    [{ text: "''<script>''" }, { text: 'none', tone: 'bad' as const, shade: 0.5 }],
  ],
};

test('what a cell holds cannot end it, nor begin anything', () => {
  expect(toWiki(TABLE)).toBe(`{| class="wikitable sortable"
! machine !! last success
|-
| qemu&#124;x86 || [https://b.example/b/1%202%7C3 2026-11-01 &#91;a&#93;]
|-
| &#39;&#39;&#60;script&#62;&#39;&#39; || none
|}
`);
  expect(toMarkdown(TABLE)).toBe(`| machine | last success |
| --- | --- |
| qemu\\|x86 | [2026-11-01 \\[a\\]](https://b.example/b/1%202%7C3) |
| ''\\<script\\>'' | none |
`);
});

test('the drawing is one XML document as wide as its cells', () => {
  const svg = toSvg(TABLE, 'Testing & more');
  expect(svg).toContain('Testing &amp; more');
  expect(svg).toContain('&lt;script&gt;');
  expect(svg).not.toContain('<script');
  expect(svg.match(/<text /g)).toHaveLength(1 + 2 + 4);
  expect(svg).toContain('fill-opacity="0.225"');
});
