import type { BuildListFilter } from '../store/store.ts';

export type { BuildListFilter };

import { type BuildRow, buildRows } from './build-row.ts';
import type { OperationContext } from './context.ts';

export interface ListBuildsInput {
  readonly filter: BuildListFilter;
  /** Cursor of the page before, null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

export interface BuildsPage {
  readonly builds: readonly BuildRow[];
  readonly next: string | null;
  readonly matching: number;
  readonly total: number;
}

/** The list of builds, newest first, each with how its duration stands to its usual. */
export async function listBuilds({ store }: OperationContext, input: ListBuildsInput): Promise<BuildsPage> {
  const page = await store.listBuilds(input.filter, { after: input.after, limit: input.limit });
  return {
    builds: await buildRows(store, page.builds),
    next: page.next,
    matching: page.matching,
    total: page.total,
  };
}
