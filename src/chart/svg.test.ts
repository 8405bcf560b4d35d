import { describe, expect, it } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { chartSvg, escapeXml } from './svg.ts';

/** A checker of well-formedness for what we write: elements nest, attributes are quoted, no stray markup in text. */
function nesting(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = svg.replace(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, close, name, __, self) => {
    names.push(name);
    if (close === '/') expect(open.pop()).toBe(name);
    else if (self !== '/') open.push(name);
    return '';
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest.replace(/&#\d+;/g, '')).not.toContain('&');
  return names;
}

const BUILD = drawBuild(`
  gcc-cross:do_compile    ==========
  busybox:do_configure        ===
  busybox:do_compile             ===F
  base-files:do_install      =
  late:do_compile                     ==?
  quiet:do_fetch          covered
`);

describe('chartSvg', () => {
  it('is one well-formed document with title, axis, legend, bars and what is hidden', () => {
    const svg = chartSvg(BUILD, { minMs: 2000, title: 'core-image-sato · qemux86-64' });
    const names = nesting(svg);
    expect(names[0]).toBe('svg');
    expect(svg).toContain('>core-image-sato · qemux86-64</text>');
    expect(svg).toContain('<title>gcc-cross:do_compile: 10 s, succeeded, from 0 to 10 s</title>');
    expect(svg).toContain('<title>busybox:do_compile: 4 s, failed, from 7 s to 11 s</title>');
    expect(svg).toContain('late:do_compile: unfinished, from 12 s, no end recorded');
    expect(svg).toContain('1 task under 2 s, 1 s in all');
    expect(svg).toContain('not drawn, no start recorded: 1 from sstate');
    expect(svg).toContain('running tasks');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('escapes hostile names and leaves out what XML cannot hold', () => {
    const hostile = '"><script>alert(1)</script>&]]>\u0000\u001b\ud800';
    const recipes = BUILD.recipes.map((r) => ({ ...r, pn: hostile }));
    for (const groupBy of ['slots', 'recipe'] as const) {
      const svg = chartSvg({ ...BUILD, recipes, name: hostile }, { groupBy });
      expect(nesting(svg)).not.toContain('script');
      for (const control of ['\u0000', '\u001b']) expect(svg).not.toContain(control);
      expect(svg.isWellFormed()).toBe(true);
    }
    expect(escapeXml('a<b>&"\'\u0007')).toBe('a&#60;b&#62;&#38;&#34;&#39;\ufffd');
  });

  it('says why it is empty', () => {
    const build = drawBuild('a:do_compile covered\nb:do_compile existing');
    const svg = chartSvg(build);
    nesting(svg);
    expect(svg).toContain('No task of this build has a recorded start');
    expect(chartSvg(drawBuild('a:do_x covered'), {}).length).toBeGreaterThan(100);
  });

  it('draws every grouping, colouring and scheme', () => {
    for (const groupBy of ['slots', 'recipe', 'task', 'layer', 'outcome'] as const) {
      for (const colourBy of ['kind', 'outcome', 'classic'] as const) {
        for (const scheme of ['light', 'dark'] as const) {
          const svg = chartSvg(BUILD, { groupBy, colourBy, scheme, widthPx: 400 });
          nesting(svg);
          expect(svg.match(/<title>/g)).toHaveLength(1 + 5);
        }
      }
    }
  });
});
