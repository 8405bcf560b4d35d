import { MONO, SANS } from '../../../chart/painter.ts';
import { SvgPainter } from '../../../chart/svg.ts';
import { Surface } from '../../paint/surface.ts';
import { drawPicture, type Picture } from './picture.ts';

const LEGEND_PX = 24;

export function pictureSvg(picture: Picture): string {
  const painter = new SvgPainter();
  drawPicture(painter, picture);
  drawLegend(painter, picture);
  const { widthPx } = picture;
  const heightPx = picture.heightPx + LEGEND_PX;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" font-family="${SANS}">` +
    `<style>.m{font-family:${MONO}}</style>` +
    `<rect width="100%" height="100%" fill="${picture.options.palette.background}"/>\n${painter.content()}</svg>\n`
  );
}

/** Twice the pixels: for slides and mails that are looked at on sharp screens. */
const PNG_RATIO = 2;

export async function picturePng(picture: Picture): Promise<Blob> {
  const surface = new Surface(document.createElement('canvas'));
  surface.resize(picture.widthPx, picture.heightPx + LEGEND_PX, PNG_RATIO);
  const painter = surface.begin(PNG_RATIO, picture.options.palette.background);
  drawPicture(painter, picture);
  drawLegend(painter, picture);
  const blob = await new Promise<Blob | null>((resolve) => surface.canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('The browser could not make the PNG; the SVG has the same picture.');
  return blob;
}

/** On screen the legend is text beside the picture; a file has to bring it along. */
function drawLegend(painter: SvgPainter | Surface['painter'], picture: Picture): void {
  const { palette } = picture.options;
  const y = picture.heightPx + LEGEND_PX / 2;
  let x = 8;
  for (const { label, fill } of picture.legend) {
    painter.fillRect(x, y - 5, 10, 10, picture.fills[fill]!);
    painter.text(x + 15, y, label, { sizePx: 11, colour: palette.ink });
    x += 30 + label.length * 6.4;
  }
}
