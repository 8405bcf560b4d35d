/**
 * What a drawing is drawn on: a canvas (web/paint), an SVG string (svg.ts), a list of what was drawn (tests). Coordinates are CSS
 * pixels, colours `#rrggbb`. Small on purpose: what a back end must be able to do, and nothing a back end could not do fast.
 */
import type { CssPx } from './viewport.ts';

export interface TextStyle {
  readonly sizePx: CssPx;
  readonly colour: string;
  readonly align?: 'left' | 'middle' | 'right';
  /** Recipes, tasks and logs are monospaced; all else is not. */
  readonly mono?: boolean;
  readonly bold?: boolean;
}

export interface Painter {
  /** Device pixels in a CSS pixel: positions are rounded to these, and what is thinner may be left out. */
  readonly pixelsPerCssPx: number;
  fillRect(x: CssPx, y: CssPx, width: CssPx, height: CssPx, colour: string, opacity?: number): void;
  /**
   * Many bars of one colour: x, y, width, height of each in `xywh`. `rows` are the task runs they stand for: a back end that can
   * carry names (SVG titles) does.
   */
  bars(xywh: Float64Array, rows: Uint32Array, count: number, colour: string): void;
  /** Diagonal hatching: this has no recorded end. */
  hatchRect(x: CssPx, y: CssPx, width: CssPx, height: CssPx, colour: string, row?: number): void;
  strokeRect(x: CssPx, y: CssPx, width: CssPx, height: CssPx, colour: string, lineWidth?: CssPx): void;
  line(x1: CssPx, y1: CssPx, x2: CssPx, y2: CssPx, colour: string, lineWidth?: CssPx): void;
  /** `xy` holds x, y of each of `count` points. */
  polyline(xy: Float64Array, count: number, colour: string, lineWidth: CssPx): void;
  polygon(xy: Float64Array, count: number, colour: string, opacity: number): void;
  /**
   * A shape in columns of `columnPx` from x = 0 on: column i is filled from top[i] down to bottom[i], NaN leaves it empty. Not a polygon: a
   * canvas fills a polygon of a thousand corners in 3 ms and the same columns, equal neighbours as one, in a tenth of that.
   */
  columns(
    top: Float64Array,
    bottom: Float64Array,
    count: number,
    columnPx: CssPx,
    colour: string,
    opacity: number,
  ): void;
  /** `y` is the middle of the line of text. */
  text(x: CssPx, y: CssPx, text: string, style: TextStyle): void;
  /** Everything until `ungroup` is moved by x, y. Groups and clips nest, and close in the reverse order. */
  group(x: CssPx, y: CssPx): void;
  ungroup(): void;
  clip(x: CssPx, y: CssPx, width: CssPx, height: CssPx): void;
  unclip(): void;
}

/** Faces that are on the machine already: a chart asks for no file. */
export const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";
export const MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/** Width of a character of the monospaced face as a share of its size: 0.602 in Menlo and DejaVu, 0.6 in Liberation, 0.55 in Consolas. */
export const MONO_EM = 0.602;
/** Mean width of the proportional face, rounded up, for text that must not overlap and cannot be measured. */
export const SANS_EM = 0.56;

/** Cut to what fits, with an ellipsis; '' when not even three characters and an ellipsis do. */
export function fitText(text: string, widthPx: CssPx, sizePx: CssPx, em: number = MONO_EM): string {
  const fits = Math.floor(widthPx / (sizePx * em));
  if (text.length <= fits) return text;
  return fits < 4 ? '' : `${text.slice(0, fits - 1)}…`;
}
