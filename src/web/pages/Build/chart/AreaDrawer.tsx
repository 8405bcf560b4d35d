/** Totals of the time that is selected. */
import { formatSinceStart } from '../../../../chart/axis.ts';
import type { AreaTotals } from '../../../../chart/selection.ts';
import {
  formatCount,
  formatDuration,
  formatExact,
  formatFixed,
  formatQuantity,
  NOT_RECORDED,
} from '../../../../model/format.ts';
import css from './BootChart.module.css';

export interface AreaDrawerProps {
  readonly totals: AreaTotals;
  readonly onSelect: (row: number) => void;
  readonly onZoom: () => void;
  readonly onClose: () => void;
}

export function AreaDrawer({ totals, onSelect, onZoom, onClose }: AreaDrawerProps) {
  const spanMs = totals.toMs - totals.fromMs;
  const share = (wallMs: number): string =>
    `${formatFixed(totals.wallMs === 0 ? 0 : (100 * wallMs) / totals.wallMs, 0)} %`;
  const cpu =
    totals.cpuS === null
      ? NOT_RECORDED
      : `${formatDuration(totals.cpuS * 1000)}${totals.cpuEstimated ? ' (estimated)' : ''}`;
  return (
    <aside className={css.drawer} aria-label="Selected time">
      <header className={css.drawerHead}>
        <h2 className={css.drawerTitle}>{formatDuration(spanMs)} selected</h2>
        <button
          type="button"
          className={css.iconButton}
          onClick={onClose}
          aria-label="Close (Escape)"
          title="Close (Escape)"
        >
          ✕
        </button>
      </header>
      <p className={css.drawerLine}>
        {formatSinceStart(totals.fromMs, 100)} to {formatSinceStart(totals.toMs, 100)} after the build's start
      </p>
      <div className={css.drawerActions}>
        <button type="button" className={css.smallButton} onClick={onZoom}>
          zoom to
        </button>
      </div>
      <dl className={css.facts}>
        <Row name="Task runs" value={formatCount(totals.tasks)} />
        <Row
          name="Σ wall time in it"
          value={formatDuration(totals.wallMs)}
          exact={formatExact(totals.wallMs / 1000, 's')}
        />
        <Row
          name="Σ cpu time in it"
          value={cpu}
          exact={
            totals.cpuEstimated
              ? 'Runs that are partly in the selection count by their part, as if they used the cpu evenly.'
              : totals.cpuS === null
                ? null
                : formatExact(totals.cpuS, 's')
          }
        />
        {totals.cpuS !== null && totals.cpuMissing > 0 ? (
          <Row name="" value={`${formatCount(totals.cpuMissing)} without a cpu time`} />
        ) : null}
        <Row
          name="Mean running"
          value={formatFixed(totals.meanRunning, 1)}
          exact={formatExact(totals.meanRunning, 'none')}
        />
        {totals.cpuS !== null && spanMs > 0 ? (
          <Row name="Mean cores at work" value={formatFixed((totals.cpuS * 1000) / spanMs, 1)} />
        ) : null}
        {totals.means.map(({ series, mean }) => (
          <Row
            key={series.id}
            name={`Mean ${series.label}`}
            value={formatQuantity(mean, series.unit)}
            exact={mean === null ? null : formatExact(mean, series.unit)}
          />
        ))}
      </dl>
      <h3 className={css.drawerSection}>Recipes by wall time</h3>
      <table className={css.topTable} aria-label="Recipes by wall time">
        <tbody>
          {totals.topRecipes.map((r) => (
            <tr key={r.name}>
              <td className={css.mono}>{r.name}</td>
              <td>{formatDuration(r.wallMs)}</td>
              <td title="share of the wall time in the selection">{share(r.wallMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3 className={css.drawerSection}>Longest in it</h3>
      <table className={css.topTable} aria-label="Longest in it">
        <tbody>
          {totals.topRuns.map((r) => (
            <tr key={r.row}>
              <td>
                <button type="button" className={css.linkButton} onClick={() => onSelect(r.row)}>
                  {r.name}
                </button>
              </td>
              <td>{formatDuration(r.wallMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </aside>
  );
}

function Row({ name, value, exact }: { name: string; value: string; exact?: string | null }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd title={exact ?? undefined}>{value}</dd>
    </div>
  );
}
