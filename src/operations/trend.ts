import type { Metric } from '../model/metric.ts';
import type { TrendPoint } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface TrendInput {
  readonly recipe: string | null;
  readonly task: string | null;
  readonly mc: string;
  readonly metric: string;
  readonly builds: number;
}

/** One metric of a task, a recipe or the whole build over the last builds; where it was not executed there is no point. */
export async function trend(
  { store }: OperationContext,
  input: TrendInput,
): Promise<{ readonly metric: Metric; readonly points: readonly TrendPoint[] }> {
  return store.readTrend(input);
}
