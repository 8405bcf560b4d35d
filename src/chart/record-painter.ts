import type { Painter, TextStyle } from './painter.ts';

/** What was drawn, in order. */
export type Mark =
  | { kind: 'bar'; x: number; y: number; width: number; height: number; colour: string; row: number }
  | { kind: 'hatch'; x: number; y: number; width: number; height: number; colour: string; row: number }
  | { kind: 'rect'; x: number; y: number; width: number; height: number; colour: string }
  | { kind: 'text'; x: number; y: number; text: string; colour: string }
  | { kind: 'line'; x1: number; y1: number; x2: number; y2: number; colour: string }
  | { kind: 'polyline'; points: [number, number][]; colour: string }
  | { kind: 'polygon'; points: [number, number][]; colour: string }
  | { kind: 'columns'; top: number[]; bottom: number[]; columnPx: number; colour: string };

/** A painter that keeps a list instead of painting: tests ask it what a person would see. */
export class RecordPainter implements Painter {
  readonly pixelsPerCssPx: number;
  readonly marks: Mark[] = [];
  /** Groups and clips that are open. Positions are those inside their group. */
  groups = 0;
  clips = 0;

  constructor(pixelsPerCssPx = 1) {
    this.pixelsPerCssPx = pixelsPerCssPx;
  }

  of<K extends Mark['kind']>(kind: K): Extract<Mark, { kind: K }>[] {
    return this.marks.filter((m): m is Extract<Mark, { kind: K }> => m.kind === kind);
  }

  texts(): string[] {
    return this.of('text').map((t) => t.text);
  }

  fillRect(x: number, y: number, width: number, height: number, colour: string): void {
    this.marks.push({ kind: 'rect', x, y, width, height, colour });
  }

  bars(xywh: Float64Array, rows: Uint32Array, count: number, colour: string): void {
    for (let i = 0; i < count; i++) {
      const at = i * 4;
      this.marks.push({
        kind: 'bar',
        x: xywh[at]!,
        y: xywh[at + 1]!,
        width: xywh[at + 2]!,
        height: xywh[at + 3]!,
        colour,
        row: rows[i]!,
      });
    }
  }

  hatchRect(x: number, y: number, width: number, height: number, colour: string, row = -1): void {
    this.marks.push({ kind: 'hatch', x, y, width, height, colour, row });
  }

  strokeRect(x: number, y: number, width: number, height: number, colour: string): void {
    this.marks.push({ kind: 'rect', x, y, width, height, colour });
  }

  line(x1: number, y1: number, x2: number, y2: number, colour: string): void {
    this.marks.push({ kind: 'line', x1, y1, x2, y2, colour });
  }

  polyline(xy: Float64Array, count: number, colour: string): void {
    this.marks.push({ kind: 'polyline', points: pairs(xy, count), colour });
  }

  polygon(xy: Float64Array, count: number, colour: string): void {
    this.marks.push({ kind: 'polygon', points: pairs(xy, count), colour });
  }

  columns(top: Float64Array, bottom: Float64Array, count: number, columnPx: number, colour: string): void {
    this.marks.push({
      kind: 'columns',
      top: [...top.subarray(0, count)],
      bottom: [...bottom.subarray(0, count)],
      columnPx,
      colour,
    });
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    this.marks.push({ kind: 'text', x, y, text, colour: style.colour });
  }

  group(): void {
    this.groups++;
  }

  ungroup(): void {
    this.groups--;
  }

  clip(): void {
    this.clips++;
  }

  unclip(): void {
    this.clips--;
  }
}

function pairs(xy: Float64Array, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [xy[i * 2]!, xy[i * 2 + 1]!]);
}
