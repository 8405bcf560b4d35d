/**
 * The painter that writes SVG, and the chart as one standalone SVG file. Nothing outside is referred to, nothing runs. What the build
 * says (recipe names, labels) goes through `escapeXml`; colours and numbers come from here only.
 */
import type { ChartBuild } from './layout.ts';
import { MONO, type Painter, SANS, type TextStyle } from './painter.ts';
import { PALETTES, type Palette } from './palette.ts';
import { chartSheet, type SheetOptions } from './sheet.ts';

/** Markup and the characters that XML 1.0 cannot hold at all (controls, lone surrogates) never reach the file. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  );
}

/** Two decimals, no trailing zeros: a quarter of a pixel is the finest the chart rounds to. */
function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Above this, bars become one path a colour: a file of 100,000 named rectangles is 15 MB and no viewer likes it. */
const NAMED_BARS_MAX = 20_000;

export class SvgPainter implements Painter {
  /** A viewer can zoom: finer than the pixel it opens with. */
  readonly pixelsPerCssPx = 4;
  readonly #parts: string[] = [];
  readonly #hatches = new Map<string, string>();
  readonly #describe: ((row: number) => string) | null;
  readonly #idPrefix: string;
  #clips = 0;

  /** `describe` names a task run (null: bars have no names); ids in the file start with `idPrefix`, for several in one page. */
  constructor(describe: ((row: number) => string) | null = null, idPrefix = 'c') {
    this.#describe = describe;
    this.#idPrefix = idPrefix;
  }

  /** Everything drawn so far, in order, definitions first. */
  content(): string {
    const defs = [...this.#hatches].map(
      ([colour, id]) =>
        `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
        `<rect width="6" height="6" fill="${colour}" fill-opacity=".18"/><rect width="2.2" height="6" fill="${colour}"/></pattern>`,
    );
    return (defs.length > 0 ? `<defs>${defs.join('')}</defs>\n` : '') + this.#parts.join('');
  }

  group(x: number, y: number): void {
    this.#parts.push(`<g transform="translate(${num(x)} ${num(y)})">\n`);
  }

  ungroup(): void {
    this.#parts.push('</g>\n');
  }

  fillRect(x: number, y: number, width: number, height: number, colour: string, opacity = 1): void {
    const alpha = opacity === 1 ? '' : ` fill-opacity="${num(opacity)}"`;
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="${colour}"${alpha}/>\n`,
    );
  }

  bars(xywh: Float64Array, rows: Uint32Array, count: number, colour: string): void {
    const parts = this.#parts;
    const describe = this.#describe;
    if (describe === null || count > NAMED_BARS_MAX) {
      parts.push(`<path fill="${colour}" d="`);
      for (let i = 0; i < count * 4; i += 4) {
        parts.push(
          `M${num(xywh[i]!)} ${num(xywh[i + 1]!)}h${num(xywh[i + 2]!)}v${num(xywh[i + 3]!)}h${num(-xywh[i + 2]!)}z`,
        );
      }
      parts.push('"/>\n');
      return;
    }
    parts.push(`<g fill="${colour}">\n`);
    for (let i = 0; i < count; i++) {
      const at = i * 4;
      parts.push(
        `<rect x="${num(xywh[at]!)}" y="${num(xywh[at + 1]!)}" width="${num(xywh[at + 2]!)}" height="${num(xywh[at + 3]!)}">` +
          `<title>${escapeXml(describe(rows[i]!))}</title></rect>\n`,
      );
    }
    parts.push('</g>\n');
  }

  hatchRect(x: number, y: number, width: number, height: number, colour: string, row?: number): void {
    let id = this.#hatches.get(colour);
    if (id === undefined) {
      id = `${this.#idPrefix}-hatch-${this.#hatches.size}`;
      this.#hatches.set(colour, id);
    }
    const title =
      row === undefined || this.#describe === null ? '/>' : `><title>${escapeXml(this.#describe(row))}</title></rect>`;
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="url(#${id})"${title}\n`,
    );
  }

  strokeRect(x: number, y: number, width: number, height: number, colour: string, lineWidth = 1): void {
    this.#parts.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" fill="none" stroke="${colour}" stroke-width="${num(lineWidth)}"/>\n`,
    );
  }

  line(x1: number, y1: number, x2: number, y2: number, colour: string, lineWidth = 1): void {
    this.#parts.push(
      `<path d="M${num(x1)} ${num(y1)}L${num(x2)} ${num(y2)}" stroke="${colour}" stroke-width="${num(lineWidth)}"/>\n`,
    );
  }

  polyline(xy: Float64Array, count: number, colour: string, lineWidth: number): void {
    if (count < 2) return;
    this.#parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="${num(lineWidth)}" stroke-linejoin="round" points="${points(xy, count)}"/>\n`,
    );
  }

  polygon(xy: Float64Array, count: number, colour: string, opacity: number): void {
    if (count < 3) return;
    this.#parts.push(`<polygon fill="${colour}" fill-opacity="${num(opacity)}" points="${points(xy, count)}"/>\n`);
  }

  columns(
    top: Float64Array,
    bottom: Float64Array,
    count: number,
    columnPx: number,
    colour: string,
    opacity: number,
  ): void {
    const parts: string[] = [];
    let from = 0;
    while (from < count) {
      while (from < count && Number.isNaN(top[from]!)) from++;
      let to = from;
      while (to < count && !Number.isNaN(top[to]!)) to++;
      if (to > from) parts.push(outline(top, bottom, from, to, columnPx));
      from = to;
    }
    if (parts.length === 0) return;
    this.#parts.push(`<path fill="${colour}" fill-opacity="${num(opacity)}" d="${parts.join('')}"/>\n`);
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const anchor =
      style.align === 'middle' ? ' text-anchor="middle"' : style.align === 'right' ? ' text-anchor="end"' : '';
    const face = style.mono === true ? ' class="m"' : '';
    const weight = style.bold === true ? ' font-weight="600"' : '';
    // Not dominant-baseline: half of the viewers and converters do not know it. 0.36 em is the middle of lower case with ascenders.
    this.#parts.push(
      `<text x="${num(x)}" y="${num(y + style.sizePx * 0.36)}" font-size="${num(style.sizePx)}" fill="${style.colour}"${anchor}${face}${weight}>${escapeXml(text)}</text>\n`,
    );
  }

  clip(x: number, y: number, width: number, height: number): void {
    const id = `${this.#idPrefix}-clip-${this.#clips++}`;
    this.#parts.push(
      `<clipPath id="${id}"><rect x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}"/></clipPath><g clip-path="url(#${id})">\n`,
    );
  }

  unclip(): void {
    this.#parts.push('</g>\n');
  }
}

/** Along the tops of columns `from` to `to`, back along their bottoms; a corner only where a height changes. */
function outline(top: Float64Array, bottom: Float64Array, from: number, to: number, columnPx: number): string {
  const parts = [`M${num(from * columnPx)} ${num(top[from]!)}`];
  for (let i = from; i < to; i++) {
    if (i + 1 < to && num(top[i + 1]!) === num(top[i]!)) continue;
    parts.push(`H${num((i + 1) * columnPx)}`);
    parts.push(`V${num(i + 1 < to ? top[i + 1]! : bottom[i]!)}`);
  }
  for (let i = to - 1; i >= from; i--) {
    if (i > from && num(bottom[i - 1]!) === num(bottom[i]!)) continue;
    parts.push(`H${num(i * columnPx)}`);
    if (i > from) parts.push(`V${num(bottom[i - 1]!)}`);
  }
  parts.push('z');
  return parts.join('');
}

function points(xy: Float64Array, count: number): string {
  const parts: string[] = [];
  for (let i = 0; i < count; i++) parts.push(`${num(xy[i * 2]!)},${num(xy[i * 2 + 1]!)}`);
  return parts.join(' ');
}

export interface SvgOptions extends SheetOptions {
  /** Ids in the file start with it, for several charts in one page. */
  readonly idPrefix?: string;
}

/** The whole chart as one SVG document. */
export function chartSvg(build: ChartBuild, options: SvgOptions = {}): string {
  const sheet = chartSheet(build, options);
  const painter = new SvgPainter(sheet.describe, options.idPrefix ?? 'bakehouse');
  sheet.draw(painter);
  return svgDocument(
    sheet.widthPx,
    sheet.heightPx,
    painter.content(),
    PALETTES[options.scheme ?? 'light'],
    sheet.title,
  );
}

/** Everything a painter drew as one document that refers to nothing. */
export function svgDocument(width: number, height: number, content: string, palette: Palette, title: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${num(width)}" height="${num(height)}" ` +
    `viewBox="0 0 ${num(width)} ${num(height)}" role="img" font-family="${SANS}" font-variant-numeric="tabular-nums">\n` +
    `<title>${escapeXml(title)}</title>\n<style>.m{font-family:${MONO}}text{white-space:pre}</style>\n` +
    `<rect width="100%" height="100%" fill="${palette.background}"/>\n${content}</svg>\n`
  );
}
