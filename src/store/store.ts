/**
 * What the store promises, for both engines. Writes are whole builds in one transaction; every screen has its own read.
 * Asynchronous throughout because PostgreSQL is; SQLite answers in the same tick.
 */
import type { Build, BuildKind, BuildOutcome, LayerRevision, Message, SstateSummary } from '../model/build.ts';
import type { BuildDimension, WaterfallDimension } from '../model/build-dimension.ts';
import type { CubeAmount, CubeDimension } from '../model/cube.ts';
import type { Metric } from '../model/metric.ts';
import type { RecipeStatus } from '../model/recipe-status.ts';
import type { SampleSeries, SampleTable } from '../model/samples.ts';
import type { TaskGraph, TaskOutcome, TaskTable } from '../model/task-table.ts';
import type { TriageState } from '../model/triage.ts';
import type { Accounts } from './accounts.ts';
import type { BlobIndex } from './blob-index.ts';
import type { Alike, FailureIndex } from './failure-index.ts';
import type { BuildRelations, Farms } from './farms.ts';
import type { FoundLog, LogIndex, LogQuestion } from './log-search.ts';
import type { RecipeSuccesses, Seen, SeenQuestion, StoredFailure } from './queries/read-failure.ts';
import type { ReportNumbers } from './report-numbers.ts';
import type { Retention } from './retention.ts';
import type { SavedSearches } from './saved-searches.ts';
import type { Search } from './search.ts';
import type { Tests } from './tests.ts';
import type { Triage, TriageWord } from './triage.ts';
import type { UploadReceipt, Uploads } from './uploads.ts';

export type { RecipeSuccesses, Seen, StoredFailure } from './queries/read-failure.ts';

export interface SavedBuild {
  readonly id: string;
  /** Hash of the content: saving the same build again gives the same revision and writes nothing. */
  readonly revision: string;
  readonly changed: boolean;
}

/** `public`: in every list. `unlisted`: for who has the whole id. `private`: for its owner and for admins. */
export const VISIBILITIES = ['public', 'unlisted', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface BuildAccess {
  readonly visibility: Visibility;
  /** Number of the account it belongs to, or null. */
  readonly owner: number | null;
  /** Epoch ms; null: read from a path. */
  readonly receivedMs: number | null;
}

/** Who asks. `account` null: somebody who is not signed in. */
export interface Viewer {
  readonly account: number | null;
  readonly admin: boolean;
}

/** Somebody who is not signed in. */
export const STRANGER: Viewer = { account: null, admin: false };
/** Whoever works at the machine of the server: the command line. */
export const CONSOLE: Viewer = { account: null, admin: true };

/** Everything of a build but its task table and samples. */
export type BuildHead = Omit<Build, 'tasks' | 'samples' | 'graph'>;

export interface BuildListFilter {
  readonly words?: readonly string[];
  /** Exact values; '' means not recorded. */
  readonly machine?: readonly string[];
  readonly distro?: readonly string[];
  readonly target?: readonly string[];
  readonly builder?: readonly string[];
  readonly host?: readonly string[];
  readonly outcome?: readonly BuildOutcome[];
  readonly kind?: readonly BuildKind[];
  /** Distribution of the machine that built. */
  readonly hostDistro?: readonly string[];
  /** Of the core layer. */
  readonly branch?: readonly string[];
  /** DISTRO_VERSION. */
  readonly release?: readonly string[];
  readonly visibility?: readonly Visibility[];
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A line of the list of builds: what is searched, sorted and shown without opening a build. */
export interface BuildSummary {
  readonly id: string;
  readonly revision: string;
  readonly name: string;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly endEstimated: boolean;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly builder: string | null;
  readonly hostName: string | null;
  /** Of the first source. */
  readonly location: string;
  readonly kind: BuildKind;
  readonly kindEstimated: boolean;
  readonly sstate: SstateSummary | null;
  /** Task runs that started. */
  readonly tasks: number;
  readonly failures: number;
  /** `pn:do_x` */
  readonly firstFailure: string | null;
  readonly qaIssues: number;
  readonly problems: number;
  /** Sum over its task runs; null where none recorded it. */
  readonly cpuTimeS: number | null;
  /** Key of what makes builds comparable (product.md, configuration). */
  readonly configuration: string;
  readonly visibility: Visibility;
}

export interface BuildSummaryPage {
  /** Newest start first; builds without a start last; then by id. */
  readonly builds: readonly BuildSummary[];
  /** Cursor of the next page, null on the last. */
  readonly next: string | null;
  readonly matching: number;
  readonly total: number;
}

export const FACETS = [
  'machine',
  'distro',
  'target',
  'builder',
  'host',
  'hostDistro',
  'branch',
  'release',
  'outcome',
  'kind',
  'visibility',
] as const;
export type Facet = (typeof FACETS)[number];
/** Values with their counts, most frequent first; null: not recorded. */
export type FacetCounts = Readonly<Record<Facet, readonly { readonly value: string | null; readonly count: number }[]>>;

/** What a build's task table and samples hold, told without decoding them. */
export interface BuildContents {
  readonly taskNames: readonly string[];
  readonly metrics: readonly Metric[];
  readonly series: readonly (Omit<SampleSeries, 'values'> & { readonly source: string })[];
  /** Task runs by outcome; outcomes that none has are absent. */
  readonly taskOutcomes: Readonly<Partial<Record<TaskOutcome, number>>>;
  readonly hasGraph: boolean;
}

/** One build's value of one task, recipe or the whole build. */
export interface TrendPoint {
  readonly id: string;
  readonly startedMs: number | null;
  readonly value: number;
  readonly outcome: BuildOutcome;
}

export interface Trend {
  readonly metric: Metric;
  readonly points: readonly TrendPoint[];
  readonly builds: number;
}

export interface OriginQuestion {
  readonly name: string;
  readonly startedMs: number | null;
  readonly slackMs: number;
}

export interface TrendQuestion {
  /** PN; null: the whole build. */
  readonly recipe: string | null;
  /** Null: the whole recipe. */
  readonly task: string | null;
  readonly mc: string;
  readonly metric: string;
  /** How many of the last builds are looked at. */
  readonly builds: number;
  /** Id of a build: only builds of its configuration; null or left out: all. */
  readonly like?: string | null;
}

export interface TopTasksQuestion {
  readonly metric: string;
  /** Ids of builds, or how many of the last. */
  readonly builds: readonly string[] | number;
  readonly limit: number;
}

/** A task run with the value that put it among the largest. */
export interface TopTask {
  readonly id: string;
  /** Row of that build's task table. */
  readonly row: number;
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  readonly value: number;
}

export interface WaterfallQuestion {
  readonly filter: BuildListFilter;
  /** What a column is; null: one column for all. */
  readonly by: WaterfallDimension | null;
  /** Builds that ran in it; null: from the first build that matches to the last. */
  readonly window: { readonly beginMs: number; readonly endMs: number } | null;
  /** At most so many steps of time, where there are too many builds to tell each. */
  readonly cells: number;
  /** More builds than this become cells; 0: always cells. */
  readonly buildsMax: number;
}

/** Builds of one column that began in one step of time. */
export interface WaterfallCell {
  readonly value: string | null;
  readonly startMs: number;
  readonly builds: number;
  readonly failed: number;
  /** Succeeded with errors. */
  readonly errors: number;
  readonly succeeded: number;
}

export interface Waterfall {
  readonly beginMs: number;
  readonly endMs: number;
  /** Newest start first. Builds whose start is not recorded have no place. */
  readonly builds: readonly { readonly value: string | null; readonly build: BuildSummary }[];
  /** Null: all builds are told. */
  readonly cells: { readonly stepMs: number; readonly rows: readonly WaterfallCell[] } | null;
}

export interface MatrixQuestion {
  readonly filter: BuildListFilter;
  readonly rows: BuildDimension;
  /** Null: one column. */
  readonly columns: BuildDimension | null;
  /** Minutes east of UTC, where days begin. */
  readonly zoneMinutes: number;
  readonly cellsMax: number;
}

export interface MatrixCell {
  /** Null: not recorded. */
  readonly row: string | null;
  readonly column: string | null;
  readonly builds: number;
  readonly failed: number;
  readonly running: number;
  /** Start of the last one that succeeded, with errors or without. */
  readonly succeededMs: number | null;
  /** Start of the last one, whatever became of it. */
  readonly newestMs: number;
  /** The last with a verdict; where none has one, the last. */
  readonly last: BuildSummary;
  /** How it went: the build, or the recipe in it. */
  readonly outcome: BuildOutcome;
  /** `pn:do_x` of the build, `do_x` of the recipe; null: nothing failed, or nobody knows what. */
  readonly failing: string | null;
}

export interface Matrix {
  /** By the start of their last build, newest first. */
  readonly cells: readonly MatrixCell[];
  readonly leftOut: number;
  /** Only builds from here on are told, of days and of recipes; null: all that match. Builds without a recorded start are in no cell. */
  readonly sinceMs: number | null;
}

/** What failures are asked for by, besides their builds. Exact values; '' means not recorded. */
export interface FailureFilter {
  readonly fingerprint?: readonly string[];
  readonly crossHash?: readonly string[];
  /** '' : not looked at yet. */
  readonly class?: readonly string[];
  readonly infrastructure?: boolean;
  readonly recipe?: readonly string[];
  readonly task?: readonly string[];
  /** Each is found in cause, recipe or task. */
  readonly words?: readonly string[];
  /** Of groups alone, as the following: what is known of their fingerprint. */
  readonly state?: readonly TriageState[];
  /** Names of accounts; '' is nobody. */
  readonly owner?: readonly string[];
  /** Numbers of known issues; 0 is none. */
  readonly issue?: readonly number[];
  /** Of groups: one cause in whatever recipe and task (the default), or each recipe and task by itself. */
  readonly by?: 'cause' | 'task';
  readonly sort?: 'failures' | 'builds' | 'machines' | 'first' | 'last' | 'recipe';
}

/** Failures that failed in the same words. */
export interface FailureGroup {
  /** The most frequent first; none: nobody looked at them yet, and they stand together by recipe and task. */
  readonly fingerprints: readonly string[];
  readonly crossHash: string | null;
  readonly class: string | null;
  readonly infrastructure: boolean | null;
  /** Some of their names, and how many there are. */
  readonly recipes: readonly string[];
  readonly recipeCount: number;
  readonly tasks: readonly string[];
  /** The words they have in common. */
  readonly text: string | null;
  /** Words and version of the newest. */
  readonly cause: string | null;
  readonly version: string | null;
  readonly failures: number;
  readonly builds: number;
  readonly machines: readonly string[];
  readonly machineCount: number;
  readonly builders: readonly string[];
  readonly builderCount: number;
  /** Distributions of the hosts. */
  readonly hosts: readonly string[];
  readonly hostCount: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Ids of builds, and the name of the newest failure in the newest. */
  readonly firstBuild: string;
  readonly lastBuild: string;
  readonly lastKey: string;
  /** Failures by day, or by some days (`daysAPlace`), UTC. */
  readonly days: readonly number[];
  /** Null where there is no fingerprint that it could be said of. */
  readonly triage: Omit<TriageWord, 'fingerprint'> | null;
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  /** Groups that match. */
  readonly matching: number;
  /** Of the builds that match and of the failures as asked for, state, owner and issue left out. */
  readonly failures: number;
  readonly builds: number;
  /** There are older failures than could be counted. */
  readonly truncated: boolean;
  /** Groups by state, with the state that was asked for left out. */
  readonly states: Readonly<Partial<Record<TriageState, number>>>;
  /** Groups by class; '' is not looked at yet. */
  readonly classes: Readonly<Record<string, number>>;
  /** Of the first place of `days`; null: no build tells when it began. */
  readonly firstDayMs: number | null;
  readonly daysAPlace: number;
}

export interface FailureLine {
  /** `<build>.<key>` */
  readonly id: string;
  readonly build: string;
  readonly buildName: string;
  readonly key: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly targets: readonly string[] | null;
  readonly builder: string | null;
  readonly hostDistro: string | null;
  readonly branch: string | null;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly cause: string | null;
  /** SHA-256 of its log; null: none is kept. */
  readonly blob: string | null;
  readonly fingerprint: string | null;
  readonly class: string | null;
  readonly infrastructure: boolean | null;
}

/** A build that triggered one which has failures here. */
export interface FailureParent {
  readonly child: string;
  readonly build: string;
  readonly buildName: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly builder: string | null;
}

export interface FailurePage {
  readonly failures: readonly FailureLine[];
  /** Newest first; where a farm told who triggered whom. */
  readonly parents: readonly FailureParent[];
  readonly next: string | null;
  readonly matching: number;
}

export interface TaskHistoryQuestion {
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  /** Id of a build: those of its machine, distribution and branch. */
  readonly like: string;
  /** How many of them at most on each side of it. */
  readonly builds: number;
}

/** What one task did in builds of one configuration, oldest first. */
export type TaskHistory = readonly {
  readonly build: string;
  readonly startedMs: number | null;
  /** Index into TASK_OUTCOMES; null: the build did not have the task. */
  readonly outcome: number | null;
  readonly hash: string | null;
  readonly hostDistro: string | null;
  /** Of its failure within the build. */
  readonly key: string | null;
  readonly fingerprint: string | null;
  readonly infrastructure: boolean;
  readonly layers: readonly LayerRevision[];
}[];

/** One run of a task hash that failed somewhere. */
export interface ExecutedTask {
  readonly build: string;
  readonly startedMs: number | null;
  readonly hostDistro: string | null;
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  readonly hash: string;
  readonly passed: boolean;
  readonly infrastructure: boolean;
  /** Of its build: bitbake says there which runs were forced. */
  readonly messages: readonly Message[];
}

export interface RecipeRunsQuestion {
  readonly pn: string;
  readonly filter: BuildListFilter;
  readonly limit: number;
}

/** One recipe's share of one build. */
export interface StoredRecipeRun {
  /** Id. */
  readonly build: string;
  readonly name: string;
  readonly startedMs: number | null;
  /** Of the build. */
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
  readonly mc: string;
  readonly version: string | null;
  readonly status: RecipeStatus;
  readonly failedTask: string | null;
  /** Sum of its tasks' wall times; null: none was executed with both ends known. */
  readonly busyMs: number | null;
  readonly failure: {
    /** With the build's id, its address. */
    readonly key: string;
    readonly cause: string | null;
    /** Null: not looked at yet. */
    readonly fingerprint: string | null;
    readonly causeClass: string | null;
    readonly infrastructure: boolean | null;
  } | null;
  readonly layers: readonly LayerRevision[];
}

export interface StoredRecipeRuns {
  /** Newest first. */
  readonly runs: readonly StoredRecipeRun[];
  /** There are older ones. */
  readonly more: boolean;
}

export interface RecipesQuestion {
  readonly filter: BuildListFilter;
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
}

/** How one recipe went in some builds. */
export interface RecipeListed {
  readonly pn: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly fromSstate: number;
  readonly notExecuted: number;
  readonly unfinished: number;
  /** Start of the last build in which it did; null: in none of them, or that build's start is not recorded. */
  readonly lastSucceededMs: number | null;
  readonly lastFailedMs: number | null;
  /** Over the builds in which it succeeded. */
  readonly busyMsMean: number | null;
}

export interface CubeQuestion {
  readonly filter: BuildListFilter;
  readonly dimensions: readonly CubeDimension[];
  readonly recipes: readonly string[];
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
  readonly cellsMax: number;
}

export interface CubeAnswer {
  /** How many were looked at. */
  readonly builds: number;
  /** Older ones match too. */
  readonly more: boolean;
  /** Those of the most runs first; `values` in the order of the dimensions, null: not recorded. */
  readonly cells: readonly (CubeAmount & { readonly values: readonly (string | null)[] })[];
  readonly leftOut: number;
}

export interface TestedBuild {
  readonly id: string;
  readonly name: string;
  readonly startedMs: number | null;
  /** Commit of the core layer. */
  readonly revision: string | null;
}

/** What was ever built together, and how it stands. */
export interface TestingRow {
  readonly machine: string | null;
  readonly distro: string | null;
  readonly targets: readonly string[] | null;
  readonly branch: string | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
  /** That ended in success or failure. */
  readonly builds: number;
  readonly lastSuccess: TestedBuild | null;
  /** Null: the newest one succeeded. `first`: `pn:do_x` of its first failure, `key` of it (with the id its address), `cause` its words. */
  readonly failure:
    | (TestedBuild & { readonly first: string | null; readonly key: string | null; readonly cause: string | null })
    | null;
}

export interface QaIssuesQuestion {
  readonly filter: BuildListFilter;
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
  /** One recipe: then only builds that executed its check say anything. Null: all. */
  readonly pn: string | null;
}

/** A build as far as package QA is concerned. */
export interface QaBuild {
  readonly build: string;
  readonly name: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly builder: string | null;
  /** Executed do_package_qa runs, of the recipe where one is asked for; null: no task table tells. */
  readonly checks: number | null;
  readonly issues: number;
}

/** Issues of one class in one recipe over many builds. */
export interface QaGroup {
  readonly qaClass: string | null;
  readonly pn: string | null;
  readonly severity: 'warning' | 'error';
  readonly issues: number;
  /** Builds that have one. */
  readonly builds: number;
  /** Indexes of the oldest and the newest build that have one. */
  readonly first: number;
  readonly last: number;
  /** One of them, cut. */
  readonly message: string;
}

export interface StoredQaIssues {
  /** Newest first. */
  readonly builds: readonly QaBuild[];
  /** How many issues of a class a build has; none that are zero. */
  readonly counts: readonly { readonly build: number; readonly qaClass: string | null; readonly issues: number }[];
  /** Most issues first. */
  readonly groups: readonly QaGroup[];
  /** There are more groups than are told. */
  readonly more: boolean;
}

/** What a build's QA issues are compared with: issues of the same recipes in earlier builds, and who executed their checks. */
export interface StoredQaHistory {
  /** Earlier builds of the same machine, distribution and branch that were looked at. */
  readonly builds: number;
  /** Of the build itself, in the order of its list. */
  readonly own: readonly StoredQaIssue[];
  /** The same words once, with the first build that had them. */
  readonly earlier: readonly (Omit<StoredQaIssue, 'severity'> & { readonly build: string })[];
  /** The last earlier build that executed the task. */
  readonly checks: readonly { readonly pn: string; readonly task: string; readonly build: string }[];
}

export interface StoredQaIssue {
  readonly qaClass: string | null;
  readonly severity: 'warning' | 'error';
  readonly pn: string | null;
  readonly version: string | null;
  readonly task: string | null;
  readonly message: string;
}

/** A body as it is stored, sent without being understood. */
export interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly revision: string;
  /** Not running. */
  readonly finished: boolean;
}

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
   */
  /** `builds`: how many were looked at. A `like` that is not stored is like none. */
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
