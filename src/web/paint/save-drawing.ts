/** A drawing as a file: the same calls on the SVG painter or on a canvas of its own. */
import type { Painter } from '../../chart/painter.ts';
import type { Palette } from '../../chart/palette.ts';
import { SvgPainter, svgDocument } from '../../chart/svg.ts';
import { Surface } from './surface.ts';

export interface Drawing {
  readonly title: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly palette: Palette;
  /** What a bar's number means, in a sentence. */
  readonly describe: ((bar: number) => string) | null;
  readonly draw: (painter: Painter) => void;
}

const TITLE_PX = 30;
/** Twice the pixels: for slides and mails that are looked at on sharp screens. */
const PNG_RATIO = 2;
/** Canvases beyond this come out empty in some browsers. */
const CANVAS_PX_MAX = 16_000;

function drawSheet(painter: Painter, drawing: Drawing): void {
  painter.text(8, TITLE_PX / 2, drawing.title, { sizePx: 13, colour: drawing.palette.ink, bold: true });
  painter.group(0, TITLE_PX);
  drawing.draw(painter);
  painter.ungroup();
}

export function drawingSvg(drawing: Drawing): string {
  const painter = new SvgPainter(drawing.describe);
  drawSheet(painter, drawing);
  const { widthPx, heightPx, palette, title } = drawing;
  return svgDocument(widthPx, heightPx + TITLE_PX, painter.content(), palette, title);
}

export async function drawingPng(drawing: Drawing): Promise<Blob> {
  const surface = new Surface(document.createElement('canvas'));
  const heightPx = drawing.heightPx + TITLE_PX;
  const ratio = Math.min(PNG_RATIO, CANVAS_PX_MAX / Math.max(drawing.widthPx, heightPx));
  surface.resize(drawing.widthPx, heightPx, ratio);
  drawSheet(surface.begin(ratio, drawing.palette.background), drawing);
  const blob = await new Promise<Blob | null>((resolve) => surface.canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('The browser could not make the PNG; the SVG has the same picture.');
  return blob;
}
