/** Build: one run of bitbake. What, where, when, how long; then its tasks, recipes, configuration and problems. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { createContext, Suspense, use } from 'react';
import { ApiError, address } from '../../../api/client.ts';
import type { BuildDetail } from '../../../api/contract.ts';
import { formatCount, formatDuration, plural } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Clock, Duration, Elapsed, Ratio, When } from '../../components/Figures.tsx';
import { ErrorNote, WarningNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { useTitle } from '../../components/use-title.ts';
import { VisibilityMark } from '../../components/VisibilityMark.tsx';
import { report } from '../../report/embedded-report.ts';
import { buildQuery, serverQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { buildTitle } from '../build-title.ts';
import { AccessMenu } from './Access.tsx';
import styles from './Build.module.css';
import { BuildSummary } from './BuildSummary.tsx';
import { Related } from './Related.tsx';

const Current = createContext<BuildDetail | null>(null);

/** The build of the page; the tabs are only shown when there is one. */
export function useBuild(): BuildDetail {
  const build = use(Current);
  if (build === null) throw new Error('A tab of Build is shown outside of it.');
  return build;
}

export function Build() {
  const { id } = useParams({ from: '/b/$id' });
  const query = useQuery(buildQuery(id));
  const build = query.data;
  const { data: server } = useQuery({ ...serverQuery, enabled: report === null });
  useTitle(build === undefined ? 'Build' : buildTitle(build));
  const navigate = useNavigate();
  const go = (to: string | null | undefined): void => {
    if (typeof to === 'string') void navigate({ to: '/b/$id', params: { id: to } });
  };
  const compare = (): void => {
    if (typeof build?.previousId === 'string')
      void navigate({ to: '/compare', search: { b: [build.previousId, build.id] } });
  };
  useCommands([
    ...TABS.map((tab, i) => ({
      id: `build-tab ${tab.to}`,
      label: `Show ${tab.label}`,
      group: 'Build',
      keys: [String(i + 1)],
      run: () => void navigate({ to: tab.to, params: { id }, search: {} }),
    })),
    {
      id: 'build-compare',
      label: 'Compare with the previous build of the same configuration',
      group: 'Build',
      keys: ['c'],
      run: compare,
    },
    {
      id: 'build-previous',
      label: 'Previous build of the same configuration',
      group: 'Build',
      keys: ['['],
      run: () => go(build?.previousId),
    },
    {
      id: 'build-next',
      label: 'Next build of the same configuration',
      group: 'Build',
      keys: [']'],
      run: () => go(build?.nextId),
    },
  ]);

  if (build === undefined) {
    if (query.isError) {
      const gone = query.error instanceof ApiError && query.error.code === 'not-found';
      return (
        <>
          <h1>Build</h1>
          <ErrorNote
            error={query.error}
            what={gone ? 'There is no such build' : 'The build could not be read'}
            retry={() => void query.refetch()}
          />
          <Link to="/" search={{}}>
            All builds
          </Link>
        </>
      );
    }
    return <BuildSkeleton />;
  }

  return (
    <>
      <div className={styles.title}>
        <h1 className="cut" title={build.location}>
          {buildTitle(build)}
        </h1>
        <span className={`muted ${styles.sub}`}>
          {[build.machine, build.distro === null ? null : [build.distro, build.distroVersion].filter(Boolean).join(' ')]
            .filter((t) => t !== null)
            .map((t) => `${t} · `)}
          <When ms={build.startedMs} />
          {build.endedMs === null ? null : (
            <>
              {build.endEstimated ? ' to about ' : ' to '}
              <Clock ms={build.endedMs} />
            </>
          )}
        </span>
        <BuildOutcomeMark outcome={build.outcome} word />
        <VisibilityMark visibility={build.access.visibility} />
        <strong>
          {build.outcome === 'running' ? (
            <Elapsed sinceMs={build.startedMs} words />
          ) : (
            <Duration ms={build.durationMs} estimated={build.endEstimated} />
          )}
        </strong>
        {build.usual.ratio === null ? null : (
          <span
            title={`Usual: ${formatDuration(build.usual.medianMs)}, median of ${plural(build.usual.builds, 'earlier succeeded build')} of the same configuration`}
          >
            <Ratio ratio={build.usual.ratio} /> <span className="muted">against usual</span>
          </span>
        )}
        <span className="grow" />
        <span className={`row no-print ${styles.actions}`}>
          <button
            type="button"
            className="btn"
            disabled={build.previousId === null}
            onClick={compare}
            title={
              build.previousId === null
                ? 'There is no earlier build of the same configuration'
                : 'With the previous build of the same configuration (c)'
            }
          >
            Compare with previous
          </button>
          {server?.signIn === true && report === null ? <AccessMenu build={build} /> : null}
          <CopyButton text={window.location.href} what="link" label="Link" />
          <DownloadMenu
            items={[
              { label: 'Tasks as CSV', href: address.tasks(build.id, 'csv') },
              { label: 'Tasks as JSON', href: address.tasks(build.id, 'json') },
              { label: 'Tasks as Parquet', hint: 'DuckDB, pandas', href: address.tasks(build.id, 'parquet') },
              { label: 'Chrome trace', hint: 'Perfetto, speedscope', href: address.trace(build.id) },
              { label: 'Boot chart as SVG', href: address.chart(build.id) },
              { label: 'One HTML file', hint: 'to attach', href: address.report(build.id) },
            ]}
          />
        </span>
      </div>
      {query.isError ? (
        <ErrorNote
          error={query.error}
          what="The newest state of this build could not be read; this is the last one"
          retry={() => void query.refetch()}
        />
      ) : null}
      {build.progress === null ? null : <Progress build={build} />}
      <BuildSummary build={build} />
      <Related build={build} />
      {build.problemList.some((p) => p.severity === 'error') ? (
        <WarningNote>
          Parts of this build could not be read, so its numbers may be incomplete:{' '}
          {build.problemList.find((p) => p.severity === 'error')!.message}{' '}
          <Link to="/b/$id/problems" params={{ id }} search={{}}>
            All problems
          </Link>
        </WarningNote>
      ) : null}
      <nav className={`${styles.tabs} no-print`} aria-label="Parts of the build">
        {TABS.map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            params={{ id }}
            search={{}}
            className={styles.tab}
            activeOptions={{ includeSearch: false }}
            activeProps={{ 'aria-current': 'page' }}
          >
            {tab.label}
            {tab.count === undefined ? null : (
              <span className={styles.tabCount}>{formatTabCount(tab.count(build))}</span>
            )}
          </Link>
        ))}
      </nav>
      <Current value={build}>
        <Suspense fallback={<div className={styles.tabPending} />}>
          <Outlet />
        </Suspense>
      </Current>
    </>
  );
}

const TABS = [
  { to: '/b/$id/chart', label: 'Boot chart', count: undefined },
  {
    to: '/b/$id/tasks',
    label: 'Tasks',
    count: (b: BuildDetail): number => Object.values(b.taskOutcomes).reduce((a, n) => a + n, 0),
  },
  { to: '/b/$id/recipes', label: 'Recipes', count: (b: BuildDetail): number => b.recipes.length },
  { to: '/b/$id/config', label: 'Configuration', count: undefined },
  {
    to: '/b/$id/problems',
    label: 'Problems',
    count: (b: BuildDetail): number =>
      b.failureList.length + b.qaIssueList.length + b.messages.length + b.problemList.length,
  },
  // A report in one file holds no cases.
  ...(report === null
    ? [{ to: '/b/$id/tests' as const, label: 'Tests', count: (b: BuildDetail): number => b.tests.failed }]
    : []),
] as const;

function formatTabCount(n: number): string {
  return n === 0 ? '' : formatCount(n);
}

function Progress({ build }: { build: BuildDetail }) {
  const progress = build.progress;
  if (progress === null) return null;
  return (
    <div className={styles.progress} role="status">
      {progress.share === null ? null : (
        <progress value={progress.share} max={1} aria-label="Share of the build that is done" />
      )}
      <span>
        {progress.share === null ? '' : `about ${Math.round(progress.share * 100)} % done`}
        {progress.estimatedEndMs === null ? '' : ', end estimated at '}
        {progress.estimatedEndMs === null ? null : <When ms={progress.estimatedEndMs} />}
      </span>
      <span className="muted">{progress.basis}</span>
    </div>
  );
}

function BuildSkeleton() {
  return (
    <div aria-busy="true" role="status">
      <span className="hidden-text">Reading the build</span>
      <div className={styles.title}>
        <h1 className="skeleton">core-image-something</h1>
        <span className="skeleton">qemux86-64 · poky · today 09:12</span>
      </div>
      <div className={`skeleton ${styles.summaryBone}`} />
      <div className={styles.tabs} />
    </div>
  );
}
