/** What can be chosen above the chart. */
import { Popover } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { CHAIN_KINDS, type ChainKind } from '../../../../chart/chain.ts';
import { GROUP_BYS, type GroupBy } from '../../../../chart/layout.ts';
import { COLOUR_BYS, type ColourBy } from '../../../../chart/palette.ts';
import { formatCount } from '../../../../model/format.ts';
import css from './BootChart.module.css';
import type { ChartState } from './chart-state.ts';
import { GESTURES, MODES, type Mode } from './gestures.ts';

const GROUP_LABELS: Readonly<Record<GroupBy, string>> = {
  slots: 'slots',
  recipe: 'recipe',
  task: 'task',
  layer: 'layer',
  outcome: 'outcome',
};
const COLOUR_LABELS: Readonly<Record<ColourBy, string>> = {
  kind: 'kind of task',
  outcome: 'outcome',
  classic: 'classic',
};
const CHAIN_LABELS: Readonly<Record<ChainKind, string>> = {
  longest: 'longest chain',
  waited: 'what we waited for',
};
const MODE_TITLES: Readonly<Record<Mode, string>> = {
  pan: 'Drag moves the picture',
  select: 'Drag selects a time: its totals (r)',
  measure: 'Click two bars, or drag: the time between (m)',
};

export interface Found {
  /** Matches that have a bar, all matches, and which one the cursor is on (-1: none). */
  readonly shown: number;
  readonly matching: number;
  readonly at: number;
}

export interface ToolbarProps {
  readonly state: ChartState;
  readonly minMs: number;
  /** Why no chain can be shown; null: it can. */
  readonly noChain: string | null;
  readonly narrow: boolean;
  readonly whole: boolean;
  readonly mode: Mode;
  readonly found: Found | null;
  readonly searchField: RefObject<HTMLInputElement | null>;
  readonly copied: boolean;
  readonly downloads: readonly { readonly label: string; readonly href: string }[];
  readonly onChange: (patch: Partial<ChartState>, how?: 'push' | 'replace') => void;
  readonly onMode: (mode: Mode) => void;
  readonly onStepMatch: (direction: 1 | -1) => void;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly onCopyLink: () => void;
  readonly onSvg: () => void;
  readonly onPng: () => Promise<void>;
}

export function Toolbar(props: ToolbarProps) {
  const { state, narrow, onChange } = props;
  const view = (
    <>
      <label className={css.control}>
        group
        <select
          className={css.field}
          value={state.groupBy}
          onChange={(event) => onChange({ groupBy: GROUP_BYS.find((g) => g === event.currentTarget.value) ?? 'slots' })}
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
          onChange={(event) =>
            onChange({ colourBy: COLOUR_BYS.find((c) => c === event.currentTarget.value) ?? 'kind' })
          }
        >
          {COLOUR_BYS.map((c) => (
            <option key={c} value={c}>
              {COLOUR_LABELS[c]}
            </option>
          ))}
        </select>
      </label>
      <label
        className={css.control}
        title={props.noChain ?? 'Dims all but a chain of tasks (k); [ and ] step along it'}
      >
        chain
        <select
          className={css.field}
          disabled={props.noChain !== null}
          value={props.noChain === null ? (state.chain ?? 'off') : 'off'}
          onChange={(event) => onChange({ chain: CHAIN_KINDS.find((c) => c === event.currentTarget.value) ?? null })}
        >
          <option value="off">off</option>
          {CHAIN_KINDS.map((c) => (
            <option key={c} value={c}>
              {CHAIN_LABELS[c]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
  const more = (
    <>
      <button
        type="button"
        className={css.toggleAlone}
        onClick={() => onChange({ clock: !state.clock })}
        title="Axis: time since the build's start, or time of day"
      >
        {state.clock ? 'time of day' : 'since start'}
      </button>
      <button
        type="button"
        className={css.toggleAlone}
        aria-pressed={state.table}
        onClick={() => onChange({ table: !state.table })}
        title="The same runs as a table (t)"
      >
        table
      </button>
    </>
  );
  return (
    <div className={css.toolbar}>
      <Threshold minMs={props.minMs} onChange={(minMs) => onChange({ minMs })} />
      {narrow ? null : view}
      <Search
        field={props.searchField}
        query={state.query}
        found={props.found}
        onChange={(query) => onChange({ query }, 'replace')}
        onStep={props.onStepMatch}
      />
      {narrow ? (
        <Pop label="view ▾" className={css.viewMenu}>
          {view}
          {more}
        </Pop>
      ) : (
        <span className={css.spring} />
      )}
      <fieldset className={css.buttons} aria-label="What dragging does">
        {MODES.map((mode) => (
          <button
            key={mode}
            type="button"
            className={css.toggle}
            aria-pressed={props.mode === mode}
            onClick={() => props.onMode(mode)}
            title={MODE_TITLES[mode]}
          >
            {mode}
          </button>
        ))}
      </fieldset>
      <fieldset className={css.buttons} aria-label="Zoom">
        <button
          type="button"
          className={css.toggle}
          disabled={props.whole}
          onClick={() => props.onZoom(1 / 0.6)}
          title="Zoom out (s)"
          aria-label="Zoom out"
        >
          −
        </button>
        <button
          type="button"
          className={css.toggle}
          onClick={() => props.onZoom(0.6)}
          title="Zoom in (w)"
          aria-label="Zoom in"
        >
          +
        </button>
        <button
          type="button"
          className={css.toggle}
          disabled={props.whole}
          onClick={props.onFit}
          title="The whole build (0)"
        >
          fit
        </button>
      </fieldset>
      {narrow ? null : more}
      <ShareMenu {...props} />
      {narrow ? null : <Help />}
    </div>
  );
}

function Pop({
  label,
  title,
  className,
  children,
}: {
  label: string;
  title?: string;
  className?: string | undefined;
  children: ReactNode;
}) {
  return (
    <Popover position="bottom-end" withinPortal shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.toggleAlone} title={title} aria-label={title}>
          {label}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={className ?? ''}>{children}</Popover.Dropdown>
    </Popover>
  );
}

function Threshold({ minMs, onChange }: { minMs: number; onChange: (minMs: number) => void }) {
  const [text, setText] = useState(String(minMs / 1000));
  useEffect(() => setText(String(minMs / 1000)), [minMs]);
  const commit = (): void => {
    const value = Number(text.trim().replace(',', '.'));
    if (text.trim() === '' || !Number.isFinite(value) || value < 0) setText(String(minMs / 1000));
    else if (value * 1000 !== minMs) onChange(value * 1000);
  };
  return (
    <label className={css.control} title="Shorter runs are drawn as one thin lane, with their number and sum">
      ≥
      <input
        className={`${css.field} ${css.seconds}`}
        inputMode="decimal"
        aria-label="Show runs of at least this many seconds"
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
  readonly field: RefObject<HTMLInputElement | null>;
  readonly query: string;
  readonly found: Found | null;
  readonly onChange: (query: string) => void;
  readonly onStep: (direction: 1 | -1) => void;
}

/** How long a person pauses between two letters of a word. */
const TYPING_PAUSE_MS = 150;

function Search({ field, query, found, onChange, onStep }: SearchProps) {
  const [text, setText] = useState(query);
  const timer = useRef(0);
  useEffect(() => setText(query), [query]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const commit = (value: string): void => {
    window.clearTimeout(timer.current);
    if (value !== query) onChange(value);
  };
  const unseen = found === null ? 0 : found.matching - found.shown;
  const why = `${formatCount(unseen)} more match but have no bar: shorter than the threshold, or no start recorded`;
  return (
    <span className={css.search}>
      <input
        ref={field}
        className={css.field}
        type="search"
        placeholder="find"
        title="Dims the rest; Enter goes to the next, Shift-Enter back (/)"
        aria-label="Find task runs: dims the rest; Enter goes to the next, Shift-Enter back"
        value={text}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => commit(value), TYPING_PAUSE_MS);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            commit(text);
            onStep(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape') {
            if (text === '') event.currentTarget.blur();
            setText('');
            commit('');
          } else return;
          event.preventDefault();
        }}
      />
      {found === null ? null : (
        <span className={css.found} aria-live="polite" title={unseen > 0 ? why : undefined}>
          {found.at >= 0 ? `${formatCount(found.at + 1)} of ` : ''}
          {formatCount(found.shown)}
          {unseen > 0 ? ` (+${formatCount(unseen)})` : ''}
        </span>
      )}
    </span>
  );
}

function ShareMenu({ downloads, onSvg, onPng, onCopyLink, copied }: ToolbarProps) {
  const [opened, setOpened] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = (): void => setOpened(false);
  const item = (label: string, run: () => void) => (
    <button type="button" className={css.menuItem} onClick={run}>
      {label}
    </button>
  );
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" withinPortal shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={css.toggleAlone}
          aria-expanded={opened}
          onClick={() => {
            setProblem(null);
            setOpened((before) => !before);
          }}
        >
          {copied ? 'copied ✓' : 'share ▾'}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={css.menu}>
        {item('Copy link to this view', () => {
          onCopyLink();
          close();
        })}
        {item('SVG of this view', () => {
          onSvg();
          close();
        })}
        {item('PNG of this view', () => {
          onPng().then(close, (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
        })}
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

function Help() {
  return (
    <Pop label="?" title="Mouse and keys of the chart" className={css.help}>
      <dl>
        {GESTURES.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Pop>
  );
}
