import type { Migration } from './index.ts';

/**
 * Recipe runs of builds that were stored when one from sstate counted as succeeded are to be counted anew, from their task tables. That takes
 * an hour for 100,000 builds, so it is not done here: the row says up to which build it is left to do (recipe-recount.ts), and is gone when it
 * is done.
 */
export const recipeRecount: Migration = {
  name: 'recipe recount',
  statements: ({ types }) => [
    `create table recipe_recount (upto ${types.small} not null)`,
    'insert into recipe_recount (upto) select max(number) from builds having max(number) is not null',
  ],
};
