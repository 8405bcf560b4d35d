import { expect, test } from 'vitest';
import { drawBuild } from '../../../../model/draw-build.ts';
import { filterRows } from './rows.ts';
import { groupModel, recipeModel, type Tabled, taskModel } from './task-model.ts';

function drawn(text: string): Tabled {
  const build = drawBuild(text);
  return { build: { startedMs: build.startedMs, recipes: build.recipes.map((r) => ({ ...r })) }, tasks: build.tasks };
}

const build = drawn(`
gcc:do_compile   ====    walltime=4 cputime=8
gcc:do_install       ==  walltime=2 cputime=1
attr:do_compile  ==      walltime=2
`);

const column = (model: { numbers: readonly { id: string; values: Float64Array }[] }, id: string): number[] => [
  ...model.numbers.find((c) => c.id === id)!.values,
];

test('groups add up what adds up', () => {
  const model = taskModel(build);
  const grouped = groupModel(
    model,
    filterRows(model.length, () => true),
    'recipe',
  );
  expect(grouped.words[0]!.words).toEqual(['attr', 'gcc']);
  expect(column(grouped, 'runs')).toEqual([1, 2]);
  expect(column(grouped, 'walltime')).toEqual([2, 6]);
  expect(column(grouped, 'cputime')).toEqual([Number.NaN, 9]);
  expect(grouped.numbers.some((c) => c.id === 'started')).toBe(false);
});

test('a recipe has a busy time and a span', () => {
  const model = recipeModel(build);
  expect(column(model, 'walltime')).toEqual([2, 6]);
  expect(column(model, 'span')).toEqual([2, 6]);
  expect(column(model, 'runs')).toEqual([1, 2]);
});

test('a group by what the build has not got is one group that says so', () => {
  const model = taskModel(build);
  const grouped = groupModel(
    model,
    filterRows(model.length, () => true),
    'layer',
  );
  expect(grouped.length).toBe(1);
  expect([...grouped.words[0]!.index]).toEqual([-1]);
});
