/**
 * The log of one task run: what came with the build and lies in the blob store, else the file in the build's folder. A blob is read only by
 * way of a build that says it is its log and that the caller may see. A file is opened only below the folder that was given to the server
 * (log-roots.ts), after resolving links: a build's files are written by whatever recipes ran, and a log that is a link to /etc/shadow
 * must stay unread.
 */
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { LOG_KINDS, type TaskLog } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import type { TaskTable } from '../model/task-table.ts';
import type { BuildHead } from '../store/store.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { fileLog, LOG_PIECE_BYTES, type LogBytes } from './log-bytes.ts';
import { isBelow, logRootOf } from './log-roots.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

/** A log of a failed compile can be 100 MB; the cause is near the end, what was asked for at the beginning. */
export const LOG_HEAD_BYTES = 128 << 10;
export const LOG_TAIL_BYTES = 512 << 10;
/** Lines that are asked for by their numbers, in one answer. */
export const LOG_LINES_BYTES_MAX = 1 << 20;
/** tmp/work has some ten architectures, a recipe a few versions and a temp folder some hundred logs. */
const ENTRIES_MAX = 5000;
/** A log is written between the start and the end of its task; clocks of network folders are off by a little. */
const CLOCK_SLACK_MS = 5000;

/** `tmp/work/<arch>/<pn>/<version>/temp/log.do_compile.1234` */
const TASK_LOG = /\/work\/.{1,2000}\/temp\/log\.[\w.-]{1,200}$/;

export interface LogText {
  /** Below the folder given; of a log that came with the build, what BitBake calls it. */
  readonly path: string;
  /** SHA-256 of its bytes where it came with the build. */
  readonly blob: string | null;
  /** Of the whole log. */
  readonly bytes: number;
  /** Of the file on the host that built, where the middle was left out before it came; else null. */
  readonly originalBytes: number | null;
  /** Null: of a long file, whose lines are counted only when some are asked for. */
  readonly lines: number | null;
  /** The first and the last line of `text`, from 1; `to` is before `from` where there is none. Null as above. */
  readonly from: number;
  readonly to: number | null;
  /** Not all that was asked for is here. */
  readonly truncated: boolean;
  /** Of head and tail: the lines between them that were left out, both ends included. */
  readonly gap: { readonly from: number; readonly to: number } | null;
  readonly text: string;
}

/** Which log. */
export interface LogName {
  readonly build: string;
  /** A row of the task table, or `blob`. */
  readonly row?: number | undefined;
  /** SHA-256 of a log that came with the build. */
  readonly blob?: string | undefined;
}

export interface LogQuestion extends LogName {
  /** Lines from 1, both ends included. Neither these nor `tail`: head and tail. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** So many lines at the end. */
  readonly tail?: number | undefined;
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).slice(0, ENTRIES_MAX).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

/** A task run as its log is looked for. */
export interface TaskRun {
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

/** The file that holds the log of a run, below the root: where its source says, else where bitbake puts it. Null: there is none. */
export async function findLogFile(root: string, run: TaskRun, recorded: string | null): Promise<string | null> {
  return (recorded === null ? null : await recordedLog(root, recorded)) ?? (await searchLog(root, run));
}

/** Opens a log of the build's folder for as long as `use` takes. */
export async function withLogFile<T>(root: string, path: string, use: (log: LogBytes) => Promise<T>): Promise<T> {
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
    return await use(fileLog(file, relative(root, real), info.size));
  } finally {
    await file.close();
  }
}

/** The log of a row that says most: that of its failure before that of a warning, before what is beside it. */
function logOfRow(logs: readonly TaskLog[], row: number): TaskLog | null {
  const [best] = logs
    .filter((log) => log.row === row)
    .sort((a, b) => LOG_KINDS.indexOf(a.kind) - LOG_KINDS.indexOf(b.kind));
  return best ?? null;
}

/** As BitBake calls it below the recipe's work folder. */
function nameOf(log: TaskLog): string {
  return [log.mc === '' ? null : `mc:${log.mc}`, log.pf, `log.${log.task ?? log.kind}`]
    .filter((part) => part !== null)
    .join('/');
}

/** Null: it has not come yet, or is not kept any more. */
async function blobLog(context: OperationContext, log: TaskLog): Promise<LogBytes | null> {
  const { blobs } = context;
  const size = await blobs.size(log.blob);
  if (size === null) return null;
  return {
    path: nameOf(log),
    blob: log.blob,
    originalBytes: log.originalBytes,
    bytes: size.bytes,
    knownLines: size.lines,
    lines: async () => size.lines,
    readBytes: (from, to) => blobs.readBytes(log.blob, from, to),
    readLines: (from, to, bytesMax) => blobs.readLines(log.blob, from, to, bytesMax),
  };
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

async function headAndTail(log: LogBytes): Promise<LogText> {
  const { path, blob, originalBytes, bytes } = log;
  const read = async (from: number, to: number): Promise<string> =>
    Buffer.from(await log.readBytes(from, to)).toString('utf8');
  if (bytes <= LOG_HEAD_BYTES + LOG_TAIL_BYTES) {
    const text = await read(0, bytes);
    const lines = lineEnds(text) + (text === '' || text.endsWith('\n') ? 0 : 1);
    return { path, blob, originalBytes, bytes, lines, from: 1, to: lines, truncated: false, gap: null, text };
  }
  const lines = log.knownLines;
  const [head, tail] = [await read(0, LOG_HEAD_BYTES), await read(bytes - LOG_TAIL_BYTES, bytes)];
  // Both are cut inside a line, and those lines are in the gap: who asks for it sees them whole.
  const from = lineEnds(head) + 1;
  const gap = lines === null ? null : { from, to: lines - lineEnds(tail) + (tail.endsWith('\n') ? 1 : 0) };
  const left = `[… ${bytes - LOG_HEAD_BYTES - LOG_TAIL_BYTES} bytes left out …]`;
  const text = `${head}\n\n${left}\n\n${tail}`;
  return { path, blob, originalBytes, bytes, lines, from: 1, to: lines, truncated: true, gap, text };
}

async function someLines(log: LogBytes, asked: Pick<LogQuestion, 'from' | 'to' | 'tail'>): Promise<LogText> {
  const { path, blob, originalBytes, bytes } = log;
  const lines = await log.lines();
  const from = asked.tail === undefined ? (asked.from ?? 1) - 1 : Math.max(0, lines - asked.tail);
  const to = asked.tail === undefined ? Math.min(lines, asked.to ?? lines) : lines;
  const read = await log.readLines(from, to, LOG_LINES_BYTES_MAX);
  return {
    path,
    blob,
    originalBytes,
    bytes,
    lines,
    from: read.from + 1,
    to: read.to,
    truncated: read.cut || read.to < to,
    gap: null,
    text: Buffer.from(read.bytes).toString('utf8'),
  };
}

export async function readLog(context: OperationContext, input: LogQuestion): Promise<LogText> {
  const ranged = input.from !== undefined || input.to !== undefined || input.tail !== undefined;
  return withLog(context, input, (log) => (ranged ? someLines(log, input) : headAndTail(log)));
}

/** One piece of the whole log as it is, for a download; shorter than LOG_PIECE_BYTES: it is the last one. */
export async function readLogBytes(
  context: OperationContext,
  input: LogName & { readonly at: number },
): Promise<FileAnswer> {
  return withLog(context, input, async (log, head) => ({
    bytes: await log.readBytes(input.at, input.at + LOG_PIECE_BYTES),
    mediaType: 'text/plain; charset=utf-8',
    fileName: `${log.path.split('/').slice(-2).join('.')}.txt`,
    revision: head.revision,
    finished: head.outcome !== 'running',
  }));
}

export async function withLog<T>(
  context: OperationContext,
  input: LogName,
  use: (log: LogBytes, head: BuildHead & { readonly revision: string }) => Promise<T>,
): Promise<T> {
  const { store } = context;
  const id = await resolveBuildId(store, input.build);
  const head = await store.readHead(id);
  if (head === null) throw noSuchBuild(id);
  if (input.blob !== undefined) {
    const { blob } = input;
    const found = head.logs.find((log) => log.blob === blob);
    if (found === undefined) throw new BakehouseError('not-found', 'The build has no such log.');
    const log = await blobLog(context, found);
    if (log === null) throw new BakehouseError('not-found', 'This log has not come yet, or is not kept any more.');
    return use(log, head);
  }
  if (input.row === undefined) throw new BakehouseError('invalid', 'Which log? Give the row of its task, or its blob.');
  const tasks = await store.readTaskTable(id, []);
  if (tasks === null) throw noSuchBuild(id);
  return withTaskLog(context, head, tasks, input.row, (log) => use(log, head));
}

/** Head and tail of the log of one row of a build that is at hand. */
export function readTaskLog(
  context: OperationContext,
  head: BuildHead,
  tasks: TaskTable,
  row: number,
): Promise<LogText> {
  return withTaskLog(context, head, tasks, row, headAndTail);
}

/** The same whole, where it is not longer than that; null where it is. */
export function readTaskLogWhole(
  context: OperationContext,
  head: BuildHead,
  tasks: TaskTable,
  row: number,
  bytesMax: number,
): Promise<string | null> {
  return withTaskLog(context, head, tasks, row, async ({ bytes, readBytes }) =>
    bytes > bytesMax ? null : Buffer.from(await readBytes(0, bytes)).toString('utf8'),
  );
}

async function withTaskLog<T>(
  context: OperationContext,
  head: BuildHead,
  tasks: TaskTable,
  row: number,
  use: (log: LogBytes) => Promise<T>,
): Promise<T> {
  if (row >= tasks.length)
    throw new BakehouseError('not-found', `The build has ${tasks.length} task runs; there is no row ${row}.`);
  const kept = logOfRow(head.logs, row);
  const log = kept === null ? null : await blobLog(context, kept);
  if (log !== null) return use(log);
  const root = logRootOf(
    head.sources.map((source) => source.location),
    context.logRoots,
  );
  if (root === null) {
    const why =
      kept !== null
        ? 'The log of this task has not come yet, or is not kept any more.'
        : head.logs.length > 0
          ? 'The log of this task did not come with the build.'
          : 'Logs are shown of builds that brought them, and of builds below a folder that the server was started with.';
    throw new BakehouseError('not-found', why);
  }
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
  const path = await findLogFile(root, run, recorded);
  if (path === null)
    throw new BakehouseError(
      'not-found',
      `There is no log of ${run.pn}:${run.task} of this build below ${root}: it was cleaned, or a later build wrote over it.`,
    );
  return withLogFile(root, path, use);
}
