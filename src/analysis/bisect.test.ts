import { expect, test } from 'vitest';
import { commitKey } from '../model/layer-commit.ts';
import { commitsOfLayers, type ElsewhereRun, nextToTry } from './bisect.ts';
import { blameRange } from './blame-range.ts';
import { drawHistory } from './draw-history.ts';

/** Commits of 40 digits of a letter, as builds tell them. */
const whole = <R extends { layers: readonly { commit: string | null }[] }>(runs: readonly R[]): R[] =>
  runs.map((run) => ({
    ...run,
    layers: run.layers.map((layer) => ({ ...layer, commit: layer.commit === null ? null : layer.commit.repeat(40) })),
  }));

function next(own: string, elsewhere: readonly (readonly [machine: string, history: string])[]) {
  const history = whole(drawHistory(own));
  const runs = elsewhere.flatMap(([machine, text]) =>
    whole(drawHistory(text)).map(
      (run): ElsewhereRun => ({ ...run, build: `${machine} ${run.build}`, machine, distro: 'poky' }),
    ),
  );
  const seen = new Map<string, number>();
  for (const { startedMs, layers } of [...history, ...runs])
    for (const { name, branch, commit } of layers)
      if (commit !== null) {
        const key = commitKey({ name, branch, commit });
        seen.set(key, Math.min(seen.get(key) ?? Number.POSITIVE_INFINITY, startedMs!));
      }
  const range = blameRange(history)!.broke!;
  expect(commitsOfLayers(range, runs).every((one) => seen.has(commitKey(one)))).toBe(true);
  const found = nextToTry(range, runs, seen);
  return found === null
    ? null
    : {
        between: found.between,
        middle: found.middle?.layers.map(({ name, commit }) => `${name} ${commit[0]}`).join(', ') ?? null,
        told: found.middle?.told.map(({ build, outcome }) => `${build} ${outcome}`) ?? null,
        commands: found.commands,
      };
}

const OWN = 'core a a a a e\ntask P P P P F';

test('the middle of what builds of others had between the ends, with what they say of the task', () => {
  expect(next(OWN, [['arm', 'core a b c d e\ntask P P F F F']])).toEqual({
    between: 3,
    middle: 'core c',
    told: ['arm b2 failed'],
    commands: [{ layers: ['core'], command: `git bisect start ${'e'.repeat(12)} ${'a'.repeat(12)} --` }],
  });
});

test('of several builds of one configuration the newest speaks; not executed and a full disk say nothing', () => {
  const told = (...elsewhere: Parameters<typeof next>[1]) => next(OWN, elsewhere)!.told;
  expect(told(['arm', 'core a c c d e\ntask P F P F F'], ['x86', 'core a c c c e\ntask P - P - -'])).toEqual([
    'arm b2 passed',
    'x86 b2 passed',
  ]);
  expect(told(['arm', 'core a c c d e\ntask P I - I F'])).toEqual([]);
});

test('nothing built between leaves the commands, and layers of one repository have one', () => {
  const own = 'core a c\npoky a c\noe 1 2\ntask P F';
  expect(next(own, [])).toEqual({
    between: 0,
    middle: null,
    told: null,
    commands: [
      { layers: ['core', 'poky'], command: `git bisect start ${'c'.repeat(12)} ${'a'.repeat(12)} --` },
      { layers: ['oe'], command: `git bisect start ${'2'.repeat(12)} ${'1'.repeat(12)} --` },
    ],
  });
  expect(next('core a a\ntask P F', [])).toBeNull();
});

test('with several layers a state is all of them together, and what has one of them outside is not between', () => {
  const found = next('core a a a a d\noe 1 1 1 1 3\ntask P P P P F', [
    ['arm', 'core a b c c d\noe 1 1 1 2 3\ntask P P P F F'],
    ['x86', 'core a b b b b b\noe 1 1 . 1 1 4\ntask P P P P P P'],
  ]);
  expect(found).toMatchObject({ between: 3, middle: 'core c, oe 1', told: ['arm b2 passed'] });
});

test('what is no commit is in no command', () => {
  const layer = (commit: string) => [{ name: 'core', branch: null, commit, modified: false }];
  const run = (build: string, commit: string, outcome: 'passed' | 'failed') => ({
    build,
    startedMs: 1,
    outcome,
    hash: null,
    hostClass: null,
    fingerprint: null,
    infrastructure: false,
    layers: layer(commit),
  });
  const range = blameRange([run('a', '$(reboot)', 'passed'), run('b', '1234567', 'failed')])!.broke!;
  expect(nextToTry(range, [], new Map())).toEqual({ between: 0, middle: null, commands: [] });
});
