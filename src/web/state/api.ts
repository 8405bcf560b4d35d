/** The one client and the one cache of answers. Answers change when the server says so (live.ts), not by the clock. */
import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, createClient } from '../../api/client.ts';
import type {
  BuildsQuery,
  CompareQuery,
  CubeQuery,
  ExploreQuery,
  FailureListQuery,
  FailuresQuery,
  MatrixQuery,
  QaQuery,
  RecipeQuery,
  RecipeRunsQuery,
  SearchKind,
  SearchValuesQuery,
  TrendQuery,
  UnsteadyQuery,
  WaterfallQuery,
  WeekQuery,
} from '../../api/contract.ts';
import { report, reportFetch } from '../report/embedded-report.ts';

export const client = createClient(report === null ? (input, init) => fetch(input, init) : reportFetch(report));

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      // What the server refused it refuses again; what did not answer may answer in a moment.
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.code === 'unreachable'),
    },
  },
});

export type BuildsFilter = Omit<{ readonly [K in keyof BuildsQuery]?: BuildsQuery[K] | undefined }, 'after' | 'limit'>;

export const buildsQuery = (filter: BuildsFilter) =>
  infiniteQueryOptions({
    queryKey: ['builds', filter],
    queryFn: ({ pageParam, signal }) => client.builds({ ...filter, limit: 100, after: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const facetsQuery = (filter: BuildsFilter) =>
  queryOptions({
    queryKey: ['facets', filter],
    queryFn: ({ signal }) => client.facets(filter, signal),
    placeholderData: keepPreviousData,
  });

const RUNNING_ASK_MS = 10_000;

export const buildQuery = (id: string) =>
  queryOptions({
    queryKey: ['build', id],
    queryFn: ({ signal }) => client.build(id, signal),
    // Events of builds that are not public are told to their owner alone; whoever has the address asks.
    refetchInterval: ({ state }) => (state.data?.outcome === 'running' ? RUNNING_ASK_MS : false),
  });

export const failureQuery = (address: string) =>
  queryOptions({ queryKey: ['failure', address], queryFn: ({ signal }) => client.failure(address, signal) });

export const serverQuery = queryOptions({ queryKey: ['server'], queryFn: ({ signal }) => client.server(signal) });

export const accountQuery = queryOptions({ queryKey: ['account'], queryFn: ({ signal }) => client.account(signal) });

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => client.accounts(signal),
});

export const serverStateQuery = queryOptions({
  queryKey: ['server-state'],
  queryFn: ({ signal }) => client.serverState(signal),
});

type Asked<T> = { readonly [K in keyof T]?: T[K] | undefined };

export const compareQuery = (query: Asked<CompareQuery>) =>
  queryOptions({
    queryKey: ['compare', query],
    queryFn: ({ signal }) => client.compare(query, signal),
    placeholderData: keepPreviousData,
    enabled: Array.isArray(query.b) && query.b.length >= 2,
  });

export const exploreQuery = (query: Asked<ExploreQuery>) =>
  queryOptions({
    queryKey: ['explore', query],
    queryFn: ({ signal }) => client.explore(query, signal),
    placeholderData: keepPreviousData,
  });

/** The id of the last build of at least so many executed tasks; null: none of the last ones is. */
export const tellingBuildQuery = (tasks: number) =>
  queryOptions({
    queryKey: ['builds', 'telling', tasks],
    queryFn: async ({ signal }) => {
      const { builds } = await client.builds({ limit: 100 }, signal);
      return builds.find((build) => build.tasks >= tasks)?.id ?? null;
    },
  });

export const testingQuery = (filter: BuildsFilter) =>
  queryOptions({
    queryKey: ['testing', filter],
    queryFn: ({ signal }) => client.testing(filter, signal),
    placeholderData: keepPreviousData,
  });

export const cubeQuery = (query: Asked<CubeQuery>) =>
  queryOptions({
    queryKey: ['cube', query],
    queryFn: ({ signal }) => client.cube(query, signal),
    placeholderData: keepPreviousData,
  });

export const recipeRunsQuery = (query: Asked<RecipeRunsQuery>) =>
  infiniteQueryOptions({
    queryKey: ['recipe-runs', query],
    queryFn: ({ pageParam, signal }) => client.recipeRuns({ ...query, after: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const recipesQuery = (filter: BuildsFilter) =>
  queryOptions({
    queryKey: ['recipes', filter],
    queryFn: ({ signal }) => client.recipes(filter, signal),
    placeholderData: keepPreviousData,
  });

export const recipeQuery = (pn: string, query: Asked<RecipeQuery>) =>
  queryOptions({
    queryKey: ['recipe', pn, query],
    queryFn: ({ signal }) => client.recipe(pn, query, signal),
    placeholderData: keepPreviousData,
  });

export const qaQuery = (query: Asked<QaQuery>) =>
  queryOptions({
    queryKey: ['qa', query],
    queryFn: ({ signal }) => client.qaIssues(query, signal),
    placeholderData: keepPreviousData,
  });

/** Under the build, so that it is asked again when the build changes. */
export const newQaQuery = (build: string) =>
  queryOptions({ queryKey: ['build', build, 'qa'], queryFn: ({ signal }) => client.newQaIssues(build, signal) });

export const failuresQuery = (query: Asked<FailuresQuery>) =>
  queryOptions({
    queryKey: ['failures', 'groups', query],
    queryFn: ({ signal }) => client.failures(query, signal),
    placeholderData: keepPreviousData,
  });

export const failureListQuery = (query: Asked<FailureListQuery>) =>
  infiniteQueryOptions({
    queryKey: ['failures', 'list', query],
    queryFn: ({ pageParam, signal }) =>
      client.failureList({ ...query, limit: 50, after: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const failureWeekQuery = (query: Asked<WeekQuery>) =>
  queryOptions({
    queryKey: ['failures', 'week', query],
    queryFn: ({ signal }) => client.failureWeek(query, signal),
    placeholderData: keepPreviousData,
  });

export const unsteadyQuery = (query: Asked<UnsteadyQuery>) =>
  queryOptions({
    queryKey: ['failures', 'unsteady', query],
    queryFn: ({ signal }) => client.unsteady(query, signal),
    placeholderData: keepPreviousData,
  });

export const triageQuery = (fingerprint: string) =>
  queryOptions({
    queryKey: ['failures', 'triage', fingerprint],
    queryFn: ({ signal }) => client.triage(fingerprint, signal),
  });

export const issuesQuery = queryOptions({
  queryKey: ['failures', 'issues'],
  queryFn: ({ signal }) => client.issues(signal),
});

/** The first of each kind, with counts. */
export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q],
    queryFn: ({ signal }) => client.search({ q }, signal),
    placeholderData: keepPreviousData,
  });

/** Of each kind as many as stand below a box, while a person types. */
export const searchHitsQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q, 'hits'],
    queryFn: ({ signal }) => client.search({ q, limit: 3 }, signal),
    placeholderData: keepPreviousData,
  });

export const searchPagesQuery = (q: string, kind: SearchKind) =>
  infiniteQueryOptions({
    queryKey: ['search', q, kind],
    queryFn: ({ pageParam, signal }) => client.search({ q, kind, limit: 50, after: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page[kind]?.next ?? null,
    placeholderData: keepPreviousData,
  });

export const searchFacetsQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q, 'facets'],
    queryFn: ({ signal }) => client.searchFacets(q, signal),
    placeholderData: keepPreviousData,
  });

export const savedSearchesQuery = queryOptions({
  queryKey: ['saved-searches'],
  queryFn: ({ signal }) => client.savedSearches(signal),
});

export const searchValuesQuery = (query: SearchValuesQuery) =>
  queryOptions({
    queryKey: ['search-values', query],
    queryFn: ({ signal }) => client.searchValues(query, signal),
    placeholderData: keepPreviousData,
  });

export const trendQuery = (query: Asked<TrendQuery>) =>
  queryOptions({
    queryKey: ['trend', query],
    queryFn: ({ signal }) => client.trend(query, signal),
    placeholderData: keepPreviousData,
  });

export const waterfallQuery = (query: Asked<WaterfallQuery>) =>
  queryOptions({
    queryKey: ['waterfall', query],
    queryFn: ({ signal }) => client.waterfall(query, signal),
    placeholderData: keepPreviousData,
  });

export const matrixQuery = (query: Asked<MatrixQuery>) =>
  queryOptions({
    queryKey: ['matrix', query],
    queryFn: ({ signal }) => client.matrix(query, signal),
    placeholderData: keepPreviousData,
  });
