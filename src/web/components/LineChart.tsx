/** A small line over time with points, on uPlot. Colours are the palette's, re-read when light and dark change. */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { PALETTES } from '../../chart/palette.ts';
import { tickLabel, ticksFromZero } from '../format/scale.ts';

export interface LineChartProps {
  readonly heightPx: number;
  /** Seconds since 1970. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Index of the point that is "this one", -1: none. */
  readonly mark: number;
  readonly unit: string;
  /** What the point is, for the line below the chart. */
  readonly label: (index: number) => string;
  readonly onPick: (index: number) => void;
}

const DAY_S = 86_400;

/** Days where there are many, times of day where there are few. */
function timeLabels(splits: readonly number[]): string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  return splits.map((s) => {
    const date = new Date(s * 1000);
    const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    if (span > 300 * DAY_S) return `${day} ${String(date.getFullYear()).slice(2)}`;
    const midnight = date.getHours() === 0 && date.getMinutes() === 0;
    return midnight || span > 2 * DAY_S
      ? day
      : date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  });
}

export function LineChart(props: LineChartProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  const scheme = useComputedColorScheme('light');
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    latest.current = props;
  });
  const { heightPx, x, y, mark } = props;
  const data = JSON.stringify([x, y, mark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `data` stands for x, y and mark
  useEffect(() => {
    const target = place.current;
    if (target === null || width < 50) return;
    const palette = PALETTES[scheme];
    const font = '11px system-ui, sans-serif';
    const plot = new uPlot(
      {
        width,
        height: heightPx,
        legend: { show: false },
        cursor: { y: false, drag: { setScale: false }, points: { size: 7 } },
        scales: { y: { range: (_, __, max) => [0, ticksFromZero(max, latest.current.unit, 2).at(-1)!] } },
        axes: [
          {
            stroke: palette.inkMuted,
            font,
            grid: { show: false },
            ticks: { stroke: palette.line, size: 4 },
            size: 24,
            space: 64,
            values: (_, splits) => timeLabels(splits),
          },
          {
            stroke: palette.inkMuted,
            font,
            grid: { stroke: palette.line, width: 1 },
            ticks: { show: false },
            size: 70,
            splits: (_, __, ___, max) => ticksFromZero(max, latest.current.unit, 2),
            values: (_, splits) => splits.map((v) => tickLabel(v, latest.current.unit)),
          },
        ],
        series: [
          {},
          {
            stroke: palette.series[0]!,
            width: 1.5,
            points: { show: true, size: 5, fill: palette.background, stroke: palette.series[0]! },
          },
        ],
        hooks: {
          setCursor: [(u) => setAt(u.cursor.idx ?? null)],
          draw: [
            (u) => {
              const { mark: index, x: xs, y: ys } = latest.current;
              if (index < 0) return;
              const px = u.valToPos(xs[index]!, 'x', true);
              const py = u.valToPos(ys[index]!, 'y', true);
              u.ctx.fillStyle = palette.ink;
              u.ctx.beginPath();
              u.ctx.arc(px, py, 4 * devicePixelRatio, 0, 2 * Math.PI);
              u.ctx.fill();
            },
          ],
        },
      },
      [[...x], [...y]],
      target,
    );
    plot.over.style.cursor = 'pointer';
    plot.over.addEventListener('click', () => {
      const index = plot.cursor.idx;
      if (typeof index === 'number') latest.current.onPick(index);
    });
    return () => plot.destroy();
  }, [data, width, heightPx, scheme]);

  return (
    <div ref={ref}>
      <div ref={place} style={{ height: heightPx }} />
      <div className="muted cut" aria-live="polite" style={{ minHeight: 20 }}>
        {at === null || at >= x.length ? (mark >= 0 ? `this build, ${props.label(mark)}` : '') : props.label(at)}
      </div>
    </div>
  );
}
