import { expect, test } from 'vitest';
import { commitKey } from '../model/layer-commit.ts';
import { blameRange, type HistoryRun, type RevisionRange } from './blame-range.ts';
import { drawHistory } from './draw-history.ts';
import { inRevisionOrder, varyingCommits } from './revision-order.ts';

/** What is drawn of other configurations counts for what was seen first. */
function ordered(history: string, others = '') {
  const runs = drawHistory(history);
  const seen = new Map<string, number>();
  for (const { startedMs, layers } of [...runs, ...drawHistory(others)])
    for (const { name, branch, commit } of layers) {
      if (commit === null) continue;
      const key = commitKey({ name, branch, commit });
      seen.set(key, Math.min(seen.get(key) ?? Number.POSITIVE_INFINITY, startedMs!));
    }
  return inRevisionOrder(runs, seen);
}

/** `b0 b1 b4 b2 (b3)`, those aside in brackets. */
const names = (history: string, others?: string): string =>
  ordered(history, others)
    .runs.map(({ build, aside }) => (aside ? `(${build})` : build))
    .join(' ');

function blame(history: string, { at = null, others }: { at?: string | null; others?: string } = {}) {
  const found = blameRange<HistoryRun>(ordered(history, others).runs, at);
  const told = (range: RevisionRange | null): string =>
    range === null
      ? 'none'
      : `${range.from.build}..${range.to.build} ${range.layers.map(({ name, from, to }) => `${name} ${from}..${to}`).join(', ') || range.worth}`;
  return found === null ? null : { broke: told(found.broke), fixed: told(found.fixed) };
}

test('builds made as revisions come are in the order of their starts', () => {
  expect(names('core a a b c\noe 1 2 2 3\ntask P P P P')).toBe('b0 b1 b2 b3');
  expect(ordered('core a a b c\noe 1 2 2 3\ntask P P P P').late).toBe(0);
  expect(names('task P P P')).toBe('b0 b1 b2');
  expect(names('core a a a\ntask P F P')).toBe('b0 b1 b2');
  expect(inRevisionOrder([], new Map())).toEqual({ runs: [], late: 0 });
});

test('an old revision that is built late mends nothing', () => {
  const history = `
    core a b c d b
    task P P F F P`;
  // By the start of builds it was mended between d and b, backwards.
  expect(blameRange(drawHistory(history))).toMatchObject({ fixed: { from: { build: 'b3' }, to: { build: 'b4' } } });
  expect(names(history)).toBe('b0 b1 b4 b2 b3');
  expect(ordered(history).late).toBe(1);
  expect(blame(history)).toEqual({ broke: 'b4..b2 core b..c', fixed: 'none' });
});

test('nor does it break what passes since', () => {
  const history = `
    core a b c d b
    task P F P P F`;
  expect(blame(history)).toEqual({ broke: 'b0..b1 core a..b', fixed: 'b4..b2 core b..c' });
});

test('a bisection narrows the range, though it was made after it', () => {
  const history = `
    core a a a a a f c d e
    task P P P P P F P F F`;
  const others = `
    core a b c d e
    task - - - - -`;
  expect(names(history, others)).toBe('b0 b1 b2 b3 b4 b6 b7 b8 b5');
  expect(blame(history, { others })).toEqual({ broke: 'b6..b7 core c..d', fixed: 'none' });
  // Asked for the failure that began it, the answer is the same: the first of them is another now.
  expect(blame(history, { others, at: 'b5' })).toEqual({ broke: 'b6..b7 core c..d', fixed: 'none' });
  // If nobody had built c, d and e before, they look newer than f, and c as if it mended it.
  expect(blame(history, { at: 'b5' })).toEqual({ broke: 'b4..b5 core a..f', fixed: 'b5..b6 core f..c' });
});

test('one layer set back with the newest of another lies on no way from older to newer', () => {
  const history = `
    core a b c c b
    oe   1 1 2 2 2
    task P P F F P`;
  expect(names(history)).toBe('b0 b1 b4 b2 b3');
  expect(blame(history)).toEqual({ broke: 'b4..b2 core b..c', fixed: 'none' });
  const further = `
    core a b c d d b
    oe   1 1 1 2 2 2
    task P P F F F P`;
  expect(names(further)).toBe('b0 b1 b2 (b5) b3 b4');
  expect(blame(further)).toEqual({ broke: 'b1..b2 core b..c', fixed: 'none' });
  // Asked for itself, it is told where it stands.
  expect(blame(further.replace('F P', 'F F'), { at: 'b5' })).toEqual({ broke: 'b1..b2 core b..c', fixed: 'none' });
});

test('a layer set back for good is a change as any other, as soon as another layer moves', () => {
  const history = `
    core a b b c d
    acme 3 5 3 3 3
    task P P F F F`;
  expect(blame(history)).toEqual({ broke: 'b1..b3 core b..c, acme 5..3', fixed: 'none' });
});

test('what is not recorded is as new as what was built before it', () => {
  expect(names('core a b ? b c\ntask P P P P P')).toBe('b0 b1 b2 b3 b4');
  expect(names('core a b . b c a\ntask P P P P P P')).toBe('b0 b5 b1 b2 b3 b4');
});

test('the same commit of another branch is another one', () => {
  const runs = drawHistory('core a b\ntask P F');
  const onBranch = (branch: string) => ({ name: 'core', branch, commit: 'b' });
  const { startedMs } = runs[0]!;
  const seen = new Map([[commitKey(onBranch('next')), startedMs! - 1]]);
  expect(inRevisionOrder(runs, seen).runs.map(({ build }) => build)).toEqual(['b0', 'b1']);
  seen.set(commitKey(onBranch('master')), startedMs! - 1);
  expect(inRevisionOrder(runs, seen).runs.map(({ build }) => build)).toEqual(['b1', 'b0']);
});

test('only commits that tell builds apart are asked for', () => {
  const runs = drawHistory('core a b ?\nfixed 1 1 1\nnew . 7 7\ntask P P P');
  expect(varyingCommits(runs).map(({ name, commit }) => `${name} ${commit}`)).toEqual(['core a', 'core b', 'new 7']);
});

test('a year of builds of one configuration takes a moment', () => {
  const runs = drawHistory(
    `core ${'a '.repeat(5000)}${'b '.repeat(5000)}\noe ${'1 2 '.repeat(5000)}\ntask ${'P '.repeat(10_000)}`,
  );
  const begun = performance.now();
  expect(inRevisionOrder(runs, new Map()).runs).toHaveLength(10_000);
  expect(performance.now() - begun).toBeLessThan(5000);
});
