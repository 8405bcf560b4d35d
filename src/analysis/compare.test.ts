import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import type { CompareResult } from '../api/contract.ts';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { metricFor } from '../model/metric-registry.ts';
import { assembleTasks, type TaskRow } from '../model/task-rows.ts';
import { TASK_COVERED, TASK_FAILED, TASK_SUCCEEDED } from '../model/task-table.ts';
import { COMPARE_DEFAULTS, type CompareOptions, type Comparison, compareBuilds } from './compare.ts';

function compare(builds: readonly Build[], options: Partial<CompareOptions> = {}): Comparison {
  return compareBuilds(
    builds.map((build) => ({ head: build, tasks: build.tasks })),
    { ...COMPARE_DEFAULTS, ...options },
  );
}

const rowsText = (result: Comparison): string[] =>
  result.tasks.map(
    (r) => `${r.pn}:${r.task} ${r.values.map((v) => v ?? '-').join(' ')} ${r.state} ${r.difference ?? '-'}`,
  );
const partsText = (result: Comparison): string[] =>
  result.contributions.map((c) => `${c.id} ${c.tasks} ${c.difference}`);

const before = drawBuild(`
  gcc-cross_13.2:do_compile  ====
  glibc:do_compile               ======
  busybox:do_compile                   ==
  old:do_compile                       =
`);
const after = drawBuild(`
  gcc-cross_13.3:do_compile  =======
  glibc:do_compile               ====
  busybox:do_compile             ==
  new:do_compile                       ===
`);

test('tasks are joined by name, the largest change first; not executed is null', () => {
  const result = compare([before, after]);
  expect(rowsText(result)).toEqual([
    'gcc-cross:do_compile 4 7 common 3',
    'new:do_compile - 3 new -',
    'glibc:do_compile 6 4 common -2',
    'old:do_compile 1 - dropped -',
    'busybox:do_compile 2 2 common 0',
  ]);
  expect(result.tasks[0]).toMatchObject({ versions: ['13.2-r0', '13.3-r0'], ratio: 0.75 });
  expect(result.versionChanges.map((c) => `${c.pn} ${c.kind}`)).toEqual([
    'gcc-cross version',
    'new new',
    'old dropped',
  ]);
  expect(partsText(result)).toEqual(['new 1 3', 'dropped 1 -1', 'version-changed 1 3', 'same 2 -2']);
  expect(result.totals.map((t) => [t.metric.id, t.values, t.differences])).toEqual([
    ['duration', [12, 13], [null, 1]],
    ['walltime', [13, 16], [null, 3]],
  ]);
});

test('what sstate gave is no zero: it is cache gain and loss, with the setscene run on the same side', () => {
  const clean = drawBuild(`
    glibc:do_compile            ======
    glibc:do_populate_sysroot         ==
    app:do_compile                      ===
  `);
  const cached = drawBuild(`
    glibc:do_populate_sysroot_setscene  =
    app:do_compile                       ====
  `);
  const result = compare([clean, cached]);
  expect(rowsText(result)).toEqual([
    'glibc:do_compile 6 - common -',
    'glibc:do_populate_sysroot 2 - common -',
    'app:do_compile 3 4 common 1',
    'glibc:do_populate_sysroot_setscene - 1 new -',
  ]);
  expect(partsText(result)).toEqual(['cache-gain 2 -7', 'same 1 1']);
  expect(partsText(compare([cached, clean]))).toEqual(['cache-loss 2 7', 'same 1 -1']);
  expect(rowsText(compare([clean, cached], { setscene: 'hide' }))).toHaveLength(3);
});

test('covered and current rows of an event log count as cached, noexec as absent', () => {
  const a = drawBuild(`
    a:do_compile  ==
    b:do_compile  covered
    c:do_compile  noexec
  `);
  const b = drawBuild(`
    a:do_compile  existing
    b:do_compile  ===
    c:do_compile  ====
  `);
  expect(partsText(compare([a, b]))).toEqual(['new 1 4', 'cache-loss 1 3', 'cache-gain 1 -2']);
});

test('a changed hash of an unchanged version is a part of its own', () => {
  const withHash = (hash: string): Build => {
    const build = drawBuild('a:do_compile  ==\nb:do_compile  ==');
    return { ...build, tasks: { ...build.tasks, hash: [hash, 'same'] } };
  };
  expect(partsText(compare([withHash('1'), withHash('2')]))).toEqual(['hash-changed 1 0', 'same 1 0']);
  expect(partsText(compare([withHash('1'), withHash('')]))).toEqual(['same 2 0']);
});

test('two versions of one PN are compared by PF, never with each other', () => {
  const two = drawBuild(`
    linux_6.6:do_compile  ====
    linux_6.12:do_compile     ======
  `);
  const one = drawBuild('linux_6.12:do_compile  =====');
  expect(rowsText(compare([two, one]))).toEqual([
    'linux-6.6-r0:do_compile 4 - dropped -',
    'linux-6.12-r0:do_compile 6 5 common -1',
  ]);
});

test('a guessed PN gives way to the one a source told for the same PF', () => {
  const told = drawBuild('kernel:do_compile  ==', {});
  const recipe = { ...told.recipes[0]!, pf: 'kernel-5-lts-git-r0' };
  const a = { ...told, recipes: [{ ...recipe, pn: 'kernel-5-lts', pv: 'git', guessed: false }] };
  const b = { ...told, recipes: [{ ...recipe, pn: 'kernel', pv: '5-lts-git', guessed: true }] };
  const result = compare([a, b]);
  expect(rowsText(result)).toEqual(['kernel-5-lts:do_compile 2 2 common 0']);
  expect(result.versionChanges).toEqual([]);
});

test('a task that ran twice in one build counts with both runs', () => {
  const twice = drawBuild(`
    a:do_compile  ==F
    a:do_compile       ==
  `);
  const once = drawBuild('a:do_compile  ==');
  expect(rowsText(compare([twice, once]))).toEqual(['a:do_compile 5 2 common -3']);
});

test('multiconfigs are not mixed', () => {
  const a = drawBuild('mc:x:a:do_compile  ==\na:do_compile  ===');
  const b = drawBuild('a:do_compile  ====');
  expect(compare([a, b]).tasks.map((r) => [r.mc, r.values])).toEqual([
    ['x', [2, null]],
    ['', [3, 4]],
  ]);
});

test('thresholds: any build or all, and the difference over all builds', () => {
  const third = drawBuild('gcc-cross_13.3:do_compile  ====\nbusybox:do_compile  =====');
  const names = (options: Partial<CompareOptions>): string[] =>
    compare([before, after, third], options)
      .tasks.map((r) => r.pn)
      .sort();
  expect(names({ minValue: 4 })).toEqual(['busybox', 'gcc-cross', 'glibc']);
  expect(names({ minValue: 4, mode: 'all' })).toEqual(['gcc-cross']);
  // gcc-cross is 4, 7, 4: the same at both ends, but not the same.
  expect(names({ minDifference: 3 })).toEqual(['busybox', 'gcc-cross', 'glibc', 'new']);
  expect(names({ outcome: 'new' })).toEqual(['new']);
  expect(names({ recipe: 'c' })).toEqual(['gcc-cross', 'glibc']);
  expect(names({ task: 'do_install' })).toEqual([]);
  const limited = compare([before, after], { limit: 2 });
  expect([limited.tasks.length, limited.tasksLeftOut]).toEqual([2, 3]);
});

test('a metric that does not add up has no contributions, and recipes take the largest', () => {
  const withRss = (x: number, y: number): Build => {
    const build = drawBuild(
      `a:do_compile  ==  child_rusage.ru_maxrss=${x}\na:do_install  =  child_rusage.ru_maxrss=${y}`,
    );
    return { ...build, tasks: { ...build.tasks, metrics: [metricFor('child_rusage.ru_maxrss')] } };
  };
  const result = compare([withRss(10, 30), withRss(20, 5)], { metric: 'child_rusage.ru_maxrss' });
  expect(result.contributions).toEqual([]);
  expect(result.recipes.map((r) => r.values)).toEqual([[30, 20]]);
  expect(result.totals.at(-1)!.values).toEqual([30, 20]);
});

test('a metric one build has not recorded is null and said', () => {
  const a = drawBuild('a:do_compile  ==  cputime=5');
  const b = drawBuild('a:do_compile  ==');
  const result = compare([a, b], { metric: 'cputime' });
  expect(rowsText(result)).toEqual(['a:do_compile 5 - common -']);
  expect(result.warnings).toContain('cputime is not recorded in B (20260101000000).');
  expect(result.totals.find((t) => t.metric.id === 'cputime')!.values).toEqual([5, null]);
});

test('configuration: what differs comes first; not recorded is no difference', () => {
  const layer = (commit: string | null) => [{ name: 'meta', branch: 'main', commit, modified: false }];
  const a = drawBuild('a:do_compile  ==', {
    machine: 'qemux86-64',
    distro: 'poky',
    layers: layer('1'),
    variables: { A: '1' },
  });
  const b = drawBuild('a:do_compile  ==', {
    machine: 'qemuarm64',
    layers: [...layer('2'), { name: 'meta-x', branch: null, commit: '7', modified: true }],
    variables: { A: '1', B: '2' },
  });
  const rows = compare([a, b]).configuration.map((r) => `${r.differs ? '!' : ' '} ${r.name}: ${r.values.join(' / ')}`);
  expect(rows).toEqual([
    '! machine: qemux86-64 / qemuarm64',
    '! meta: main:1 / main:2',
    '! meta-x: absent / 7 modified',
    '! B: unset / 2',
    '  distro: poky / ',
    '  outcome: succeeded / succeeded',
    '  A: 1 / 1',
  ]);
});

test('warnings name what makes the comparison unfair', () => {
  const good = drawBuild('a:do_compile  ==', { machine: 'm1', name: 'one' });
  const bad = drawBuild('a:do_compile  =F', { machine: 'm2', name: 'two' });
  expect(compare([good, bad]).warnings).toEqual([
    'B (two) failed, so tasks that it never reached look dropped.',
    'The outcomes differ: A (one): succeeded, B (two): failed.',
    'The machines differ: A (one): m1, B (two): m2.',
  ]);
  expect(compare([good, good]).warnings).toEqual(['The same build is compared with itself.']);
});

/** Random builds over few names, so that all kinds of meetings happen. */
const row = fc.record({
  recipe: fc.integer({ min: 0, max: 3 }),
  task: fc.constantFrom('do_compile', 'do_package', 'do_package_setscene', 'do_install'),
  outcome: fc.constantFrom(TASK_SUCCEEDED, TASK_SUCCEEDED, TASK_FAILED, TASK_COVERED),
  value: fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(Number.NaN), fc.constant(0.1)),
  hash: fc.constantFrom('', 'a', 'b'),
});
const someBuild = fc
  .record({
    rows: fc.array(row, { maxLength: 25 }),
    pv: fc.array(fc.constantFrom('1', '2'), { minLength: 4, maxLength: 4 }),
  })
  .map(({ rows, pv }): Build => {
    const recipes = pv.map((v, i) => ({
      pf: `r${i}-${v}-r0`,
      pn: `r${i}`,
      pe: null,
      pv: v,
      pr: 'r0',
      guessed: true,
      mc: '',
      layer: null,
      file: null,
    }));
    const taskRows = rows.map(
      (r): TaskRow => ({
        recipe: r.recipe,
        task: r.task,
        outcome: r.outcome,
        startMs: 0,
        endMs: 1,
        queuedMs: NaN,
        hash: r.hash,
        pid: NaN,
      }),
    );
    const values = new Map([['cputime', Float64Array.from(rows, (r) => r.value)]]);
    const { table } = assembleTasks(recipes, taskRows, [metricFor('cputime')], values);
    return { ...drawBuild('a:do_x  ='), recipes, tasks: table };
  });

test('whatever the builds: contributions add up to the difference of the totals, exactly and in any order', () => {
  fc.assert(
    fc.property(fc.array(someBuild, { minLength: 2, maxLength: 4 }), (builds) => {
      const result = compare(builds, { metric: 'cputime' });
      const total = result.totals.find((t) => t.metric.id === 'cputime');
      const difference = total === undefined ? 0 : (total.values.at(-1) ?? 0) - (total.values[0] ?? 0);
      const parts = result.contributions.map((c) => c.difference);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(difference);
      expect(parts.reverse().reduce((sum, part) => sum + part, 0)).toBe(difference);
      for (const values of result.tasks.map((t) => t.values)) expect(values).toHaveLength(builds.length);
    }),
    { numRuns: 300 },
  );
});

test('the result is the contract without its builds', () => {
  expectTypeOf<Comparison>().toExtend<Omit<CompareResult, 'builds'>>();
  expect(Object.keys(compare([before, after])).sort()).toEqual([
    'configuration',
    'contributions',
    'metric',
    'metrics',
    'recipes',
    'tasks',
    'tasksLeftOut',
    'totals',
    'versionChanges',
    'warnings',
  ]);
});
