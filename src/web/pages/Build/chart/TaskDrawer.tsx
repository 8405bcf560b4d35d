/** Everything that is known of one task run. */
import { type ReactNode, useMemo } from 'react';
import { chainDrags, longestChain } from '../../../../analysis/critical-path.ts';
import { formatSinceStart } from '../../../../chart/axis.ts';
import { type ChartData, taskRunName } from '../../../../chart/layout.ts';
import { OUTCOME_GLYPHS, OUTCOME_LABELS } from '../../../../chart/palette.ts';
import type { Build } from '../../../../model/build.ts';
import {
  formatDuration,
  formatExact,
  formatQuantity,
  formatUtc,
  NOT_RECORDED,
  plural,
} from '../../../../model/format.ts';
import type { Metric } from '../../../../model/metric.ts';
import { TASK_OUTCOMES, type TaskGraph } from '../../../../model/task-table.ts';
import css from './BootChart.module.css';

export interface TaskDrawerProps {
  readonly data: ChartData;
  readonly graph: TaskGraph | null;
  readonly failures: Build['failures'];
  /** What the client kept back, in words. */
  readonly notSent: string | null;
  readonly row: number;
  readonly logLink: ReactNode;
  readonly onSelect: (row: number) => void;
  readonly onZoom: () => void;
  readonly onStep: (step: 'next' | 'previous') => void;
  readonly onCopyLink: () => void;
  readonly onClose: () => void;
}

/** More than this of a list is counted, not listed. */
const LIST_MAX = 12;

export function TaskDrawer(props: TaskDrawerProps) {
  const { data, graph, row } = props;
  const { build } = data;
  const { tasks } = build;
  const recipe = build.recipes[tasks.recipe[row]!];
  const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
  const start = data.startMs[row]!;
  const open = data.open[row] === 1;
  const durationMs = tasks.endMs[row]! - tasks.startMs[row]!;
  const queuedMs = tasks.queuedMs?.[row] ?? Number.NaN;
  const failure = props.failures.find((f) => f.row === row);
  const task = tasks.taskNames[tasks.task[row]!] ?? '';
  const started = !Number.isNaN(start);
  // The wall time is the duration, said above. Derived metrics answer, so they come first; the counters behind them are evidence.
  const metrics = tasks.metrics.filter((metric) => metric.id !== 'walltime');
  const known = metrics
    .map((metric): Known => ({ metric, value: tasks.values.get(metric.id)?.[row] ?? Number.NaN }))
    .filter(({ value }) => !Number.isNaN(value));
  const missing = metrics.length - known.length;
  const longest = useMemo(() => (graph === null ? null : longestChain({ tasks, graph })), [tasks, graph]);
  const drags = useMemo(
    () => (graph === null || longest === null ? null : chainDrags({ tasks, graph }, longest)),
    [tasks, graph, longest],
  );
  const slackMs = started ? (longest?.slackMs[row] ?? null) : null;
  const dragMs = drags?.[row] ?? null;

  return (
    <aside className={css.drawer} aria-label={`Task ${taskRunName(build, row)}`}>
      <header className={css.drawerHead}>
        <span className={css.glyph} data-outcome={outcome} role="img" aria-label={OUTCOME_LABELS[outcome]}>
          {OUTCOME_GLYPHS[outcome]}
        </span>
        <h2 className={css.drawerTitle}>
          <span>{recipe?.pn ?? NOT_RECORDED}</span>
          <span className={css.muted}>:</span>
          <wbr />
          <span>{task}</span>
        </h2>
        <button
          type="button"
          className={css.iconButton}
          onClick={props.onClose}
          aria-label="Close (Escape)"
          title="Close (Escape)"
        >
          ✕
        </button>
      </header>
      <p className={css.drawerLine}>
        {OUTCOME_LABELS[outcome]} · <span className={css.mono}>{recipe?.pf}</span>
        {recipe !== undefined && recipe.mc !== '' ? ` · multiconfig ${recipe.mc}` : ''}
        {recipe?.layer != null ? ` · ${recipe.layer}` : ''}
      </p>
      <div className={css.drawerActions}>
        <button
          type="button"
          className={css.smallButton}
          onClick={() => props.onStep('previous')}
          title="Previous on its lane (,)"
        >
          ‹ previous
        </button>
        <button
          type="button"
          className={css.smallButton}
          onClick={() => props.onStep('next')}
          title="Next on its lane (.)"
        >
          next ›
        </button>
        <button type="button" className={css.smallButton} onClick={props.onZoom} title="Zoom to it (Enter)">
          zoom to
        </button>
        <button
          type="button"
          className={css.smallButton}
          onClick={props.onCopyLink}
          title="A link that opens this view (y)"
        >
          copy link
        </button>
      </div>
      {failure?.cause != null ? <pre className={css.cause}>{failure.cause}</pre> : null}
      {props.logLink === null ? null : <p className={css.drawerLine}>{props.logLink}</p>}

      <dl className={css.facts}>
        <Fact
          name="Duration"
          value={open ? 'no end recorded' : started ? formatDuration(durationMs) : NOT_RECORDED}
          exact={open || !started ? null : formatExact(durationMs / 1000, 's')}
          strong
        />
        <Fact
          name="Started"
          value={started ? `${formatSinceStart(start)} after the build's start` : NOT_RECORDED}
          exact={started ? formatUtc(tasks.startMs[row]) : null}
        />
        {started ? (
          <Fact name="" value={new Date(tasks.startMs[row]!).toLocaleString()} exact={formatUtc(tasks.startMs[row])} />
        ) : null}
        {started && !open ? (
          <Fact name="Ended" value={formatSinceStart(data.endMs[row]!)} exact={formatUtc(tasks.endMs[row])} />
        ) : null}
        {Number.isNaN(queuedMs) || !started ? null : (
          <Fact
            name="Waited for a worker"
            value={`${formatDuration(Math.max(0, tasks.startMs[row]! - queuedMs))} (estimated)`}
            exact="From when the run queue handed it out to its start. Event logs give no time to the first: the latest time seen before it."
          />
        )}
        {tasks.hash?.[row] ? <Fact name="Task hash" value={tasks.hash[row]} exact={null} mono /> : null}
        {Number.isNaN(tasks.pid?.[row] ?? Number.NaN) ? null : (
          <Fact name="Process" value={String(tasks.pid?.[row])} exact={null} mono />
        )}
      </dl>

      <Metrics title="Measures" list={known.filter(({ metric }) => metric.derived)} />
      {slackMs === null || Number.isNaN(slackMs) ? null : (
        <dl className={css.facts}>
          <Fact
            name="Slack"
            value={slackMs < 1 ? 'none' : formatDuration(slackMs)}
            exact="How much longer it could have taken without making the longest chain of tasks longer"
          />
          <Fact
            name="Drag"
            value={dragMs === null || dragMs < 1 ? 'none' : formatDuration(dragMs)}
            exact="How much shorter the longest chain of tasks were if this one took no time"
          />
        </dl>
      )}
      {graph !== null ? <Dependencies data={data} graph={graph} row={row} onSelect={props.onSelect} /> : null}
      <Metrics title="As recorded" list={known.filter(({ metric }) => !metric.derived)} />
      {tasks.metrics.length === 0 ? (
        <p className={css.drawerLine}>No metric was recorded for the tasks of this build.</p>
      ) : missing > 0 ? (
        <p className={css.drawerLine}>{plural(missing, 'metric')} not recorded for this run.</p>
      ) : null}
      {props.notSent === null ? null : <p className={css.drawerLine}>Not sent: {props.notSent}.</p>}
    </aside>
  );
}

function Fact(props: { name: string; value: string; exact: string | null; mono?: boolean; strong?: boolean }) {
  return (
    <div className={css.fact}>
      <dt>{props.name}</dt>
      <dd
        title={props.exact ?? undefined}
        className={[props.mono === true ? css.mono : '', props.strong === true ? css.strong : ''].join(' ')}
      >
        {props.value}
      </dd>
    </div>
  );
}

interface Known {
  readonly metric: Metric;
  readonly value: number;
}

function Metrics({ title, list }: { title: string; list: readonly Known[] }) {
  if (list.length === 0) return null;
  return (
    <section>
      <h3 className={css.drawerSection}>{title}</h3>
      <dl className={css.facts}>
        {list.map(({ metric, value }) => (
          <div className={css.fact} key={metric.id}>
            <dt title={about(metric)}>
              {metric.label}
              {metric.guessed ? <span className={css.mark}>guessed</span> : null}
            </dt>
            <dd title={formatExact(value, metric.unit)}>{formatQuantity(value, metric.unit)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function about(metric: Metric): string {
  const guessed = metric.guessed ? ' (label and unit are guessed)' : '';
  return `${metric.id}${guessed}${metric.note === null ? '' : `: ${metric.note}`}`;
}

function Dependencies({
  data,
  graph,
  row,
  onSelect,
}: {
  data: ChartData;
  graph: TaskGraph;
  row: number;
  onSelect: (row: number) => void;
}) {
  const needs = [...graph.targets.subarray(graph.offsets[row]!, graph.offsets[row + 1]!)];
  const neededBy: number[] = [];
  for (let r = 0; r + 1 < graph.offsets.length; r++) {
    for (let i = graph.offsets[r]!; i < graph.offsets[r + 1]!; i++) if (graph.targets[i] === row) neededBy.push(r);
  }
  const end = (r: number): number => (Number.isNaN(data.endMs[r]!) ? Number.NEGATIVE_INFINITY : data.endMs[r]!);
  // What ended last is what it waited for.
  needs.sort((a, b) => end(b) - end(a));
  neededBy.sort(
    (a, b) => (data.startMs[a] || Number.POSITIVE_INFINITY) - (data.startMs[b] || Number.POSITIVE_INFINITY),
  );
  const start = data.startMs[row]!;
  const list = (rows: number[], gap: (r: number) => string) => (
    <ul className={css.links}>
      {rows.slice(0, LIST_MAX).map((r) => (
        <li key={r}>
          <button type="button" className={css.linkButton} onClick={() => onSelect(r)}>
            {taskRunName(data.build, r)}
          </button>
          <span className={css.muted}> {gap(r)}</span>
        </li>
      ))}
      {rows.length > LIST_MAX ? <li className={css.muted}>and {rows.length - LIST_MAX} more</li> : null}
    </ul>
  );
  const outcomeOf = (r: number): string => OUTCOME_LABELS[TASK_OUTCOMES[data.build.tasks.outcome[r]!]!];
  return (
    <section>
      <h3 className={css.drawerSection}>Needs {plural(needs.length, 'task')}</h3>
      {list(needs, (r) =>
        Number.isNaN(data.endMs[r]!) || Number.isNaN(start)
          ? outcomeOf(r)
          : `ended ${formatDuration(Math.max(0, start - data.endMs[r]!))} before`,
      )}
      <h3 className={css.drawerSection}>Needed by {plural(neededBy.length, 'task')}</h3>
      {list(neededBy, (r) =>
        Number.isNaN(data.startMs[r]!) || Number.isNaN(data.endMs[row]!)
          ? outcomeOf(r)
          : `began ${formatDuration(Math.max(0, data.startMs[r]! - data.endMs[row]!))} after`,
      )}
    </section>
  );
}
