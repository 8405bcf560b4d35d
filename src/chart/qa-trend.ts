/**
 * Package QA issues of builds in their order, as bars of classes on each other. A build that executed no check has no bar and a mark below the
 * line: that nothing was found and that nothing was looked for are two things.
 *
 *     12 ┤      ▄
 *        │  █ ▄ █     █
 *      0 ┼──█─█─█──·──█──      · executed no check
 */
import { niceTop, valueTicks } from './axis.ts';
import { fitText, type Painter, SANS_EM } from './painter.ts';
import type { Palette } from './palette.ts';
import type { CssPx } from './viewport.ts';

export interface QaTrendBuild {
  /** Of each class, in the order of the classes; null: the build says nothing of QA. */
  readonly issues: readonly number[] | null;
  /** In words, for the two ends of the axis. */
  readonly when: string;
}

export interface QaTrendInput {
  readonly classes: readonly string[];
  /** Oldest first. */
  readonly builds: readonly QaTrendBuild[];
  /** Index of the build that is picked; -1: none. */
  readonly cursor: number;
}

export interface QaTrendSize {
  readonly widthPx: CssPx;
  readonly heightPx: CssPx;
}

const LEFT_PX = 44;
const RIGHT_PX = 6;
const TOP_PX = 8;
/** Marks of gaps, and below them the ends of the axis. */
const GAP_PX = 8;
const FOOT_PX = 18;
const BAR_PX_MAX = 18;
const FONT_PX = 11;

/** Beyond these colours classes share the last one, and the legend says so. */
export function classColour(palette: Palette, place: number): string {
  return palette.series[Math.min(place, palette.series.length - 1)]!;
}

function slotPx(input: QaTrendInput, size: QaTrendSize): CssPx {
  return Math.min(BAR_PX_MAX, (size.widthPx - LEFT_PX - RIGHT_PX) / Math.max(1, input.builds.length));
}

/** Index of the build whose slot is at `x`; -1: there is none. */
export function qaTrendBuildAt(input: QaTrendInput, size: QaTrendSize, x: CssPx): number {
  const index = Math.floor((x - LEFT_PX) / slotPx(input, size));
  return index >= 0 && index < input.builds.length ? index : -1;
}

export function drawQaTrend(painter: Painter, input: QaTrendInput, size: QaTrendSize, palette: Palette): void {
  const { widthPx, heightPx } = size;
  const { builds, classes, cursor } = input;
  const base = heightPx - FOOT_PX - GAP_PX;
  const plotPx = base - TOP_PX;
  const slot = slotPx(input, size);
  const barPx = slot < 3 ? slot : slot - Math.min(3, slot / 4);
  const largest = Math.max(1, ...builds.map(({ issues }) => issues?.reduce((sum, one) => sum + one, 0) ?? 0));
  const top = niceTop(largest, 'count');
  const y = (value: number): CssPx => base - (value / top) * plotPx;
  const muted = { sizePx: FONT_PX, colour: palette.inkMuted };
  for (const { value, label } of valueTicks(top, 'count')) {
    // Half an issue is none.
    if (!Number.isInteger(value)) continue;
    if (value > 0) painter.fillRect(LEFT_PX, y(value), widthPx - LEFT_PX - RIGHT_PX, 1, palette.line);
    painter.text(LEFT_PX - 6, y(value), label, { ...muted, align: 'right' });
  }
  if (cursor >= 0)
    painter.fillRect(LEFT_PX + cursor * slot, TOP_PX, slot, heightPx - FOOT_PX - TOP_PX, palette.accent, 0.16);
  const sums = new Float64Array(builds.length);
  for (const place of classes.keys()) {
    const xywh = new Float64Array(builds.length * 4);
    const rows = new Uint32Array(builds.length);
    let count = 0;
    for (const [index, { issues }] of builds.entries()) {
      const value = issues?.[place] ?? 0;
      if (value === 0) continue;
      const [from, to] = [y(sums[index]!), y(sums[index]! + value)];
      sums[index]! += value;
      xywh.set([LEFT_PX + index * slot, to, barPx, from - to], count * 4);
      rows[count++] = index;
    }
    painter.bars(xywh, rows, count, classColour(palette, place));
  }
  painter.fillRect(LEFT_PX, base, widthPx - LEFT_PX - RIGHT_PX, 1, palette.lineStrong);
  for (const [index, { issues }] of builds.entries())
    if (issues === null) painter.fillRect(LEFT_PX + index * slot, base + 3, Math.max(1, barPx), 3, palette.lineStrong);
  const foot = heightPx - FOOT_PX / 2 + 1;
  const room = (widthPx - LEFT_PX - RIGHT_PX) / 2 - 8;
  const end = LEFT_PX + builds.length * slot;
  const first = fitText(builds[0]?.when ?? '', room, FONT_PX, SANS_EM);
  painter.text(LEFT_PX, foot, first, muted);
  const newest = fitText(builds.at(-1)?.when ?? '', room, FONT_PX, SANS_EM);
  // Few builds end far from the right side: their last word stands behind the first one's.
  const apart = LEFT_PX + (first.length + newest.length + 2) * FONT_PX * SANS_EM;
  if (builds.length > 1) painter.text(Math.max(end, apart), foot, newest, { ...muted, align: 'right' });
}
