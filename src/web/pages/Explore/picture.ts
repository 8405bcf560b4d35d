/**
 * An answer of Explore as a picture: panels (one a facet) with scales and marks, drawn on any Painter, so the page, the PNG and the SVG are
 * the same drawing. Pure.
 */

import type { ExploreResult } from '../../../api/contract.ts';
import { fitText, MONO_EM, type Painter, SANS_EM } from '../../../chart/painter.ts';
import { barFills, type Palette, TASK_KIND_LABELS, TASK_KINDS } from '../../../chart/palette.ts';
import { formatCount, formatQuantity } from '../../../model/format.ts';
import { TASK_OUTCOMES } from '../../../model/task-table.ts';
import { binEdges, makeScale, type Scale } from '../../format/scale.ts';
import type { ExploreKind } from './search.ts';

type Axis = ExploreResult['axes']['x'];

export interface PictureOptions {
  readonly kind: ExploreKind;
  readonly logx: boolean;
  readonly logy: boolean;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly palette: Palette;
}

/** Points, bars or bins, with where they are: for drawing and for finding what is under the pointer. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Index of the point in the answer's columns; -1: a bin or a rest, which is no one point. */
  readonly point: number;
  readonly fill: number;
  readonly label: string | null;
}

export interface Panel {
  readonly title: string | null;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly marks: readonly Mark[];
  /** Lines of a line chart: indexes into `marks`, by colour. */
  readonly lines: readonly { readonly fill: number; readonly marks: readonly number[] }[];
}

export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly panels: readonly Panel[];
  readonly fills: readonly string[];
  readonly legend: readonly { readonly label: string; readonly fill: number }[];
  readonly options: PictureOptions;
  readonly result: ExploreResult;
  /** Values of zero or less that a logarithmic axis cannot show. */
  readonly notOnLog: number;
  /** Bars or facets that did not fit. */
  readonly leftOut: number;
  /** What y is, where it is not the y of the question. */
  readonly yLabel: string;
}

const PANELS_MAX = 12;
const SERIES_MAX = 8;
const BAR_PX = 20;
const BARS_MAX = 400;
const LABEL_PX = 11;
const POINT_PX = 4;
const MARGIN = { left: 74, right: 14, top: 10, bottom: 34 } as const;
const TITLE_PX = 18;

export function categoriesOf(result: ExploreResult, axis: Axis | null): readonly string[] {
  return axis === null || axis.kind !== 'category' ? [] : (result.categories[axis.id] ?? []);
}

/** Which colour each point has, and what the colours are called. */
function colouring(
  result: ExploreResult,
  palette: Palette,
): { fillOf: (i: number) => number; fills: string[]; legend: { label: string; fill: number }[] } {
  const axis = result.axes.colour;
  const column = result.columns.colour;
  if (axis === null || column === null) return { fillOf: () => 0, fills: [palette.series[0]!], legend: [] };
  if (axis.kind === 'category') {
    const words = result.categories[axis.id] ?? [];
    const counts = new Map<number, number>();
    for (const v of column) if (v !== null) counts.set(v, (counts.get(v) ?? 0) + 1);
    const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([v]) => v);
    const fixed = fixedColours(axis.id, words, palette);
    const named = byCount.slice(0, fixed === null ? SERIES_MAX : 20);
    const slot = new Map(named.map((v, i) => [v, i]));
    const rest = byCount.length > named.length || column.some((v) => v === null);
    const fills = named.map((v, i) => fixed?.(words[v] ?? '') ?? palette.series[i]!);
    const legend = named.map((v, i) => ({ label: words[v] ?? '', fill: i }));
    if (rest) {
      fills.push(palette.density);
      legend.push({
        label: byCount.length > named.length ? `${formatCount(byCount.length - named.length)} more` : 'not recorded',
        fill: named.length,
      });
    }
    return { fillOf: (i) => slot.get(column[i] ?? -1) ?? named.length, fills, legend };
  }
  // A quantity: the ramp, in steps of equal counts, so that one large value does not take all the colours.
  const present = column.filter((v) => v !== null).sort((a, b) => a - b);
  const ramp = palette.ramp.slice(1);
  const steps = ramp.map(
    (_, s) => present[Math.min(present.length - 1, Math.floor((s * present.length) / ramp.length))] ?? 0,
  );
  const distinct = steps.filter((v, s) => s === 0 || v > steps[s - 1]!);
  const fills = distinct.map((_, s) => ramp[Math.round((s * (ramp.length - 1)) / Math.max(1, distinct.length - 1))]!);
  const legend = distinct.map((v, s) => ({ label: `≥ ${formatQuantity(v, axis.unit)}`, fill: s }));
  if (column.some((v) => v === null)) {
    fills.push(palette.dimmed);
    legend.push({ label: 'not recorded', fill: distinct.length });
  }
  return {
    fillOf: (i) => {
      const v = column[i] ?? null;
      if (v === null) return distinct.length;
      let s = 0;
      while (s + 1 < distinct.length && v >= distinct[s + 1]!) s++;
      return s;
    },
    fills,
    legend,
  };
}

/** Outcomes and kinds of tasks have their colours everywhere. */
function fixedColours(
  id: string,
  words: readonly string[],
  palette: Palette,
): ((word: string) => string | null) | null {
  if (id === 'outcome' && words.every((w) => (TASK_OUTCOMES as readonly string[]).includes(w))) {
    return (word) => palette.outcome[TASK_OUTCOMES.find((o) => o === word)!];
  }
  if (id === 'task-kind') {
    const { colours } = barFills('kind', palette);
    return (word) => {
      const at = TASK_KINDS.findIndex((k) => k === word || TASK_KIND_LABELS[k] === word);
      return at < 0 ? null : colours[at]!;
    };
  }
  return null;
}

export function layoutPicture(result: ExploreResult, options: PictureOptions): Picture {
  const { axes, columns } = result;
  const { fillOf, fills, legend } = colouring(result, options.palette);
  const facets = facetGroups(result);
  const shownFacets = facets.slice(0, PANELS_MAX);
  const across = Math.min(
    shownFacets.length,
    Math.max(1, Math.floor(options.widthPx / 340)),
    shownFacets.length <= 2 ? 2 : 3,
  );
  const down = Math.ceil(shownFacets.length / across);
  const faceted = axes.facet !== null;
  const cell = {
    width: options.widthPx / across,
    height: faceted ? Math.max(200, options.heightPx / down) : options.heightPx,
  };
  let notOnLog = 0;
  let leftOut = facets.length - shownFacets.length;

  const numeric = (column: readonly (number | null)[]): Float64Array =>
    Float64Array.from(column, (v) => v ?? Number.NaN);
  const xs = numeric(columns.x);
  const ys = numeric(columns.y);
  const sizes = columns.size === null ? null : numeric(columns.size);
  const sizeTop = sizes === null ? 0 : sizes.reduce((top, v) => (v > top ? v : top), 0);
  const logx = options.logx && axes.x.kind === 'number';
  const logy = options.logy && (options.kind === 'histogram' || axes.y.kind === 'number');
  const panels: Panel[] = [];
  let heightPx = faceted ? cell.height * down : options.heightPx;
  let yLabel = axes.y.label;

  // One bin width and one axis for all panels: they are there to be compared.
  const edges = options.kind === 'histogram' ? binEdges(xs, axes.x.unit, logx, 60) : [];
  const binned =
    options.kind === 'histogram' ? shownFacets.map((f) => bins(f.points, xs, edges, fillOf, fills.length)) : [];
  const binTop = binned.reduce(
    (top, b) =>
      b.reduce(
        (t, stack) =>
          Math.max(
            t,
            stack.reduce((a, n) => a + n, 0),
          ),
        top,
      ),
    0,
  );
  if (options.kind === 'histogram') yLabel = 'how many';

  for (const [f, facet] of shownFacets.entries()) {
    const left = (f % across) * cell.width + MARGIN.left;
    const top = Math.floor(f / across) * cell.height + MARGIN.top + (faceted ? TITLE_PX : 0);
    const width = cell.width - MARGIN.left - MARGIN.right;
    const height = cell.height - MARGIN.top - MARGIN.bottom - (faceted ? TITLE_PX : 0);
    const title = facet.label;

    if (options.kind === 'bar') {
      const bars = layoutBars(result, facet.points, {
        left,
        top,
        width,
        fillOf,
        logy,
        fills: fills.length,
        heightMax: faceted ? height : Number.POSITIVE_INFINITY,
      });
      leftOut += bars.leftOut;
      notOnLog += bars.notOnLog;
      if (!faceted) heightPx = Math.max(160, bars.panel.height + MARGIN.top + MARGIN.bottom);
      panels.push({ ...bars.panel, title });
      continue;
    }
    const xScale =
      options.kind === 'histogram'
        ? makeScale(edges, {
            kind: axes.x.kind === 'time' ? 'time' : 'number',
            unit: axes.x.unit,
            log: logx,
            categories: [],
            fromPx: 0,
            toPx: width,
            tickPx: 90,
          })
        : makeScale(xs, {
            ...axes.x,
            log: logx,
            categories: categoriesOf(result, axes.x),
            fromPx: 0,
            toPx: width,
            tickPx: axes.x.kind === 'category' ? 70 : 90,
          });
    if (options.kind === 'histogram') {
      const yScale = makeScale([0, binTop], {
        kind: 'number',
        unit: 'count',
        log: false,
        categories: [],
        fromPx: height,
        toPx: 0,
        tickPx: 40,
      });
      const marks: Mark[] = [];
      for (const [i, stack] of binned[f]!.entries()) {
        const a = xScale.toPixel(edges[i]!);
        const b = xScale.toPixel(edges[i + 1]!);
        let at = 0;
        const range = `${formatQuantity(edges[i]!, axes.x.unit)} to ${formatQuantity(edges[i + 1]!, axes.x.unit)}`;
        stack.forEach((n, fill) => {
          if (n === 0) return;
          const y0 = yScale.toPixel(at);
          const y1 = yScale.toPixel(at + n);
          const named = legend[fill] === undefined ? '' : `${legend[fill].label}: `;
          marks.push({
            x: a,
            y: y1,
            width: Math.max(1, b - a - 1),
            height: y0 - y1,
            point: -1,
            fill,
            label: `${range}\n${named}${formatCount(n)}`,
          });
          at += n;
        });
      }
      for (const i of facet.points) if (logx && !(xs[i]! > 0)) notOnLog++;
      panels.push({ title, left, top, width, height, xScale, yScale, marks, lines: [] });
      continue;
    }
    const yScale = makeScale(ys, {
      ...axes.y,
      log: logy,
      categories: categoriesOf(result, axes.y),
      fromPx: height,
      toPx: 0,
      tickPx: axes.y.kind === 'category' ? 16 : 44,
    });
    const marks: Mark[] = [];
    for (const i of facet.points) {
      const px = xScale.toPixel(xs[i]!);
      const py = yScale.toPixel(ys[i]!);
      if (Number.isNaN(px) || Number.isNaN(py)) {
        notOnLog++;
        continue;
      }
      const s = sizes?.[i] ?? Number.NaN;
      const side =
        sizes === null ? POINT_PX : Number.isNaN(s) ? 2 : 2 + 14 * Math.sqrt(Math.max(0, s) / (sizeTop || 1));
      marks.push({
        x: px - side / 2,
        y: py - side / 2,
        width: side,
        height: side,
        point: i,
        fill: fillOf(i),
        label: null,
      });
    }
    panels.push({
      title,
      left,
      top,
      width,
      height,
      xScale,
      yScale,
      marks,
      lines: options.kind === 'line' ? linesOf(marks, xs) : [],
    });
  }
  return { widthPx: options.widthPx, heightPx, panels, fills, legend, options, result, notOnLog, leftOut, yLabel };
}

interface FacetGroup {
  readonly label: string | null;
  readonly points: readonly number[];
}

/** Points by facet, the largest facets first. A facet that is a quantity is cut into four of equal counts. */
function facetGroups(result: ExploreResult): FacetGroup[] {
  const { facet } = result.axes;
  const column = result.columns.facet;
  const all = Array.from({ length: result.columns.x.length }, (_, i) => i);
  if (facet === null || column === null) return [{ label: null, points: all }];
  const words = result.categories[facet.id] ?? [];
  const groups = new Map<string, number[]>();
  const cuts = facet.kind === 'category' ? [] : quartiles(column);
  for (const i of all) {
    const v = column[i] ?? null;
    const label =
      v === null
        ? 'not recorded'
        : facet.kind === 'category'
          ? (words[v] ?? '')
          : `from ${formatQuantity(cuts.findLast((c) => c <= v) ?? cuts[0]!, facet.unit)}`;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [i]);
    else group.push(i);
  }
  return [...groups].map(([label, points]) => ({ label, points })).sort((a, b) => b.points.length - a.points.length);
}

function quartiles(column: readonly (number | null)[]): number[] {
  const sorted = column.filter((v) => v !== null).sort((a, b) => a - b);
  return [...new Set([0, 0.25, 0.5, 0.75].map((q) => sorted[Math.floor(q * sorted.length)] ?? 0))];
}

function bins(
  points: readonly number[],
  xs: Float64Array,
  edges: readonly number[],
  fillOf: (i: number) => number,
  fills: number,
): number[][] {
  const stacks = Array.from({ length: Math.max(0, edges.length - 1) }, () => new Array<number>(fills).fill(0));
  for (const i of points) {
    const v = xs[i]!;
    let low = 0;
    let high = edges.length - 2;
    if (!(v >= edges[0]! * (v < 0 ? 1 + 1e-12 : 1 - 1e-12))) continue;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (edges[middle]! <= v) low = middle;
      else high = middle - 1;
    }
    stacks[low]![fillOf(i)]!++;
  }
  return stacks;
}

function linesOf(marks: readonly Mark[], xs: Float64Array): { fill: number; marks: number[] }[] {
  const byFill = new Map<number, number[]>();
  marks.forEach((mark, i) => {
    const list = byFill.get(mark.fill);
    if (list === undefined) byFill.set(mark.fill, [i]);
    else list.push(i);
  });
  return [...byFill].map(([fill, list]) => ({
    fill,
    marks: list.sort((a, b) => xs[marks[a]!.point]! - xs[marks[b]!.point]!),
  }));
}

interface BarBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly fillOf: (i: number) => number;
  readonly fills: number;
  readonly logy: boolean;
  readonly heightMax: number;
}

/** Lying bars, the longest first: names can be read, and there may be hundreds. Colours of one name are stacked. */
function layoutBars(
  result: ExploreResult,
  points: readonly number[],
  box: BarBox,
): { panel: Panel; leftOut: number; notOnLog: number } {
  const { x, y } = result.axes;
  const words = categoriesOf(result, x);
  const named = (v: number | null): string =>
    v === null
      ? 'not recorded'
      : x.kind === 'category'
        ? (words[v] ?? '')
        : x.kind === 'time'
          ? formatQuantity(v, 'none')
          : formatQuantity(v, x.unit);
  const groups = new Map<string, { total: number; points: number[] }>();
  for (const i of points) {
    const name = named(result.columns.x[i] ?? null);
    const value = result.columns.y[i] ?? 0;
    const group = groups.get(name) ?? { total: 0, points: [] };
    group.total += value;
    group.points.push(i);
    groups.set(name, group);
  }
  const sorted = [...groups].sort((a, b) => b[1].total - a[1].total);
  const room = Math.min(BARS_MAX, Math.max(1, Math.floor(box.heightMax / BAR_PX)));
  const shown = sorted.slice(0, room);
  const labelPx = Math.min(box.width * 0.4, Math.max(60, ...shown.map(([name]) => name.length * LABEL_PX * MONO_EM)));
  const plotLeft = box.left - MARGIN.left + labelPx + 12;
  const width = box.width + MARGIN.left - labelPx - 12 - 70;
  const height = shown.length * BAR_PX;
  const xScale = makeScale([...(box.logy ? [] : [0]), ...shown.map(([, g]) => g.total)], {
    kind: 'number',
    unit: y.unit,
    log: box.logy,
    categories: [],
    fromPx: 0,
    toPx: width,
    tickPx: 90,
  });
  const yScale = makeScale([], {
    kind: 'category',
    unit: 'none',
    log: false,
    categories: shown.map(([name]) => name),
    fromPx: 0,
    toPx: Math.max(1, height),
    tickPx: 1,
  });
  const marks: Mark[] = [];
  let notOnLog = 0;
  shown.forEach(([name, group], row) => {
    let at = 0;
    const ordered = group.points.sort((a, b) => box.fillOf(a) - box.fillOf(b));
    for (const i of ordered) {
      const value = result.columns.y[i] ?? 0;
      const from = at === 0 ? 0 : xScale.toPixel(at);
      const to = xScale.toPixel(at + value);
      if (Number.isNaN(to)) {
        notOnLog++;
        continue;
      }
      marks.push({
        x: Math.min(from, to),
        y: row * BAR_PX + 3,
        width: Math.max(1, Math.abs(to - from)),
        height: BAR_PX - 6,
        point: i,
        fill: box.fillOf(i),
        label: `${name}\n${formatQuantity(value, y.unit)}`,
      });
      at += value;
    }
  });
  return {
    panel: {
      title: null,
      left: plotLeft,
      top: box.top,
      width,
      height: Math.max(BAR_PX, height),
      xScale,
      yScale,
      marks,
      lines: [],
    },
    leftOut: sorted.length - shown.length,
    notOnLog,
  };
}

/** Totals at the ends of bars. */
function barTotals(panel: Panel, result: ExploreResult): Map<number, { end: number; total: number }> {
  const rows = new Map<number, { end: number; total: number }>();
  for (const mark of panel.marks) {
    const row = Math.round((mark.y - 3) / BAR_PX);
    const old = rows.get(row) ?? { end: 0, total: 0 };
    rows.set(row, {
      end: Math.max(old.end, mark.x + mark.width),
      total: old.total + (result.columns.y[mark.point] ?? 0),
    });
  }
  return rows;
}

export function drawPicture(painter: Painter, picture: Picture): void {
  const { palette, kind } = picture.options;
  const { axes } = picture.result;
  const muted = { sizePx: LABEL_PX, colour: palette.inkMuted };
  for (const panel of picture.panels) {
    painter.group(panel.left, panel.top);
    if (panel.title !== null) {
      painter.text(0, -TITLE_PX / 2 - 2, fitText(panel.title, panel.width, 12, SANS_EM), {
        sizePx: 12,
        colour: palette.ink,
        bold: true,
      });
    }
    const bottom = panel.height;
    for (const tick of panel.xScale.ticks) {
      painter.line(Math.round(tick.px) + 0.5, 0, Math.round(tick.px) + 0.5, bottom, palette.line);
      painter.text(
        tick.px,
        bottom + 11,
        fitText(tick.label, axes.x.kind === 'category' && kind !== 'bar' ? 68 : 88, LABEL_PX, SANS_EM),
        { ...muted, align: 'middle' },
      );
    }
    if (kind === 'bar') {
      for (const tick of panel.yScale.ticks) {
        painter.text(-6, tick.px, fitText(tick.label, panel.left, LABEL_PX, MONO_EM), {
          sizePx: LABEL_PX,
          colour: palette.ink,
          align: 'right',
          mono: true,
        });
      }
    } else {
      for (const tick of panel.yScale.ticks) {
        painter.line(0, Math.round(tick.px) + 0.5, panel.width, Math.round(tick.px) + 0.5, palette.line);
        painter.text(-6, tick.px, fitText(tick.label, MARGIN.left - 10, LABEL_PX, SANS_EM), {
          ...muted,
          align: 'right',
        });
      }
    }
    painter.line(0, bottom + 0.5, panel.width, bottom + 0.5, palette.lineStrong);
    painter.line(0.5, 0, 0.5, bottom, palette.lineStrong);
    // The axis says what it is inside the plot, where there is room.
    if (kind !== 'bar' && panel.title === null)
      painter.text(4, 6, picture.yLabel, { sizePx: LABEL_PX, colour: palette.inkMuted });
    painter.text(panel.width, bottom + 26, kind === 'bar' ? picture.yLabel : axes.x.label, {
      ...muted,
      align: 'right',
    });

    for (const line of panel.lines) {
      const xy = new Float64Array(line.marks.length * 2);
      line.marks.forEach((m, i) => {
        const mark = panel.marks[m]!;
        xy[i * 2] = mark.x + mark.width / 2;
        xy[i * 2 + 1] = mark.y + mark.height / 2;
      });
      painter.polyline(xy, line.marks.length, picture.fills[line.fill]!, 1.5);
    }
    const batches = picture.fills.map(() => [] as Mark[]);
    for (const mark of panel.marks) batches[mark.fill]?.push(mark);
    batches.forEach((batch, fill) => {
      if (batch.length === 0) return;
      const xywh = new Float64Array(batch.length * 4);
      const rows = new Uint32Array(batch.length);
      batch.forEach((mark, i) => {
        xywh.set([mark.x, mark.y, mark.width, mark.height], i * 4);
        rows[i] = Math.max(0, mark.point);
      });
      painter.bars(xywh, rows, batch.length, picture.fills[fill]!);
    });
    if (kind === 'bar') {
      for (const [row, { end, total }] of barTotals(panel, picture.result)) {
        painter.text(end + 6, row * BAR_PX + BAR_PX / 2, formatQuantity(total, axes.y.unit), {
          sizePx: LABEL_PX,
          colour: palette.inkMuted,
        });
      }
    }
    painter.ungroup();
  }
}

export interface Hit {
  readonly panel: Panel;
  readonly mark: Mark;
}

/** How far from a point the pointer may be. */
const REACH_PX = 8;

/** The mark under the pointer, or the nearest point within reach; of several, the one drawn last. */
export function markAt(picture: Picture, x: number, y: number): Hit | null {
  for (const panel of picture.panels) {
    const px = x - panel.left;
    const py = y - panel.top;
    if (px < -REACH_PX || py < -REACH_PX || px > panel.width + REACH_PX + 70 || py > panel.height + REACH_PX) continue;
    let best: Mark | null = null;
    let bestDistance = REACH_PX * REACH_PX;
    for (const mark of panel.marks) {
      const dx = Math.max(mark.x - px, 0, px - mark.x - mark.width);
      const dy = Math.max(mark.y - py, 0, py - mark.y - mark.height);
      const d = dx * dx + dy * dy;
      if (d <= bestDistance) {
        best = mark;
        bestDistance = d;
      }
    }
    return best === null ? null : { panel, mark: best };
  }
  return null;
}
