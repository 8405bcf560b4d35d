/**
 * The API as functions, for the page and for scripts. Types come from the contract; nothing of it is loaded at run time (zod is
 * 92 KB gzipped). Errors arrive as RFC 9457 problem documents and leave as ApiError.
 */
import type {
  AccountDetail,
  AccountList,
  BuildDetail,
  BuildsFilterQuery,
  BuildsPage,
  BuildsQuery,
  CompareQuery,
  CompareResult,
  CompareTestsResult,
  CubeQuery,
  CubeTable,
  ExploreQuery,
  ExploreResult,
  Facets,
  FailureDetail,
  FailureGroups,
  FailureListQuery,
  FailuresPage,
  FailuresQuery,
  FailureWeek,
  IssueText,
  KeptSearches,
  KnownIssues,
  LogFound,
  LogFoundQuery,
  LogQuery,
  LogsFound,
  LogsQuery,
  LogText,
  MadeToken,
  MatrixQuery,
  MatrixResult,
  NewQaIssues,
  OfferedValues,
  ProblemDocument,
  QaIssues,
  QaQuery,
  RecipeList,
  RecipeQuery,
  RecipeRunsPage,
  RecipeRunsQuery,
  RecipeShown,
  RecipesQuery,
  Role,
  SampleImported,
  SearchAnswer,
  SearchFacets,
  SearchKind,
  SearchParams,
  SearchValuesQuery,
  ServerInfo,
  ServerState,
  SignedIn,
  TestHistoryQuery,
  TestHistoryResult,
  TestingTable,
  TestsQuery,
  TestsResult,
  TrendQuery,
  TrendResult,
  TriageDetail,
  TriageFailures,
  UnsteadyQuery,
  UnsteadyTasks,
  Visibility,
  WaterfallQuery,
  WaterfallResult,
  WeekQuery,
} from './contract.ts';

export const API_BASE = '/api/v1';

/** What went wrong and why, as the server said it; `unreachable` and `not-json` are the client's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ProblemDocument['code'] | 'unreachable' | 'not-json';
  readonly title: string;

  constructor(status: number, code: ApiError['code'], title: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
  }
}

type QueryValue = string | number | boolean | null | undefined | readonly (string | number)[];

/** `?b=1&b=2&metric=walltime`; absent and empty values are left out, so that equal questions are equal addresses. */
export function queryString(query: object): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query) as [string, QueryValue][]) {
    if (value === null || value === undefined || value === '') continue;
    if (Array.isArray(value)) for (const one of value) params.append(key, String(one));
    else params.append(key, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function isProblem(value: unknown): value is ProblemDocument {
  return typeof value === 'object' && value !== null && 'detail' in value && 'code' in value;
}

async function errorOf(response: Response): Promise<ApiError> {
  const type = response.headers.get('content-type') ?? '';
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim();
  if (/\bjson\b/.test(type)) {
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) return new ApiError(response.status, body.code, body.title, body.detail);
  }
  return new ApiError(response.status, response.status === 404 ? 'not-found' : 'internal', fallback, fallback);
}

export type ColumnsBody = Uint8Array<ArrayBuffer>;
export type TaskFormat = 'csv' | 'json' | 'parquet';

/** What a page asks for may be left out where the contract has a default. */
type Asked<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface Client {
  server(signal?: AbortSignal): Promise<ServerInfo>;
  builds(query: Asked<BuildsQuery>, signal?: AbortSignal): Promise<BuildsPage>;
  facets(query: Asked<BuildsQuery>, signal?: AbortSignal): Promise<Facets>;
  build(id: string, signal?: AbortSignal): Promise<BuildDetail>;
  /** The task table as one columns body (docs/formats/task-table.md). With the build's revision the answer may be kept for ever. */
  columns(
    id: string,
    metrics: readonly string[] | '*',
    revision?: string | null,
    signal?: AbortSignal,
  ): Promise<ColumnsBody>;
  samples(id: string, revision?: string | null, signal?: AbortSignal): Promise<ColumnsBody>;
  /** Only of a build that `hasGraph`. */
  graph(id: string, revision?: string | null, signal?: AbortSignal): Promise<ColumnsBody>;
  log(id: string, query: Asked<LogQuery>, signal?: AbortSignal): Promise<LogText>;
  failure(address: string, signal?: AbortSignal): Promise<FailureDetail>;
  searchLogs(query: Asked<LogsQuery>, signal?: AbortSignal): Promise<LogsFound>;
  findInLog(id: string, query: Asked<LogFoundQuery>, signal?: AbortSignal): Promise<LogFound>;
  compare(query: Asked<CompareQuery>, signal?: AbortSignal): Promise<CompareResult>;
  tests(id: string, query: Asked<TestsQuery>, signal?: AbortSignal): Promise<TestsResult>;
  testHistory(id: string, query: Asked<TestHistoryQuery>, signal?: AbortSignal): Promise<TestHistoryResult>;
  compareTests(builds: readonly string[], signal?: AbortSignal): Promise<CompareTestsResult>;
  explore(query: Asked<ExploreQuery>, signal?: AbortSignal): Promise<ExploreResult>;
  testing(query: Asked<BuildsFilterQuery>, signal?: AbortSignal): Promise<TestingTable>;
  cube(query: Asked<CubeQuery>, signal?: AbortSignal): Promise<CubeTable>;
  recipeRuns(query: Asked<RecipeRunsQuery>, signal?: AbortSignal): Promise<RecipeRunsPage>;
  recipes(query: Asked<RecipesQuery>, signal?: AbortSignal): Promise<RecipeList>;
  qaIssues(query: Asked<QaQuery>, signal?: AbortSignal): Promise<QaIssues>;
  newQaIssues(build: string, signal?: AbortSignal): Promise<NewQaIssues>;
  recipe(pn: string, query: Asked<RecipeQuery>, signal?: AbortSignal): Promise<RecipeShown>;
  trend(query: Asked<TrendQuery>, signal?: AbortSignal): Promise<TrendResult>;
  search(query: Asked<SearchParams>, signal?: AbortSignal): Promise<SearchAnswer>;
  searchFacets(q: string, signal?: AbortSignal): Promise<SearchFacets>;
  searchValues(query: SearchValuesQuery, signal?: AbortSignal): Promise<OfferedValues>;
  savedSearches(signal?: AbortSignal): Promise<KeptSearches>;
  saveSearch(name: string, q: string, kind: SearchKind | null): Promise<KeptSearches>;
  deleteSearch(name: string): Promise<KeptSearches>;
  waterfall(query: Asked<WaterfallQuery>, signal?: AbortSignal): Promise<WaterfallResult>;
  matrix(query: Asked<MatrixQuery>, signal?: AbortSignal): Promise<MatrixResult>;
  failures(query: Asked<FailuresQuery>, signal?: AbortSignal): Promise<FailureGroups>;
  failureList(query: Asked<FailureListQuery>, signal?: AbortSignal): Promise<FailuresPage>;
  failureWeek(query: Asked<WeekQuery>, signal?: AbortSignal): Promise<FailureWeek>;
  unsteady(query: Asked<UnsteadyQuery>, signal?: AbortSignal): Promise<UnsteadyTasks>;
  triage(fingerprint: string, signal?: AbortSignal): Promise<TriageDetail>;
  /** Says the same of some kinds of failures. */
  sayOf(said: TriageFailures): Promise<object>;
  issues(signal?: AbortSignal): Promise<KnownIssues>;
  /** `number` null: a new one. */
  saveIssue(number: number | null, issue: IssueText): Promise<object>;
  removeIssue(number: number): Promise<object>;
  /** Puts the sample builds that Bakehouse brings into the store. */
  addSample(): Promise<SampleImported>;

  signIn(name: string, password: string): Promise<SignedIn>;
  /** `everywhere`: every session of the account. */
  signOut(everywhere: boolean): Promise<object>;
  /** Who asks. */
  account(signal?: AbortSignal): Promise<AccountDetail>;
  changePassword(current: string, password: string): Promise<object>;
  /** `account`: of a robot, by an admin; null: one's own. The answer tells the token, this once. */
  makeToken(account: string | null, name: string, expiresDays: number | null): Promise<MadeToken>;
  revokeToken(account: string | null, token: number): Promise<object>;
  accounts(signal?: AbortSignal): Promise<AccountList>;
  addAccount(name: string, role: Role, password: string | null): Promise<object>;
  changeAccount(name: string, change: { role?: Role; disabled?: boolean; password?: string }): Promise<object>;
  serverState(signal?: AbortSignal): Promise<ServerState>;
  setVisibility(id: string, visibility: Visibility): Promise<object>;
  pinBuild(id: string, pinned: boolean): Promise<object>;
  deleteBuild(id: string): Promise<object>;
}

export function createClient(fetchImplementation: typeof fetch = fetch, base: string = API_BASE): Client {
  async function ask(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetchImplementation(base + path, init);
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      throw new ApiError(
        0,
        'unreachable',
        'The server does not answer',
        'The Bakehouse server does not answer. Is it still running?',
      );
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  async function json<T>(path: string, init: RequestInit): Promise<T> {
    const headers = {
      accept: 'application/json',
      ...(init.body == null ? {} : { 'content-type': 'application/json' }),
    };
    const response = await ask(path, { ...init, headers });
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      throw new ApiError(
        response.status,
        'not-json',
        'Unreadable answer',
        `The answer to ${path} is not JSON: something between the page and the server changed it.`,
      );
    }
  }

  const get = <T>(path: string, signal: AbortSignal | undefined): Promise<T> =>
    json<T>(path, signal === undefined ? {} : { signal });
  const bytes = async (path: string, signal: AbortSignal | undefined): Promise<ColumnsBody> =>
    new Uint8Array(await (await ask(path, signal === undefined ? {} : { signal })).arrayBuffer());
  const send = <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> =>
    json<T>(path, body === undefined ? { method } : { method, body: JSON.stringify(body) });
  const ofAccount = (name: string | null): string =>
    name === null ? '/account' : `/accounts/${encodeURIComponent(name)}`;
  const build = (id: string): string => `/builds/${encodeURIComponent(id)}`;

  return {
    server: (signal) => get('/server', signal),
    builds: (query, signal) => get(`/builds${queryString(query)}`, signal),
    facets: (query, signal) => get(`/facets${queryString(query)}`, signal),
    build: (id, signal) => get(build(id), signal),
    columns: (id, metrics, r, signal) =>
      bytes(`${build(id)}/columns${queryString({ metrics: metrics === '*' ? '*' : metrics.join(','), r })}`, signal),
    samples: (id, r, signal) => bytes(`${build(id)}/samples${queryString({ r })}`, signal),
    graph: (id, r, signal) => bytes(`${build(id)}/graph${queryString({ r })}`, signal),
    log: (id, query, signal) => get(`${build(id)}/log${queryString(query)}`, signal),
    failure: (of, signal) => get(`/failures/${encodeURIComponent(of)}`, signal),
    searchLogs: (query, signal) => get(`/logs${queryString(query)}`, signal),
    findInLog: (id, query, signal) => get(`${build(id)}/log/found${queryString(query)}`, signal),
    compare: (query, signal) => get(`/compare${queryString(query)}`, signal),
    tests: (id, query, signal) => get(`${build(id)}/tests${queryString(query)}`, signal),
    testHistory: (id, query, signal) => get(`${build(id)}/tests/history${queryString(query)}`, signal),
    compareTests: (builds, signal) => get(`/compare/tests${queryString({ b: builds })}`, signal),
    explore: (query, signal) => get(`/explore${queryString(query)}`, signal),
    testing: (query, signal) => get(`/testing${queryString(query)}`, signal),
    cube: (query, signal) => get(`/cube${queryString(query)}`, signal),
    recipeRuns: (query, signal) => get(`/recipe-runs${queryString(query)}`, signal),
    recipes: (query, signal) => get(`/recipes${queryString(query)}`, signal),
    qaIssues: (query, signal) => get(`/qa${queryString(query)}`, signal),
    newQaIssues: (id, signal) => get(`${build(id)}/qa`, signal),
    recipe: (pn, query, signal) => get(`/recipes/${encodeURIComponent(pn)}${queryString(query)}`, signal),
    trend: (query, signal) => get(`/trend${queryString(query)}`, signal),
    search: (query, signal) => get(`/search${queryString(query)}`, signal),
    searchFacets: (q, signal) => get(`/search/facets${queryString({ q })}`, signal),
    searchValues: (query, signal) => get(`/search/values${queryString(query)}`, signal),
    savedSearches: (signal) => get('/searches', signal),
    saveSearch: (name, q, kind) => send('PUT', '/searches', { name, q, kind }),
    deleteSearch: (name) => send('DELETE', `/searches/${encodeURIComponent(name)}`),
    waterfall: (query, signal) => get(`/waterfall${queryString(query)}`, signal),
    matrix: (query, signal) => get(`/matrix${queryString(query)}`, signal),
    failures: (query, signal) => get(`/failures${queryString(query)}`, signal),
    failureList: (query, signal) => get(`/failures/list${queryString(query)}`, signal),
    failureWeek: (query, signal) => get(`/failures/week${queryString(query)}`, signal),
    unsteady: (query, signal) => get(`/failures/unsteady${queryString(query)}`, signal),
    triage: (fingerprint, signal) => get(`/triage/${encodeURIComponent(fingerprint)}`, signal),
    sayOf: (said) => send('POST', '/triage', said),
    issues: (signal) => get('/issues', signal),
    saveIssue: (number, issue) =>
      send(number === null ? 'POST' : 'PUT', number === null ? '/issues' : `/issues/${number}`, issue),
    removeIssue: (number) => send('DELETE', `/issues/${number}`),
    addSample: () => json('/sample', { method: 'POST' }),
    signIn: (name, password) => send('POST', '/sign-in', { name, password }),
    signOut: (everywhere) => send('POST', '/sign-out', { everywhere }),
    account: (signal) => get('/account', signal),
    changePassword: (current, password) => send('POST', '/account/password', { current, password }),
    makeToken: (account, name, expiresDays) => send('POST', `${ofAccount(account)}/tokens`, { name, expiresDays }),
    revokeToken: (account, token) => send('DELETE', `${ofAccount(account)}/tokens/${token}`),
    accounts: (signal) => get('/accounts', signal),
    addAccount: (name, role, password) => send('POST', '/accounts', { name, role, password }),
    changeAccount: (name, change) => send('PATCH', ofAccount(name), change),
    serverState: (signal) => get('/server/state', signal),
    setVisibility: (id, visibility) => send('PUT', `${build(id)}/visibility`, { visibility }),
    pinBuild: (id, pinned) => send('PUT', `${build(id)}/pin`, { pinned }),
    deleteBuild: (id) => send('DELETE', build(id)),
  };
}

/** Addresses for links and downloads, which a browser opens by itself. */
export const address = {
  events: `${API_BASE}/events`,
  weekText: (query: object): string => `${API_BASE}/failures/week.txt${queryString(query)}`,
  weekFeed: (query: object): string => `${API_BASE}/failures/week.atom${queryString(query)}`,
  tasks: (id: string, format: TaskFormat): string => `${API_BASE}/builds/${encodeURIComponent(id)}/tasks.${format}`,
  log: (id: string, query: { readonly row?: number; readonly blob?: string; readonly raw?: 1 }): string =>
    `${API_BASE}/builds/${encodeURIComponent(id)}/log.txt${queryString(query)}`,
  failure: (of: string): string => `${API_BASE}/failures/${encodeURIComponent(of)}`,
  failureText: (of: string): string => `/f/${encodeURIComponent(of)}.txt`,
  tests: (id: string, format: 'csv' | 'json'): string => `${API_BASE}/builds/${encodeURIComponent(id)}/tests.${format}`,
  search: (q: string, kind: SearchKind, format: 'csv' | 'json' | 'atom'): string =>
    `${API_BASE}/search.${format}${queryString({ q, kind })}`,
  trace: (id: string): string => `${API_BASE}/builds/${encodeURIComponent(id)}/trace.json`,
  report: (id: string): string => `${API_BASE}/builds/${encodeURIComponent(id)}/report.html`,
  compareReport: (ids: readonly string[]): string => `${API_BASE}/compare/report.html${queryString({ b: ids })}`,
  chart: (id: string, query: object = {}): string =>
    `${API_BASE}/builds/${encodeURIComponent(id)}/chart.svg${queryString(query)}`,
} as const;
