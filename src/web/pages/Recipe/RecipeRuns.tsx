import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { RecipeShown } from '../../../api/contract.ts';
import { When } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { RecipeStatusMark } from '../../components/RecipeStatus.tsx';
import { runAndBuildColumns } from '../../components/recipe-run-columns.tsx';

/** Executed ones before those that only took it. */
const PASSED_FIRST = ['succeeded', 'failed', 'unfinished', 'from-sstate', 'not-executed'];

export function RecipeRuns({
  shown,
  passedFirst,
  cursor,
  onCursor,
}: {
  shown: RecipeShown;
  passedFirst: boolean;
  cursor: number;
  onCursor: (position: number) => void;
}) {
  const navigate = useNavigate();
  const { runs } = shown;
  const order = useMemo(() => {
    const all = [...runs.keys()];
    if (passedFirst)
      all.sort((a, b) => PASSED_FIRST.indexOf(runs[a]!.status) - PASSED_FIRST.indexOf(runs[b]!.status) || a - b);
    return Uint32Array.from(all);
  }, [runs, passedFirst]);
  const open = useCallback(
    (row: number) => {
      const run = runs[row];
      if (run === undefined) return;
      if (run.failure !== null) void navigate({ to: '/f/$failure', params: { failure: run.failure.address } });
      else void navigate({ to: '/b/$id/tasks', params: { id: run.build }, search: { q: shown.pn } });
    },
    [navigate, runs, shown.pn],
  );
  const columns = useMemo(() => runColumns(runs), [runs]);
  return (
    <Grid
      label={`Builds of ${shown.pn}`}
      columns={columns}
      order={order}
      cursor={cursor}
      onCursor={onCursor}
      onOpen={open}
      openLabel="Open the failure, or its tasks in the build"
      card={['status', 'when', 'machine']}
    />
  );
}

function runColumns(runs: RecipeShown['runs']): GridColumn[] {
  const at = (row: number) => runs[row]!;
  return [
    {
      id: 'status',
      label: 'result',
      widthPx: 240,
      grow: true,
      speaks: true,
      hover: (row) => at(row).failure?.cause ?? undefined,
      cell: (row) => {
        const { status, failedTask, failure } = at(row);
        return (
          <>
            <RecipeStatusMark status={status} word={failedTask === null} />
            {failedTask === null ? null : (
              <>
                {' '}
                <span className="mono bad">{failedTask}</span> <span className="muted">{failure?.cause ?? ''}</span>
              </>
            )}
          </>
        );
      },
    },
    { id: 'when', label: 'when', widthPx: 124, cell: (row) => <When ms={at(row).startedMs} /> },
    ...runAndBuildColumns(at),
  ];
}
