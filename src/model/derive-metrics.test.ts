import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DERIVED_FROM, deriveMetrics } from './derive-metrics.ts';
import { guessUnit, KNOWN_METRICS, metricFor, metricIdOfKey } from './metric-registry.ts';

const NONE = Number.NaN;

/** Derived metrics of one task run that took two seconds. */
function derived(values: Record<string, number>, endMs = 3000): Record<string, number> {
  const columns = new Map(Object.entries(values).map(([id, value]) => [id, Float64Array.of(value)]));
  const list = deriveMetrics({
    length: 1,
    startMs: Float64Array.of(1000),
    endMs: Float64Array.of(endMs),
    values: columns,
  });
  return Object.fromEntries(list.map(({ metric, values: column }) => [metric.id, column[0]!]));
}

test('cputime adds in the order of upstream, so that the last bit agrees', () => {
  fc.assert(
    fc.property(
      fc.tuple(
        fc.double({ min: 0, max: 1e4 }),
        fc.double({ min: 0, max: 1e4 }),
        fc.double({ min: 0, max: 1e4 }),
        fc.double({ min: 0, max: 1e4 }),
      ),
      ([s, u, cs, cu]) => {
        const found = derived({
          'rusage.ru_stime': s,
          'rusage.ru_utime': u,
          'child_rusage.ru_stime': cs,
          'child_rusage.ru_utime': cu,
        });
        expect(found.cputime).toBe(s + u + cs + cu);
      },
    ),
  );
});

test('cpu time comes from ticks where rusage is missing, and is missing where half of it is', () => {
  expect(derived({ utime: 100, stime: 20, cutime: 70, cstime: 10 })).toMatchObject({ cputime: 2, effective_cores: 1 });
  expect(derived({ utime: 100, stime: 20 }).cputime).toBeNaN();
  expect(derived({ 'rusage.ru_stime': 1, 'rusage.ru_utime': 2 }).cputime).toBe(3);
  const half = {
    'rusage.ru_stime': 1,
    'rusage.ru_utime': 2,
    'child_rusage.ru_stime': 4,
    'child_rusage.ru_utime': NONE,
  };
  expect(derived(half).cputime).toBeNaN();
});

test('a run without an end has no sums that its missing lines could have added to', () => {
  const own = { 'rusage.ru_stime': 1, 'rusage.ru_utime': 2, 'rusage.ru_inblock': 5, 'io.read_bytes': 7 };
  const found = derived(own, NONE);
  expect(found.cputime).toBeNaN();
  expect(found.read_ops).toBeNaN();
  expect(found.read_bytes).toBe(7);
  expect(found.walltime).toBeUndefined();
});

test('a run of no length has no effective cores', () => {
  expect(derived({ 'rusage.ru_stime': 1, 'rusage.ru_utime': 2 }, 1000)).toMatchObject({
    walltime: 0,
    effective_cores: NONE,
  });
});

test('every derived metric is known, says so, and is made of known ones', () => {
  const known = new Map(KNOWN_METRICS.map((metric) => [metric.id, metric]));
  for (const [id, inputs] of Object.entries(DERIVED_FROM)) {
    expect(known.get(id)?.derived, id).toBe(true);
    for (const input of inputs) expect(known.get(input)?.derived, input).toBe(false);
  }
  expect(known.size).toBe(KNOWN_METRICS.length);
});

test.each([
  ['IO read_bytes', 'io.read_bytes'],
  ['Child rusage ru_utime', 'child_rusage.ru_utime'],
  ['utime', 'utime'],
  ['CPU usage', 'cpu.usage'],
  ['GPU (board) power', 'gpu_board.power'],
  ['---', ''],
])('the id of "%s" is %s', (key, id) => {
  expect(metricIdOfKey(key)).toBe(id);
});

test.each([
  ['io.foo_bytes', '', 'B'],
  ['peak.swap', 'kB', 'KiB'],
  ['queue_ms', '', 'ms'],
  ['busy.time', '', 's'],
  ['hit.pct', '', 'percent'],
  ['hit', '%', 'percent'],
  ['things', '', 'count'],
  ['things', 'constructor', 'count'],
])('the unit of %s %s is %s', (id, written, unit) => {
  expect(guessUnit(id, written)).toBe(unit);
});

test('a guessed metric says that it is, and a peak is not summed', () => {
  expect(metricFor('peak.swap', 'kB')).toMatchObject({ guessed: true, derived: false, aggregation: 'max' });
  expect(metricFor('io.foo_bytes')).toMatchObject({ guessed: true, aggregation: 'sum', label: 'io foo bytes' });
  expect(metricFor('hit.pct')).toMatchObject({ aggregation: 'mean' });
  expect(metricFor('rusage.ru_maxrss')).toMatchObject({ guessed: false, aggregation: 'max', unit: 'KiB' });
});
