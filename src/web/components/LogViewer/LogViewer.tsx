/**
 * The log of a task run, of any length: text, never markup. Only the lines on screen are in the page, and what was on screen lately in memory; where
 * errors and words stand is asked of the server, which has all of it. What is pointed at is in the address: `#L120-L130`.
 *
 * Wrapped, the bar counts lines and not rows, since nobody knows how high a line is that was not fetched: the topmost line is always whole.
 */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import {
  type CSSProperties,
  memo,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'react';
import type { AnsiSpan, AnsiState } from '../../../analysis/ansi.ts';
import { plainText } from '../../../analysis/ansi.ts';
import { ApiError, address } from '../../../api/client.ts';
import { formatBytes, formatCount, plural } from '../../../model/format.ts';
import { client } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { CopyButton } from '../CopyButton.tsx';
import { EmptyNote, ErrorNote } from '../Notes.tsx';
import { SearchField } from '../SearchField.tsx';
import styles from './LogViewer.module.css';
import { formatLineRange, type LineRange } from './line-range.ts';
import { BLOCK_LINES, type LogLine, logLines } from './log-lines.ts';
import { isRounded, LINE_PX, longScroll } from './long-scroll.ts';

/** Above and below what is on screen, so that a fast finger finds lines and not paper. */
const OVERSCAN = 12;
/** A bar that was not moved for so long is put where the lines are. */
const STILL_MS = 150;
/** Of lines that are copied; the download has the rest. */
const COPIED_LINES_MAX = 5000;

export interface LogViewerProps {
  readonly build: string;
  readonly log: { readonly row: number } | { readonly blob: string };
  /** Line that says why, from 1, where the caller knows; else it is looked for. */
  readonly cause?: number | null;
  readonly wrap: boolean;
  readonly onWrap: (on: boolean) => void;
  readonly find: string;
  readonly onFind: (words: string | undefined) => void;
  readonly range: LineRange | null;
  readonly onRange: (range: LineRange | null) => void;
}

export function LogViewer(props: LogViewerProps) {
  const { build, log } = props;
  const key = 'row' in log ? log.row : log.blob;
  const first = useQuery({
    queryKey: ['log', build, key],
    queryFn: ({ signal }) => client.log(build, { ...log, from: 1, to: BLOCK_LINES }, signal),
  });
  if (first.isError) {
    if (first.error instanceof ApiError && first.error.code === 'not-found')
      return <EmptyNote title="There is no log of this task">{first.error.message}</EmptyNote>;
    return <ErrorNote error={first.error} what="The log could not be read" retry={() => void first.refetch()} />;
  }
  const { data } = first;
  if (data === undefined) return <div className={`skeleton ${styles.bone}`} />;
  const { path, bytes, originalBytes, lines } = data;
  // Another log is another viewer: nothing of the one before is of use.
  return <Viewer key={`${build} ${key}`} {...props} about={{ path, bytes, originalBytes, lines: lines ?? 0 }} />;
}

interface About {
  readonly path: string;
  readonly bytes: number;
  readonly originalBytes: number | null;
  readonly lines: number;
}

function Viewer({
  build,
  log,
  cause,
  wrap,
  onWrap,
  find,
  onFind,
  range,
  onRange,
  about,
}: LogViewerProps & { about: About }) {
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [top, setTop] = useState(0);
  const [view, setView] = useState(0);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const bar = useRef(0);
  const still = useRef(0);
  const key = 'row' in log ? log.row : log.blob;
  const { lines: total } = about;
  const scroll = useMemo(() => longScroll(total, view, wrap ? Math.max(0, view - LINE_PX) : 0), [total, view, wrap]);

  const errors = useQuery({
    queryKey: ['log-errors', build, key],
    queryFn: ({ signal }) => client.findInLog(build, { ...log }, signal),
  });
  const hits = useQuery({
    queryKey: ['log-found', build, key, find],
    queryFn: ({ signal }) => client.findInLog(build, { ...log, words: find }, signal),
    enabled: find !== '',
    placeholderData: keepPreviousData,
  });
  const marks = errors.data?.found ?? NONE;
  const found = find === '' ? NONE : (hits.data?.found ?? NONE);
  const why = cause ?? errors.data?.best ?? marks[0] ?? null;
  const errorLines = useMemo(() => new Set(marks), [marks]);
  const foundLines = useMemo(() => new Set(found), [found]);

  const log$ = useRef(log);
  const source = useMemo(
    () => logLines(total, (from, to, signal) => client.log(build, { ...log$.current, from, to }, signal), redraw),
    [build, total],
  );
  useEffect(() => () => source.stop(), [source]);

  const put = (wanted: number): void => {
    const next = Math.min(scroll.topMax, Math.max(0, wanted));
    setTop(next);
    if (box.current !== null) {
      box.current.scrollTop = scroll.barOf(next);
      bar.current = box.current.scrollTop;
    }
  };
  /** The line in the upper third: what stands above a line often says more than what follows. */
  const show = (line: number): void => put(wrap ? (line - 3) * LINE_PX : (line - 1) * LINE_PX - view / 3);
  const go = (line: number | undefined): void => {
    if (line === undefined) return;
    onRange({ from: line, to: line });
    show(line);
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    setView(element.clientHeight);
    const watcher = new ResizeObserver(() => setView(element.clientHeight));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);

  // Where the reader is led when the log opens: what the address points at, else what says why, as soon as that is known; else the end.
  const led = useRef<'no' | 'end' | 'there'>('no');
  const lead = useEffectEvent(() => {
    if (view === 0 || led.current === 'there') return;
    const goal = range?.from ?? why;
    if (goal !== null) {
      led.current = 'there';
      show(Math.min(goal, total));
    } else if (led.current === 'no' && errors.data !== undefined) {
      led.current = 'end';
      put(scroll.topMax);
    }
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: led once the height and the line are known
  useEffect(() => lead(), [view > 0, why, errors.data]);
  // Going back in the history, or a link to other lines.
  const shownRange = useRef(range === null ? '' : formatLineRange(range));
  const follow = useEffectEvent(() => {
    const name = range === null ? '' : formatLineRange(range);
    if (name === shownRange.current) return;
    shownRange.current = name;
    if (range === null || view === 0) return;
    const line = (range.from - 1) * LINE_PX;
    if (line < top || line > top + view - 2 * LINE_PX) show(range.from);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the lines pointed at change
  useEffect(() => follow(), [range]);
  // The line on top stays where wrapping changes the heights.
  const keep = useEffectEvent(() => put(Math.floor(top / LINE_PX) * LINE_PX));
  const wrapped = useRef(wrap);
  useEffect(() => {
    if (wrapped.current === wrap) return;
    wrapped.current = wrap;
    keep();
  }, [wrap]);

  const onScroll = (): void => {
    const element = box.current;
    if (element === null || isRounded(element.scrollTop, bar.current)) return;
    const before = bar.current;
    bar.current = element.scrollTop;
    const next = scroll.moved(top, before, element.scrollTop);
    setTop(next);
    window.clearTimeout(still.current);
    still.current = window.setTimeout(() => {
      element.scrollTop = scroll.barOf(next);
      bar.current = element.scrollTop;
    }, STILL_MS);
  };
  useEffect(() => () => window.clearTimeout(still.current), []);

  const firstLine = Math.max(1, Math.floor(top / LINE_PX) + 1 - (wrap ? 0 : OVERSCAN));
  const lastLine = Math.min(total, Math.ceil((top + view) / LINE_PX) + OVERSCAN);
  useEffect(() => {
    if (view > 0) source.want(firstLine, lastLine);
  }, [source, view, firstLine, lastLine]);

  const here = range?.from ?? Math.floor(top / LINE_PX) + 1;
  const step = (list: readonly number[], by: 1 | -1): number | undefined => {
    const at = range === null ? here - (by === 1 ? 1 : 0) : here;
    return by === 1 ? (list.find((line) => line > at) ?? list[0]) : (list.findLast((line) => line < at) ?? list.at(-1));
  };
  useCommands([
    { id: 'log-error', label: 'First error of the log', group: 'Log', keys: ['e'], run: () => go(why ?? undefined) },
    { id: 'log-next-error', label: 'Next error', group: 'Log', keys: ['x'], run: () => go(step(marks, 1)) },
    { id: 'log-previous-error', label: 'Previous error', group: 'Log', keys: ['X'], run: () => go(step(marks, -1)) },
    { id: 'log-find', label: 'Find in the log', group: 'Log', keys: ['f'], run: () => field.current?.focus() },
    { id: 'log-next', label: 'Next line that was found', group: 'Log', keys: ['n'], run: () => go(step(found, 1)) },
    { id: 'log-previous', label: 'Line found before', group: 'Log', keys: ['N'], run: () => go(step(found, -1)) },
    { id: 'log-wrap', label: 'Wrap long lines of the log', group: 'Log', keys: ['w'], run: () => onWrap(!wrap) },
  ]);

  const rows: ReactNode[] = [];
  for (let n = firstLine; n <= lastLine; n++)
    rows.push(
      <Row
        key={n}
        number={n}
        line={source.line(n)}
        error={errorLines.has(n) || n === cause}
        why={n === why}
        found={foundLines.has(n) ? find : ''}
        picked={range !== null && n >= range.from && n <= range.to}
      />,
    );

  const pick = (event: React.MouseEvent): void => {
    const link = event.target instanceof HTMLElement ? event.target.closest('a[data-line]') : null;
    if (link === null || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const line = Number(link.getAttribute('data-line'));
    if (event.shiftKey && range !== null) onRange({ from: Math.min(range.from, line), to: Math.max(range.from, line) });
    else onRange(range !== null && range.from === line && range.to === line ? null : { from: line, to: line });
  };

  return (
    <section className={styles.viewer} aria-label="Log">
      <div className={styles.head}>
        <span className={`mono muted ${styles.path}`} title={about.path}>
          <bdi>{about.path}</bdi>
        </span>
        <span className="muted nowrap">
          {formatBytes(about.bytes)}, {plural(total, 'line')}
          {about.originalBytes === null ? '' : `; of ${formatBytes(about.originalBytes)} where it was built`}
        </span>
      </div>
      <div className={styles.tools}>
        <button
          type="button"
          className="btn"
          disabled={why === null}
          onClick={() => go(why ?? undefined)}
          title="The line that says why (e)"
        >
          First error
        </button>
        <Steps
          what="error"
          list={marks}
          more={errors.data?.more === true}
          pending={errors.isPending}
          here={here}
          go={(by) => go(step(marks, by))}
        />
        <SearchField
          value={find}
          onChange={onFind}
          inputRef={field}
          placeholder="Find in all of the log"
          label="Find in the log"
          className={styles.find}
        />
        {find === '' ? null : (
          <Steps
            what="line"
            list={found}
            more={hits.data?.more === true}
            pending={hits.isPending || hits.isPlaceholderData}
            here={here}
            go={(by) => go(step(found, by))}
          />
        )}
        <span className="grow" />
        {range === null ? null : <CopyLines build={build} log={log} range={range} />}
        <label className="row nowrap">
          <input type="checkbox" checked={wrap} onChange={(event) => onWrap(event.target.checked)} /> wrap
        </label>
        <a className="btn" href={address.log(build, { ...log, raw: 1 })} target="_blank" rel="noreferrer">
          Raw
        </a>
        <a className="btn" href={address.log(build, log)} download>
          Download
        </a>
      </div>
      {errors.isError || hits.isError ? (
        <div className={styles.note} role="status">
          <span className="bad">The log could not be searched: {(errors.error ?? hits.error)?.message}</span>{' '}
          <button
            type="button"
            className="btn"
            onClick={() => void (errors.isError ? errors.refetch() : hits.refetch())}
          >
            Again
          </button>
        </div>
      ) : null}
      {source.failed === null ? null : (
        <div className={styles.note} role="alert">
          <span className="bad">These lines could not be read.</span>{' '}
          <button type="button" className="btn" onClick={() => source.retry()}>
            Again
          </button>
        </div>
      )}
      <div
        className={styles.frame}
        style={
          {
            '--digits': `${String(total).length}ch`,
            '--lines': `${Math.min(total, 1000) * LINE_PX}px`,
          } as CSSProperties
        }
      >
        <div
          className={styles.box}
          ref={box}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          role="region"
          aria-label="Lines of the log"
        >
          <div className={styles.room} style={{ height: scroll.height }}>
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: each line number is a link */}
            {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
            <div
              className={styles.lines}
              data-wrap={wrap}
              onClick={pick}
              style={wrap ? undefined : { transform: `translateY(${bar.current + (firstLine - 1) * LINE_PX - top}px)` }}
            >
              {rows}
            </div>
          </div>
        </div>
        <Gutter marks={marks} found={found} total={total} height={view} go={show} />
      </div>
      {total === 0 ? <div className={styles.note}>The log is empty.</div> : null}
    </section>
  );
}

const NONE: readonly number[] = [];

/** `3 of 12 errors` and the way to the next. */
function Steps({
  what,
  list,
  more,
  pending,
  here,
  go,
}: {
  what: string;
  list: readonly number[];
  more: boolean;
  pending: boolean;
  here: number;
  go: (by: 1 | -1) => void;
}) {
  const at = list.indexOf(here);
  const count = `${more ? 'more than ' : ''}${plural(list.length, what)}`;
  return (
    <span className="row nowrap">
      <button
        type="button"
        className="btn square"
        disabled={list.length === 0}
        onClick={() => go(-1)}
        title={`Previous ${what}`}
      >
        <span aria-hidden="true">↑</span>
        <span className="hidden-text">Previous {what}</span>
      </button>
      <button
        type="button"
        className="btn square"
        disabled={list.length === 0}
        onClick={() => go(1)}
        title={`Next ${what}`}
      >
        <span aria-hidden="true">↓</span>
        <span className="hidden-text">Next {what}</span>
      </button>
      <span className="muted" role="status">
        {pending
          ? 'looking …'
          : list.length === 0
            ? `no ${what}`
            : at < 0
              ? count
              : `${formatCount(at + 1)} of ${count}`}
      </span>
    </span>
  );
}

/** Errors and hits over the whole length of the log, a row of pixels each at the least. */
const Gutter = memo(function Gutter({
  marks,
  found,
  total,
  height,
  go,
}: {
  marks: readonly number[];
  found: readonly number[];
  total: number;
  height: number;
  go: (line: number) => void;
}) {
  const path = (lines: readonly number[]): string =>
    [...new Set(lines.map((line) => Math.floor(((line - 1) / Math.max(1, total)) * (height - 3))))]
      .map((y) => `M0 ${y}h12v3h-12z`)
      .join('');
  return (
    <svg
      className={styles.gutter}
      width="12"
      height={height}
      aria-hidden="true"
      onClick={(event) => {
        const { top } = event.currentTarget.getBoundingClientRect();
        const wanted = 1 + ((event.clientY - top) / Math.max(1, height)) * total;
        const near = [...marks, ...found].sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0];
        // A finger hits a mark only nearly.
        go(near !== undefined && Math.abs(near - wanted) < (total * 8) / height ? near : Math.round(wanted));
      }}
    >
      <path d={path(marks)} fill="var(--bh-outcome-failed)" />
      <path d={path(found)} fill="var(--bh-accent)" />
    </svg>
  );
});

const Row = memo(function Row({
  number,
  line,
  error,
  why,
  found,
  picked,
}: {
  number: number;
  line: LogLine | null;
  error: boolean;
  why: boolean;
  found: string;
  picked: boolean;
}) {
  return (
    <div className={styles.row} data-error={error} data-why={why} data-found={found !== ''} data-picked={picked}>
      {/* Thousands of stops for the tab key lead nowhere: keys go from error to error. */}
      <a className={styles.number} href={`#L${number}`} data-line={number} tabIndex={-1} aria-label={`Line ${number}`}>
        {number}
      </a>
      <span className={styles.text}>
        {line === null ? (
          <span className="muted">…</span>
        ) : (
          <>
            {line.spans.map((span, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name
              <Span key={i} span={span} found={found} />
            ))}
            {line.left === 0 ? null : <em className="muted"> … {formatCount(line.left)} more characters, in Raw</em>}
          </>
        )}
        {'\n'}
      </span>
    </div>
  );
});

function Span({ span: { text, style }, found }: { span: AnsiSpan; found: string }) {
  const parts = found === '' ? text : marked(text, found);
  const look = lookOf(style);
  return look === '' ? parts : <span className={look}>{parts}</span>;
}

function marked(text: string, words: string): ReactNode {
  const low = text.toLowerCase();
  const wanted = words.toLowerCase();
  // A letter whose small form is longer would shift what follows.
  if (low.length !== text.length) return text;
  const parts: ReactNode[] = [];
  let at = 0;
  for (let hit = low.indexOf(wanted); hit >= 0; hit = low.indexOf(wanted, at)) {
    parts.push(text.slice(at, hit), <mark key={hit}>{text.slice(hit, hit + wanted.length)}</mark>);
    at = hit + wanted.length;
  }
  parts.push(text.slice(at));
  return parts;
}

function lookOf({ ink, paper, bold, dim, italic, underline, inverse }: AnsiState): string {
  const [front, back] = inverse ? [paper, ink] : [ink, paper];
  return [
    front === null ? null : styles[`ink${front % 8}`],
    back === null ? null : styles[`paper${back % 8}`],
    inverse && ink === null && paper === null ? styles.inverse : null,
    bold || (front !== null && front > 8) ? styles.bold : null,
    dim || front === 8 ? styles.dim : null,
    italic ? styles.italic : null,
    underline ? styles.underline : null,
  ]
    .filter((name) => name != null)
    .join(' ');
}

/** The lines pointed at, as text. */
function CopyLines({ build, log, range }: { build: string; log: LogViewerProps['log']; range: LineRange }) {
  const to = Math.min(range.to, range.from + COPIED_LINES_MAX - 1);
  const { data } = useQuery({
    queryKey: ['log-lines', build, log, range.from, to],
    queryFn: ({ signal }) => client.log(build, { ...log, from: range.from, to }, signal),
  });
  if (data === undefined) return null;
  const lines = data.text.replace(/\n$/, '').split('\n').map(plainText);
  return (
    <CopyButton
      text={lines.join('\n')}
      what={plural(lines.length, 'line')}
      label={`Copy ${plural(lines.length, 'line')}`}
    />
  );
}
