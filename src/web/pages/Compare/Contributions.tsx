/** Where the difference comes from: parts that add up exactly, as steps from the base to the last build. */
import type { CompareResult } from '../../../api/contract.ts';
import { formatExact, formatQuantity, plural } from '../../../model/format.ts';
import { Difference } from '../../components/Figures.tsx';
import styles from './Compare.module.css';
import { letter } from './letter.ts';

export function Contributions({ data }: { data: CompareResult }) {
  const { metric, contributions } = data;
  const total = data.totals.find((t) => t.metric.id === metric.id);
  const [from, to] = [total?.values[0], total?.values.at(-1)];
  const parts = contributions.filter((c) => c.difference !== 0 || c.tasks > 0);
  if (from == null || to == null || parts.length === 0) return null;
  const steps: { part: (typeof parts)[number]; start: number; end: number }[] = [];
  let at = from;
  for (const part of parts) {
    steps.push({ part, start: at, end: at + part.difference });
    at += part.difference;
  }
  // Steps of a percent of a large whole would be invisible from zero: the axis begins where something happens.
  const low = Math.min(from, to, ...steps.flatMap((s) => [s.start, s.end]));
  const high = Math.max(from, to, ...steps.flatMap((s) => [s.start, s.end]));
  const margin = (high - low) * 0.06;
  const base = high > 0 && (high - low) / high > 0.3 ? Math.min(0, low) : low - margin;
  // Then A and B are marks: a bar that does not begin at zero would lie about its length.
  const x = (v: number): number => (high === base ? 0 : ((v - base) / (high - base)) * 100);
  const bar = (a: number, b: number, tone: string | undefined) => (
    <div className={styles.track}>
      <div
        className={tone}
        style={{ left: `${x(Math.min(a, b))}%`, width: `max(2px, ${x(Math.max(a, b)) - x(Math.min(a, b))}%)` }}
      />
    </div>
  );
  return (
    <section>
      <div className={styles.heading}>
        <h2>Where the difference comes from</h2>
        <span className="muted">
          {metric.label}
          {base > 0 ? `, enlarged: the left edge is ${formatQuantity(base, metric.unit)}` : ''}
        </span>
      </div>
      <table aria-label="Where the difference comes from" className={`${styles.table} ${styles.waterfall}`}>
        <tbody>
          <tr>
            <th>{letter(0)}</th>
            <td className="num">{formatQuantity(from, metric.unit)}</td>
            <td className={styles.trackCell}>
              {base > 0 ? bar(from, from, styles.mark) : bar(base, from, styles.whole)}
            </td>
          </tr>
          {steps.map(({ part, start, end }) => (
            <tr key={part.id}>
              <th>
                {part.label} <span className="muted">{plural(part.tasks, 'task')}</span>
              </th>
              <td className="num">
                <Difference value={part.difference} unit={metric.unit} lowerIsBetter={metric.lowerIsBetter} />
              </td>
              <td className={styles.trackCell} title={formatExact(part.difference, metric.unit)}>
                {bar(start, end, part.difference > 0 === metric.lowerIsBetter ? styles.worse : styles.better)}
              </td>
            </tr>
          ))}
          <tr>
            <th>{letter(data.builds.length - 1)}</th>
            <td className="num">{formatQuantity(to, metric.unit)}</td>
            <td className={styles.trackCell}>{base > 0 ? bar(to, to, styles.mark) : bar(base, to, styles.whole)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}
