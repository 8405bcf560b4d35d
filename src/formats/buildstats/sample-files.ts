/**
 * Sample files of a build, from frames to series. What upstream's classes write is not what the names say; here it is made true:
 *
 * - reduced_proc_diskstats: throughput is 100 × KiB/s (bootchart's factor for hundredths of a second) and utilisation
 *   100 × share, capped at 1. Divided by 100 (`corrected`); a utilisation of 1.0 means "1 % or more", so it is unknown (`saturated`).
 *   The time is that of the interval's start: moved to its end, where every other file has it. Kernels of 4.18 and later
 *   have columns that the class did not know until whinlatter: zeros throughout, `not-recorded`. Whinlatter adds NVMe
 *   partitions to their disk: `may-double-count`.
 * - reduced_proc_pressure: the fourth number is microseconds stalled since the sample before; a share of the time between
 *   the two, which may be several seconds.
 * - reduced_proc_net: bytes since the sample before, made a rate.
 *
 * Before langdale several samples fell into one second. Equal seconds become one sample: sums of differences, the last of
 * levels, and of shares and rates the mean, without the samples between which no clock ticked.
 */
import { SAMPLE_SERIES_MAX } from '../../model/limits.ts';
import { guessUnit } from '../../model/metric-registry.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { SampleMark, SampleSeries, SampleTable } from '../../model/samples.ts';
import type { Unit } from '../../model/units.ts';
import { type FrameForm, SampleFrames } from './sample-frames.ts';

/** Room made at once for a column: a day at one sample a second. */
const BLOCKS_EXPECTED_MAX = 100_000;
const KIB = 1024;
/** /proc/diskstats counts in these, whatever the disk's own. */
const SECTOR_BYTES = 512;
/** Upstream's `100 ×` in reduced_proc_diskstats. */
const DISK_FACTOR = 100;
/** So many samples of zeros from a building machine are no idle disk. */
const ZERO_SAMPLES_MIN = 5;
/** Names of files, devices and interfaces go into ids: bounded. */
const NAME_CHARS_MAX = 100;

/** Whole disks; partitions and what lies on top of disks (dm, md, loop, zram) would count the same bytes again. */
const WHOLE_DISK = /^(?:(?:sd|hd|vd|xvd)[a-z]{1,3}|mmcblk\d{1,3}|nvme\d{1,3}n\d{1,3}|mtdblock\d{1,3})$/;

const FORMS: Readonly<Record<string, FrameForm>> = {
  // Totals since boot stand before the differences: two numbers of ten digits on each line.
  'reduced_proc_net.log': { firstPosition: 2 },
  'proc_stat.log': { nameToken: 0, keep: (name) => name === 'cpu' },
  'proc_meminfo.log': { keep: (name) => MEMINFO_FIELDS.includes(name) },
  'proc_diskstats.log': { nameToken: 2, keep: (name) => WHOLE_DISK.test(name) },
};
const MEMINFO_FIELDS: readonly string[] = ['MemTotal', 'MemFree', 'Buffers', 'Cached', 'SwapTotal', 'SwapFree'];

export class SampleFiles {
  readonly #problems: ProblemList;
  readonly #frames = new Map<string, SampleFrames>();

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  get size(): number {
    return this.#frames.size;
  }

  /** Frames of a file that comes in pieces: push each, then `end()`. */
  open(path: string): SampleFrames {
    // The files of one build have about the same number of samples.
    let blocks = 0;
    for (const other of this.#frames.values()) blocks = Math.max(blocks, other.times.length);
    const frames = new SampleFrames(FORMS[path] ?? {}, Math.min(blocks + (blocks >> 6), BLOCKS_EXPECTED_MAX));
    this.#frames.set(path, frames);
    return frames;
  }

  add(path: string, bytes: Uint8Array, length = bytes.length): void {
    const frames = this.open(path);
    frames.push(bytes, length);
    frames.end();
  }

  /** All tables, by path. Files without one sample that holds a value give none. */
  finish(): SampleTable[] {
    const axes = new Map<string, Axis>();
    let moments = new Float64Array(0);
    for (const [path, frames] of this.#frames) {
      const axis = secondsOf(frames);
      axes.set(path, axis);
      // Every second at which /proc was sampled: the true interval of a difference begins at the one before. monitor_disk.log has
      // a clock of its own, as other programs' files may: it goes on in a second in which /proc was not sampled.
      if (/^(?:reduced_proc_|proc_)/.test(path)) moments = union(moments, axis.seconds);
    }
    const hasNvme = [...(this.#frames.get('monitor_disk.log')?.columns.keys() ?? [])].some((name) =>
      name.startsWith('/dev/nvme'),
    );
    const tables: SampleTable[] = [];
    let seriesCount = 0;
    for (const [path, frames] of [...this.#frames].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
      this.#complain(path, frames);
      if (frames.times.length === 0) continue;
      const axis = axes.get(path)!;
      if (axis.wentBack > 0) {
        this.#problems.add(
          'warning',
          'clock-went-back',
          `${axis.wentBack} samples are older than the one before: the clock of the host was set back; they were left out.`,
          path,
        );
      }
      const table = tableOf(path, frames, axis, moments, this.#frames.get('reduced_proc_stat.log'), hasNvme);
      // A series of nothing but NaN says something only when it has a mark (not recorded).
      const series = table.series.filter((s) => s.marks.length > 0 || s.values.some((v) => !Number.isNaN(v)));
      if (series.length === 0) continue;
      if (seriesCount + series.length > SAMPLE_SERIES_MAX) {
        this.#problems.add(
          'warning',
          'too-many-series',
          'The build has more sample series than are kept; this file was left out.',
          path,
        );
        continue;
      }
      seriesCount += series.length;
      tables.push({ ...table, series });
    }
    return tables;
  }

  #complain(path: string, frames: SampleFrames): void {
    const problems = this.#problems;
    if (frames.cut) {
      problems.add(
        'note',
        'sample-file-truncated',
        'The file ends in the middle of a line; that line was not read.',
        path,
      );
    }
    if (frames.tooManyColumns) {
      problems.add(
        'warning',
        'too-many-series',
        'The file has more columns than are kept; the rest was left out.',
        path,
      );
    }
    if (frames.times.length === 0 && frames.damagedBlocks > 0) {
      problems.add(
        'note',
        'sample-file-not-understood',
        'No blocks of a time and numbers were found; the file was not read.',
        path,
      );
    } else if (frames.damagedBlocks > 0) {
      problems.add(
        'warning',
        'sample-block-damaged',
        `${frames.damagedBlocks} blocks do not begin with a time; they were passed over.`,
        path,
      );
    }
  }
}

/** Both lists, ascending and distinct. */
function union(a: Float64Array<ArrayBuffer>, b: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const all = new Float64Array(a.length + b.length);
  let n = 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = i < a.length ? a[i]! : Number.POSITIVE_INFINITY;
    const y = j < b.length ? b[j]! : Number.POSITIVE_INFINITY;
    all[n++] = Math.min(x, y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return all.slice(0, n);
}

/** Rows of the frames that are kept, grouped by equal seconds. */
interface Axis {
  /** Distinct seconds, ascending. */
  readonly seconds: Float64Array<ArrayBuffer>;
  /** Group i is the rows [from[i], from[i + 1]) of `rows`. */
  readonly from: Uint32Array;
  readonly rows: Uint32Array;
  readonly wentBack: number;
}

function secondsOf(frames: SampleFrames): Axis {
  const { times } = frames;
  const seconds = new Float64Array(times.length);
  const from = new Uint32Array(times.length + 1);
  const rows = new Uint32Array(times.length);
  let groups = 0;
  let kept = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (time < last) continue;
    if (time > last) {
      seconds[groups] = time;
      from[groups] = kept;
      groups++;
      last = time;
    }
    rows[kept++] = row;
  }
  from[groups] = kept;
  return {
    seconds: groups === times.length ? seconds : seconds.slice(0, groups),
    from,
    rows,
    wentBack: times.length - kept,
  };
}

type MergeRule = 'last' | 'sum' | 'mean';

/**
 * One column on the axis. A `mean` leaves out the rows marked in `momentary`, unless a second has no others.
 */
function merged(
  axis: Axis,
  column: Float64Array | null,
  rule: MergeRule,
  momentary: Uint8Array | null = null,
): Float64Array {
  // One sample a second, as since langdale: nothing to merge.
  if (column !== null && column.length === axis.seconds.length) return column.slice();
  const out = new Float64Array(axis.seconds.length).fill(Number.NaN);
  if (column === null) return out;
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    let count = 0;
    let momentarySum = 0;
    let momentaryCount = 0;
    let last = Number.NaN;
    for (let r = axis.from[i]!; r < axis.from[i + 1]!; r++) {
      const row = axis.rows[r]!;
      const value = column[row]!;
      if (Number.isNaN(value)) continue;
      if (momentary?.[row] === 1) {
        momentarySum += value;
        momentaryCount++;
        continue;
      }
      last = value;
      sum += value;
      count++;
    }
    if (count > 0) out[i] = rule === 'last' ? last : rule === 'sum' ? sum : sum / count;
    else if (momentaryCount > 0) out[i] = momentarySum / momentaryCount;
  }
  return out;
}

/**
 * Rows of reduced_proc_stat.log in which no clock ticked: all three shares 0, which over a real interval of a building machine does
 * not happen. Their samples are milliseconds apart and measure nothing.
 */
function momentaryRows(stat: SampleFrames | undefined): Uint8Array | null {
  if (stat === undefined) return null;
  const columns = [0, 1, 2].map((i) => stat.column('', i));
  return Uint8Array.from(stat.times, (_, row) =>
    columns.every((column) => column === null || column[row] === 0) ? 1 : 0,
  );
}

interface SeriesDetails {
  limit?: number | null;
  marks?: readonly SampleMark[];
  note?: string | null;
  guessed?: boolean;
}

function series(
  id: string,
  label: string,
  unit: Unit,
  values: Float64Array,
  details: SeriesDetails = {},
): SampleSeries {
  const { limit = null, marks = [], note = null, guessed = false } = details;
  return { id, label, unit, values, limit, marks, note, guessed };
}

function toMs(seconds: Float64Array): Float64Array {
  return seconds.map((s) => s * 1000);
}

/** Seconds from the moment before each entry of the axis to it; NaN where there is none. Every entry is one of the moments. */
function intervalsOf(axis: Axis, moments: Float64Array): Float64Array {
  const intervals = new Float64Array(axis.seconds.length).fill(Number.NaN);
  let m = 0;
  for (let i = 0; i < intervals.length; i++) {
    const second = axis.seconds[i]!;
    while (m < moments.length && moments[m]! < second) m++;
    if (m > 0) intervals[i] = second - moments[m - 1]!;
  }
  return intervals;
}

/** Smallest entry of `moments` above `second`, or NaN. */
function momentAfter(moments: Float64Array, second: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle]! <= second) low = middle + 1;
    else high = middle;
  }
  return low === moments.length ? Number.NaN : moments[low]!;
}

function tableOf(
  path: string,
  frames: SampleFrames,
  axis: Axis,
  moments: Float64Array,
  stat: SampleFrames | undefined,
  hasNvme: boolean,
): SampleTable {
  const table = (list: readonly SampleSeries[], seconds = axis.seconds): SampleTable => ({
    source: path,
    timeMs: toMs(seconds),
    series: list,
  });
  switch (path) {
    case 'reduced_proc_stat.log':
      return table(cpuSeries(axis, frames));
    case 'reduced_proc_meminfo.log':
      return table(memorySeries(MEMINFO_FIELDS.map((_, i) => merged(axis, frames.column('', i), 'last'))));
    case 'proc_meminfo.log':
      return table(memorySeries(MEMINFO_FIELDS.map((name) => merged(axis, frames.column(name, 0), 'last'))));
    case 'reduced_proc_diskstats.log':
      return table(
        reducedDiskSeries(axis, frames, stat, hasNvme),
        axis.seconds.map((second) => {
          const end = momentAfter(moments, second);
          return !Number.isNaN(end) ? end : second + 1;
        }),
      );
    case 'proc_stat.log':
      return table(rawCpuSeries(axis, frames));
    case 'proc_diskstats.log':
      return table(rawDiskSeries(axis, frames));
    case 'reduced_proc_net.log':
      return table(networkSeries(axis, frames, moments));
    case 'monitor_disk.log':
      return table(spaceSeries(axis, frames));
    case 'reduced_proc_pressure/cpu.log':
    case 'reduced_proc_pressure/io.log':
    case 'reduced_proc_pressure/memory.log':
      return table(pressureSeries(path.slice('reduced_proc_pressure/'.length, -'.log'.length), axis, frames, moments));
    default:
      return table(discoveredSeries(path, axis, frames));
  }
}

const CPU_NOTE = 'Share of all cores over the second before.';

function cpuSeries(axis: Axis, frames: SampleFrames): SampleSeries[] {
  const momentary = momentaryRows(frames);
  const columns = [0, 1, 2].map((position) => merged(axis, frames.column('', position), 'mean', momentary));
  // Several samples and no tick in any: nothing was measured. A single one may stand for an idle second.
  for (let i = 0; i < axis.seconds.length; i++) {
    if (axis.from[i + 1]! - axis.from[i]! > 1 && columns.every((column) => column[i] === 0)) {
      for (const column of columns) column[i] = Number.NaN;
    }
  }
  return cpuOf(columns[0]!, columns[1]!, columns[2]!);
}

function cpuOf(user: Float64Array, system: Float64Array, iowait: Float64Array): SampleSeries[] {
  const details = { limit: 1, note: CPU_NOTE };
  return [
    series('cpu.user', 'CPU, user', 'share', user, details),
    series('cpu.system', 'CPU, system', 'share', system, details),
    series('cpu.iowait', 'CPU, waiting for I/O', 'share', iowait, details),
  ];
}

/** /proc/stat: user nice system idle iowait irq softirq steal, in ticks since boot. */
function rawCpuSeries(axis: Axis, frames: SampleFrames): SampleSeries[] {
  const ticks = Array.from({ length: 8 }, (_, i) => merged(axis, frames.column('cpu', i), 'last'));
  const n = axis.seconds.length;
  const user = new Float64Array(n).fill(Number.NaN);
  const system = new Float64Array(n).fill(Number.NaN);
  const iowait = new Float64Array(n).fill(Number.NaN);
  for (let i = 1; i < n; i++) {
    // Old kernels have fewer columns: those count nothing.
    const spent = ticks.map((column) => column[i]! - column[i - 1]!).map((d) => (!Number.isNaN(d) ? d : 0));
    const total = spent.reduce((sum, d) => sum + d, 0);
    if (!(total > 0) || spent.some((d) => d < 0)) continue;
    user[i] = (spent[0]! + spent[1]!) / total;
    system[i] = (spent[2]! + spent[5]! + spent[6]!) / total;
    iowait[i] = spent[4]! / total;
  }
  return cpuOf(user, system, iowait);
}

/** Columns in KiB: MemTotal MemFree Buffers Cached SwapTotal SwapFree. */
function memorySeries(kib: readonly Float64Array[]): SampleSeries[] {
  const [total, free, buffers, cached, swapTotal, swapFree] = kib.map((column) => column.map((v) => v * KIB));
  const limit = largest(total!);
  const used = free!.map((f, i) => Math.max(0, total![i]! - f - buffers![i]! - cached![i]!));
  const memory = (id: string, label: string, values: Float64Array, note: string | null = null) =>
    series(`memory.${id}`, label, 'B', values, { limit, note });
  const list = [
    memory('used', 'Memory, used', used, 'Total without free, buffers and cached.'),
    memory('buffers', 'Memory, buffers', buffers!),
    memory('cached', 'Memory, cached', cached!),
    memory('free', 'Memory, free', free!),
  ];
  const swapLimit = largest(swapTotal!);
  // A machine without swap has no swap to draw.
  if (swapLimit !== null && swapLimit > 0) {
    const swap = swapFree!.map((f, i) => swapTotal![i]! - f);
    list.push(series('memory.swap', 'Swap, used', 'B', swap, { limit: swapLimit }));
  }
  return list;
}

function largest(values: Float64Array): number | null {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > max) max = value;
  return max === Number.NEGATIVE_INFINITY ? null : max;
}

function reducedDiskSeries(
  axis: Axis,
  frames: SampleFrames,
  stat: SampleFrames | undefined,
  hasNvme: boolean,
): SampleSeries[] {
  // Both files get a row with each sample, so row k of one is row k of the other; the last may be cut.
  const paired = stat !== undefined && Math.abs(stat.times.length - frames.times.length) <= 1;
  const momentary = paired ? momentaryRows(stat) : null;
  const [read, write, util] = [0, 1, 2].map((position) => merged(axis, frames.column('', position), 'mean', momentary));
  const nan = (values: Float64Array, from: number) => values.map((v, i) => (i < from ? v : Number.NaN));
  // The first sample may differ: some kernels and classes got one right. Zeros ever after are not an idle disk.
  const zerosAfter = (first: number) =>
    axis.seconds.length - first >= ZERO_SAMPLES_MIN &&
    [read!, write!, util!].every((values) => values.every((v, i) => i < first || v === 0 || Number.isNaN(v)));
  const recordedUntil = zerosAfter(0) ? 0 : zerosAfter(1) ? 1 : Number.POSITIVE_INFINITY;

  const marks: SampleMark[] = ['corrected'];
  const notes = ['Upstream writes 100 times the true throughput; divided by 100.'];
  if (recordedUntil !== Number.POSITIVE_INFINITY) {
    marks.push('not-recorded');
    notes.push('Nothing but zeros was written: this kernel or these disks could not be read.');
  } else if (hasNvme) {
    marks.push('may-double-count');
    notes.push('The build is on an NVMe disk, whose partitions are added to the disk itself.');
  }
  const throughput = (values: Float64Array) =>
    nan(
      values.map((v) => (v * KIB) / DISK_FACTOR),
      recordedUntil,
    );
  const utilMarks = [...marks];
  const utilNotes = [...notes];
  utilNotes[0] = 'Upstream writes 100 times the true share; divided by 100.';
  // One saturated sample makes its whole second unknown.
  const saturated = merged(axis, frames.column('', 2)?.map((v) => (v >= 1 ? 1 : 0)) ?? null, 'sum', momentary);
  const saturates = saturated.some((count) => count > 0);
  if (saturates) {
    utilMarks.push('saturated');
    utilNotes.push('It is recorded up to 1 % only: where it was more, it is unknown.');
  }
  const busy = nan(
    util!.map((v, i) => (saturated[i]! > 0 ? Number.NaN : v / DISK_FACTOR)),
    recordedUntil,
  );
  return [
    series('disk.read', 'Disk, read', 'B/s', throughput(read!), { marks, note: notes.join(' ') }),
    series('disk.write', 'Disk, written', 'B/s', throughput(write!), { marks, note: notes.join(' ') }),
    series('disk.util', 'Disk, busy', 'share', busy, { limit: 1, marks: utilMarks, note: utilNotes.join(' ') }),
  ];
}

/** /proc/diskstats behind the name: reads merged sectors ms, writes merged sectors ms, in progress, ms busy, weighted ms. */
function rawDiskSeries(axis: Axis, frames: SampleFrames): SampleSeries[] {
  const n = axis.seconds.length;
  const read = new Float64Array(n).fill(Number.NaN);
  const write = new Float64Array(n).fill(Number.NaN);
  const util = new Float64Array(n).fill(Number.NaN);
  for (const name of frames.columns.keys()) {
    const readSectors = merged(axis, frames.column(name, 2), 'last');
    const writtenSectors = merged(axis, frames.column(name, 6), 'last');
    const busyMs = merged(axis, frames.column(name, 9), 'last');
    for (let i = 1; i < n; i++) {
      const seconds = axis.seconds[i]! - axis.seconds[i - 1]!;
      const add = (values: Float64Array, delta: number, factor: number) => {
        if (delta >= 0) values[i] = (!Number.isNaN(values[i]) ? values[i]! : 0) + (delta * factor) / seconds;
      };
      add(read, readSectors[i]! - readSectors[i - 1]!, SECTOR_BYTES);
      add(write, writtenSectors[i]! - writtenSectors[i - 1]!, SECTOR_BYTES);
      const busy = (busyMs[i]! - busyMs[i - 1]!) / 1000 / seconds;
      if (busy >= 0 && !(util[i]! > busy)) util[i] = Math.min(1, busy);
    }
  }
  return [
    series('disk.read', 'Disk, read', 'B/s', read, { note: 'All whole disks together.' }),
    series('disk.write', 'Disk, written', 'B/s', write, { note: 'All whole disks together.' }),
    series('disk.util', 'Disk, busy', 'share', util, { limit: 1, note: 'Of the busiest disk.' }),
  ];
}

/** Per interface: received and sent since boot, received and sent since the sample before. */
function networkSeries(axis: Axis, frames: SampleFrames, moments: Float64Array): SampleSeries[] {
  const list: SampleSeries[] = [];
  const intervals = intervalsOf(axis, moments);
  for (const name of frames.columns.keys()) {
    const rate = (position: number) => {
      const bytes = merged(axis, frames.column(name, position), 'sum');
      // The first difference of an interface is written as 0, whatever it was; a negative one is a counter that wrapped.
      let first = true;
      return bytes.map((value, i) => {
        if (Number.isNaN(value)) return Number.NaN;
        const seconds = intervals[i]!;
        const wasFirst = first;
        first = false;
        return wasFirst || value < 0 || !(seconds > 0) ? Number.NaN : value / seconds;
      });
    };
    const short = name.slice(0, NAME_CHARS_MAX);
    list.push(series(`net.${short}.rx`, `Network ${short}, received`, 'B/s', rate(2)));
    list.push(series(`net.${short}.tx`, `Network ${short}, sent`, 'B/s', rate(3)));
  }
  return list;
}

/** Two names of one volume are asked one after the other, so their figures differ by what is written between. */
const ONE_VOLUME_BYTES = 2 ** 20;

function areOneVolume(a: Float64Array, b: Float64Array): boolean {
  let equal = 0;
  let both = 0;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) || Number.isNaN(b[i])) continue;
    both++;
    if (!(Math.abs(a[i]! - b[i]!) <= ONE_VOLUME_BYTES)) return false;
    if (a[i] === b[i] && a[i]! > 0) equal++;
  }
  return both > 0 && equal >= both / 2;
}

function spaceSeries(axis: Axis, frames: SampleFrames): SampleSeries[] {
  const list: SampleSeries[] = [];
  for (const name of frames.columns.keys()) {
    const values = merged(axis, frames.column(name, 0), 'last');
    const twin = list.find((other) => areOneVolume(other.values, values));
    const short = name.slice(0, NAME_CHARS_MAX);
    list.push(
      series(`space.${short}`, `Disk space used on ${short}`, 'B', values, {
        marks: twin === undefined ? [] : ['may-double-count'],
        note:
          twin === undefined
            ? 'Total without free; space kept for root counts as free.'
            : `The same figures as "${twin.id.slice('space.'.length)}": one volume under two names.`,
      }),
    );
  }
  return list;
}

function pressureSeries(kind: string, axis: Axis, frames: SampleFrames, moments: Float64Array): SampleSeries[] {
  const label = `Pressure, ${kind === 'io' ? 'I/O' : kind}`;
  const average = (position: number, seconds: number) =>
    series(
      `pressure.${kind}.avg${seconds}`,
      `${label}, mean of ${seconds} s`,
      'percent',
      merged(axis, frames.column('', position), 'last'),
      { limit: 100, note: 'Share of time in which some process was stalled, as the kernel averages it.' },
    );
  const intervals = intervalsOf(axis, moments);
  const stalledUs = merged(axis, frames.column('', 3), 'sum');
  // Times are rounded to a second, so a share can come out above 1: it cannot be.
  const stall = stalledUs.map((us, i) => {
    const seconds = intervals[i]!;
    return us >= 0 && seconds > 0 ? Math.min(1, us / 1e6 / seconds) : Number.NaN;
  });
  return [
    average(0, 10),
    average(1, 60),
    average(2, 300),
    series(`pressure.${kind}.stall`, `${label}, stalled`, 'share', stall, {
      limit: 1,
      note: 'Share of the time since the sample before in which some process was stalled; times are rounded to a second.',
    }),
  ];
}

/** By the name of the line, or else of the file: `sizes_bytes.log` holds bytes whatever its lines are called. */
function unitOf(name: string, file: string): Unit {
  const unit = guessUnit(name);
  return unit === 'count' ? guessUnit(file) : unit;
}

/** A file that no table here knows: each number a series, named after the file, the line and the position. */
function discoveredSeries(path: string, axis: Axis, frames: SampleFrames): SampleSeries[] {
  const file = path.slice(0, -'.log'.length).replaceAll('/', '.').slice(0, NAME_CHARS_MAX);
  const list: SampleSeries[] = [];
  for (const [name, columns] of frames.columns) {
    columns.forEach((_, position) => {
      const parts = [file];
      if (name !== '') parts.push(name.slice(0, NAME_CHARS_MAX));
      if (name === '' || columns.length > 1) parts.push(`c${position}`);
      const id = parts.join('.');
      list.push(
        series(id, id.replace(/[._]+/g, ' '), unitOf(name, file), merged(axis, frames.column(name, position), 'last'), {
          guessed: true,
          note: 'Found in a file of no known kind; name and unit are guessed.',
        }),
      );
    });
  }
  return list;
}
