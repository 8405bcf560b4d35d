import type { BuildRow } from '../../../api/contract.ts';
import {
  formatDuration,
  formatExact,
  formatFixed,
  formatQuantity,
  formatShare,
  formatUtc,
  plural,
} from '../../../model/format.ts';
import { Duration, Elapsed, Missing, Ratio, When } from '../../components/Figures.tsx';
import type { GridColumn } from '../../components/Grid.tsx';
import { BuildOutcomeMark, buildOutcomeLabel } from '../../components/Outcome.tsx';
import { Sparkline } from '../../components/Sparkline.tsx';
import { VisibilityMark } from '../../components/VisibilityMark.tsx';
import { buildTitle } from '../build-title.ts';
import styles from './Builds.module.css';

/** Fewer earlier builds than this make no usual (glossary). */
const USUAL_BUILDS_MIN = 3;

function usualText(row: BuildRow): string {
  const { builds, medianMs, ratio } = row.usual;
  if (builds < USUAL_BUILDS_MIN || medianMs === null) {
    return builds === 0
      ? 'No earlier succeeded build of the same configuration'
      : `Only ${plural(builds, 'earlier succeeded build')} of the same configuration; a usual takes ${USUAL_BUILDS_MIN}`;
  }
  const against = ratio === null ? '' : `; this build ${formatDuration(row.durationMs)}`;
  return `Usual: ${formatDuration(medianMs)}, median of ${plural(builds, 'earlier succeeded build')} of the same configuration${against}`;
}

function sstateText(row: BuildRow): string | undefined {
  const s = row.sstate;
  if (s === null) return undefined;
  return `wanted ${s.wanted}, found ${s.found}, missed ${s.missed}, already current ${s.current}`;
}

/** The share of what was wanted that sstate had. */
export function sstateShare(row: Pick<BuildRow, 'sstate'>): number | null {
  return row.sstate === null || row.sstate.wanted === 0 ? null : row.sstate.found / row.sstate.wanted;
}

export function buildColumns(
  rows: readonly BuildRow[],
  picked: readonly string[],
  toggle: (id: string) => void,
): GridColumn[] {
  const at = (row: number): BuildRow => rows[row]!;
  return [
    {
      id: 'select',
      label: '',
      hint: 'Pick builds for Compare',
      widthPx: 34,
      cell: (row) => (
        <label className={styles.pick}>
          <input type="checkbox" checked={picked.includes(at(row).id)} onChange={() => toggle(at(row).id)} />
          <span className="hidden-text">Pick {buildTitle(at(row))} for Compare</span>
        </label>
      ),
    },
    {
      id: 'when',
      label: 'when',
      widthPx: 130,
      hover: (row) => formatUtc(at(row).startedMs),
      cell: (row) => <When ms={at(row).startedMs} />,
    },
    {
      id: 'target',
      label: 'target',
      widthPx: 170,
      grow: true,
      hover: (row) => [at(row).targets?.join(' ') ?? 'Targets were not recorded', at(row).location].join('\n'),
      cell: (row) => (
        <>
          <VisibilityMark visibility={at(row).visibility} word={false} />
          <span className={at(row).targets === null ? styles.place : undefined}>{buildTitle(at(row))}</span>
        </>
      ),
    },
    { id: 'machine', label: 'machine', widthPx: 104, cell: (row) => at(row).machine ?? <Missing /> },
    { id: 'distro', label: 'distro', widthPx: 98, cell: (row) => at(row).distro ?? <Missing /> },
    {
      id: 'result',
      label: 'result',
      hint: 'How it ended, and what failed first',
      speaks: true,
      widthPx: 186,
      hover: (row) =>
        [
          buildOutcomeLabel(at(row).outcome),
          at(row).failures > 0 ? plural(at(row).failures, 'failure') : '',
          at(row).firstFailure ?? '',
        ]
          .filter((t) => t !== '')
          .join('\n'),
      cell: (row) => {
        const build = at(row);
        return (
          <>
            <BuildOutcomeMark
              outcome={build.outcome}
              word={build.firstFailure === null && build.outcome !== 'succeeded'}
            />
            {build.firstFailure === null ? null : <span className="mono bad"> {build.firstFailure}</span>}
            {build.failures > 1 ? <span className="muted"> +{build.failures - 1}</span> : null}
            {build.qaIssues > 0 ? (
              <span className="warn" title={plural(build.qaIssues, 'package QA issue')}>
                {' '}
                ! {build.qaIssues} QA
              </span>
            ) : null}
          </>
        );
      },
    },
    {
      id: 'time',
      label: 'time',
      speaks: true,
      widthPx: 104,
      align: 'right',
      hover: (row) => formatExact(at(row).durationMs === null ? null : at(row).durationMs! / 1000, 's'),
      cell: (row) =>
        at(row).outcome === 'running' ? (
          <Elapsed sinceMs={at(row).startedMs} />
        ) : (
          <Duration ms={at(row).durationMs} estimated={at(row).endEstimated} />
        ),
    },
    {
      id: 'usual',
      label: 'vs usual',
      hint: 'Against the median of the last 20 succeeded builds of the same configuration; bars are those builds',
      widthPx: 148,
      hover: (row) => usualText(at(row)),
      cell: (row) => {
        const { usual, durationMs } = at(row);
        if (at(row).outcome === 'running' && usual.medianMs !== null)
          return <span className="muted">usual {formatDuration(usual.medianMs)}</span>;
        if (usual.ratio === null || usual.builds < USUAL_BUILDS_MIN) return <span className="muted">no history</span>;
        return (
          <span className={styles.usual}>
            <Sparkline history={usual.historyMs} current={durationMs} usual={usual.medianMs} />
            <Ratio ratio={usual.ratio} title={usualText(at(row))} />
          </span>
        );
      },
    },
    {
      id: 'sstate',
      label: 'sstate',
      hint: 'Share of the wanted objects that sstate had',
      widthPx: 60,
      align: 'right',
      hover: (row) => sstateText(at(row)),
      cell: (row) => {
        const share = sstateShare(at(row));
        return share === null ? (
          <span className="muted" title="not recorded">
            –
          </span>
        ) : (
          formatShare(share)
        );
      },
    },
    {
      id: 'cpu',
      label: 'cpu time',
      hint: 'Sum over the tasks',
      widthPx: 104,
      align: 'right',
      hover: (row) => formatExact(at(row).cpuTimeS, 's'),
      cell: (row) => {
        const { cpuTimeS } = at(row);
        return cpuTimeS === null ? (
          <span className="muted" title="not recorded">
            –
          </span>
        ) : (
          formatQuantity(cpuTimeS, 's')
        );
      },
    },
    {
      id: 'cores',
      label: 'cores',
      hint: 'Cores kept busy: cpu time of the tasks by wall time of the build',
      widthPx: 54,
      align: 'right',
      hover: (row) => formatExact(at(row).parallelism, 'cores'),
      cell: (row) => {
        const { parallelism } = at(row);
        return parallelism === null ? (
          <span className="muted" title="not recorded">
            –
          </span>
        ) : (
          formatFixed(parallelism, 1)
        );
      },
    },
    {
      id: 'tasks',
      label: 'tasks',
      hint: 'Task runs that were executed',
      widthPx: 70,
      align: 'right',
      cell: (row) => {
        const { tasks, kind } = at(row);
        // What a farm or test results say of a build has no task table, and its kind is not known either.
        return tasks === 0 && kind === 'not-recorded' ? (
          <span className="muted" title="not recorded">
            –
          </span>
        ) : (
          tasks.toLocaleString('en-US')
        );
      },
    },
    {
      id: 'builder',
      label: 'builder',
      hint: 'Who built it, else the host',
      widthPx: 104,
      hover: (row) => `builder ${at(row).builder ?? 'not recorded'}\nhost ${at(row).hostName ?? 'not recorded'}`,
      cell: (row) => at(row).builder ?? at(row).hostName ?? <Missing />,
    },
  ];
}
