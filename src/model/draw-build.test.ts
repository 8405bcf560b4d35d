import { expect, test } from 'vitest';
import { DRAWING_START_MS, drawBuild } from './draw-build.ts';
import { TASK_OUTCOMES } from './task-table.ts';

/** `pn:task outcome start-end` in seconds of the drawing, in row order. */
function rows(build: ReturnType<typeof drawBuild>): string[] {
  const second = (ms: number) => (Number.isNaN(ms) ? '-' : String((ms - DRAWING_START_MS) / 1000));
  const { tasks } = build;
  return Array.from({ length: tasks.length }, (_, r) => {
    const recipe = build.recipes[tasks.recipe[r]!]!;
    const mc = recipe.mc === '' ? '' : `mc:${recipe.mc}:`;
    const queued = tasks.queuedMs === null ? '' : ` queued ${second(tasks.queuedMs[r]!)}`;
    const outcome = TASK_OUTCOMES[tasks.outcome[r]!];
    return `${mc}${recipe.pn}:${tasks.taskNames[tasks.task[r]!]} ${outcome} ${second(tasks.startMs[r]!)}..${second(tasks.endMs[r]!)}${queued}`;
  });
}

test('rows come out in the order of the task table, one character a second', () => {
  const build = drawBuild(`
    glibc_2.40:do_compile        ====  <- gcc-cross:do_compile
    gcc-cross:do_compile     ====      cputime=7.5
    busybox:do_compile              =F
    busybox:do_configure          ..=  <- glibc:do_compile gcc-cross:do_compile
    busybox:do_install       noexec
  `);
  expect(rows(build)).toEqual([
    'busybox:do_compile failed 7..9 queued -',
    'busybox:do_configure succeeded 7..8 queued 5',
    'busybox:do_install noexec -..- queued -',
    'gcc-cross:do_compile succeeded 0..4 queued -',
    'glibc:do_compile succeeded 4..8 queued -',
  ]);
  expect(build.recipes.map((r) => r.pf)).toEqual(['busybox-1.0-r0', 'gcc-cross-1.0-r0', 'glibc-2.40-r0']);
  expect([...build.graph!.offsets]).toEqual([0, 0, 2, 2, 2, 3]);
  expect([...build.graph!.targets]).toEqual([3, 4, 3]);
  expect([...build.tasks.values.get('cputime')!]).toEqual([NaN, NaN, NaN, 7.5, NaN]);
  expect(build.outcome).toBe('failed');
  expect(build.failures).toMatchObject([{ row: 0, pf: 'busybox-1.0-r0', task: 'do_compile' }]);
});

test('a waiting, an unfinished and a running task', () => {
  const build = drawBuild(`
    a:do_compile          ==?
    mc:x:b:do_compile     . =>
    c:do_compile            ..
  `);
  expect(rows(build)).toEqual([
    'a:do_compile unfinished 0..- queued -',
    'c:do_compile not-run -..- queued 2',
    'mc:x:b:do_compile running 2..- queued 0',
  ]);
  expect(build.outcome).toBe('running');
});

test('a row that is no drawing is refused', () => {
  expect(() => drawBuild('gcc do_compile ===')).toThrow('not a row');
  expect(() => drawBuild('gcc:do_compile  ===  fast')).toThrow('metric=number');
  expect(() => drawBuild('gcc:do_compile  ===  <- glibc:do_compile')).toThrow('no row is named');
});
