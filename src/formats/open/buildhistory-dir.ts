/**
 * A buildhistory folder: with git, one build a commit (the last ones); without, what the work tree tells. Git is asked by its plumbing alone, without
 * a shell, hooks, filters or a network, and within bounds: the folder's own configuration may be anybody's.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Build } from '../../model/build.ts';
import {
  HISTORY_BUILDS_MAX,
  HISTORY_FILE_BYTES_MAX,
  HISTORY_FILES_MAX,
  HISTORY_GIT_BYTES_MAX,
} from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import { isWanted, readHistory } from '../buildhistory/reader.ts';
import { reasonOf } from './directory.ts';

/** A repository of years takes a second to list. */
const GIT_TIMEOUT_MS = 60_000;
/** Nothing of the caller's settings, and nothing that the repository could make git run. */
const GIT_ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};
const GIT_OPTIONS = ['-c', 'core.fsmonitor=false', '-c', 'protocol.allow=never', '-c', 'core.hooksPath=/dev/null'];

export function isBuildhistory(path: string): boolean {
  const has = (name: string) => existsSync(join(path, name));
  if (!has('packages') && !has('images')) return false;
  return has('metadata-revs') || has('.git') || basename(path) === 'buildhistory';
}

/** The builds of a buildhistory folder, oldest first. */
export async function readBuildhistory(
  path: string,
  options: { readonly problems: ProblemList; readonly signal?: AbortSignal | undefined },
): Promise<Build[]> {
  if (existsSync(join(path, '.git'))) {
    try {
      const builds = await fromGit(path, options.signal);
      if (builds.length > 0) return builds;
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      const why = cause instanceof Error ? cause.message.split('\n').at(-1)!.slice(0, 200) : String(cause);
      options.problems.add('warning', 'history-git', `Git cannot be asked (${why}); the files are read instead.`, path);
    }
  }
  const tree = new WorkTree(path, options.problems);
  const build = readHistory({
    location: path,
    message: null,
    committedMs: null,
    metadataRevs: tree.text('metadata-revs'),
    // A tree does not say whose build left it so: it is a build of its own.
    fallbackName: `buildhistory-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`,
    files: tree.files(),
    isOld: tree.isOld,
  });
  return build === null ? [] : [build];
}

/** Files of the folder itself; no link is followed. */
class WorkTree {
  readonly #path: string;
  readonly #problems: ProblemList;
  #files = 0;
  isOld = false;

  constructor(path: string, problems: ProblemList) {
    this.#path = path;
    this.#problems = problems;
    // Before sizes are read: it says what they count.
    for (const arch of this.#list('images'))
      for (const libc of this.#list(`images/${arch}`))
        for (const image of this.#list(`images/${arch}/${libc}`))
          if (existsSync(join(path, 'images', arch, libc, image, 'build-id'))) this.isOld = true;
  }

  text(name: string): string | null {
    const file = join(this.#path, name);
    try {
      const info = lstatSync(file);
      if (!info.isFile() || info.size > HISTORY_FILE_BYTES_MAX) return null;
      return readFileSync(file, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
      this.#problems.add('warning', 'file-unreadable', `The file cannot be read: ${reasonOf(cause)}.`, name);
      return null;
    }
  }

  *files(): Generator<readonly [string, string]> {
    yield* this.#walk('packages', 4);
    yield* this.#walk('images', 4);
  }

  *#walk(folder: string, depth: number): Generator<readonly [string, string]> {
    for (const name of this.#list(folder)) {
      const path = `${folder}/${name}`;
      if (isWanted(path)) {
        if (++this.#files > HISTORY_FILES_MAX) return;
        const text = this.text(path);
        if (text !== null) yield [path, text];
      } else if (depth > 0 && !name.includes('.txt')) yield* this.#walk(path, depth - 1);
    }
  }

  #list(folder: string): string[] {
    const path = join(this.#path, folder);
    try {
      if (!statSync(path).isDirectory() || lstatSync(path).isSymbolicLink()) return [];
      return readdirSync(path).sort();
    } catch {
      // No such folder, or none any more.
      return [];
    }
  }
}

function git(path: string, args: readonly string[], signal: AbortSignal | undefined, input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...GIT_OPTIONS, '-C', path, ...args],
      {
        encoding: 'buffer',
        env: GIT_ENVIRONMENT,
        maxBuffer: HISTORY_GIT_BYTES_MAX,
        timeout: GIT_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr.toString('utf8').trim().slice(0, 300) || error.message));
      },
    );
    // It may end before it has read what it is asked.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

async function fromGit(path: string, signal: AbortSignal | undefined): Promise<Build[]> {
  const listed = await git(path, ['rev-list', `--max-count=${HISTORY_BUILDS_MAX}`, 'HEAD'], signal);
  const commits = listed
    .toString('latin1')
    .split('\n')
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
  const texts = new Map<string, string>();
  const builds: Build[] = [];
  for (const commit of commits.reverse()) {
    const { message, committedMs } = commitOf(
      (await git(path, ['cat-file', 'commit', commit], signal)).toString('utf8'),
    );
    const tree = await git(path, ['ls-tree', '-r', '-z', '--full-tree', commit, 'packages', 'images'], signal);
    const files: [path: string, blob: string][] = [];
    let isOld = false;
    for (const entry of tree.toString('utf8').split('\0')) {
      const match = /^100\d{3} blob ([0-9a-f]{40,64})\t(.*)$/s.exec(entry);
      const [, blob, name] = match ?? [];
      if (blob === undefined || name === undefined) continue;
      if (/^images\/.*\/build-id$/.test(name)) isOld = true;
      if (isWanted(name) && files.length < HISTORY_FILES_MAX) files.push([name, blob]);
    }
    await readBlobs(
      path,
      files.map(([, blob]) => blob),
      texts,
      signal,
    );
    const build = readHistory({
      location: `${path}@${commit.slice(0, 12)}`,
      message,
      committedMs,
      metadataRevs: null,
      fallbackName: commit,
      files: files.flatMap(([name, blob]) => (texts.has(blob) ? [[name, texts.get(blob)!] as const] : [])),
      isOld,
    });
    if (build !== null) builds.push(build);
  }
  return builds;
}

/** A commit object: headers, an empty line, the message. */
function commitOf(text: string): { readonly message: string; readonly committedMs: number | null } {
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const seconds = /^committer .* (\d{1,12}) [+-]\d{4}$/m.exec(head)?.[1];
  return {
    message: end < 0 ? '' : text.slice(end + 2),
    committedMs: seconds === undefined ? null : Number(seconds) * 1000,
  };
}

const BLOBS_AT_ONCE = 2000;

/** Adds the texts of those blobs that are not known yet: of ten builds in a row nearly all are the same. */
async function readBlobs(
  path: string,
  blobs: readonly string[],
  texts: Map<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = [...new Set(blobs)].filter((blob) => !texts.has(blob));
  for (let at = 0; at < missing.length; at += BLOBS_AT_ONCE) {
    const asked = missing.slice(at, at + BLOBS_AT_ONCE);
    const out = await git(path, ['cat-file', '--batch'], signal, asked.map((blob) => `${blob}\n`).join(''));
    for (let from = 0; from < out.length; ) {
      const newline = out.indexOf(10, from);
      if (newline < 0) break;
      const [blob = '', kind, size] = out.toString('latin1', from, newline).split(' ');
      from = newline + 1;
      if (kind !== 'blob') continue;
      const length = Number(size);
      if (length <= HISTORY_FILE_BYTES_MAX) texts.set(blob, out.toString('utf8', from, from + length));
      from += length + 1;
    }
  }
}
