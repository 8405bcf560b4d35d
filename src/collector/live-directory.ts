/**
 * A buildstats directory that is being written. Looked at every second or so: folders are listed again only when their own time changed,
 * task files read again only until they are over, sample files from where they were left. A build of 10,000 tasks costs
 * some 600 stats a look (3 ms) and not 10,000 reads; making the Build of it costs a parse of bytes that are already here.
 */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { BuildstatsReader } from '../formats/buildstats/buildstats-reader.ts';
import type { Build } from '../model/build.ts';
import { BUILD_STATS_BYTES_MAX, RECIPES_MAX, SAMPLE_FILE_BYTES_MAX, TASK_FILE_BYTES_MAX } from '../model/limits.ts';

/** Not through links, not waiting on pipes: a build directory has neither. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * A file or folder whose time is this near to when it was last looked at may have been written to again within the same tick of the
 * clock, which on network folders is two seconds long: it is looked at once more.
 */
const CLOCK_TICK_MS = 2000;

interface WatchedFile {
  bytes: Uint8Array;
  length: number;
  mtimeMs: number;
  /** Nobody writes to it any more. */
  over: boolean;
}

interface WatchedFolder {
  mtimeMs: number;
  listedAtMs: number;
  readonly files: Map<string, WatchedFile>;
}

const BUILD_STARTED = Buffer.from('Build Started:');
const ENDED = Buffer.from('\nEnded:');

function isOver(bytes: Uint8Array, length: number): boolean {
  return length > 0 && bytes[length - 1] === 10 && Buffer.from(bytes.buffer, bytes.byteOffset, length).includes(ENDED);
}

/** How many builds a build_stats holds. */
function startsOf(file: WatchedFile): number {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.length);
  let count = 0;
  for (let at = bytes.indexOf(BUILD_STARTED); at >= 0; at = bytes.indexOf(BUILD_STARTED, at + 1)) count++;
  return count;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** What vanished meanwhile, or may not be read, is not there; anything else is a bug. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch (cause) {
    if (codeOf(cause) !== '') return null;
    throw cause;
  }
}

function bytesMax(name: string): number {
  if (name === 'build_stats') return BUILD_STATS_BYTES_MAX;
  return name.endsWith('.log') ? SAMPLE_FILE_BYTES_MAX : TASK_FILE_BYTES_MAX;
}

export class LiveDirectory {
  readonly path: string;
  /** Where the path led when the watch began, links resolved: what a link leads to later is somebody else's. */
  readonly #place: string | null;
  readonly #folders = new Map<string, WatchedFolder>();
  #lastWrittenMs = 0;
  /** One build appends to another (BUILDNAME set by the user): files of tasks that were over grow again. */
  #appended = false;
  /** Bytes that were read so far, over all looks: what the test of cheapness measures. */
  bytesRead = 0;

  constructor(path: string) {
    this.path = resolve(path);
    this.#place = orNull(() => realpathSync(this.path));
  }

  /** Looks at what was written since the last look. True when something was. `nowMs` is the clock of the files. */
  look(nowMs: number): boolean {
    if (this.#place === null || orNull(() => realpathSync(this.path)) !== this.#place) return false;
    let any = this.#lookAt('', nowMs);
    for (const name of this.#folders.keys()) if (name !== '' && this.#lookAt(name, nowMs)) any = true;
    return any;
  }

  /** True when a file directly in the folder has other bytes than before. */
  #lookAt(folder: string, nowMs: number): boolean {
    const path = folder === '' ? this.path : join(this.path, folder);
    // Not through a link: a recipe's folder may be replaced by one at any time while its build is watched.
    const info = orNull(() => (folder === '' ? statSync(path) : lstatSync(path)));
    if (info === null || !info.isDirectory()) return false;
    let known = this.#folders.get(folder);
    if (known === undefined) {
      known = { mtimeMs: -1, listedAtMs: 0, files: new Map() };
      this.#folders.set(folder, known);
    }
    if (info.mtimeMs !== known.mtimeMs || known.listedAtMs - info.mtimeMs < CLOCK_TICK_MS) {
      known.mtimeMs = info.mtimeMs;
      known.listedAtMs = nowMs;
      for (const entry of orNull(() => readdirSync(path, { withFileTypes: true })) ?? [])
        this.#meet(folder, known, entry);
    }
    let any = false;
    for (const [name, file] of known.files) {
      if ((file.over && !this.#appended) || !this.#read(path + sep + name, name, file, nowMs)) continue;
      any = true;
      if (folder === '' && name === 'build_stats') this.#appended = startsOf(file) > 1;
    }
    return any;
  }

  #meet(folder: string, known: WatchedFolder, entry: Dirent): void {
    const { name } = entry;
    if (entry.isDirectory()) {
      // One level below the build: recipes, and the folder of pressure samples.
      if (folder === '' && !this.#folders.has(name) && this.#folders.size <= RECIPES_MAX)
        this.#folders.set(name, { mtimeMs: -1, listedAtMs: 0, files: new Map() });
    } else if (entry.isFile() && !known.files.has(name)) {
      known.files.set(name, { bytes: new Uint8Array(0), length: 0, mtimeMs: -1, over: false });
    }
  }

  /** True when the file has other bytes than before. */
  #read(path: string, name: string, file: WatchedFile, nowMs: number): boolean {
    const before = orNull(() => statSync(path));
    if (before === null) return false;
    if (before.mtimeMs === file.mtimeMs && before.size === file.length) {
      // Quiet for longer than a tick and closed by its end: a task that is over.
      if (nowMs - before.mtimeMs > CLOCK_TICK_MS && isOver(file.bytes, file.length) && name !== 'build_stats')
        file.over = true;
      return false;
    }
    const fd = orNull(() => openSync(path, OPEN_FLAGS));
    if (fd === null) return false;
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) return false;
      return this.#readOpen(fd, name, file, info);
    } finally {
      closeSync(fd);
    }
  }

  #readOpen(fd: number, name: string, file: WatchedFile, info: Stats): boolean {
    // Sample files only grow; the others are small and written again from the start by a task that runs again.
    const from = name.endsWith('.log') && info.size >= file.length ? file.length : 0;
    const size = Math.min(info.size, bytesMax(name));
    if (size > file.bytes.length) {
      const grown = new Uint8Array(name.endsWith('.log') ? Math.min(2 * size, bytesMax(name)) : size);
      grown.set(file.bytes.subarray(0, from));
      file.bytes = grown;
    }
    let length = from;
    while (length < size) {
      const count = readSync(fd, file.bytes, length, size - length, length);
      if (count === 0) break;
      length += count;
    }
    this.bytesRead += length - from;
    file.length = length;
    file.mtimeMs = info.mtimeMs;
    this.#lastWrittenMs = Math.max(this.#lastWrittenMs, info.mtimeMs);
    return true;
  }

  /** The newest build of the directory as it stands. */
  build(nowMs: number): Build {
    const reader = new BuildstatsReader({ name: basename(this.path), location: this.path, nowMs });
    const paths: [string, WatchedFile][] = [];
    for (const [folder, { files }] of this.#folders)
      for (const [name, file] of files) paths.push([folder === '' ? name : `${folder}/${name}`, file]);
    // One order, so that two looks at the same bytes give the same build down to its problems.
    paths.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [path, file] of paths) reader.addFile(path, file.bytes, file.length);
    reader.written(this.#lastWrittenMs);
    return reader.finish();
  }
}
