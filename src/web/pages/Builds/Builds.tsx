/** Builds: every build in the store, newest first, each against its own past. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { formatCount, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Grid } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { formatWhen } from '../../format/time.ts';
import { buildsQuery, serverQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { buildTitle } from '../build-title.ts';
import styles from './Builds.module.css';
import { buildColumns } from './build-columns.tsx';
import { exportBuilds } from './export-builds.ts';
import { Facets } from './Facets.tsx';
import { FirstPage } from './FirstPage.tsx';
import type { BuildsSearch } from './search.ts';

const NO_PICK: readonly string[] = [];

export function Builds() {
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const [cursor, setCursor] = useState(-1);
  const searchField = useRef<HTMLInputElement>(null);
  const { pick: picked = NO_PICK, ...filter } = search;
  const query = useInfiniteQuery(buildsQuery(filter));
  const { data: server } = useQuery(serverQuery);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.builds) ?? [], [query.data]);
  const order = useMemo(() => Uint32Array.from(rows.keys()), [rows]);
  const first = query.data?.pages[0];
  useTitle('Builds');

  const change = useCallback(
    (part: Partial<BuildsSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const toggle = useCallback(
    (id: string) =>
      change({ pick: picked.includes(id) ? picked.filter((p) => p !== id) : [...picked, id].slice(-20) }, true),
    [change, picked],
  );
  const open = useCallback(
    (row: number) => {
      const build = rows[row];
      if (build !== undefined) void navigate({ to: '/b/$id', params: { id: build.id } });
    },
    [navigate, rows],
  );
  /** The oldest is the base: what changed is said from it to the newer ones. */
  const compare = (): void => {
    const at = (id: string): number => rows.find((r) => r.id === id)?.startedMs ?? 0;
    if (picked.length >= 2) void navigate({ to: '/compare', search: { b: [...picked].sort((a, b) => at(a) - at(b)) } });
  };

  useCommands([
    {
      id: 'builds-search',
      label: 'Search in this list',
      group: 'Builds',
      keys: ['i'],
      run: () => searchField.current?.focus(),
    },
    {
      id: 'builds-pick',
      label: 'Pick the build for Compare',
      group: 'Builds',
      keys: ['x'],
      keyOnly: true,
      run: () => {
        const build = rows[cursor];
        if (build !== undefined) toggle(build.id);
      },
    },
    { id: 'builds-compare', label: 'Compare the picked builds', group: 'Builds', keys: ['c'], run: compare },
    {
      id: 'builds-clear',
      label: 'Forget the picked builds',
      group: 'Builds',
      keys: ['Escape'],
      keyOnly: true,
      run: () => change({ pick: undefined }, true),
    },
  ]);

  const columns = useMemo(() => buildColumns(rows, picked, toggle), [rows, picked, toggle]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const nothingYet = first !== undefined && first.total === 0;
  if (nothingYet) return <FirstPage server={server} />;
  const filtered = Object.keys(compact(filter)).length > 0;

  return (
    <>
      <div className="page-top">
        <h1>Builds</h1>
        <span className="muted" aria-live="polite">
          {first === undefined
            ? '\u00a0'
            : filtered
              ? `${formatCount(first.matching)} of ${plural(first.total, 'build')} match`
              : plural(first.total, 'build')}
          <span className={styles.wide}>{first === undefined || filtered ? '' : ', newest first'}</span>
        </span>
        <span className="grow" />
        <button
          type="button"
          className="btn"
          disabled={picked.length < 2}
          onClick={compare}
          title="Pick two or more builds (x), then compare them (c)"
        >
          Compare{picked.length > 0 ? ` ${picked.length}` : ''}
        </button>
        <DownloadMenu
          items={[
            {
              label: 'CSV',
              hint: 'of all that match',
              file: { name: 'builds.csv', type: 'text/csv', write: () => exportBuilds(filter, 'csv') },
            },
            {
              label: 'JSON',
              hint: 'of all that match',
              file: { name: 'builds.json', type: 'application/json', write: () => exportBuilds(filter, 'json') },
            },
          ]}
        />
      </div>
      <div className="filters">
        <SearchField
          value={search.q ?? ''}
          onChange={(q) => change({ q }, true)}
          inputRef={searchField}
          placeholder="Search target, machine, host, place …"
          label="Search in builds"
          className="search"
        />
        <Facets filter={filter} onChange={change} />
        {filtered ? (
          <button
            type="button"
            className="btn plain"
            onClick={() => void navigate({ search: compact({ pick: search.pick }) })}
          >
            Show all
          </button>
        ) : null}
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The list of builds could not be read" retry={() => void query.refetch()} />
      ) : null}
      <Grid
        label="Builds"
        columns={columns}
        order={order}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        openLabel="Open the build"
        onEnd={more}
        card={['target', 'result', 'time']}
        cardTitle={(row) => {
          const build = rows[row];
          return build === undefined ? null : (
            <span className={styles.cardTitle}>
              <span className="cut grow">{buildTitle(build)}</span>
              <span className="muted nowrap">{formatWhen(build.startedMs)}</span>
            </span>
          );
        }}
        stale={query.isPlaceholderData}
        loadingRows={query.isPending ? 12 : isFetchingNextPage ? 3 : 0}
        rowClass={(row) => (picked.includes(rows[row]?.id ?? '') ? styles.picked : undefined)}
        empty={
          query.isError ? null : (
            <EmptyNote title="No build matches">
              {query.isPending
                ? ''
                : `${plural(first?.total ?? 0, 'build')} in the store; the search or a filter leaves none.`}
            </EmptyNote>
          )
        }
      />
    </>
  );
}
