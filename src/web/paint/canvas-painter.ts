/**
 * The painter that paints on a canvas. Fill, font and alignment are set only when they change: setting `fillStyle` or `font` parses the
 * string, which costs more than the rectangle or the word.
 */
import { MONO, type Painter, SANS, type TextStyle } from '../../chart/painter.ts';

const FACES = { sans: SANS, mono: MONO };
const HATCH_TILE = 8;

export class CanvasPainter implements Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #hatches = new Map<string, CanvasPattern | null>();
  pixelsPerCssPx = 1;
  #fill = '';
  #font = '';
  #align: CanvasTextAlign = 'left';

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  /** To be called at the start of a frame, and after a resize: a canvas forgets its state then. */
  begin(pixelsPerCssPx: number): void {
    const context = this.#context;
    if (this.pixelsPerCssPx !== pixelsPerCssPx) this.#hatches.clear();
    this.pixelsPerCssPx = pixelsPerCssPx;
    context.setTransform(pixelsPerCssPx, 0, 0, pixelsPerCssPx, 0, 0);
    context.textBaseline = 'middle';
    context.globalAlpha = 1;
    context.lineJoin = 'round';
    this.#forget();
  }

  #forget(): void {
    this.#fill = '';
    this.#font = '';
    this.#align = 'left';
    this.#context.textAlign = 'left';
  }

  #setFill(colour: string): void {
    if (colour === this.#fill) return;
    this.#fill = colour;
    this.#context.fillStyle = colour;
  }

  fillRect(x: number, y: number, width: number, height: number, colour: string, opacity = 1): void {
    this.#setFill(colour);
    if (opacity === 1) {
      this.#context.fillRect(x, y, width, height);
      return;
    }
    this.#context.globalAlpha = opacity;
    this.#context.fillRect(x, y, width, height);
    this.#context.globalAlpha = 1;
  }

  bars(xywh: Float64Array, _rows: Uint32Array, count: number, colour: string): void {
    this.#setFill(colour);
    const context = this.#context;
    for (let i = 0, end = count * 4; i < end; i += 4) {
      context.fillRect(xywh[i]!, xywh[i + 1]!, xywh[i + 2]!, xywh[i + 3]!);
    }
  }

  hatchRect(x: number, y: number, width: number, height: number, colour: string): void {
    const context = this.#context;
    this.fillRect(x, y, width, height, colour, 0.18);
    const pattern = this.#hatch(colour);
    if (pattern === null) return;
    context.fillStyle = pattern;
    context.fillRect(x, y, width, height);
    this.#fill = '';
  }

  /** Diagonal lines, on device pixels: a pattern scaled up would be blurred. */
  #hatch(colour: string): CanvasPattern | null {
    let pattern = this.#hatches.get(colour);
    if (pattern !== undefined) return pattern;
    const size = HATCH_TILE * Math.max(1, Math.round(this.pixelsPerCssPx));
    const tile = document.createElement('canvas');
    tile.width = size;
    tile.height = size;
    const context = tile.getContext('2d');
    pattern = null;
    if (context !== null) {
      context.strokeStyle = colour;
      context.lineWidth = size / 4;
      context.beginPath();
      for (const shift of [-size, 0, size]) {
        context.moveTo(shift - 1, size + 1);
        context.lineTo(shift + size + 1, -1);
      }
      context.stroke();
      pattern = this.#context.createPattern(tile, 'repeat');
      pattern?.setTransform(new DOMMatrix().scale(1 / this.pixelsPerCssPx));
    }
    this.#hatches.set(colour, pattern);
    return pattern;
  }

  strokeRect(x: number, y: number, width: number, height: number, colour: string, lineWidth = 1): void {
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = lineWidth;
    this.#context.strokeRect(x, y, width, height);
  }

  line(x1: number, y1: number, x2: number, y2: number, colour: string, lineWidth = 1): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  polyline(xy: Float64Array, count: number, colour: string, lineWidth: number): void {
    if (count < 2) return;
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    this.#trace(xy, count);
    context.stroke();
  }

  polygon(xy: Float64Array, count: number, colour: string, opacity: number): void {
    if (count < 3) return;
    const context = this.#context;
    this.#setFill(colour);
    this.#trace(xy, count);
    context.globalAlpha = opacity;
    context.fill();
    context.globalAlpha = 1;
  }

  columns(
    top: Float64Array,
    bottom: Float64Array,
    count: number,
    columnPx: number,
    colour: string,
    opacity: number,
  ): void {
    const context = this.#context;
    const ratio = this.pixelsPerCssPx;
    this.#setFill(colour);
    context.globalAlpha = opacity;
    let from = 0;
    let y0 = Number.NaN;
    let y1 = Number.NaN;
    // Whole pixels: neighbours come out equal more often, and one rectangle does for all of them.
    for (let i = 0; i <= count; i++) {
      const a = i < count ? Math.round(top[i]! * ratio) : Number.NaN;
      const b = i < count ? Math.round(bottom[i]! * ratio) : Number.NaN;
      if (a === y0 && b === y1) continue;
      if (y1 > y0) context.fillRect(from * columnPx, y0 / ratio, (i - from) * columnPx, (y1 - y0) / ratio);
      from = i;
      y0 = a;
      y1 = b;
    }
    context.globalAlpha = 1;
  }

  #trace(xy: Float64Array, count: number): void {
    const context = this.#context;
    context.beginPath();
    context.moveTo(xy[0]!, xy[1]!);
    for (let i = 2; i < count * 2; i += 2) context.lineTo(xy[i]!, xy[i + 1]!);
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const context = this.#context;
    const face = style.mono === true ? FACES.mono : FACES.sans;
    const font = `${style.bold === true ? '600 ' : ''}${style.sizePx}px ${face}`;
    if (font !== this.#font) {
      this.#font = font;
      context.font = font;
    }
    const align: CanvasTextAlign = style.align === 'middle' ? 'center' : (style.align ?? 'left');
    if (align !== this.#align) {
      this.#align = align;
      context.textAlign = align;
    }
    this.#setFill(style.colour);
    context.fillText(text, x, y);
  }

  /** For what must fit exactly (a plate under a value): not for thousands of labels a frame. */
  textWidth(text: string, style: Omit<TextStyle, 'colour'>): number {
    const face = style.mono === true ? FACES.mono : FACES.sans;
    const font = `${style.bold === true ? '600 ' : ''}${style.sizePx}px ${face}`;
    if (font !== this.#font) {
      this.#font = font;
      this.#context.font = font;
    }
    return this.#context.measureText(text).width;
  }

  group(x: number, y: number): void {
    this.#context.save();
    this.#context.translate(x, y);
  }

  ungroup(): void {
    this.#context.restore();
    this.#forget();
  }

  clip(x: number, y: number, width: number, height: number): void {
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(x, y, width, height);
    this.#context.clip();
  }

  unclip(): void {
    this.#context.restore();
    this.#forget();
  }
}
