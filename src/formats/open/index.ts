/** Everything that opens paths: the only folder of formats that touches files and sockets. */
export { type ReadBuildstatsOptions, readBuildstatsDirectory, readBuildstatsDirectoryAll } from './directory.ts';
