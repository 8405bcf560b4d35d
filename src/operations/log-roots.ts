/**
 * Where task logs may be opened: below the paths that were given to the server, never elsewhere. A path may be a buildstats folder or a
 * build inside it, so the root is the tmp that it lies in, which is where bitbake keeps the logs of the same build.
 */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The folder and everything below it; both already resolved. */
export function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** `…/tmp/log/eventlog/x.json` is four levels deep in tmp. */
const LEVELS_MAX = 4;

/**
 * The root for one given path, resolved; null when there is none (a tar, an URL, nothing there).
 *
 *     build/tmp/buildstats, build/tmp/buildstats/2026…  -> build/tmp
 *     build/tmp/log/eventlog/2026….json                 -> build/tmp
 *     build, build/tmp                                  -> itself
 */
export function logRoot(path: string): string | null {
  let resolved: string;
  try {
    resolved = realpathSync(path);
  } catch {
    // Not a path of this machine: an URL, or gone since. Nothing can be opened there, and the reader of the path says why.
    return null;
  }
  let folder = isDirectory(resolved) ? resolved : dirname(resolved);
  const given = folder;
  for (let level = 0; level < LEVELS_MAX && folder !== dirname(folder); level++) {
    if (basename(folder) === 'buildstats') return dirname(folder);
    if (basename(folder) === 'log' && isDirectory(join(dirname(folder), 'work'))) return dirname(folder);
    folder = dirname(folder);
  }
  return isDirectory(resolved) ? given : null;
}

/** The given root that a build's source lies in, or null: then none of its logs can be shown. */
export function logRootOf(locations: readonly string[], roots: readonly string[]): string | null {
  for (const location of locations) {
    // A folder inside a tar is written `file.tar!inner`: there is nothing to open beside it.
    if (location.includes('!') || /^[a-z]+:\/\//.test(location)) continue;
    let resolved: string;
    try {
      resolved = realpathSync(location);
    } catch {
      // Read earlier, moved or deleted since: its logs went with it.
      continue;
    }
    const root = roots.find((candidate) => isBelow(candidate, resolved));
    if (root !== undefined) return root;
  }
  return null;
}
