/** The card: the figures one looks at first, and what must be known to believe them. */

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { BuildDetail } from '../../../api/contract.ts';
import { FARM_KINDS } from '../../../model/farm-build.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  formatShare,
  plural,
} from '../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../model/task-table.ts';
import { Missing, Revision } from '../../components/Figures.tsx';
import { taskOutcomeLabel } from '../../components/Outcome.tsx';
import { Pop } from '../../components/Pop.tsx';
import { Sparkline } from '../../components/Sparkline.tsx';
import styles from './Build.module.css';

const KINDS: Readonly<Record<BuildDetail['kind'], string>> = {
  clean: 'clean build',
  incremental: 'incremental build',
  sstate: 'built from sstate',
  'not-recorded': 'type not recorded',
};

const WITHOUT_TASKS: ReadonlySet<string> = new Set([...FARM_KINDS, 'test-results']);

function Fact({
  label,
  children,
  under,
  title,
}: {
  label: string;
  children: ReactNode;
  under?: ReactNode;
  title?: string | undefined;
}) {
  return (
    <div className={styles.fact} title={title}>
      <dt>{label}</dt>
      <dd>
        <div className={styles.value}>{children}</div>
        {under === undefined || under === null ? null : <div className="muted">{under}</div>}
      </dd>
    </div>
  );
}

export function BuildSummary({ build }: { build: BuildDetail }) {
  const { sstate, usual, host } = build;
  // What a farm's server or test results say of a build has no task table.
  const told = build.tasks > 0 || build.sources.some(({ kind }) => !WITHOUT_TASKS.has(kind));
  const outcomes = TASK_OUTCOMES.filter((o) => (build.taskOutcomes[o] ?? 0) > 0);
  const hostUnder = [
    host.cpuModel,
    host.cores === null ? null : `${formatCount(host.cores)} cores`,
    host.memoryBytes === null ? null : formatBytes(host.memoryBytes),
    host.distro,
  ].filter((t) => t !== null);
  const rootfs = build.rootfsSizes.at(-1);
  return (
    <dl className={styles.card}>
      <Fact
        label="against usual"
        title="Usual: the median of the last 20 succeeded builds of the same configuration"
        under={
          usual.medianMs === null || usual.builds < 3
            ? usual.builds === 0
              ? 'the first like it'
              : `${formatCount(usual.builds)} like it before`
            : `usual ${formatDuration(usual.medianMs)}`
        }
      >
        {usual.medianMs === null ? (
          <span className="muted">no history</span>
        ) : (
          <Sparkline
            history={usual.historyMs}
            current={build.durationMs}
            usual={usual.medianMs}
            widthPx={Math.min(96, (usual.historyMs.length + 1) * 6)}
            heightPx={20}
          />
        )}
      </Fact>
      <Fact
        label="cpu time"
        under={
          build.parallelism === null
            ? null
            : `${formatQuantity(build.parallelism, 'cores')} busy${host.cores === null ? '' : ` of ${host.cores}`}`
        }
        title="Sum over the tasks; busy cores are cpu time by wall time of the build"
      >
        {build.cpuTimeS === null ? <Missing /> : formatQuantity(build.cpuTimeS, 's')}
      </Fact>
      {build.longestChain === null ? null : (
        <Fact
          label="longest chain"
          under={
            <Link to="/b/$id/chart" params={{ id: build.id }} search={{ chain: 'longest' }}>
              {plural(build.longestChain.tasks, 'task')}
              {build.durationMs ? `, ${formatShare(build.longestChain.lengthMs / build.durationMs)} of the build` : ''}
            </Link>
          }
          title="The longest chain of tasks that need each other, by the times measured: more threads cannot make the build shorter than this"
        >
          {formatDuration(build.longestChain.lengthMs)}
        </Fact>
      )}
      <Fact
        label="from sstate"
        under={
          sstate === null ? (
            `${KINDS[build.kind]}${build.kindEstimated && build.kind !== 'not-recorded' ? ', estimated' : ''}`
          ) : (
            <span
              title={`missed ${formatCount(sstate.missed)}, current ${formatCount(sstate.current)}${sstate.local === null ? '' : `, local ${formatCount(sstate.local)}`}${sstate.mirrors === null ? '' : `, mirrors ${formatCount(sstate.mirrors)}`}`}
            >
              {formatCount(sstate.found)} of {formatCount(sstate.wanted)} wanted
            </span>
          )
        }
      >
        {sstate === null ? (
          <Missing why="No event log was found beside the buildstats" />
        ) : sstate.wanted === 0 ? (
          'nothing wanted'
        ) : (
          formatShare(sstate.found / sstate.wanted)
        )}
      </Fact>
      <Fact
        label="tasks executed"
        under={
          outcomes
            .filter((o) => o !== 'succeeded')
            .map((o) => `${formatCount(build.taskOutcomes[o])} ${taskOutcomeLabel(o)}`)
            .join(', ') || (told ? 'all succeeded' : null)
        }
      >
        {told ? formatCount(build.tasks) : <Missing why="Where it was read tells of no tasks" />}
      </Fact>
      <Fact
        label="failures"
        under={
          build.failureList[0] === undefined ? null : (
            <Link
              to="/b/$id/problems"
              params={{ id: build.id }}
              search={build.failureList[0].row === null ? {} : { log: build.failureList[0].row }}
            >
              {build.failureList[0].cause ?? 'see which'}
            </Link>
          )
        }
      >
        {build.failures === 0 ? (
          told || build.outcome !== 'not-recorded' ? (
            'none'
          ) : (
            <Missing />
          )
        ) : (
          <span className="bad">
            {formatCount(build.failures)} <span className="mono">{build.firstFailure ?? ''}</span>
          </span>
        )}
      </Fact>
      {build.qaIssues === 0 ? null : (
        <Fact
          label="package QA"
          under={
            <Link to="/b/$id/problems" params={{ id: build.id }} search={{}}>
              which
            </Link>
          }
        >
          <span className="warn">{plural(build.qaIssues, 'issue')}</span>
        </Fact>
      )}
      <Fact label="host" under={hostUnder.length === 0 ? null : hostUnder.join(', ')}>
        {build.hostName ?? <Missing />}
      </Fact>
      {rootfs === undefined ? null : (
        <Fact
          label="root file system"
          under={rootfs.path.split('/').at(-1)}
          title={`${rootfs.path}\nas du prints it, which rounds up`}
        >
          {rootfs.bytes === null ? rootfs.text : `~ ${formatBytes(rootfs.bytes)}`}
        </Fact>
      )}
      <Fact label="layers" under={build.layers.length === 0 ? null : <Layers build={build} />}>
        {build.layers.length === 0 ? (
          <Missing why="No event log was found beside the buildstats" />
        ) : (
          formatCount(build.layers.length)
        )}
      </Fact>
    </dl>
  );
}

function Layers({ build }: { build: BuildDetail }) {
  const modified = build.layers.filter((l) => l.modified === true).length;
  return (
    <Pop
      end
      opener={
        <button type="button" className={styles.linkButton}>
          revisions{modified > 0 ? `, ${formatCount(modified)} modified` : ''} ▾
        </button>
      }
    >
      <LayerTable build={build} />
    </Pop>
  );
}

export function LayerTable({ build }: { build: Pick<BuildDetail, 'layers'> }) {
  return (
    <table aria-label="Layers" className={styles.layers}>
      <thead>
        <tr>
          <th>layer</th>
          <th>branch</th>
          <th>revision</th>
          <th>
            <span className="hidden-text">modified</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {build.layers.map((layer) => (
          <tr key={layer.name}>
            <td className="mono">{layer.name}</td>
            <td className="mono">{layer.branch ?? <Missing />}</td>
            <td>
              <Revision commit={layer.commit} />
            </td>
            <td className="warn">{layer.modified === true ? 'modified' : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
