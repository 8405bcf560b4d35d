import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blankBuild, drawBuild } from '../model/draw-build.ts';
import type { Metric } from '../model/metric.ts';
import { assembleTasks } from '../model/task-rows.ts';
import {
  type ExploreAggregate,
  type ExploreAnswer,
  type ExploreBuild,
  type ExploreQuestion,
  explore,
  exploreMetrics,
} from './explore.ts';
import { recipeVariant } from './explore-dimensions.ts';

function asked(over: Partial<ExploreQuestion>): ExploreQuestion {
  return { level: 'task', x: 'task', y: 'cputime', aggregate: 'none', limit: 1000, ...over };
}

function drawn(text: string, id = 'b1', over: Parameters<typeof drawBuild>[1] = {}): ExploreBuild {
  const build = drawBuild(text, over);
  return { id, head: build, tasks: build.tasks };
}

/** Points as words: category indexes looked up. */
function points(answer: ExploreAnswer): (string | number | null)[][] {
  const { axes, columns, categories } = answer;
  const word = (role: 'x' | 'y' | 'colour' | 'facet' | 'size', i: number): string | number | null => {
    const value = columns[role]?.[i] ?? null;
    const axis = axes[role];
    return value !== null && axis?.kind === 'category' ? categories[axis.id]![value]! : value;
  };
  return columns.x.map((_, i) =>
    (['x', 'y', 'size', 'colour', 'facet'] as const).filter((r) => axes[r] !== null).map((r) => word(r, i)),
  );
}

const ONE = drawn(`
  gcc-cross:do_compile        =====    cputime=9
  gcc-cross:do_fetch          ==       cputime=1
  glibc:do_compile                 ==F cputime=4
  glibc:do_fetch              covered
  glibc:do_install            not-run
`);

describe('points', () => {
  test('a task run each, with its row; what has no value is counted and not drawn as zero', () => {
    const answer = explore(asked({ x: 'recipe', y: 'cputime', colour: 'outcome' }), [ONE]);
    expect(points(answer)).toEqual([
      ['gcc-cross', 9, 'succeeded'],
      ['gcc-cross', 1, 'succeeded'],
      ['glibc', 4, 'failed'],
    ]);
    expect(answer.columns.row).toEqual([0, 1, 2]);
    expect(answer.columns.build).toEqual([0, 0, 0]);
    expect(answer).toMatchObject({ count: 3, leftOut: 0, notRecorded: 2 });
  });

  test('only categories that are drawn are listed, sorted', () => {
    const answer = explore(asked({ x: 'task', y: 'cputime' }), [ONE]);
    expect(answer.categories).toEqual({ task: ['do_compile', 'do_fetch'] });
  });

  test('filters: task by name, recipe by a part of its name, y by a threshold', () => {
    expect(points(explore(asked({ task: 'do_compile' }), [ONE]))).toEqual([
      ['do_compile', 9],
      ['do_compile', 4],
    ]);
    expect(points(explore(asked({ recipe: 'cross' }), [ONE]))).toHaveLength(2);
    expect(points(explore(asked({ minValue: 4 }), [ONE]))).toEqual([
      ['do_compile', 9],
      ['do_compile', 4],
    ]);
    expect(explore(asked({ task: 'do_rootfs' }), [ONE])).toMatchObject({ count: 0, notRecorded: 0 });
  });

  test('past the limit the largest y stay, in their old order, and the rest is counted', () => {
    const answer = explore(asked({ limit: 2, x: 'recipe' }), [ONE]);
    expect(points(answer)).toEqual([
      ['gcc-cross', 9],
      ['glibc', 4],
    ]);
    expect(answer.leftOut).toBe(1);
  });

  test('times: start offset from the start of the build, hour and day in UTC', () => {
    const answer = explore(asked({ x: 'start-offset', y: 'start-time', colour: 'weekday', size: 'hour' }), [ONE]);
    const start = Date.UTC(2026, 0, 1);
    expect(points(answer)).toEqual([
      [0, start, 0, 'Thursday'],
      [0, start, 0, 'Thursday'],
      [5, start + 5000, 0, 'Thursday'],
    ]);
    expect(answer.axes.y.kind).toBe('time');
    expect(answer.notRecorded).toBe(2);
  });

  test('a metric that no build has is an axis without points, not an error', () => {
    const answer = explore(asked({ y: 'gpu_seconds' }), [ONE]);
    expect(answer).toMatchObject({ count: 0, notRecorded: 5 });
    expect(answer.axes.y).toEqual({ id: 'gpu_seconds', label: 'gpu_seconds', kind: 'number', unit: 'none' });
  });

  test('size and colour that are not recorded leave the point there, without them', () => {
    const build = drawn(`
      a:do_compile  ===  cputime=2 io.read_bytes=4096
      b:do_compile  ===  cputime=3
    `);
    expect(points(explore(asked({ x: 'recipe', size: 'io.read_bytes', colour: 'layer' }), [build]))).toEqual([
      ['a', 2, 4096, null],
      ['b', 3, null, null],
    ]);
  });
});

describe('levels', () => {
  test('a recipe run is the sum of its runs; a recipe without any recorded value is not zero', () => {
    const answer = explore(asked({ level: 'recipe', x: 'recipe', y: 'cputime', colour: 'outcome' }), [
      drawn(`
        a:do_compile  ===   cputime=2
        a:do_install     =  cputime=0.5
        b:do_compile  covered
      `),
    ]);
    expect(points(answer)).toEqual([['a', 2.5, 'succeeded']]);
    expect(answer.notRecorded).toBe(1);
    expect(answer.columns.row).toBeNull();
  });

  test('effective cores of a group are the quotient of its sums, not a mean of quotients', () => {
    const build = drawn(`
      a:do_compile  ===  cputime=30 walltime=10 effective_cores=3
      a:do_install  ===  cputime=1 walltime=10 effective_cores=0.1
    `);
    const question = asked({ level: 'recipe', x: 'recipe', y: 'effective_cores' });
    expect(exploreMetrics(question).sort()).toEqual(['cputime', 'effective_cores', 'walltime']);
    expect(points(explore(question, [build]))).toEqual([['a', 31 / 20]]);
  });

  test('a build each: outcome of the build, its wall time, in the order of time; equal names are told apart', () => {
    const late = drawn('a:do_compile  ===  cputime=1', '22222222-x', { startedMs: 2000, endedMs: 9000 });
    const early = drawn('a:do_compile  ==F  cputime=4', '11111111-x', { startedMs: 1000, endedMs: 3000 });
    const answer = explore(asked({ level: 'build', x: 'build', y: 'span', colour: 'outcome' }), [late, early]);
    expect(points(answer)).toEqual([
      ['20260101000000 (22222222)', 7, 'succeeded'],
      ['20260101000000 (11111111)', 2, 'failed'],
    ]);
    expect(answer.categories.build![0]).toBe('20260101000000 (11111111)');
  });

  test('dimensions of a level are offered only there, and every metric once', () => {
    const ids = (level: 'task' | 'build') => explore(asked({ level }), [ONE]).dimensions.map((d) => d.id);
    expect(ids('task')).toContain('queue-time');
    expect(ids('build')).not.toContain('queue-time');
    expect(ids('build')).toContain('sstate-found');
    expect(ids('task').filter((id) => id === 'cputime')).toHaveLength(1);
    expect(explore(asked({ level: 'build', x: 'task' }), [ONE])).toMatchObject({ count: 0, notRecorded: 1 });
  });
});

describe('groups', () => {
  test('by x and by a category colour; a group over two builds has no build', () => {
    const two = drawn('glibc:do_fetch  ==  cputime=7', 'b2');
    const answer = explore(asked({ aggregate: 'sum', colour: 'outcome' }), [ONE, two]);
    expect(points(answer)).toEqual([
      ['do_compile', 9, 'succeeded'],
      ['do_fetch', 8, 'succeeded'],
      ['do_compile', 4, 'failed'],
    ]);
    expect(answer.columns.build).toEqual([0, null, 0]);
    expect(answer.columns.row).toBeNull();
  });

  test('counting: task runs by outcome, the not executed ones too, since their outcome is recorded', () => {
    for (const aggregate of ['count', 'sum'] as const) {
      const answer = explore(asked({ x: 'outcome', y: 'task', aggregate }), [ONE]);
      expect(Object.fromEntries(points(answer))).toEqual({ succeeded: 2, failed: 1, covered: 1, 'not-run': 1 });
      expect(answer.axes.y).toMatchObject({ kind: 'number', unit: 'count', label: 'Number of task runs' });
    }
  });
});

test('kinds of tasks stand in the order of a recipe, not of the alphabet', () => {
  const build = drawn(`
    a:do_compile     ==  cputime=1
    a:do_fetch       ==  cputime=1
    a:do_rootfs      ==  cputime=1
    a:do_configure   ==  cputime=1
  `);
  expect(explore(asked({ x: 'task-kind' }), [build]).categories['task-kind']).toEqual([
    'fetch, unpack, patch',
    'configure',
    'compile',
    'image',
  ]);
});

test('kinds of recipes', () => {
  expect(
    ['zlib', 'zlib-native', 'nativesdk-zlib', 'gcc-cross-x86_64', 'lib32-zlib', 'crossguid'].map(recipeVariant),
  ).toEqual(['target', 'native', 'nativesdk', 'cross', 'multilib', 'target']);
});

const METRICS: readonly Metric[] = (['sum', 'max', 'mean'] as const).map((aggregation) => ({
  id: aggregation,
  label: aggregation,
  unit: 'count',
  aggregation,
  lowerIsBetter: true,
  derived: false,
  guessed: false,
  note: null,
}));

interface Row {
  recipe: number;
  task: number;
  value: number | null;
}

function buildOf(rows: readonly Row[], id: string): ExploreBuild {
  const recipes = ['a', 'b', 'c'].map((pn) => ({
    pf: `${pn}-1-r0`,
    pn,
    pe: null,
    pv: '1',
    pr: 'r0',
    guessed: false,
    mc: '',
    layer: null,
    file: null,
  }));
  const values = new Map(METRICS.map((m) => [m.id, Float64Array.from(rows, (row) => row.value ?? Number.NaN)]));
  const { recipes: sorted, table } = assembleTasks(
    recipes,
    rows.map((row, i) => ({
      recipe: row.recipe,
      task: `do_${row.task}`,
      outcome: 0,
      startMs: i,
      endMs: i + 1,
      queuedMs: Number.NaN,
      hash: '',
      pid: Number.NaN,
    })),
    METRICS,
    values,
  );
  return { id, head: { ...blankBuild(id), recipes: sorted }, tasks: table };
}

function naive(values: number[], aggregate: Exclude<ExploreAggregate, 'none'>): number {
  const sorted = [...values].sort((a, b) => a - b);
  const sum = values.reduce((a, b) => a + b, 0);
  switch (aggregate) {
    case 'sum':
      return sum;
    case 'mean':
      return sum / values.length;
    case 'max':
      return sorted.at(-1)!;
    case 'min':
      return sorted[0]!;
    case 'count':
      return values.length;
    case 'median':
      return (sorted[Math.floor((values.length - 1) / 2)]! + sorted[Math.ceil((values.length - 1) / 2)]!) / 2;
  }
}

const row = fc.record({
  recipe: fc.integer({ min: 0, max: 2 }),
  task: fc.integer({ min: 0, max: 3 }),
  // Quarters, so that sums are exact in any order.
  value: fc.option(
    fc.integer({ min: -40, max: 400 }).map((n) => n / 4),
    { nil: null },
  ),
});
const manyBuilds = fc.array(fc.array(row, { maxLength: 40 }), { minLength: 1, maxLength: 4 });

test('groups equal a naive computation, for every aggregate', () => {
  fc.assert(
    fc.property(manyBuilds, fc.constantFrom('sum', 'mean', 'median', 'max', 'min', 'count'), (all, aggregate) => {
      const answer = explore(
        asked({ x: 'task', y: 'sum', colour: 'recipe', aggregate }),
        all.map((rows, i) => buildOf(rows, `b${i}`)),
      );
      const expected = new Map<string, number[]>();
      for (const { recipe, task, value } of all.flat()) {
        if (value === null) continue;
        const key = `do_${task} ${'abc'[recipe]}`;
        expected.set(key, [...(expected.get(key) ?? []), value]);
      }
      expect(Object.fromEntries(points(answer).map(([x, y, colour]) => [`${x} ${colour}`, y]))).toEqual(
        Object.fromEntries([...expected].map(([key, values]) => [key, naive(values, aggregate)])),
      );
      expect(answer.notRecorded).toBe(all.flat().filter((r) => r.value === null).length);
    }),
    { numRuns: 60 },
  );
});

test('recipe and build levels aggregate as the metric says', () => {
  fc.assert(
    fc.property(
      manyBuilds,
      fc.constantFrom('sum', 'max', 'mean'),
      fc.constantFrom('recipe', 'build'),
      (all, metric, level) => {
        const answer = explore(
          asked({ level, x: 'build', y: metric, colour: 'recipe' }),
          all.map((rows, i) => buildOf(rows, `b${i}`)),
        );
        const expected: number[] = [];
        for (const rows of all) {
          for (const recipe of level === 'recipe' ? [0, 1, 2] : [-1]) {
            const values = rows.flatMap((r) =>
              r.value !== null && (recipe < 0 || r.recipe === recipe) ? [r.value] : [],
            );
            if (values.length > 0) expected.push(naive(values, metric));
          }
        }
        expect(answer.columns.y).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('points, left out and not recorded add up to the rows; no kept point is smaller than a dropped one', () => {
  fc.assert(
    fc.property(manyBuilds, fc.integer({ min: 1, max: 30 }), (all, limit) => {
      const answer = explore(
        asked({ x: 'task', y: 'sum', limit }),
        all.map((rows, i) => buildOf(rows, `b${i}`)),
      );
      const values = all.flat().flatMap((r) => (r.value === null ? [] : [r.value]));
      expect(answer.count + answer.leftOut + answer.notRecorded).toBe(all.flat().length);
      expect([...answer.columns.y].sort((a, b) => b! - a!)).toEqual(values.sort((a, b) => b - a).slice(0, limit));
      answer.columns.row!.forEach((r, i) => {
        expect(answer.columns.y[i]).toBe(buildOf(all[answer.columns.build[i]!]!, 'x').tasks.values.get('sum')![r!]);
      });
    }),
    { numRuns: 60 },
  );
});
