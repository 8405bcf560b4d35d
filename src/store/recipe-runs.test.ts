import { expect, test } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import {
  RECIPE_FAILED,
  RECIPE_FROM_SSTATE,
  RECIPE_NOT_EXECUTED,
  RECIPE_SUCCEEDED,
  RECIPE_UNFINISHED,
  recipeRuns,
} from './recipe-runs.ts';

const statusOf = (drawing: string) =>
  Object.fromEntries(recipeRuns(drawBuild(drawing)).map((run) => [run.pn, run.status]));

test('what a build executed, and what it only took, are told apart', () => {
  expect(
    statusOf(`
      built_1:do_compile               ====
      failed_1:do_compile              ===F
      taken_1:do_package_setscene      ==
      taken_1:do_rm_work                 =
      covered_1:do_compile             covered
      current_1:do_compile             existing
      waiting_1:do_compile             not-run
      cut_1:do_compile                 ==?
    `),
  ).toEqual({
    built: RECIPE_SUCCEEDED,
    failed: RECIPE_FAILED,
    taken: RECIPE_FROM_SSTATE,
    covered: RECIPE_FROM_SSTATE,
    current: RECIPE_NOT_EXECUTED,
    waiting: RECIPE_NOT_EXECUTED,
    cut: RECIPE_UNFINISHED,
  });
});

test('sstate that cannot be brought is no failure: the recipe is built', () => {
  const drawing = `
    a_1:do_package_setscene   =F
    a_1:do_compile              ===
    b_1:do_compile            ===
    b_1:do_package_setscene      =
  `;
  expect(statusOf(drawing)).toEqual({ a: RECIPE_SUCCEEDED, b: RECIPE_SUCCEEDED });
});
