// Ours: a whole build directory into columns, and nothing else. Bundled by the bench as the release is.
import { readBuildstatsDirectory } from '../../src/formats/open/index.ts';

const build = readBuildstatsDirectory(process.argv[2] ?? '');
if (build.tasks.length === 0) process.exitCode = 1;
