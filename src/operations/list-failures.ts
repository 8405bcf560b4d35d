import type { BuildListFilter, FailureFilter, FailurePage } from '../store/store.ts';

export type { FailureFilter };

import type { OperationContext } from './context.ts';

export interface ListFailuresInput {
  readonly filter: BuildListFilter;
  readonly failures: FailureFilter;
  readonly after: string | null;
  readonly limit: number;
}

/** Single failures, those of the newest build first. */
export async function listFailures({ store }: OperationContext, input: ListFailuresInput): Promise<FailurePage> {
  return store.listFailures(input.filter, input.failures, { after: input.after, limit: input.limit });
}
