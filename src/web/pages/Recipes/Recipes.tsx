/** Recipes: every recipe of the last builds that match, with how often it passed, failed, and was only taken from sstate. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { RecipeListed } from '../../../api/contract.ts';
import { formatCount, formatExact, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Duration, When } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { isoTime, toCsv, toJson } from '../../format/export.ts';
import { recipesQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { RECIPE_SORTS, type RecipeSort, type RecipesSearch } from './search.ts';

const NONE: readonly RecipeListed[] = [];

/** Largest or latest first; names by the alphabet. */
const COMPARES: Readonly<Record<RecipeSort, (a: RecipeListed, b: RecipeListed) => number>> = {
  name: () => 0,
  failed: (a, b) => b.failed - a.failed,
  'last-failed': (a, b) => (b.lastFailedMs ?? 0) - (a.lastFailedMs ?? 0),
  busy: (a, b) => (b.busyMsMean ?? -1) - (a.busyMsMean ?? -1),
};

const SORT_COLUMNS: Readonly<Record<RecipeSort, string>> = {
  name: 'recipe',
  failed: 'failed',
  'last-failed': 'last-failed',
  busy: 'busy',
};

export function Recipes() {
  const search = useSearch({ from: '/recipes' });
  const navigate = useNavigate({ from: '/recipes' });
  const { find = '', sort = 'name', ...filter } = search;
  const query = useQuery(recipesQuery(filter));
  const [cursor, setCursor] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  useTitle('Recipes');
  const change = useCallback(
    (part: Partial<RecipesSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  useCommands([
    {
      id: 'recipes-find',
      label: 'Find a recipe in this list',
      group: 'Recipes',
      keys: ['i'],
      run: () => field.current?.focus(),
    },
  ]);
  const all = query.data?.recipes ?? NONE;
  const rows = useMemo(() => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter(({ pn }) => words.every((word) => pn.toLowerCase().includes(word)));
    return found.sort(COMPARES[sort]);
  }, [all, find, sort]);
  const order = useMemo(() => Uint32Array.from(rows.keys()), [rows]);
  const columns = useMemo(() => recipeColumns(rows), [rows]);
  const open = useCallback(
    (row: number) => {
      const recipe = rows[row];
      if (recipe === undefined) return;
      const { find: _, sort: __, ...same } = search;
      void navigate({ to: '/recipes/$pn', params: { pn: recipe.pn }, search: same });
    },
    [navigate, rows, search],
  );
  const table = () => ({
    columns: [
      'recipe',
      'succeeded',
      'failed',
      'from_sstate',
      'not_executed',
      'unfinished',
      'last_succeeded',
      'last_failed',
      'busy_s_mean',
    ],
    rows: rows.map((r) => [
      r.pn,
      r.succeeded,
      r.failed,
      r.fromSstate,
      r.notExecuted,
      r.unfinished,
      isoTime(r.lastSucceededMs),
      isoTime(r.lastFailedMs),
      r.busyMsMean === null ? null : r.busyMsMean / 1000,
    ]),
  });
  return (
    <>
      <div className="page-top">
        <h1>Recipes</h1>
        <span className="muted" aria-live="polite">
          {query.data === undefined
            ? '\u00a0'
            : `${rows.length === all.length ? '' : `${formatCount(rows.length)} of `}${plural(all.length, 'recipe')} in the last ${plural(query.data.builds, 'build')}`}
        </span>
        <span className="grow" />
        <DownloadMenu
          items={[
            { label: 'CSV', file: { name: 'recipes.csv', type: 'text/csv', write: () => toCsv(table()) } },
            { label: 'JSON', file: { name: 'recipes.json', type: 'application/json', write: () => toJson(table()) } },
          ]}
        />
      </div>
      <div className="filters">
        <SearchField
          value={find}
          onChange={(text) => change({ find: text }, true)}
          inputRef={field}
          placeholder="Find a recipe …"
          label="Find a recipe"
          className="search"
        />
        <Facets filter={filter} onChange={change} />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The recipes could not be read" retry={() => void query.refetch()} />
      ) : null}
      <Grid
        label="Recipes"
        columns={columns}
        order={order}
        sort={{ id: SORT_COLUMNS[sort], descending: sort !== 'name' }}
        onSort={(id) => {
          const next = RECIPE_SORTS.find((one) => SORT_COLUMNS[one] === id);
          if (next !== undefined) change({ sort: next === 'name' ? undefined : next }, true);
        }}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Open the recipe"
        card={['recipe', 'failed', 'succeeded']}
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 12 : 0}
        empty={
          query.isError || query.isPending ? null : (
            <EmptyNote
              title={all.length === 0 ? 'No build that matches has a recipe' : 'No recipe has that in its name'}
            >
              {all.length === 0
                ? 'The store has no build yet, a filter leaves none, or no source of those builds tells of recipes.'
                : `${plural(all.length, 'recipe')} without it.`}
            </EmptyNote>
          )
        }
      />
    </>
  );
}

function recipeColumns(rows: readonly RecipeListed[]): GridColumn[] {
  const at = (row: number): RecipeListed => rows[row]!;
  const number = (value: number, tone?: string) =>
    value === 0 ? <span className="muted">0</span> : <span className={tone}>{formatCount(value)}</span>;
  return [
    { id: 'recipe', label: 'recipe', widthPx: 200, grow: true, mono: true, sortable: true, cell: (row) => at(row).pn },
    {
      id: 'failed',
      label: 'failed',
      hint: 'Builds in which a task of it failed',
      widthPx: 78,
      align: 'right',
      sortable: true,
      cell: (row) => number(at(row).failed, 'bad'),
    },
    {
      id: 'succeeded',
      label: 'succeeded',
      hint: 'Builds that executed it, and nothing of it failed',
      widthPx: 96,
      align: 'right',
      cell: (row) => number(at(row).succeeded, 'ok'),
    },
    {
      id: 'sstate',
      label: 'from sstate',
      hint: 'Builds that took it from sstate: not checked by them',
      widthPx: 100,
      align: 'right',
      cell: (row) => number(at(row).fromSstate),
    },
    {
      id: 'not-executed',
      label: 'not checked',
      hint: 'It was current, or something it needs failed',
      widthPx: 104,
      align: 'right',
      cell: (row) => number(at(row).notExecuted),
    },
    {
      id: 'last-passed',
      label: 'last succeeded',
      widthPx: 130,
      cell: (row) =>
        at(row).lastSucceededMs === null ? (
          <span className="muted">in none of them</span>
        ) : (
          <When ms={at(row).lastSucceededMs} />
        ),
    },
    {
      id: 'last-failed',
      label: 'last failed',
      widthPx: 130,
      sortable: true,
      cell: (row) =>
        at(row).lastFailedMs === null ? (
          <span className="muted">in none of them</span>
        ) : (
          <When ms={at(row).lastFailedMs} />
        ),
    },
    {
      id: 'busy',
      label: 'busy',
      hint: 'Sum of its tasks, mean over the builds in which it succeeded',
      widthPx: 96,
      align: 'right',
      sortable: true,
      hover: (row) =>
        at(row).busyMsMean === null ? 'in none of them executed' : formatExact(at(row).busyMsMean! / 1000, 's'),
      cell: (row) => <Duration ms={at(row).busyMsMean} />,
    },
  ];
}
