import type { Build, Recipe } from '../model/build.ts';
import type { RecipeStatus } from '../model/recipe-status.ts';
import {
  TASK_COVERED,
  TASK_EXISTING,
  TASK_FAILED,
  TASK_NOEXEC,
  TASK_NOT_RUN,
  TASK_SUCCEEDED,
} from '../model/task-table.ts';

/** Numbers of a stored column: append only. A task that brings something from sstate checks nothing, whichever way it ends. */
export const RECIPE_SUCCEEDED = 0;
export const RECIPE_FAILED = 1;
/** All of it was current, or was not reached: not checked by this build. */
export const RECIPE_NOT_EXECUTED = 2;
export const RECIPE_UNFINISHED = 3;
/** Nothing was executed, and something was brought from sstate: not checked by this build, but by the one that put it there. */
export const RECIPE_FROM_SSTATE = 4;

/** They take away what is not needed any more, also after sstate brought all there is. */
const NO_CHECKS: ReadonlySet<string> = new Set(['do_rm_work', 'do_rm_work_all']);

const STATUSES: Readonly<Record<number, RecipeStatus>> = {
  [RECIPE_SUCCEEDED]: 'succeeded',
  [RECIPE_FAILED]: 'failed',
  [RECIPE_NOT_EXECUTED]: 'not-executed',
  [RECIPE_UNFINISHED]: 'unfinished',
  [RECIPE_FROM_SSTATE]: 'from-sstate',
};

/** The word of a stored number. */
export function recipeStatusOf(status: number): RecipeStatus {
  return STATUSES[status] ?? 'not-executed';
}

export function recipeStatusNumber(status: RecipeStatus): number {
  return Number(Object.keys(STATUSES).find((number) => STATUSES[Number(number)] === status));
}

export interface RecipeRun {
  readonly pn: string;
  readonly mc: string;
  /** `1:2.3-r0`; null: not recorded. */
  readonly version: string | null;
  readonly status: number;
  readonly failedTask: string | null;
  /** Sum of the wall times of its tasks; null: none has both ends. */
  readonly busyMs: number | null;
}

/** `1:2.3-r0`; null: not recorded. */
export function versionOf({ pe, pv, pr }: Pick<Recipe, 'pe' | 'pv' | 'pr'>): string | null {
  return pv === null ? null : `${pe === null ? '' : `${pe}:`}${pv}${pr === null ? '' : `-${pr}`}`;
}

/** One for each recipe of the build, in its order. */
export function recipeRuns({ recipes, tasks }: Pick<Build, 'recipes' | 'tasks'>): RecipeRun[] {
  const busy = new Float64Array(recipes.length).fill(Number.NaN);
  const status = new Uint8Array(recipes.length).fill(RECIPE_NOT_EXECUTED);
  const failed: (string | null)[] = recipes.map(() => null);
  for (let row = 0; row < tasks.length; row++) {
    const recipe = tasks.recipe[row]!;
    const wall = tasks.endMs[row]! - tasks.startMs[row]!;
    if (!Number.isNaN(wall)) busy[recipe] = (Number.isNaN(busy[recipe]) ? 0 : busy[recipe]!) + wall;
    const name = tasks.taskNames[tasks.task[row]!] ?? '';
    if (name.endsWith('_setscene')) {
      // One that fails is no failure of the recipe: bitbake builds it then.
      const brought = tasks.outcome[row] === TASK_SUCCEEDED || tasks.outcome[row] === TASK_COVERED;
      if (brought && status[recipe] === RECIPE_NOT_EXECUTED) status[recipe] = RECIPE_FROM_SSTATE;
      continue;
    }
    const executed = status[recipe] !== RECIPE_NOT_EXECUTED && status[recipe] !== RECIPE_FROM_SSTATE;
    switch (tasks.outcome[row]) {
      case TASK_COVERED:
        if (!executed) status[recipe] = RECIPE_FROM_SSTATE;
        break;
      case TASK_EXISTING:
      case TASK_NOEXEC:
      case TASK_NOT_RUN:
        break;
      case TASK_FAILED:
        status[recipe] = RECIPE_FAILED;
        failed[recipe] ??= name;
        break;
      case TASK_SUCCEEDED:
        if (!executed && !NO_CHECKS.has(name)) status[recipe] = RECIPE_SUCCEEDED;
        break;
      default:
        if (status[recipe] !== RECIPE_FAILED) status[recipe] = RECIPE_UNFINISHED;
    }
  }
  return recipes.map((recipe, i) => ({
    pn: recipe.pn,
    mc: recipe.mc,
    version: versionOf(recipe),
    status: status[i]!,
    failedTask: failed[i]!,
    busyMs: Number.isFinite(busy[i]) ? Math.round(busy[i]!) : null,
  }));
}
