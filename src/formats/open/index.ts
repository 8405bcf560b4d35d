/** Everything that opens paths: the only folder of formats that touches files and sockets. */
export { type ReadBuildstatsOptions, readBuildstatsDirectory, readBuildstatsDirectoryAll } from './directory.ts';
export { type InnerLogs, isErrorReportFile, readErrorReportFile } from './error-report-file.ts';
export {
  EventLogFollower,
  findEventLogs,
  isEventLogFile,
  type ReadEventLogOptions,
  readEventLogFile,
} from './eventlog-file.ts';
export { type BuildDirectory, buildDirectories } from './find-builds.ts';
export { type OpenOptions, openBuilds, type Progress } from './open-builds.ts';
export { type ReadRecordOptions, RecordFollower, readBlob, readRecordFile, recordFileOf } from './record-file.ts';
