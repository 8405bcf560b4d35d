/** QA: what do_package_qa finds, by class and recipe, over the last builds that match, and which of it a build brought. */
import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { PALETTES } from '../../../chart/palette.ts';
import { classColour, drawQaTrend } from '../../../chart/qa-trend.ts';
import { formatCount, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { When } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { drawingSvg } from '../../paint/save-drawing.ts';
import { qaQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { NewQa } from './NewQa.tsx';
import styles from './QA.module.css';
import { QaTrendStage, TREND_PX } from './QaTrendStage.tsx';
import {
  classesOf,
  classId,
  classLabel,
  describeBuild,
  groupsTable,
  type QaBuild,
  type QaGroup,
  trendOf,
  trendTable,
} from './qa-tables.ts';
import { QA_SORTS, type QaSearch, type QaSort } from './search.ts';

const NONE: readonly QaGroup[] = [];
const NO_BUILDS: readonly QaBuild[] = [];
const SVG_PX = 1000;

/** Builds are newest first: a smaller index is later. Names by the alphabet, what names none last. */
const COMPARES: Readonly<Record<QaSort, (a: QaGroup, b: QaGroup) => number>> = {
  issues: (a, b) => b.issues - a.issues,
  builds: (a, b) => b.builds - a.builds,
  first: (a, b) => a.first - b.first,
  last: (a, b) => a.last - b.last,
  recipe: (a, b) => byName(a.pn, b.pn),
  class: (a, b) => byName(a.qaClass, b.qaClass),
};

function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function QA() {
  const search = useSearch({ from: '/qa' });
  const navigate = useNavigate({ from: '/qa' });
  const { find = '', sort = 'issues', class: chosen, recipe, build, ...filter } = search;
  const query = useQuery(qaQuery({ ...filter, recipe }));
  const [cursor, setCursor] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const palette = PALETTES[useComputedColorScheme('light')];
  useTitle('Package QA');
  const change = useCallback(
    (part: Partial<QaSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const answer = query.data;
  const builds = answer?.builds ?? NO_BUILDS;
  const classes = useMemo(() => (answer === undefined ? [] : classesOf(answer)), [answer]);
  const shown = useMemo(
    () => (chosen === undefined ? classes : classes.filter(({ id }) => chosen.includes(id))),
    [classes, chosen],
  );
  const trend = useMemo(() => (answer === undefined ? null : trendOf(answer, shown, build)), [answer, shown, build]);
  const all = answer?.groups ?? NONE;
  const rows = useMemo(() => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter(
      ({ qaClass, pn, message }) =>
        (chosen === undefined || chosen.includes(classId(qaClass))) &&
        words.every((word) => `${qaClass} ${pn} ${message}`.toLowerCase().includes(word)),
    );
    return found.sort(COMPARES[sort]);
  }, [all, chosen, find, sort]);
  const order = useMemo(() => Uint32Array.from(rows.keys()), [rows]);
  const columns = useMemo(() => groupColumns(rows, builds), [rows, builds]);

  const step = (by: number): void => {
    if (trend === null || trend.builds.length === 0) return;
    const { cursor: at } = trend.input;
    const to = at < 0 ? trend.builds.length - 1 : Math.max(0, Math.min(trend.builds.length - 1, at + by));
    change({ build: trend.builds[to]!.build }, true);
  };
  useCommands([
    { id: 'qa-find', label: 'Find an issue in this list', group: 'QA', keys: ['i'], run: () => field.current?.focus() },
    { id: 'qa-older', label: 'New in the build before', group: 'QA', keys: ['['], run: () => step(-1) },
    { id: 'qa-newer', label: 'New in the build after', group: 'QA', keys: [']'], run: () => step(1) },
  ]);
  const toggle = (id: string): void => {
    const on = chosen ?? [];
    const next = on.includes(id) ? on.filter((one) => one !== id) : [...on, id];
    change({ class: next.length === 0 ? undefined : next }, true);
  };
  const open = useCallback(
    (row: number) => {
      const group = rows[row];
      if (group !== undefined) change({ recipe: group.pn ?? undefined, class: [classId(group.qaClass)] });
    },
    [change, rows],
  );
  const issues = shown.reduce((sum, one) => sum + one.issues, 0);
  const title = recipe === undefined ? 'Package QA issues' : `Package QA issues of ${recipe}`;
  const label =
    trend === null
      ? title
      : `${title}: ${plural(issues, 'issue')} in ${plural(builds.length, 'build')}, of which ${trend.gaps} executed no check`;
  return (
    <>
      <div className="page-top">
        <h1>Package QA</h1>
        <span className="muted" aria-live="polite">
          {trend === null
            ? '\u00a0'
            : `${plural(issues, 'issue')} in the last ${plural(builds.length, 'build')}; ${trend.gaps} of them executed no check${recipe === undefined ? '' : ` of ${recipe}`}`}
        </span>
        <span className="grow" />
        {answer === undefined || trend === null ? null : (
          <DownloadMenu
            items={[
              {
                label: 'CSV',
                hint: 'classes and recipes',
                file: { name: 'qa.csv', type: 'text/csv', write: () => toCsv(groupsTable(answer, rows)) },
              },
              {
                label: 'JSON',
                hint: 'classes and recipes',
                file: { name: 'qa.json', type: 'application/json', write: () => toJson(groupsTable(answer, rows)) },
              },
              {
                label: 'CSV of the trend',
                hint: 'a row a build',
                file: { name: 'qa-trend.csv', type: 'text/csv', write: () => toCsv(trendTable(trend)) },
              },
              {
                label: 'JSON of the trend',
                hint: 'a row a build',
                file: { name: 'qa-trend.json', type: 'application/json', write: () => toJson(trendTable(trend)) },
              },
              {
                label: 'SVG of the trend',
                file: {
                  name: 'qa-trend.svg',
                  type: 'image/svg+xml',
                  write: () =>
                    drawingSvg({
                      title: label,
                      widthPx: SVG_PX,
                      heightPx: TREND_PX,
                      palette,
                      describe: (index) => describeBuild(trend, index),
                      draw: (painter) =>
                        drawQaTrend(painter, trend.input, { widthPx: SVG_PX, heightPx: TREND_PX }, palette),
                    }),
                },
              },
            ]}
          />
        )}
      </div>
      <div className="filters">
        <SearchField
          value={find}
          onChange={(text) => change({ find: text }, true)}
          inputRef={field}
          placeholder="Find an issue …"
          label="Find an issue"
          className="search"
        />
        {recipe === undefined ? null : (
          <button
            type="button"
            className="btn mono"
            aria-pressed
            title="All recipes"
            onClick={() => change({ recipe: undefined })}
          >
            {recipe} <span aria-hidden="true">×</span>
          </button>
        )}
        <Facets filter={filter} onChange={change} />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The issues could not be read" retry={() => void query.refetch()} />
      ) : null}
      <fieldset className={styles.classes}>
        <legend className="hidden-text">Classes</legend>
        {classes.map(({ id, label: name, issues: n }) => {
          const place = shown.findIndex((one) => one.id === id);
          return (
            <button
              key={id}
              type="button"
              className="btn"
              aria-pressed={chosen?.includes(id) ?? false}
              onClick={() => toggle(id)}
            >
              <span
                className={styles.swatch}
                aria-hidden="true"
                style={{ background: place < 0 ? 'var(--bh-line-strong)' : classColour(palette, place) }}
              />
              <span className="mono">{name}</span> <span className="muted">{formatCount(n)}</span>
            </button>
          );
        })}
        {trend === null || trend.gaps === 0 || trend.gaps === trend.builds.length ? null : (
          <span className="muted nowrap">
            <span className={`${styles.swatch} ${styles.gap}`} aria-hidden="true" />
            below the line: executed no check
          </span>
        )}
      </fieldset>
      {trend === null ? (
        <div className={styles.stage} style={{ height: TREND_PX + 20 }} />
      ) : trend.builds.length === 0 ? null : trend.gaps === trend.builds.length ? (
        <EmptyNote title={`No build executed the check${recipe === undefined ? '' : ` of ${recipe}`}`}>
          Whoever takes packages from sstate does not look at them again. Whether they have issues is told by builds
          before these.
        </EmptyNote>
      ) : (
        <QaTrendStage trend={trend} palette={palette} label={label} onPick={(id) => change({ build: id }, true)} />
      )}
      {build === undefined ? null : (
        <NewQa
          build={build}
          about={builds.find((one) => one.build.startsWith(build))}
          onClose={() => change({ build: undefined }, true)}
        />
      )}
      <Grid
        label="Package QA issues"
        columns={columns}
        order={order}
        sort={{ id: sort, descending: sort !== 'recipe' && sort !== 'class' }}
        onSort={(id) => {
          const next = QA_SORTS.find((one) => one === id);
          if (next !== undefined) change({ sort: next === 'issues' ? undefined : next }, true);
        }}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Its trend"
        card={['recipe', 'class', 'issues']}
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 8 : 0}
        empty={
          query.isError || query.isPending ? null : (
            <EmptyNote
              title={all.length === 0 ? 'No package QA issue in these builds' : 'No issue has that in its words'}
            >
              {all.length > 0
                ? `${plural(all.length, 'kind')} of issue without it.`
                : builds.length === 0
                  ? 'The store has no build yet, or a filter leaves none.'
                  : 'Those that executed the check found nothing, or no source of theirs tells of warnings.'}
            </EmptyNote>
          )
        }
      />
      {answer?.more === true ? <p className="muted">There are more kinds than these: a filter leaves fewer.</p> : null}
    </>
  );
}

function groupColumns(rows: readonly QaGroup[], builds: readonly QaBuild[]): GridColumn[] {
  const at = (row: number): QaGroup => rows[row]!;
  const seen = (index: number) => {
    const build = builds[index];
    return build === undefined ? null : (
      <Link to="/b/$id/problems" params={{ id: build.build }}>
        <When ms={build.startedMs} />
      </Link>
    );
  };
  return [
    {
      id: 'recipe',
      label: 'recipe',
      widthPx: 170,
      mono: true,
      sortable: true,
      cell: (row) => {
        const { pn } = at(row);
        return pn === null ? (
          <span className="muted">no recipe named</span>
        ) : (
          <Link to="/recipes/$pn" params={{ pn }}>
            {pn}
          </Link>
        );
      },
    },
    {
      id: 'class',
      label: 'class',
      widthPx: 170,
      mono: true,
      speaks: true,
      sortable: true,
      cell: (row) => (
        <span className={at(row).severity === 'error' ? 'bad' : undefined}>
          {at(row).severity === 'error' ? '✗ ' : ''}
          {classLabel(classId(at(row).qaClass))}
        </span>
      ),
      hover: (row) => at(row).severity,
    },
    {
      id: 'issues',
      label: 'issues',
      hint: 'In all these builds together',
      widthPx: 78,
      align: 'right',
      sortable: true,
      cell: (row) => formatCount(at(row).issues),
    },
    {
      id: 'builds',
      label: 'builds',
      hint: 'Builds that have one',
      widthPx: 78,
      align: 'right',
      sortable: true,
      cell: (row) => formatCount(at(row).builds),
    },
    {
      id: 'first',
      label: 'first seen',
      hint: 'The oldest of these builds that has one',
      widthPx: 120,
      sortable: true,
      cell: (row) => seen(at(row).first),
    },
    { id: 'last', label: 'last seen', widthPx: 120, sortable: true, cell: (row) => seen(at(row).last) },
    {
      id: 'message',
      label: 'for example',
      widthPx: 260,
      grow: true,
      cell: (row) => at(row).message,
      hover: (row) => at(row).message,
    },
  ];
}
