/**
 * What the command line uses of the release's server.mjs: everything but its quick road (one build directory, summed up or compared).
 * Compiling a megabyte of JavaScript takes 20 ms whether it runs or not, so bakehouse.mjs holds only that road.
 */
export { mergeSameOrigins } from '../analysis/merge-builds.ts';
export { CHAIN_KINDS, chainOf, NO_GRAPH } from '../chart/chain.ts';
export { GROUP_BYS } from '../chart/layout.ts';
export { chartSvg, escapeXml, type SvgOptions } from '../chart/svg.ts';
export { withCausesOf } from '../collector/inner-logs.ts';
export { buildId } from '../collector/origin.ts';
export { openBuilds } from '../formats/open/index.ts';
export { applyRetention, planRetention } from '../operations/apply-retention.ts';
export { buildRows } from '../operations/build-row.ts';
export { exportReport } from '../operations/export-report.ts';
export { samplesCsv } from '../operations/export-samples.ts';
export { tasksFile } from '../operations/export-tasks.ts';
export { traceFile } from '../operations/export-trace.ts';
export { groupFailures } from '../operations/group-failures.ts';
export { importAutobuilder } from '../operations/import-autobuilder.ts';
export { importFarm } from '../operations/import-farm.ts';
export { importPath } from '../operations/import-path.ts';
export { importTestStore } from '../operations/import-test-store.ts';
export { importTests } from '../operations/import-tests.ts';
export { pinBuild } from '../operations/pin-build.ts';
export { noSuchBuild, resolveBuildId } from '../operations/resolve-build-id.ts';
export { runOperation } from '../operations/run.ts';
export { showWeek, weekAsText } from '../operations/show-week.ts';
export {
  addressOf,
  DEFAULT_KINDS,
  kindsOf,
  openTransport,
  PushWatch,
  prepareUpload,
  pushTests,
  readPushKey,
  serverAddress,
  UploadClient,
} from '../push/index.ts';
export { restoreBackup, takeBackup } from '../store/backup.ts';
export { memoryBlobs, openBlobs } from '../store/blobs/index.ts';
export { openStore } from '../store/index.ts';
export { reportTemplate } from './report-template.ts';
