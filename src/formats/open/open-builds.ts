import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { ProblemList } from '../../model/problem.ts';
import { isBuildhistory, readBuildhistory } from './buildhistory-dir.ts';
import { asAccountOf, CookerLogFollower, cookerLogsOf, isOfCommand } from './cooker-log-file.ts';
import { readBuildstatsDirectoryAll, reasonOf } from './directory.ts';
import { findErrorReports, type InnerLogs, isErrorReportFile, readErrorReportFile } from './error-report-file.ts';
import { tmpWithCookerLogs } from './event-log-names.ts';
import { findEventLogs, isEventLogFile, readEventLogFile } from './eventlog-file.ts';
import { findBuilds, isTar } from './find-builds.ts';
import { isRecordFile, readRecordFile } from './record-file.ts';

export interface Progress {
  /** Builds (or files of builds) read so far, and how many there are in all as far as is known now. */
  readonly done: number;
  readonly total: number;
}

export interface OpenOptions {
  /** Receives the problems that belong to no build: an unreadable directory, a damaged tar, a refused link. */
  readonly problems?: ProblemList | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Receives the logs that a source holds within itself (an error report), just before its build is given. */
  readonly onLogs?: ((logs: InnerLogs) => void) | undefined;
  /** Metrics to read, by id; default all. See ReadBuildstatsOptions. */
  readonly metrics?: readonly string[] | undefined;
  readonly samples?: boolean | undefined;
  /** The clock, epoch ms; default now. */
  readonly nowMs?: number | undefined;
}

/**
 * Every build that a path leads to, one after the other, oldest directory first: a build directory, `tmp/buildstats`, a `tmp`, a
 * build folder, a tar (plain, gzip, zstd), an event log, an error report, a buildhistory folder, an http(s) listing of any of those.
 *
 * Builds come as each source tells them: a directory and the event log of the same run are two builds, which the caller merges.
 * A build that cannot be read becomes a problem and never hides the others. Throws BakehouseError when the path itself is not
 * there, cannot be read or holds no build at all; the signal's reason when aborted.
 */
export async function* openBuilds(path: string, options: OpenOptions = {}): AsyncGenerator<Build> {
  const problems = options.problems ?? new ProblemList();
  const settings = { ...options, problems, nowMs: options.nowMs ?? Date.now() };
  options.signal?.throwIfAborted();
  if (/^https?:\/\//i.test(path)) {
    const { openListing } = await import('./http-listing.ts');
    yield* openListing(path, settings);
    return;
  }
  const full = resolve(path);
  let isFile: boolean;
  try {
    isFile = statSync(full).isFile();
  } catch (cause) {
    throw new BakehouseError('not-found', `${path} cannot be opened: ${reasonOf(cause)}.`, { file: full, cause });
  }
  if (isFile) {
    yield* openFile(full, settings);
    return;
  }
  if (isBuildhistory(full)) {
    const builds = await readBuildhistory(full, settings);
    settings.onProgress?.({ done: builds.length, total: builds.length });
    yield* builds;
    return;
  }
  yield* openFolder(full, settings);
}

type Settings = OpenOptions & { readonly problems: ProblemList; readonly nowMs: number };

async function* openFile(path: string, options: Settings): AsyncGenerator<Build> {
  if (!isTar(path) && isRecordFile(path)) {
    const build = await readRecordFile(path, options);
    options.onProgress?.({ done: 1, total: 1 });
    yield build;
    return;
  }
  if (!isTar(path) && isEventLogFile(path)) {
    const builds = await readEventLogFile(path, { ...options, onProgress: undefined });
    if (builds.length === 0) {
      throw new BakehouseError('not-found', `${path} is an event log without a build.`, { file: path });
    }
    for (let i = 0; i < builds.length; i++) {
      options.onProgress?.({ done: i + 1, total: builds.length });
      yield builds[i]!;
    }
    return;
  }
  if (!isTar(path) && isErrorReportFile(path)) {
    const build = reportOf(path, options);
    options.onProgress?.({ done: 1, total: 1 });
    yield build;
    return;
  }
  if (!isTar(path) && !looksLikeTar(path)) {
    throw new BakehouseError('unreadable', `${path} is neither a tar, an event log, an error report nor a record.`, {
      file: path,
    });
  }
  const { readTarFile } = await import('./tar.ts');
  const builds = await readTarFile(path, options);
  if (builds.length === 0) throw nothingIn(path);
  for (let i = 0; i < builds.length; i++) {
    options.onProgress?.({ done: i + 1, total: builds.length });
    yield builds[i]!;
  }
}

async function* openFolder(path: string, options: Settings): AsyncGenerator<Build> {
  const { problems, signal } = options;
  const found = findBuilds(path, problems);
  const only = found.builds.length === 1 && found.builds[0]!.dir === path;
  // A folder of several build folders: each has its own logs, `-w` ones in the build folder among them.
  const homes = new Set([path, ...found.builds.map(({ dir }) => dirname(dir))]);
  const logs = only
    ? []
    : [...new Set([...found.eventLogs, ...[...homes].flatMap((home) => findEventLogs(home))])].sort();
  const tmps = new Set(
    found.builds
      .map(({ dir }) => dirname(dir))
      .filter(isBuildstats)
      .map((dir) => dirname(dir)),
  );
  const told = [...logs, ...[...tmps].flatMap((tmp) => cookerLogsOf(tmp).map(({ file }) => file))];
  const reports = only
    ? []
    : [...new Set([...homes].flatMap((home) => [home, dirname(home)]).concat(path))]
        .filter((home) => home === path || home.startsWith(path + sep))
        .flatMap((home) => findErrorReports(home, told));
  const total = found.builds.length + found.records.length + found.tars.length + logs.length + reports.length;
  if (total === 0) throw nothingIn(path);
  let done = 0;
  const started: Pick<Build, 'name' | 'startedMs' | 'host'>[] = [];
  for (const { dir } of found.builds) {
    signal?.throwIfAborted();
    const builds = await reading(dir, options, () =>
      readBuildstatsDirectoryAll(dir, {
        metrics: options.metrics,
        samples: options.samples,
        nowMs: options.nowMs,
        root: path,
      }),
    );
    done++;
    options.onProgress?.({ done, total });
    for (const { name, startedMs, host } of builds) started.push({ name, startedMs, host });
    yield* builds;
    if (only) {
      let logged = false;
      for await (const account of logsOf(path, builds, options)) {
        logged = true;
        yield account;
      }
      const tmp = logged ? null : tmpWithCookerLogs(path);
      if (tmp !== null) yield* cookerAccounts(new Set([tmp]), started, options, false);
    }
    // Reading is synchronous: between builds the rest of the process gets its turn.
    await new Promise((next) => setImmediate(next));
  }
  for (const file of found.records) {
    signal?.throwIfAborted();
    const builds = await reading(file, options, async () => [await readRecordFile(file, options)]);
    done++;
    options.onProgress?.({ done, total });
    for (const { name, startedMs, host } of builds) started.push({ name, startedMs, host });
    yield* builds;
    await new Promise((next) => setImmediate(next));
  }
  for (const file of logs) {
    signal?.throwIfAborted();
    const builds = await reading(file, options, () => readEventLogFile(file, { ...options, onProgress: undefined }));
    done++;
    options.onProgress?.({ done, total: Math.max(done, total) });
    yield* builds;
  }
  if (!only) {
    yield* cookerAccounts(tmps, started, options);
  }
  for (const file of new Set(reports)) {
    signal?.throwIfAborted();
    const builds = await reading(file, options, () => [reportOf(file, options)]);
    done++;
    options.onProgress?.({ done, total: Math.max(done, total) });
    yield* builds.filter((build) => build.failures.length > 0);
  }
  for (const file of found.tars) {
    signal?.throwIfAborted();
    const builds = await reading(file, options, async () => {
      const { readTarFile } = await import('./tar.ts');
      return readTarFile(file, options);
    });
    done++;
    options.onProgress?.({ done, total });
    yield* builds;
  }
}

/**
 * What a person saw on the terminal of the builds in these tmps: with buildstats of a release that writes no event log, it is all that tells how
 * they ended. A command that built nothing because it could not start is a build of its own; others that built nothing are none.
 */
async function* cookerAccounts(
  tmps: ReadonlySet<string>,
  started: readonly Pick<Build, 'name' | 'startedMs' | 'host'>[],
  options: Settings,
  withOthers = true,
): AsyncGenerator<Build> {
  for (const tmp of tmps) {
    for (const log of cookerLogsOf(tmp)) {
      options.signal?.throwIfAborted();
      const known = started.find((build) => isOfCommand(build, log));
      if (known === undefined && !withOthers) continue;
      const follower = new CookerLogFollower(log);
      follower.read();
      const account = follower.build(options.nowMs);
      if (known !== undefined) yield asAccountOf(account, known);
      else if (account.outcome === 'never-started') yield account;
      await new Promise((next) => setImmediate(next));
    }
  }
}

function reportOf(path: string, options: Settings): Build {
  const { build, logs } = readErrorReportFile(path);
  if (logs.size > 0) options.onLogs?.(logs);
  return build;
}

/** Milliseconds between the start of a build as buildstats and as the event log tell it; the log's is an estimate. */
const START_SLACK_MS = 120_000;

/**
 * The event log of one build directory: of the logs of its tmp those that were begun before it, the latest first, until one tells
 * of a build of that name or time. The other builds of such a log are not asked for.
 */
async function* logsOf(path: string, builds: readonly Build[], options: Settings): AsyncGenerator<Build> {
  for (const build of builds) {
    for (const file of findEventLogs(path, { startedMs: build.startedMs }).reverse()) {
      options.signal?.throwIfAborted();
      const logged = await reading(file, options, () => readEventLogFile(file, { ...options, onProgress: undefined }));
      const same = logged.find(
        (other) =>
          other.name === build.name ||
          (other.startedMs !== null &&
            build.startedMs !== null &&
            Math.abs(other.startedMs - build.startedMs) <= START_SLACK_MS),
      );
      if (same === undefined) continue;
      yield same;
      break;
    }
  }
}

/** What a source of one build gives; one that fails becomes a problem, because others stand beside it. */
async function reading(file: string, options: Settings, read: () => Build[] | Promise<Build[]>): Promise<Build[]> {
  try {
    return await read();
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (!(cause instanceof BakehouseError)) throw cause;
    options.problems.add('error', 'build-unreadable', cause.message, file);
    return [];
  }
}

function nothingIn(path: string): BakehouseError {
  return new BakehouseError(
    'not-found',
    `${path} holds no build: a buildstats directory has a file build_stats, and a build folder has tmp/buildstats when its local.conf says INHERIT += "buildstats".`,
    { file: path },
  );
}

/** gzip, zstd, or `ustar` where a tar has it. */
function looksLikeTar(path: string): boolean {
  const head = new Uint8Array(512);
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      length = readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new BakehouseError('unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { file: path, cause });
  }
  if (head[0] === 0x1f && head[1] === 0x8b) return true;
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return true;
  return length === 512 && new TextDecoder('latin1').decode(head.subarray(257, 262)) === 'ustar';
}

function isBuildstats(folder: string): boolean {
  return basename(folder) === 'buildstats';
}
