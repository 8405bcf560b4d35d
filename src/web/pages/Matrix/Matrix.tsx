/** Matrix: the last result of any two dimensions, however old; the failing task in the cell, and the builds behind it a click away. */
import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { buildColour } from '../../../chart/build-outcome.ts';
import { blend, describeMark, drawMatrix, durationOpacity, layoutMatrix, matrixSheet } from '../../../chart/matrix.ts';
import { PALETTES } from '../../../chart/palette.ts';
import { BUILD_DIMENSIONS, type BuildDimension, DIMENSION_LABELS } from '../../../model/build-dimension.ts';
import { formatCount, formatRatio, plural } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { formatLocal, formatWhen } from '../../format/time.ts';
import { type Drawing, drawingPng, drawingSvg } from '../../paint/save-drawing.ts';
import { matrixQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { CellPanel } from './CellPanel.tsx';
import styles from './Matrix.module.css';
import { type MatrixCursor, MatrixTable } from './MatrixTable.tsx';
import { cellFilter, matrixPicture, matrixTable } from './matrix-picture.ts';
import { COLUMNS, filterOf, type MatrixSearch, ROWS } from './search.ts';
import { Wall } from './Wall.tsx';

const NOT_RECORDED_KEY = '~';
/** Ages are told in minutes; the wall has a clock and turns its pages. */
const AGE_MS = 20_000;
const WALL_MS = 1000;
/** Events tell of public builds; a wall that missed one is right again by itself. */
const WALL_ASKS_MS = 60_000;

const EXAMPLES: readonly (readonly [label: string, rows: BuildDimension, cols: BuildDimension])[] = [
  ['image × machine', 'target', 'machine'],
  ['recipe × branch', 'recipe', 'branch'],
  ['target × day', 'target', 'day'],
  ['host distro × release', 'hostDistro', 'release'],
  ['builder × day', 'builder', 'day'],
];

export function Matrix() {
  const search = useSearch({ from: '/matrix' });
  const navigate = useNavigate({ from: '/matrix' });
  const rows = search.rows ?? ROWS;
  const columns = search.cols ?? COLUMNS;
  const wall = search.wall === 1;
  const filter = useMemo(() => filterOf(search), [search]);
  const scheme = useComputedColorScheme('light');
  const palette = PALETTES[scheme];
  const [nowMs, setNow] = useState(() => Date.now());
  const findField = useRef<HTMLInputElement>(null);
  useTitle('Matrix');
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), wall ? WALL_MS : AGE_MS);
    return () => window.clearInterval(timer);
  }, [wall]);

  const change = useCallback(
    (part: Partial<MatrixSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const query = useQuery({
    ...matrixQuery({ ...filter, rows, columns, zone: -new Date().getTimezoneOffset() }),
    refetchInterval: wall ? WALL_ASKS_MS : false,
  });
  const answer = query.data;
  const ageMinute = Math.floor(nowMs / AGE_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: ages change by the minute, and the clock of the wall by the second
  const picture = useMemo(
    () =>
      answer === undefined
        ? null
        : matrixPicture(answer, {
            rows,
            columns,
            worstFirst: search.sort === 'bad' || wall,
            find: search.find ?? '',
            nowMs,
          }),
    [answer, rows, columns, search.sort, search.find, wall, ageMinute],
  );

  const transpose = (): void => change({ rows: columns, cols: rows, r: search.c, c: search.r });
  const cursor = useMemo((): MatrixCursor | null => {
    if (picture === null || search.r === undefined || search.c === undefined) return null;
    const value = (text: string): string | null => (text === NOT_RECORDED_KEY ? null : text);
    const row = picture.rows.indexOf(value(search.r));
    const column = picture.columns.indexOf(value(search.c));
    return row < 0 || column < 0 ? null : { row, column };
  }, [picture, search.r, search.c]);
  const open = useCallback(
    (to: MatrixCursor) => {
      if (picture === null) return;
      const key = (value: string | null | undefined): string => value ?? NOT_RECORDED_KEY;
      change({ r: key(picture.rows[to.row]), c: key(picture.columns[to.column]) }, true);
    },
    [picture, change],
  );
  const step = (dRow: number, dColumn: number): void => {
    if (picture === null || picture.rows.length === 0) return;
    if (cursor === null) open({ row: 0, column: 0 });
    else
      open({
        row: Math.min(picture.rows.length - 1, Math.max(0, cursor.row + dRow)),
        column: Math.min(picture.columns.length - 1, Math.max(0, cursor.column + dColumn)),
      });
  };
  const cellIndex =
    picture === null || cursor === null
      ? -1
      : (picture.at.get(cursor.row * picture.columns.length + cursor.column) ?? -1);
  const cell = picture?.cells[cellIndex];
  const build = cell === undefined ? undefined : answer?.builds[cell.build];

  const enterWall = (): void => {
    // Only a hand may make a page fill the screen; where it may not, the page fills the window.
    void document.documentElement.requestFullscreen?.().catch(() => {});
    change({ wall: 1 });
  };
  const leaveWall = useCallback((): void => {
    if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => {});
    change({ wall: undefined }, true);
  }, [change]);
  useEffect(() => {
    if (!wall) return;
    // Escape is the browser's own while the page fills the screen.
    const onChange = (): void => {
      if (document.fullscreenElement === null) leaveWall();
    };
    document.addEventListener('fullscreenchange', onChange);
    return () => document.removeEventListener('fullscreenchange', onChange);
  }, [wall, leaveWall]);

  useCommands([
    { id: 'matrix-transpose', label: 'Turn rows into columns', group: 'Matrix', keys: ['t'], run: transpose },
    {
      id: 'matrix-worst',
      label: 'What fails most first, and back',
      group: 'Matrix',
      keys: ['f'],
      run: () => change({ sort: search.sort === 'bad' ? undefined : 'bad' }),
    },
    {
      id: 'matrix-wall',
      label: 'For the wall, and back',
      group: 'Matrix',
      keys: ['b'],
      run: wall ? leaveWall : enterWall,
    },
    {
      id: 'matrix-down',
      label: 'To the cell below',
      group: 'Matrix',
      keys: ['ArrowDown', 'j'],
      keyOnly: true,
      run: () => step(1, 0),
    },
    {
      id: 'matrix-up',
      label: 'To the cell above',
      group: 'Matrix',
      keys: ['ArrowUp', 'k'],
      keyOnly: true,
      run: () => step(-1, 0),
    },
    {
      id: 'matrix-left',
      label: 'To the cell at the left',
      group: 'Matrix',
      keys: ['ArrowLeft', 'h'],
      keyOnly: true,
      run: () => step(0, -1),
    },
    {
      id: 'matrix-right',
      label: 'To the cell at the right',
      group: 'Matrix',
      keys: ['ArrowRight', 'l'],
      keyOnly: true,
      run: () => step(0, 1),
    },
    {
      id: 'matrix-open',
      label: 'Open the build of the cell',
      group: 'Matrix',
      keys: ['Enter'],
      keyOnly: true,
      run: () => {
        if (build !== undefined) void navigate({ to: '/b/$id', params: { id: build.id } });
      },
    },
    {
      id: 'matrix-close',
      label: 'Close the cell, leave the wall',
      group: 'Matrix',
      keys: ['Escape'],
      keyOnly: true,
      run: () => (wall ? leaveWall() : change({ r: undefined, c: undefined }, true)),
    },
    {
      id: 'matrix-find',
      label: 'Find in rows and columns',
      group: 'Matrix',
      keys: ['i'],
      run: () => findField.current?.focus(),
    },
  ]);

  const title = `${DIMENSION_LABELS[rows]} by ${DIMENSION_LABELS[columns]}`;
  const drawing = (): Drawing => {
    if (picture === null) throw new Error('there is no picture yet');
    const sheet = matrixSheet(picture.input, palette);
    return {
      title: `Last results, ${title}, ${formatLocal(nowMs)}`,
      ...sheet,
      describe: null,
      draw: (painter) => drawMatrix(painter, layoutMatrix(picture.input, sheet)),
    };
  };
  const filtered = Object.keys(filter).length > 0;
  const failing = picture?.cells.filter(({ outcome }) => outcome === 'failed').length ?? 0;

  if (wall && picture !== null)
    return (
      <Wall
        input={picture.input}
        palette={palette}
        title={title}
        nowMs={nowMs}
        problem={query.isError ? 'The server does not answer: this is old' : null}
        onLeave={leaveWall}
      />
    );
  return (
    <>
      <div className="page-top">
        <h1>Matrix</h1>
        <span className="muted" aria-live="polite">
          {picture === null
            ? '\u00a0'
            : `${plural(picture.rows.length, 'row')}, ${plural(picture.columns.length, 'column')}, ${failing} failing`}
        </span>
        <span className="grow" />
        <span className="row no-print">
          <button type="button" className="btn" onClick={transpose} title="Turn rows into columns (t)">
            Transpose
          </button>
          <button
            type="button"
            className="btn"
            onClick={enterWall}
            title="Nothing but the matrix, as large as there is room (b)"
          >
            Wall
          </button>
          <CopyButton text={window.location.href} what="link" label="Link" />
          {answer === undefined ? null : (
            <DownloadMenu
              items={[
                {
                  label: 'CSV',
                  file: {
                    name: 'matrix.csv',
                    type: 'text/csv',
                    write: () => toCsv(matrixTable(answer, rows, columns)),
                  },
                },
                {
                  label: 'JSON',
                  file: {
                    name: 'matrix.json',
                    type: 'application/json',
                    write: () => toJson(matrixTable(answer, rows, columns)),
                  },
                },
                {
                  label: 'SVG',
                  file: { name: 'matrix.svg', type: 'image/svg+xml', write: () => drawingSvg(drawing()) },
                },
                { label: 'PNG', file: { name: 'matrix.png', type: 'image/png', write: () => drawingPng(drawing()) } },
              ]}
            />
          )}
        </span>
      </div>
      <div className="filters no-print">
        <Pick
          label="rows"
          value={rows}
          other={columns}
          onPick={(value) =>
            value === columns ? transpose() : change({ rows: value, cols: columns, r: undefined, c: undefined })
          }
        />
        <Pick
          label="columns"
          value={columns}
          other={rows}
          onPick={(value) => (value === rows ? transpose() : change({ rows, cols: value, r: undefined, c: undefined }))}
        />
        <button
          type="button"
          className="btn"
          aria-pressed={search.sort === 'bad'}
          onClick={() => change({ sort: search.sort === 'bad' ? undefined : 'bad' })}
          title="What fails most first (f)"
        >
          Failing first
        </button>
        <SearchField
          value={search.find ?? ''}
          onChange={(find) => change({ find }, true)}
          inputRef={findField}
          placeholder="Find in rows and columns"
          label="Only rows, columns and failing tasks with this in their name"
          className="search"
        />
        <Facets filter={filter} onChange={change} />
        {filtered ? (
          <button
            type="button"
            className="btn plain"
            onClick={() => void navigate({ search: ({ rows: r, cols, sort }) => compact({ rows: r, cols, sort }) })}
          >
            Show all
          </button>
        ) : null}
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The matrix could not be read" retry={() => void query.refetch()} />
      ) : null}
      <div className={`${styles.body} ${query.isPlaceholderData ? 'stale' : ''}`}>
        {picture === null || answer === undefined ? (
          query.isError ? null : (
            <div className="skeleton" style={{ flex: 1 }} />
          )
        ) : picture.rows.length === 0 ? (
          <div className="grow">
            <EmptyNote
              title={
                answer.cells.length === 0 ? (filtered ? 'No build matches' : 'No builds yet') : 'Nothing of that name'
              }
            >
              {answer.cells.length > 0
                ? `None of ${plural(answer.cells.length, 'cell')} has "${search.find}" in its row, column or failing task.`
                : rows === 'recipe' || columns === 'recipe'
                  ? 'No build that matches executed a recipe.'
                  : filtered
                    ? 'The search or a filter leaves no build with a recorded start.'
                    : 'There is no build with a recorded start in the store.'}
            </EmptyNote>
          </div>
        ) : (
          <MatrixTable
            picture={picture}
            palette={palette}
            label={`Last results, ${title}`}
            corner={`${DIMENSION_LABELS[rows]} ╲ ${DIMENSION_LABELS[columns]}`}
            cursor={cursor}
            onOpen={open}
          />
        )}
        {picture === null || cell === undefined || cursor === null ? null : (
          <CellPanel
            title={`${picture.input.rows[cursor.row]} · ${picture.input.columns[cursor.column]}`}
            cell={cell}
            build={build}
            filter={cellFilter(filter, [
              [rows, cell.row],
              [columns, cell.column],
            ])}
            recipe={rows === 'recipe' ? cell.row : columns === 'recipe' ? cell.column : null}
            onClose={() => change({ r: undefined, c: undefined }, true)}
          />
        )}
      </div>
      <p className={`muted ${styles.notes}`}>
        {rows === 'recipe' || columns === 'recipe' ? null : (
          <span className={styles.legend}>
            {[-0.5, 0, 1].map((ratio) => (
              <span key={ratio} className={styles.legend}>
                <i
                  style={{
                    background: blend(buildColour('succeeded', palette), palette.background, durationOpacity(ratio)),
                  }}
                />
                {ratio === 0 ? 'usual time' : formatRatio(ratio)}
              </span>
            ))}
          </span>
        )}
        {answer === undefined ? '' : notes(answer, rows === 'recipe' || columns === 'recipe')}
      </p>
      <span className="hidden-text" role="status">
        {picture === null || cursor === null
          ? ''
          : cellIndex < 0
            ? `${picture.input.rows[cursor.row]}, ${picture.input.columns[cursor.column]}: no build`
            : describeMark(picture.input, picture.input.marks[cellIndex]!)}
      </span>
      <nav className={`${styles.examples} no-print`} aria-label="Matrices that are asked for often">
        {EXAMPLES.map(([label, r, c]) => (
          <Link key={label} to="/matrix" search={{ ...filter, rows: r, cols: c }}>
            {label}
          </Link>
        ))}
      </nav>
    </>
  );
}

function notes({ leftOut, sinceMs }: { leftOut: number; sinceMs: number | null }, ofRecipes: boolean): string {
  return [
    sinceMs === null ? '' : `Builds since ${formatWhen(sinceMs)}.`,
    ofRecipes ? 'Only executed tasks count: what came from sstate is neither a pass nor a failure.' : '',
    leftOut === 0 ? '' : `${formatCount(leftOut)} more cells are left out: set a filter.`,
  ]
    .filter((note) => note !== '')
    .join(' ');
}

function Pick({
  label,
  value,
  other,
  onPick,
}: {
  label: string;
  value: BuildDimension;
  other: BuildDimension;
  onPick: (value: BuildDimension) => void;
}) {
  return (
    <label>
      {label}
      <select
        className="field"
        value={value}
        onChange={(e) => {
          const picked = BUILD_DIMENSIONS.find((d) => d === e.target.value);
          if (picked !== undefined) onPick(picked);
        }}
      >
        {BUILD_DIMENSIONS.map((d) => (
          <option key={d} value={d}>
            {DIMENSION_LABELS[d]}
            {d === other ? ' (swap)' : ''}
          </option>
        ))}
      </select>
    </label>
  );
}
