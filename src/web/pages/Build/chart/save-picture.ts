/** The chart as a file, made in the browser from the same drawings. */
import type { ChartBuild } from '../../../../chart/layout.ts';
import { PALETTES } from '../../../../chart/palette.ts';
import { chartSheet, type SheetOptions } from '../../../../chart/sheet.ts';
import { chartSvg } from '../../../../chart/svg.ts';
import { Surface } from '../../../paint/surface.ts';

/** Browsers refuse canvases that are higher; 16384 is the lowest of today's limits. */
const CANVAS_PX_MAX = 16_384;
const WIDTH_PX = 1600;

export function saveSvg(build: ChartBuild, options: SheetOptions): void {
  const svg = chartSvg(build, { widthPx: WIDTH_PX, ...options });
  save(new Blob([svg], { type: 'image/svg+xml' }), `${fileName(build)}.svg`);
}

/** Twice the pixels where the sheet is not too high for it. Throws, in words for the person, when it is too high for any canvas. */
export async function savePng(build: ChartBuild, options: SheetOptions): Promise<void> {
  const sheet = chartSheet(build, { widthPx: WIDTH_PX, ...options });
  const ratio = sheet.heightPx * 2 <= CANVAS_PX_MAX ? 2 : 1;
  if (sheet.heightPx * ratio > CANVAS_PX_MAX) {
    throw new Error(
      `This picture would be ${Math.round(sheet.heightPx)} pixels high, more than a browser can paint. Raise the threshold, group by slots, or take the SVG.`,
    );
  }
  const surface = new Surface(document.createElement('canvas'));
  surface.resize(sheet.widthPx, sheet.heightPx, ratio);
  sheet.draw(surface.begin(ratio, PALETTES[options.scheme ?? 'light'].background));
  const blob = await new Promise<Blob | null>((resolve) => surface.canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('The browser could not make the PNG. The SVG has the same picture.');
  save(blob, `${fileName(build)}.png`);
}

function fileName(build: ChartBuild): string {
  return `bakehouse-${build.name.replace(/[^\w.-]+/g, '_').slice(0, 80)}`;
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The click only starts the download.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
