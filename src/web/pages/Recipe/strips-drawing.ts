import type { RecipeShown } from '../../../api/contract.ts';
import type { Palette } from '../../../chart/palette.ts';
import { drawRecipeStrips, type RecipeStripsInput, recipeStripsSize } from '../../../chart/recipe-strips.ts';
import { formatUtc, NOT_RECORDED } from '../../../model/format.ts';
import type { Drawing } from '../../paint/save-drawing.ts';

/** The strips of the page as a picture to keep. */
export function stripsDrawing(shown: RecipeShown, labels: readonly string[], palette: Palette): Drawing {
  const input: RecipeStripsInput = {
    labels,
    strips: shown.strips.map(({ values, runs }) => ({
      values: values.map((value) => value ?? NOT_RECORDED),
      runs: runs.map((index) => ({ index, status: shown.runs[index]!.status })),
    })),
  };
  return {
    title: `${shown.pn}: where it builds, the newest at the right`,
    ...recipeStripsSize(input),
    palette,
    describe: (index) => {
      const { status, failedTask, startedMs, version } = shown.runs[index]!;
      const when = startedMs === null ? 'time not recorded' : formatUtc(startedMs);
      return [`${status}${failedTask === null ? '' : `: ${failedTask}`}`, when, version ?? '']
        .filter(Boolean)
        .join(', ');
    },
    draw: (painter) => drawRecipeStrips(painter, input, palette),
  };
}
