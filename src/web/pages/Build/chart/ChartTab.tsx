/** The boot chart as a tab of Build: fetches what it needs, keeps its state in the address. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { address } from '../../../../api/client.ts';
import { NO_GRAPH } from '../../../../chart/chain.ts';
import { ErrorNote, WarningNote } from '../../../components/Notes.tsx';
import { compact } from '../../../state/search.ts';
import { buildTasksQuery, graphQuery, samplesQuery } from '../../../state/task-table.ts';
import { buildTitle } from '../../build-title.ts';
import { useBuild } from '../Build.tsx';
import { BootChart, type BootChartProps } from './BootChart.tsx';
import { formatChartState, parseChartState } from './chart-state.ts';

export function ChartTab() {
  const now = useBuild();
  const search = useSearch({ from: '/b/$id/chart' });
  const navigate = useNavigate({ from: '/b/$id/chart' });
  const tasks = useQuery(buildTasksQuery(now, '*'));
  const samples = useQuery(samplesQuery(now));
  const state = useMemo(() => parseChartState(search), [search]);

  // Asked for with the first drawer or chain: it is of no use before. Its rows are those of one revision of the table.
  const graph = useQuery({
    ...graphQuery(now),
    enabled: now.hasGraph && (state.selected !== null || state.chain !== null),
  });
  const graphOfTable = tasks.data?.build.revision === now.revision ? (graph.data ?? null) : null;

  // A chart without its strips would jump when they come; where they cannot be read it is shown without.
  const build = useMemo((): BootChartProps['build'] | null => {
    if (tasks.data === undefined || (samples.data === undefined && !samples.isError)) return null;
    const { build: head, tasks: table } = tasks.data;
    return { ...head, failures: head.failureList, tasks: table, samples: samples.data ?? [] };
  }, [tasks.data, samples.data, samples.isError]);

  if (build === null) {
    return tasks.isError ? (
      <ErrorNote error={tasks.error} what="The tasks could not be read" retry={() => void tasks.refetch()} />
    ) : (
      <div className="skeleton" style={{ height: 620 }} role="status" aria-label="The tasks are being read" />
    );
  }
  return (
    <>
      {samples.isError ? <WarningNote>The samples could not be read: {samples.error.message}</WarningNote> : null}
      <BootChart
        build={build}
        graph={graphOfTable}
        noGraph={now.hasGraph ? (graph.error?.message ?? null) : NO_GRAPH}
        state={state}
        onStateChange={(next, how) =>
          void navigate({ search: compact(formatChartState(next)), replace: how === 'replace', resetScroll: false })
        }
        logLink={(row) =>
          now.logsAvailable || now.failureList.some((failure) => failure.row === row) ? (
            <Link to="/b/$id/problems" params={{ id: now.id }} search={{ log: row }}>
              Log of this task
            </Link>
          ) : null
        }
        downloads={[{ label: 'Chrome trace (Perfetto, speedscope)', href: address.trace(now.id) }]}
        title={[buildTitle(now), now.machine, now.distro].filter((part) => part !== null).join(' · ')}
      />
    </>
  );
}
