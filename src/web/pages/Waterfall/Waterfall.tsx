/** Waterfall: what was built where and when, time downwards, a column for each builder, machine or target. */
import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { PALETTES } from '../../../chart/palette.ts';
import type { TimeBounds } from '../../../chart/viewport.ts';
import {
  drawWaterfall,
  layoutWaterfall,
  stepWaterfall,
  WATERFALL_AXIS_PX,
  WATERFALL_HEAD_PX,
  type WaterfallStep,
} from '../../../chart/waterfall.ts';
import { DIMENSION_LABELS, WATERFALL_DIMENSIONS } from '../../../model/build-dimension.ts';
import { formatDuration } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { dateFieldValue, formatLocal, formatWhen, fromDateField } from '../../format/time.ts';
import { type Drawing, drawingPng, drawingSvg } from '../../paint/save-drawing.ts';
import { matrixQuery, waterfallQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { printValues } from '../Builds/search.ts';
import { filterOf, type WaterfallSearch } from './search.ts';
import {
  askedWindow,
  coveredTime,
  firstSpan,
  type Looking,
  looking,
  timeOnScreen,
  zoomTime,
} from './time-on-screen.ts';
import styles from './Waterfall.module.css';
import { columnWidth, WaterfallStage } from './WaterfallStage.tsx';
import {
  describeBuild,
  durationText,
  type WaterfallBuild,
  waterfallPicture,
  waterfallTable,
} from './waterfall-picture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SPANS: readonly (readonly [ms: number, label: string])[] = [
  [6 * HOUR, '6 hours'],
  [DAY, '1 day'],
  [3 * DAY, '3 days'],
  [7 * DAY, '1 week'],
  [30 * DAY, '1 month'],
  [365 * DAY, '1 year'],
];
/** The address follows when the hand rests: browsers refuse a hundred changes in a few seconds. */
const ADDRESS_MS = 300;
/** Running bars grow by the second; a picture without them moves on twice a minute. */
const GROW_MS = 1000;
const MOVE_ON_MS = 30_000;

function useNow(periodMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), periodMs);
    return () => window.clearInterval(timer);
  }, [periodMs]);
  return now;
}

export function Waterfall() {
  const search = useSearch({ from: '/waterfall' });
  const navigate = useNavigate({ from: '/waterfall' });
  const by = search.by ?? 'builder';
  const filter = useMemo(() => filterOf(search), [search]);
  const palette = PALETTES[useComputedColorScheme('light')];
  const [running, setRunning] = useState(false);
  const nowMs = useNow(running ? GROW_MS : MOVE_ON_MS);
  const [cursor, setCursor] = useState<string | null>(null);
  const [row, setRow] = useState(-1);
  useTitle('Waterfall');

  const change = useCallback(
    (part: Partial<WaterfallSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );

  const overview = useQuery(waterfallQuery({ ...filter, by: 'none' }));
  const heads = useQuery(matrixQuery({ ...filter, rows: by, columns: 'none' }));
  const covered = overview.data === undefined ? null : coveredTime(overview.data);
  // What the first answer says, so that a build that comes in does not change how near one looks.
  const first = useRef<number | null>(null);
  if (first.current === null && overview.data !== undefined) first.current = firstSpan(overview.data);

  const [moved, setMoved] = useState<Looking | null>(null);
  // Back and forth in the history of the browser.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the address says now counts, and not what the hand did before
  useEffect(() => setMoved(null), [search.at, search.span]);
  const spanMs = moved?.spanMs ?? (search.span === undefined ? (first.current ?? DAY) : search.span * 1000);
  const at = moved === null ? (search.at ?? null) : moved.at;
  const lastMs = covered === null ? null : covered.toMs;
  const view = useMemo(() => timeOnScreen({ at, spanMs }, nowMs, lastMs), [at, spanMs, nowMs, lastMs]);
  const show = useCallback((next: TimeBounds) => setMoved(looking(next.fromMs, next.toMs, Date.now())), []);
  useEffect(() => {
    if (moved === null) return;
    const timer = window.setTimeout(
      () => change({ at: moved.at ?? undefined, span: Math.round(moved.spanMs / 1000) }, true),
      ADDRESS_MS,
    );
    return () => window.clearTimeout(timer);
  }, [moved, change]);

  const asked = askedWindow(view);
  const query = useQuery({
    ...waterfallQuery({ ...filter, by, ...asked }),
    // Where the address does not say which time, the overview does.
    enabled: covered !== null || (overview.data === undefined && search.at !== undefined && search.span !== undefined),
  });
  const answer = query.data;
  const picture = useMemo(
    () => (answer === undefined ? null : waterfallPicture(answer, heads.data, search.all === 1, nowMs)),
    [answer, heads.data, search.all, nowMs],
  );
  const grows = answer?.builds.some(({ outcome }) => outcome === 'running') ?? false;
  useEffect(() => setRunning(grows), [grows]);

  const bar = picture === null || cursor === null ? -1 : picture.builds.findIndex((b) => keyOf(b) === cursor);
  const open = useCallback(
    (build: WaterfallBuild | undefined, apart = false) => {
      if (build === undefined) return;
      if (apart) window.open(`/buildstats/b/${build.id}`, '_blank', 'noopener');
      else void navigate({ to: '/b/$id', params: { id: build.id } });
    },
    [navigate],
  );
  const step = (to: WaterfallStep): void => {
    if (picture === null) return;
    const next = picture.builds[stepWaterfall(picture.input, bar, to)];
    if (next === undefined) return;
    setCursor(keyOf(next));
    const start = next.startedMs!;
    if (start < view.fromMs || start > view.toMs) show({ fromMs: start - spanMs / 2, toMs: start + spanMs / 2 });
  };
  const page = (share: number): void =>
    show({ fromMs: view.fromMs + spanMs * share, toMs: view.toMs + spanMs * share });
  const zoom = (factor: number): void =>
    at === null && factor > 1
      ? setMoved({ at: null, spanMs: spanMs * factor })
      : show(zoomTime(view, factor, at === null ? 0.97 : 0.5));
  const whole = (): void => {
    if (covered === null) return;
    const air = Math.max(HOUR, (nowMs - covered.fromMs) * 0.02);
    show({ fromMs: covered.fromMs - air, toMs: Math.max(covered.toMs, nowMs) + air });
  };
  const [down, up] = search.up === 1 ? [-1, 1] : [1, -1];
  const onPicture = search.table !== 1;
  useCommands([
    ...(onPicture
      ? (
          [
            ['ArrowDown', search.up === 1 ? 'earlier' : 'later'],
            ['ArrowUp', search.up === 1 ? 'later' : 'earlier'],
            ['ArrowLeft', 'left'],
            ['ArrowRight', 'right'],
          ] as const
        ).map(([key, to]) => ({
          id: `waterfall-${key}`,
          label: `To the next build, ${key.slice(5).toLowerCase()}`,
          group: 'Waterfall',
          keys: [key],
          keyOnly: true,
          run: () => step(to),
        }))
      : []),
    ...(onPicture
      ? [
          {
            id: 'waterfall-open',
            label: 'Open the build',
            group: 'Waterfall',
            keys: ['Enter'],
            keyOnly: true,
            run: () => open(picture?.builds[bar]),
          },
        ]
      : []),
    {
      id: 'waterfall-down',
      label: 'A screen down',
      group: 'Waterfall',
      keys: ['PageDown'],
      keyOnly: true,
      run: () => page(0.8 * down),
    },
    {
      id: 'waterfall-up',
      label: 'A screen up',
      group: 'Waterfall',
      keys: ['PageUp'],
      keyOnly: true,
      run: () => page(0.8 * up),
    },
    { id: 'waterfall-in', label: 'Nearer', group: 'Waterfall', keys: ['w', '+'], run: () => zoom(1 / 1.5) },
    { id: 'waterfall-out', label: 'Farther', group: 'Waterfall', keys: ['s', '-'], run: () => zoom(1.5) },
    {
      id: 'waterfall-now',
      label: 'To now',
      group: 'Waterfall',
      keys: ['n'],
      run: () => setMoved({ at: null, spanMs }),
    },
    { id: 'waterfall-whole', label: 'All the time there is', group: 'Waterfall', keys: ['0'], run: whole },
    {
      id: 'waterfall-turn',
      label: 'Newest on top, and back',
      group: 'Waterfall',
      keys: ['u'],
      run: () => change({ up: search.up === 1 ? undefined : 1 }),
    },
    {
      id: 'waterfall-table',
      label: 'The builds as a table, and back',
      group: 'Waterfall',
      keys: ['t'],
      run: () => change({ table: search.table === 1 ? undefined : 1 }),
    },
  ]);

  const drawing = (): Drawing => {
    if (picture === null) throw new Error('there is no picture yet');
    const columnPx = columnWidth(1100, picture.values.length);
    const heightPx = 800;
    const layout = layoutWaterfall(picture.input, { view, heightPx, columnPx, nowMs, upwards: search.up === 1 });
    const widthPx = WATERFALL_AXIS_PX + layout.widthPx + 1;
    return {
      title: `Builds by ${DIMENSION_LABELS[by]}, ${formatLocal(view.fromMs)} to ${formatLocal(view.toMs)}`,
      widthPx,
      heightPx: heightPx + WATERFALL_HEAD_PX,
      palette,
      describe: (i) => (picture.builds[i] === undefined ? '' : describeBuild(picture.builds[i], nowMs)),
      draw: (painter) =>
        drawWaterfall(painter, layout, {
          palette,
          zoneMinutes: -new Date(view.toMs).getTimezoneOffset(),
          cursor: -1,
          scrollPx: 0,
          widthPx,
        }),
    };
  };

  const error = overview.error ?? query.error ?? heads.error;
  const filtered = Object.keys(filter).length > 0;
  const focused = picture?.builds[bar];
  return (
    <>
      <div className="page-top">
        <h1>Waterfall</h1>
        <span className="muted" aria-live="polite">
          {answer === undefined || picture === null
            ? '\u00a0'
            : `${formatWhen(view.fromMs)} to ${at === null && view.toMs > nowMs ? 'now' : formatWhen(view.toMs)}`}
          <span className={styles.wide}>
            {answer?.cells === null || answer === undefined
              ? ''
              : `, ${formatDuration(answer.cells.stepMs)} a step: too many builds to show each`}
          </span>
        </span>
        <span className="grow" />
        <span className="row no-print">
          {picture !== null && (picture.hidden > 0 || search.all === 1) ? (
            <button
              type="button"
              className="btn plain"
              aria-pressed={search.all === 1}
              onClick={() => change({ all: search.all === 1 ? undefined : 1 })}
            >
              {search.all === 1 ? 'All columns' : `${picture.hidden} more without a build here`}
            </button>
          ) : null}
          <button
            type="button"
            className="btn"
            aria-pressed={search.table === 1}
            onClick={() => change({ table: search.table === 1 ? undefined : 1 })}
            title="The builds as a table (t)"
          >
            Table
          </button>
          <CopyButton text={window.location.href} what="link" label="Link" />
          {answer === undefined ? null : (
            <DownloadMenu
              items={[
                {
                  label: 'CSV',
                  file: { name: 'waterfall.csv', type: 'text/csv', write: () => toCsv(waterfallTable(answer, by)) },
                },
                {
                  label: 'JSON',
                  file: {
                    name: 'waterfall.json',
                    type: 'application/json',
                    write: () => toJson(waterfallTable(answer, by)),
                  },
                },
                {
                  label: 'SVG',
                  file: { name: 'waterfall.svg', type: 'image/svg+xml', write: () => drawingSvg(drawing()) },
                },
                {
                  label: 'PNG',
                  file: { name: 'waterfall.png', type: 'image/png', write: () => drawingPng(drawing()) },
                },
              ]}
            />
          )}
        </span>
      </div>
      <div className="filters no-print">
        <label>
          a column each
          <select
            className="field"
            value={by}
            onChange={(e) => change({ by: WATERFALL_DIMENSIONS.find((d) => d === e.target.value) })}
          >
            {WATERFALL_DIMENSIONS.map((d) => (
              <option key={d} value={d}>
                {DIMENSION_LABELS[d]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <select
            className="field"
            aria-label="time on screen"
            value={SPANS.find(([ms]) => Math.abs(ms - spanMs) < ms * 0.02)?.[0] ?? ''}
            onChange={(e) => {
              const ms = Number(e.target.value);
              if (e.target.value === 'all') whole();
              else if (ms > 0)
                at === null ? setMoved({ at: null, spanMs: ms }) : show({ fromMs: view.toMs - ms, toMs: view.toMs });
            }}
          >
            <option value="">{formatDuration(spanMs)}</option>
            {SPANS.map(([ms, label]) => (
              <option key={ms} value={ms}>
                {label}
              </option>
            ))}
            <option value="all">all</option>
          </select>
        </label>
        <label>
          <input
            className="field"
            aria-label="jump to a day"
            type="date"
            title="Jump to a day"
            value={dateFieldValue(view.toMs > nowMs ? nowMs : view.toMs)}
            onChange={(e) => {
              const end = fromDateField(e.target.value, true);
              if (end !== undefined) show({ fromMs: end + 1 - Math.max(spanMs, DAY), toMs: end + 1 });
            }}
          />
        </label>
        <button
          type="button"
          className="btn"
          disabled={at === null}
          onClick={() => setMoved({ at: null, spanMs })}
          title="To now (n)"
        >
          Now
        </button>
        <SearchField
          value={search.q ?? ''}
          onChange={(q) => change({ q }, true)}
          placeholder="Search target, machine, host …"
          label="Only builds with these words"
          className="search"
        />
        <Facets filter={filter} onChange={change} />
        {filtered ? (
          <button
            type="button"
            className="btn plain"
            onClick={() =>
              void navigate({
                search: ({ by: b, at: a, span, up: u, table }) => compact({ by: b, at: a, span, up: u, table }),
              })
            }
          >
            Show all
          </button>
        ) : null}
      </div>
      {error === null ? null : (
        <ErrorNote
          error={error}
          what="The waterfall could not be read"
          retry={() => void Promise.all([overview.refetch(), query.refetch(), heads.refetch()])}
        />
      )}
      {overview.data !== undefined && covered === null ? (
        <EmptyNote title={filtered ? 'No build matches' : 'No builds yet'}>
          {filtered
            ? 'The search or a filter leaves no build with a recorded start.'
            : 'There is no build with a recorded start in the store.'}
        </EmptyNote>
      ) : picture === null || overview.data === undefined ? (
        error === null ? (
          <div className={`skeleton ${styles.stage}`} />
        ) : null
      ) : search.table === 1 ? (
        <Grid
          label="Builds of the waterfall"
          columns={tableColumns(picture.builds, DIMENSION_LABELS[by], nowMs)}
          order={picture.builds.map((_, i) => i)}
          cursor={row}
          onCursor={setRow}
          onOpen={(i) => open(picture.builds[i])}
          openLabel="Open the build"
          card={['what', 'result', 'time']}
          stale={query.isPlaceholderData}
          empty={
            <EmptyNote title={answer?.cells === null ? 'No build in this time' : 'Too many builds to list each'}>
              {answer?.cells === null
                ? 'Move on, or look at more time.'
                : 'Come nearer (w), or export the counts as CSV.'}
            </EmptyNote>
          }
        />
      ) : (
        <div
          className={query.isPlaceholderData ? 'stale' : ''}
          style={{ display: 'flex', flex: 1, minWidth: 0, position: 'relative' }}
        >
          <WaterfallStage
            picture={picture}
            overview={overview.data}
            view={view}
            nowMs={nowMs}
            upwards={search.up === 1}
            palette={palette}
            cursor={bar}
            label={`Builds by ${DIMENSION_LABELS[by]}, time ${search.up === 1 ? 'upwards' : 'downwards'}. Arrows go from build to build, Enter opens one, t shows a table.`}
            onView={show}
            onOpen={open}
            onColumn={(value) => change({ [by]: printValues([value ?? '']) })}
            onCursor={(i) => setCursor(picture.builds[i] === undefined ? null : keyOf(picture.builds[i]))}
          />
          {picture.values.length === 0 ? (
            <div className={styles.nothing}>
              <EmptyNote title="No build in this time">
                The last one before the end of it began {formatWhen(lastMs)}.{' '}
                <button
                  type="button"
                  className="btn"
                  onClick={() =>
                    lastMs !== null && show({ fromMs: lastMs - spanMs * 0.7, toMs: lastMs + spanMs * 0.3 })
                  }
                >
                  Go to the last build
                </button>
              </EmptyNote>
            </div>
          ) : null}
        </div>
      )}
      <span className="hidden-text" role="status">
        {focused === undefined ? '' : describeBuild(focused, nowMs)}
      </span>
    </>
  );
}

/** A build of several targets has a bar at each. */
function keyOf({ id, value }: WaterfallBuild): string {
  return `${id} ${value ?? ''}`;
}

function tableColumns(builds: readonly WaterfallBuild[], by: string, nowMs: number): GridColumn[] {
  const of = (i: number): WaterfallBuild => builds[i]!;
  return [
    {
      id: 'when',
      label: 'when',
      widthPx: 140,
      cell: (i) => formatWhen(of(i).startedMs),
      hover: (i) => formatLocal(of(i).startedMs),
    },
    { id: 'column', label: by, widthPx: 170, cell: (i) => of(i).value ?? <span className="muted">not recorded</span> },
    { id: 'what', label: 'target', widthPx: 240, cell: (i) => of(i).targets?.join(' ') ?? of(i).name },
    { id: 'machine', label: 'machine', widthPx: 140, cell: (i) => of(i).machine ?? '' },
    {
      id: 'result',
      label: 'result',
      widthPx: 260,
      grow: true,
      cell: (i) => (
        <>
          <BuildOutcomeMark outcome={of(i).outcome} /> <span className="mono">{of(i).firstFailure ?? ''}</span>
        </>
      ),
    },
    { id: 'time', label: 'time', widthPx: 140, align: 'right', cell: (i) => durationText(of(i), nowMs) },
  ];
}
