/**
 * The line that says why, for failures where no source of the build told it: buildstats know only that a task failed, and an event log often
 * repeats that a script exited with 1. Read from the task's log when a failed build is looked at, and not kept: logs come and go with tmp, and a
 * stored build must not change when one is cleaned.
 */
import { findCause } from '../analysis/cause-line.ts';
import type { Failure } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BuildHead } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { readTaskLog } from './read-log.ts';

/** A `-k` build can fail a hundred times; each log is up to 640 KB to read and some 10 ms to look through. */
const LOGS_MAX = 20;

/** True when a source said why, and not only that. */
function saysWhy(cause: string | null): boolean {
  if (cause === null) return false;
  const found = findCause(cause);
  return found !== null && !found.vague;
}

export async function withCauses(context: OperationContext, id: string, head: BuildHead): Promise<readonly Failure[]> {
  const vague = head.failures.filter(({ row, cause }) => row !== null && !saysWhy(cause)).slice(0, LOGS_MAX);
  if (vague.length === 0) return head.failures;
  const tasks = await context.store.readTaskTable(id, []);
  if (tasks === null) return head.failures;
  const better = new Map<Failure, string>();
  for (const failure of vague) {
    try {
      const { text } = await readTaskLog(context, head, tasks, failure.row!);
      const found = findCause(text);
      if (found !== null && (!found.vague || failure.cause === null)) better.set(failure, found.text);
    } catch (error) {
      // No log here, or not one that may be opened: what the source said stays.
      if (!(error instanceof BakehouseError)) throw error;
    }
  }
  return head.failures.map((failure) => {
    const cause = better.get(failure);
    return cause === undefined ? failure : { ...failure, cause };
  });
}
