import { expect, test } from 'vitest';
import { COMPARE_DEFAULTS, compareBuilds } from '../analysis/compare.ts';
import { drawBuild } from '../model/draw-build.ts';
import { parseCheck, runCheck } from './fail-on.ts';

const before = drawBuild(`
  a:do_compile  ==========
  b:do_compile            ==========
  b:do_install                      =
`);
const after = drawBuild(`
  a:do_compile  ===============
  b:do_compile                 =========
  b:do_install                          =
  c:do_compile                           ==
`);

function check(text: string, builds = [before, after]): [boolean, string] {
  const parsed = parseCheck(text);
  const inputs = builds.map((build) => ({ head: build, tasks: build.tasks }));
  const comparison = compareBuilds(inputs, {
    ...COMPARE_DEFAULTS,
    metric: parsed.metric,
    limit: Number.POSITIVE_INFINITY,
  });
  const { passed, message } = runCheck(parsed, comparison);
  return [passed, message];
}

test.each([
  // 21 s -> 27 s, +28.6 %
  ['walltime>+28%', false],
  ['walltime>+29%', true],
  ['walltime>+6s', true],
  ['walltime>=+6s', false],
  ['walltime > +5999 ms', false],
  ['duration>27', true],
  ['duration>0.4min', false],
  ['walltime<+10%', true],
  ['task:do_compile/walltime>+5s', false],
  ['task:a:do_compile/walltime>+50%', true],
  ['task:b:do_compile/walltime<-0.5s', false],
  ['recipe:b/walltime>+0s', true],
  ['each-task/walltime>+40%', false],
  ['each-task/walltime>+40%&>+10s', true],
  ['each-recipe/walltime>14s', false],
])('%s passes: %s', (text, passed) => {
  expect(check(text)[0]).toBe(passed);
});

test('the sentence has both values and the change', () => {
  expect(check('walltime>+20%')).toEqual([false, 'Wall time: 21 s -> 27 s (+6 s, +29 %)']);
  expect(check('each-task/walltime>+10%')).toEqual([false, 'a:do_compile 10 s -> 15 s (+5 s, +50 %)']);
});

test('what is not recorded cannot pass', () => {
  expect(check('cputime>+20%')).toEqual([false, 'CPU time: not recorded -> not recorded, so it cannot be checked']);
  expect(check('task:c:do_compile/walltime>+20%')).toEqual([
    false,
    'Wall time of c:do_compile: not recorded -> 2 s, so it cannot be checked',
  ]);
});

test('from nothing to something is over every percentage', () => {
  const none = drawBuild('a:do_compile  =  io=0');
  const some = drawBuild('a:do_compile  =  io=5');
  expect(check('io>+1000%', [none, some])[0]).toBe(false);
  expect(check('io>+0%', [none, none])[0]).toBe(true);
});

test.each([
  ['walltime', 'there is no > or <'],
  ['>+20%', 'the metric is missing'],
  ['walltime>20%', 'wants a sign before a percentage'],
  ['walltime>+20parsec', '"parsec" is no unit'],
  ['walltime>+', 'is not a limit'],
  ['layer:meta/walltime>+1s', '"layer:meta" is not task:TASK'],
  ['task:/walltime>+1s', 'is not task:TASK'],
  ['wall time>+1s', '"wall time" is no metric'],
])('%s is refused: %s', (text, why) => {
  expect(() => parseCheck(text)).toThrow(why);
});

test('a unit must suit the metric', () => {
  expect(() => check('walltime>+3MiB')).toThrow('Wall time is not measured in MiB');
});
