/**
 * Everything of the boot chart that changes what is seen, as a value and as the words of the address:
 *
 *   ?t=120-900&min=8&grp=recipe&col=classic&q=gcc&strips=cpu.user+pressure.cpu.avg10,disk.read&sel=gcc-13.2-r0:do_compile&area=130-150&chain=longest
 *
 * Times are seconds from the build's start: the same in every time zone, and readable. What is at its default is left out. A value that
 * does not parse is as if it were not there: an address is typed by people and cut by mail programs.
 */
import { CHAIN_KINDS, type ChainKind } from '../../../../chart/chain.ts';
import { type ChartData, GROUP_BYS, type GroupBy } from '../../../../chart/layout.ts';
import { COLOUR_BYS, type ColourBy } from '../../../../chart/palette.ts';
import { formatStrips, parseStrips } from '../../../../chart/strips.ts';
import type { TimeBounds } from '../../../../chart/viewport.ts';
import type { ChartSearch } from './chart-search.ts';

export interface ChartState {
  /** ChartMs; null: the whole build. */
  readonly range: TimeBounds | null;
  /** Null: by the size of the build (`defaultMinMs`). */
  readonly minMs: number | null;
  readonly groupBy: GroupBy;
  readonly colourBy: ColourBy;
  readonly query: string;
  /** Null: the usual ones; empty: none. */
  readonly strips: readonly (readonly string[])[] | null;
  /** The pinned run, as `runKey` writes it. */
  readonly selected: string | null;
  readonly area: TimeBounds | null;
  /** The chain of tasks that all else is dimmed for; null: none. */
  readonly chain: ChainKind | null;
  /** Labels of the axis: since the build's start, or time of day. */
  readonly clock: boolean;
  /** The table twin instead of the picture. */
  readonly table: boolean;
}

export const DEFAULT_STATE: ChartState = {
  range: null,
  minMs: null,
  groupBy: 'slots',
  colourBy: 'kind',
  query: '',
  strips: null,
  selected: null,
  area: null,
  chain: null,
  clock: false,
  table: false,
};

/** A build of a few hundred tasks is seen whole; of thousands, the ones that last are. 8 s is what boot charts always used. */
export const MIN_MS_LARGE = 8000;
const LARGE_BUILD_TASKS = 2000;
export function defaultMinMs(data: Pick<ChartData, 'placed'>): number {
  return data.placed.length > LARGE_BUILD_TASKS ? MIN_MS_LARGE : 0;
}

function text(search: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = search[key];
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'string') return one.slice(0, 2000);
  return typeof one === 'number' || typeof one === 'boolean' ? String(one) : null;
}

/** `120-900`, `-4.5-12`: seconds. Null when it is no range or ends before it starts. */
export function parseRange(value: string | null): TimeBounds | null {
  const match = /^(-?\d{1,12}(?:\.\d{1,6})?)-(-?\d{1,12}(?:\.\d{1,6})?)$/.exec(value ?? '');
  if (match === null) return null;
  const fromMs = Number(match[1]) * 1000;
  const toMs = Number(match[2]) * 1000;
  return toMs > fromMs ? { fromMs, toMs } : null;
}

/** As many digits as a pixel needs: of a range of an hour, tenths of a second. */
export function formatRange({ fromMs, toMs }: TimeBounds): string {
  const span = toMs - fromMs;
  const decimals = span > 600_000 ? 0 : span > 20_000 ? 1 : span > 1000 ? 2 : 3;
  const seconds = (ms: number): string => String(Number((ms / 1000).toFixed(decimals)));
  return `${seconds(fromMs)}-${seconds(toMs)}`;
}

/** Whether two ranges have the same words in an address. */
export function sameRange(a: TimeBounds | null, b: TimeBounds | null): boolean {
  return a === null || b === null ? a === b : formatRange(a) === formatRange(b);
}

export function parseChartState(search: Readonly<Record<string, unknown>>): ChartState {
  const min = text(search, 'min');
  const minS = min === null || min.trim() === '' ? Number.NaN : Number(min);
  const groupBy = text(search, 'grp');
  const colourBy = text(search, 'col');
  const strips = text(search, 'strips');
  const chain = text(search, 'chain');
  return {
    range: parseRange(text(search, 't')),
    minMs: Number.isFinite(minS) && minS >= 0 ? minS * 1000 : null,
    groupBy: GROUP_BYS.find((g) => g === groupBy) ?? DEFAULT_STATE.groupBy,
    colourBy: COLOUR_BYS.find((c) => c === colourBy) ?? DEFAULT_STATE.colourBy,
    query: text(search, 'q') ?? '',
    strips: strips === null ? null : parseStrips(strips),
    selected: text(search, 'sel'),
    area: parseRange(text(search, 'area')),
    chain: CHAIN_KINDS.find((c) => c === chain) ?? null,
    clock: text(search, 'axis') === 'clock',
    table: text(search, 'view') === 'table',
  };
}

/** The words of the address; undefined: at its default. */
export function formatChartState(state: ChartState): ChartSearch {
  return {
    t: state.range === null ? undefined : formatRange(state.range),
    min: state.minMs === null ? undefined : String(state.minMs / 1000),
    grp: state.groupBy === DEFAULT_STATE.groupBy ? undefined : state.groupBy,
    col: state.colourBy === DEFAULT_STATE.colourBy ? undefined : state.colourBy,
    q: state.query === '' ? undefined : state.query,
    strips: state.strips === null ? undefined : formatStrips(state.strips),
    sel: state.selected ?? undefined,
    area: state.area === null ? undefined : formatRange(state.area),
    chain: state.chain ?? undefined,
    axis: state.clock ? 'clock' : undefined,
    view: state.table ? 'table' : undefined,
  };
}

/** Name of a run that a link can carry: `pf:do_x`, with the multiconfig in front, `~2` for its second execution in the build. */
export function runKey(build: Pick<ChartData['build'], 'recipes' | 'tasks'>, row: number): string {
  const base = keyWithoutCount(build, row);
  let count = 1;
  // Rows of one recipe and task are neighbours (the table is sorted by them).
  for (let r = row - 1; r >= 0 && keyWithoutCount(build, r) === base; r--) count++;
  return count === 1 ? base : `${base}~${count}`;
}

function keyWithoutCount(build: Pick<ChartData['build'], 'recipes' | 'tasks'>, row: number): string {
  const recipe = build.recipes[build.tasks.recipe[row]!];
  const mc = recipe === undefined || recipe.mc === '' ? '' : `mc:${recipe.mc}:`;
  return `${mc}${recipe?.pf ?? ''}:${build.tasks.taskNames[build.tasks.task[row]!] ?? ''}`;
}

/** The row a key names, or null when this build has it not. */
export function rowOfKey(build: Pick<ChartData['build'], 'recipes' | 'tasks'>, key: string | null): number | null {
  if (key === null) return null;
  const match = /^(.*?)(?:~(\d{1,6}))?$/.exec(key);
  const base = match?.[1] ?? key;
  let count = Number(match?.[2] ?? 1);
  for (let row = 0; row < build.tasks.length; row++) {
    if (keyWithoutCount(build, row) === base && --count === 0) return row;
  }
  return null;
}
