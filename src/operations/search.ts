import { parseSearch, printSearch } from '../analysis/search-query.ts';
import type {
  CountedPage,
  FoundCause,
  FoundFailure,
  FoundRecipe,
  ReachedBound,
  SearchCount,
  SearchFilter,
  SearchPage,
} from '../store/search.ts';
import { type BuildRow, buildRows } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { searchFilter } from './search-filter.ts';
import { withLogs } from './search-in-logs.ts';

export const SEARCH_KINDS = ['builds', 'recipes', 'failures', 'causes'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

export interface SearchInput {
  /** As it is typed (analysis/search-query.ts). */
  readonly q: string;
  /** Null: the first of each kind. */
  readonly kind: SearchKind | null;
  /** Cursor of the page before; null for the first. Of one kind. */
  readonly after: string | null;
  readonly limit: number;
}

export interface SearchAnswer {
  /** The search in its one way of writing. */
  readonly q: string;
  /** How many of each kind; null on pages after the first. */
  readonly counts: Readonly<Record<SearchKind, SearchCount>> | null;
  /** Sentences about what the search cannot mean here. */
  readonly notes: readonly string[];
  /** Where looking ended before everything was seen. */
  readonly reached: readonly ReachedBound[];
  /** Null: not asked for. */
  readonly builds: SearchPage<BuildRow> | null;
  readonly recipes: SearchPage<FoundRecipe> | null;
  readonly failures: SearchPage<FoundFailure> | null;
  readonly causes: SearchPage<FoundCause> | null;
}

/** Builds, recipes, failures and the lines that say why, found by one search. */
export async function search(context: OperationContext, input: SearchInput): Promise<SearchAnswer> {
  const { store, now } = context;
  const query = parseSearch(input.q);
  const { filter, reached } = await withLogs(context, query, searchFilter(query, now()));
  const page = { after: input.kind === null ? null : input.after, limit: input.limit };
  const wanted = <T>(kind: SearchKind, ask: () => Promise<T>): Promise<T | null> =>
    input.kind === null || input.kind === kind ? ask() : Promise.resolve(null);
  const found = store.search;
  const first = page.after === null;
  // Of these two everything is looked at for one page of them, so their counts cost nothing, and their pages nothing to their counts.
  const whole = <T>(kind: SearchKind, ask: (asked: typeof page) => Promise<T>) =>
    input.kind === null || input.kind === kind ? ask(page) : first ? ask({ after: null, limit: 0 }) : null;
  const [builds, recipes, failures, causes, buildCount, notes] = await Promise.all([
    wanted('builds', async () => {
      const { rows, next } = await found.builds(filter, page);
      return { rows: await buildRows(store, rows), next };
    }),
    whole('recipes', (asked) => found.recipes(filter, asked)),
    wanted('failures', () => found.failures(filter, page)),
    whole('causes', (asked) => found.causes(filter, asked)),
    first ? found.countBuilds(filter) : null,
    searchNotes(found, filter),
  ]);
  const pageOf = <T>(kind: SearchKind, counted: CountedPage<T> | null): SearchPage<T> | null =>
    counted === null || (input.kind !== null && input.kind !== kind)
      ? null
      : { rows: counted.rows, next: counted.next };
  return {
    q: printSearch(query),
    counts:
      buildCount === null || recipes === null || causes === null
        ? null
        : { builds: buildCount, recipes: recipes.found, failures: causes.failures, causes: causes.found },
    notes,
    reached: [...reached, ...(recipes?.reached ?? []), ...(causes?.reached ?? [])],
    builds,
    recipes: pageOf('recipes', recipes),
    failures,
    causes: pageOf('causes', causes),
  };
}

async function searchNotes(found: OperationContext['store']['search'], filter: SearchFilter): Promise<string[]> {
  const notes: string[] = [];
  for (const range of filter.ranges) {
    const problem = await found.rangeProblem(range);
    notes.push(
      problem ??
        `Which commits of ${range.name} lie between the two is estimated by the order in which builds had them.`,
    );
  }
  return notes;
}
