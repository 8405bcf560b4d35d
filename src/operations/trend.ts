import type { Trend } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface TrendInput {
  readonly recipe: string | null;
  readonly task: string | null;
  readonly mc: string;
  readonly metric: string;
  readonly builds: number;
  /** Only builds of the configuration of this one; null or left out: all. */
  readonly like?: string | null;
}

/** One metric of a task, a recipe or the whole build over the last builds; where it was not executed there is no point. */
export async function trend({ store }: OperationContext, input: TrendInput): Promise<Trend> {
  if (input.like == null) return store.readTrend(input);
  const like = await resolveBuildId(store, input.like);
  if ((await store.readHead(like)) === null) throw noSuchBuild(like);
  return store.readTrend({ ...input, like });
}
