import { BakehouseError } from '../../model/errors.ts';
import { STRIP_KEYS, USUAL_STRIP_KEYS } from '../../operations/show-recipe.ts';
import { RecipeList, RecipeParams, RecipeQuery, RecipeShown, RecipesQuery } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const listRecipes = jsonRoute({
  operation: 'list-recipes',
  path: '/recipes',
  summary: 'Every recipe of the last builds that match, with how it went in them',
  params: Nothing,
  query: RecipesQuery,
  answer: RecipeList,
  input: (_, query) => ({ filter: buildFilter(query), builds: query.builds }),
});

export const showRecipe = jsonRoute({
  operation: 'show-recipe',
  path: '/recipes/:pn',
  summary: 'Where and when a recipe was built, how it went, which versions, in which words it failed',
  params: RecipeParams,
  query: RecipeQuery,
  answer: RecipeShown,
  input: ({ pn }, query) => ({
    pn,
    filter: buildFilter(query),
    limit: query.builds,
    by: query.by === undefined ? USUAL_STRIP_KEYS : [...new Set(query.by.split(','))].map(stripKey),
  }),
});

function stripKey(text: string): (typeof STRIP_KEYS)[number] {
  const found = STRIP_KEYS.find((key) => key === text);
  if (found === undefined)
    throw new BakehouseError('invalid', `by: "${text.slice(0, 50)}" is none of ${STRIP_KEYS.join(', ')}.`);
  return found;
}
