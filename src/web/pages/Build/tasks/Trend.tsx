/** One task over the last builds of the same configuration. Builds that did not execute it have no point: not executed is not zero. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { median } from '../../../../analysis/median.ts';
import type { BuildDetail } from '../../../../api/contract.ts';
import { formatCount, formatDuration, formatQuantity, plural } from '../../../../model/format.ts';
import type { Metric } from '../../../../model/metric.ts';
import { LineChart } from '../../../components/LineChart.tsx';
import { ErrorNote } from '../../../components/Notes.tsx';
import { formatWhen } from '../../../format/time.ts';
import { trendQuery } from '../../../state/api.ts';

const HEIGHT_PX = 130;

export function Trend({
  build,
  recipe,
  mc,
  task,
  metric,
  metrics,
  onMetric,
}: {
  build: BuildDetail;
  recipe: string;
  mc: string;
  task: string;
  metric: string;
  metrics: readonly Metric[];
  onMetric: (metric: string) => void;
}) {
  const navigate = useNavigate();
  const { data, isError, error, isPlaceholderData } = useQuery(
    trendQuery({ recipe, task, mc, metric, builds: 100, like: build.id }),
  );
  const points = (data?.points ?? []).filter((p) => p.startedMs !== null);
  const looked = data?.builds ?? 0;
  const unit = data?.metric.unit ?? 's';
  const values = points.map((p) => p.value);
  const middle = median(values);
  const here = points.findIndex((p) => p.id === build.id);
  return (
    <>
      <select
        className="field"
        aria-label="Metric of the history"
        value={metric}
        onChange={(e) => onMetric(e.target.value)}
        style={{ maxWidth: '100%', marginBottom: 4 }}
      >
        {metrics.map((m) => (
          <option key={m.id} value={m.id}>
            {m.label}
          </option>
        ))}
      </select>
      {isError ? <ErrorNote error={error} what="The history could not be read" /> : null}
      {points.length >= 2 ? (
        <div className={isPlaceholderData ? 'stale' : undefined}>
          <LineChart
            heightPx={HEIGHT_PX}
            x={points.map((p) => p.startedMs! / 1000)}
            y={values}
            mark={here}
            unit={unit}
            label={(i) =>
              `${formatWhen(points[i]!.startedMs)}: ${unit === 's' ? formatDuration(points[i]!.value * 1000) : formatQuantity(points[i]!.value, unit)}`
            }
            onPick={(i) =>
              void navigate({
                to: '/b/$id/tasks',
                params: { id: points[i]!.id },
                search: { q: `recipe:"${recipe}" task:"${task}"` },
              })
            }
          />
          <p className="muted">
            {looked > points.length
              ? `${formatCount(points.length)} of ${plural(looked, 'build')} of the same configuration executed it`
              : `${plural(points.length, 'build')} of the same configuration`}
            , median {formatQuantity(middle, unit)}. A click opens that build.
          </p>
        </div>
      ) : data === undefined ? (
        <div className="skeleton" style={{ height: HEIGHT_PX }} />
      ) : (
        <p className="muted" style={{ minHeight: 40 }}>
          {looked <= 1
            ? 'This is the only build of its configuration so far; a history takes two.'
            : points.length === 0
              ? `None of ${plural(looked, 'build')} of the same configuration recorded this.`
              : `Only one of ${plural(looked, 'build')} of the same configuration executed it; a history takes two.`}
        </p>
      )}
    </>
  );
}
