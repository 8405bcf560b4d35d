/** Testing: the big table. What was ever built together, its last success, and the failure where it fails now. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { TestingTable } from '../../../api/contract.ts';
import { formatCount, NOT_RECORDED, plural, shortRevision } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Missing, When } from '../../components/Figures.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote, WarningNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { toMarkdown, toSvg, toWiki } from '../../format/table-markup.ts';
import { testingQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { testingExport, testingMarkup } from './export-testing.ts';
import {
  buildsOf,
  filterOf,
  TESTING_SORTS,
  type TestingFilter,
  type TestingSearch,
  type TestingSort,
} from './search.ts';

export type TestingRow = TestingTable['rows'][number];

const NONE: readonly TestingRow[] = [];

/** Where it says nothing of a row, it stands behind. */
function text(value: string | null): string {
  return value ?? '\uffff';
}

const newest = (row: TestingRow): number => Math.max(row.lastSuccess?.startedMs ?? 0, row.failure?.startedMs ?? 0);
const COMPARES: Readonly<Record<TestingSort, (a: TestingRow, b: TestingRow) => number>> = {
  last: (a, b) => newest(b) - newest(a),
  machine: (a, b) => (text(a.machine) < text(b.machine) ? -1 : 1),
  distro: (a, b) => (text(a.distro) < text(b.distro) ? -1 : 1),
  target: (a, b) => (text(a.target) < text(b.target) ? -1 : 1),
  hostDistro: (a, b) => (text(a.hostDistro) < text(b.hostDistro) ? -1 : 1),
  builder: (a, b) => (text(a.builder) < text(b.builder) ? -1 : 1),
  success: (a, b) => (b.lastSuccess?.startedMs ?? 0) - (a.lastSuccess?.startedMs ?? 0),
  failure: (a, b) => (b.failure?.startedMs ?? 0) - (a.failure?.startedMs ?? 0),
};

export function Testing() {
  const search = useSearch({ from: '/testing' });
  const navigate = useNavigate({ from: '/testing' });
  const { sort = 'last', failing, find = '' } = search;
  const filter = useMemo(() => filterOf(search), [search]);
  const query = useQuery(testingQuery(filter));
  const [cursor, setCursor] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  useTitle('Testing');
  const change = useCallback(
    (part: Partial<TestingSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  useCommands([
    {
      id: 'testing-find',
      label: 'Find in this table',
      group: 'Testing',
      keys: ['i'],
      run: () => field.current?.focus(),
    },
    {
      id: 'testing-failing',
      label: 'Only what fails now, or all',
      group: 'Testing',
      keys: ['f'],
      run: () => change({ failing: failing === 1 ? undefined : 1 }),
    },
  ]);
  const all = query.data?.rows ?? NONE;
  const rows = useMemo(() => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((row) => {
      if (failing === 1 && row.failure === null) return false;
      const said = [
        row.machine,
        row.distro,
        row.target,
        row.branch,
        row.hostDistro,
        row.builder,
        row.failure?.first,
        row.failure?.cause,
      ]
        .join('\n')
        .toLowerCase();
      return words.every((word) => said.includes(word));
    });
    // Rows that are alike in what they are sorted by stay in the order of their last build.
    return found.sort(COMPARES.last).sort((a, b) => (COMPARES[sort](a, b) < 0 ? -1 : COMPARES[sort](b, a) < 0 ? 1 : 0));
  }, [all, find, failing, sort]);
  const order = useMemo(() => Uint32Array.from(rows.keys()), [rows]);
  const columns = useMemo(() => testingColumns(rows, filter), [rows, filter]);
  const open = useCallback(
    (row: number) => {
      const at = rows[row];
      if (at === undefined) return;
      if (at.failure?.address != null) void navigate({ to: '/f/$failure', params: { failure: at.failure.address } });
      else {
        const build = at.failure ?? at.lastSuccess;
        if (build !== null) void navigate({ to: '/b/$id', params: { id: build.id } });
      }
    },
    [navigate, rows],
  );
  const failures = all.filter(({ failure }) => failure !== null).length;
  const markup = () => testingMarkup(rows, `${window.location.origin}/buildstats`);
  return (
    <>
      <div className="page-top">
        <h1>Testing</h1>
        <span className="muted" aria-live="polite">
          {query.data === undefined
            ? '\u00a0'
            : `${plural(all.length, 'combination')} that ${all.length === 1 ? 'was' : 'were'} built, ${failures} of them failing now`}
        </span>
        <span className="grow" />
        <CopyButton text={() => toWiki(markup())} label="Copy as wiki markup" what="wiki" />
        <CopyButton text={() => toMarkdown(markup())} label="Copy as Markdown" what="Markdown" />
        <DownloadMenu
          items={[
            { label: 'CSV', file: { name: 'testing.csv', type: 'text/csv', write: () => toCsv(testingExport(rows)) } },
            {
              label: 'JSON',
              file: { name: 'testing.json', type: 'application/json', write: () => toJson(testingExport(rows)) },
            },
            { label: 'Wiki markup', file: { name: 'testing.wiki', type: 'text/plain', write: () => toWiki(markup()) } },
            {
              label: 'Markdown',
              file: { name: 'testing.md', type: 'text/markdown', write: () => toMarkdown(markup()) },
            },
            {
              label: 'SVG',
              file: { name: 'testing.svg', type: 'image/svg+xml', write: () => toSvg(markup(), 'Testing') },
            },
          ]}
        />
      </div>
      <div className="filters">
        <SearchField
          value={find}
          onChange={(value) => change({ find: value }, true)}
          inputRef={field}
          placeholder="Find in this table …"
          label="Find in this table"
          className="search"
        />
        <button
          type="button"
          className="btn"
          aria-pressed={failing === 1}
          onClick={() => change({ failing: failing === 1 ? undefined : 1 })}
        >
          Failing now
        </button>
        <Facets filter={filter} onChange={change} />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The table could not be read" retry={() => void query.refetch()} />
      ) : null}
      {query.data !== undefined && query.data.leftOut > 0 ? (
        <WarningNote>
          {plural(query.data.leftOut, 'combination')} built longest ago are left out; a filter brings them in.
        </WarningNote>
      ) : null}
      <Grid
        label="Testing"
        columns={columns}
        order={order}
        sort={{ id: sort === 'last' ? 'none' : sort, descending: sort === 'success' || sort === 'failure' }}
        onSort={(id) => {
          const next = TESTING_SORTS.find((one) => one === id);
          if (next !== undefined) change({ sort: next === sort ? undefined : next }, true);
        }}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Open the failure, or the last success"
        card={['target', 'failure', 'success']}
        cardTitle={(row) => `${rows[row]!.target ?? NOT_RECORDED} · ${rows[row]!.machine ?? NOT_RECORDED}`}
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 12 : 0}
        empty={
          query.isError || query.isPending ? null : (
            <EmptyNote title={all.length === 0 ? 'Nothing was built to its end yet' : 'No combination matches'}>
              {all.length === 0
                ? 'A row appears with the first build that succeeded or failed; interrupted and lost ones say nothing of whether it builds.'
                : `${plural(all.length, 'combination')} without it.`}
            </EmptyNote>
          )
        }
      />
    </>
  );
}

function testingColumns(rows: readonly TestingRow[], filter: TestingFilter): GridColumn[] {
  const at = (row: number): TestingRow => rows[row]!;
  const said = (value: string | null) => value ?? <Missing />;
  return [
    {
      id: 'target',
      label: 'target',
      hint: 'A build of several targets stands at each of them',
      widthPx: 180,
      grow: true,
      sortable: true,
      cell: (row) => said(at(row).target),
    },
    { id: 'machine', label: 'machine', widthPx: 144, sortable: true, cell: (row) => said(at(row).machine) },
    { id: 'distro', label: 'distro', widthPx: 100, sortable: true, cell: (row) => said(at(row).distro) },
    { id: 'branch', label: 'branch', widthPx: 92, cell: (row) => said(at(row).branch) },
    { id: 'hostDistro', label: 'host distro', widthPx: 114, sortable: true, cell: (row) => said(at(row).hostDistro) },
    {
      id: 'builder',
      label: 'builder',
      hint: 'Who or what built it',
      widthPx: 120,
      sortable: true,
      cell: (row) => said(at(row).builder),
    },
    {
      id: 'success',
      label: 'last success',
      hint: 'Start of the last build that succeeded, and the commit of its core layer',
      widthPx: 200,
      sortable: true,
      speaks: true,
      cell: (row) => {
        const { lastSuccess } = at(row);
        if (lastSuccess === null) return <span className="muted">never succeeded</span>;
        return (
          <>
            <Link className="ok" to="/b/$id" params={{ id: lastSuccess.id }}>
              ✓ <When ms={lastSuccess.startedMs} />
            </Link>{' '}
            <span className="mono muted">
              {lastSuccess.revision === null ? '' : shortRevision(lastSuccess.revision)}
            </span>
          </>
        );
      },
    },
    {
      id: 'failure',
      label: 'fails now',
      hint: 'The newest build, where it is newer than the last success and failed',
      widthPx: 290,
      grow: true,
      sortable: true,
      speaks: true,
      hover: (row) => at(row).failure?.cause ?? undefined,
      cell: (row) => {
        const { failure } = at(row);
        if (failure === null) return <span className="muted">–</span>;
        const to =
          failure.address === null
            ? ({ to: '/b/$id', params: { id: failure.id } } as const)
            : ({ to: '/f/$failure', params: { failure: failure.address } } as const);
        return (
          <>
            <Link className="bad mono" {...to} preload={false}>
              ✗ {failure.first ?? 'failed'}
            </Link>{' '}
            <When ms={failure.startedMs} /> <span className="muted">{failure.cause ?? ''}</span>
          </>
        );
      },
    },
    {
      id: 'builds',
      label: 'builds',
      hint: 'That ended in success or failure',
      widthPx: 64,
      align: 'right',
      cell: (row) => (
        <Link to="/" search={buildsOf(filter, at(row))} preload={false}>
          {formatCount(at(row).builds)}
        </Link>
      ),
    },
  ];
}
