/** The tables: tasks, recipes and versions, one column a build, then the difference of the last to the base. */
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { CompareResult } from '../../../api/contract.ts';
import {
  columnScale,
  formatCount,
  formatDifference,
  formatExact,
  formatQuantity,
  formatRatio,
  formatScaled,
  NOT_RECORDED,
  unitLabel,
} from '../../../model/format.ts';
import { Difference, Ratio } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { nextSort, parseSort } from '../Build/table/MetricTable.tsx';
import { parseAmount } from '../Build/table/threshold.ts';
import styles from './Compare.module.css';
import { letter } from './letter.ts';
import { COMPARE_STATES, COMPARE_TABLES, type CompareSearch } from './search.ts';

interface Line {
  readonly pn: string;
  readonly mc: string;
  readonly task: string | null;
  readonly values: readonly (number | null)[];
  readonly difference: number | null;
  readonly ratio: number | null;
  readonly state: 'common' | 'new' | 'dropped';
  readonly versions: readonly (string | null)[];
}

/** So many come without being asked for all. */
const TASKS_SHOWN = 2000;

const TABLE_LABELS = { tasks: 'Tasks', recipes: 'Recipes', versions: 'Versions' } as const;
const STATE_LABELS = { all: 'in any', common: 'in all', new: 'new', dropped: 'dropped' } as const;

export function Differences({
  data,
  search,
  onChange,
  stale,
}: {
  data: CompareResult;
  search: CompareSearch;
  onChange: (part: Partial<CompareSearch>, replace?: boolean) => void;
  stale: boolean;
}) {
  const table = search.table ?? 'tasks';
  const [cursor, setCursor] = useState(-1);
  const { metric } = data;
  const lines: readonly Line[] = useMemo(
    () => (table === 'tasks' ? data.tasks : table === 'recipes' ? data.recipes.map((r) => ({ ...r, task: null })) : []),
    [data, table],
  );
  const sort = useMemo(() => parseSort(search.sort), [search.sort]);
  const order = useMemo(() => {
    const rows = Uint32Array.from(lines.keys());
    // As it came: by the size of the difference.
    if (sort === null) return rows;
    const sign = sort.descending ? -1 : 1;
    const key = (line: Line): number | string | null => {
      if (sort.id === 'name') return `${line.pn}:${line.task ?? ''}`;
      if (sort.id === 'difference') return line.difference;
      if (sort.id === 'size') return line.difference === null ? null : Math.abs(line.difference);
      if (sort.id === 'ratio') return line.ratio;
      return line.values[Number(sort.id.slice(1))] ?? null;
    };
    const keys = lines.map(key);
    return rows.sort((a, b) => {
      const [x, y] = [keys[a], keys[b]];
      if (x == null || y == null) return x == null && y == null ? a - b : x == null ? 1 : -1;
      return x === y ? a - b : (x < y ? -1 : 1) * sign;
    });
  }, [lines, sort]);
  const navigate = useNavigate();
  const open = useCallback(
    (row: number) => {
      const line = lines[row];
      if (line === undefined) return;
      // In the last build that executed it.
      const at = line.values.findLastIndex((v) => v !== null);
      const build = data.builds[at < 0 ? data.builds.length - 1 : at];
      const q = `recipe:"${line.pn}"${line.task === null ? '' : ` task:"${line.task}"`}`;
      if (build !== undefined) void navigate({ to: '/b/$id/tasks', params: { id: build.id }, search: { q } });
    },
    [lines, data, navigate],
  );
  const columns = useMemo(() => gridColumns(data, lines), [data, lines]);
  const taskNames = useMemo(() => [...new Set(data.tasks.map((t) => t.task))].sort(), [data]);

  return (
    <section className={styles.differences}>
      <div className={styles.heading}>
        <div className={styles.switch}>
          {COMPARE_TABLES.map((id) => (
            <button
              key={id}
              type="button"
              className="btn"
              aria-pressed={table === id}
              onClick={() => onChange({ table: id === 'tasks' ? undefined : id, sort: undefined })}
            >
              {TABLE_LABELS[id]}{' '}
              <span className="muted">
                {formatCount(
                  id === 'tasks'
                    ? data.tasks.length
                    : id === 'recipes'
                      ? data.recipes.length
                      : data.versionChanges.length,
                )}
              </span>
            </button>
          ))}
        </div>
        <span className="muted">{table === 'tasks' && data.tasksLeftOut > 0 ? leftOut(data, search) : ''}</span>
        {table === 'tasks' && search.every !== 1 && data.tasksLeftOut > 0 && data.tasks.length >= TASKS_SHOWN ? (
          <button type="button" className="btn" onClick={() => onChange({ every: 1 })}>
            Show all
          </button>
        ) : null}
      </div>
      {table === 'versions' ? (
        <Versions data={data} />
      ) : (
        <>
          <div className={styles.tools}>
            <select
              className="field"
              aria-label="Metric"
              value={metric.id}
              onChange={(e) =>
                onChange({
                  metric: e.target.value === 'walltime' ? undefined : e.target.value,
                  min: undefined,
                  mindiff: undefined,
                })
              }
            >
              {data.metrics.map((m) => (
                <option key={m.id} value={m.id}>
                  {m.label}
                </option>
              ))}
            </select>
            <Amount label="more than" unit={metric.unit} value={search.min} onChange={(min) => onChange({ min })} />
            <select
              className="field"
              aria-label="In any or in all builds"
              value={search.mode ?? 'any'}
              onChange={(e) => onChange({ mode: e.target.value === 'all' ? 'all' : undefined })}
            >
              <option value="any">in any</option>
              <option value="all">in all</option>
            </select>
            <Amount
              label="differing by more than"
              unit={metric.unit}
              value={search.mindiff}
              onChange={(mindiff) => onChange({ mindiff })}
            />
            <SearchField
              value={search.recipe ?? ''}
              onChange={(recipe) => onChange({ recipe }, true)}
              placeholder="only this recipe"
              label="Only recipes whose name holds"
              className={styles.small}
            />
            <input
              className={`field ${styles.small}`}
              list="task-names"
              placeholder="only this task"
              aria-label="Only this task"
              defaultValue={search.task ?? ''}
              key={search.task ?? ''}
              onChange={(e) => {
                if (taskNames.includes(e.target.value)) onChange({ task: e.target.value });
                else if (e.target.value === '') onChange({ task: undefined });
              }}
              onKeyDown={(e) => {
                if (e.key === 'Enter')
                  onChange({ task: e.currentTarget.value === '' ? undefined : e.currentTarget.value });
              }}
            />
            <datalist id="task-names">
              {taskNames.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            <select
              className="field"
              aria-label="New, dropped or common"
              value={search.state ?? 'all'}
              onChange={(e) => onChange({ state: COMPARE_STATES.find((s) => s === e.target.value && s !== 'all') })}
            >
              {COMPARE_STATES.map((s) => (
                <option key={s} value={s}>
                  {STATE_LABELS[s]}
                </option>
              ))}
            </select>
            <label className="row nowrap">
              <input
                type="checkbox"
                checked={search.setscene === 'hide'}
                onChange={(e) => onChange({ setscene: e.target.checked ? 'hide' : undefined })}
              />{' '}
              without setscene
            </label>
          </div>
          <Grid
            label={`Differences of ${TABLE_LABELS[table].toLowerCase()}`}
            columns={columns}
            order={order}
            sort={sort}
            onSort={(id) => onChange({ sort: nextSort(sort, id, id !== 'name') }, true)}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={open}
            openLabel="Show its task runs"
            card={['name', 'difference', 'ratio']}
            stale={stale}
            empty={
              <EmptyNote title="Nothing matches">
                {search.min !== undefined ||
                search.mindiff !== undefined ||
                search.task !== undefined ||
                search.recipe !== undefined ||
                search.state !== undefined
                  ? 'The thresholds and filters leave nothing. '
                  : 'No task was executed in these builds. '}
                <button
                  type="button"
                  className="btn"
                  onClick={() =>
                    onChange({
                      min: undefined,
                      mindiff: undefined,
                      task: undefined,
                      recipe: undefined,
                      state: undefined,
                      setscene: undefined,
                    })
                  }
                >
                  Show all
                </button>
              </EmptyNote>
            }
          />
        </>
      )}
    </section>
  );
}

function leftOut(data: CompareResult, search: CompareSearch): string {
  const filtered = [search.min, search.mindiff, search.task, search.recipe, search.state].some((f) => f !== undefined);
  const count = formatCount(data.tasksLeftOut);
  return filtered
    ? `${count} more below the thresholds or beyond the filters`
    : `the ${formatCount(data.tasks.length)} that differ most; ${count} more`;
}

function gridColumns(data: CompareResult, lines: readonly Line[]): GridColumn[] {
  const { metric, builds } = data;
  let top = 0;
  for (const line of lines) for (const v of line.values) if (v !== null && v > top) top = v;
  const scale = columnScale(metric.unit, top);
  const at = (row: number): Line => lines[row]!;
  const why = (line: Line): string =>
    line.state === 'new'
      ? 'Not executed in A'
      : line.state === 'dropped'
        ? `Not executed in ${letter(builds.length - 1)}`
        : '';
  return [
    {
      id: 'name',
      label: lines[0]?.task == null ? 'recipe' : 'recipe and task',
      widthPx: 280,
      grow: true,
      mono: true,
      sortable: true,
      hover: (row) =>
        `${at(row).mc === '' ? '' : `mc:${at(row).mc}:`}${at(row).pn}${at(row).task === null ? '' : `:${at(row).task}`}`,
      cell: (row) => {
        const line = at(row);
        return (
          <>
            {line.mc === '' ? '' : `mc:${line.mc}:`}
            {line.pn}
            {line.task === null ? null : <span className="muted">:{line.task}</span>}
          </>
        );
      },
    },
    {
      id: 'version',
      label: 'version',
      widthPx: 150,
      mono: true,
      hover: (row) =>
        at(row)
          .versions.map((v, i) => `${letter(i)} ${v ?? NOT_RECORDED}`)
          .join('\n'),
      cell: (row) => {
        const { versions } = at(row);
        const [a, b] = [versions[0], versions.at(-1)];
        if (a === b || a == null || b == null) return <span className="muted">{b ?? a ?? ''}</span>;
        return (
          <>
            <span className="muted">{a} → </span>
            {b}
          </>
        );
      },
    },
    ...builds.map(
      (build, i): GridColumn => ({
        id: `v${i}`,
        label: letter(i),
        unit: scale.label,
        hint: `${metric.label} in ${letter(i)}, ${build.name}`,
        widthPx: 96,
        align: 'right',
        sortable: true,
        hover: (row) =>
          at(row).values[i] == null
            ? 'not executed, or not recorded'
            : `${formatExact(at(row).values[i], metric.unit)}\n${formatQuantity(at(row).values[i], metric.unit)}`,
        cell: (row) =>
          at(row).values[i] == null ? <span className="muted">–</span> : formatScaled(at(row).values[i], scale),
      }),
    ),
    {
      id: 'difference',
      label: builds.length === 2 ? 'B − A' : `${letter(builds.length - 1)} − A`,
      hint: 'Absolute difference of the last build to the base',
      widthPx: 124,
      align: 'right',
      sortable: true,
      hover: (row) => `${formatExact(at(row).difference, metric.unit)} ${why(at(row))}`.trim(),
      cell: (row) => {
        const line = at(row);
        if (line.difference !== null)
          return <Difference value={line.difference} unit={metric.unit} lowerIsBetter={metric.lowerIsBetter} />;
        if (line.state === 'common') return <span className="muted">{onlyIn(line)}</span>;
        return <span className={line.state === 'new' ? 'warn' : 'muted'}>{line.state}</span>;
      },
    },
    {
      id: 'ratio',
      label: 'relative',
      hint: 'Difference divided by the value of the base',
      widthPx: 92,
      align: 'right',
      sortable: true,
      cell: (row) =>
        at(row).ratio === null ? (
          <span className="muted">–</span>
        ) : (
          <Ratio
            ratio={at(row).ratio}
            lowerIsBetter={metric.lowerIsBetter}
            noise={0.02}
            title={formatRatio(at(row).ratio)}
          />
        ),
    },
    {
      id: 'size',
      label: '',
      hint: 'The difference as a bar, to the scale of the largest',
      widthPx: 110,
      cell: (row) => (
        <DifferenceBar
          value={at(row).difference}
          largest={largestDifference(lines)}
          lowerIsBetter={metric.lowerIsBetter}
        />
      ),
    },
  ];
}

/** Where a task of both was executed in one only: from sstate or already there in the other, which is not zero. */
function onlyIn({ values }: Line): string {
  const [first, last] = [values[0] ?? null, values.at(-1) ?? null];
  if (first === null && last === null) return '–';
  return first === null ? `only ${letter(values.length - 1)}` : 'only A';
}

const largestOf = new WeakMap<readonly Line[], number>();
function largestDifference(lines: readonly Line[]): number {
  let largest = largestOf.get(lines);
  if (largest === undefined) {
    largest = 0;
    for (const { difference } of lines)
      if (difference !== null && Math.abs(difference) > largest) largest = Math.abs(difference);
    largestOf.set(lines, largest);
  }
  return largest;
}

function DifferenceBar({
  value,
  largest,
  lowerIsBetter,
}: {
  value: number | null;
  largest: number;
  lowerIsBetter: boolean;
}) {
  if (value === null || largest === 0 || value === 0) return null;
  const share = (Math.abs(value) / largest) * 50;
  const worse = value > 0 === lowerIsBetter;
  return (
    <span className={styles.diverging} title={formatDifference(value, 'none')}>
      <span
        className={worse ? styles.worse : styles.better}
        style={value > 0 ? { left: '50%', width: `${share}%` } : { right: '50%', width: `${share}%` }}
      />
    </span>
  );
}

function Amount({
  label,
  unit,
  value,
  onChange,
}: {
  label: string;
  unit: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  const send = (text: string): void => {
    const amount = text.trim() === '' ? undefined : (parseAmount(text, unit) ?? value);
    if (amount !== value) onChange(amount === undefined || amount < 0 ? undefined : amount);
  };
  return (
    <label className="row nowrap">
      <span className="muted">{label}</span>
      <input
        className="field"
        style={{ width: 64 }}
        inputMode="decimal"
        key={value ?? ''}
        defaultValue={value ?? ''}
        onBlur={(e) => send(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') send(e.currentTarget.value);
        }}
      />
      <span className="muted">{unitLabel(unit)}</span>
    </label>
  );
}

function Versions({ data }: { data: CompareResult }) {
  if (data.versionChanges.length === 0)
    return <EmptyNote title="No recipe changed its version">None is new or dropped either.</EmptyNote>;
  return (
    <div className="scroll-x">
      <table aria-label="Versions" className={styles.table}>
        <thead>
          <tr>
            <th>recipe</th>
            <th>what</th>
            {data.builds.map((b, i) => (
              <th key={b.id}>{letter(i)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.versionChanges.map((change) => (
            <tr key={`${change.mc}:${change.pn}`}>
              <th className="mono">
                {change.mc === '' ? '' : `mc:${change.mc}:`}
                {change.pn}
              </th>
              <td>{change.kind}</td>
              {change.versions.map((version, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: one version a build
                <td key={i} className={`mono ${version !== change.versions[0] ? styles.changed : ''}`}>
                  {version ?? <span className="muted">not in it</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
