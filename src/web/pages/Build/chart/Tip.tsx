/** What is under the pointer, in a few words. */
import { formatSinceStart } from '../../../../chart/axis.ts';
import { hiddenText } from '../../../../chart/draw.ts';
import { type ChartLayout, taskRunName } from '../../../../chart/layout.ts';
import { OUTCOME_GLYPHS, OUTCOME_LABELS } from '../../../../chart/palette.ts';
import { formatDuration, formatQuantity } from '../../../../model/format.ts';
import { TASK_OUTCOMES, TASK_RUNNING } from '../../../../model/task-table.ts';
import css from './BootChart.module.css';
import type { Target } from './scene.ts';

export function Tip({ target, layout }: { target: Target; layout: ChartLayout }) {
  if (target.kind === 'bar') return <RunTip row={target.row} layout={layout} />;
  if (target.kind === 'density') return <div>{hiddenText(layout)}</div>;
  const phase = target.kind === 'phase' ? layout.data.phases[target.index] : undefined;
  if (phase === undefined) return null;
  return (
    <>
      <div className={css.tipName}>{phase.label}</div>
      <div>
        <strong>{formatDuration(phase.endMs - phase.startMs)}</strong>
        {phase.estimated ? ' (estimated: between the events around it)' : ''}
      </div>
      {phase.detail === null ? null : <div className={css.muted}>{phase.detail}</div>}
    </>
  );
}

function RunTip({ row, layout }: { row: number; layout: ChartLayout }) {
  const { data } = layout;
  const { tasks } = data.build;
  const outcome = TASK_OUTCOMES[tasks.outcome[row]!]!;
  const cpu = tasks.values.get('cputime')?.[row] ?? Number.NaN;
  const cores = tasks.values.get('effective_cores')?.[row] ?? Number.NaN;
  const start = data.startMs[row]!;
  const end = data.endMs[row]!;
  const open = data.open[row] === 1;
  const running = tasks.outcome[row] === TASK_RUNNING;
  const length = formatDuration(end - start);
  return (
    <>
      <div className={css.tipName}>{taskRunName(data.build, row)}</div>
      <div>
        <strong>{running ? `${length} so far` : open ? 'no end recorded' : length}</strong>{' '}
        <span className={css.glyph} data-outcome={outcome}>
          {OUTCOME_GLYPHS[outcome]}
        </span>{' '}
        {OUTCOME_LABELS[outcome]}
      </div>
      <div className={css.muted}>
        {formatSinceStart(start)} – {open ? '?' : formatSinceStart(end)}
        {Number.isNaN(cpu) ? '' : ` · cpu ${formatDuration(cpu * 1000)}`}
        {Number.isNaN(cores) ? '' : ` · ${formatQuantity(cores, 'cores')}`}
      </div>
    </>
  );
}

/** Beside the pointer, on the side with room. Moved by hand: a render for every pixel would be felt. */
export function placeTip(tip: HTMLElement | null, stage: HTMLElement, x: number, y: number): void {
  if (tip === null) return;
  const leftOf = x > stage.clientWidth * 0.6;
  tip.style.transform = `translate(${leftOf ? x - 14 : x + 14}px, ${y + 16}px) translateX(${leftOf ? '-100%' : '0'})`;
}
