import { expect, test } from 'vitest';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { summarizeBuild } from './summary.ts';

function summarize(build: Build, top = 3) {
  return summarizeBuild({ head: build, tasks: build.tasks, graph: build.graph }, { top });
}

test('sums are over executed runs, and what nobody recorded is null', () => {
  const s = summarize(
    drawBuild(`
      gcc:do_compile      ======   cputime=12 rusage.ru_maxrss=900
      glibc:do_compile      ====   cputime=3 rusage.ru_maxrss=50 child_rusage.ru_maxrss=1000
      glibc:do_install          ==
      app:do_compile            =?  cputime=1
      app:do_fetch        covered  cputime=99
      app:do_unpack       noexec
    `),
  );
  expect(s).toMatchObject({ taskRuns: 4, recipes: 3, walltimeS: 12, cputimeS: 16, readBytes: null, writeBytes: null });
  expect(s.taskOutcomes).toEqual({ succeeded: 3, covered: 1, noexec: 1, unfinished: 1 });
  // 8 s from the first start to the last recorded end.
  expect([s.durationMs, s.parallelism, s.runningMean]).toEqual([8000, 2, 1.5]);
  expect(s.longest.map((r) => [`${r.pn}:${r.task}`, r.walltimeS])).toEqual([
    ['gcc:do_compile', 6],
    ['glibc:do_compile', 4],
    ['glibc:do_install', 2],
  ]);
  expect(s.mostCpu.map((r) => r.cputimeS)).toEqual([12, 3, 1]);
  expect(s.mostMemory.map((r) => [r.pn, r.rssKibMax])).toEqual([
    ['glibc', 1000],
    ['gcc', 900],
  ]);
  expect(s.byTask).toEqual([
    { name: 'do_compile', runs: 3, walltimeS: 10, cputimeS: 16 },
    { name: 'do_install', runs: 1, walltimeS: 2, cputimeS: null },
  ]);
  expect(s.byRecipe.map((g) => g.name)).toEqual(['gcc', 'glibc', 'app']);
});

test('lists are cut, equal values stay in the order of names, and an empty build is no error', () => {
  const build = drawBuild('c:do_x  ==\nb:do_x  ==\na:do_x  ==\nd:do_x  ===');
  expect(summarize(build, 2).longest.map((r) => r.pn)).toEqual(['d', 'a']);
  expect(summarize(build, 0).longest).toEqual([]);
  const empty = { ...build, recipes: [], tasks: { ...build.tasks, length: 0, taskNames: [] }, graph: null };
  expect(summarize(empty)).toMatchObject({ taskRuns: 0, walltimeS: null, longest: [], byTask: [], byRecipe: [] });
});

test('two versions of one recipe and multiconfigs are told apart', () => {
  const s = summarize(drawBuild('linux_6.6:do_x  ===\nlinux_6.12:do_x  ==\nmc:m:linux_6.6:do_x  ='));
  expect(s.byRecipe.map((g) => g.name)).toEqual(['linux-6.6-r0', 'linux-6.12-r0', 'mc:m:linux']);
});
