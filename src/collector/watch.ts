/**
 * Watches the paths that were given until the end: a build that runs there grows in the store while it runs, a new one comes by itself.
 *
 *     look for builds and logs  ->  which changed?  ->  look into those  ->  merge a directory with its log  ->  save, at most every 2 s
 *
 * Polling, not fs.watch: a build writes thousands of files into hundreds of folders, each of which would need a watch of its own (Linux
 * has 8,192 of them for a user by default, macOS and network folders tell nothing at all), while a look costs 3 ms. What costs more
 * is done more seldom, so that watching takes no more than a tenth of one core from the build that it watches.
 */
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mergeBuilds, sameOrigin } from '../analysis/merge-builds.ts';
import { asAccountOf, CookerLogFollower, cookerLogsOf, isOfCommand } from '../formats/open/cooker-log-file.ts';
import { findBuilds } from '../formats/open/find-builds.ts';
import { isRecordFile, RecordFollower } from '../formats/open/record-file.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { ProblemList } from '../model/problem.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import { saveAccount } from './import.ts';
import { LiveDirectory } from './live-directory.ts';
import { LiveEventLog } from './live-event-log.ts';

export interface WatchOptions {
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The least time between two saves of one build. */
  readonly saveEveryMs?: number | undefined;
}

/** Where a watched build goes when it has changed: a store, or whoever else wants it. Throws where it failed: it comes again. */
export type SaveBuild = (build: Build) => Promise<SavedBuild>;

export const LOOK_EVERY_MS = 1000;
export const SAVE_EVERY_MS = 2000;
/** Work may take a tenth of the time. */
const DUTY = 10;
/** Of the newest builds it is asked whether they run; the others were over when the watch began. */
const NEWEST = 3;
/** How long a build that is over is still looked into: its log ends some seconds later. */
const LINGER_MS = 60_000;
/** A record that nobody writes to is one of a lost build after two minutes, and that has to be seen. */
const RECORD_LINGER_MS = 180_000;
/** A build that fell silent may compile for hours; after a day it is dead. */
const SILENT_MS_MAX = 86_400_000;
/** A look at a record of 100 MB must not keep the thread for a second: the rest is read at the next look. */
const RECORD_BYTES_A_LOOK = 8 << 20;
/** A log whose build has no directory is saved by itself, but first the directory gets its chance. */
const ALONE_AFTER_MS = 10_000;
/** After an error, e.g. a database that is busy or gone. */
const RETRY_MS = 30_000;
/** Running becomes lost by silence alone. */
const RECONSIDER_MS = 30_000;

interface TrackedDirectory {
  readonly live: LiveDirectory;
  /** As of the last save; null before the first. */
  build: Build | null;
  /** Files changed since `build` was made. */
  stale: boolean;
  /** It, or its log, changed since the last save. */
  dirty: boolean;
  changedMs: number;
  notBeforeMs: number;
  outcome: Build['outcome'] | null;
}

interface TrackedLog {
  readonly live: LiveEventLog;
  builds: readonly Build[];
  /** It grew since `builds` were made. */
  dirty: boolean;
  readonly sinceMs: number;
  notBeforeMs: number;
  running: boolean;
}

interface TrackedRecord {
  readonly follower: RecordFollower;
  /** It grew since the last save. */
  dirty: boolean;
  changedMs: number;
  notBeforeMs: number;
  outcome: Build['outcome'] | null;
  build: Pick<Build, 'startedMs'> | null;
}

interface TrackedCookerLog {
  readonly follower: CookerLogFollower;
  /** It grew since its build was last saved. */
  dirty: boolean;
  saved: boolean;
}

/** Of a tmp's cooker logs so many are followed: the newest is being written, the one before may have ended just now. */
const COOKER_LOGS_FOLLOWED = 2;

/** What tells by two stats whether anything began in a build directory. */
function fingerprint(path: string): string {
  const folder = statSync(path, { throwIfNoEntry: false });
  const file = statSync(join(path, 'build_stats'), { throwIfNoEntry: false });
  return `${folder?.mtimeMs} ${file?.mtimeMs} ${file?.size}`;
}

/** Whether a build_stats says that its last build ended. Only the end of the file is read. */
function hasEnd(dir: string): boolean {
  let fd: number;
  try {
    // A pipe put in its place meanwhile must not hold up the thread.
    fd = openSync(join(dir, 'build_stats'), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return true;
    throw cause;
  }
  try {
    const tail = Buffer.alloc(4096);
    const size = statSync(join(dir, 'build_stats'), { throwIfNoEntry: false })?.size ?? 0;
    const count = readSync(fd, tail, 0, tail.length, Math.max(0, size - tail.length));
    const text = tail.toString('latin1', 0, count);
    return text.lastIndexOf('Elapsed time') > text.lastIndexOf('Build Started');
  } finally {
    closeSync(fd);
  }
}

/** What happens at one path. `prime` before it is imported, then `look` again and again. */
export class PathWatch {
  readonly #saveBuild: SaveBuild;
  readonly #path: string;
  readonly #options: WatchOptions;
  readonly #directories = new Map<string, string>();
  readonly #logs = new Map<string, string>();
  readonly #records = new Map<string, string>();
  readonly #liveDirectories = new Map<string, TrackedDirectory>();
  readonly #liveLogs = new Map<string, TrackedLog>();
  readonly #liveRecords = new Map<string, TrackedRecord>();
  readonly #cookerLogs = new Map<string, TrackedCookerLog>();
  #nextFindMs = 0;
  #primed = false;
  #warned = '';

  constructor(into: Store | SaveBuild, path: string, options: WatchOptions = {}) {
    this.#saveBuild = typeof into === 'function' ? into : (build) => saveAccount(into, build);
    this.#path = path;
    this.#options = options;
  }

  /** True while a build runs there. */
  get running(): boolean {
    const live = [...this.#liveDirectories.values(), ...this.#liveRecords.values()];
    return live.some(({ outcome }) => outcome === 'running');
  }

  /** Notes what is there, so that whatever changes while it is imported is seen to have changed. */
  prime(): void {
    const found = this.#find();
    for (const dir of found.builds) this.#directories.set(dir, fingerprint(dir));
    for (const log of found.logs) this.#logs.set(log, fingerprint(log));
    for (const record of found.records) this.#records.set(record, fingerprint(record));
    this.#primed = true;
  }

  #find(): { builds: string[]; logs: string[]; records: string[] } {
    const info = statSync(this.#path, { throwIfNoEntry: false });
    if (info === undefined) return { builds: [], logs: [], records: [] };
    // A single record or event log; of a tar nothing grows.
    if (info.isFile()) {
      if (isRecordFile(this.#path)) return { builds: [], logs: [], records: [this.#path] };
      return { builds: [], logs: /\.json$/.test(this.#path) ? [this.#path] : [], records: [] };
    }
    try {
      const { builds, eventLogs, records } = findBuilds(this.#path, new ProblemList());
      const logs = eventLogs.filter((log) => log.endsWith('.json'));
      return { builds: builds.map(({ dir }) => dir), logs, records };
    } catch (error) {
      // It vanished: tmp is removed before a clean build, and comes again.
      if (error instanceof BakehouseError) return { builds: [], logs: [], records: [] };
      throw error;
    }
  }

  /** One look. `nowMs` is the clock. */
  async look(nowMs: number): Promise<void> {
    if (nowMs >= this.#nextFindMs) {
      const before = performance.now();
      this.#notice(nowMs);
      this.#nextFindMs = nowMs + DUTY * (performance.now() - before);
    }
    for (const log of this.#liveLogs.values()) {
      const silent = log.running && nowMs - log.live.lastGrownMs > RECONSIDER_MS;
      if (log.live.look(nowMs) || silent) log.dirty = true;
    }
    for (const tracked of this.#liveDirectories.values()) {
      const changed = tracked.live.look(nowMs);
      if (changed) tracked.changedMs = nowMs;
      const silent = tracked.outcome === 'running' && nowMs - tracked.changedMs > RECONSIDER_MS;
      if (changed || silent) {
        tracked.stale = true;
        tracked.dirty = true;
      }
    }
    for (const record of this.#liveRecords.values()) this.#lookAtRecord(record, nowMs);
    for (const log of this.#cookerLogs.values()) if (log.follower.read()) log.dirty = true;
    await this.#save(nowMs);
    await this.#saveRecords(nowMs);
    await this.#saveNeverStarted(nowMs);
    this.#letGo(nowMs);
  }

  /** Takes up what is new or changed. */
  #notice(nowMs: number): void {
    const { builds, logs, records } = this.#find();
    const newest = this.#primed
      ? new Set(
          builds
            .map((dir) => ({ dir, mtimeMs: statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
            .sort((a, b) => b.mtimeMs - a.mtimeMs)
            .slice(0, NEWEST)
            .map(({ dir }) => dir),
        )
      : new Set<string>();
    this.#primed = false;
    for (const dir of builds) {
      if (this.#liveDirectories.has(dir)) continue;
      const now = fingerprint(dir);
      const changed = this.#directories.get(dir) !== now;
      this.#directories.set(dir, now);
      if (!changed && !(newest.has(dir) && !hasEnd(dir))) continue;
      this.#liveDirectories.set(dir, {
        live: new LiveDirectory(dir),
        build: null,
        stale: true,
        dirty: true,
        changedMs: nowMs,
        notBeforeMs: 0,
        outcome: null,
      });
    }
    this.#noticeRecords(records, nowMs);
    this.#noticeCookerLogs(builds, nowMs);
    for (const path of logs) {
      if (this.#liveLogs.has(path)) continue;
      const now = fingerprint(path);
      const changed = this.#logs.get(path) !== now;
      this.#logs.set(path, now);
      // A log that has not changed since the import belongs to a running build only if it was written to just now.
      const fresh = nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < LINGER_MS;
      if (changed || fresh)
        this.#liveLogs.set(path, {
          live: new LiveEventLog(path),
          builds: [],
          dirty: true,
          sinceMs: nowMs,
          notBeforeMs: 0,
          running: true,
        });
    }
  }

  #noticeRecords(records: readonly string[], nowMs: number): void {
    for (const path of records) {
      if (this.#liveRecords.has(path)) continue;
      const now = fingerprint(path);
      const changed = this.#records.get(path) !== now;
      this.#records.set(path, now);
      const fresh = nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < RECORD_LINGER_MS;
      if (!changed && !fresh) continue;
      const follower = new RecordFollower(path);
      this.#liveRecords.set(path, {
        follower,
        dirty: true,
        changedMs: nowMs,
        notBeforeMs: 0,
        outcome: null,
        build: null,
      });
    }
  }

  /** Cooker logs of the tmps that builds were found in; of old ones nothing is told any more. */
  #noticeCookerLogs(builds: readonly string[], nowMs: number): void {
    const tmps = new Set(builds.map((dir) => dirname(dir)).filter((dir) => basename(dir) === 'buildstats'));
    const followed = new Set<string>();
    for (const tmp of [...tmps].map((dir) => dirname(dir))) {
      for (const log of cookerLogsOf(tmp).slice(-COOKER_LOGS_FOLLOWED)) {
        const known = this.#cookerLogs.get(log.file);
        const silentMs = nowMs - (statSync(log.file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
        if (known === undefined && silentMs > SILENT_MS_MAX) continue;
        followed.add(log.file);
        // Once a later command began, its build cannot be this one's.
        if (known !== undefined && known.follower.log.untilMs === log.untilMs) continue;
        const saved = known?.saved ?? silentMs > LINGER_MS;
        this.#cookerLogs.set(log.file, { follower: new CookerLogFollower(log), dirty: true, saved });
      }
    }
    for (const file of this.#cookerLogs.keys()) if (!followed.has(file)) this.#cookerLogs.delete(file);
  }

  /** The build of a directory with what its cooker log tells. */
  #withCookerLog(build: Build, of: Build, nowMs: number): Build {
    for (const log of this.#cookerLogs.values()) {
      if (!isOfCommand(of, log.follower.log)) continue;
      log.dirty = false;
      return mergeBuilds(build, asAccountOf(log.follower.build(nowMs), of));
    }
    return build;
  }

  /** A command that could not start leaves nothing but its log. */
  async #saveNeverStarted(nowMs: number): Promise<void> {
    for (const log of this.#cookerLogs.values()) {
      // A record of the same command is written at its end, and tells more.
      if (!log.dirty || log.saved || nowMs - log.follower.writtenMs < ALONE_AFTER_MS) continue;
      const build = log.follower.build(nowMs);
      if (build.outcome !== 'never-started') continue;
      const live = [...this.#liveDirectories.values(), ...this.#liveRecords.values()];
      if (live.some((one) => one.build !== null && isOfCommand(one.build, log.follower.log))) continue;
      log.dirty = false;
      log.saved = await this.#try(() => this.#saveBuild(build));
    }
  }

  #lookAtRecord(record: TrackedRecord, nowMs: number): void {
    const before = record.follower.offset;
    try {
      record.follower.read(RECORD_BYTES_A_LOOK);
    } catch (error) {
      // Gone, or not ours to read: what was read of it stays.
      if (error instanceof BakehouseError) return;
      throw error;
    }
    const grew = record.follower.offset !== before;
    if (grew) record.changedMs = nowMs;
    const silent = record.outcome === 'running' && nowMs - record.changedMs > RECONSIDER_MS;
    if (grew || silent) record.dirty = true;
  }

  async #saveRecords(nowMs: number): Promise<void> {
    for (const record of this.#liveRecords.values()) {
      if (!record.dirty || nowMs < record.notBeforeMs) continue;
      const before = performance.now();
      const build = record.follower.build(nowMs);
      record.dirty = false;
      if (build === null) continue;
      record.outcome = build.outcome;
      record.build = { startedMs: build.startedMs };
      record.dirty = !(await this.#try(() => this.#saveBuild(build)));
      record.notBeforeMs = record.dirty ? nowMs + RETRY_MS : this.#notBefore(nowMs, before);
    }
  }

  async #save(nowMs: number): Promise<void> {
    const fresh = new Set<TrackedLog>();
    for (const log of this.#liveLogs.values()) {
      if (!log.dirty || nowMs < log.notBeforeMs) continue;
      const before = performance.now();
      log.builds = log.live.builds(nowMs);
      log.running = log.builds.at(-1)?.outcome === 'running';
      log.dirty = log.live.behind;
      log.notBeforeMs = this.#notBefore(nowMs, before);
      fresh.add(log);
    }
    const claimed = new Set<Build>();
    for (const tracked of this.#liveDirectories.values()) {
      const { build: before } = tracked;
      const grown = [...this.#cookerLogs.values()].some(
        (log) => log.dirty && before !== null && isOfCommand(before, log.follower.log),
      );
      if (grown) tracked.dirty = true;
      if (!tracked.dirty && fresh.size === 0) continue;
      const startedAt = performance.now();
      const due = nowMs >= tracked.notBeforeMs;
      if (tracked.build === null || (due && tracked.stale)) {
        tracked.build = tracked.live.build(nowMs);
        tracked.stale = false;
      }
      let whole = tracked.build;
      for (const log of this.#liveLogs.values())
        for (const build of log.builds) {
          if (!sameOrigin(tracked.build, build)) continue;
          claimed.add(build);
          if (fresh.has(log)) tracked.dirty = true;
          if (due) whole = mergeBuilds(whole, build);
        }
      if (!tracked.dirty || !due) continue;
      whole = this.#withCookerLog(whole, tracked.build, nowMs);
      tracked.outcome = whole.outcome;
      tracked.dirty = !(await this.#try(() => this.#saveBuild(whole)));
      tracked.notBeforeMs = tracked.dirty ? nowMs + RETRY_MS : this.#notBefore(nowMs, startedAt);
    }
    for (const log of fresh) {
      for (const build of log.builds) {
        if (claimed.has(build) || log.live.behind) continue;
        if (build.outcome === 'running' && nowMs - log.sinceMs < ALONE_AFTER_MS) log.dirty = true;
        else if (!(await this.#try(() => this.#saveBuild(build)))) {
          log.dirty = true;
          log.notBeforeMs = nowMs + RETRY_MS;
        }
      }
    }
  }

  /** When work that began at `startedAt` may be done again. */
  #notBefore(nowMs: number, startedAt: number): number {
    return nowMs + Math.max(this.#options.saveEveryMs ?? SAVE_EVERY_MS, DUTY * (performance.now() - startedAt));
  }

  /** False where it failed: said once, tried again later. */
  async #try(save: () => Promise<SavedBuild>): Promise<boolean> {
    try {
      const saved = await save();
      if (saved.changed) this.#options.onSaved?.(saved);
      this.#warned = '';
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#warned) this.#options.onWarning?.(`A running build could not be saved: ${message}`);
      this.#warned = message;
      return false;
    }
  }

  /** Forgets what is over, down to what tells that it begins again. */
  #letGo(nowMs: number): void {
    for (const [dir, { dirty, outcome, changedMs }] of this.#liveDirectories) {
      if (dirty || outcome === null || outcome === 'running') continue;
      if (nowMs - changedMs < (outcome === 'lost' ? SILENT_MS_MAX : LINGER_MS)) continue;
      this.#liveDirectories.delete(dir);
      this.#directories.set(dir, fingerprint(dir));
    }
    for (const [path, { dirty, changedMs }] of this.#liveRecords) {
      if (dirty || nowMs - changedMs < RECORD_LINGER_MS) continue;
      this.#liveRecords.delete(path);
      this.#records.set(path, fingerprint(path));
    }
    for (const [path, { dirty, running, live }] of this.#liveLogs) {
      if (dirty || running || nowMs - live.lastGrownMs < LINGER_MS) continue;
      this.#liveLogs.delete(path);
      this.#logs.set(path, fingerprint(path));
    }
  }
}

/** Looks at every path once a second until aborted. */
export async function watchPaths(watches: readonly PathWatch[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const watch of watches) {
      if (signal.aborted) return;
      await watch.look(Date.now());
    }
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, LOOK_EVERY_MS);
      signal.addEventListener('abort', end);
    });
  }
}
