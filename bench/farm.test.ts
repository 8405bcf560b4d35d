import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { findCause } from '../src/analysis/cause-line.ts';
import { fingerprintOf } from '../src/analysis/fingerprint.ts';
import { chooseCause } from '../src/collector/index-failures.ts';
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

test('the line, the class and whose fault it is are found of every failure; each story is one group of its recipe and task, and one cause across', () => {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const groups = new Map<string, Set<string>>();
  const stories = new Map<string, Set<string>>();
  const causes = new Map<string, Set<string>>();
  const put = (map: Map<string, Set<string>>, key: string, value: string) =>
    map.set(key, (map.get(key) ?? new Set()).add(value));
  for (const { build, logs, truth } of history)
    for (const [i, { pf, task, story, causeClass, infrastructure, causeLine }] of truth.entries()) {
      const log = build.logs.find((one) => one.pf === pf && one.task === task);
      const { cause } = chooseCause(findCause(logs.get(log!.blob)!), build.failures[i]!.cause);
      const { pn, pv } = build.recipes.find((recipe) => recipe.pf === pf)!;
      const print = fingerprintOf({ pn, version: pv, task }, cause, digest);
      expect([cause?.line, print.causeClass, print.infrastructure]).toEqual([causeLine, causeClass, infrastructure]);
      put(groups, `${story} ${pn} ${task}`, print.hash);
      put(stories, print.hash, story);
      put(causes, story, print.crossHash);
    }
  expect([...groups].filter(([, hashes]) => hashes.size > 1)).toEqual([]);
  expect([...stories].filter(([, told]) => told.size > 1)).toEqual([]);
  expect([...causes].filter(([, hashes]) => hashes.size > 1)).toEqual([]);
});
