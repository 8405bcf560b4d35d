import type { BuildListFilter, FailureFilter, FailureGroups } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface GroupFailuresInput {
  readonly filter: BuildListFilter;
  readonly failures: FailureFilter;
  readonly limit: number;
}

/** Failures of many builds as the few kinds they are, each with what is known of it. */
export async function groupFailures({ store }: OperationContext, input: GroupFailuresInput): Promise<FailureGroups> {
  return store.groupFailures(input.filter, input.failures, input.limit);
}
