/**
 * The last results of two dimensions as a table of coloured cells: a glyph and the failing task, how old it is, and as much of the colour as the
 * build took of its usual time. For the wall and for files; the page itself has a table of elements (web/pages/Matrix) with the same words.
 *
 *                  qemuarm64              qemux86-64
 *     minimal      ✓ 2 h                  ✗ gcc:do_compile  5 h
 *     sato                                ✓ 3 d  +38 %
 */
import type { BuildOutcome } from '../model/build.ts';
import { formatAge, formatRatio } from '../model/format.ts';
import { BUILD_GLYPHS, BUILD_OUTCOME_LABELS, buildColour } from './build-outcome.ts';
import { fitText, MONO_EM, type Painter, SANS_EM } from './painter.ts';
import { inkOn, type Palette } from './palette.ts';
import type { CssPx } from './viewport.ts';

export interface MatrixMark {
  readonly row: number;
  readonly column: number;
  readonly outcome: BuildOutcome;
  readonly failing: string | null;
  /** Of the build; null: its start is not recorded. */
  readonly ageMs: number | null;
  /** Its duration against its usual, 0 is as usual; null: nothing to compare with. */
  readonly ratio: number | null;
  /** How many run now. */
  readonly running: number;
}

export interface MatrixInput {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** At most one a place. */
  readonly marks: readonly MatrixMark[];
}

/** Less than this of a colour is hardly told from none. */
const OPACITY_MIN = 0.25;
/** Of a build that took what is usual, and of one of which nobody knows what is: twice the usual is the full colour. */
const OPACITY_USUAL = 0.55;

export function durationOpacity(ratio: number | null): number {
  return Math.min(1, Math.max(OPACITY_MIN, OPACITY_USUAL * ((ratio ?? 0) + 1)));
}

/** A build that failed early took less than usual, and is no less wrong for it. */
function opacityOf({ outcome, ratio }: Pick<MatrixMark, 'outcome' | 'ratio'>): number {
  return durationOpacity(outcome === 'failed' && ratio !== null ? Math.max(0, ratio) : ratio);
}

/** The colour as it is seen with so much of it over the background: ink is chosen for what is there, and a file needs no transparency. */
export function blend(colour: string, background: string, opacity: number): string {
  let text = '#';
  for (const at of [1, 3, 5]) {
    const over = Number.parseInt(colour.slice(at, at + 2), 16);
    const under = Number.parseInt(background.slice(at, at + 2), 16);
    text += Math.round(over * opacity + under * (1 - opacity))
      .toString(16)
      .padStart(2, '0');
  }
  return text;
}

export function markColour(mark: Pick<MatrixMark, 'outcome' | 'ratio'>, palette: Palette): string {
  return blend(buildColour(mark.outcome, palette), palette.background, opacityOf(mark));
}

/** A difference from the usual that is worth a word. */
const NOTABLE = 0.1;

/** First what it is, then what one may leave out: `gcc:do_compile`, `5 h`, `+38 %`. */
export function markWords(mark: MatrixMark): {
  readonly failing: string;
  readonly age: string;
  readonly ratio: string;
} {
  return {
    failing: mark.failing ?? '',
    age: mark.ageMs === null ? '' : formatAge(mark.ageMs),
    ratio: mark.ratio === null || Math.abs(mark.ratio) < NOTABLE ? '' : formatRatio(mark.ratio),
  };
}

export interface MatrixOptions {
  readonly widthPx: CssPx;
  readonly heightPx: CssPx;
  readonly palette: Palette;
}

export interface MatrixLayout {
  readonly input: MatrixInput;
  readonly options: MatrixOptions;
  readonly headPx: CssPx;
  readonly sidePx: CssPx;
  readonly cellWidthPx: CssPx;
  readonly cellHeightPx: CssPx;
  readonly textPx: CssPx;
  /** Rows and columns that have a place; the rest is on another page of the wall. */
  readonly rows: number;
  readonly columns: number;
}

const BOLD_EM = SANS_EM * 1.12;
const CELL_PX = { width: 132, height: 40 };
const CELL_PX_MIN = { width: 56, height: 22 };
const TEXT_PX_MAX = 40;
/** A name may be so much smaller than the other letters before it is cut. */
const SHRINK = 0.6;

/** A sheet with room for everything, for a file. */
export function matrixSheet(input: MatrixInput, palette: Palette): MatrixOptions {
  return {
    widthPx: sideOf(input, 13) + Math.max(1, input.columns.length) * CELL_PX.width + 8,
    heightPx: 30 + Math.max(1, input.rows.length) * CELL_PX.height + 8,
    palette,
  };
}

function sideOf(input: MatrixInput, textPx: CssPx): CssPx {
  const longest = input.rows.reduce((most, text) => Math.max(most, text.length), 6);
  return Math.ceil(Math.min(longest, 34) * textPx * BOLD_EM) + 16;
}

/** As large as the room allows: letters grow with the cells. */
export function layoutMatrix(input: MatrixInput, options: MatrixOptions): MatrixLayout {
  const { widthPx, heightPx } = options;
  const rows = Math.max(1, Math.min(input.rows.length, Math.floor((heightPx - 30) / CELL_PX_MIN.height)));
  const rough = (heightPx - 30) / (rows + 0.7);
  const guess = Math.min(TEXT_PX_MAX, Math.max(11, rough * 0.34));
  const sidePx = Math.min(widthPx * 0.3, sideOf(input, guess));
  const columns = Math.max(1, Math.min(input.columns.length, Math.floor((widthPx - sidePx) / CELL_PX_MIN.width)));
  const cellWidthPx = (widthPx - sidePx) / columns;
  const textPx = Math.min(guess, Math.max(10, cellWidthPx / 9));
  const headPx = Math.max(26, textPx * 1.9);
  return {
    input,
    options,
    headPx,
    sidePx,
    cellWidthPx,
    cellHeightPx: Math.min((heightPx - headPx) / rows, 6 * textPx),
    textPx,
    rows,
    columns,
  };
}

export function drawMatrix(painter: Painter, layout: MatrixLayout): void {
  const { input, options, headPx, sidePx, cellWidthPx, cellHeightPx, textPx } = layout;
  const { palette } = options;
  for (const [i, label] of input.columns.slice(0, layout.columns).entries()) {
    const room = cellWidthPx - 10;
    const sizePx = Math.min(
      textPx,
      Math.max(Math.min(textPx, 11), textPx * SHRINK, room / (label.length * BOLD_EM * 1.01)),
    );
    painter.text(sidePx + i * cellWidthPx + 6, headPx / 2, fitText(label, room, sizePx, BOLD_EM), {
      sizePx,
      colour: palette.ink,
      bold: true,
    });
  }
  for (const [i, label] of input.rows.slice(0, layout.rows).entries()) {
    const y = headPx + i * cellHeightPx;
    painter.fillRect(0, y, options.widthPx, 1, palette.line);
    painter.text(6, y + cellHeightPx / 2, fitText(label, sidePx - 14, textPx, BOLD_EM), {
      sizePx: textPx,
      colour: palette.ink,
      bold: true,
    });
  }
  for (const mark of input.marks) {
    if (mark.row < layout.rows && mark.column < layout.columns) drawMark(painter, layout, mark);
  }
}

function drawMark(painter: Painter, layout: MatrixLayout, mark: MatrixMark): void {
  const { options, headPx, sidePx, cellWidthPx, cellHeightPx, textPx } = layout;
  const { palette } = options;
  const x = sidePx + mark.column * cellWidthPx + 1;
  const y = headPx + mark.row * cellHeightPx + 1;
  const fill = markColour(mark, palette);
  painter.fillRect(x, y, cellWidthPx - 2, cellHeightPx - 2, fill);
  // How it went does not hang on the strength of a colour.
  painter.fillRect(x, y, Math.max(3, textPx / 4), cellHeightPx - 2, buildColour(mark.outcome, palette));
  const { failing, age, ratio } = markWords(mark);
  const colour = inkOn(fill);
  const left = x + Math.max(3, textPx / 4) + 5;
  const room = cellWidthPx - (left - x) - 6;
  const glyph = `${BUILD_GLYPHS[mark.outcome]}${mark.running > 0 ? ` ${BUILD_GLYPHS.running}` : ''}`;
  const first = failing === '' ? `${glyph} ${ratio}`.trim() : `${glyph} ${failing}`;
  const second = failing === '' ? age : [age, ratio].filter((word) => word !== '').join(' ');
  const write = (text: string, at: CssPx, fullPx: CssPx, mono: boolean): void => {
    const em = mono ? MONO_EM : SANS_EM;
    const fitting = (room / (Math.max(1, text.length) * em)) * 0.99;
    const sizePx = Math.max(Math.min(fullPx, 10), fullPx * SHRINK, Math.min(fullPx, fitting));
    painter.text(left, at, fitText(text, room, sizePx, em) || text.slice(0, 1), { sizePx, colour, mono });
  };
  const middle = y + cellHeightPx / 2;
  const task = failing.indexOf(':');
  if (cellHeightPx >= 4 * textPx && task > 0) {
    // From across the room: the recipe large, its task below.
    write(`${glyph} ${failing.slice(0, task)}`, middle - textPx * 1.2, textPx, true);
    write(failing.slice(task + 1), middle, textPx, true);
    write(second, middle + textPx * 1.2, textPx * 0.85, false);
  } else if (cellHeightPx >= 2.6 * textPx) {
    write(first, middle - textPx * 0.62, textPx, failing !== '');
    write(second, middle + textPx * 0.62, textPx * 0.85, false);
  } else {
    write(failing === '' ? `${glyph} ${age} ${ratio}`.trim() : first, middle, textPx, failing !== '');
  }
}

/** A cell in a sentence. */
export function describeMark(input: MatrixInput, mark: MatrixMark): string {
  const { failing, age, ratio } = markWords(mark);
  const how = failing === '' ? BUILD_OUTCOME_LABELS[mark.outcome] : `${BUILD_OUTCOME_LABELS[mark.outcome]}: ${failing}`;
  return [
    `${input.rows[mark.row]}, ${input.columns[mark.column]}: ${how}`,
    age === '' || age === 'now' ? age : `${age} ago`,
    ratio === '' ? '' : `${ratio} against its usual time`,
    mark.running > 0 ? `${mark.running} running` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
