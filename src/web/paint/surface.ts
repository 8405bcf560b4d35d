/** A canvas that is as sharp as the screen: its CSS size and its device pixels are kept in step, its painter is ready to use. */
import type { CssPx } from '../../chart/viewport.ts';
import { CanvasPainter } from './canvas-painter.ts';

export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly painter: CanvasPainter;
  readonly #context: CanvasRenderingContext2D;
  widthPx: CssPx = 0;
  heightPx: CssPx = 0;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser gives no 2d canvas');
    this.canvas = canvas;
    this.#context = context;
    this.painter = new CanvasPainter(context);
  }

  /** Sets the CSS size. Cheap when nothing changed; else the picture is gone and must be painted again. */
  resize(widthPx: CssPx, heightPx: CssPx, pixelsPerCssPx: number): boolean {
    const width = Math.max(1, Math.round(widthPx * pixelsPerCssPx));
    const height = Math.max(1, Math.round(heightPx * pixelsPerCssPx));
    const changed = this.canvas.width !== width || this.canvas.height !== height;
    if (changed) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.widthPx !== widthPx || this.heightPx !== heightPx) {
      this.widthPx = widthPx;
      this.heightPx = heightPx;
      this.canvas.style.width = `${widthPx}px`;
      this.canvas.style.height = `${heightPx}px`;
    }
    return changed;
  }

  /** Emptied (or filled with `background`) and ready to be painted on. */
  begin(pixelsPerCssPx: number, background: string | null = null): CanvasPainter {
    this.painter.begin(pixelsPerCssPx);
    if (background === null) this.#context.clearRect(0, 0, this.widthPx, this.heightPx);
    else this.painter.fillRect(0, 0, this.widthPx, this.heightPx, background);
    return this.painter;
  }
}

/** One repaint a frame however often it is asked for: what is asked is remembered as bits until then. */
export class Frames {
  readonly #paint: (dirty: number) => void;
  #dirty = 0;
  #handle = 0;

  constructor(paint: (dirty: number) => void) {
    this.#paint = paint;
  }

  request(bits: number): void {
    this.#dirty |= bits;
    if (this.#handle === 0) this.#handle = requestAnimationFrame(this.#run);
  }

  stop(): void {
    cancelAnimationFrame(this.#handle);
    this.#handle = 0;
  }

  readonly #run = (): void => {
    const dirty = this.#dirty;
    this.#dirty = 0;
    this.#handle = 0;
    this.#paint(dirty);
  };
}
