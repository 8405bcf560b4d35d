/** Logs of bitbake's user interface beside buildstats: which build each belongs to, and reading them as they grow. */
import { closeSync, constants, type Dirent, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Build } from '../../model/build.ts';
import { COOKER_LOG_BYTES_MAX } from '../../model/limits.ts';
import { askedTargets, targetsOfLog } from '../cooker-log/asked-targets.ts';
import { CookerLogReader, timeOfCookerLog } from '../cooker-log/reader.ts';

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHUNK_BYTES = 256 << 10;
/** A resident server is silent while a compiler runs; buildstats or the next line say that it still does. */
const YOUNG_MS = 120_000;
/** The end of the server's log: some thousand commands. */
const DAEMON_TAIL_BYTES = 4 << 20;
const LOGS_MAX = 20_000;
/** The clock ticks between the name of the log and the start of the build. */
const NAME_SLACK_MS = 2000;

export interface CookerLog {
  readonly file: string;
  /** When its command began. */
  readonly atMs: number;
  /** When the next command began in the same folder, which the build of this one cannot outlive. Infinity: none did. */
  readonly untilMs: number;
}

/** Cooker logs of a tmp, oldest first, without those of which an event log of the same command tells more. */
export function cookerLogsOf(tmp: string): CookerLog[] {
  const folder = join(tmp, 'log', 'cooker');
  const found = new Map<string, { file: string; atMs: number }>();
  for (const machine of list(folder)) {
    if (!machine.isDirectory()) continue;
    for (const entry of list(join(folder, machine.name))) {
      const atMs = entry.isFile() && entry.name.endsWith('.log') ? timeOfCookerLog(entry.name.slice(0, -4)) : null;
      if (atMs !== null && found.size < LOGS_MAX) {
        found.set(entry.name, { file: join(folder, machine.name, entry.name), atMs });
      }
    }
  }
  const sorted = [...found.values()].sort((a, b) => a.atMs - b.atMs);
  return sorted
    .map((log, i): CookerLog => ({ ...log, untilMs: sorted[i + 1]?.atMs ?? Number.POSITIVE_INFINITY }))
    .filter(({ file }) => {
      const stem = basename(file, '.log');
      return !['.json', '.json.gz'].some((end) => existsSync(join(tmp, 'log', 'eventlog', `${stem}${end}`)));
    });
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // No such folder: a copy of buildstats alone.
    return [];
  }
}

/** Whether a build is the one of a log: bitbake runs one command at a time in a build folder. */
export function isOfCommand(build: Pick<Build, 'startedMs'>, log: CookerLog): boolean {
  return build.startedMs !== null && build.startedMs >= log.atMs - NAME_SLACK_MS && build.startedMs < log.untilMs;
}

/** The log's account as one of a build that is known: under its name, start and host, none of which a log tells exactly. */
export function asAccountOf(account: Build, known: Pick<Build, 'name' | 'startedMs' | 'host'>): Build {
  const { name, id } = known.host;
  return { ...account, name: known.name, startedMs: known.startedMs, host: { ...account.host, name, id } };
}

/** A log that may grow. */
export class CookerLogFollower {
  readonly log: CookerLog;
  #reader: CookerLogReader;
  #offset = 0;
  #writtenMs = 0;

  constructor(log: CookerLog) {
    this.log = log;
    this.#reader = new CookerLogReader({ location: resolve(log.file) });
  }

  /** Reads what was written since the last time; true when something was. A file that is gone stays as it was read. */
  read(): boolean {
    let fd: number;
    try {
      fd = openSync(this.log.file, OPEN_FLAGS);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause) return false;
      throw cause;
    }
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) return false;
      this.#writtenMs = info.mtimeMs;
      const size = Math.min(info.size, COOKER_LOG_BYTES_MAX);
      if (size < this.#offset) {
        this.#reader = new CookerLogReader({ location: resolve(this.log.file) });
        this.#offset = 0;
      }
      const before = this.#offset;
      const chunk = new Uint8Array(CHUNK_BYTES);
      while (this.#offset < size) {
        const length = readSync(fd, chunk, 0, Math.min(chunk.length, size - this.#offset), this.#offset);
        if (length === 0) break;
        this.#reader.push(chunk.subarray(0, length));
        this.#offset += length;
      }
      return this.#offset > before;
    } finally {
      closeSync(fd);
    }
  }

  /** When it was last seen to have been written to. */
  get writtenMs(): number {
    return this.#writtenMs;
  }

  build(nowMs: number): Build {
    const running = nowMs - this.#writtenMs <= YOUNG_MS && this.log.untilMs === Number.POSITIVE_INFINITY;
    const targets = targetsOfLog(
      askedTargets(tailOf(join(dirname(tmpOf(this.log.file)), 'bitbake-cookerdaemon.log'))),
      basename(this.log.file),
      this.log.untilMs === Number.POSITIVE_INFINITY,
    );
    return this.#reader.snapshot({ running, writtenMs: Math.round(this.#writtenMs), targets });
  }
}

/** `<tmp>/log/cooker/<MACHINE>/<time>.log` */
function tmpOf(file: string): string {
  return dirname(dirname(dirname(dirname(resolve(file)))));
}

function tailOf(path: string): string {
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) return '';
      const bytes = Buffer.alloc(Math.min(info.size, DAEMON_TAIL_BYTES));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, info.size - bytes.length));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    // Only targets are missing without it.
    if (cause instanceof Error && 'code' in cause) return '';
    throw cause;
  }
}
