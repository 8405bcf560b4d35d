/** From one bar to another by keyboard: along its lane, to the lanes beside, along the matches of a search. */
import { type ChartLayout, laneOfBar } from './layout.ts';

export type Step = 'next' | 'previous' | 'up' | 'down';

/** The bar a step leads to; the same bar at an end. From no bar (-1) to the first one. */
export function stepBar(layout: ChartLayout, bar: number, step: Step): number {
  if (layout.bars.count === 0) return -1;
  if (bar < 0) return 0;
  const lane = laneOfBar(layout, bar);
  if (step === 'next') return bar + 1 < layout.laneFirst[lane + 1]! ? bar + 1 : bar;
  if (step === 'previous') return bar > layout.laneFirst[lane]! ? bar - 1 : bar;
  const other = lane + (step === 'down' ? 1 : -1);
  if (other < 0 || other >= layout.laneCount) return bar;
  const middle = (layout.bars.startMs[bar]! + layout.bars.endMs[bar]!) / 2;
  return nearestInLane(layout, other, middle);
}

/** Every lane has at least one bar: lanes exist because a bar needed them. */
function nearestInLane(layout: ChartLayout, lane: number, timeMs: number): number {
  const { startMs, endMs } = layout.bars;
  let best = layout.laneFirst[lane]!;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let bar = layout.laneFirst[lane]!; bar < layout.laneFirst[lane + 1]!; bar++) {
    const distance = Math.max(startMs[bar]! - timeMs, timeMs - endMs[bar]!, 0);
    if (distance < bestDistance) {
      best = bar;
      bestDistance = distance;
    }
  }
  return best;
}

/** Rows that a search means and that have a bar, by start: what Enter and Shift-Enter step through. */
export function matchedRows(layout: ChartLayout, match: Uint8Array): number[] {
  const rows: number[] = [];
  for (const row of layout.data.placed) if (match[row] === 1 && layout.barOfRow[row]! >= 0) rows.push(row);
  return rows;
}
