/**
 * The boot chart: every task run of a build on a time axis, the samples below it. This file is the shell: state in, panels and commands
 * out. What is drawn is in src/chart, when it is drawn in scene.ts, what hands do in gestures.ts.
 */
import { useComputedColorScheme } from '@mantine/core';
import { useReducedMotion, useViewportSize } from '@mantine/hooks';
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { brightRows, type Chain, chainBars, chainOf } from '../../../../chart/chain.ts';
import { matchedRows, type Step, stepBar } from '../../../../chart/cursor.ts';
import { hiddenText } from '../../../../chart/draw.ts';
import { type ChartBuild, type ChartLayout, layoutChart, prepareChart } from '../../../../chart/layout.ts';
import { PALETTES } from '../../../../chart/palette.ts';
import { matchRuns } from '../../../../chart/search.ts';
import { areaTotals, type Measure, measureRuns } from '../../../../chart/selection.ts';
import { describeRun, emptyReason, notPlacedText, type SheetOptions, usedColours } from '../../../../chart/sheet.ts';
import { chartSeries, defaultStrips, STRIP_PX, stripEntries } from '../../../../chart/strips.ts';
import { type TimeBounds, withAir } from '../../../../chart/viewport.ts';
import { type Build, NOT_SENT } from '../../../../model/build.ts';
import { formatCount, formatDuration, plural } from '../../../../model/format.ts';
import type { TaskGraph } from '../../../../model/task-table.ts';
import { useCommands } from '../../../state/commands.ts';
import { AreaDrawer } from './AreaDrawer.tsx';
import css from './BootChart.module.css';
import { ChartStage, type StageEvents } from './ChartStage.tsx';
import { type ChartState, defaultMinMs, formatRange, rowOfKey, runKey, sameRange } from './chart-state.ts';
import type { Mode } from './gestures.ts';
import { RunTable } from './RunTable.tsx';
import { SeriesPicker, StripHeads } from './StripHeads.tsx';
import { savePng, saveSvg } from './save-picture.ts';
import { type ChartScene, headHeight, MINIMAP_PX, type Shown, STRIP_GAP } from './scene.ts';
import { TaskDrawer } from './TaskDrawer.tsx';
import { Toolbar } from './Toolbar.tsx';

export interface BootChartProps {
  /** The build with its decoded columns and samples. A new object is a new picture: keep it while nothing changed. */
  readonly build: ChartBuild & Partial<Pick<Build, 'failures' | 'extras'>>;
  /** Which run needs which, in rows of `build.tasks`; null: not known (yet). */
  readonly graph?: TaskGraph | null;
  /** Why the graph will not come; null: it is there, or is asked for when it is needed. */
  readonly noGraph?: string | null;
  readonly state: ChartState;
  /** `push`: a deliberate act, one step of the back button. `replace`: moving around. */
  readonly onStateChange: (state: ChartState, how: 'push' | 'replace') => void;
  /** A link to the log of a run, or null where there is none. */
  readonly logLink?: (row: number) => ReactNode;
  /** More ways out of the view (trace, CSV) for the share menu. */
  readonly downloads?: readonly { readonly label: string; readonly href: string }[];
  /** First line of pictures that are saved; the build's name when left out. */
  readonly title?: string;
}

/** Narrower than this, names of lanes go into the plot and what is chosen rarely into a menu. */
const NARROW_PX = 620;
/** How long the window must rest before the address follows. */
const ADDRESS_PAUSE_MS = 250;
/** One press of a zoom key. */
const ZOOM_STEP = 0.6;
/** One press of a pan key, as a share of the window. */
const PAN_STEP = 0.2;

export function BootChart(props: BootChartProps) {
  const reason = emptyReason(props.build);
  return reason === null ? <Chart {...props} /> : <Empty build={props.build} reason={reason} />;
}

function Empty({ build, reason }: { build: ChartBuild; reason: string }) {
  const notPlaced = useMemo(() => notPlacedText(prepareChart(build)), [build]);
  return (
    <div className={css.empty} role="status">
      <h2>No picture of this build</h2>
      <p>{reason}</p>
      {notPlaced === null ? null : <p className={css.muted}>{notPlaced}</p>}
    </div>
  );
}

function Chart(props: BootChartProps) {
  const { build, state } = props;
  const scheme = useComputedColorScheme('light');
  const palette = PALETTES[scheme];
  const reducedMotion = useReducedMotion();
  const viewport = useViewportSize();

  const data = useMemo(() => prepareChart(build), [build]);
  const minMs = state.minMs ?? defaultMinMs(data);
  const layout = useMemo(
    () => layoutChart(data, { groupBy: state.groupBy, colourBy: state.colourBy, minMs }),
    [data, state.groupBy, state.colourBy, minMs],
  );
  const series = useMemo(() => chartSeries(data), [data]);
  const strips = useMemo(() => state.strips ?? defaultStrips(series), [state.strips, series]);
  const named = useMemo(() => {
    const byId = new Map(series.map((s) => [s.id, s]));
    return strips.map((ids) => stripEntries(ids, byId, palette));
  }, [series, strips, palette]);
  const entries = useMemo(() => named.map((strip) => strip.entries), [named]);
  const match = useMemo(() => matchRuns(build, state.query), [build, state.query]);
  const graph = props.graph ?? null;
  const noGraph = props.noGraph ?? null;
  const chain = useMemo(
    () => (graph === null || state.chain === null ? null : chainOf({ ...build, graph }, state.chain)),
    [build, graph, state.chain],
  );
  const chained = useMemo(() => (chain === null ? [] : chainBars(layout, chain)), [layout, chain]);
  const bright = useMemo(() => brightRows(match, chain), [match, chain]);
  const matched = useMemo(() => (match === null ? null : matchedRows(layout, match)), [layout, match]);
  const matching = useMemo(() => (match === null ? 0 : match.reduce((sum, m) => sum + m, 0)), [match]);
  const selectedRow = useMemo(() => rowOfKey(build, state.selected), [build, state.selected]);
  const totals = useMemo(() => {
    if (state.area === null) return null;
    const shownSeries = entries.flat().map((entry) => entry.series);
    return areaTotals(data, state.area.fromMs, state.area.toMs, shownSeries);
  }, [data, state.area, entries]);

  const scene = useRef<ChartScene | null>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const [mode, setMode] = useState<Mode>('pan');
  const [cursorRow, setCursorRow] = useState<number | null>(null);
  const [dragged, setDragged] = useState<TimeBounds | null>(null);
  const [measure, setMeasure] = useState<Measure | null>(null);
  const [whole, setWhole] = useState(state.range === null);
  const [spoken, setSpoken] = useState('');
  const [chainAsked, setChainAsked] = useState(false);
  const [copied, setCopied] = useState(false);
  const [width, setWidth] = useState(0);

  const narrow = width > 0 && width < NARROW_PX;
  const gutterPx = gutter(layout, width, narrow);
  const stripsPx = strips.length * (STRIP_PX + STRIP_GAP);
  const bodyPx = bodyHeight(layout, viewport.height - headHeight(layout) - stripsPx - MINIMAP_PX, narrow);
  const area = dragged ?? state.area;
  const shown = useMemo<Shown>(
    () => ({
      layout,
      palette,
      strips: entries,
      match: bright,
      chain,
      clock: state.clock,
      gutterPx,
      bodyPx,
      selectedRow,
      cursorRow,
      area,
      measure,
      reducedMotion,
    }),
    [
      layout,
      palette,
      entries,
      bright,
      chain,
      state.clock,
      gutterPx,
      bodyPx,
      selectedRow,
      cursorRow,
      area,
      measure,
      reducedMotion,
    ],
  );

  const change = (patch: Partial<ChartState>, how: 'push' | 'replace' = 'push'): void =>
    props.onStateChange({ ...state, ...patch }, how);
  const say = (row: number, before = ''): void => setSpoken(before + describeRun(data, row));

  // The address follows the window when it rests. The timer asks for the latest state: other things may have changed meanwhile.
  const follow = useRef<(range: TimeBounds | null) => void>(() => undefined);
  useLayoutEffect(() => {
    follow.current = (range) => {
      if (!sameRange(range, state.range)) change({ range }, 'replace');
    };
  });
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  // The window may also have been moved by the address.
  useEffect(() => setWhole(scene.current?.whole ?? state.range === null), [state.range]);

  const select = (row: number | null): void => {
    setMeasure(null);
    setCursorRow(row);
    change({ selected: row === null ? null : runKey(build, row), area: null });
    if (row === null) return;
    scene.current?.reveal(row);
    say(row);
  };

  const events: StageEvents = {
    onRange: (range) => {
      setWhole(range === null);
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => follow.current(range), ADDRESS_PAUSE_MS);
    },
    onWidth: setWidth,
    onClick: (target, shift) => {
      setDragged(null);
      if (target.kind !== 'bar') {
        setMeasure(null);
        if (state.selected !== null || state.area !== null) change({ selected: null, area: null });
        return;
      }
      setCursorRow(target.row);
      if ((shift || mode === 'measure') && cursorRow !== null && cursorRow !== target.row) {
        const measured = measureRuns(data, cursorRow, target.row);
        setMeasure(measured);
        setSpoken(`${formatDuration(Math.abs(measured.toMs - measured.fromMs))} ${measured.words}`);
        return;
      }
      setMeasure(null);
      if (mode === 'measure') return;
      change({ selected: runKey(build, target.row), area: null });
    },
    onDoubleClick: (target) => {
      if (target.kind === 'bar') scene.current?.zoomToRow(target.row);
      else if (target.kind === 'phase') {
        const phase = data.phases[target.index]!;
        scene.current?.glideTo(withAir(phase.startMs, phase.endMs, data.bounds));
      } else scene.current?.fit();
    },
    onArea: (selected, done) => {
      setDragged(done ? null : selected);
      if (done) change({ area: selected, selected: null });
    },
    onMeasure: setMeasure,
  };

  // On a phone the drawer lies over the lower half: the picture goes to the upper one.
  const panes = useRef<HTMLDivElement>(null);
  const pinned = selectedRow !== null || totals !== null;
  useEffect(() => {
    if (pinned && narrow) panes.current?.scrollIntoView({ block: 'start' });
  }, [pinned, narrow]);

  // A link with a selected run brings it into sight, once there is a picture.
  const linked = useRef(false);
  useEffect(() => {
    if (linked.current || width === 0) return;
    linked.current = true;
    if (selectedRow !== null) scene.current?.reveal(selectedRow, state.range === null);
  }, [selectedRow, width, state.range]);

  /** The cursor goes to a run; the drawer follows where it is open. */
  const moveCursor = (row: number, before = ''): void => {
    setCursorRow(row);
    scene.current?.reveal(row);
    say(row, before);
    if (selectedRow !== null) change({ selected: runKey(build, row), area: null }, 'replace');
  };
  const step = (how: Step): void => {
    const from = cursorRow ?? selectedRow;
    const bar = stepBar(layout, from === null ? -1 : (layout.barOfRow[from] ?? -1), how);
    if (bar >= 0) moveCursor(layout.bars.row[bar]!);
  };
  const stepMatch = (direction: 1 | -1): void => {
    if (matched === null || matched.length === 0) return;
    const at = cursorRow === null ? -1 : matched.indexOf(cursorRow);
    const next = at < 0 ? (direction > 0 ? 0 : matched.length - 1) : (at + direction + matched.length) % matched.length;
    moveCursor(matched[next]!, `${next + 1} of ${matched.length}: `);
  };

  /** Along the chain; from a run beside it to the one of it that starts next, or before. */
  const stepChain = (direction: 1 | -1): void => {
    if (chained.length === 0) return;
    const from = cursorRow ?? selectedRow;
    const at = from === null ? -1 : chained.indexOf(from);
    const later = from === null ? 0 : chained.findIndex((row) => data.startMs[row]! >= data.startMs[from]!);
    const after = later < 0 ? chained.length : later;
    const wanted = at >= 0 ? at + direction : direction > 0 ? after : from === null ? chained.length - 1 : after - 1;
    const next = Math.min(chained.length - 1, Math.max(0, wanted));
    moveCursor(chained[next]!, `${next + 1} of ${chained.length}: `);
  };
  const nextChain = (): void => {
    setChainAsked(noGraph !== null && !chainAsked);
    if (noGraph === null)
      change({ chain: state.chain === null ? 'longest' : state.chain === 'longest' ? 'waited' : null });
  };

  /** On what is selected first; again, or with nothing selected: the whole build. */
  const fit = (): void => {
    const now = scene.current;
    if (now === null) return;
    const row = selectedRow ?? cursorRow;
    const target =
      state.area ??
      (row === null || Number.isNaN(data.startMs[row]!)
        ? null
        : withAir(data.startMs[row]!, data.endMs[row]!, data.bounds));
    if (target !== null && formatRange(target) !== formatRange(now.range)) now.glideTo(target);
    else now.fit();
  };
  const copyLink = (): void => {
    window.clearTimeout(timer.current);
    follow.current(scene.current === null || scene.current.whole ? null : scene.current.range);
    // The address is written in this turn of the event loop at the latest.
    window.setTimeout(() => {
      navigator.clipboard.writeText(window.location.href).then(
        () => {
          setCopied(true);
          setSpoken('Link copied');
          window.setTimeout(() => setCopied(false), 1500);
        },
        () => setSpoken('The browser does not let this page copy. The address bar has the link.'),
      );
    }, 60);
  };
  const letGo = (): void => {
    setMeasure(null);
    setDragged(null);
    if (mode !== 'pan') setMode('pan');
    else if (state.selected !== null || state.area !== null) change({ selected: null, area: null });
    else if (state.query !== '') change({ query: '' });
    else setCursorRow(null);
  };
  const zoom = (factor: number): void => scene.current?.glideZoom(factor);
  const pan = (share: number): void => scene.current?.pan(share * (scene.current?.view.widthPx ?? 0));
  const toggleMode = (wanted: Mode): void => setMode((before) => (before === wanted ? 'pan' : wanted));

  const group = 'Boot chart';
  const keyOnly = true;
  useCommands([
    { id: 'chart.in', label: 'Zoom in', group, keys: ['w', '+', '='], keyOnly, run: () => zoom(ZOOM_STEP) },
    { id: 'chart.out', label: 'Zoom out', group, keys: ['s', '-'], keyOnly, run: () => zoom(1 / ZOOM_STEP) },
    {
      id: 'chart.earlier',
      label: 'Earlier',
      group,
      keys: ['a', 'shift+ArrowLeft'],
      keyOnly,
      run: () => pan(-PAN_STEP),
    },
    { id: 'chart.later', label: 'Later', group, keys: ['d', 'shift+ArrowRight'], keyOnly, run: () => pan(PAN_STEP) },
    { id: 'chart.whole', label: 'Show the whole build', group, keys: ['0'], run: () => scene.current?.fit() },
    { id: 'chart.fit', label: 'Fit what is selected; again: the whole build', group, keys: ['f'], run: fit },
    { id: 'chart.find', label: 'Find in the chart', group, keys: ['/', 'i'], run: () => searchField.current?.select() },
    { id: 'chart.select', label: 'Select a time by dragging', group, keys: ['r'], run: () => toggleMode('select') },
    { id: 'chart.measure', label: 'Measure between two bars', group, keys: ['m'], run: () => toggleMode('measure') },
    { id: 'chart.next', label: 'Next run on the lane (also →)', group, keys: ['.'], keyOnly, run: () => step('next') },
    {
      id: 'chart.previous',
      label: 'Previous run on the lane (also ←)',
      group,
      keys: [','],
      keyOnly,
      run: () => step('previous'),
    },
    { id: 'chart.chain', label: 'Longest chain, what we waited for, off', group, keys: ['k'], run: nextChain },
    { id: 'chart.chain-next', label: 'Next task of the chain', group, keys: [']'], keyOnly, run: () => stepChain(1) },
    {
      id: 'chart.chain-previous',
      label: 'Previous task of the chain',
      group,
      keys: ['['],
      keyOnly,
      run: () => stepChain(-1),
    },
    { id: 'chart.table', label: 'The same as a table', group, keys: ['t'], run: () => change({ table: !state.table }) },
    { id: 'chart.link', label: 'Copy a link to this view', group, keys: ['y'], run: copyLink },
    { id: 'chart.let-go', label: 'Let go of the selection', group, keys: ['Escape'], keyOnly, run: letGo },
  ]);

  const onChartKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const how = ARROWS[event.key];
    if (how !== undefined) step(how);
    else if (event.key === 'Enter' && cursorRow !== null) {
      if (selectedRow === cursorRow) scene.current?.zoomToRow(cursorRow);
      else select(cursorRow);
    } else return;
    event.preventDefault();
  };

  const picture = (): SheetOptions => ({
    scheme,
    groupBy: state.groupBy,
    colourBy: state.colourBy,
    minMs,
    strips,
    chain,
    ...(scene.current === null || scene.current.whole ? {} : scene.current.range),
    ...(props.title === undefined ? {} : { title: props.title }),
  });
  const setStrips = (next: readonly (readonly string[])[]): void =>
    change({ strips: next.filter((ids) => ids.length > 0) });
  const toggleSeries = (id: string): void => {
    const known = strips.some((ids) => ids.includes(id));
    setStrips(known ? strips.map((ids) => ids.filter((other) => other !== id)) : [...strips, [id]]);
  };
  const lanes = plural(layout.laneCount, 'lane');

  return (
    <div className={css.root} data-mode={mode}>
      <Toolbar
        state={state}
        minMs={minMs}
        noChain={noGraph}
        narrow={narrow}
        whole={whole}
        mode={mode}
        found={
          matched === null
            ? null
            : { shown: matched.length, matching, at: cursorRow === null ? -1 : matched.indexOf(cursorRow) }
        }
        searchField={searchField}
        copied={copied}
        downloads={props.downloads ?? []}
        onChange={change}
        onMode={setMode}
        onStepMatch={stepMatch}
        onZoom={zoom}
        onFit={() => scene.current?.fit()}
        onCopyLink={copyLink}
        onSvg={() => saveSvg(build, picture())}
        onPng={() => savePng(build, picture())}
      />
      {state.chain === null && !chainAsked ? null : (
        <ChainLine
          chain={chain}
          reason={noGraph ?? (graph === null ? null : 'No task of this build ran, so there is no chain.')}
          bars={chained}
          at={cursorRow === null ? -1 : chained.indexOf(cursorRow)}
          onStep={stepChain}
        />
      )}
      <div ref={panes} className={css.panes}>
        <div className={css.main}>
          {state.table ? (
            <RunTable layout={layout} match={bright} selectedRow={selectedRow} onSelect={select} />
          ) : (
            <>
              <ChartStage
                scene={scene}
                shown={shown}
                range={state.range}
                whole={whole}
                mode={mode}
                stripsPx={stripsPx}
                label={`Boot chart: ${plural(layout.bars.count, 'task run')} on ${lanes}. Arrows go from bar to bar, Enter pins one; t shows the same as a table.`}
                events={events}
                onKeyDown={onChartKey}
                stripHeads={
                  <StripHeads strips={strips} named={named} all={series} gutterPx={gutterPx} onChange={setStrips} />
                }
                instead={
                  layout.bars.count > 0 ? null : (
                    <p className={css.allHidden} style={{ top: headHeight(layout), left: gutterPx + 8 }}>
                      Every run is shorter than the threshold: {hiddenText(layout)}.{' '}
                      <button type="button" className={css.linkButton} onClick={() => change({ minMs: 0 })}>
                        Show all
                      </button>
                    </p>
                  )
                }
              />
              <Foot layout={layout} scheme={scheme} measure={measure} waits={chain?.kind === 'waited'}>
                <SeriesPicker
                  all={series}
                  chosen={strips.flat()}
                  label="+ series"
                  title="A strip of its own for another series"
                  onToggle={toggleSeries}
                />
              </Foot>
            </>
          )}
        </div>
        {selectedRow !== null ? (
          <TaskDrawer
            data={data}
            graph={graph}
            failures={build.failures ?? []}
            notSent={build.extras?.[NOT_SENT] ?? null}
            row={selectedRow}
            logLink={props.logLink?.(selectedRow) ?? null}
            onSelect={select}
            onZoom={() => scene.current?.zoomToRow(selectedRow)}
            onStep={step}
            onCopyLink={copyLink}
            onClose={() => change({ selected: null })}
          />
        ) : totals !== null ? (
          <AreaDrawer
            totals={totals}
            onSelect={select}
            onZoom={() => scene.current?.glideTo(totals)}
            onClose={() => change({ area: null })}
          />
        ) : null}
      </div>
      {state.selected !== null && selectedRow === null ? (
        <p className={css.footNote}>
          <span className={css.mono}>{state.selected}</span> is not in this build.
        </p>
      ) : null}
      <div className={css.spoken} aria-live="polite">
        {spoken}
      </div>
    </div>
  );
}

/** What the chain says, and the way along it. */
function ChainLine(props: {
  chain: Chain | null;
  /** Why there is none; null: it is on its way. */
  reason: string | null;
  bars: readonly number[];
  at: number;
  onStep: (direction: 1 | -1) => void;
}) {
  const { chain, bars, at } = props;
  if (chain === null) {
    return (
      <p className={css.chainLine} role="status">
        {props.reason ?? 'The task graph is being read.'}
      </p>
    );
  }
  const hidden = chain.rows.length - bars.length;
  return (
    <p className={css.chainLine} role="status">
      <span>
        {chain.sentence}
        {hidden > 0 ? ` ${formatCount(hidden)} of them shorter than the threshold, not drawn.` : ''}
      </span>
      <span className={css.chainSteps}>
        <button
          type="button"
          className={css.smallButton}
          onClick={() => props.onStep(-1)}
          title="Previous task of the chain ([)"
          aria-label="Previous task of the chain"
        >
          ‹
        </button>
        {at < 0 ? plural(bars.length, 'bar') : `${formatCount(at + 1)} of ${formatCount(bars.length)}`}
        <button
          type="button"
          className={css.smallButton}
          onClick={() => props.onStep(1)}
          title="Next task of the chain (])"
          aria-label="Next task of the chain"
        >
          ›
        </button>
      </span>
    </p>
  );
}

const ARROWS: Readonly<Partial<Record<string, Step>>> = {
  ArrowRight: 'next',
  ArrowLeft: 'previous',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

function gutter(layout: ChartLayout, widthPx: number, narrow: boolean): number {
  if (narrow) return 0;
  if (layout.options.groupBy === 'slots') return 60;
  return Math.min(230, Math.max(120, Math.round(widthPx * 0.16)));
}

/** What a page has above and below a chart, about. */
const AROUND_PX = 250;

/**
 * As much of the lanes as the screen holds beside all the rest, on a phone most of a screen. Slots are shown all where a wheel can bring
 * the rest into sight: lanes that need a scrollbar of their own take the wheel from the zoom.
 */
function bodyHeight(layout: ChartLayout, leftPx: number, narrow: boolean): number {
  const least = layout.options.groupBy === 'slots' ? 500 : narrow ? 340 : 260;
  const room = Math.max(least, leftPx - AROUND_PX);
  return Math.max(layout.lanePx * 2, Math.min(layout.heightPx, Math.round(room)));
}

function Foot(props: {
  layout: ChartLayout;
  scheme: 'light' | 'dark';
  measure: Measure | null;
  /** Whether waits are drawn between bars. */
  waits: boolean;
  children: ReactNode;
}) {
  const { layout, measure } = props;
  const { data } = layout;
  const notPlaced = notPlacedText(data);
  return (
    <div className={css.foot}>
      {props.children}
      <ul className={css.legend} aria-label="Colours">
        {usedColours(layout, PALETTES[props.scheme]).map(({ colour, label }) => (
          <li key={colour}>
            <span className={css.swatch} style={{ background: colour }} />
            {label}
          </li>
        ))}
        {props.waits ? (
          <li>
            <span className={css.swatch} style={{ background: PALETTES[props.scheme].warning }} />
            wait
          </li>
        ) : null}
        {data.unfinishedCount > 0 ? (
          <li>
            <span className={`${css.swatch} ${css.hatched}`} />
            no end recorded
          </li>
        ) : null}
      </ul>
      <span className={css.footNote}>
        {measure === null ? (
          <>
            {plural(layout.bars.count, 'bar')}
            {layout.hidden === null ? '' : `, ${formatCount(layout.hidden.count)} in the thin lane`}
            {notPlaced === null ? '' : `; ${notPlaced}`}
          </>
        ) : (
          <strong>
            {formatDuration(Math.abs(measure.toMs - measure.fromMs))} {measure.words}
          </strong>
        )}
      </span>
    </div>
  );
}
