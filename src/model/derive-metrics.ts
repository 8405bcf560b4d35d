import type { Metric } from './metric.ts';
import { metricFor } from './metric-registry.ts';
import type { EpochMs } from './units.ts';

/** The columns that derived metrics are computed from; a part of TaskTable. */
export interface DerivationInput {
  readonly length: number;
  readonly startMs: Float64Array<ArrayBufferLike>;
  readonly endMs: Float64Array<ArrayBufferLike>;
  readonly values: ReadonlyMap<string, Float64Array>;
}

/** The metrics of task files that each derived metric needs: a reader that is asked for `cputime` alone reads only these. */
export const DERIVED_FROM: Readonly<Record<string, readonly string[]>> = {
  walltime: [],
  cputime: [
    'rusage.ru_stime',
    'rusage.ru_utime',
    'child_rusage.ru_stime',
    'child_rusage.ru_utime',
    'utime',
    'stime',
    'cutime',
    'cstime',
  ],
  read_bytes: ['io.read_bytes'],
  write_bytes: ['io.write_bytes'],
  read_ops: ['rusage.ru_inblock', 'child_rusage.ru_inblock'],
  write_ops: ['rusage.ru_oublock', 'child_rusage.ru_oublock'],
  effective_cores: [
    'rusage.ru_stime',
    'rusage.ru_utime',
    'child_rusage.ru_stime',
    'child_rusage.ru_utime',
    'utime',
    'stime',
    'cutime',
    'cstime',
  ],
};

/** `/proc/PID/stat` counts in clock ticks, 100 a second on every Linux a build runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds from start to end. Milliseconds are subtracted first: exact, where seconds as floats would bring 2.240000009. */
export function walltimeSeconds(startMs: EpochMs, endMs: EpochMs): number {
  return (endMs - startMs) / 1000;
}

/**
 * The derived metrics of a task table, as new columns: walltime, cputime, read_bytes, write_bytes, read_ops, write_ops as
 * oe-core's scripts/lib/buildstats.py defines them, and effective_cores = cputime / walltime. NaN where an input is not
 * recorded; a metric that no row has is left out.
 *
 * The order of the four additions of cputime is upstream's, so that sums over a build agree to the last printed digit.
 * Missing children count as none, as upstream has it, but only in a task run that has an end: in one without, the lines may
 * be missing because the file was cut, and a part would pass for the whole.
 * `wanted`: only these of them, and wall time; null: all.
 */
export function deriveMetrics(
  input: DerivationInput,
  wanted: ReadonlySet<string> | null = null,
): { metric: Metric; values: Float64Array }[] {
  const { length: n, startMs, endMs, values } = input;
  const derived: { metric: Metric; values: Float64Array }[] = [];
  const add = (id: string, column: Float64Array | null) => {
    if (column !== null) derived.push({ metric: metricFor(id), values: column });
  };

  const walltime = new Float64Array(n);
  let anyWalltime = false;
  for (let i = 0; i < n; i++) {
    const seconds = walltimeSeconds(startMs[i]!, endMs[i]!);
    walltime[i] = seconds;
    if (!Number.isNaN(seconds)) anyWalltime = true;
  }
  if (anyWalltime) add('walltime', walltime);

  const wants = (id: string): boolean => wanted === null || wanted.has(id);
  const cputime = wants('cputime') || wants('effective_cores') ? cpuSeconds(input) : null;
  if (wants('cputime')) add('cputime', cputime);
  if (wants('read_bytes')) add('read_bytes', copyOf(values.get('io.read_bytes')));
  if (wants('write_bytes')) add('write_bytes', copyOf(values.get('io.write_bytes')));
  if (wants('read_ops')) add('read_ops', ownPlusChildren(input, 'ru_inblock'));
  if (wants('write_ops')) add('write_ops', ownPlusChildren(input, 'ru_oublock'));

  if (cputime !== null && anyWalltime && wants('effective_cores')) {
    const cores = new Float64Array(n);
    for (let i = 0; i < n; i++) cores[i] = walltime[i]! > 0 ? cputime[i]! / walltime[i]! : Number.NaN;
    add('effective_cores', cores);
  }
  return derived;
}

function copyOf(column: Float64Array | undefined): Float64Array | null {
  return column === undefined ? null : column.slice();
}

function ownPlusChildren(input: DerivationInput, name: string): Float64Array | null {
  const { length: n, values, endMs } = input;
  const own = values.get(`rusage.${name}`);
  if (own === undefined) return null;
  const children = values.get(`child_rusage.${name}`);
  const sum = own.slice(0, n);
  for (let i = 0; i < n; i++) {
    const child = children?.[i] ?? Number.NaN;
    if (!Number.isNaN(child)) sum[i] = sum[i]! + child;
    else if (Number.isNaN(endMs[i])) sum[i] = Number.NaN;
  }
  return sum;
}

function cpuSeconds(input: DerivationInput): Float64Array | null {
  const { length: n, values, endMs } = input;
  const stime = values.get('rusage.ru_stime');
  const utime = values.get('rusage.ru_utime');
  const childStime = values.get('child_rusage.ru_stime');
  const childUtime = values.get('child_rusage.ru_utime');
  const userTicks = values.get('utime');
  const systemTicks = values.get('stime');
  const childUserTicks = values.get('cutime');
  const childSystemTicks = values.get('cstime');
  const hasRusage = stime !== undefined && utime !== undefined;
  const hasTicks = userTicks !== undefined && systemTicks !== undefined;
  if (!hasRusage && !hasTicks) return null;

  const seconds = new Float64Array(n).fill(Number.NaN);
  for (let i = 0; i < n; i++) {
    const cut = Number.isNaN(endMs[i]);
    if (hasRusage) {
      let sum = stime[i]! + utime[i]!;
      const system = childStime?.[i] ?? Number.NaN;
      const user = childUtime?.[i] ?? Number.NaN;
      // Both or none: half of the children's time would be a wrong number.
      if (!Number.isNaN(system) && !Number.isNaN(user)) sum = sum + system + user;
      else if (cut || !Number.isNaN(system) || !Number.isNaN(user)) sum = Number.NaN;
      seconds[i] = sum;
    }
    if (hasTicks && !cut && Number.isNaN(seconds[i])) {
      const own = userTicks[i]! + systemTicks[i]!;
      const children = (childUserTicks?.[i] ?? Number.NaN) + (childSystemTicks?.[i] ?? Number.NaN);
      seconds[i] = (own + children) / TICKS_PER_SECOND;
    }
  }
  return seconds;
}
