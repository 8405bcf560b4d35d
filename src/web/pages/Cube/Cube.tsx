/** Cube: recipe runs pivoted. Choose what stands down, what stands across and what is counted; any cell leads to what it counts. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { type Pivot, pivot } from '../../../analysis/pivot.ts';
import {
  CUBE_DIMENSIONS,
  CUBE_LABELS,
  CUBE_MEASURES,
  type CubeAmount,
  type CubeDimension,
  type CubeMeasure,
  measureOf,
  PART_OF_MEASURE,
} from '../../../model/cube.ts';
import { formatCount, formatDuration, formatShare, NOT_RECORDED, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote, WarningNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { toSvg } from '../../format/table-markup.ts';
import { cubeQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import styles from './Cube.module.css';
import { drillOf } from './drill.ts';
import { cubeExport, cubeMarkup } from './export-cube.ts';
import type { CubeSearch } from './search.ts';

const MEASURE_LABELS: Readonly<Record<CubeMeasure, string>> = {
  runs: 'recipe runs',
  executed: 'executed runs',
  failed: 'failed runs',
  'failed-share': 'share failed',
  'busy-mean': 'busy time, mean',
  'busy-sum': 'busy time, sum',
};
const BUILDS = [100, 500, 2000, 5000];
const USUAL_BUILDS = 500;
/** More than these a browser lays out slowly and nobody reads; the export has all. */
const ROWS_MAX = 300;
const COLUMNS_MAX = 40;

export function printMeasure(value: number | null, measure: CubeMeasure): string {
  if (value === null) return '–';
  if (measure === 'failed-share') return formatShare(value);
  return measure === 'busy-mean' || measure === 'busy-sum' ? formatDuration(value) : formatCount(value);
}

export function Cube() {
  const search = useSearch({ from: '/cube' });
  const navigate = useNavigate({ from: '/cube' });
  const {
    rows = 'recipe',
    within,
    columns = 'machine',
    measure = 'failed',
    recipe,
    builds = USUAL_BUILDS,
    ...filter
  } = search;
  const dimensions = useMemo(() => {
    const list: CubeDimension[] = [rows];
    if (within !== undefined && within !== rows) list.push(within);
    if (columns !== 'none' && !list.includes(columns)) list.push(columns);
    return list;
  }, [rows, within, columns]);
  const across = columns !== 'none' && dimensions.at(-1) === columns && dimensions.length > 1;
  const query = useQuery(cubeQuery({ ...filter, by: dimensions.join(','), recipe, builds }));
  useTitle('Cube');
  const change = useCallback(
    (part: Partial<CubeSearch>, replace = true) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  useCommands([
    {
      id: 'cube-transpose',
      label: 'Transpose: rows become columns',
      group: 'Cube',
      keys: ['t'],
      run: () => {
        if (columns !== 'none') change({ rows: columns, columns: rows, within: undefined });
      },
    },
  ]);
  const table = useMemo(
    () => (query.data === undefined ? null : pivot(query.data.cells, dimensions, across, measure, query.data.once)),
    [query.data, dimensions, across, measure],
  );
  const named = dimensions.slice(0, across ? -1 : undefined).map((one) => CUBE_LABELS[one]);
  return (
    <>
      <div className="page-top">
        <h1>Cube</h1>
        <span className="muted" aria-live="polite">
          {query.data === undefined
            ? '\u00a0'
            : `${formatCount(table?.total.runs ?? 0)} recipe runs of ${query.data.more ? 'the last ' : ''}${plural(query.data.builds, 'build')}, ${formatCount(table?.total.executed ?? 0)} of them executed`}
        </span>
        <span className="grow" />
        {table === null ? null : (
          <DownloadMenu
            items={[
              {
                label: 'CSV',
                file: { name: 'cube.csv', type: 'text/csv', write: () => toCsv(cubeExport(table, dimensions, across)) },
              },
              {
                label: 'JSON',
                file: {
                  name: 'cube.json',
                  type: 'application/json',
                  write: () => toJson(cubeExport(table, dimensions, across)),
                },
              },
              {
                label: 'SVG',
                file: {
                  name: 'cube.svg',
                  type: 'image/svg+xml',
                  write: () =>
                    toSvg(
                      cubeMarkup(table, named, measure),
                      `${MEASURE_LABELS[measure]} by ${dimensions.map((d) => CUBE_LABELS[d]).join(', ')}`,
                    ),
                },
              },
            ]}
          />
        )}
      </div>
      <div className="filters">
        <Choice
          label="Rows"
          value={rows}
          options={CUBE_DIMENSIONS.map((d) => [d, CUBE_LABELS[d]])}
          onChange={(value) => change({ rows: value })}
        />
        <Choice
          label="and"
          value={within ?? ''}
          options={[['', '–'], ...CUBE_DIMENSIONS.filter((d) => d !== rows).map((d) => [d, CUBE_LABELS[d]] as const)]}
          onChange={(value) => change({ within: value === '' ? undefined : value })}
        />
        <Choice
          label="Columns"
          value={columns}
          options={[
            ['none', '–'],
            ...CUBE_DIMENSIONS.filter((d) => d !== rows && d !== within).map((d) => [d, CUBE_LABELS[d]] as const),
          ]}
          onChange={(value) => change({ columns: value })}
        />
        <Choice
          label="Count"
          value={measure}
          options={CUBE_MEASURES.map((m) => [m, MEASURE_LABELS[m]])}
          onChange={(value) => change({ measure: value })}
        />
        <Choice
          label="of the last"
          value={String(builds)}
          options={[...new Set([...BUILDS, builds])]
            .sort((a, b) => a - b)
            .map((n) => [String(n), `${formatCount(n)} builds`])}
          onChange={(value) => change({ builds: Number(value) === USUAL_BUILDS ? undefined : Number(value) })}
        />
        <SearchField
          value={recipe ?? ''}
          onChange={(value) => change({ recipe: value })}
          placeholder="Only recipes a,b …"
          label="Only these recipes, comma-separated"
          className={styles.recipes}
        />
        <Facets filter={filter} onChange={change} />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The cube could not be counted" retry={() => void query.refetch()} />
      ) : null}
      {dimensions.includes('target') ? (
        <p className="muted">A build of several targets stands at each of them; in the sums it counts once.</p>
      ) : null}
      {query.data !== undefined && query.data.leftOut > 0 ? (
        <WarningNote>
          More cells than are told: those with the fewest runs are left out. A filter or another dimension makes it
          whole.
        </WarningNote>
      ) : null}
      {table === null ? (
        query.isError ? null : (
          <div className="skeleton" style={{ height: 320 }} />
        )
      ) : table.rows.length === 0 ? (
        <EmptyNote title="No recipe run matches">
          The store has no build yet, a filter leaves none, or no source of those builds tells of recipes.
        </EmptyNote>
      ) : (
        <Table
          table={table}
          named={named}
          search={search}
          dimensions={dimensions}
          measure={measure}
          stale={query.isPlaceholderData}
        />
      )}
    </>
  );
}

function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  onChange: (value: T) => void;
}) {
  return (
    <label className={styles.choice}>
      <span className="muted">{label}</span>
      <select className="field" value={value} onChange={(event) => onChange(event.target.value as T)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A number of the table, which leads to the recipe runs that it is made of. */
function Amount({
  search,
  dimensions,
  values,
  amount,
  measure,
}: {
  search: CubeSearch;
  dimensions: readonly CubeDimension[];
  values: readonly (string | null)[];
  amount: CubeAmount;
  measure: CubeMeasure;
}) {
  const value = measureOf(amount, measure);
  return (
    <Link
      to="/recipe-runs"
      // What has no measure for want of executed or timed runs is shown with all there are.
      search={drillOf(search, dimensions, values, value === null ? 'runs' : PART_OF_MEASURE[measure])}
      title={`${plural(amount.runs, 'recipe run')}, ${amount.executed} executed, ${amount.failed} failed`}
      preload={false}
      className={value === 0 || value === null ? 'muted' : undefined}
    >
      {printMeasure(value, measure)}
    </Link>
  );
}

function Table({
  table,
  named,
  search,
  dimensions,
  measure,
  stale,
}: {
  table: Pivot;
  named: readonly string[];
  search: CubeSearch;
  dimensions: readonly CubeDimension[];
  measure: CubeMeasure;
  stale: boolean;
}) {
  const { rows, columns, cells, max } = table;
  const wide = columns.length > 1 || dimensions.length > named.length;
  const shown = columns.slice(0, COLUMNS_MAX);
  const shade = (value: number | null) =>
    value === null || max === null || max === 0
      ? undefined
      : { '--shade-of-cell': `${Math.round((38 * value) / max)}%` };
  return (
    <>
      <div className={`${styles.scroll} ${stale ? 'stale' : ''}`}>
        <table className={styles.table} aria-label="Cube">
          <thead>
            <tr>
              {named.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
              {wide
                ? shown.map(({ values }) => (
                    <th key={JSON.stringify(values)} scope="col" className="num">
                      {values[0] ?? NOT_RECORDED}
                    </th>
                  ))
                : null}
              <th scope="col" className="num">
                all
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_MAX).map((row, r) => (
              <tr key={JSON.stringify(row.values)}>
                {row.values.map((value, i) => (
                  <th key={named[i]} scope="row" className={value === null ? 'muted' : 'mono'}>
                    {value ?? NOT_RECORDED}
                  </th>
                ))}
                {wide
                  ? shown.map((column, c) => {
                      const amount = cells[r]![c] ?? null;
                      const value = amount === null ? null : measureOf(amount, measure);
                      return (
                        <td
                          key={JSON.stringify(column.values)}
                          className={`num ${styles.cell}`}
                          style={shade(value) as React.CSSProperties}
                        >
                          {amount === null ? (
                            <span className="muted" title="no recipe run">
                              {' '}
                            </span>
                          ) : (
                            <Amount
                              {...{ search, dimensions, amount, measure }}
                              values={[...row.values, ...column.values]}
                            />
                          )}
                        </td>
                      );
                    })
                  : null}
                <td className="num">
                  <Amount {...{ search, dimensions, measure }} amount={row.total} values={row.values} />
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={named.length}>
                all
              </th>
              {wide
                ? shown.map(({ values, total }) => (
                    <td key={JSON.stringify(values)} className="num">
                      <Amount {...{ search, measure, values }} dimensions={dimensions.slice(-1)} amount={total} />
                    </td>
                  ))
                : null}
              <td className="num">
                <Amount {...{ search, dimensions, measure }} amount={table.total} values={[]} />
              </td>
            </tr>
          </tfoot>
        </table>
      </div>
      {rows.length > ROWS_MAX || columns.length > COLUMNS_MAX ? (
        <p className="muted">
          {[
            rows.length > ROWS_MAX ? `${formatCount(rows.length - ROWS_MAX)} more rows` : '',
            columns.length > COLUMNS_MAX ? `${formatCount(columns.length - COLUMNS_MAX)} more columns` : '',
          ]
            .filter(Boolean)
            .join(' and ')}{' '}
          are in the export and in the totals.
        </p>
      ) : null}
    </>
  );
}
