/**
 * The boot chart: every task run of a build on a time axis, the samples below it. This file is the shell: state in, commands and panels
 * out. What is drawn is in src/chart, when it is drawn in scene.ts, what hands do in gestures.ts.
 */
import { Popover, useComputedColorScheme } from '@mantine/core';
import { useReducedMotion, useViewportSize } from '@mantine/hooks';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { formatSinceStart } from '../../../../chart/axis.ts';
import { matchedRows, type Step, stepBar } from '../../../../chart/cursor.ts';
import { hiddenText } from '../../../../chart/draw.ts';
import {
  type ChartBuild,
  type ChartLayout,
  GROUP_BYS,
  type GroupBy,
  layoutChart,
  prepareChart,
  taskRunName,
} from '../../../../chart/layout.ts';
import { barFills, COLOUR_BYS, type ColourBy, OUTCOME_GLYPHS, OUTCOME_LABELS, PALETTES } from '../../../../chart/palette.ts';
import { matchRuns } from '../../../../chart/search.ts';
import { areaTotals, type Measure, measureRuns } from '../../../../chart/selection.ts';
import { describeRun, emptyReason, notPlacedText, usedFills } from '../../../../chart/sheet.ts';
import { chartSeries, defaultStrips, STRIP_PX, stripEntries } from '../../../../chart/strips.ts';
import { type TimeBounds, withAir } from '../../../../chart/viewport.ts';
import type { Build } from '../../../../model/build.ts';
import { formatCount, formatDuration, formatQuantity, plural } from '../../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../../model/task-table.ts';
import { type Command, useCommands } from '../../../state/commands.ts';
import { AreaDrawer } from './AreaDrawer.tsx';
import css from './BootChart.module.css';
import { type ChartState, defaultMinMs, formatRange, rowOfKey, runKey } from './chart-state.ts';
import { listenForGestures, listenOnMinimap, MODES, type Mode } from './gestures.ts';
import { RunTable } from './RunTable.tsx';
import { ChartScene, headHeight, MINIMAP_PX, STRIP_GAP, type Shown, type Target } from './scene.ts';
import { savePng, saveSvg } from './save-picture.ts';
import { SeriesPicker, StripHeads } from './StripHeads.tsx';
import { TaskDrawer } from './TaskDrawer.tsx';

export interface BootChartProps {
  /** The build with its decoded columns and samples. A new object is a new picture: keep it while nothing changed. */
  readonly build: ChartBuild & Partial<Pick<Build, 'graph' | 'failures'>>;
  readonly state: ChartState;
  /** `push`: a deliberate act, one step of the back button. `replace`: moving around. */
  readonly onStateChange: (state: ChartState, how: 'push' | 'replace') => void;
  /** Address of the log of a run, or null where there is none. */
  readonly logHref?: (row: number) => string | null;
  /** More ways out of the view (trace, CSV) for the export menu. */
  readonly downloads?: readonly { readonly label: string; readonly href: string }[];
  /** First line of pictures that are saved; the build's name when left out. */
  readonly title?: string;
}

/** Narrower than this, names of lanes go into the plot. */
const NARROW_PX = 560;
/** How long the window must rest before the address follows. */
const ADDRESS_PAUSE_MS = 250;

const GROUP_LABELS: Readonly<Record<GroupBy, string>> = {
  slots: 'slots',
  recipe: 'recipe',
  task: 'task',
  layer: 'layer',
  outcome: 'outcome',
};
const COLOUR_LABELS: Readonly<Record<ColourBy, string>> = { kind: 'kind of task', outcome: 'outcome', classic: 'classic' };

export function BootChart(props: BootChartProps) {
  const reason = emptyReason(props.build);
  if (reason !== null) return <Empty build={props.build} reason={reason} />;
  return <Chart {...props} />;
}

function Empty({ build, reason }: { build: ChartBuild; reason: string }) {
  const data = useMemo(() => prepareChart(build), [build]);
  const notPlaced = notPlacedText(data);
  return (
    <div className={css.empty} role="status">
      <h2>No picture of this build</h2>
      <p>{reason}</p>
      {notPlaced === null ? null : <p className={css.muted}>{notPlaced}</p>}
    </div>
  );
}

function Chart(props: BootChartProps) {
  const { build, state, onStateChange } = props;
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
  const stripShown = useMemo(() => {
    const byId = new Map(series.map((s) => [s.id, s]));
    return strips.map((ids) => stripEntries(ids, byId, palette));
  }, [series, strips, palette]);
  const sceneStrips = useMemo(() => stripShown.map((s) => s.entries), [stripShown]);
  const match = useMemo(() => matchRuns(build, state.query), [build, state.query]);
  const found = useMemo(() => (match === null ? null : matchedRows(layout, match)), [layout, match]);
  const matching = useMemo(() => (match === null ? 0 : match.reduce((sum, m) => sum + m, 0)), [match]);
  const selectedRow = useMemo(() => rowOfKey(build, state.selected), [build, state.selected]);

  const [mode, setMode] = useState<Mode>('pan');
  const [cursorRow, setCursorRow] = useState<number | null>(null);
  const [hover, setHover] = useState<Target>({ kind: 'nothing' });
  const [dragged, setDragged] = useState<TimeBounds | null>(null);
  const [measure, setMeasure] = useState<Measure | null>(null);
  const [whole, setWhole] = useState(state.range === null);
  const [spoken, setSpoken] = useState('');
  const [width, setWidth] = useState(0);

  const root = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const minimapBox = useRef<HTMLDivElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const windowBox = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLCanvasElement>(null);
  const body = useRef<HTMLCanvasElement>(null);
  const stripsCanvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const scene = useRef<ChartScene | null>(null);

  // What handlers that outlive a render need of the latest one.
  const latest = useRef({ props, layout, found, mode, cursorRow, selectedRow });
  useLayoutEffect(() => {
    latest.current = { props, layout, found, mode, cursorRow, selectedRow };
  });
  const change = useCallback((patch: Partial<ChartState>, how: 'push' | 'replace' = 'push') => {
    const { props: now } = latest.current;
    now.onStateChange({ ...now.state, ...patch }, how);
  }, []);

  const narrow = width > 0 && width < NARROW_PX;
  const gutterPx = narrow ? 0 : state.groupBy === 'slots' ? 56 : Math.min(230, Math.max(120, Math.round(width * 0.16)));
  const stripsPx = strips.length * (STRIP_PX + STRIP_GAP);
  const bodyPx = bodyHeight(layout, viewport.height, headHeight(layout) + stripsPx + MINIMAP_PX, narrow);

  // The scene lives as long as its canvases.
  const picture = !state.table;
  useLayoutEffect(() => {
    if (!picture) return;
    const elements = {
      stage: stage.current!,
      scroller: scroller.current!,
      minimap: minimap.current!,
      window: windowBox.current!,
      head: head.current!,
      body: body.current!,
      strips: stripsCanvas.current!,
      overlay: overlay.current!,
    };
    let timer = 0;
    const made = new ChartScene(elements, {
      onRange: (range) => {
        setWhole(range === null);
        window.clearTimeout(timer);
        timer = window.setTimeout(() => {
          const { props: now } = latest.current;
          if (sameRange(range, now.state.range)) return;
          now.onStateChange({ ...now.state, range }, 'replace');
        }, ADDRESS_PAUSE_MS);
      },
    });
    scene.current = made;
    if (import.meta.env.DEV || Reflect.has(window, 'bakehouseMeasures')) Reflect.set(elements.stage, 'chartScene', made);
    const resize = new ResizeObserver(() => {
      setWidth(elements.stage.clientWidth);
      made.resized();
    });
    resize.observe(elements.stage);
    setWidth(elements.stage.clientWidth);
    const onScroll = (): void => made.scrolled();
    elements.scroller.addEventListener('scroll', onScroll, { passive: true });
    const select = (row: number | null): void => {
      const { props: now } = latest.current;
      const key = row === null ? null : runKey(now.build, row);
      if (key !== now.state.selected) now.onStateChange({ ...now.state, selected: key, area: null }, 'push');
    };
    const stopGestures = listenForGestures(elements.stage, elements.scroller, made, {
      mode: () => latest.current.mode,
      onHover: (target, x, y) => {
        setHover((before) => (sameTarget(before, target) ? before : target));
        placeTip(tip.current, elements.stage, x, y);
      },
      onClick: (target, shift) => {
        const now = latest.current;
        setMeasure(null);
        setDragged(null);
        if (target.kind !== 'bar') {
          if (now.props.state.selected !== null || now.props.state.area !== null) {
            now.props.onStateChange({ ...now.props.state, selected: null, area: null }, 'push');
          }
          return;
        }
        setCursorRow(target.row);
        if ((shift || now.mode === 'measure') && now.selectedRow !== null && now.selectedRow !== target.row) {
          setMeasure(measureRuns(now.layout.data, now.selectedRow, target.row));
          return;
        }
        select(target.row);
      },
      onDoubleClick: (target) => {
        if (target.kind === 'bar') made.zoomToRow(target.row);
        else if (target.kind === 'phase') {
          const phase = latest.current.layout.data.phases[target.index]!;
          made.glideTo(withAir(phase.startMs, phase.endMs, made.bounds));
        } else made.fit();
      },
      onArea: (area, done) => {
        setDragged(done ? null : area);
        if (!done) return;
        const { props: now } = latest.current;
        now.onStateChange({ ...now.state, area, selected: null }, 'push');
      },
      onMeasure: (range) => setMeasure(range === null ? null : { ...range, words: 'measured by hand' }),
    });
    const stopMinimap = listenOnMinimap(minimapBox.current!, made);
    return () => {
      window.clearTimeout(timer);
      resize.disconnect();
      elements.scroller.removeEventListener('scroll', onScroll);
      stopGestures();
      stopMinimap();
      made.dispose();
      scene.current = null;
    };
  }, [picture]);

  const area = dragged ?? state.area;
  useLayoutEffect(() => {
    if (!picture) return;
    const shown: Shown = {
      layout,
      palette,
      strips: sceneStrips,
      match,
      clock: state.clock,
      gutterPx,
      bodyPx,
      selectedRow,
      cursorRow,
      area,
      measure,
      reducedMotion,
    };
    scene.current?.show(shown);
  }, [picture, layout, palette, sceneStrips, match, state.clock, gutterPx, bodyPx, selectedRow, cursorRow, area, measure, reducedMotion]);

  // The address moved the window (a link, the back button).
  useLayoutEffect(() => {
    const now = scene.current;
    if (now === null || !picture) return;
    if (sameRange(state.range, now.whole ? null : now.range)) return;
    now.setRange(state.range);
    setWhole(now.whole);
  }, [picture, state.range]);

  // A link with a selected run brings it into sight, once it is drawn.
  const linked = useRef(false);
  useEffect(() => {
    if (linked.current || selectedRow === null || width === 0) return;
    linked.current = true;
    scene.current?.reveal(selectedRow, state.range === null);
  }, [selectedRow, width, state.range]);

  const select = (row: number | null): void => {
    setMeasure(null);
    setCursorRow(row);
    change({ selected: row === null ? null : runKey(build, row), area: null });
    if (row !== null) {
      scene.current?.reveal(row);
      setSpoken(describeRun(data, row));
    }
  };

  const step = (how: Step): void => {
    const from = cursorRow ?? selectedRow;
    const bar = stepBar(layout, from === null ? -1 : (layout.barOfRow[from] ?? -1), how);
    if (bar < 0) return;
    const row = layout.bars.row[bar]!;
    setCursorRow(row);
    scene.current?.reveal(row);
    setSpoken(describeRun(data, row));
    // The drawer follows where it is open.
    if (selectedRow !== null) change({ selected: runKey(build, row), area: null }, 'replace');
  };

  const stepMatch = (direction: 1 | -1): void => {
    if (found === null || found.length === 0) return;
    const at = cursorRow === null ? -1 : found.indexOf(cursorRow);
    const next = at < 0 ? (direction > 0 ? 0 : found.length - 1) : (at + direction + found.length) % found.length;
    const row = found[next]!;
    setCursorRow(row);
    scene.current?.reveal(row);
    setSpoken(`${next + 1} of ${found.length}: ${describeRun(data, row)}`);
    if (selectedRow !== null) change({ selected: runKey(build, row), area: null }, 'replace');
  };

  const fit = (): void => {
    const now = scene.current;
    if (now === null) return;
    // On what is selected first; again, or with nothing selected: the whole build.
    const target =
      state.area ??
      (selectedRow === null ? null : { fromMs: data.startMs[selectedRow]!, toMs: data.endMs[selectedRow]! });
    if (target !== null && !Number.isNaN(target.fromMs)) {
      const range = state.area === null ? withAir(target.fromMs, target.toMs, now.bounds) : target;
      if (formatRange(range) !== formatRange(now.range)) {
        now.glideTo(range);
        return;
      }
    }
    now.fit();
  };

  const [copied, setCopied] = useState(false);
  const copyLink = (): void => {
    navigator.clipboard.writeText(window.location.href).then(
      () => {
        setCopied(true);
        setSpoken('Link copied');
        window.setTimeout(() => setCopied(false), 1500);
      },
      () => setSpoken('The browser does not let this page copy: the address bar has the link'),
    );
  };

  const escape = (): void => {
    setMeasure(null);
    setDragged(null);
    if (mode !== 'pan') setMode('pan');
    else if (state.selected !== null || state.area !== null) change({ selected: null, area: null });
    else if (state.query !== '') change({ query: '' });
    else setCursorRow(null);
  };

  const panBy = (share: number): void => scene.current?.pan(share * (scene.current?.view.widthPx ?? 0));
  const toggleMode = (wanted: Mode): void => setMode((before) => (before === wanted ? 'pan' : wanted));
  useCommands([
    { id: 'chart.zoom-in', label: 'Zoom in', group: 'Boot chart', keys: ['w', '+', '='], keyOnly: true, run: () => scene.current?.glideZoom(0.6) },
    { id: 'chart.zoom-out', label: 'Zoom out', group: 'Boot chart', keys: ['s', '-'], keyOnly: true, run: () => scene.current?.glideZoom(1 / 0.6) },
    { id: 'chart.pan-left', label: 'Earlier', group: 'Boot chart', keys: ['a', 'shift+ArrowLeft'], keyOnly: true, run: () => panBy(-0.2) },
    { id: 'chart.pan-right', label: 'Later', group: 'Boot chart', keys: ['d', 'shift+ArrowRight'], keyOnly: true, run: () => panBy(0.2) },
    { id: 'chart.whole', label: 'Show the whole build', group: 'Boot chart', keys: ['0'], run: () => scene.current?.fit() },
    { id: 'chart.fit', label: 'Fit what is selected; again: the whole build', group: 'Boot chart', keys: ['f'], run: fit },
    { id: 'chart.search', label: 'Search in the chart', group: 'Boot chart', keys: ['/'], run: () => searchField.current?.select() },
    { id: 'chart.select', label: 'Select a time by dragging', group: 'Boot chart', keys: ['r'], run: () => toggleMode('select') },
    { id: 'chart.measure', label: 'Measure: click two bars, or drag', group: 'Boot chart', keys: ['m'], run: () => toggleMode('measure') },
    { id: 'chart.next', label: 'Next run on the lane (also →)', group: 'Boot chart', keys: ['.'], keyOnly: true, run: () => step('next') },
    { id: 'chart.previous', label: 'Previous run on the lane (also ←)', group: 'Boot chart', keys: [','], keyOnly: true, run: () => step('previous') },
    { id: 'chart.table', label: 'The same as a table', group: 'Boot chart', keys: ['t'], run: () => change({ table: !state.table }) },
    { id: 'chart.copy-link', label: 'Copy a link to this view', group: 'Boot chart', keys: ['y'], run: copyLink },
    { id: 'chart.escape', label: 'Let go of the selection', group: 'Boot chart', keys: ['Escape'], keyOnly: true, run: escape },
  ] satisfies Command[]);

  const onChartKey = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const steps: Partial<Record<string, Step>> = { ArrowRight: 'next', ArrowLeft: 'previous', ArrowUp: 'up', ArrowDown: 'down' };
    const how = steps[event.key];
    if (how !== undefined) step(how);
    else if (event.key === 'Enter' && cursorRow !== null) {
      if (selectedRow === cursorRow) scene.current?.zoomToRow(cursorRow);
      else select(cursorRow);
    } else return;
    event.preventDefault();
  };

  const totals = useMemo(
    () => (state.area === null ? null : areaTotals(data, state.area.fromMs, state.area.toMs, sceneStrips.flat().map((e) => e.series))),
    [data, state.area, sceneStrips],
  );
  const sheetOptions = () => ({
    scheme: scheme as 'light' | 'dark',
    groupBy: state.groupBy,
    colourBy: state.colourBy,
    minMs,
    strips,
    ...(scene.current === null || scene.current.whole ? {} : scene.current.range),
    ...(props.title === undefined ? {} : { title: props.title }),
  });
  const setStrips = (next: readonly (readonly string[])[]): void => change({ strips: next });
  const notPlaced = notPlacedText(data);
  const fills = barFills(state.colourBy, palette);

  return (
    <div ref={root} className={css.root} data-mode={mode}>
      <div className={css.toolbar}>
        <Threshold minMs={minMs} onChange={(ms) => change({ minMs: ms })} />
        <label className={css.control}>
          group
          <select
            className={css.field}
            value={state.groupBy}
            onChange={(event) => change({ groupBy: GROUP_BYS.find((g) => g === event.currentTarget.value) ?? 'slots' })}
          >
            {GROUP_BYS.map((g) => (
              <option key={g} value={g}>
                {GROUP_LABELS[g]}
              </option>
            ))}
          </select>
        </label>
        <label className={css.control}>
          colour
          <select
            className={css.field}
            value={state.colourBy}
            onChange={(event) => change({ colourBy: COLOUR_BYS.find((c) => c === event.currentTarget.value) ?? 'kind' })}
          >
            {COLOUR_BYS.map((c) => (
              <option key={c} value={c}>
                {COLOUR_LABELS[c]}
              </option>
            ))}
          </select>
        </label>
        <Search
          field={searchField}
          query={state.query}
          status={found === null ? null : { shown: found.length, matching, at: cursorRow === null ? -1 : found.indexOf(cursorRow) }}
          onChange={(query) => change({ query }, 'replace')}
          onStep={stepMatch}
        />
        <span className={css.spring} />
        <fieldset className={css.buttons} aria-label="What dragging does">
          {MODES.map((m) => (
            <button
              key={m}
              type="button"
              className={css.toggle}
              aria-pressed={mode === m}
              onClick={() => setMode(m)}
              title={{ pan: 'Drag moves the picture', select: 'Drag selects a time: totals of it (r)', measure: 'Click two bars, or drag: the time between (m)' }[m]}
            >
              {m}
            </button>
          ))}
        </fieldset>
        <fieldset className={css.buttons} aria-label="Zoom">
          <button type="button" className={css.toggle} onClick={() => scene.current?.glideZoom(1 / 0.6)} title="Zoom out (s)" aria-label="Zoom out">
            −
          </button>
          <button type="button" className={css.toggle} onClick={() => scene.current?.glideZoom(0.6)} title="Zoom in (w)" aria-label="Zoom in">
            +
          </button>
          <button type="button" className={css.toggle} disabled={whole} onClick={() => scene.current?.fit()} title="The whole build (0)">
            fit
          </button>
        </fieldset>
        <button
          type="button"
          className={css.toggleAlone}
          onClick={() => change({ clock: !state.clock })}
          title="Time since the build's start, or time of day"
          aria-pressed={state.clock}
        >
          {state.clock ? 'time of day' : 'since start'}
        </button>
        <button
          type="button"
          className={css.toggleAlone}
          aria-pressed={state.table}
          onClick={() => change({ table: !state.table })}
          title="The same runs as a table (t)"
        >
          table
        </button>
        <SaveMenu
          downloads={props.downloads ?? []}
          onSvg={() => saveSvg(build, sheetOptions())}
          onPng={() => savePng(build, sheetOptions())}
          onCopy={copyLink}
          copied={copied}
        />
        <Help />
      </div>

      <div className={css.panes}>
        <div className={css.main}>
          {state.table ? (
            <RunTable layout={layout} match={match} selectedRow={selectedRow} onSelect={select} />
          ) : (
            <>
              <div ref={minimapBox} className={css.minimap} aria-hidden="true">
                <canvas ref={minimap} />
                <div ref={windowBox} className={css.window} data-whole={whole} />
              </div>
              <div ref={stage} className={css.stage}>
                <canvas ref={head} className={css.canvas} />
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the bars are reached from here by arrows */}
                <div
                  ref={scroller}
                  className={css.scroller}
                  style={{ height: bodyPx }}
                  // biome-ignore lint/a11y/useSemanticElements: a canvas with a cursor of its own is an application
                  role="application"
                  tabIndex={0}
                  aria-label={`Boot chart: ${plural(layout.bars.count, 'task run')} on ${plural(layout.laneCount, 'lane')}. Arrows move from bar to bar, Enter shows one, t gives the same as a table.`}
                  onKeyDown={onChartKey}
                >
                  <div className={css.sizer} style={{ height: Math.max(layout.heightPx, bodyPx) }}>
                    <canvas ref={body} className={css.sticky} />
                  </div>
                </div>
                <div className={css.strips} style={{ height: Math.max(1, stripsPx) }}>
                  <canvas ref={stripsCanvas} className={css.canvas} />
                  <StripHeads strips={strips} entries={stripShown} all={series} gutterPx={gutterPx} onChange={setStrips} />
                </div>
                <canvas ref={overlay} className={css.overlay} />
                <div ref={tip} className={css.tip} data-shown={hover.kind !== 'nothing'} role="presentation">
                  <Tip target={hover} layout={layout} />
                </div>
                {layout.bars.count === 0 ? (
                  <p className={css.allHidden} style={{ top: headHeight(layout) }}>
                    Every task is shorter than the threshold: {hiddenText(layout)}.{' '}
                    <button type="button" className={css.linkButton} onClick={() => change({ minMs: 0 })}>
                      Show all
                    </button>
                  </p>
                ) : null}
              </div>
              <div className={css.foot}>
                <SeriesPicker
                  all={series}
                  chosen={strips.flat()}
                  label="+ series"
                  title="A strip of its own for another series"
                  onToggle={(id) => {
                    const at = strips.findIndex((ids) => ids.includes(id));
                    setStrips(
                      at < 0
                        ? [...strips, [id]]
                        : strips.map((ids) => ids.filter((other) => other !== id)).filter((ids) => ids.length > 0),
                    );
                  }}
                />
                <ul className={css.legend} aria-label="Colours">
                  {usedFills(layout).map((fill) => (
                    <li key={fill}>
                      <span className={css.swatch} style={{ background: fills.colours[fill] }} />
                      {fills.labels[fill]}
                    </li>
                  ))}
                  {data.openCount > 0 ? (
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
                      {layout.hidden === null ? '' : `, ${formatCount(layout.hidden.count)} hidden`}
                      {notPlaced === null ? '' : `; ${notPlaced}`}
                    </>
                  ) : (
                    <strong>
                      {formatDuration(Math.abs(measure.toMs - measure.fromMs))} {measure.words}
                    </strong>
                  )}
                </span>
              </div>
            </>
          )}
        </div>
        {selectedRow !== null ? (
          <TaskDrawer
            data={data}
            graph={build.graph ?? null}
            failures={build.failures ?? []}
            row={selectedRow}
            logHref={props.logHref?.(selectedRow) ?? null}
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

/** As much of the lanes as the screen holds beside all the rest; on a phone most of a screen. */
function bodyHeight(layout: ChartLayout, viewportPx: number, othersPx: number, narrow: boolean): number {
  const room = Math.max(narrow ? 300 : 220, viewportPx - othersPx - (narrow ? 220 : 250));
  return Math.max(layout.lanePx * 2, Math.min(layout.heightPx, Math.round(room)));
}

function sameRange(a: TimeBounds | null, b: TimeBounds | null): boolean {
  if (a === null || b === null) return a === b;
  return formatRange(a) === formatRange(b);
}

function sameTarget(a: Target, b: Target): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'bar' && b.kind === 'bar') return a.row === b.row;
  if (a.kind === 'phase' && b.kind === 'phase') return a.index === b.index;
  return true;
}

/** Beside the pointer, on the side with room. Moved by hand: a render for every pixel would be felt. */
function placeTip(tip: HTMLElement | null, stage: HTMLElement, x: number, y: number): void {
  if (tip === null) return;
  const right = x > stage.clientWidth * 0.6;
  tip.style.transform = `translate(${right ? x - 14 : x + 14}px, ${y + 16}px) translateX(${right ? '-100%' : '0'})`;
}

function Tip({ target, layout }: { target: Target; layout: ChartLayout }) {
  const { data } = layout;
  if (target.kind === 'bar') {
    const { tasks } = data.build;
    const outcome = TASK_OUTCOMES[tasks.outcome[target.row]!]!;
    const cpu = tasks.values.get('cputime')?.[target.row] ?? Number.NaN;
    const cores = tasks.values.get('effective_cores')?.[target.row] ?? Number.NaN;
    const start = data.startMs[target.row]!;
    const end = data.endMs[target.row]!;
    const open = data.open[target.row] === 1;
    return (
      <>
        <div className={css.tipName}>{taskRunName(data.build, target.row)}</div>
        <div>
          <strong>{open ? 'no end recorded' : formatDuration(end - start)}</strong>{' '}
          <span className={css.glyph} data-outcome={outcome}>
            {OUTCOME_GLYPHS[outcome]}
          </span>{' '}
          {OUTCOME_LABELS[outcome]}
        </div>
        <div className={css.muted}>
          {formatSinceStart(start)} – {open ? '?' : formatSinceStart(end)}
          {Number.isNaN(cpu) ? '' : ` · cpu ${formatDuration(cpu * 1000)}`}
          {Number.isNaN(cores) ? '' : ` · ${formatQuantity(cores, 'cores')}`}
        </div>
      </>
    );
  }
  if (target.kind === 'phase') {
    const phase = data.phases[target.index];
    if (phase === undefined) return null;
    return (
      <>
        <div className={css.tipName}>{phase.label}</div>
        <div>
          <strong>{formatDuration(phase.endMs - phase.startMs)}</strong>
          {phase.estimated ? ' (estimated: between the events around it)' : ''}
        </div>
        {phase.detail === null ? null : <div className={css.muted}>{phase.detail}</div>}
      </>
    );
  }
  return target.kind === 'density' ? <div>{hiddenText(layout)}</div> : null;
}

function Threshold({ minMs, onChange }: { minMs: number; onChange: (minMs: number) => void }) {
  const [text, setText] = useState(String(minMs / 1000));
  useEffect(() => setText(String(minMs / 1000)), [minMs]);
  const commit = (): void => {
    const value = Number(text.trim().replace(',', '.'));
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) {
      if (value * 1000 !== minMs) onChange(value * 1000);
    } else setText(String(minMs / 1000));
  };
  return (
    <label className={css.control} title="Shorter runs are drawn as one thin density lane, with their number and sum">
      at least
      <input
        className={`${css.field} ${css.seconds}`}
        inputMode="decimal"
        list="chart-thresholds"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      s
    </label>
  );
}

interface SearchProps {
  readonly field: React.RefObject<HTMLInputElement | null>;
  readonly query: string;
  readonly status: { readonly shown: number; readonly matching: number; readonly at: number } | null;
  readonly onChange: (query: string) => void;
  readonly onStep: (direction: 1 | -1) => void;
}

function Search({ field, query, status, onChange, onStep }: SearchProps) {
  const [text, setText] = useState(query);
  useEffect(() => setText(query), [query]);
  const timer = useRef(0);
  const commit = (value: string): void => {
    window.clearTimeout(timer.current);
    if (value !== query) onChange(value);
  };
  const hidden = status === null ? 0 : status.matching - status.shown;
  return (
    <span className={css.search}>
      <input
        ref={field}
        className={css.field}
        type="search"
        placeholder="find  /"
        aria-label="Find task runs: dims the rest; Enter goes to the next, Shift-Enter back"
        value={text}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => onChange(value), 150);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            commit(text);
            onStep(event.shiftKey ? -1 : 1);
            event.preventDefault();
          } else if (event.key === 'Escape') {
            if (text === '') event.currentTarget.blur();
            setText('');
            commit('');
            event.preventDefault();
          }
        }}
      />
      {status === null ? null : (
        <span className={css.found} aria-live="polite" title={hidden > 0 ? `${formatCount(hidden)} more match but have no bar (shorter than the threshold, or no start recorded)` : undefined}>
          {status.at >= 0 ? `${formatCount(status.at + 1)} of ` : ''}
          {formatCount(status.shown)}
          {hidden > 0 ? ` (+${formatCount(hidden)})` : ''}
        </span>
      )}
    </span>
  );
}

interface SaveMenuProps {
  readonly downloads: readonly { readonly label: string; readonly href: string }[];
  readonly onSvg: () => void;
  readonly onPng: () => Promise<void>;
  readonly onCopy: () => void;
  readonly copied: boolean;
}

function SaveMenu({ downloads, onSvg, onPng, onCopy, copied }: SaveMenuProps) {
  const [opened, setOpened] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = (): void => setOpened(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" withinPortal shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.toggleAlone} aria-expanded={opened} onClick={() => setOpened((before) => !before)}>
          {copied ? 'copied ✓' : 'share ▾'}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={css.menu}>
        <button type="button" className={css.menuItem} onClick={() => { onCopy(); close(); }}>
          Copy link to this view
        </button>
        <button type="button" className={css.menuItem} onClick={() => { onSvg(); close(); }}>
          SVG of this view
        </button>
        <button
          type="button"
          className={css.menuItem}
          onClick={() => {
            onPng().then(close, (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
          }}
        >
          PNG of this view
        </button>
        {downloads.map((d) => (
          <a key={d.href} className={css.menuItem} href={d.href} download onClick={close}>
            {d.label}
          </a>
        ))}
        {problem === null ? null : <p className={css.menuProblem}>{problem}</p>}
      </Popover.Dropdown>
    </Popover>
  );
}

const GESTURES: readonly (readonly [string, string])[] = [
  ['wheel', 'zoom around the cursor; where the lanes do not fit: scroll them'],
  ['Ctrl wheel, wheel over axis or strips', 'zoom, always'],
  ['drag', 'move'],
  ['drag on the axis, Shift drag', 'select a time: totals of it'],
  ['click', 'pin a run with all its numbers'],
  ['Shift click on a second bar', 'measure between the two'],
  ['double click', 'zoom to the bar; beside bars: the whole build'],
  ['two fingers', 'zoom'],
  ['arrows, Enter', 'from bar to bar, pin, zoom to it (chart focused)'],
  ['w s  a d', 'zoom, move'],
  ['f  0', 'fit the selection, the whole build'],
  ['r  m', 'select a time, measure'],
  ['.  ,', 'next, previous run on the lane'],
  ['/  Enter  Shift Enter', 'find, next, previous match'],
  ['t', 'the same as a table'],
  ['y', 'copy a link'],
];

function Help() {
  return (
    <Popover position="bottom-end" withinPortal shadow="md" width={420}>
      <Popover.Target>
        <button type="button" className={css.toggleAlone} aria-label="Mouse and keys of the chart">
          ?
        </button>
      </Popover.Target>
      <Popover.Dropdown className={css.help}>
        <dl>
          {GESTURES.map(([keys, what]) => (
            <div key={keys}>
              <dt>{keys}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}
