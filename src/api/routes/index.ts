/** Every route of the contract, each in the file of its operation. */
import { accounts } from './accounts.ts';
import { changeBuild } from './change-build.ts';
import { compareBuilds } from './compare-builds.ts';
import { events } from './events.ts';
import { explore } from './explore.ts';
import { exports } from './export.ts';
import { facets } from './facets.ts';
import { failures } from './failures.ts';
import { findInLog } from './find-in-log.ts';
import { importSample } from './import-sample.ts';
import { listBuilds } from './list-builds.ts';
import { logFile } from './log-file.ts';
import { push } from './push.ts';
import { newQaIssues, qaIssues } from './qa.ts';
import { readColumns } from './read-columns.ts';
import { readGraph } from './read-graph.ts';
import { readLog } from './read-log.ts';
import { readSamples } from './read-samples.ts';
import { listRecipes, showRecipe } from './recipes.ts';
import type { RegisterRoute } from './route.ts';
import { search } from './search.ts';
import { searchLogs } from './search-logs.ts';
import { serverInfo } from './server-info.ts';
import { showBuild } from './show-build.ts';
import { showFailure } from './show-failure.ts';
import { showMatrix } from './show-matrix.ts';
import { showWaterfall } from './show-waterfall.ts';
import { listRecipeRuns, showCube, showTesting } from './tables.ts';
import { tests } from './tests.ts';
import { trend } from './trend.ts';
import { triage } from './triage.ts';
import { uploads } from './uploads.ts';

export const ROUTES: readonly RegisterRoute[] = [
  listBuilds,
  facets,
  showBuild,
  showFailure,
  readColumns,
  readSamples,
  readGraph,
  readLog,
  logFile,
  findInLog,
  searchLogs,
  compareBuilds,
  explore,
  trend,
  showWaterfall,
  showMatrix,
  ...search,
  listRecipes,
  showRecipe,
  ...tests,
  showTesting,
  showCube,
  listRecipeRuns,
  qaIssues,
  newQaIssues,
  ...exports,
  serverInfo,
  events,
  importSample,
  uploads,
  ...failures,
  ...triage,
  ...accounts,
  ...changeBuild,
  push,
];
