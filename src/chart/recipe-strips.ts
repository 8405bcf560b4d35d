/**
 * How a recipe went, a strip of builds for each configuration, the newest at the right. What a build executed is solid, what it did not is hollow: it
 * says nothing of whether the recipe builds.
 *
 *     qemuarm64   master   ▪▪▫▫▪✗✗
 *     qemux86-64  master      ▪▫▪▪
 */
import type { RecipeStatus } from '../model/recipe-status.ts';
import { fitText, type Painter, SANS_EM } from './painter.ts';
import type { Palette } from './palette.ts';
import type { CssPx } from './viewport.ts';

export interface RecipeStripsInput {
  /** What the strips are told apart by. */
  readonly labels: readonly string[];
  readonly strips: readonly {
    readonly values: readonly string[];
    /** Oldest first; `index` is what a back end with names asks for. */
    readonly runs: readonly { readonly index: number; readonly status: RecipeStatus }[];
  }[];
}

const ROW_PX = 22;
const CELL_PX = 14;
const STEP_PX = 17;
const FONT_PX = 12;
const GAP_PX = 16;
const VALUE_PX_MAX = 180;
/** Older runs of a strip are counted and not drawn. */
const RUNS_MAX = 60;
const COUNT_PX = 44;
const GLYPHS: Readonly<Record<RecipeStatus, string>> = {
  succeeded: '✓',
  failed: '✗',
  'from-sstate': 's',
  'not-executed': '–',
  unfinished: '?',
};

function columnsOf({ labels, strips }: RecipeStripsInput): readonly CssPx[] {
  return labels.map((label, i) => {
    const longest = Math.max(label.length, ...strips.map(({ values }) => values[i]?.length ?? 0));
    return Math.min(VALUE_PX_MAX, longest * FONT_PX * SANS_EM) + GAP_PX;
  });
}

export function recipeStripsSize(input: RecipeStripsInput): { readonly widthPx: CssPx; readonly heightPx: CssPx } {
  const most = Math.max(1, ...input.strips.map(({ runs }) => Math.min(RUNS_MAX, runs.length)));
  const left = columnsOf(input).reduce((sum, px) => sum + px, GAP_PX / 2);
  return { widthPx: left + COUNT_PX + most * STEP_PX + GAP_PX / 2, heightPx: (input.strips.length + 1) * ROW_PX + 6 };
}

export function drawRecipeStrips(painter: Painter, input: RecipeStripsInput, palette: Palette): void {
  const columns = columnsOf(input);
  const { widthPx } = recipeStripsSize(input);
  const words = (list: readonly string[], middle: CssPx, colour: string): void => {
    let x = GAP_PX / 2;
    for (const [i, word] of list.entries()) {
      painter.text(x, middle, fitText(word, columns[i]! - GAP_PX, FONT_PX, SANS_EM), { sizePx: FONT_PX, colour });
      x += columns[i]!;
    }
  };
  words(input.labels, ROW_PX / 2, palette.inkMuted);
  const right = widthPx - GAP_PX / 2;
  for (const [n, { values, runs }] of input.strips.entries()) {
    const top = (n + 1) * ROW_PX;
    const middle = top + ROW_PX / 2;
    painter.fillRect(0, top, widthPx, 1, palette.line);
    words(values, middle, palette.ink);
    const shown = runs.slice(-RUNS_MAX);
    const from = right - shown.length * STEP_PX;
    if (runs.length > shown.length)
      painter.text(from - 6, middle, `+${runs.length - shown.length}`, {
        sizePx: FONT_PX,
        colour: palette.inkMuted,
        align: 'right',
      });
    for (const [place, { index, status }] of shown.entries()) {
      const x = from + place * STEP_PX;
      const y = middle - CELL_PX / 2;
      const solid = status === 'succeeded' || status === 'failed';
      const colour = solid
        ? palette.outcome[status]
        : status === 'from-sstate'
          ? palette.outcome.covered
          : palette.lineStrong;
      if (solid) painter.bars(Float64Array.of(x, y, CELL_PX, CELL_PX), Uint32Array.of(index), 1, colour);
      else painter.strokeRect(x + 0.5, y + 0.5, CELL_PX - 1, CELL_PX - 1, colour);
      painter.text(x + CELL_PX / 2, middle, GLYPHS[status], {
        sizePx: 10,
        colour: solid ? '#ffffff' : palette.inkMuted,
        align: 'middle',
        mono: true,
        bold: true,
      });
    }
  }
}
