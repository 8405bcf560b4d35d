/**
 * What the store promises, for both engines. Writes are whole builds in one transaction; every screen has its own read,
 * whose question and answer are in answers/. Asynchronous throughout because PostgreSQL is; SQLite answers in the same tick.
 */
import type { Build } from '../model/build.ts';
import type { FirstSeen, LayerCommit } from '../model/layer-commit.ts';
import type { Metric } from '../model/metric.ts';
import type { SampleTable } from '../model/samples.ts';
import type { TaskGraph, TaskTable } from '../model/task-table.ts';
import type { Accounts } from './accounts.ts';
import type { BuildAccess, Viewer, Visibility } from './answers/access.ts';
import type {
  BuildContents,
  BuildHead,
  BuildListFilter,
  BuildSummary,
  BuildSummaryPage,
  FacetCounts,
  OriginQuestion,
  SavedBuild,
  StoredBytes,
} from './answers/builds.ts';
import type { CubeAnswer, CubeQuestion, RunsOfCell, RunsOfCellQuestion } from './answers/cube.ts';
import type { TopTask, TopTasksQuestion, Trend, TrendQuestion } from './answers/explore.ts';
import type {
  ExecutedTask,
  FailureFilter,
  FailureGroups,
  FailurePage,
  TaskElsewhere,
  TaskElsewhereQuestion,
  TaskHistory,
  TaskHistoryQuestion,
} from './answers/failures.ts';
import type { Matrix, MatrixQuestion } from './answers/matrix.ts';
import type { QaIssuesQuestion, StoredQaHistory, StoredQaIssues } from './answers/qa.ts';
import type { RecipeListed, RecipeRunsQuestion, RecipesQuestion, StoredRecipeRuns } from './answers/recipes.ts';
import type { TestingRow } from './answers/testing.ts';
import type { Waterfall, WaterfallQuestion } from './answers/waterfall.ts';
import type { BlobIndex } from './blob-index.ts';
import type { Alike, FailureIndex } from './failure-index.ts';
import type { BuildRelations, Farms } from './farms.ts';
import type { FoundLog, LogIndex, LogQuestion } from './log-search.ts';
import type { RecipeSuccesses, Seen, SeenQuestion, StoredFailure } from './queries/read-failure.ts';
import type { RecipeRecount } from './recipe-recount.ts';
import type { ReportNumbers } from './report-numbers.ts';
import type { Retention } from './retention.ts';
import type { SavedSearches } from './saved-searches.ts';
import type { Search } from './search.ts';
import type { Tests } from './tests.ts';
import type { Triage } from './triage.ts';
import type { UploadReceipt, Uploads } from './uploads.ts';

export * from './answers/access.ts';
export * from './answers/builds.ts';
export * from './answers/cube.ts';
export * from './answers/explore.ts';
export * from './answers/failures.ts';
export * from './answers/matrix.ts';
export * from './answers/qa.ts';
export * from './answers/recipes.ts';
export * from './answers/testing.ts';
export * from './answers/waterfall.ts';
export type { RecipeSuccesses, Seen, StoredFailure } from './queries/read-failure.ts';

export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  /** The same store with every read bounded to what the viewer may see; for an admin, this one. */
  seenBy(viewer: Viewer): Store;
  /** Writes the build whole, in one transaction; the same content again writes nothing. */
  saveBuild(
    id: string,
    build: Build,
    options?: {
      /**
       * The revision this build was made from (null: there was none): where the store holds another by now nothing is written and
       * the error is `conflict`. Without it the last writer wins.
       */
      readonly replacing?: string | null;
      /** Of a build that is new to the store; one that is there keeps what it has. */
      readonly access?: BuildAccess;
      /** Of the upload that it was read from: noted in the same transaction; `conflict` where more of it is stored already. */
      readonly receipt?: UploadReceipt | undefined;
    },
  ): Promise<SavedBuild>;
  /** The build whole, or null. */
  readBuild(id: string): Promise<Build | null>;
  readHead(id: string): Promise<(BuildHead & { readonly id: string; readonly revision: string }) | null>;
  /** Ids that begin with the prefix, at most `limit`. */
  findIds(prefix: string, limit: number): Promise<string[]>;
  /** For each of the ids that is listed: the ids just before and just after it by which listed builds are found. */
  readBesides(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Ids of builds that may be of one origin: of the same name, or begun within `slackMs`; the nearest start first. */
  findByOrigin(question: OriginQuestion): Promise<string[]>;
  /** Only the asked metrics are decoded; '*' is all. Null: no such build. */
  readTaskTable(id: string, metrics: readonly string[] | '*'): Promise<TaskTable | null>;
  readSamples(id: string): Promise<readonly SampleTable[] | null>;
  /** The same as one columns body for the wire (docs/formats/task-table.md); stored blocks are passed on, not decoded. */
  readTaskBytes(id: string, metrics: readonly string[] | '*'): Promise<StoredBytes | null>;
  readSampleBytes(id: string): Promise<StoredBytes | null>;
  /** The task graph as stored (model/columns-graph.ts decodes it). Null: no such build, or no source told its graph. */
  readGraphBytes(id: string): Promise<StoredBytes | null>;
  /** The same decoded: which task run needs which, in rows of the task table of that revision. */
  readGraph(id: string): Promise<{ readonly graph: TaskGraph; readonly revision: string } | null>;
  readContents(id: string): Promise<BuildContents | null>;
  readSummary(id: string): Promise<BuildSummary | null>;
  listBuilds(
    filter: BuildListFilter,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<BuildSummaryPage>;
  /** A facet's own filter does not narrow its own counts. */
  countFacets(filter: BuildListFilter): Promise<FacetCounts>;
  /**
   * For each id: durations in ms of up to `limit` earlier succeeded builds of the same configuration, oldest first. One question for
   * a whole page of the list.
   */
  readHistories(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Pages elsewhere that are about the build, what made it run and what it made run. Null: no such build. */
  readRelations(id: string): Promise<BuildRelations | null>;
  /** Builds of the same configuration just before and after in time. */
  readNeighbours(id: string): Promise<{ readonly previousId: string | null; readonly nextId: string | null }>;
  /**
   * One metric over the last `builds` builds, oldest first: of a task (recipe and task given; its runs summed), of a recipe (its tasks
   * aggregated as the metric says) or of the whole build. Builds that did not execute it are left out: not executed is not zero.
   * `builds`: how many were looked at. A `like` that is not stored is like none.
   */
  readTrend(question: TrendQuestion): Promise<Trend>;
  /** The largest values of one metric among the task runs of many builds, largest first. */
  readTopTasks(question: TopTasksQuestion): Promise<{ readonly metric: Metric; readonly tasks: readonly TopTask[] }>;
  /** Builds over time, a column for each value of a dimension. */
  readWaterfall(question: WaterfallQuestion): Promise<Waterfall>;
  /** The last result of each pair of values. */
  readMatrix(question: MatrixQuestion): Promise<Matrix>;
  /** Failures by what they have in common, at most `limit` groups. */
  groupFailures(builds: BuildListFilter, filter: FailureFilter, limit: number): Promise<FailureGroups>;
  /** Those of the newest build first. State, owner and issue are of groups and not looked at. */
  listFailures(
    builds: BuildListFilter,
    filter: FailureFilter,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<FailurePage>;
  /** With what was found out about their words, in the order of the build's head. Null: no such build. */
  readFailures(id: string): Promise<readonly StoredFailure[] | null>;
  /** Where else something failed in the same words. */
  readSeen(question: SeenQuestion): Promise<Seen>;
  /** The newest builds that executed a recipe and passed. */
  readSuccesses(question: { readonly pn: string; readonly like: string }): Promise<RecipeSuccesses>;
  readTaskHistory(question: TaskHistoryQuestion): Promise<TaskHistory>;
  /** What it did in the first builds of a branch that began then or later. */
  readTaskElsewhere(question: TaskElsewhereQuestion): Promise<TaskElsewhere>;
  /** When the first of all builds had each of these commits, on its branch. */
  readFirstSeen(commits: readonly LayerCommit[]): Promise<FirstSeen>;
  /** Every run, passed or failed, of the task hashes that failed in the newest `limit` builds that match. */
  readFailedHashes(
    builds: BuildListFilter,
    limit: number,
  ): Promise<{ readonly runs: readonly ExecutedTask[]; readonly builds: number }>;
  readRecipeRuns(question: RecipeRunsQuestion): Promise<StoredRecipeRuns>;
  /** `builds`: how many were looked at. */
  listRecipes(
    question: RecipesQuestion,
  ): Promise<{ readonly builds: number; readonly recipes: readonly RecipeListed[] }>;
  readCube(question: CubeQuestion): Promise<CubeAnswer>;
  /** The recipe runs that a cell counts. */
  readRunsOfCell(question: RunsOfCellQuestion): Promise<RunsOfCell>;
  readTesting(
    filter: BuildListFilter,
    rowsMax: number,
  ): Promise<{ readonly rows: readonly TestingRow[]; readonly leftOut: number }>;
  readQaIssues(question: QaIssuesQuestion): Promise<StoredQaIssues>;
  /** `task`: what checks an issue that names none. Null: no such build may be seen. */
  readQaHistory(build: string, task: string, builds: number): Promise<StoredQaHistory | null>;
  /** Every metric the store has seen. */
  listMetrics(): Promise<readonly Metric[]>;
  countBuilds(): Promise<number>;
  /** The id of the build that this id, given to an account of it by a client, leads to; null: it is no alias. */
  aliasOf(alias: string): Promise<string | null>;
  /** From now on `alias` leads to `build`, with everything that referred to it. */
  addAlias(alias: string, build: string): Promise<void>;
  /** Whose a build is and who may see it; null: no such build. */
  readAccess(id: string): Promise<BuildAccess | null>;
  /** Changes who may see a build, or whether retention may take it. False: there is no such build. */
  setAccess(id: string, access: { readonly visibility?: Visibility; readonly pinned?: boolean }): Promise<boolean>;
  /** Random text, the same for as long as the database lives, for this purpose alone. */
  serverSecret(name: string): Promise<string>;
  readonly uploads: Uploads;
  readonly accounts: Accounts;
  /** Not bounded to a viewer, as uploads are not. */
  readonly reportNumbers: ReportNumbers;
  /** True when there was such a build. */
  deleteBuild(id: string): Promise<boolean>;
  /** Not bounded to a viewer: whoever gives a blob away asks `hasUse` of a build that its viewer may see. */
  readonly blobIndex: BlobIndex;
  readonly retention: Retention;
  /** Not bounded to a viewer: what mirrors a farm writes. */
  readonly farms: Farms;
  /** Not bounded to a viewer: for who looks through logs, not for who reads about them. */
  readonly failureIndex: FailureIndex;
  /** Not bounded to a viewer, as `failureIndex`. */
  readonly logIndex: LogIndex;
  readonly recipeRecount: RecipeRecount;
  /** Failures whose logs have all the words, the newest builds' first. */
  searchLogs(question: LogQuestion): Promise<readonly FoundLog[]>;
  /** Failures of a build, by ordinal, of whose fingerprint other builds have failures as well. */
  countAlike(id: string): Promise<ReadonlyMap<number, Alike>>;
  /** What people say of kinds of failures; bounded to the viewer. */
  readonly triage: Triage;
  /** Builds, recipes, failures and causes by one question. */
  readonly search: Search;
  /** Not bounded to a viewer: asked by the number of an account. */
  readonly savedSearches: SavedSearches;
  /** Reads bounded to the viewer; who may write is asked before. */
  readonly tests: Tests;
  /** What the database takes, as the engine says. */
  databaseBytes(): Promise<number>;
  close(): Promise<void>;
}
