import { expect, test } from 'vitest';
import { drawHistory } from './draw-history.ts';
import { type ExecutedRun, findUnsteady, forcedTasks } from './flaky.ts';

/** Runs of `zlib:do_compile`, drawn as a history. */
function executed(history: string, more: Partial<ExecutedRun> = {}): ExecutedRun[] {
  return drawHistory(history)
    .filter(({ outcome }) => outcome === 'passed' || outcome === 'failed')
    .map(({ build, startedMs, hash, hostClass, outcome, infrastructure }) => ({
      build,
      startedMs,
      hash,
      hostClass,
      infrastructure,
      pn: 'zlib',
      task: 'do_compile',
      passed: outcome === 'passed',
      forced: false,
      ...more,
    }));
}

function kinds(history: string, more: Partial<ExecutedRun> = {}): string {
  return findUnsteady(executed(history, more))
    .map(({ hash, kind, passed, failed }) => `${hash} ${kind} ${passed}/${failed}`)
    .join(', ');
}

test('one hash that passed and failed on one kind of host is flaky', () => {
  expect(kinds('hash 7 7 7\nhost d d d\ntask P F P')).toBe('7 flaky 2/1');
  expect(findUnsteady(executed('hash 7 7 7\nhost d d f\ntask P F P'))).toMatchObject([
    {
      kind: 'flaky',
      lastPass: 'b2',
      lastFailure: 'b1',
      hosts: [
        { hostClass: 'd', passed: 1, failed: 1 },
        { hostClass: 'f', passed: 1, failed: 0 },
      ],
    },
  ]);
});

test('passed on one kind of host and failed on another depends on the host', () => {
  expect(kinds('hash 7 7 7 7\nhost d f d f\ntask P F P F')).toBe('7 host-dependent 2/2');
});

test('where a host is not told, neither can be said', () => {
  expect(kinds('hash 7 7\nhost d ?\ntask P F')).toBe('7 host-unknown 1/1');
  expect(kinds('hash 7 7\nhost ? ?\ntask P F')).toBe('7 host-unknown 1/1');
});

test('another hash is another task, and a steady one is none', () => {
  expect(kinds('hash 7 8 8\nhost d d d\ntask P F F')).toBe('');
  expect(kinds('hash ? ?\nhost d d\ntask P F')).toBe('');
});

test('what was restored from sstate is no pass', () => {
  expect(kinds('hash 7 7\nhost d d\ntask - F')).toBe('');
});

test('forced runs, tasks without a stamp, and full disks are left out', () => {
  expect(kinds('hash 7 7\nhost d d\ntask P F', { forced: true })).toBe('');
  expect(kinds('hash 7 7\nhost d d\ntask P F', { task: 'do_testimage' })).toBe('');
  expect(kinds('hash 7 7\nhost d d\ntask P I')).toBe('');
});

test('forced runs are those bitbake warned of', () => {
  const message = (text: string) => ({ level: 'warning', timeMs: null, logger: null, text }) as const;
  expect([
    ...forcedTasks([
      message('/layers/meta/recipes-core/busybox/busybox_1.36.bb:do_compile is tainted from a forced run'),
      message('virtual:native:/layers/meta/zlib/zlib_1.3.bb:do_install is tainted from a forced run'),
      message('mc:musl:virtual:multilib:lib32:/l/zlib_1.3.bb:do_patch is tainted from a forced run'),
      message('virtual:nativesdk:/l/zlib.bb:do_patch is tainted from a forced run'),
      message('busybox was forced'),
      message(`${'a:native'.repeat(240)} is tainted from a forced run`),
    ]),
  ]).toEqual(['busybox:do_compile', 'zlib-native:do_install', 'lib32-zlib:do_patch', 'nativesdk-zlib:do_patch']);
});
