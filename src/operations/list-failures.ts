import type { BuildListFilter, FailureFilter, FailureLine, FailurePage } from '../store/store.ts';

export type { FailureFilter };

import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

export interface ListFailuresInput {
  readonly filter: BuildListFilter;
  readonly failures: FailureFilter;
  readonly after: string | null;
  readonly limit: number;
}

export interface ListedFailures extends Omit<FailurePage, 'failures'> {
  readonly failures: readonly (FailureLine & { readonly address: string })[];
}

/** Single failures, those of the newest build first. */
export async function listFailures({ store }: OperationContext, input: ListFailuresInput): Promise<ListedFailures> {
  const page = await store.listFailures(input.filter, input.failures, { after: input.after, limit: input.limit });
  const address = await addressesIn(
    store,
    page.failures.map(({ build }) => build),
  );
  return {
    ...page,
    failures: page.failures.map((failure) => ({ ...failure, address: address(failure.build, failure.key) })),
  };
}
