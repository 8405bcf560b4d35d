import { expect, test } from 'vitest';
import type { Failure, LayerRevision } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { coreLayer, failureKeys, qaChecks } from './facts.ts';

const layer = (name: string, branch: string | null = null): LayerRevision => ({
  name,
  branch,
  commit: null,
  modified: null,
});
const failure = (part: Partial<Failure>): Failure => ({
  row: null,
  pf: 'busybox-1.36.1-r0',
  task: 'do_compile',
  mc: '',
  cause: null,
  logPath: null,
  ...part,
});

test('the layer that all others stand on, under any of its names; else the first that knows something', () => {
  expect(coreLayer([layer('meta-mine', 'x'), layer('meta', 'scarthgap')])?.branch).toBe('scarthgap');
  expect(coreLayer([layer('meta', 'a'), layer('core', 'b')])?.branch).toBe('b');
  expect(coreLayer([layer('nothing'), layer('meta-mine', 'x')])?.branch).toBe('x');
  expect(coreLayer([layer('nothing')])).toBeNull();
});

test('a failure keeps its key when its cause, its log or its place changes', () => {
  const [a, b, c] = failureKeys([failure({}), failure({ cause: 'now known', row: 7 }), failure({ mc: 'other' })]);
  expect(a).toMatch(/^[0-9a-f]{6}$/);
  expect(b).toBe(`${a}-2`);
  expect(c).not.toBe(a);
});

test('the client makes the same name before it sends', () => {
  // As in meta-bakehouse/tests/test_hooks.py.
  expect(failureKeys([failure({ mc: '', pf: 'zlib-1.3-r0', task: 'do_compile' })])).toEqual(['c2f1aa']);
});

test('failures outside tasks are told apart by their words', () => {
  const outside = (cause: string) => failure({ pf: null, task: null, cause });
  const [a, b] = failureKeys([outside("Nothing PROVIDES 'a'"), outside("Nothing PROVIDES 'b'")]);
  expect(a).not.toBe(b);
});

test('a check that came from sstate was not made', () => {
  const { tasks } = drawBuild(`
    a_1:do_package_qa            ==
    b_1:do_package_qa_setscene   ==
    c_1:do_compile               ==
  `);
  expect(qaChecks(tasks)).toBe(1);
  expect(qaChecks(drawBuild('a_1:do_compile ==').tasks)).toBe(0);
});
