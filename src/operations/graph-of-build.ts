import type { TaskGraph, TaskTable } from '../model/task-table.ts';
import type { Store } from '../store/store.ts';

/**
 * The task graph in rows of `tasks`, or null: no source told it, or the build was saved anew (it is running) since its head or its tasks
 * were read, and then the rows of the one are not those of the other.
 */
export async function graphOfBuild(
  store: Store,
  id: string,
  { revision }: { readonly revision: string },
  tasks: TaskTable,
): Promise<TaskGraph | null> {
  const found = await store.readGraph(id);
  if (found === null || found.revision !== revision || found.graph.offsets.length !== tasks.length + 1) return null;
  return found.graph;
}
