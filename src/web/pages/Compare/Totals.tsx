import type { CompareResult } from '../../../api/contract.ts';
import { Difference, Quantity, Ratio } from '../../components/Figures.tsx';
import styles from './Compare.module.css';
import { letter } from './letter.ts';

/** What the number is where it is not a sum. */
const AGGREGATIONS = { sum: '', max: 'largest', mean: 'mean', none: '' } as const;

/** Sums over the task runs that each build executed. The last column is the last build against the base. */
export function Totals({
  data,
  metric,
  onMetric,
}: {
  data: CompareResult;
  metric: string;
  onMetric: (metric: string) => void;
}) {
  const recorded = data.totals.filter((t) => t.values.some((v) => v !== null));
  if (recorded.length === 0) return null;
  const derived = recorded.filter((t) => t.metric.derived);
  const rows = derived.length > 0 ? derived : recorded;
  const rest = recorded.filter((t) => !rows.includes(t));
  const many = data.builds.length > 2;
  const line = (row: CompareResult['totals'][number]) => (
    <tr key={row.metric.id} aria-selected={row.metric.id === metric}>
      <th title={[row.metric.note, row.metric.id].filter((t) => t !== null).join('\n')}>
        {data.metrics.some((m) => m.id === row.metric.id) ? (
          <button
            type="button"
            className={styles.metricButton}
            aria-pressed={row.metric.id === metric}
            onClick={() => onMetric(row.metric.id)}
          >
            {row.metric.label}
          </button>
        ) : (
          row.metric.label
        )}
        <span className="muted"> {AGGREGATIONS[row.metric.aggregation]}</span>
      </th>
      {row.values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one value a build
        <td key={i} className="num">
          <Quantity value={value} unit={row.metric.unit} />
          {many && i > 0 ? (
            <>
              {' '}
              <Ratio ratio={row.ratios[i]} lowerIsBetter={row.metric.lowerIsBetter} noise={0.02} />
            </>
          ) : null}
        </td>
      ))}
      <td className="num">
        <Difference value={row.differences.at(-1)} unit={row.metric.unit} lowerIsBetter={row.metric.lowerIsBetter} />
        {row.ratios.at(-1) == null ? null : (
          <div className={styles.narrow}>
            <Ratio ratio={row.ratios.at(-1)} lowerIsBetter={row.metric.lowerIsBetter} noise={0.02} />
          </div>
        )}
      </td>
      <td className={`num ${styles.roomy}`}>
        {row.ratios.at(-1) == null ? (
          <span className="muted">–</span>
        ) : (
          <Ratio ratio={row.ratios.at(-1)} lowerIsBetter={row.metric.lowerIsBetter} noise={0.02} />
        )}
      </td>
    </tr>
  );
  return (
    <section>
      <div className={styles.heading}>
        <h2>How much it took</h2>
        <span className="muted">over all executed task runs; choose the metric of what follows</span>
      </div>
      <div className="scroll-x">
        <table className={styles.table} aria-label="How much it took">
          <thead>
            <tr>
              <td />
              {data.builds.map((b, i) => (
                <th key={b.id} className="num">
                  {letter(i)}
                </th>
              ))}
              <th className="num">{letter(data.builds.length - 1)} − A</th>
              <th className={`num ${styles.roomy}`}>relative</th>
            </tr>
          </thead>
          <tbody>{rows.map(line)}</tbody>
        </table>
        {rest.length === 0 ? null : (
          <details className={styles.more}>
            <summary>{rest.length} more metrics</summary>
            <table className={styles.table} aria-label="More metrics">
              <tbody>{rest.map(line)}</tbody>
            </table>
          </details>
        )}
      </div>
    </section>
  );
}
