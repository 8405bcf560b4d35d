// Ours: an event log into builds, and nothing else. Bundled by the bench as the release is.
import { openBuilds } from '../../src/formats/open/index.ts';

let tasks = 0;
for await (const build of openBuilds(process.argv[2] ?? '')) tasks += build.tasks.length;
if (tasks === 0) process.exitCode = 1;
