/** Logs of failures that lie where their builds were read from, for who looks through them when a build is stored. */
import { BakehouseError } from '../model/errors.ts';
import { CAUSE_LOG_BYTES_MAX } from '../model/limits.ts';
import type { TaskTable } from '../model/task-table.ts';
import type { BuildHead } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { readTaskLogWhole } from './read-log.ts';

/** Null: a failure outside tasks, or a log that is gone, or lies where nothing may be opened. */
export function failureLogOf(context: OperationContext): (build: string, ordinal: number) => Promise<string | null> {
  const { wholeStore } = context;
  // Failures of one build come one after the other.
  let last: { readonly id: string; readonly head: BuildHead; readonly tasks: TaskTable } | null = null;
  return async (id, ordinal) => {
    if (context.logRoots.length === 0) return null;
    if (last?.id !== id) {
      const head = await wholeStore.readHead(id);
      const tasks = head === null ? null : await wholeStore.readTaskTable(id, []);
      if (head === null || tasks === null) return null;
      last = { id, head, tasks };
    }
    const row = last.head.failures[ordinal]?.row ?? null;
    if (row === null) return null;
    try {
      return await readTaskLogWhole(context, last.head, last.tasks, row, CAUSE_LOG_BYTES_MAX);
    } catch (error) {
      if (!(error instanceof BakehouseError) && !(error instanceof Error && 'code' in error)) throw error;
      return null;
    }
  };
}
