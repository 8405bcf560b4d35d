import type { BuildListFilter, FailureFilter, FailureGroup, FailureGroups, Store } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

export interface GroupFailuresInput {
  readonly filter: BuildListFilter;
  readonly failures: FailureFilter;
  readonly limit: number;
}

/** A kind of failures, with the address of the page of its newest one. */
export interface FailureKind extends FailureGroup {
  readonly lastAddress: string;
}

export interface FailureKinds extends Omit<FailureGroups, 'groups'> {
  readonly groups: readonly FailureKind[];
}

/** Failures of many builds as the few kinds they are, each with what is known of it. */
export async function groupFailures({ store }: OperationContext, input: GroupFailuresInput): Promise<FailureKinds> {
  const found = await store.groupFailures(input.filter, input.failures, input.limit);
  return { ...found, groups: await withAddresses(store, found.groups) };
}

export async function withAddresses(store: Store, groups: readonly FailureGroup[]): Promise<FailureKind[]> {
  const address = await addressesIn(
    store,
    groups.map(({ lastBuild }) => lastBuild),
  );
  return groups.map((group) => ({ ...group, lastAddress: address(group.lastBuild, group.lastKey) }));
}
