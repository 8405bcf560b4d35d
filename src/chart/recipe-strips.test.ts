import { expect, test } from 'vitest';
import { PALETTES } from './palette.ts';
import { drawRecipeStrips, type RecipeStripsInput, recipeStripsSize } from './recipe-strips.ts';
import { SvgPainter, svgDocument } from './svg.ts';

const INPUT: RecipeStripsInput = {
  labels: ['machine', 'branch'],
  strips: [
    {
      values: ['qemuarm64', 'master'],
      runs: [
        { index: 3, status: 'succeeded' },
        { index: 2, status: 'from-sstate' },
        { index: 0, status: 'failed' },
      ],
    },
    {
      values: ['a <machine> whose name is much longer than there is room for', 'not recorded'],
      runs: Array.from({ length: 70 }, (_, index) => ({ index, status: 'not-executed' as const })),
    },
  ],
};

test('what was executed is solid and says what it was, what was not is hollow; older runs are counted', () => {
  const painter = new SvgPainter((bar) => `run ${bar}`);
  drawRecipeStrips(painter, INPUT, PALETTES.light);
  const { widthPx, heightPx } = recipeStripsSize(INPUT);
  const svg = svgDocument(widthPx, heightPx, painter.content(), PALETTES.light, 'a recipe');
  expect(svg).toMatch(/<title>run 3<\/title>/);
  expect(svg).toMatch(/<title>run 0<\/title>/);
  // Of a hollow one nothing was executed.
  expect(svg).not.toMatch(/<title>run 2<\/title>/);
  expect([...svg.matchAll(/>✓</g)]).toHaveLength(1);
  expect([...svg.matchAll(/>✗</g)]).toHaveLength(1);
  expect([...svg.matchAll(/>–</g)]).toHaveLength(60);
  expect(svg).toContain('>+10<');
  expect(svg).toContain('a &#60;machine&#62; whose');
  expect(svg).not.toContain('there is room for');
  // All of it is inside.
  for (const [, x] of svg.matchAll(/<(?:rect|text)[^>]* x="([\d.]+)"/g)) expect(Number(x)).toBeLessThan(widthPx);
});
