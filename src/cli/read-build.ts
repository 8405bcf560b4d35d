/** What is named on the command line -> a build: a path, an address, or something in the store. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CompareInput } from '../analysis/join-builds.ts';
import { readBuildstatsDirectory } from '../formats/open/directory.ts';
import type { InnerLogs } from '../formats/open/error-report-file.ts';
import { eventLogCandidates, tmpWithCookerLogs } from '../formats/open/event-log-names.ts';
import { buildDirectories } from '../formats/open/find-builds.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import { compareText } from '../model/task-rows.ts';
import { loadLibrary } from './controller.ts';
import type { CliIo } from './io.ts';
import type { Options } from './program.ts';
import { progressLine } from './progress.ts';
import { printable } from './style.ts';

export interface ReadOptions {
  /** Metrics that will be looked at; null: all. Others may be missing from the table. */
  readonly metrics: readonly string[] | null;
  /** Whether samples are wanted. */
  readonly samples: boolean;
  /** Receives the logs that a source holds within itself. */
  readonly onLogs?: (logs: InnerLogs) => void;
}

/** A terminal has few lines; `import` keeps them all. */
const PROBLEMS_TOLD_MAX = 5;

const STORED = /^(@last(~\d{1,5})?|[0-9a-fA-F][0-9a-fA-F-]{3,35})$/;
export const ADDRESS = /^https?:\/\//;

/** Whether the text means a build in the store. A path that is there wins. */
export function meansStored(io: CliIo, text: string): boolean {
  return STORED.test(text) && (text.startsWith('@') || !existsSync(resolve(io.folder, text)));
}

/** Like upstream's scripts: `$BUILDDIR/tmp/buildstats` of a build environment. */
export function defaultBuildstats(io: CliIo): string {
  const folder = io.environment.BUILDDIR;
  if (folder === undefined || folder === '') {
    throw new BakehouseError(
      'invalid',
      'No build is named, and BUILDDIR is not set: name a path, or source oe-init-build-env first.',
    );
  }
  return join(folder, 'tmp', 'buildstats');
}

/** A file `build_stats` makes a directory a build, whatever its name. */
export function isBuildDirectory(folder: string): boolean {
  return existsSync(join(folder, 'build_stats'));
}

/**
 * Build directories of a path, found by looking at names only, the latest last: BUILDNAME is a time unless somebody set it, and then
 * upstream's scripts sort by it too. Empty: none there (a tar, an event log). Throws when the path is not there.
 */
export function directoriesOf(io: CliIo, path: string): string[] {
  const full = resolve(io.folder, path);
  const kind = statSync(full, { throwIfNoEntry: false });
  if (kind === undefined) {
    throw new BakehouseError('unreadable', `No such file or directory: ${path}`, { file: path });
  }
  if (!kind.isDirectory()) return [];
  if (isBuildDirectory(full)) return [full];
  return buildDirectories(full)
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.dir, b.dir))
    .map(({ dir }) => dir);
}

/** The build that `text` means; the last one of a path that holds several. Undefined: the latest of $BUILDDIR. */
export async function readBuild(
  io: CliIo,
  options: Options,
  text: string | undefined,
  read: ReadOptions,
): Promise<Build> {
  const path = text ?? defaultBuildstats(io);
  if (text !== undefined && meansStored(io, text)) {
    const { readStored } = await import('./stored.ts');
    return readStored(io, options, text, read);
  }
  if (!ADDRESS.test(path)) {
    const directories = directoriesOf(io, path);
    const last = directories.at(-1);
    if (last !== undefined) {
      if (directories.length > 1) io.err(`${directories.length} builds in ${path}: this is the last, ${last}\n`);
      // The quick road: most builds write no event log, and then none of the code that reads one is loaded.
      const alone =
        options.eventlog === false || (eventLogCandidates(last).length === 0 && tmpWithCookerLogs(last) === null);
      return alone ? readDirectory(io, last, read) : lastOf(io, last, read);
    }
  }
  return lastOf(io, path, read);
}

/** Everything that a path leads to, the accounts of one build merged: a directory with its event log, a tar, an address. */
export async function readAll(io: CliIo, path: string, read: ReadOptions): Promise<Build[]> {
  const { mergeSameOrigins, openBuilds, withCausesOf } = await loadLibrary();
  const progress = progressLine(io, `reading ${path}`);
  const problems = new ProblemList();
  const builds: Build[] = [];
  let inner: InnerLogs = new Map();
  const onLogs = (logs: InnerLogs): void => {
    inner = logs;
    read.onLogs?.(logs);
  };
  try {
    const address = ADDRESS.test(path) ? path : resolve(io.folder, path);
    for await (const build of openBuilds(address, {
      problems,
      metrics: read.metrics ?? undefined,
      samples: read.samples,
      nowMs: io.nowMs(),
      onProgress: progress.show,
      onLogs,
    })) {
      // An error report holds the logs of what failed, and so the line that says why.
      builds.push(inner.size === 0 ? build : withCausesOf(build, inner));
      inner = new Map();
    }
  } finally {
    progress.clear();
  }
  if (builds.length === 0) {
    const why = problems.list()[0]?.message ?? 'no build was found in it.';
    throw new BakehouseError('unreadable', `${path}: ${why}`, { file: path });
  }
  sayProblems(io, path, problems.list());
  return builds.length === 1 ? builds : mergeSameOrigins(builds);
}

/** What was refused or passed over in a path as a whole belongs to none of its builds, so it is said here; a build's own is in its summary. */
function sayProblems(io: CliIo, path: string, problems: readonly Problem[]): void {
  const told = problems.filter(({ severity }) => severity !== 'note');
  for (const { message, file } of told.slice(0, PROBLEMS_TOLD_MAX)) {
    // The path as it was typed, then the file in it; a sentence that names the file itself needs neither.
    const named = file !== null && message.includes(file);
    const where = named ? 'bakehouse' : file === null || file === path ? path : `${path}: ${file}`;
    io.err(`${printable(where)}: ${printable(message)}\n`);
  }
  if (told.length > PROBLEMS_TOLD_MAX) io.err(`${path}: and ${told.length - PROBLEMS_TOLD_MAX} more problems\n`);
}

async function lastOf(io: CliIo, path: string, read: ReadOptions): Promise<Build> {
  const builds = await readAll(io, path, read);
  const last = builds.reduce((a, b) => ((b.startedMs ?? 0) >= (a.startedMs ?? 0) ? b : a));
  if (builds.length > 1) io.err(`${builds.length} builds in ${path}: this is the last, ${last.name}\n`);
  return last;
}

/** Only the directory: no event log is looked for. */
export function readDirectory(io: CliIo, directory: string, read: ReadOptions): Build {
  return readBuildstatsDirectory(directory, {
    nowMs: io.nowMs(),
    samples: read.samples,
    metrics: read.metrics ?? undefined,
  });
}

export function compareInput(build: Build): CompareInput {
  return { head: build, tasks: build.tasks };
}
