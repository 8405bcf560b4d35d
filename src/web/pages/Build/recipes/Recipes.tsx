/** Recipes: each recipe's share of the build; busy is the sum of its tasks, span what passed from its first to its last. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { formatCount, formatQuantity, plural } from '../../../../model/format.ts';
import { DownloadMenu } from '../../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../../components/Notes.tsx';
import { SearchField } from '../../../components/SearchField.tsx';
import { toCsv, toJson } from '../../../format/export.ts';
import { useCommands } from '../../../state/commands.ts';
import { compact } from '../../../state/search.ts';
import { buildTasksQuery } from '../../../state/task-table.ts';
import { useBuild } from '../Build.tsx';
import type { RecipesSearch } from '../search.ts';
import { ColumnPicker } from '../table/ColumnPicker.tsx';
import { exportTable } from '../table/export-table.ts';
import { MetricTable, parseSort, useSorted } from '../table/MetricTable.tsx';
import styles from '../table/Table.module.css';
import { recipeModel, type TableModel } from '../table/task-model.ts';
import { printThreshold } from '../table/threshold.ts';
import { useRows } from '../table/use-rows.ts';

const USUAL = [
  'recipe',
  'version',
  'outcome',
  'failed',
  'runs',
  'walltime',
  'span',
  'cputime',
  'effective_cores',
  'child_rusage.ru_maxrss',
  'write_bytes',
  'layer',
];
const EMPTY: TableModel = { length: 0, words: [], numbers: [] };

export function Recipes() {
  const build = useBuild();
  const search = useSearch({ from: '/b/$id/recipes' });
  const navigate = useNavigate({ from: '/b/$id/recipes' });
  const query = useQuery(buildTasksQuery(build, '*'));
  const field = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState(-1);
  const change = useCallback(
    (part: Partial<RecipesSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  useCommands([
    {
      id: 'recipes-search',
      label: 'Search in recipes',
      group: 'Recipes',
      keys: ['/', 'i'],
      run: () => field.current?.focus(),
    },
  ]);
  const model = useMemo(() => (query.data === undefined ? undefined : recipeModel(query.data)), [query.data]);
  const { rows, set: thresholds } = useRows(model, search.q, search.where, undefined);
  const sort = useMemo(() => parseSort(search.sort ?? '-walltime'), [search.sort]);
  const order = useSorted(model ?? EMPTY, rows, sort);
  const usual = useMemo(
    () =>
      USUAL.filter(
        (id) => model === undefined || model.words.some((c) => c.id === id) || model.numbers.some((c) => c.id === id),
      ),
    [model],
  );
  const shown = search.cols ?? usual;
  const onThreshold = useCallback(
    (column: string, text: string | null) => {
      const others = (search.where ?? []).filter(
        (t) => !/^[<>=]/.test(t.slice(column.length)) || !t.startsWith(column),
      );
      const next = text === null ? others : [...others, text];
      change({ where: next.length === 0 ? undefined : next });
    },
    [change, search.where],
  );
  const open = useCallback(
    (row: number) => {
      const recipe = query.data?.build.recipes[model?.recipe[row] ?? -1];
      if (recipe !== undefined)
        void navigate({ to: '/b/$id/tasks', params: { id: build.id }, search: { q: `recipe:"${recipe.pn}"` } });
    },
    [query.data, model, build.id, navigate],
  );
  if (query.isError && query.data === undefined) {
    return (
      <ErrorNote
        error={query.error}
        what="The recipes of this build could not be read"
        retry={() => void query.refetch()}
      />
    );
  }
  if (model !== undefined && model.length === 0)
    return (
      <EmptyNote title="No recipe had a task to run">
        Every task was current, or the build ended before its first task.
      </EmptyNote>
    );
  const exported = () => exportTable(model ?? EMPTY, order, shown);
  return (
    <>
      <div className={styles.tools}>
        <SearchField
          value={search.q ?? ''}
          onChange={(q) => change({ q }, true)}
          inputRef={field}
          placeholder="gcc layer:core walltime>60"
          label="Search in recipes: words, recipe: layer: version:, -word, metric>value"
          className={styles.search}
        />
        {thresholds.map((t) => {
          const column = model?.numbers.find((c) => c.id === t.column);
          return (
            <span key={printThreshold(t)} className={styles.chip}>
              {column?.label ?? t.column} {t.operator} {formatQuantity(t.value, column?.unit ?? 'none')}
              <button
                type="button"
                aria-label={`Forget ${t.column} ${t.operator} ${t.value}`}
                onClick={() => onThreshold(t.column, null)}
              >
                ✕
              </button>
            </span>
          );
        })}
        <span className={`muted ${styles.sum}`} aria-live="polite">
          {model === undefined
            ? '\u00a0'
            : rows.length === model.length
              ? plural(rows.length, 'recipe')
              : `${formatCount(rows.length)} of ${plural(model.length, 'recipe')}`}
        </span>
        <span className="grow" />
        {model === undefined ? null : (
          <ColumnPicker model={model} shown={shown} usual={usual} onChange={(cols) => change({ cols }, true)} />
        )}
        <DownloadMenu
          items={[
            {
              label: 'CSV',
              hint: 'of what is shown',
              file: { name: `recipes-${build.name}.csv`, type: 'text/csv', write: () => toCsv(exported()) },
            },
            {
              label: 'JSON',
              hint: 'of what is shown',
              file: { name: `recipes-${build.name}.json`, type: 'application/json', write: () => toJson(exported()) },
            },
          ]}
        />
      </div>
      <MetricTable
        label="Recipes"
        model={model ?? EMPTY}
        shown={shown}
        order={order}
        sort={sort}
        onSort={(next) => change({ sort: next }, true)}
        thresholds={thresholds}
        onThreshold={onThreshold}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Show the tasks of the recipe"
        card={['recipe', 'walltime', 'outcome']}
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 20 : 0}
        empty={<EmptyNote title="No recipe matches">The search or a threshold leaves none.</EmptyNote>}
      />
    </>
  );
}
