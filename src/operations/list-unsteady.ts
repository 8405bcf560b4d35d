import { findUnsteady, forcedTasks, type UnsteadyTask } from '../analysis/flaky.ts';
import type { BuildListFilter } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface UnsteadyTasks {
  /** Builds that were looked at, the newest that match. */
  readonly builds: number;
  readonly tasks: readonly UnsteadyTask[];
}

/** What lies further back says nothing of today; with a farm's hundred builds a day these are five days, with ten two months. */
export const UNSTEADY_BUILDS_MAX = 500;

/** Tasks that passed and failed with one and the same hash: flaky, or dependent on the host. */
export async function listUnsteady(
  { store }: OperationContext,
  input: { readonly filter: BuildListFilter; readonly builds: number },
): Promise<UnsteadyTasks> {
  const { runs, builds } = await store.readFailedHashes(input.filter, input.builds);
  const forced = new Map<string, ReadonlySet<string>>();
  const tasks = findUnsteady(
    runs.map(({ messages, hostDistro, ...run }) => {
      let ofBuild = forced.get(run.build);
      if (ofBuild === undefined) {
        ofBuild = forcedTasks(messages);
        forced.set(run.build, ofBuild);
      }
      return { ...run, hostClass: hostDistro, forced: ofBuild.has(`${run.pn}:${run.task}`) };
    }),
  );
  return { builds, tasks };
}
