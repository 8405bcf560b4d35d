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
 *     GET  /recipe-runs                       RecipeRunsQuery -> RecipeRunsPage: those of a cell
 *     GET  /qa                                QaQuery -> QaIssues
 *     GET  /builds/{id}/qa                    -> NewQaIssues: those that the build before did not have
 *     GET  /failures                          FailuresQuery -> FailureGroups: failures by fingerprint
 *     GET  /failures/list                     FailureListQuery -> FailuresPage: single ones
 *     GET  /failures/week                     WeekQuery -> Week: what the rota reads on Monday
 *     GET  /failures/week.txt                 WeekQuery -> the same as text/plain
 *     GET  /failures/week.atom                WeekQuery -> what is new in this week and the weeks before, as a feed
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

export * from './contract/accounts.ts';
export * from './contract/builds.ts';
export * from './contract/compare.ts';
export * from './contract/cube.ts';
export * from './contract/explore.ts';
export * from './contract/failure.ts';
export * from './contract/logs.ts';
export * from './contract/matrix.ts';
export * from './contract/qa.ts';
export * from './contract/recipes.ts';
export * from './contract/search.ts';
export * from './contract/server.ts';
export * from './contract/testing.ts';
export * from './contract/tests.ts';
export * from './contract/triage.ts';
export * from './contract/uploads.ts';
export { BuildId, BuildOutcome, BuildParams, PAGE_LIMIT_MAX, ProblemDocument, Visibility } from './contract/values.ts';
export * from './contract/waterfall.ts';
