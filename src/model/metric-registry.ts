/**
 * What is known about metrics: label, unit, aggregation and what one must know to read the number rightly. A metric that is
 * not here still works: its id comes from the line, its unit from the name (`guessMetric`), and it is marked `guessed`.
 *
 * Facts about the kernel's counters: proc(5), getrusage(2). Facts about BitBake's: docs/formats/buildstats.md.
 */
import type { Aggregation, Metric } from './metric.ts';
import type { Unit } from './units.ts';

type Row = readonly [id: string, label: string, unit: Unit, aggregation: Aggregation, note?: string];

const ONE_PROCESS = 'Of the task process itself, without the programs it ran.';
const CHILDREN = 'Of the programs the task ran and waited for; daemons it left behind are not in it.';
const LARGEST = 'The largest single process, not a sum.';
const BLOCKS = 'In units of 512 bytes, although upstream calls them operations.';
const WITH_CHILDREN = 'Of the task and every program it ran and waited for.';
const CACHED = `${WITH_CHILDREN} Through system calls: pipes and the page cache count too.`;

const READ: readonly Row[] = [
  ['utime', 'User time (ticks)', 'ticks', 'sum', ONE_PROCESS],
  ['stime', 'System time (ticks)', 'ticks', 'sum', ONE_PROCESS],
  ['cutime', 'User time of children (ticks)', 'ticks', 'sum', CHILDREN],
  ['cstime', 'System time of children (ticks)', 'ticks', 'sum', CHILDREN],
  ['io.rchar', 'Bytes in, through system calls', 'B', 'sum', CACHED],
  ['io.wchar', 'Bytes out, through system calls', 'B', 'sum', CACHED],
  ['io.syscr', 'Read calls', 'count', 'sum', WITH_CHILDREN],
  ['io.syscw', 'Write calls', 'count', 'sum', WITH_CHILDREN],
  ['io.read_bytes', 'Bytes read from storage', 'B', 'sum', WITH_CHILDREN],
  ['io.write_bytes', 'Bytes written to storage', 'B', 'sum', WITH_CHILDREN],
  [
    'io.cancelled_write_bytes',
    'Written bytes that never reached storage',
    'B',
    'sum',
    'Files truncated or removed before they were written out.',
  ],
  ...(
    [
      ['rusage', '', ONE_PROCESS],
      ['child_rusage', ' of children', CHILDREN],
    ] as const
  ).flatMap(([group, whose, note]): readonly Row[] => [
    [`${group}.ru_utime`, `User time${whose}`, 's', 'sum', note],
    [`${group}.ru_stime`, `System time${whose}`, 's', 'sum', note],
    [`${group}.ru_maxrss`, `Largest memory${whose}`, 'KiB', 'max', LARGEST],
    [`${group}.ru_minflt`, `Page faults without I/O${whose}`, 'count', 'sum', note],
    [`${group}.ru_majflt`, `Page faults with I/O${whose}`, 'count', 'sum', note],
    [`${group}.ru_inblock`, `512-byte blocks read${whose}`, 'count', 'sum', BLOCKS],
    [`${group}.ru_oublock`, `512-byte blocks written${whose}`, 'count', 'sum', BLOCKS],
    [`${group}.ru_nvcsw`, `Voluntary context switches${whose}`, 'count', 'sum', note],
    [`${group}.ru_nivcsw`, `Forced context switches${whose}`, 'count', 'sum', note],
  ]),
  [
    'cpu.usage',
    'CPU usage of the task process',
    'percent',
    'none',
    'Of BitBake up to 2.0: the task process itself, without the programs it ran, as a share of the whole machine.',
  ],
  [
    'latency.completion',
    'Time until its end was heard of',
    'ms',
    'sum',
    'From the end of the task until the run queue took note of it and could start what waited for it.',
  ],
];

const DERIVED: readonly Row[] = [
  ['walltime', 'Wall time', 's', 'sum', 'Ended minus Started.'],
  ['cputime', 'CPU time', 's', 'sum', 'User and system time of the task and the programs it waited for.'],
  ['read_bytes', 'Bytes read', 'B', 'sum', 'From storage.'],
  ['write_bytes', 'Bytes written', 'B', 'sum', 'To storage.'],
  ['read_ops', '512-byte blocks read', 'count', 'sum', BLOCKS],
  ['write_ops', '512-byte blocks written', 'count', 'sum', BLOCKS],
  [
    'effective_cores',
    'Effective cores',
    'cores',
    'none',
    'CPU time divided by wall time. A group divides its sums. Very short tasks can pass the number of cores: their CPU time is counted from the fork.',
  ],
];

/** From start of the build to its end: not a metric of tasks, so it is in no task table and no picker of their columns. */
export const BUILD_DURATION: Metric = {
  id: 'duration',
  label: 'Build duration',
  unit: 's',
  aggregation: 'none',
  lowerIsBetter: true,
  derived: true,
  guessed: false,
  note: 'From the start of the build to its end, by the clock. Wall time, below, adds up what ran side by side.',
};

/** More of these is more work done, not more resources used: nothing so far; kept as a list so that one is easily added. */
const HIGHER_IS_BETTER: ReadonlySet<string> = new Set(['effective_cores']);

function metricOf([id, label, unit, aggregation, note]: Row, derived: boolean): Metric {
  return {
    id,
    label,
    unit,
    aggregation,
    lowerIsBetter: !HIGHER_IS_BETTER.has(id),
    derived,
    guessed: false,
    note: note ?? null,
  };
}

const KNOWN: ReadonlyMap<string, Metric> = new Map([
  ...READ.map((row) => [row[0], metricOf(row, false)] as const),
  ...DERIVED.map((row) => [row[0], metricOf(row, true)] as const),
]);

/** Every metric the program has words for, those read from files first. */
export const KNOWN_METRICS: readonly Metric[] = [...KNOWN.values()];

const DERIVED_IDS: ReadonlySet<string> = new Set(DERIVED.map(([id]) => id));

/** Whether the program computes the metric of this id, so that nothing that was read may stand under it. */
export function isDerivedMetric(id: string): boolean {
  return DERIVED_IDS.has(id);
}

const UNIT_WORDS: Readonly<Record<string, Unit>> = {
  s: 's',
  sec: 's',
  second: 's',
  seconds: 's',
  ms: 'ms',
  us: 'us',
  b: 'B',
  byte: 'B',
  bytes: 'B',
  kb: 'KiB',
  kib: 'KiB',
  '%': 'percent',
  percent: 'percent',
  'b/s': 'B/s',
  cores: 'cores',
};

/**
 * The unit that a name suggests, by its last word: `foo_bytes` B, `foo_kb` KiB, `foo_ms` ms, `foo_time` s, `foo_pct` percent;
 * else a count. A unit written after the number (`5 kB`) wins.
 */
export function guessUnit(name: string, written = ''): Unit {
  const word = written.toLowerCase();
  if (Object.hasOwn(UNIT_WORDS, word)) return UNIT_WORDS[word] ?? 'count';
  // The look behind keeps it from trying every letter of a long name as the start of the last word.
  const last = /(?<![a-z%])[a-z%]+$/.exec(name.toLowerCase())?.[0] ?? '';
  if (last.endsWith('bytes')) return 'B';
  if (last === 'kb' || last === 'kib') return 'KiB';
  if (last === 'ms') return 'ms';
  if (last === 'us') return 'us';
  if (last === 'pct' || last === 'percent' || last === '%') return 'percent';
  if (last.endsWith('time') || last.endsWith('seconds')) return 's';
  return 'count';
}

/**
 * The metric of an id: from the table, or guessed. Guessed aggregation is a sum for counts, bytes and times, else the mean;
 * names with `max` or `peak` take the largest.
 */
export function metricFor(id: string, writtenUnit = ''): Metric {
  const known = KNOWN.get(id);
  if (known !== undefined) return known;
  const unit = guessUnit(id, writtenUnit);
  const adds = unit === 'count' || unit === 'B' || unit === 'KiB' || unit === 's' || unit === 'ms' || unit === 'us';
  return {
    id,
    label: id.replace(/[._]+/g, ' ').trim(),
    unit,
    aggregation: /(?:^|[._])(?:max|peak)/.test(id) ? 'max' : adds ? 'sum' : 'mean',
    lowerIsBetter: true,
    derived: false,
    guessed: true,
    note: null,
  };
}

/**
 * Id of a line's key: all words but the last are the group, joined by `_`, then a dot, then the last word.
 *
 *     IO read_bytes         io.read_bytes
 *     Child rusage ru_utime child_rusage.ru_utime
 *     utime                 utime
 *     walltime              file.walltime: what is computed under that name is another number
 */
export function metricIdOfKey(key: string): string {
  const words = key
    .toLowerCase()
    .split(/[^a-z0-9_%]+/)
    .filter((word) => word !== '');
  const last = words.pop() ?? '';
  if (words.length > 0) return `${words.join('_')}.${last}`;
  return isDerivedMetric(last) ? `file.${last}` : last;
}
