/** Failures by day as bars, oldest first. What they say is in the label, for who does not see them. */
import { formatUtc, plural } from '../../../model/format.ts';

const DAY_MS = 86_400_000;
const WIDTH_PX = 120;
const HEIGHT_PX = 20;

export function Days({
  counts,
  firstMs,
  width,
}: {
  counts: readonly number[];
  firstMs: number | null;
  /** Days a bar. */
  width: number;
}) {
  const top = Math.max(1, ...counts);
  if (counts.length === 0 || firstMs === null) return null;
  const step = Math.min(8, WIDTH_PX / counts.length);
  const said = counts
    .map((count, i) => ({ count, day: formatUtc(firstMs + i * width * DAY_MS).slice(0, 10) }))
    .filter(({ count }) => count > 0);
  const label = `${plural(said.length, width === 1 ? 'day' : 'stretch')} with failures${width === 1 ? '' : ` of ${width} days each`}: ${said
    .slice(-8)
    .map(({ day, count }) => `${day} ${count}`)
    .join(', ')}`;
  return (
    <svg
      width={WIDTH_PX}
      height={HEIGHT_PX}
      viewBox={`0 0 ${WIDTH_PX} ${HEIGHT_PX}`}
      role="img"
      aria-label={label}
      style={{ display: 'block' }}
    >
      <title>{label}</title>
      <line x1={0} x2={step * counts.length} y1={HEIGHT_PX - 0.5} y2={HEIGHT_PX - 0.5} stroke="var(--bh-line)" />
      {counts.map((count, i) =>
        count === 0 ? null : (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its day
            key={i}
            x={i * step}
            width={Math.max(1.5, step - 1)}
            y={HEIGHT_PX - Math.max(3, (count / top) * HEIGHT_PX)}
            height={Math.max(3, (count / top) * HEIGHT_PX)}
            fill="var(--bh-outcome-failed)"
          />
        ),
      )}
    </svg>
  );
}
