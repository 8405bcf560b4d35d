/** Where event logs may lie, by names alone. A file of its own: the quick road of the command line asks it before it loads any reader. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface EventLogCandidate {
  readonly file: string;
  /** In `log/eventlog`, where nothing else is; else only its name sounds like one. */
  readonly sure: boolean;
}

/**
 * `log/eventlog/*.json` in each `tmp*`, and `*eventlog*.json` (of `bitbake -w`) in the folder itself and in the build folder, for a
 * path that is a tmp, a build folder, `tmp/buildstats` or one build in it. Each file once.
 */
export function eventLogCandidates(path: string): EventLogCandidate[] {
  const found = new Map<string, EventLogCandidate>();
  const add = (file: string, sure: boolean): void => {
    if (!found.has(file)) found.set(file, { file, sure });
  };
  for (const folder of foldersOf(resolve(path))) {
    for (const entry of list(join(folder, 'log', 'eventlog'))) {
      if (entry.isFile() && /\.json(?:\.gz)?$/.test(entry.name)) add(join(folder, 'log', 'eventlog', entry.name), true);
    }
    for (const entry of list(folder)) {
      if (entry.isFile() && /eventlog.*\.json(?:\.gz)?$/i.test(entry.name)) add(join(folder, entry.name), false);
    }
  }
  return [...found.values()];
}

/** The tmp of one build directory, where bitbake keeps cooker logs; null where the directory lies elsewhere or none were kept. */
export function tmpWithCookerLogs(dir: string): string | null {
  const buildstats = dirname(resolve(dir));
  if (basename(buildstats) !== 'buildstats') return null;
  const tmp = dirname(buildstats);
  return list(join(tmp, 'log', 'cooker')).some((entry) => entry.isDirectory()) ? tmp : null;
}

/** The folders in which logs may lie: the path, the tmp above when it is in `buildstats`, the tmps in it. */
function foldersOf(path: string): string[] {
  const folders = [path];
  for (let up = path, steps = 0; steps < 3 && up !== dirname(up); up = dirname(up), steps++) {
    if (basename(up) !== 'buildstats') continue;
    const tmp = dirname(up);
    folders.push(tmp);
    if (basename(tmp).startsWith('tmp')) folders.push(dirname(tmp));
    break;
  }
  for (const entry of list(path)) {
    if (entry.isDirectory() && entry.name.startsWith('tmp')) folders.push(join(path, entry.name));
  }
  return folders;
}

function list(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    // No such folder: most builds write no event log.
    return [];
  }
}
