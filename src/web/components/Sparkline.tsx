/** Durations of earlier builds as bars, the build itself last and dark; the dashed line is the usual. */
export function Sparkline({
  history,
  current,
  usual,
  widthPx = 64,
  heightPx = 16,
}: {
  history: readonly number[];
  current: number | null;
  usual: number | null;
  widthPx?: number;
  heightPx?: number;
}) {
  const values = current === null ? history : [...history, current];
  if (values.length < 2) return null;
  const top = Math.max(...values);
  if (!(top > 0)) return null;
  const step = Math.min(6, widthPx / values.length);
  const left = widthPx - step * values.length;
  const y = (v: number): number => heightPx - (v / top) * (heightPx - 1);
  return (
    <svg className="spark" width={widthPx} height={heightPx} viewBox={`0 0 ${widthPx} ${heightPx}`} aria-hidden="true">
      {values.map((v, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={i}
          x={left + i * step}
          y={y(v)}
          width={Math.max(1, step - 1)}
          height={heightPx - y(v)}
          fill={current !== null && i === values.length - 1 ? 'var(--bh-ink)' : 'var(--bh-line-strong)'}
        />
      ))}
      {usual === null ? null : (
        <line x1={left} x2={widthPx} y1={y(usual)} y2={y(usual)} stroke="var(--bh-ink-muted)" strokeDasharray="2 2" />
      )}
    </svg>
  );
}
