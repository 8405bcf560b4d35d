/** Everything known of one task run: its numbers, its history, its log. */
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { NOT_SENT } from '../../../../model/build.ts';
import { formatExact, formatQuantity, formatUtc, NOT_RECORDED, plural } from '../../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../../model/task-table.ts';
import { CopyButton } from '../../../components/CopyButton.tsx';
import { Missing, When } from '../../../components/Figures.tsx';
import { TaskOutcomeMark } from '../../../components/Outcome.tsx';
import type { BuildTasks } from '../../../state/task-table.ts';
import { runKey } from '../run-key.ts';
import styles from '../table/Table.module.css';

// uPlot comes with it.
const Trend = lazy(() => import('./Trend.tsx').then((m) => ({ default: m.Trend })));

export function TaskDrawer({ data, row, onClose }: { data: BuildTasks; row: number; onClose: () => void }) {
  const { build, tasks } = data;
  const recipe = build.recipes[tasks.recipe[row]!];
  const task = tasks.taskNames[tasks.task[row]!] ?? '';
  const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
  const [metric, setMetric] = useState('walltime');
  const failure = build.failureList.find((f) => f.row === row);
  const recorded = tasks.metrics.filter((m) => !Number.isNaN(tasks.values.get(m.id)?.[row] ?? Number.NaN));
  const start = tasks.startMs[row]!;
  const hash = tasks.hash?.[row];
  return (
    <aside className={styles.drawer} aria-label={`Task ${recipe?.pn}:${task}`}>
      <div className={styles.drawerHead}>
        <h2 className="mono">
          {recipe?.mc ? `mc:${recipe.mc}:` : ''}
          {recipe?.pn}:{task}
        </h2>
        <button type="button" className="btn plain square" onClick={onClose} title="Close (Esc)">
          <span aria-hidden="true">✕</span>
          <span className="hidden-text">Close</span>
        </button>
      </div>
      <div className="row">
        <TaskOutcomeMark outcome={outcome} word />
        <span className="muted mono">{recipe?.pf}</span>
        {recipe?.layer == null ? null : <span className="muted">{recipe.layer}</span>}
      </div>
      {failure?.cause == null ? null : <pre className="cause">{failure.cause}</pre>}
      <div className="row" style={{ marginTop: 8 }}>
        <Link to="/b/$id/chart" params={{ id: build.id }} search={{ sel: runKey(data, row) }} className="btn">
          In the boot chart
        </Link>
        {failure === undefined && !build.logsAvailable ? null : (
          <Link to="/b/$id/problems" params={{ id: build.id }} search={{ log: row }} className="btn">
            Log
          </Link>
        )}
        <CopyButton text={`${recipe?.pn}:${task}`} what="name" label="Copy name" />
      </div>
      <section className={styles.section}>
        <h3>over earlier and later builds</h3>
        <Suspense fallback={<div className="skeleton" style={{ height: 150 }} />}>
          <Trend
            build={build}
            recipe={recipe?.pn ?? ''}
            mc={recipe?.mc ?? ''}
            task={task}
            metric={metric}
            metrics={tasks.metrics}
            onMetric={setMetric}
          />
        </Suspense>
      </section>
      <section className={styles.section}>
        <h3>this run</h3>
        <table aria-label="Numbers of this run" className={styles.facts}>
          <tbody>
            <tr>
              <td>started</td>
              <td>{Number.isNaN(start) ? <Missing /> : <When ms={start} full />}</td>
            </tr>
            <tr>
              <td>ended</td>
              <td>
                {Number.isNaN(tasks.endMs[row]!) ? (
                  <Missing />
                ) : (
                  <span title={formatUtc(tasks.endMs[row])}>
                    <When ms={tasks.endMs[row]} full />
                  </span>
                )}
              </td>
            </tr>
            {recorded.map((m) => {
              const value = tasks.values.get(m.id)![row]!;
              return (
                <tr key={m.id}>
                  <td
                    title={[m.id, m.note, m.guessed ? 'Label and unit are guessed from the name.' : null]
                      .filter((t) => t !== null)
                      .join('\n')}
                  >
                    {m.label}
                  </td>
                  <td title={formatExact(value, m.unit)}>{formatQuantity(value, m.unit)}</td>
                </tr>
              );
            })}
            {hash === undefined || hash === '' ? null : (
              <tr>
                <td>task hash</td>
                <td className="mono">{hash}</td>
              </tr>
            )}
          </tbody>
        </table>
        {recorded.length < tasks.metrics.length ? (
          <p className="muted">
            {plural(tasks.metrics.length - recorded.length, 'metric')} {NOT_RECORDED} for this run.
          </p>
        ) : null}
        {build.extras[NOT_SENT] === undefined ? null : <p className="muted">Not sent: {build.extras[NOT_SENT]}.</p>}
      </section>
    </aside>
  );
}
