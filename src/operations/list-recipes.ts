import type { BuildListFilter, RecipeListed } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface ListRecipesInput {
  readonly filter: BuildListFilter;
  readonly builds: number;
}

export interface RecipeList {
  /** How many builds were looked at. */
  readonly builds: number;
  readonly recipes: readonly RecipeListed[];
}

/** Every recipe of the last builds that match, with how it went in them. */
export async function listRecipes({ store }: OperationContext, input: ListRecipesInput): Promise<RecipeList> {
  return store.listRecipes(input);
}
