/** Logs that are sent with a build: those of failed and QA-failed tasks, found below the folder the build was read from, head and tail, scrubbed. */

import { findCause } from '../analysis/cause-line.ts';
import type { RecordKind } from '../formats/record/kinds.ts';
import type { Build, LogKind, TaskLog } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { TASK_FAILED } from '../model/task-table.ts';
import type { LogBytes } from '../operations/log-bytes.ts';
import { logRoot } from '../operations/log-roots.ts';
import { findLogFile, LOG_HEAD_BYTES, LOG_TAIL_BYTES, withLogFile } from '../operations/read-log.ts';
import { type Blob, sha256 } from './upload-client.ts';

/** A build of a thousand failures with `-k` has one cause; the first of them are enough to see it. */
const LOGS_SENT_MAX = 200;

export interface KeptLogs {
  readonly logs: readonly TaskLog[];
  readonly blobs: readonly Blob[];
  /** Why a task failed, by row, as its log says it: buildstats alone know no cause. */
  readonly causes: ReadonlyMap<number, string>;
  /** What could not be sent, one sentence each. */
  readonly messages: readonly string[];
}

/** Rows whose logs are of interest, the failed ones first. */
function wantedRows(build: Build, kinds: ReadonlySet<RecordKind>): Map<number, LogKind> {
  const { tasks, recipes } = build;
  const wanted = new Map<number, LogKind>();
  if (kinds.has('failure-logs')) {
    for (let row = 0; row < tasks.length; row++) if (tasks.outcome[row] === TASK_FAILED) wanted.set(row, 'failure');
  }
  if (!kinds.has('qa-logs')) return wanted;
  const issues = new Set(build.qaIssues.map(({ pf, task }) => `${pf} ${task}`));
  if (issues.size === 0) return wanted;
  for (let row = 0; row < tasks.length; row++) {
    const name = `${recipes[tasks.recipe[row]!]!.pf} ${tasks.taskNames[tasks.task[row]!]}`;
    if (tasks.outcome[row] !== TASK_FAILED && issues.has(name)) wanted.set(row, 'qa');
  }
  return wanted;
}

/** Finds and reads the logs of a build that has none yet. `path` is where it was read; of a tar or an address there are none. */
export async function findLogs(
  build: Build,
  path: string,
  kinds: ReadonlySet<RecordKind>,
  scrub: (text: string) => string,
  nowMs: number,
): Promise<KeptLogs> {
  const known = new Set(build.logs.map(({ row }) => row));
  const root = logRoot(path);
  const logs: TaskLog[] = [];
  const blobs: Blob[] = [];
  const causes = new Map<number, string>();
  const messages: string[] = [];
  if (root === null) return { logs, blobs, causes, messages };
  const { tasks, recipes } = build;
  for (const [row, kind] of wantedRows(build, kinds)) {
    if (known.has(row)) continue;
    if (logs.length >= LOGS_SENT_MAX) {
      messages.push(`Only the logs of the first ${LOGS_SENT_MAX} failed tasks are sent.`);
      break;
    }
    const { pn, pv, pf, mc } = recipes[tasks.recipe[row]!]!;
    const task = tasks.taskNames[tasks.task[row]!]!;
    const run = {
      ...{ pn, pv, pf, task },
      pid: tasks.pid?.[row] ?? Number.NaN,
      startMs: tasks.startMs[row]!,
      endMs: Number.isNaN(tasks.endMs[row]!) ? nowMs : tasks.endMs[row]!,
    };
    const recorded = build.failures.find((failure) => failure.row === row)?.logPath ?? null;
    try {
      const file = await findLogFile(root, run, recorded);
      if (file === null) continue;
      const { text, originalBytes } = await withLogFile(root, file, keep);
      const bytes = Buffer.from(scrub(text));
      const cause = kind === 'failure' ? findCause(text) : null;
      if (cause !== null) causes.set(row, cause.text);
      const blob = sha256(bytes);
      logs.push({ kind, row, pf, task, mc, blob, bytes: bytes.length, originalBytes });
      const name = kind === 'failure' ? 'failure-log' : 'log';
      blobs.push({ sha256: blob, class: name, bytes: bytes.length, read: async () => bytes });
    } catch (error) {
      // One log that may not be opened must not keep the build from being told.
      if (!(error instanceof BakehouseError) && !(error instanceof Error && 'code' in error)) throw error;
      messages.push(`The log of ${pf}:${task} was not sent: ${error.message}`);
    }
  }
  return { logs, blobs, causes, messages };
}

async function keep(log: LogBytes): Promise<{ text: string; originalBytes: number | null }> {
  const { bytes } = log;
  const read = async (from: number, to: number) => Buffer.from(await log.readBytes(from, to)).toString('utf8');
  if (bytes <= LOG_HEAD_BYTES + LOG_TAIL_BYTES) return { text: await read(0, bytes), originalBytes: null };
  const [head, tail] = [await read(0, LOG_HEAD_BYTES), await read(bytes - LOG_TAIL_BYTES, bytes)];
  // Cut between lines where there are lines: half a line may hold half a name, which no scrubber knows.
  const headEnd = head.lastIndexOf('\n') + 1 || head.length;
  const tailStart = tail.indexOf('\n') + 1;
  const left = bytes - Buffer.byteLength(head.slice(0, headEnd)) - Buffer.byteLength(tail.slice(tailStart));
  return {
    text: `${head.slice(0, headEnd)}[… ${left} bytes left out …]\n${tail.slice(tailStart)}`,
    originalBytes: bytes,
  };
}
