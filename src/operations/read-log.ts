/**
 * The log of one task run. Opened only below the folder that was given to the server (log-roots.ts), after resolving links: a build's
 * files are written by whatever recipes ran, and a log that is a link to /etc/shadow must stay unread.
 */
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BakehouseError } from '../model/errors.ts';
import type { TaskTable } from '../model/task-table.ts';
import type { BuildHead } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { isBelow, logRootOf } from './log-roots.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

/** A log of a failed compile can be 100 MB; the cause is near the end, what was asked for at the beginning. */
export const LOG_HEAD_BYTES = 128 << 10;
export const LOG_TAIL_BYTES = 512 << 10;
/** tmp/work has some ten architectures, a recipe a few versions and a temp folder some hundred logs. */
const ENTRIES_MAX = 5000;
/** A log is written between the start and the end of its task; clocks of network folders are off by a little. */
const CLOCK_SLACK_MS = 5000;

/** `tmp/work/<arch>/<pn>/<version>/temp/log.do_compile.1234` */
const TASK_LOG = /\/work\/.{1,2000}\/temp\/log\.[\w.-]{1,200}$/;

export interface LogText {
  /** Below the folder given. */
  readonly path: string;
  readonly bytes: number;
  readonly truncated: boolean;
  readonly text: string;
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).slice(0, ENTRIES_MAX).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

interface TaskRun {
  readonly pn: string;
  readonly pv: string | null;
  readonly pf: string;
  readonly task: string;
  /** NaN: not recorded. */
  readonly pid: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Folders `<tmp>/work/<arch>/<pn>/<pv>[-<pr>]/temp` of a recipe run, below the root or below a tmp in it. */
async function tempFolders(root: string, run: TaskRun): Promise<string[]> {
  const version =
    run.pv ?? (run.pf.startsWith(`${run.pn}-`) ? run.pf.slice(run.pn.length + 1).replace(/-r[^-]*$/, '') : '');
  const found: string[] = [];
  for (const tmp of ['', ...(await names(root)).filter((name) => name.startsWith('tmp'))]) {
    const work = join(root, tmp, 'work');
    for (const arch of await names(work))
      for (const folder of await names(join(work, arch, run.pn)))
        if (folder.startsWith(version)) found.push(join(work, arch, run.pn, folder, 'temp'));
  }
  return found;
}

/** The log that was written in the time of this run: tmp keeps the logs of later builds under the same names. */
async function searchLog(root: string, run: TaskRun): Promise<string | null> {
  const exact = `log.${run.task}.${run.pid}`;
  const candidates: string[] = [];
  for (const folder of await tempFolders(root, run))
    for (const name of await names(folder)) {
      if (name === exact) return join(folder, name);
      if (name === `log.${run.task}` || name.startsWith(`log.${run.task}.`)) candidates.push(join(folder, name));
    }
  if (!Number.isNaN(run.pid)) return null;
  for (const path of candidates) {
    const info = await stat(path).catch(() => null);
    if (info === null) continue;
    const early = info.mtimeMs < run.startMs - CLOCK_SLACK_MS;
    const late = info.mtimeMs > run.endMs + CLOCK_SLACK_MS;
    if (!early && !late) return path;
  }
  return null;
}

/** A path as the building host wrote it, where it is, or the same place below our root when the folder was moved. */
async function recordedLog(root: string, path: string): Promise<string | null> {
  const at = path.lastIndexOf('/work/');
  const moved = at < 0 ? [] : [join(root, path.slice(at + 1)), join(root, 'tmp', path.slice(at + 1))];
  for (const candidate of [path, ...moved]) {
    const real = await realpath(candidate).catch(() => null);
    if (real !== null && isBelow(root, real)) return candidate;
  }
  return null;
}

async function readBounded(root: string, path: string): Promise<LogText> {
  const real = await realpath(path);
  if (!isBelow(root, real))
    throw new BakehouseError(
      'forbidden',
      'The log is a link out of the folder that was given to the server; it is not opened.',
    );
  // A hostile event log may name any file as a task's log; only what bitbake itself calls one is opened.
  if (!TASK_LOG.test(`/${relative(root, real)}`))
    throw new BakehouseError('forbidden', 'The file is not a task log below a work folder; it is not opened.');
  // Not through a last link that was put there meanwhile, and not waiting on a pipe.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new BakehouseError('forbidden', 'The log is not a plain file; it is not opened.');
    // A folder on the way may have become a link between the look and the opening; Linux tells what was opened in truth.
    const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => real);
    if (opened !== real)
      throw new BakehouseError('forbidden', 'The log was replaced while it was opened; it is not read.');
    const bytes = info.size;
    const truncated = bytes > LOG_HEAD_BYTES + LOG_TAIL_BYTES;
    const read = async (from: number, length: number): Promise<string> => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, from);
      return buffer.toString('utf8', 0, bytesRead);
    };
    const text = truncated
      ? `${await read(0, LOG_HEAD_BYTES)}\n\n[… ${bytes - LOG_HEAD_BYTES - LOG_TAIL_BYTES} bytes left out …]\n\n${await read(bytes - LOG_TAIL_BYTES, LOG_TAIL_BYTES)}`
      : await read(0, bytes);
    return { path: relative(root, real), bytes, truncated, text };
  } finally {
    await file.close();
  }
}

export async function readLog(
  context: OperationContext,
  input: { readonly build: string; readonly row: number },
): Promise<LogText> {
  const { store } = context;
  const id = await resolveBuildId(store, input.build);
  const head = await store.readHead(id);
  const tasks = await store.readTaskTable(id, []);
  if (head === null || tasks === null) throw noSuchBuild(id);
  return readTaskLog(context, head, tasks, input.row);
}

/** The log of one row of a build that is at hand. */
export async function readTaskLog(
  context: OperationContext,
  head: BuildHead,
  tasks: TaskTable,
  row: number,
): Promise<LogText> {
  if (row >= tasks.length)
    throw new BakehouseError('not-found', `The build has ${tasks.length} task runs; there is no row ${row}.`);
  const root = logRootOf(
    head.sources.map((source) => source.location),
    context.logRoots,
  );
  if (root === null)
    throw new BakehouseError(
      'not-found',
      'Logs are shown only of builds below a folder that the server was started with; this build is not in one.',
    );
  const recipe = head.recipes[tasks.recipe[row]!]!;
  const run: TaskRun = {
    pn: recipe.pn,
    pv: recipe.pv,
    pf: recipe.pf,
    task: tasks.taskNames[tasks.task[row]!]!,
    pid: tasks.pid?.[row] ?? Number.NaN,
    startMs: tasks.startMs[row]!,
    endMs: Number.isNaN(tasks.endMs[row]!) ? context.now() : tasks.endMs[row]!,
  };
  const recorded = head.failures.find((failure) => failure.row === row)?.logPath ?? null;
  const path = (recorded === null ? null : await recordedLog(root, recorded)) ?? (await searchLog(root, run));
  if (path === null)
    throw new BakehouseError(
      'not-found',
      `There is no log of ${run.pn}:${run.task} of this build below ${root}: it was cleaned, or a later build wrote over it.`,
    );
  return readBounded(root, path);
}
