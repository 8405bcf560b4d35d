/** Tasks: every task run of the build with every metric, sorted, filtered, put together. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { address } from '../../../../api/client.ts';
import { formatCount, formatDuration, formatExact, formatQuantity, plural } from '../../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../../model/task-table.ts';
import { DownloadMenu } from '../../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../../components/Notes.tsx';
import { taskOutcomeLabel } from '../../../components/Outcome.tsx';
import { SearchField } from '../../../components/SearchField.tsx';
import { toCsv, toJson } from '../../../format/export.ts';
import { useCommands } from '../../../state/commands.ts';
import { compact } from '../../../state/search.ts';
import { buildTasksQuery } from '../../../state/task-table.ts';
import { useBuild } from '../Build.tsx';
import { rowOfKey, runKey } from '../run-key.ts';
import { GROUP_BYS, type GroupBy, type TasksSearch } from '../search.ts';
import { ColumnPicker } from '../table/ColumnPicker.tsx';
import { exportTable } from '../table/export-table.ts';
import { MetricTable, parseSort, useSorted } from '../table/MetricTable.tsx';
import { total } from '../table/rows.ts';
import styles from '../table/Table.module.css';
import { groupModel, type TableModel, taskModel } from '../table/task-model.ts';
import { printThreshold } from '../table/threshold.ts';
import { useRows } from '../table/use-rows.ts';
import { TaskDrawer } from './TaskDrawer.tsx';

/** What one looks at first; the other thirty are in the picker. */
const USUAL = [
  'recipe',
  'task',
  'outcome',
  'started',
  'walltime',
  'cputime',
  'effective_cores',
  'child_rusage.ru_maxrss',
  'read_bytes',
  'write_bytes',
];
/** A build with few metrics shows them all. */
const FEW_METRICS = 4;

const GROUP_LABELS: Readonly<Record<GroupBy, string>> = {
  recipe: 'recipe',
  task: 'task',
  layer: 'layer',
  outcome: 'outcome',
};

export function usualColumns(model: TableModel): string[] {
  const known = [...model.words.map((c) => c.id), ...model.numbers.map((c) => c.id)];
  if (model.numbers.length <= FEW_METRICS) return known.filter((id) => id !== 'version' && id !== 'mc');
  return USUAL.filter((id) => known.includes(id));
}

export function Tasks() {
  const build = useBuild();
  const search = useSearch({ from: '/b/$id/tasks' });
  const navigate = useNavigate({ from: '/b/$id/tasks' });
  const query = useQuery(buildTasksQuery(build, '*'));
  const field = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState(-1);
  const change = useCallback(
    (part: Partial<TasksSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  useCommands([
    {
      id: 'tasks-search',
      label: 'Search in tasks',
      group: 'Tasks',
      keys: ['/', 'i'],
      run: () => field.current?.focus(),
    },
    {
      id: 'tasks-close',
      label: 'Close the task',
      group: 'Tasks',
      keys: ['Escape', 'q'],
      keyOnly: true,
      run: () => change({ sel: undefined }),
    },
    ...[undefined, ...GROUP_BYS].map((by) => ({
      id: `tasks-by ${by ?? ''}`,
      label: by === undefined ? 'Show single task runs' : `Put together by ${GROUP_LABELS[by]}`,
      group: 'Tasks',
      run: () => change({ by, sort: undefined }),
    })),
  ]);

  const model = useMemo(() => (query.data === undefined ? undefined : taskModel(query.data)), [query.data]);
  const { rows, set: thresholds } = useRows(model, search.q, search.where, search.outcome);
  const grouped = useMemo(
    () => (model === undefined || search.by === undefined ? null : groupModel(model, rows, search.by)),
    [model, rows, search.by],
  );
  const shownModel: TableModel | undefined = grouped ?? model;
  const allRows = useMemo(
    () => (grouped === null ? rows : Uint32Array.from({ length: grouped.length }, (_, i) => i)),
    [grouped, rows],
  );
  const usual = useMemo(() => {
    if (model === undefined) return [];
    const columns = usualColumns(model);
    return search.by === undefined
      ? columns
      : [search.by, 'runs', ...columns.filter((id) => grouped?.numbers.some((c) => c.id === id))];
  }, [model, grouped, search.by]);
  const sort = useMemo(
    () =>
      parseSort(
        search.sort ?? (shownModel?.numbers.some((c) => c.id === 'walltime') === true ? '-walltime' : undefined),
      ),
    [search.sort, shownModel],
  );
  const shown = useMemo(() => {
    const chosen = search.cols ?? usual;
    return search.by === undefined
      ? chosen
      : [search.by, 'runs', ...chosen.filter((id) => id !== 'runs' && grouped?.numbers.some((c) => c.id === id))];
  }, [search.cols, search.by, usual, grouped]);
  const order = useSorted(shownModel ?? EMPTY, allRows, sort);
  const selected = useMemo(
    () => (query.data === undefined ? null : rowOfKey(query.data, search.sel)),
    [query.data, search.sel],
  );

  const onThreshold = useCallback(
    (column: string, text: string | null) => {
      const others = (search.where ?? []).filter(
        (t) => !t.startsWith(`${column}>`) && !t.startsWith(`${column}<`) && !t.startsWith(`${column}=`),
      );
      const next = text === null ? others : [...others, text];
      change({ where: next.length === 0 ? undefined : next });
    },
    [change, search.where],
  );
  const open = useCallback(
    (row: number) => {
      if (grouped !== null && search.by !== undefined) {
        const word = grouped.groups.words[row] ?? '';
        // A group opens into its runs.
        if (search.by === 'outcome') change({ by: undefined, outcome: [word], sort: undefined });
        else change({ by: undefined, q: `${search.by}:"${word}"`, sort: undefined });
      } else if (query.data !== undefined) {
        change({ sel: runKey(query.data, row) }, search.sel !== undefined);
      }
    },
    [grouped, search.by, search.sel, query.data, change],
  );

  if (query.isError && query.data === undefined) {
    return (
      <ErrorNote
        error={query.error}
        what="The tasks of this build could not be read"
        retry={() => void query.refetch()}
      />
    );
  }
  if (model !== undefined && model.length === 0) {
    return (
      <EmptyNote title="No task runs were recorded">
        {build.outcome === 'never-started' || build.failureList.length > 0
          ? 'The build ended before any task was started.'
          : 'Every task was current, so nothing had to run; or INHERIT += "buildstats" was not set.'}
      </EmptyNote>
    );
  }
  const outcomes = TASK_OUTCOMES.filter((o) => (build.taskOutcomes[o] ?? 0) > 0);
  const wall = model?.numbers.find((c) => c.id === 'walltime');
  const cpu = model?.numbers.find((c) => c.id === 'cputime');
  const cardTitle = (row: number): string => {
    const word = (id: string): string => {
      const column = model?.words.find((c) => c.id === id);
      return column?.words[column.index[row]!] ?? '';
    };
    return `${word('recipe')}:${word('task')}`;
  };
  const exported = () => exportTable(shownModel ?? EMPTY, order, shown);

  return (
    <>
      <div className={styles.tools}>
        <SearchField
          value={search.q ?? ''}
          onChange={(q) => change({ q }, true)}
          inputRef={field}
          placeholder="gcc task:compile -native walltime>4"
          label="Search in tasks: words, recipe: task: layer: version:, -word, metric>value"
          className={styles.search}
        />
        <select
          className="field"
          aria-label="Outcome"
          value={search.outcome?.length === 1 ? search.outcome[0] : ''}
          onChange={(e) => change({ outcome: e.target.value === '' ? undefined : [e.target.value] })}
        >
          <option value="">any outcome</option>
          {outcomes.map((o) => (
            <option key={o} value={o}>
              {taskOutcomeLabel(o)} ({formatCount(build.taskOutcomes[o])})
            </option>
          ))}
        </select>
        <select
          className="field"
          aria-label="Put together by"
          value={search.by ?? ''}
          onChange={(e) => change({ by: GROUP_BYS.find((g) => g === e.target.value), sort: undefined, sel: undefined })}
        >
          <option value="">single task runs</option>
          {GROUP_BYS.map((by) => (
            <option key={by} value={by}>
              by {GROUP_LABELS[by]}
            </option>
          ))}
        </select>
        {thresholds.map((t) => {
          const column = model?.numbers.find((c) => c.id === t.column);
          return (
            <span key={printThreshold(t)} className={styles.chip} title={formatExact(t.value, column?.unit ?? 'none')}>
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
              ? plural(rows.length, 'task run')
              : `${formatCount(rows.length)} of ${plural(model.length, 'task run')}`}
          {wall === undefined || rows.length === 0 ? '' : ` · ${formatDuration(total(rows, wall) * 1000)} of wall time`}
          {cpu === undefined || rows.length === 0 ? '' : ` · ${formatQuantity(total(rows, cpu), 's')} of cpu`}
        </span>
        <span className="grow" />
        {shownModel === undefined ? null : (
          <ColumnPicker
            model={search.by === undefined ? shownModel : (grouped ?? shownModel)}
            shown={shown}
            usual={usual}
            onChange={(cols) => change({ cols }, true)}
          />
        )}
        <DownloadMenu
          items={[
            {
              label: 'CSV',
              hint: 'of what is shown',
              file: { name: `tasks-${build.name}.csv`, type: 'text/csv', write: () => toCsv(exported()) },
            },
            {
              label: 'JSON',
              hint: 'of what is shown',
              file: { name: `tasks-${build.name}.json`, type: 'application/json', write: () => toJson(exported()) },
            },
            { label: 'CSV', hint: 'of all, every metric', href: address.tasks(build.id, 'csv') },
            { label: 'JSON', hint: 'of all, every metric', href: address.tasks(build.id, 'json') },
            { label: 'Parquet', hint: 'of all, every metric', href: address.tasks(build.id, 'parquet') },
          ]}
        />
      </div>
      <div className={styles.split}>
        <MetricTable
          label={search.by === undefined ? 'Tasks' : `Tasks by ${GROUP_LABELS[search.by]}`}
          model={shownModel ?? EMPTY}
          shown={shownModel === undefined ? USUAL : shown}
          order={order}
          sort={sort}
          onSort={(next) => change({ sort: next }, true)}
          {...(search.by === undefined ? { thresholds, onThreshold } : {})}
          cursor={cursor}
          onCursor={setCursor}
          onOpen={open}
          openLabel={search.by === undefined ? 'Show the task' : 'Show the runs of the group'}
          card={search.by === undefined ? ['recipe', 'walltime', 'outcome'] : [search.by, 'walltime', 'runs']}
          cardTitle={search.by === undefined ? cardTitle : undefined}
          stale={query.isPlaceholderData}
          loadingRows={query.isPending ? 20 : 0}
          empty={
            <EmptyNote title="No task run matches">
              {model === undefined
                ? ''
                : `${plural(model.length, 'task run')} in this build; the search or a threshold leaves none. `}
              <button
                type="button"
                className="btn"
                onClick={() => change({ q: undefined, where: undefined, outcome: undefined })}
              >
                Show all
              </button>
            </EmptyNote>
          }
        />
        {selected === null || query.data === undefined || search.by !== undefined ? null : (
          <TaskDrawer data={query.data} row={selected} onClose={() => change({ sel: undefined })} />
        )}
      </div>
    </>
  );
}

const EMPTY: TableModel = { length: 0, words: [], numbers: [] };
