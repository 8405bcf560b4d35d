import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { BakehouseError } from '../../model/errors.ts';
import { ProblemList } from '../../model/problem.ts';
import { reasonOf } from './directory.ts';
import { isRecordFile, RECORD_FILE } from './record-file.ts';

/** A directory that holds a buildstats build. */
export interface BuildDirectory {
  /** Absolute path. */
  readonly dir: string;
  /** The directory's own name. */
  readonly name: string;
}

export interface FoundFiles {
  readonly builds: BuildDirectory[];
  /** Record files: `record.jsonl` in a directory of its own. */
  readonly records: string[];
  /** Event logs: in `log/eventlog` of a tmp, and beside its buildstats. */
  readonly eventLogs: string[];
  /** Tars, only where there is no build directory beside them. */
  readonly tars: string[];
}

/** Directories looked into. A tmp/buildstats of years has thousands of builds; a mistaken `/` has millions of directories. */
const DIRECTORIES_MAX = 50_000;
/** Build folder -> tmp -> buildstats -> `<target>-<machine>` -> BUILDNAME, and one more for `testresults/<target>`. */
const DEPTH_MAX = 6;
/** Where meta-bakehouse keeps the records of a build folder. */
const RECORDS_FOLDER = 'bakehouse';
/** Folders of a build folder that are large and hold no buildstats. */
const NOT_LOOKED_INTO: ReadonlySet<string> = new Set([
  'work',
  'work-shared',
  'stamps',
  'deploy',
  'sysroots',
  'sysroots-components',
  'sysroots-uninative',
  'pkgdata',
  'hosttools',
  'abi-dumps',
  'cache',
  'conf',
  'downloads',
  'sstate-cache',
  'sstate-control',
  'buildhistory',
  'node_modules',
  'reduced_proc_pressure',
]);

export function isTar(name: string): boolean {
  return /\.(?:tar|tar\.gz|tgz|tar\.zst|tzst)$/.test(name);
}

/**
 * The build directories below a path, without reading them: one build directory, `tmp/buildstats`, a `tmp`, a build
 * folder, or any folder of those. Sorted by path. A directory is a build when it holds a regular file `build_stats`; names
 * do not matter, since BUILDNAME can be set to anything.
 */
export function buildDirectories(path: string): BuildDirectory[] {
  return findBuilds(path, new ProblemList()).builds;
}

/** Finds what `buildDirectories` finds, and the event logs and tars beside. Throws when the path itself cannot be read. */
export function findBuilds(path: string, problems: ProblemList): FoundFiles {
  const search = new Search(resolve(path), problems);
  search.run();
  return search.found;
}

/** `tmp`, `tmp-glibc`, `tmp-mc2`. */
function isTmp(name: string): boolean {
  return name.startsWith('tmp');
}

class Search {
  readonly found: FoundFiles = { builds: [], records: [], eventLogs: [], tars: [] };
  readonly #path: string;
  readonly #problems: ProblemList;
  readonly #realRoot: string;
  readonly #seen = new Set<string>();
  #directories = 0;

  constructor(path: string, problems: ProblemList) {
    this.#path = path;
    this.#problems = problems;
    try {
      this.#realRoot = realpathSync(path);
    } catch (cause) {
      throw new BakehouseError('not-found', `${path} cannot be opened: ${reasonOf(cause)}.`, { file: path, cause });
    }
  }

  run(): void {
    const entries = this.#list(this.#path, true);
    if (entries === null) return;
    this.#look(this.#path, this.#realRoot, entries, 0);
    // Nothing announces itself: a copy of recipe directories alone is still worth reading.
    if (this.#foundNothing() && this.#holdsTasks(this.#path, entries)) {
      this.found.builds.push({ dir: this.#path, name: basename(this.#path) });
    }
  }

  #foundNothing(): boolean {
    return this.found.builds.length + this.found.records.length + this.found.tars.length === 0;
  }

  /** @param real the same directory without any link in its path */
  #look(dir: string, real: string, entries: readonly Dirent[], depth: number): void {
    // By a link and by its own name, or in a loop of links: once.
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    if (entries.some((entry) => entry.name === 'build_stats' && entry.isFile())) {
      this.found.builds.push({ dir, name: basename(dir) });
      return;
    }
    if (entries.some((entry) => entry.name === RECORD_FILE && entry.isFile()) && isRecordFile(join(dir, RECORD_FILE))) {
      this.found.records.push(join(dir, RECORD_FILE));
      return;
    }
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => [entry.name, join(real, entry.name)]);
    // Links last, so that a build has its own name.
    for (const entry of entries) {
      const target = entry.isSymbolicLink() ? this.#folderInside(dir, entry.name) : null;
      if (target !== null) folders.push([entry.name, target]);
    }
    const names = new Map(folders.map(([name, target]) => [name!, target!]));
    const before = this.found.builds.length + this.found.records.length;
    const buildstats = names.get('buildstats');
    if (buildstats !== undefined) {
      this.#descend(join(dir, 'buildstats'), buildstats, depth);
      this.#lookForEventLogs(dir);
    } else {
      const isBuildFolder = names.has('conf') && [...names.keys()].some(isTmp);
      for (const [name, target] of names) {
        if (isBuildFolder ? isTmp(name) || name === RECORDS_FOLDER : !NOT_LOOKED_INTO.has(name))
          this.#descend(join(dir, name), target, depth);
      }
    }
    // A tar beside unpacked builds is a copy of one of them, as likely as not.
    if (this.found.builds.length + this.found.records.length === before && depth <= 1) {
      for (const entry of entries) if (entry.isFile() && isTar(entry.name)) this.found.tars.push(join(dir, entry.name));
    }
  }

  #descend(dir: string, real: string, depth: number): void {
    if (depth >= DEPTH_MAX || this.#directories > DIRECTORIES_MAX) return;
    const entries = this.#list(dir, false);
    if (entries !== null) this.#look(dir, real, entries, depth + 1);
  }

  #list(dir: string, first: boolean): Dirent[] | null {
    if (++this.#directories > DIRECTORIES_MAX) {
      if (this.#directories === DIRECTORIES_MAX + 1) {
        this.#problems.add(
          'warning',
          'too-many-directories',
          'There are more folders here than are searched; name one nearer to the builds.',
        );
      }
      return null;
    }
    try {
      const entries = readdirSync(dir, { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (cause) {
      if (first)
        throw new BakehouseError('unreadable', `${dir} cannot be read: ${reasonOf(cause)}.`, { file: dir, cause });
      this.#problems.add('warning', 'directory-unreadable', `The directory cannot be read: ${reasonOf(cause)}.`, dir);
      return null;
    }
  }

  /** Real path of a link to a folder inside the path that was given; null for every other. */
  #folderInside(dir: string, name: string): string | null {
    const link = join(dir, name);
    try {
      const target = realpathSync(link);
      if (!statSync(target).isDirectory()) return null;
      if (target === this.#realRoot || target.startsWith(this.#realRoot + sep)) return target;
      // Links in a build folder lead anywhere; only one that seems to hold builds is worth a word.
      if (basename(dir) === 'buildstats' || name === 'buildstats' || isTmp(name)) {
        this.#problems.add(
          'warning',
          'link-leaves-root',
          'The link leads out of the directory that was given; it was not followed.',
          link,
        );
      }
    } catch (cause) {
      this.#problems.add('note', 'link-broken', `The link leads nowhere: ${reasonOf(cause)}.`, link);
    }
    return null;
  }

  #lookForEventLogs(tmp: string): void {
    const dir = join(tmp, 'log', 'eventlog');
    let names: Dirent[];
    try {
      names = readdirSync(dir, { withFileTypes: true });
    } catch {
      // Most tmps have none: releases before scarthgap write no event log unless told to.
      return;
    }
    for (const entry of names) {
      if (entry.isFile() && /\.json(?:\.gz)?$/.test(entry.name)) this.found.eventLogs.push(join(dir, entry.name));
    }
    this.found.eventLogs.sort();
  }

  #holdsTasks(dir: string, entries: readonly Dirent[]): boolean {
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const files = this.#list(join(dir, entry.name), false);
      if (files?.some((file) => file.isFile() && file.name.startsWith('do_'))) return true;
    }
    return false;
  }
}
