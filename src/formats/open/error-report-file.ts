import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Build, TaskLog } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { ERROR_REPORT_BYTES_MAX } from '../../model/limits.ts';
import { type ErrorReport, readErrorReport } from '../error-report/reader.ts';
import { reasonOf } from './directory.ts';

/** The state of the running build, written anew by every build; what is kept of one that ended has BUILDNAME in its name. */
const LIVE_NAME = 'error-report.txt';
const KEPT_NAME = /^error_report_[^/]{1,200}\.txt$/;
const KEYS =
  'auto_conf|bitbake_version|branch_commit|build_sys|component|distro|email|error_type|failures|layer_version|link_back|local_conf|machine|nativelsb|site_conf|target_sys|toolcfg_conf|username';
const HEAD = new RegExp(`^\\s{0,8}\\{\\s{0,80}"(?:${KEYS})"\\s{0,8}:`);
/** As openSync of a log: no last link is followed, no pipe waited for. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** A folder of reports of years. */
const REPORTS_MAX = 20_000;
/** The kept one is a copy of it, made at the end of the build. */
const COPY_MS = 2000;
/** The end of a log of bitbake and the last report of one build are written within this time. */
const SAME_BUILD_MS = 120_000;

/** Whether a file begins as an error report does: an object whose first key is one of its. False for what cannot be read. */
export function isErrorReportFile(path: string): boolean {
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      if (!fstatSync(fd).isFile()) return false;
      const head = new Uint8Array(512);
      return HEAD.test(new TextDecoder('latin1').decode(head.subarray(0, readSync(fd, head, 0, head.length, 0))));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    // Whoever opens it will say why.
    if (cause instanceof Error && 'code' in cause) return false;
    throw cause;
  }
}

/** Logs that a source holds within itself, by the SHA-256 of their bytes, which is how the build's log entries name them. */
export type InnerLogs = ReadonlyMap<string, Uint8Array>;

export interface BuildWithLogs {
  readonly build: Build;
  readonly logs: InnerLogs;
}

/** The build of a report with an entry for each of its logs. */
export function withNamedLogs({ build, logs }: ErrorReport): BuildWithLogs {
  const found = new Map<string, Uint8Array>();
  const entries = logs.map(({ failure, bytes }): TaskLog => {
    const blob = createHash('sha256').update(bytes).digest('hex');
    found.set(blob, bytes);
    const { row, pf, task, mc } = build.failures[failure]!;
    // How long it was before the class cut it is not told.
    return { kind: 'failure', row, pf, task, mc, blob, bytes: bytes.length, originalBytes: null };
  });
  return { build: { ...build, logs: entries }, logs: found };
}

/** The build that an error report tells of, with its logs. Throws BakehouseError where the file cannot be read or is none. */
export function readErrorReportFile(path: string): BuildWithLogs {
  const file = resolve(path);
  let bytes: Buffer;
  try {
    const fd = openSync(file, OPEN_FLAGS);
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) throw new BakehouseError('unreadable', `${path} is not a file.`, { file });
      if (info.size > ERROR_REPORT_BYTES_MAX)
        throw new BakehouseError(
          'too-large',
          `${path} is larger than the ${ERROR_REPORT_BYTES_MAX >> 20} MB that are read of an error report.`,
          { file },
        );
      bytes = readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (cause instanceof BakehouseError) throw cause;
    throw new BakehouseError('unreadable', `${path} cannot be read: ${reasonOf(cause)}.`, { file, cause });
  }
  const report = readErrorReport(bytes.toString('utf8'), {
    location: file,
    fileName: basename(file),
    fallbackName: fallbackName(bytes),
  });
  if (report === 'not-json')
    throw new BakehouseError('unreadable', `${path} begins as an error report and is not whole JSON.`, { file });
  if (report === 'other')
    throw new BakehouseError('unreadable', `${path} is no error report: it has no list of failures.`, { file });
  return withNamedLogs(report);
}

/** Of a report without BUILDNAME: the same for the same report, and no other has it. */
export function fallbackName(bytes: Uint8Array): string {
  return `error-report-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
}

/**
 * The error reports that belong to a path: the folder `error-report` itself, a tmp with `log/error-report`, a build folder with such tmps.
 * `error-report.txt` counts only where it tells of a build that no other file tells of: it is older than, or a copy of, the last kept
 * one, unless the last build never came to its end (an unknown target, a parse error). Sorted by path.
 */
export function findErrorReports(path: string, logs: readonly string[]): string[] {
  const found: string[] = [];
  for (const folder of foldersOf(resolve(path))) {
    const names = list(folder);
    const kept = names.filter((name) => KEPT_NAME.test(name)).map((name) => join(folder, name));
    found.push(...kept);
    if (!names.includes(LIVE_NAME)) continue;
    const live = join(folder, LIVE_NAME);
    const writtenMs = writtenAt(live);
    const stale = kept.some((file) => writtenAt(file) >= writtenMs - COPY_MS);
    // A log of that build tells all that the report does, with its time.
    const logged = logs.some(
      (log) => log.startsWith(join(folder, '..', '/')) && writtenAt(log) > writtenMs - SAME_BUILD_MS,
    );
    if (!stale && !logged && isErrorReportFile(live)) found.push(live);
  }
  return found.sort().slice(0, REPORTS_MAX);
}

function foldersOf(path: string): string[] {
  const folders = basename(path) === 'error-report' ? [path] : [];
  for (const tmp of [
    path,
    ...list(path)
      .filter((name) => name.startsWith('tmp'))
      .map((name) => join(path, name)),
  ])
    folders.push(join(tmp, 'log', 'error-report'));
  return folders;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No such folder: the class is inherited by few.
    return [];
  }
}

function writtenAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}
