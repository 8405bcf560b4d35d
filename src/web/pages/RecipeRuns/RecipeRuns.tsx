/** Recipe runs: those that a cell of the cube counts, each with its build. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { RecipeRunsPage } from '../../../api/contract.ts';
import { CUBE_LABELS, type CubePart, parsePlaceValue, partOf } from '../../../model/cube.ts';
import { formatCount, NOT_RECORDED, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { When } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { RecipeStatusMark } from '../../components/RecipeStatus.tsx';
import { runAndBuildColumns } from '../../components/recipe-run-columns.tsx';
import { useTitle } from '../../components/use-title.ts';
import { recipeRunsQuery } from '../../state/api.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { exportRunsOfCell } from './export-runs.ts';
import { placesOf, type RecipeRunsSearch, withPlaces } from './search.ts';

type Run = RecipeRunsPage['runs'][number];

const PARTS: readonly (readonly [part: CubePart, label: string, hint: string])[] = [
  ['runs', 'all', 'Every recipe run of the cell'],
  ['executed', 'executed', 'Those that succeeded or failed; what came from sstate or was current is not checked'],
  ['failed', 'failed', 'Those of which a task failed'],
  ['timed', 'timed', 'Those that recorded how long their tasks took'],
];

export function RecipeRuns() {
  const search = useSearch({ from: '/recipe-runs' });
  const navigate = useNavigate({ from: '/recipe-runs' });
  const { recipe, builds, by: _, at: __, part = 'runs', ...filter } = search;
  const places = useMemo(() => placesOf(search), [search]);
  const asked = useMemo(() => {
    const { by, at } = withPlaces(places);
    return compact({ ...search, by, at: at === undefined ? undefined : [...at] });
  }, [search, places]);
  const query = useInfiniteQuery(recipeRunsQuery(asked));
  const [cursor, setCursor] = useState(-1);
  useTitle('Recipe runs');
  const change = useCallback(
    (change: Partial<RecipeRunsSearch>) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...change }), replace: true }),
    [navigate],
  );
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? [], [query.data]);
  const order = useMemo(() => Uint32Array.from(runs.keys()), [runs]);
  const columns = useMemo(() => runColumns(runs), [runs]);
  const first = query.data?.pages[0];
  const open = useCallback(
    (row: number) => {
      const run = runs[row];
      if (run === undefined) return;
      if (run.failure !== null) void navigate({ to: '/f/$failure', params: { failure: run.failure.address } });
      else void navigate({ to: '/b/$id/tasks', params: { id: run.build }, search: { q: `recipe:"${run.pn}"` } });
    },
    [navigate, runs],
  );
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <>
      <div className="page-top">
        <h1>Recipe runs</h1>
        <span className="muted" aria-live="polite">
          {first === undefined
            ? '\u00a0'
            : `${plural(partOf(first.amount, part), 'recipe run')} in ${plural(first.ofBuilds, 'build')}, of the ${first.more ? 'last ' : ''}${formatCount(first.builds)} that match`}
        </span>
        <span className="grow" />
        <DownloadMenu
          items={(['csv', 'json'] as const).map((format) => ({
            label: format.toUpperCase(),
            hint: 'of all of them',
            file: {
              name: `recipe-runs.${format}`,
              type: format === 'csv' ? 'text/csv' : 'application/json',
              write: () => exportRunsOfCell(asked, format),
            },
          }))}
        />
      </div>
      <div className="filters">
        {PARTS.map(([one, label, hint]) => (
          <button
            key={one}
            type="button"
            className="btn"
            title={hint}
            aria-pressed={one === part}
            onClick={() => change({ part: one === 'runs' ? undefined : one })}
          >
            {label} {first === undefined ? '' : formatCount(partOf(first.amount, one))}
          </button>
        ))}
        {places.map(([dimension, value]) => (
          <button
            key={dimension}
            type="button"
            className="btn"
            aria-pressed="true"
            title="Of any"
            onClick={() => change(withPlaces(places.filter(([other]) => other !== dimension)))}
          >
            {CUBE_LABELS[dimension]}: {parsePlaceValue(value) ?? NOT_RECORDED} <span aria-hidden="true">✕</span>
          </button>
        ))}
        {recipe === undefined ? null : (
          <button type="button" className="btn" aria-pressed="true" onClick={() => change({ recipe: undefined })}>
            only recipes {recipe} <span aria-hidden="true">✕</span>
          </button>
        )}
        {builds === undefined ? null : (
          <button
            type="button"
            className="btn"
            aria-pressed="true"
            title="As many as the cube takes where nothing else is asked for"
            onClick={() => change({ builds: undefined })}
          >
            of the last {plural(builds, 'build')} <span aria-hidden="true">✕</span>
          </button>
        )}
        <Facets filter={filter} onChange={change} />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The recipe runs could not be read" retry={() => void query.refetch()} />
      ) : null}
      <Grid
        label="Recipe runs"
        columns={columns}
        order={order}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Open the failure, or its tasks in the build"
        onEnd={more}
        card={['recipe', 'status', 'when']}
        cardTitle={(row) =>
          `${runs[row]?.pn ?? ''} ${runs[row]?.version ?? ''} · ${runs[row]?.machine ?? NOT_RECORDED}`
        }
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 12 : isFetchingNextPage ? 3 : 0}
        empty={
          query.isError || first === undefined ? null : (
            <EmptyNote title={part === 'runs' ? 'No recipe run is of all this' : 'None of them'}>
              {part === 'runs'
                ? `${plural(first.builds, 'build')} ${first.builds === 1 ? 'was' : 'were'} looked at.`
                : `${plural(first.amount.runs, 'recipe run')}, ${formatCount(first.amount.executed)} executed, ${formatCount(first.amount.failed)} failed.`}
            </EmptyNote>
          )
        }
      />
    </>
  );
}

function runColumns(runs: readonly Run[]): GridColumn[] {
  const at = (row: number): Run => runs[row]!;
  return [
    {
      id: 'recipe',
      label: 'recipe',
      widthPx: 150,
      mono: true,
      cell: (row) => (
        <Link to="/recipes/$pn" params={{ pn: at(row).pn }} preload={false}>
          {at(row).pn}
        </Link>
      ),
    },
    {
      id: 'status',
      label: 'result',
      widthPx: 230,
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
                {failure === null ? (
                  <span className="mono bad">{failedTask}</span>
                ) : (
                  <Link className="mono bad" to="/f/$failure" params={{ failure: failure.address }} preload={false}>
                    {failedTask}
                  </Link>
                )}{' '}
                <span className="muted">{failure?.cause ?? ''}</span>
              </>
            )}
          </>
        );
      },
    },
    {
      id: 'when',
      label: 'build',
      hint: 'Start of the build',
      widthPx: 124,
      cell: (row) => (
        <Link to="/b/$id" params={{ id: at(row).build }} preload={false}>
          <When ms={at(row).startedMs} />
        </Link>
      ),
    },
    ...runAndBuildColumns(at),
  ];
}
