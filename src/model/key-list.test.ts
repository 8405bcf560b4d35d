import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawBuild } from './draw-build.ts';
import { findPositions, keyListOf, keysAt } from './key-list.ts';

test('a task is found at its rows, and a row tells its task', () => {
  const { tasks, recipes } = drawBuild(`
    a:do_compile    =
    a:do_fetch      =
    mc:x:a:do_fetch =
    b:do_fetch      =
  `);
  const list = keyListOf(tasks, recipes);
  const all = Array.from({ length: tasks.length }, (_, row) => row);
  const keys = keysAt(list, all);
  for (const row of all) {
    const { mc, pn } = recipes[tasks.recipe[row]!]!;
    expect(keys[row]).toEqual({ mc, pn, task: tasks.taskNames[tasks.task[row]!], ordinal: 0 });
    expect(findPositions(list, mc, pn, keys[row]!.task)).toEqual([row]);
  }
  expect(findPositions(list, '', 'a', null)).toEqual(
    all.filter((row) => keys[row]!.pn === 'a' && keys[row]!.mc === ''),
  );
  expect(findPositions(list, '', 'nobody', 'do_fetch')).toEqual([]);
  expect(findPositions(list, '', 'a', 'do_nothing')).toEqual([]);
});

test('runs of one task are counted; two versions of a recipe are one recipe', () => {
  const { tasks, recipes } = drawBuild('a:do_fetch =\nb:do_fetch =');
  const one = recipes.map((recipe) => ({ ...recipe, pn: 'same' }));
  const list = keyListOf(tasks, one);
  expect(findPositions(list, '', 'same', 'do_fetch')).toEqual([0, 1]);
  expect(keysAt(list, [0, 1]).map((key) => key.ordinal)).toEqual([0, 1]);
});

test('any names', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (pn, mc, task) => {
      const { tasks, recipes } = drawBuild('a:do_fetch =');
      const list = keyListOf({ ...tasks, taskNames: [task] }, [{ ...recipes[0]!, pn, mc }]);
      expect(findPositions(list, mc, pn, task)).toEqual([0]);
      expect(keysAt(list, [0])).toEqual([{ mc, pn, task, ordinal: 0 }]);
    }),
  );
});

test('no tasks', () => {
  const { tasks } = drawBuild('a:do_fetch =');
  const list = keyListOf({ ...tasks, length: 0, taskNames: [] }, []);
  expect(findPositions(list, '', 'a', 'do_fetch')).toEqual([]);
  expect(() => keysAt(list, [0])).toThrow('no position 0');
});
