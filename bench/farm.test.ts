import { expect, test } from 'vitest';
import { farmHistory } from './generate/farm-history.ts';
import { STORIES } from './generate/stories.ts';

const history = [...farmHistory({ builds: 240, seed: 1 })];

test('the history tells every story, and its logs say what it says is true', () => {
  const told = new Set<string>();
  for (const { build, logs, truth } of history) {
    expect(build.failures).toHaveLength(truth.length);
    expect(build.outcome).toBe(truth.length === 0 ? 'succeeded' : 'failed');
    for (const [i, { pf, task, cause, causeLine, story }] of truth.entries()) {
      told.add(story);
      expect(build.failures[i]).toMatchObject({ pf, task });
      const log = build.logs.find((one) => one.pf === pf && one.task === task);
      expect(logs.get(log!.blob)!.split('\n')[causeLine]).toBe(cause);
    }
  }
  expect([...told].sort()).toEqual(STORIES.map(({ id }) => id).sort());
});

test('the same seed is the same history, another one another', () => {
  const names = (seed: number) => [...farmHistory({ builds: 12, seed })].map(({ build }) => build.name);
  expect(names(1)).toEqual(history.slice(0, 12).map(({ build }) => build.name));
  expect(names(2)).not.toEqual(names(1));
});

test('what came from sstate is told apart from what was executed, and a failure keeps its image from being made', () => {
  const fromSstate = history.filter(({ build }) => build.type.kind === 'sstate');
  expect(fromSstate.length).toBeGreaterThan(100);
  for (const { build, truth } of history) {
    const image = build.recipes.findIndex(({ pn }) => pn === build.targets![0]);
    const rows = [...build.tasks.recipe.keys()].filter((row) => build.tasks.recipe[row] === image);
    if (truth.some(({ task }) => task !== 'do_rootfs'))
      expect(rows.every((row) => Number.isNaN(build.tasks.startMs[row]!))).toBe(true);
  }
});
