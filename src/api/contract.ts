/**
 * The API as a contract: every path under /api/v1 with its parameters and answers. zod lives here and nowhere else; the web and the
 * client take the types only (zod is 92 KB gzipped). Times are epoch ms UTC; null is "not recorded".
 *
 * Errors are RFC 9457 problem documents (application/problem+json) with a stable `code` (model/errors.ts).
 * Lists page by cursor: `?after=<cursor>&limit=` up to 500; `next` is null on the last page.
 *
 *     GET  /builds                            BuildsQuery -> BuildsPage
 *     GET  /facets                            BuildsQuery (a facet's own filter does not narrow it) -> Facets
 *     GET  /builds/{id}                       -> BuildDetail
 *     GET  /builds/{id}/columns               ColumnsQuery -> binary, COLUMNS_MEDIA_TYPE
 *     GET  /builds/{id}/samples               RevisionQuery -> binary, COLUMNS_MEDIA_TYPE
 *     GET  /builds/{id}/graph                 RevisionQuery -> binary, COLUMNS_MEDIA_TYPE; 404 when hasGraph is false
 *     GET  /builds/{id}/log                   LogQuery -> LogText; 404 when there is none, 403 outside the folder given
 *     GET  /builds/{id}/log.txt               LogFileQuery -> all of it, text/plain
 *     GET  /builds/{id}/log/found             LogFoundQuery -> LogFound: where words stand in it, or errors
 *     GET  /logs                              LogsQuery -> LogsFound: words in the logs of all failures
 *     GET  /builds/{id}/tasks.csv             downloads: the task table as CSV,
 *     GET  /builds/{id}/tasks.json            as JSON,
 *     GET  /builds/{id}/tasks.parquet         as Parquet,
 *     GET  /builds/{id}/samples.csv           the sample series as CSV,
 *     GET  /builds/{id}/trace.json            the build as Chrome trace,
 *     GET  /builds/{id}/chart.svg             ChartQuery -> the boot chart
 *     GET  /builds/{id}/report.html           the build as one self-contained page
 *     GET  /builds/{id}/tests                 TestsQuery -> TestsResult
 *     GET  /builds/{id}/tests.csv             all test cases of a build as CSV,
 *     GET  /builds/{id}/tests.json            as JSON
 *     GET  /builds/{id}/tests/history         TestHistoryQuery -> TestHistoryResult
 *     GET  /failures/{failure}                -> FailureDetail
 *     GET  /recipes                           RecipesQuery -> RecipeList
 *     GET  /recipes/{pn}                      RecipeQuery -> RecipeShown
 *     GET  /compare                           CompareQuery -> CompareResult
 *     GET  /compare/tests                     CompareTestsQuery -> CompareTestsResult
 *     GET  /compare/report.html               CompareReportQuery -> the comparison as one self-contained page
 *     GET  /explore                           ExploreQuery -> ExploreResult
 *     GET  /trend                             TrendQuery -> TrendResult
 *     GET  /waterfall                         WaterfallQuery -> WaterfallResult
 *     GET  /matrix                            MatrixQuery -> MatrixResult
 *     GET  /testing                           BuildsFilterQuery -> TestingTable: what builds where
 *     GET  /cube                              CubeQuery -> CubeTable: recipe runs counted
 *     GET  /qa                                QaQuery -> QaIssues
 *     GET  /builds/{id}/qa                    -> NewQaIssues: those that the build before did not have
 *     GET  /failures                          FailuresQuery -> FailureGroups: failures by fingerprint
 *     GET  /failures/list                     FailureListQuery -> FailuresPage: single ones
 *     GET  /failures/week                     WeekQuery -> Week: what the rota reads on Monday
 *     GET  /failures/week.txt                 WeekQuery -> the same as text/plain
 *     GET  /failures/unsteady                 UnsteadyQuery -> UnsteadyTasks
 *     GET  /failures/blame                    BlameQuery -> BlameAnswer
 *     GET  /triage/{fingerprint}              -> TriageDetail, with everything that was said
 *     POST /triage                            TriageFailures -> FailuresTriaged (this and the next three: signed in)
 *     GET  /issues                            -> KnownIssues
 *     POST /issues                            IssueText -> IssueSaved
 *     PUT  /issues/{number}                   IssueText -> IssueSaved
 *     DELETE /issues/{number}                 -> IssueSaved
 *     GET  /search                            SearchParams -> SearchAnswer (docs/search.md has the language)
 *     GET  /search/facets                     SearchText -> SearchFacets
 *     GET  /search/values                     SearchValuesQuery -> OfferedValues, while a person types
 *     GET  /searches                          -> KeptSearches: what the account keeps by name
 *     PUT  /searches                          KeptSearch -> KeptSearches (this and the next: signed in)
 *     DELETE /searches/{name}                 -> KeptSearches
 *     GET  /search.csv                        SearchExportQuery -> all that was found of one kind, as CSV,
 *     GET  /search.json                       as JSON,
 *     GET  /search.atom                       and the newest of it as a feed
 *     GET  /server                            -> ServerInfo
 *     GET  /events                            server-sent events, each `data:` a ServerEvent
 *     POST /uploads                           MeetUpload -> UploadMeeting (docs/formats/upload.md)
 *     PUT  /uploads/{build}/{generation}/{offset}   bytes of the stream -> UploadState
 *     POST /uploads/{build}/blobs             OfferBlobs -> BlobsWanted
 *     PUT  /uploads/{build}/blobs/{sha256}    the bytes -> BlobStored
 *     POST /push                              files: -> FilesPushed
 *     POST /sample                            -> SampleImported (loopback and same origin only)
 *     POST /sign-in                           SignIn -> SignedIn, and a cookie
 *     POST /sign-out                          SignOut -> Done
 *     GET  /account                           -> AccountDetail: who asks, with tokens and sessions
 *     POST /account/password                  ChangePassword -> Done
 *     POST /account/tokens                    MakeToken -> MadeToken, which tells the token once
 *     DELETE /account/tokens/{token}          -> Done
 *     GET  /accounts                          -> AccountList (this and what follows: admins)
 *     POST /accounts                          AddAccount -> AccountState
 *     GET  /accounts/{name}                   -> AccountDetail
 *     PATCH /accounts/{name}                  ChangeAccount -> AccountState
 *     POST /accounts/{name}/tokens            MakeToken -> MadeToken; of a robot
 *     DELETE /accounts/{name}/tokens/{token}  -> Done
 *     PUT  /builds/{id}/visibility            SetVisibility -> VisibilitySet (this and the next two: owner and admins)
 *     PUT  /builds/{id}/pin                   PinBuild -> PinnedBuild
 *     DELETE /builds/{id}                     -> DeletedBuild
 *     GET  /server/state                      -> ServerState (admins)
 *     GET  /openapi.json                      this, as OpenAPI 3.1
 *
 * `{id}` is a UUID, a unique prefix of one (4 characters or more), `@last` or `@last~N`. An answer below a finished build that is asked
 * for with its revision (`?r=<revision>`) may be kept for ever; everything else carries an ETag.
 */
import { z } from 'zod';
import { BUILD_OUTCOMES, LOG_KINDS, SOURCE_KINDS } from '../model/build.ts';
import { BUILD_DIMENSIONS, WATERFALL_DIMENSIONS } from '../model/build-dimension.ts';
import { ERROR_CODES } from '../model/errors.ts';
import { LINK_KINDS } from '../model/farm-build.ts';
import {
  ACCOUNT_NAME_CHARS_MAX,
  EXPRESSION_CHARS_MAX,
  FIXED_IN_CHARS_MAX,
  ISSUE_TITLE_CHARS_MAX,
  LINK_CHARS_MAX,
  LOG_LINES_MAX,
  LOG_SEARCH_CHARS_MAX,
  LOG_WORDS_CHARS_MAX,
  NOTE_CHARS_MAX,
  OFFERED_BLOBS_MAX,
  PASSWORD_CHARS_MAX,
  SEARCH_NAME_CHARS_MAX,
  SEARCH_QUERY_CHARS_MAX,
  TASK_RUNS_MAX,
  TOKEN_NAME_CHARS_MAX,
  TRIAGED_AT_ONCE_MAX,
} from '../model/limits.ts';
import { OFFERED_FIELDS } from '../model/offered-fields.ts';
import { RECIPE_STATUSES } from '../model/recipe-status.ts';
import { TEST_FORMATS, TEST_STATES } from '../model/test-run.ts';
import { JOURNAL_KINDS, TRIAGE_STATES } from '../model/triage.ts';

const epochMs = z.number().int();
const count = z.number().int().min(0);

export const PAGE_LIMIT_MAX = 500;
export const COMPARE_BUILDS_MAX = 20;

export const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.enum([...ERROR_CODES, 'internal']),
});
export type ProblemDocument = z.infer<typeof ProblemDocument>;

export const BuildOutcome = z.enum(BUILD_OUTCOMES);

export const BuildId = z
  .string()
  .min(4)
  .max(64)
  .regex(/^(@last(~[0-9]{1,5})?|[0-9a-fA-F-]+)$/, 'is not a build id, a prefix of one, @last or @last~N')
  .describe('UUID of a build, a unique prefix of it, @last or @last~N (N builds before the last)');
export const BuildParams = z.object({ id: BuildId });
/** Which log: by its task run, or by its bytes where it came with the build. */
export const LogFileQuery = z.object({
  row: z.coerce.number().int().min(0).max(TASK_RUNS_MAX).optional().describe('row of the task table'),
  blob: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits')
    .optional()
    .describe('SHA-256 of a log that came with the build, instead of row'),
});
export const LogDownloadQuery = LogFileQuery.extend({
  raw: z.enum(['0', '1']).default('0').describe('1: to be shown by the browser, not kept'),
});
/** Without words: lines that look like errors. */
export const LogFoundQuery = LogFileQuery.extend({
  words: z.string().min(1).max(LOG_WORDS_CHARS_MAX).optional().describe('in either case, anywhere in a line'),
});
export type LogFoundQuery = z.infer<typeof LogFoundQuery>;
const lineNumber = z.coerce.number().int().min(1).max(LOG_LINES_MAX);
/** Without lines: all of it, or its head and its tail where it is long. */
export const LogQuery = LogFileQuery.extend({
  from: lineNumber.optional().describe('first line, counted from 1'),
  to: lineNumber.optional().describe('last line'),
  tail: lineNumber.optional().describe('so many lines at the end, instead of from and to'),
});
export type LogQuery = z.infer<typeof LogQuery>;

/** How this build's duration stands to its own past: median of up to 20 earlier succeeded builds of the same configuration. */
export const Usual = z.object({
  builds: count.describe('how many earlier builds the usual is made of; fewer than 3: no usual'),
  medianMs: z.number().nullable(),
  /** duration / median - 1; null when there is no usual or no duration. */
  ratio: z.number().nullable(),
  /** Durations of the earlier builds, oldest first, for the sparkline (at most 20). */
  historyMs: z.array(z.number()),
});
export type Usual = z.infer<typeof Usual>;

export const SstateSummary = z.object({
  wanted: count,
  found: count,
  local: count.nullable(),
  mirrors: count.nullable(),
  missed: count,
  current: count,
});

/** A line of the list of builds. */
export const Visibility = z.enum(['public', 'unlisted', 'private']);
export type Visibility = z.infer<typeof Visibility>;

export const BuildRow = z.object({
  id: z.string(),
  visibility: Visibility,
  name: z.string(),
  startedMs: epochMs.nullable(),
  endedMs: epochMs.nullable(),
  endEstimated: z.boolean(),
  durationMs: z.number().nullable(),
  outcome: BuildOutcome,
  targets: z.array(z.string()).nullable(),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostName: z.string().nullable(),
  /** Folder or log it was read from; tells builds apart that record nothing else. */
  location: z.string(),
  kind: z.enum(['clean', 'incremental', 'sstate', 'not-recorded']),
  kindEstimated: z.boolean(),
  sstate: SstateSummary.nullable(),
  tasks: count.describe('task runs that were executed (started), setscene ones included'),
  failures: count,
  /** First failed task as `pn:do_x`, or null. */
  firstFailure: z.string().nullable(),
  qaIssues: count,
  problems: count,
  cpuTimeS: z.number().nullable(),
  /** cpu time / wall time of the build. */
  parallelism: z.number().nullable(),
  usual: Usual,
  /** Changes whenever anything of the build changes; the ETag of everything below the build. */
  revision: z.string(),
});
export type BuildRow = z.infer<typeof BuildRow>;

const csv = z.string().max(2000).optional();
/** Facet values are comma-separated; a value is matched exactly, '' means not recorded. */
export const BuildsQuery = z.object({
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(100),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('words, each found in target, machine, distro, name, builder, host or location'),
  machine: csv,
  distro: csv,
  target: csv,
  builder: csv,
  host: csv,
  outcome: csv,
  kind: csv,
  hostDistro: csv.describe('distribution of the machine that built'),
  branch: csv.describe('of the core layer'),
  release: csv.describe('DISTRO_VERSION'),
  visibility: csv,
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
});
export type BuildsQuery = z.infer<typeof BuildsQuery>;

export const BuildsPage = z.object({
  builds: z.array(BuildRow),
  next: z.string().nullable(),
  /** Builds that match, and builds in the store. */
  matching: count,
  total: count,
});
export type BuildsPage = z.infer<typeof BuildsPage>;

export const FacetValue = z.object({ value: z.string().nullable(), count });
export const Facets = z.object({
  machine: z.array(FacetValue),
  distro: z.array(FacetValue),
  target: z.array(FacetValue),
  builder: z.array(FacetValue),
  host: z.array(FacetValue),
  outcome: z.array(FacetValue),
  kind: z.array(FacetValue),
  visibility: z.array(FacetValue),
  hostDistro: z.array(FacetValue),
  branch: z.array(FacetValue),
  release: z.array(FacetValue),
});
export type Facets = z.infer<typeof Facets>;

export const MetricInfo = z.object({
  id: z.string(),
  label: z.string(),
  unit: z.string(),
  aggregation: z.enum(['sum', 'max', 'mean', 'none']),
  lowerIsBetter: z.boolean(),
  derived: z.boolean(),
  guessed: z.boolean(),
  note: z.string().nullable(),
});
export type MetricInfo = z.infer<typeof MetricInfo>;

export const SeriesInfo = z.object({
  id: z.string(),
  label: z.string(),
  unit: z.string(),
  source: z.string(),
  limit: z.number().nullable(),
  marks: z.array(z.enum(['corrected', 'saturated', 'may-double-count', 'not-recorded'])),
  note: z.string().nullable(),
  guessed: z.boolean(),
});
export type SeriesInfo = z.infer<typeof SeriesInfo>;

export const RecipeInfo = z.object({
  pf: z.string(),
  pn: z.string(),
  pe: z.string().nullable(),
  pv: z.string().nullable(),
  pr: z.string().nullable(),
  guessed: z.boolean(),
  mc: z.string(),
  layer: z.string().nullable(),
  file: z.string().nullable(),
});
export type RecipeInfo = z.infer<typeof RecipeInfo>;

export const LayerInfo = z.object({
  name: z.string(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  modified: z.boolean().nullable(),
});

export const PhaseInfo = z.object({
  id: z.string(),
  label: z.string(),
  startMs: epochMs,
  endMs: epochMs,
  estimated: z.boolean(),
  detail: z.string().nullable(),
});

export const FailureInfo = z.object({
  row: count.nullable(),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  mc: z.string(),
  cause: z.string().nullable(),
  logPath: z.string().nullable(),
});

export const QaIssueInfo = z.object({
  qaClass: z.string().nullable(),
  severity: z.enum(['warning', 'error']),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  message: z.string(),
});

export const MessageInfo = z.object({
  level: z.enum(['warning', 'error']),
  timeMs: epochMs.nullable(),
  logger: z.string().nullable(),
  text: z.string(),
});

export const ProblemInfo = z.object({
  severity: z.enum(['note', 'warning', 'error']),
  code: z.string(),
  message: z.string(),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
});
export type ProblemInfo = z.infer<typeof ProblemInfo>;

/** A log that came with the build: read with GET /builds/{id}/log?row= or ?blob=. */
export const TaskLogInfo = z.object({
  kind: z.enum(LOG_KINDS),
  row: count.nullable(),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  mc: z.string(),
  blob: z.string(),
  bytes: count,
  /** Of the file on the host that built, where its middle was left out; else null. */
  originalBytes: count.nullable(),
});

export const ArtifactSizeInfo = z.object({
  kind: z.enum(['package', 'image', 'scratch']),
  name: z.string(),
  pf: z.string().nullable(),
  mc: z.string(),
  bytes: z.number(),
  files: count.nullable(),
  fileList: z.string().nullable(),
});

const testCounts = { passed: count, failed: count, skipped: count, other: count };
const TestStateName = z.enum(TEST_STATES);

/** GET /builds/{id}/tests -> TestsResult: the runs, and cases of one of them. */
export const TestsQuery = z.object({
  run: z.coerce.number().int().min(1).optional().describe('number of the run; default: the first with a failed case'),
  state: z
    .union([TestStateName, z.array(TestStateName).max(4)])
    .optional()
    .describe('only cases of these; given more than once, of any'),
  q: z.string().max(400).default('').describe('words of the names of cases'),
  after: z.coerce.number().int().min(-1).default(-1).describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(2000).default(200),
});
export type TestsQuery = z.infer<typeof TestsQuery>;

export const TestRunInfo = z.object({
  number: count,
  key: z.string(),
  format: z.enum(TEST_FORMATS),
  type: z.string().nullable(),
  series: z.string().nullable(),
  machine: z.string().nullable(),
  image: z.string().nullable(),
  distro: z.string().nullable(),
  startedMs: epochMs.nullable(),
  receivedMs: epochMs,
  ...testCounts,
  layers: z.array(z.object({ name: z.string(), branch: z.string().nullable(), commit: z.string().nullable() })),
  configuration: z.record(z.string(), z.string()),
  suites: z.array(
    z.object({
      name: z.string(),
      durationMs: z.number().nullable(),
      exitCode: z.string().nullable(),
      timeout: z.boolean(),
    }),
  ),
});
export type TestRunInfo = z.infer<typeof TestRunInfo>;

export const TestsResult = z.object({
  id: z.string(),
  runs: z.array(TestRunInfo),
  run: count.nullable().describe('whose cases these are; null: the build has no test run'),
  cases: z.array(
    z.object({
      ordinal: count,
      name: z.string(),
      status: z.string().describe('as recorded'),
      state: TestStateName,
      durationMs: z.number().nullable(),
      detail: z.string().nullable().describe('what it said, of a case that did not pass'),
    }),
  ),
  matching: count,
  next: count.nullable(),
});
export type TestsResult = z.infer<typeof TestsResult>;

/** GET /builds/{id}/tests/history -> TestHistoryResult */
export const TestHistoryQuery = z.object({
  run: z.coerce.number().int().min(1),
  name: z.string().min(1).max(500),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type TestHistoryQuery = z.infer<typeof TestHistoryQuery>;
export const TestHistoryResult = z.object({
  name: z.string(),
  points: z
    .array(
      z.object({
        build: z.string(),
        run: z.string(),
        startedMs: epochMs.nullable(),
        status: z.string(),
        state: TestStateName,
        durationMs: z.number().nullable(),
        outcome: z.enum(BUILD_OUTCOMES),
        machine: z.string().nullable(),
        image: z.string().nullable(),
      }),
    )
    .describe('of runs of the same machine, image and type, the newest first'),
});
export type TestHistoryResult = z.infer<typeof TestHistoryResult>;

const ChangedCase = z.object({
  name: z.string(),
  base: z.string(),
  target: z.string().nullable().describe('null: it was not run'),
});
const RunComparison = z.object({
  base: z.string(),
  target: z.string(),
  regressions: z.array(ChangedCase),
  nowPassing: z.array(ChangedCase),
  newTests: count,
});

/** GET /compare/tests?b=&b= -> CompareTestsResult: counted as `resulttool regression` counts. */
export const CompareTestsQuery = z.object({
  b: z.union([z.string(), z.array(z.string())]).describe('base and target'),
});
export const CompareTestsResult = z.object({
  builds: z.array(z.string()),
  runs: z.array(count).describe('test runs of each'),
  regressed: z.array(RunComparison),
  matched: z.array(RunComparison).describe('pairs of runs without a regression'),
  missing: z.array(z.string()).describe('kinds of runs of the base that the target has not'),
});
export type CompareTestsResult = z.infer<typeof CompareTestsResult>;

export const BuildLinkInfo = z.object({
  kind: z.enum(LINK_KINDS).describe('origin: its own page on the server that ran it; job: the page of what ran it'),
  title: z.string(),
  url: z.string(),
});
export type BuildLinkInfo = z.infer<typeof BuildLinkInfo>;

const BuildHost = z.object({
  name: z.string().nullable(),
  kernel: z.string().nullable(),
  arch: z.string().nullable(),
  distro: z.string().nullable(),
  cores: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  cpuModel: z.string().nullable(),
});

/** Everything about a build but its task table and samples, which travel as binary columns. */
export const BuildDetail = BuildRow.extend({
  access: z.object({
    visibility: Visibility,
    owner: z.string().nullable().describe('account it belongs to, told to who may change the build'),
    pinned: z.boolean().describe('no retention rule takes it'),
    mayChange: z.boolean(),
  }),
  distroVersion: z.string().nullable(),
  bitbakeVersion: z.string().nullable(),
  builderId: z.string().nullable(),
  jobId: z.string().nullable(),
  /** Of the targets those that make an image; null: not recorded. */
  images: z.array(z.string()).nullable(),
  logs: z.array(TaskLogInfo),
  sizes: z.array(ArtifactSizeInfo),
  host: BuildHost,
  sources: z.array(
    z.object({
      kind: z.enum(SOURCE_KINDS),
      location: z.string(),
    }),
  ),
  layers: z.array(LayerInfo),
  variables: z.record(z.string(), z.string()),
  extras: z.record(z.string(), z.string()),
  rootfsSizes: z.array(z.object({ path: z.string(), text: z.string(), bytes: z.number().nullable() })),
  recipes: z.array(RecipeInfo),
  taskNames: z.array(z.string()),
  metrics: z.array(MetricInfo),
  series: z.array(SeriesInfo),
  phases: z.array(PhaseInfo),
  failureList: z.array(FailureInfo),
  failureAddresses: z.array(z.string()).describe('of their pages (GET /failures/{failure}), in the same order'),
  qaIssueList: z.array(QaIssueInfo),
  messages: z.array(MessageInfo),
  problemList: z.array(ProblemInfo),
  taskOutcomes: z.record(z.string(), count).describe('task runs by outcome'),
  hasGraph: z.boolean(),
  /** The longest chain of dependencies by the measured times; null: no source told the task graph, or nothing ran. */
  longestChain: z
    .object({
      lengthMs: z.number().describe('no number of threads makes the build shorter'),
      tasks: count.describe('tasks of the chain that ran'),
      parallelismMax: z.number().describe('sum of all task times / length: more threads cannot all be kept busy'),
    })
    .nullable(),
  /** Bytes of logs cannot be shown unless the server was pointed at the build's folder. */
  logsAvailable: z.boolean(),
  /** Neighbours in time of the same configuration, for "compare with previous". */
  previousId: z.string().nullable(),
  nextId: z.string().nullable(),
  /** A running build: share done and estimated end from its own history; null: not running or no history. */
  progress: z
    .object({ share: z.number().nullable(), estimatedEndMs: epochMs.nullable(), basis: z.string() })
    .nullable(),
  links: z.array(BuildLinkInfo).describe('pages elsewhere that are about the build'),
  parents: z.array(BuildRow).describe('builds that made it run'),
  children: z.array(BuildRow).describe('builds that it made run, the newest first, at most 500'),
  childrenTotal: count,
  tests: z.object({ runs: count, ...testCounts }).describe('of all test runs of the build together'),
});
export type BuildDetail = z.infer<typeof BuildDetail>;

/**
 * GET /builds/{id}/columns?metrics=walltime,io.read_bytes — one binary body (docs/formats/task-table.md): recipe, task,
 * outcome, startMs, endMs always; metrics as asked, `*` for all.
 * GET /builds/{id}/samples — the sample tables in the same encoding.
 * GET /builds/{id}/graph — which task run needs which, in rows of the task table.
 */
export const COLUMNS_MEDIA_TYPE = 'application/vnd.bakehouse.columns';

/** `r`: the revision the caller knows; with it the answer of a finished build is immutable. Another revision: the newest is answered, uncached. */
const revision = z.string().max(64).optional().describe('revision of the build, from its BuildRow');
export const RevisionQuery = z.object({ r: revision });
export const ColumnsQuery = z.object({
  r: revision,
  metrics: z
    .string()
    .max(10_000)
    .default('')
    .describe('metric ids, comma-separated; * for all; empty for none. A metric the build has not got is left out.'),
});

/** The words of the page's own address (`…/chart?min=8&grp=recipe`), so that a picture is asked for by the address that shows it. */
export const ChartQuery = z.object({
  r: revision,
  min: z.coerce.number().min(0).max(1e6).default(0).describe('seconds; shorter task runs go into the density lane'),
  grp: z.enum(['slots', 'recipe', 'task', 'layer', 'outcome']).default('slots'),
  col: z.enum(['kind', 'outcome', 'classic']).default('kind'),
  scheme: z.enum(['light', 'dark']).default('light'),
  width: z.coerce.number().int().min(200).max(20_000).default(1400).describe('pixels'),
  t: z
    .string()
    .regex(/^-?\d{1,9}(\.\d{1,6})?--?\d{1,9}(\.\d{1,6})?$/)
    .optional()
    .describe('from-to in seconds since the start of the build'),
  chain: z
    .enum(['longest', 'waited'])
    .optional()
    .describe('dims all but a chain of tasks: the longest of the dependencies, or what the build waited for'),
  strips: z.string().max(2000).optional().describe('sample series: + superimposes, comma separates; empty for none'),
});
export type ChartQuery = z.infer<typeof ChartQuery>;

export const CompareQuery = z.object({
  b: z.union([z.string(), z.array(z.string())]).describe('2 to 20 build ids, the first is the base'),
  metric: z.string().max(100).default('walltime'),
  minValue: z.coerce.number().min(0).optional().describe('hide tasks below this, in the metric unit'),
  minDifference: z.coerce.number().min(0).optional(),
  mode: z.enum(['any', 'all']).default('any').describe('minValue must hold in any build, or in all'),
  task: z.string().max(100).optional().describe('only this task name'),
  recipe: z.string().max(200).optional().describe('only recipes whose name holds this'),
  outcome: z.enum(['all', 'common', 'new', 'dropped']).default('all'),
  setscene: z.enum(['separate', 'hide']).default('separate'),
  limit: z.coerce.number().int().min(1).max(20_000).default(2000),
});
export type CompareQuery = z.infer<typeof CompareQuery>;

/** One value per compared build; null: not executed or not recorded there (never zero). */
const values = z.array(z.number().nullable());

export const CompareTaskRow = z.object({
  pn: z.string(),
  mc: z.string(),
  task: z.string(),
  values,
  /** last - first; null when either is missing. */
  difference: z.number().nullable(),
  /** difference / first; null when first is missing or zero. */
  ratio: z.number().nullable(),
  state: z.enum(['common', 'new', 'dropped']),
  versions: z.array(z.string().nullable()),
});
export const CompareResult = z.object({
  builds: z.array(BuildRow),
  metric: MetricInfo,
  metrics: z.array(MetricInfo).describe('metrics that at least one of the builds has'),
  warnings: z.array(z.string()),
  configuration: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['build', 'host', 'layer', 'variable']),
      values: z.array(z.string().nullable()),
      differs: z.boolean(),
    }),
  ),
  totals: z.array(z.object({ metric: MetricInfo, values, differences: values, ratios: values })),
  /** Where the difference of the metric between the first and the last build comes from; the parts add up exactly. */
  contributions: z.array(
    z.object({
      id: z.enum(['new', 'dropped', 'cache-loss', 'cache-gain', 'version-changed', 'hash-changed', 'same']),
      label: z.string(),
      tasks: count,
      difference: z.number(),
    }),
  ),
  tasks: z.array(CompareTaskRow),
  tasksLeftOut: count,
  recipes: z.array(
    z.object({
      pn: z.string(),
      mc: z.string(),
      values,
      difference: z.number().nullable(),
      ratio: z.number().nullable(),
      state: z.enum(['common', 'new', 'dropped']),
      versions: z.array(z.string().nullable()),
    }),
  ),
  versionChanges: z.array(
    z.object({
      pn: z.string(),
      mc: z.string(),
      versions: z.array(z.string().nullable()),
      kind: z.enum(['new', 'dropped', 'epoch', 'version', 'revision']),
    }),
  ),
});
export type CompareResult = z.infer<typeof CompareResult>;

/** Metrics and dimensions of one build or many, as points or groups. */
export const ExploreQuery = z.object({
  b: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('build ids; without, the last `builds` that match'),
  builds: z.coerce.number().int().min(1).max(1000).default(1),
  level: z.enum(['task', 'recipe', 'build']).default('task'),
  x: z.string().max(100),
  y: z.string().max(100),
  size: z.string().max(100).optional(),
  colour: z.string().max(100).optional(),
  facet: z.string().max(100).optional(),
  aggregate: z.enum(['none', 'sum', 'mean', 'median', 'max', 'min', 'count']).default('none'),
  task: z.string().max(100).optional(),
  recipe: z.string().max(200).optional(),
  minValue: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(200_000).default(50_000),
});
export type ExploreQuery = z.infer<typeof ExploreQuery>;

export const ExploreAxis = z.object({
  id: z.string(),
  label: z.string(),
  kind: z.enum(['number', 'category', 'time']),
  unit: z.string(),
});
/** Columns of equal length; category columns hold indexes into `categories`. */
export const ExploreResult = z.object({
  axes: z.object({
    x: ExploreAxis,
    y: ExploreAxis,
    size: ExploreAxis.nullable(),
    colour: ExploreAxis.nullable(),
    facet: ExploreAxis.nullable(),
  }),
  count,
  leftOut: count,
  notRecorded: count.describe('rows without a value on x or y: not drawn, never zero'),
  columns: z.object({
    x: values,
    y: values,
    size: values.nullable(),
    colour: values.nullable(),
    facet: values.nullable(),
    build: values,
    row: values.nullable(),
  }),
  categories: z.record(z.string(), z.array(z.string())),
  builds: z.array(z.object({ id: z.string(), name: z.string(), startedMs: epochMs.nullable() })),
  dimensions: z.array(ExploreAxis).describe('everything that can be put on an axis'),
});
export type ExploreResult = z.infer<typeof ExploreResult>;

const searchText = z
  .string()
  .max(SEARCH_QUERY_CHARS_MAX)
  .default('')
  .describe('terms such as `recipe:gcc status:failed host:debian-12 "some text"`; docs/search.md');
export const SearchKind = z.enum(['builds', 'recipes', 'failures', 'causes']);
export type SearchKind = z.infer<typeof SearchKind>;
export const SearchText = z.object({ q: searchText });
export const SearchParams = SearchText.extend({
  kind: SearchKind.optional().describe('pages of one kind; left out: the first of each'),
  after: z.string().max(600).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(5),
});
export type SearchParams = z.infer<typeof SearchParams>;

export const KeptSearch = z.object({
  name: z.string().min(1).max(SEARCH_NAME_CHARS_MAX),
  q: searchText,
  kind: SearchKind.nullable().describe('null: all kinds'),
});
export const KeptSearches = z.object({ searches: z.array(KeptSearch) });
export type KeptSearches = z.infer<typeof KeptSearches>;
export const SearchNameParams = z.object({ name: z.string().min(1).max(SEARCH_NAME_CHARS_MAX) });

/** `more`: counting stopped there. */
const SearchCount = z.object({ count, more: z.boolean() });
const searchPage = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row), next: z.string().nullable() });

export const FoundRecipe = z.object({
  pn: z.string(),
  version: z.string().nullable().describe('of the newest run, as what follows'),
  status: z.enum(['succeeded', 'failed', 'not-executed', 'unfinished']),
  failedTask: z.string().nullable(),
  buildId: z.string(),
  startedMs: epochMs.nullable(),
  machine: z.string().nullable(),
  runs: count.describe('runs that were looked at'),
  executed: count,
  failed: count,
});
export type FoundRecipe = z.infer<typeof FoundRecipe>;

export const FoundFailure = z.object({
  id: z.string().describe('id of its build, a dot and its key in it'),
  buildId: z.string(),
  buildName: z.string(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  cause: z.string().nullable(),
  causeClass: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
  fingerprint: z.string().nullable(),
  startedMs: epochMs.nullable().describe('of its build'),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
});
export type FoundFailure = z.infer<typeof FoundFailure>;

/** Failures of one fingerprint, or with the same line where they have none. */
export const FoundCause = z.object({
  newest: FoundFailure,
  failures: count,
  builds: count,
  recipes: count,
  firstMs: epochMs.nullable(),
});
export type FoundCause = z.infer<typeof FoundCause>;

export const SearchAnswer = z.object({
  q: z.string().describe('the search in its one way of writing'),
  counts: z
    .object({ builds: SearchCount, recipes: SearchCount, failures: SearchCount, causes: SearchCount })
    .nullable()
    .describe('null on pages after the first'),
  notes: z.array(z.string()),
  builds: searchPage(BuildRow).nullable(),
  recipes: searchPage(FoundRecipe).nullable(),
  failures: searchPage(FoundFailure).nullable(),
  causes: searchPage(FoundCause).nullable(),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

export const SearchFacets = z.object({
  builds: Facets,
  recipe: z.array(FacetValue).describe('of the newest failures, as the next two'),
  task: z.array(FacetValue),
  class: z.array(FacetValue),
});
export type SearchFacets = z.infer<typeof SearchFacets>;

export const SearchValuesQuery = z.object({
  key: z.enum(OFFERED_FIELDS),
  typed: z.string().max(200).default(''),
});
export type SearchValuesQuery = z.infer<typeof SearchValuesQuery>;
export const OfferedValues = z.object({
  values: z.array(z.object({ value: z.string(), count: count.nullable() })),
});
export type OfferedValues = z.infer<typeof OfferedValues>;

/** History of one task, recipe or of the whole build over many builds. */
export const TrendQuery = z.object({
  recipe: z.string().max(200).optional(),
  task: z.string().max(100).optional(),
  mc: z.string().max(100).default(''),
  metric: z.string().max(100).default('walltime'),
  builds: z.coerce.number().int().min(1).max(1000).default(100),
  like: z
    .string()
    .max(64)
    .optional()
    .describe('a build: only builds of its configuration, which is all that one may compare'),
});
export type TrendQuery = z.infer<typeof TrendQuery>;
export const TrendResult = z.object({
  metric: MetricInfo,
  points: z.array(z.object({ id: z.string(), startedMs: epochMs.nullable(), value: z.number(), outcome: z.string() })),
  builds: count.describe('builds that were looked at, with a point or not'),
});
export type TrendResult = z.infer<typeof TrendResult>;

/** Builds over time. Without begin and end: how many there are in each step of all the time that builds cover. */
export const WaterfallQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  by: z
    .enum([...WATERFALL_DIMENSIONS, 'none'])
    .default('builder')
    .describe('what a column is'),
  begin: z.coerce.number().int().optional(),
  end: z.coerce.number().int().optional(),
  cells: z.coerce
    .number()
    .int()
    .min(16)
    .max(1000)
    .default(256)
    .describe('steps of time at most, where builds are many'),
});
export type WaterfallQuery = z.infer<typeof WaterfallQuery>;
export const WaterfallResult = z.object({
  beginMs: epochMs,
  endMs: epochMs,
  /** Newest start first; a build of several targets stands in the column of each. */
  builds: z.array(
    BuildRow.pick({
      id: true,
      name: true,
      startedMs: true,
      endedMs: true,
      endEstimated: true,
      outcome: true,
      failures: true,
      firstFailure: true,
      targets: true,
      machine: true,
      distro: true,
      builder: true,
      hostName: true,
    }).extend({
      value: z.string().nullable().describe('of the column; null: not recorded'),
      usualMs: z.number().nullable().describe('how long its like usually take, of a build that runs'),
    }),
  ),
  cells: z
    .object({
      stepMs: z.number(),
      rows: z.array(
        z.object({
          value: z.string().nullable(),
          startMs: epochMs,
          builds: count,
          failed: count,
          errors: count.describe('succeeded with errors'),
          succeeded: count,
        }),
      ),
    })
    .nullable()
    .describe('instead of builds, where they are too many to tell each'),
});
export type WaterfallResult = z.infer<typeof WaterfallResult>;

export const MatrixQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  rows: z.enum(BUILD_DIMENSIONS).default('target'),
  columns: z.enum([...BUILD_DIMENSIONS, 'none']).default('machine'),
  zone: z.coerce.number().int().min(-840).max(840).default(0).describe('minutes east of UTC, where days begin'),
});
export type MatrixQuery = z.infer<typeof MatrixQuery>;
export const MatrixResult = z.object({
  /** By the start of their newest build, newest first. Builds without a recorded start are in none. */
  cells: z.array(
    z.object({
      row: z.string().nullable().describe('null: not recorded'),
      column: z.string().nullable(),
      builds: count,
      failed: count,
      running: count,
      succeededMs: epochMs.nullable().describe('start of the last that succeeded, with errors or without'),
      newestMs: epochMs.describe('start of the last, whatever became of it'),
      build: count.describe(
        'index into builds: the last with a verdict (succeeded, with errors, failed); where none has one, the last',
      ),
      outcome: BuildOutcome.describe('of that build, or of the recipe in it'),
      failing: z.string().nullable().describe('`pn:do_x` of the build, `do_x` of the recipe'),
    }),
  ),
  builds: z.array(
    BuildRow.pick({
      id: true,
      name: true,
      startedMs: true,
      endedMs: true,
      outcome: true,
      failures: true,
      firstFailure: true,
      durationMs: true,
    }).extend({ usualMs: z.number().nullable(), ratio: z.number().nullable() }),
  ),
  leftOut: count.describe('cells that are not told'),
  sinceMs: epochMs
    .nullable()
    .describe('only builds from here on are told, of days and of recipes; null: all that match'),
});
export type MatrixResult = z.infer<typeof MatrixResult>;

export const Role = z.enum(['admin', 'member', 'robot']);
export type Role = z.infer<typeof Role>;

export const ServerInfo = z.object({
  version: z.string(),
  database: z.enum(['sqlite', 'postgres']),
  builds: count,
  /** Paths that are watched, as given. */
  watching: z.array(z.string()),
  /** Reading under way: null when idle. */
  reading: z.object({ location: z.string(), done: count, total: count.nullable() }).nullable(),
  writable: z.boolean().describe('whether this peer may put the sample in'),
  signIn: z
    .boolean()
    .describe('whether there is anything to sign in to: the server has accounts, or is reached by others'),
  account: z
    .object({ name: z.string(), role: Role })
    .nullable()
    .describe('who asks; null: somebody who is not signed in'),
});
export type ServerInfo = z.infer<typeof ServerInfo>;

export const LogText = z.object({
  path: z.string(),
  blob: z.string().nullable().describe('SHA-256 of a log that came with the build; null: a file'),
  bytes: count.describe('of the whole log'),
  originalBytes: count.nullable().describe('on the host that built, where the middle was left out before it came'),
  lines: count.nullable().describe('of the whole log; null: they were not counted'),
  from: count.describe('the first line of text, counted from 1'),
  to: count.nullable().describe('its last line; before `from`: there is none'),
  truncated: z.boolean().describe('not all that was asked for is here: the middle, or lines after `to`'),
  gap: z.object({ from: count, to: count }).nullable().describe('lines left out between head and tail'),
  text: z.string(),
});
export type LogText = z.infer<typeof LogText>;

const FailureAddress = z.string().describe('`<first digits of the build>.<key>`, as in the address of its page');
export const FailureParams = z.object({
  failure: z
    .string()
    .max(80)
    .regex(/^[^./\s]{4,64}\.[0-9a-f]{6}(-[0-9]{1,4})?$/, 'is not the first digits of a build, a dot and 6 digits')
    .describe('`<first digits of the build>.<key>`'),
});
const RangeEnd = z.object({
  build: z.string(),
  startedMs: epochMs.nullable(),
  failure: FailureAddress.nullable().describe('null: it passed there'),
  hostDistro: z.string().nullable(),
});
const RevisionRange = z.object({
  from: RangeEnd,
  to: RangeEnd,
  worth: z.enum(['revisions', 'same-revisions', 'not-recorded']),
  layers: z.array(
    z.object({
      name: z.string(),
      change: z.enum(['moved', 'added', 'removed', 'modified', 'not-recorded']),
      from: z.string().nullable(),
      to: z.string().nullable(),
      fromBranch: z.string().nullable(),
      toBranch: z.string().nullable(),
      link: z.string().nullable().describe('page of the commits between'),
    }),
  ),
  unchecked: count.describe('builds between that did not execute the task, or failed for no reason of the source'),
  sameHash: z.boolean().nullable(),
  otherHost: z.boolean().nullable(),
});
const RecipeSuccess = z.object({
  build: z.string(),
  name: z.string(),
  startedMs: epochMs.nullable(),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
  branch: z.string().nullable(),
  coreCommit: z.string().nullable(),
  version: z.string().nullable(),
});
const GroupingStep = z.object({ name: z.string(), why: z.string(), before: z.string(), after: z.string() });
export const FailureDetail = z.object({
  id: FailureAddress,
  build: z.string(),
  visibility: Visibility,
  title: z.string(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  row: count.nullable().describe('of the task table'),
  cause: z.string().nullable(),
  causeLine: count.nullable().describe('of the log, from 1'),
  around: z
    .object({ from: count.nullable(), lines: z.array(z.string()), at: count.nullable().describe('index into lines') })
    .nullable()
    .describe('the cause with three lines around it; of a log in which no line says why its end'),
  log: z.union([
    z.object({
      row: count.nullable(),
      blob: z.string().nullable(),
      bytes: count,
      lines: count.nullable(),
      missing: z.null(),
    }),
    z.object({ missing: z.string().describe('why there is none') }),
  ]),
  fingerprint: z
    .object({
      hash: z.string(),
      crossHash: z.string(),
      class: z.string(),
      infrastructure: z.boolean().describe('of the machine or the network, not of the source'),
      text: z.string().describe('the words that were hashed'),
      rules: count,
    })
    .nullable()
    .describe('null: not looked at yet'),
  grouping: z
    .object({
      steps: z.array(GroupingStep).describe('from the line that says why to the words of the fingerprint'),
      crossSteps: z.array(GroupingStep).describe('from there to what other recipes may have as well'),
      exactOf: z.array(z.string()).describe('what the hash is made of, part by part'),
      crossOf: z.array(z.string()).describe('what crossHash is made of'),
    })
    .nullable()
    .describe('how the fingerprint came about (docs/fingerprints.md); null: rules of another version made it'),
  environment: z.object({
    name: z.string(),
    startedMs: epochMs.nullable(),
    endedMs: epochMs.nullable(),
    outcome: BuildOutcome,
    machine: z.string().nullable(),
    distro: z.string().nullable(),
    distroVersion: z.string().nullable(),
    targets: z.array(z.string()).nullable(),
    builder: z.string().nullable(),
    bitbakeVersion: z.string().nullable(),
    host: BuildHost,
  }),
  layers: z.array(LayerInfo.extend({ link: z.string().nullable() })),
  seen: z
    .object({
      failures: count,
      builds: count,
      machineCount: count,
      machines: z.array(z.string()),
      builderCount: count,
      builders: z.array(z.string()),
      hostCount: count,
      hostDistros: z.array(z.string()),
      recipeCount: count,
      recipes: z.array(z.string()),
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      newest: z.array(
        z.object({
          build: z.string(),
          key: z.string(),
          failure: FailureAddress,
          name: z.string(),
          startedMs: epochMs.nullable(),
          machine: z.string().nullable(),
          distro: z.string().nullable(),
          builder: z.string().nullable(),
          hostDistro: z.string().nullable(),
          branch: z.string().nullable(),
          pn: z.string().nullable(),
          version: z.string().nullable(),
          task: z.string().nullable(),
        }),
      ),
    })
    .nullable()
    .describe('other builds with the same fingerprint'),
  alike: z
    .object({ failures: count, builds: count, recipeCount: count, recipes: z.array(z.string()) })
    .nullable()
    .describe('the same cause in whatever recipe'),
  blame: z
    .object({
      firstFailure: RangeEnd,
      lastFailure: RangeEnd,
      failures: count,
      broke: RevisionRange.nullable(),
      sinceCause: RevisionRange.nullable().describe('where it failed in other words before'),
      fixed: RevisionRange.nullable(),
    })
    .nullable(),
  fixedElsewhere: RevisionRange.nullable().describe('of the same failure in another configuration'),
  lastSucceeded: z
    .object({ here: RecipeSuccess.nullable(), elsewhere: RecipeSuccess.nullable() })
    .nullable()
    .describe('builds that executed the recipe'),
});
export type FailureDetail = z.infer<typeof FailureDetail>;
/** The same filter as the list of builds has. */
export const LogsQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  words: z.string().min(1).max(LOG_SEARCH_CHARS_MAX).describe('all of them; "in quotes": in one line, as written'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type LogsQuery = z.infer<typeof LogsQuery>;
export const LogsFound = z.object({
  failures: z.array(
    z.object({
      build: z.string(),
      buildName: z.string(),
      startedMs: epochMs.nullable(),
      machine: z.string().nullable(),
      key: z.string().describe('the failure is <build>.<key>'),
      pn: z.string().nullable(),
      mc: z.string(),
      task: z.string().nullable(),
      version: z.string().nullable(),
      cause: z.string().nullable().describe('the line that says why'),
      line: count
        .nullable()
        .describe('where the words stand, counted from 1; null: not looked for, or the log is kept no more'),
      text: z.string().nullable().describe('of that line'),
      whole: z.boolean().describe('all words are in that line'),
    }),
  ),
  more: z.boolean().describe('not every log that has these words was looked at'),
});
export type LogsFound = z.infer<typeof LogsFound>;

export const LogFound = z.object({
  found: z.array(count).describe('lines counted from 1'),
  best: count.nullable().describe('of lines that look like errors the one that says why'),
  more: z.boolean().describe('there are more than are here'),
});
export type LogFound = z.infer<typeof LogFound>;

/** What POST /sample did: the sample builds, the newest as `id`; the second time nothing changes. */
export const SampleImported = z.object({ id: z.string(), ids: z.array(z.string()), changed: z.boolean() });
export type SampleImported = z.infer<typeof SampleImported>;

/**
 * Server-sent events of GET /events, at most four messages a second: `build` when a build came or changed (the list too, then), `reading`
 * while a path is read, `idle` when nothing is being read any more. On connecting, `reading` or `idle` tells how things stand.
 */
export const ServerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('build'), id: z.string(), revision: z.string() }),
  z.object({ type: z.literal('reading'), location: z.string(), done: count, total: count.nullable() }),
  z.object({ type: z.literal('idle') }),
]);
export type ServerEvent = z.infer<typeof ServerEvent>;

// ---- Uploads (docs/formats/upload.md) ----

export const UploadId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'is not a UUID in lower case');
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 of 64 lower-case hex digits');
const shortText = z.string().max(300).nullable().optional();

export const MeetUpload = z.object({
  format: z.literal(1),
  build: UploadId,
  kind: z.literal('record').default('record'),
  writer: z.string().max(200).optional(),
  visibility: z.enum(['public', 'unlisted', 'private']).nullable().default(null),
  about: z
    .object({
      name: shortText,
      startedMs: epochMs.nullable().optional(),
      targets: z.array(z.string().max(300)).max(100).nullable().optional(),
      machine: shortText,
      distro: shortText,
      outcome: shortText,
    })
    .default({}),
  stream: z.object({ bytes: count, complete: z.boolean() }),
  restart: z.boolean().default(false),
});

export const UploadState = z.object({
  generation: count,
  offset: count.describe('uncompressed bytes of the stream that are durable'),
  sha256: Sha256.describe('of those bytes'),
  complete: z.boolean(),
});

export const UploadMeeting = UploadState.extend({
  build: UploadId,
  url: z.string(),
  visibility: z.enum(['public', 'unlisted', 'private']),
  limits: z.object({
    chunkBytes: count,
    streamBytes: count,
    blobBytes: count,
    blobs: count,
    ageDays: count.nullable(),
    refusedKinds: z.array(z.string()),
    buildsPerHour: count.nullable(),
    bytesPerHour: count.nullable(),
  }),
  messages: z.array(z.string()),
});
export type UploadMeeting = z.infer<typeof UploadMeeting>;

export const ChunkParams = z.object({
  build: UploadId,
  generation: z.coerce.number().int().min(1).max(1e9),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export const ChunkQuery = z.object({ complete: z.enum(['0', '1']).default('0') });
export const OfferBlobs = z.object({
  blobs: z
    .array(z.object({ sha256: Sha256, bytes: count, class: z.string().max(40).default('log') }))
    .max(OFFERED_BLOBS_MAX),
});
export const BlobsWanted = z.object({
  missing: z.array(Sha256),
  refused: z.array(z.object({ sha256: Sha256, reason: z.string() })),
});
export const BlobParams = z.object({ build: UploadId, sha256: Sha256 });
export const BlobQuery = z.object({ class: z.string().max(40).default('log') });
export const BlobStored = z.object({ stored: z.literal(true) });

// ---- Accounts (docs/decisions/0012) ----

const accountName = z.string().min(1).max(ACCOUNT_NAME_CHARS_MAX);
const password = z.string().max(2 * PASSWORD_CHARS_MAX);

export const SignIn = z.object({ name: accountName, password });
export const SignedIn = z.object({ name: z.string(), role: Role });
export type SignedIn = z.infer<typeof SignedIn>;
export const SignOut = z.object({ everywhere: z.boolean().default(false).describe('every session of the account') });
export const Done = z.object({});
export const ChangePassword = z.object({ current: password, password });

export const TokenLine = z.object({
  number: count,
  name: z.string(),
  hint: z.string().describe('its first characters'),
  createdMs: epochMs,
  usedMs: epochMs.nullable().describe('noted once a minute; null: never'),
  expiresMs: epochMs.nullable(),
  revokedMs: epochMs.nullable(),
});
export type TokenLine = z.infer<typeof TokenLine>;

export const MakeToken = z.object({
  name: z.string().min(1).max(TOKEN_NAME_CHARS_MAX).describe('what uses it, such as a host'),
  expiresDays: z.number().int().min(1).max(3660).nullable().default(null).describe('null: never'),
});
export const MadeToken = TokenLine.extend({ token: z.string().describe('told this once') });
export type MadeToken = z.infer<typeof MadeToken>;

export const AccountState = z.object({
  name: z.string(),
  role: Role,
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  createdMs: epochMs,
});
export const AccountDetail = AccountState.extend({
  tokens: z.array(TokenLine),
  sessions: z.array(
    z.object({
      createdMs: epochMs,
      usedMs: epochMs,
      expiresMs: epochMs,
      current: z.boolean().describe('the session that asks'),
    }),
  ),
});
export type AccountDetail = z.infer<typeof AccountDetail>;

export const AccountList = z.object({
  accounts: z.array(
    AccountState.extend({
      builds: count,
      tokens: count.describe('that are good now'),
      usedMs: epochMs.nullable().describe('last use of a session or token'),
    }),
  ),
});
export type AccountList = z.infer<typeof AccountList>;

export const AddAccount = z.object({
  name: accountName,
  role: Role,
  password: password.nullable().default(null).describe('null: a robot'),
});
export const ChangeAccount = z.object({
  role: Role.optional(),
  disabled: z.boolean().optional(),
  password: password.optional(),
});

export const AccountParams = z.object({ name: accountName });
const tokenNumber = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
export const TokenParams = z.object({ token: tokenNumber });
export const AccountTokenParams = z.object({ name: accountName, token: tokenNumber });

export const SetVisibility = z.object({ visibility: Visibility });
export const VisibilitySet = z.object({ id: z.string(), visibility: Visibility });
export const PinBuild = z.object({ pinned: z.boolean() });
export const PinnedBuild = z.object({ id: z.string(), pinned: z.boolean() });
export const DeletedBuild = z.object({ id: z.string() });

export const ServerState = z.object({
  rules: z
    .object({
      push: z.enum(['anonymous', 'token', 'closed']),
      visibility: Visibility.describe('of who does not choose'),
      visibilities: z.array(Visibility).describe('that may be chosen'),
      ageDays: count.nullable(),
      streamBytes: count,
      blobBytes: count,
      blobs: count,
      refusedKinds: z.array(z.string()).describe('that clients are told not to send'),
      buildsPerHour: count.nullable(),
      bytesPerHour: count.nullable(),
    })
    .nullable()
    .describe('null: this server takes no reports'),
  uploads: count,
  unstored: count.describe('of which more is here than is stored'),
  unindexed: count.describe('failures that the rules of this version have not looked at yet'),
  problems: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullable(),
      account: z.string().nullable(),
      bytes: count,
      touchedMs: epochMs,
      problem: z.string(),
    }),
  ),
});
export type ServerState = z.infer<typeof ServerState>;

export const PushParams = z.object({ name: z.string().max(200).optional() });
export const PushQuery = z.object({
  visibility: z.enum(['public', 'unlisted', 'private']).optional(),
  build: z
    .string()
    .max(100)
    .optional()
    .describe('of test results: the build that was tested, where they do not say it'),
  series: z.string().max(200).optional().describe('of test results: TESTSERIES of runs that do not say it'),
});
export const FilesPushed = z.object({
  builds: z.array(z.object({ id: UploadId, url: z.string(), name: z.string() })),
  tests: z
    .array(z.object({ id: z.string(), url: z.string(), name: z.string(), ...testCounts }))
    .describe('test results, with the builds they were put to'),
  problems: z.array(
    z.object({
      severity: z.enum(['note', 'warning', 'error']),
      code: z.string(),
      message: z.string(),
      file: z.string().nullable(),
      line: z.number().int().nullable(),
    }),
  ),
});

export const TriageState = z.enum(TRIAGE_STATES);
export const Fingerprint = z.string().regex(/^[0-9a-f]{16}$/, 'is not a fingerprint of 16 lower-case hex digits');

/** What is asked of failures beside the builds they are of. Values as in BuildsQuery. */
export const FailuresQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(200).describe('groups'),
  text: z.string().max(200).optional().describe('words, each found in cause, recipe or task'),
  fingerprint: csv,
  cross: csv.describe('the same cause in whatever recipe'),
  class: csv.describe("of the cause; '' is not looked at yet"),
  infrastructure: z.enum(['yes', 'no']).optional().describe('of the machine or the network, or of the source'),
  recipe: csv,
  task: csv,
  state: csv,
  owner: csv.describe("names of accounts; '' is nobody"),
  issue: csv.describe('numbers of known issues; 0 is none'),
  by: z.enum(['cause', 'task']).optional().describe('one cause in whatever recipe, or each recipe and task by itself'),
  sort: z.enum(['failures', 'builds', 'machines', 'first', 'last', 'recipe']).optional(),
});
export type FailuresQuery = z.infer<typeof FailuresQuery>;

export const FailureListQuery = FailuresQuery.omit({
  state: true,
  owner: true,
  issue: true,
  by: true,
  sort: true,
}).extend({
  after: z.string().max(200).optional(),
});
export type FailureListQuery = z.infer<typeof FailureListQuery>;

export const TriageWord = z.object({
  fingerprint: z.string(),
  state: TriageState,
  by: z.enum(['person', 'issue', 'nobody']).describe('who said the state'),
  link: z.string().nullable(),
  fixedIn: z.string().nullable(),
  owner: z.string().nullable(),
  changedMs: epochMs.nullable().describe('when a person said something last'),
  notes: count,
  issue: z.object({ number: count, title: z.string(), link: z.string().nullable() }).nullable(),
});
export type TriageWord = z.infer<typeof TriageWord>;

export const FailureGroup = z.object({
  fingerprints: z
    .array(z.string())
    .describe('the most frequent first; none: not looked at yet, such stand together by recipe and task'),
  crossHash: z.string().nullable(),
  class: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
  recipes: z.array(z.string()),
  recipeCount: count,
  tasks: z.array(z.string()),
  text: z.string().nullable().describe('the words they have in common'),
  cause: z.string().nullable().describe('the words of the newest'),
  version: z.string().nullable(),
  failures: count,
  builds: count,
  machines: z.array(z.string()),
  machineCount: count,
  builders: z.array(z.string()),
  builderCount: count,
  hosts: z.array(z.string()),
  hostCount: count,
  firstMs: epochMs.nullable(),
  lastMs: epochMs.nullable(),
  firstBuild: z.string(),
  lastBuild: z.string(),
  lastKey: z.string().describe('name of the newest failure within its build'),
  days: z.array(count).describe('failures by day, see firstDayMs and daysAPlace'),
  triage: TriageWord.omit({ fingerprint: true }).nullable(),
});
export type FailureGroup = z.infer<typeof FailureGroup>;

export const FailureGroups = z.object({
  groups: z.array(FailureGroup),
  matching: count,
  failures: count,
  builds: count.describe('that have them'),
  truncated: z.boolean().describe('there are older ones than could be counted'),
  states: z.record(z.string(), count).describe('groups by state, the asked state left out'),
  classes: z.record(z.string(), count),
  firstDayMs: epochMs.nullable(),
  daysAPlace: count,
});
export type FailureGroups = z.infer<typeof FailureGroups>;

export const FailureLine = z.object({
  id: z.string().describe('build.key'),
  build: z.string(),
  buildName: z.string(),
  key: z.string(),
  startedMs: epochMs.nullable(),
  outcome: BuildOutcome,
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  targets: z.array(z.string()).nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
  branch: z.string().nullable(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  cause: z.string().nullable(),
  blob: z.string().nullable().describe('SHA-256 of its log'),
  fingerprint: z.string().nullable(),
  class: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
});
export type FailureLine = z.infer<typeof FailureLine>;
export const FailureParent = FailureLine.pick({
  build: true,
  buildName: true,
  startedMs: true,
  outcome: true,
  targets: true,
  machine: true,
  builder: true,
}).extend({ child: z.string().describe('id of a build that it triggered') });
export type FailureParent = z.infer<typeof FailureParent>;
export const FailuresPage = z.object({
  failures: z.array(FailureLine),
  parents: z.array(FailureParent).describe('newest first, where a farm told who triggered whom'),
  next: z.string().nullable(),
  matching: count,
});
export type FailuresPage = z.infer<typeof FailuresPage>;

export const UnsteadyQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(500).default(500).describe('the newest'),
});
export type UnsteadyQuery = z.infer<typeof UnsteadyQuery>;
export const UnsteadyTask = z.object({
  pn: z.string(),
  task: z.string(),
  hash: z.string().describe('task hash'),
  kind: z.enum(['flaky', 'host-dependent', 'host-unknown']),
  passed: count,
  failed: count,
  hosts: z.array(z.object({ hostClass: z.string().nullable(), passed: count, failed: count })),
  firstMs: epochMs.nullable(),
  lastMs: epochMs.nullable(),
  lastPass: z.string().describe('id of a build'),
  lastFailure: z.string(),
});
export type UnsteadyTask = z.infer<typeof UnsteadyTask>;
export const UnsteadyTasks = z.object({ builds: count, tasks: z.array(UnsteadyTask) });
export type UnsteadyTasks = z.infer<typeof UnsteadyTasks>;

export const BlameQuery = z.object({
  build: BuildId,
  recipe: z.string().min(1).max(400),
  task: z.string().min(1).max(400),
  mc: z.string().max(400).default(''),
});
export type BlameQuery = z.infer<typeof BlameQuery>;
export const BlameEnd = z.object({
  build: z.string(),
  startedMs: epochMs.nullable(),
  key: z.string().nullable().describe('of the failure; null: it passed'),
  hostDistro: z.string().nullable(),
  fingerprint: z.string().nullable(),
});
export const BlameLayer = z.object({
  name: z.string(),
  change: z.enum(['moved', 'added', 'removed', 'modified', 'not-recorded']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  fromBranch: z.string().nullable(),
  toBranch: z.string().nullable(),
  link: z.string().nullable().describe("the repository's page of the commits between"),
});
export const BlameStretch = z.object({
  from: BlameEnd,
  to: BlameEnd,
  worth: z.enum(['revisions', 'same-revisions', 'not-recorded']),
  layers: z.array(BlameLayer),
  unchecked: count.describe('builds between that did not execute it, or failed for the machine’s sake'),
  sameHash: z.boolean().nullable(),
  otherHost: z.boolean().nullable(),
});
export type BlameStretch = z.infer<typeof BlameStretch>;
export const Blame = z.object({
  builds: count,
  firstFailure: BlameEnd,
  lastFailure: BlameEnd,
  failures: count,
  broke: BlameStretch.nullable(),
  sinceCause: BlameStretch.nullable(),
  fixed: BlameStretch.nullable(),
});
export type Blame = z.infer<typeof Blame>;
export const BlameAnswer = z.object({
  blame: Blame.nullable().describe('null: it failed for no reason of the source'),
});
export type BlameAnswer = z.infer<typeof BlameAnswer>;

export const TriageParams = z.object({ fingerprint: Fingerprint });
export const JournalEntry = z.object({
  number: count,
  atMs: epochMs,
  name: z.string().describe('who, as they were called then'),
  fingerprint: z.string().nullable(),
  about: z.string().nullable().describe('recipe and task of the kind, or title of the known issue'),
  issue: count.nullable(),
  what: z.enum(JOURNAL_KINDS),
  was: z.string().nullable(),
  said: z.string().nullable(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;
export const TriageDetail = TriageWord.extend({ journal: z.array(JournalEntry) });
export type TriageDetail = z.infer<typeof TriageDetail>;

const link = z.string().max(LINK_CHARS_MAX);
export const TriageFailures = z.object({
  fingerprints: z.array(Fingerprint).min(1).max(TRIAGED_AT_ONCE_MAX),
  state: TriageState.nullable().optional().describe('left out: as it is; null takes back what a person said'),
  link: link.nullable().optional(),
  fixedIn: z.string().max(FIXED_IN_CHARS_MAX).nullable().optional(),
  owner: z.string().max(ACCOUNT_NAME_CHARS_MAX).nullable().optional().describe('name of an account; null: nobody'),
  note: z.string().max(NOTE_CHARS_MAX).optional(),
});
export type TriageFailures = z.infer<typeof TriageFailures>;
export const FailuresTriaged = z.object({ changed: count });
export type FailuresTriaged = z.infer<typeof FailuresTriaged>;

export const IssueText = z.object({
  title: z.string().trim().min(1).max(ISSUE_TITLE_CHARS_MAX),
  expression: z.string().min(1).max(EXPRESSION_CHARS_MAX).describe('a regular expression, see docs/triage.md'),
  class: z.string().max(40).nullable().default(null),
  pn: z.string().max(400).nullable().default(null),
  task: z.string().max(400).nullable().default(null),
  state: TriageState.default('known'),
  link: link.nullable().default(null),
});
export type IssueText = z.infer<typeof IssueText>;
export const KnownIssue = IssueText.extend({ number: count, createdMs: epochMs });
export type KnownIssue = z.infer<typeof KnownIssue>;
export const KnownIssues = z.object({ issues: z.array(KnownIssue) });
export type KnownIssues = z.infer<typeof KnownIssues>;
export const IssueParams = z.object({
  number: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
});
export const IssueSaved = z.object({ number: count });

export const WeekQuery = BuildsQuery.omit({ after: true, limit: true, from: true, to: true }).extend({
  week: z.string().max(20).optional().describe('ISO 8601, `2026-W48`; left out: the one that runs'),
});
export type WeekQuery = z.infer<typeof WeekQuery>;
const WeekNumbers = z.object({
  builds: count,
  succeeded: count,
  failed: count,
  failures: count,
  infrastructure: count,
});
export const FailureWeek = z.object({
  week: z.object({ name: z.string(), fromMs: epochMs, toMs: epochMs.describe('not in it') }),
  untilMs: epochMs,
  previous: z.string(),
  next: z.string().nullable().describe('null: this one still runs'),
  numbers: WeekNumbers,
  before: WeekNumbers.describe('of the week before'),
  kinds: z.object({
    new: z.array(FailureGroup).describe('not seen in the quarter before'),
    back: z.array(FailureGroup).describe('said to be fixed before they failed again'),
    goingOn: z.array(FailureGroup),
    gone: z.array(FailureGroup).describe('seen in the week before, not in this one'),
  }),
  unsteady: z.array(UnsteadyTask),
  journal: z.array(JournalEntry).describe('what people said in this week, newest first'),
});
export type FailureWeek = z.infer<typeof FailureWeek>;
/** What of the builds a report is over. */
export const BuildsFilterQuery = BuildsQuery.omit({ after: true, limit: true });
export type BuildsFilterQuery = z.infer<typeof BuildsFilterQuery>;

const TestedBuild = z.object({
  id: z.string(),
  name: z.string(),
  startedMs: epochMs.nullable(),
  revision: z.string().nullable().describe('commit of the core layer'),
});
export const TestingTable = z.object({
  rows: z
    .array(
      z.object({
        machine: z.string().nullable(),
        distro: z.string().nullable(),
        targets: z.array(z.string()).nullable(),
        branch: z.string().nullable(),
        hostDistro: z.string().nullable(),
        builder: z.string().nullable(),
        builds: count.describe('that ended in success or failure'),
        lastSuccess: TestedBuild.nullable(),
        failure: TestedBuild.extend({
          first: z.string().nullable().describe('pn:do_x'),
          key: z.string().nullable().describe('its page is /f/<id>.<key>'),
          cause: z.string().nullable(),
        })
          .nullable()
          .describe('null: the newest one succeeded'),
      }),
    )
    .describe('the one that was built last first'),
  leftOut: count,
});
export type TestingTable = z.infer<typeof TestingTable>;

export const CubeQuery = BuildsFilterQuery.extend({
  by: z.string().max(200).describe('one to three dimensions, comma-separated'),
  recipe: csv,
  builds: z.coerce.number().int().min(1).max(5000).default(500).describe('how many of the last builds that match'),
});
export type CubeQuery = z.infer<typeof CubeQuery>;
export const CubeTable = z.object({
  builds: count.describe('that were looked at'),
  more: z.boolean().describe('older ones match too'),
  cells: z.array(
    z.object({
      values: z.array(z.string().nullable()),
      runs: count,
      executed: count,
      failed: count,
      busyMs: z.number().nullable(),
      busyRuns: count,
    }),
  ),
  leftOut: count,
});
export type CubeTable = z.infer<typeof CubeTable>;

const RecipeStatus = z.enum(RECIPE_STATUSES);
export type RecipeStatus = z.infer<typeof RecipeStatus>;
export const RecipesQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(1000).default(200).describe('how many of the last builds that match'),
});
export type RecipesQuery = z.infer<typeof RecipesQuery>;
export const RecipeListed = z.object({
  pn: z.string(),
  succeeded: count,
  failed: count,
  fromSstate: count.describe('builds that took it from sstate: not checked'),
  notExecuted: count.describe('builds in which it was current, or not reached: not checked'),
  unfinished: count,
  lastSucceededMs: epochMs.nullable(),
  lastFailedMs: epochMs.nullable(),
  busyMsMean: z.number().nullable().describe('sum of its tasks, mean over the builds in which it succeeded'),
});
export type RecipeListed = z.infer<typeof RecipeListed>;
export const RecipeList = z.object({ builds: count.describe('that were looked at'), recipes: z.array(RecipeListed) });
export type RecipeList = z.infer<typeof RecipeList>;

export const QaQuery = RecipesQuery.extend({
  recipe: z.string().min(1).max(300).optional().describe('then builds that did not execute its check have no checks'),
});
export type QaQuery = z.infer<typeof QaQuery>;
const qaClass = z.string().nullable().describe('null: the line names none');
const QaSeverity = z.enum(['warning', 'error']);
export const QaIssues = z.object({
  builds: z
    .array(
      z.object({
        build: z.string(),
        name: z.string(),
        startedMs: epochMs.nullable(),
        outcome: BuildOutcome,
        targets: z.array(z.string()).nullable(),
        machine: z.string().nullable(),
        distro: z.string().nullable(),
        branch: z.string().nullable(),
        builder: z.string().nullable(),
        checks: count.nullable().describe('executed do_package_qa runs; null: no task table tells'),
        issues: count.describe('0 says something only of a build with checks'),
      }),
    )
    .describe('newest first'),
  counts: z.array(z.object({ build: count.describe('index of a build'), qaClass, issues: count })),
  groups: z
    .array(
      z.object({
        qaClass,
        pn: z.string().nullable(),
        severity: QaSeverity,
        issues: count,
        builds: count.describe('that have one'),
        first: count.describe('index of the oldest build that has one'),
        last: count,
        message: z.string().describe('one of them, cut'),
      }),
    )
    .describe('most issues first'),
  more: z.boolean(),
});
export type QaIssues = z.infer<typeof QaIssues>;
export const NewQaIssues = z.object({
  build: z.string(),
  compared: count.describe('earlier builds of its machine, distribution and branch'),
  issues: z
    .array(
      z.object({
        qaClass,
        severity: QaSeverity,
        pn: z.string().nullable(),
        version: z.string().nullable(),
        task: z.string().nullable(),
        message: z.string(),
        state: z.enum(['new', 'known', 'not-checked-before']),
        firstBuild: z.string().nullable().describe('of a known one: the first earlier build that had it'),
        lastCheck: z.string().nullable().describe('of a new one: the last that executed the check and did not have it'),
      }),
    )
    .describe("all of the build's, in the order of its list"),
});
export type NewQaIssues = z.infer<typeof NewQaIssues>;

export const RecipeParams = z.object({ pn: z.string().min(1).max(300) });
export const RecipeQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(2000).default(500).describe('how many of the last builds that had it'),
  by: csv.describe('what strips are put together by: machine, distro, branch, hostDistro, builder, target'),
});
export type RecipeQuery = z.infer<typeof RecipeQuery>;
const text = z.string().nullable();
const RecipeRange = z.object({
  from: count.describe('index of a run'),
  to: count.describe('index of a run'),
  worth: z.enum(['revisions', 'same-revisions', 'not-recorded']),
  layers: z.array(
    z.object({
      name: z.string(),
      change: z.enum(['moved', 'added', 'removed', 'modified', 'not-recorded']),
      from: text,
      to: text,
      fromBranch: text,
      toBranch: text,
      link: text.describe('page of the commits between; null: nobody told where the layer lies'),
    }),
  ),
  unchecked: count.describe('builds between that say nothing of it'),
  sameHash: z.boolean().nullable(),
  otherHost: z.boolean().nullable(),
});
export type RecipeRange = z.infer<typeof RecipeRange>;
export const RecipeShown = z.object({
  pn: z.string(),
  runs: z
    .array(
      z.object({
        build: z.string(),
        name: z.string(),
        startedMs: epochMs.nullable(),
        outcome: BuildOutcome.describe('of the build'),
        targets: z.array(z.string()).nullable(),
        machine: text,
        distro: text,
        branch: text,
        hostDistro: text,
        builder: text,
        mc: z.string(),
        version: text,
        status: RecipeStatus,
        failedTask: text,
        busyMs: z.number().nullable(),
        failure: z
          .object({
            key: z.string().describe('its page is /f/<build>.<key>'),
            cause: text,
            fingerprint: text,
            causeClass: text,
            infrastructure: z.boolean().nullable(),
          })
          .nullable(),
      }),
    )
    .describe('newest first'),
  more: z.boolean().describe('there are older ones'),
  sizes: z.array(z.object({ run: count, packages: count, bytes: count })),
  strips: z.array(
    z.object({
      values: z.array(text).describe('in the order of `by`'),
      runs: z.array(count).describe('indexes of runs, oldest first'),
      lastPass: count.nullable(),
      lastFailure: count.nullable(),
      broke: RecipeRange.nullable().describe('null: it does not fail, or nothing before it passed'),
      fixed: RecipeRange.nullable(),
    }),
  ),
  versions: z.array(
    z.object({
      version: text,
      succeeded: count,
      failed: count,
      notChecked: count,
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      busyMsMedian: z.number().nullable(),
    }),
  ),
  causes: z.array(
    z.object({
      fingerprint: text,
      causeClass: text,
      infrastructure: z.boolean().nullable(),
      cause: text,
      failures: count,
      machines: z.array(z.string()),
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      last: count.describe('index of the newest run'),
    }),
  ),
});
export type RecipeShown = z.infer<typeof RecipeShown>;
