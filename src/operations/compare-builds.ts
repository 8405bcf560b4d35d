import { type CompareOptions, type Comparison, compareBuilds as compare, MAIN_METRICS } from '../analysis/compare.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Metric } from '../model/metric.ts';
import { type BuildRow, buildRows } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export const COMPARE_BUILDS_MAX = 20;

export interface CompareBuildsInput {
  /** 2 to 20; the first is the base. */
  readonly builds: readonly string[];
  readonly options: CompareOptions;
}

export interface CompareResult extends Comparison {
  readonly builds: readonly BuildRow[];
}

/**
 * Stored builds side by side. Of the task tables only the compared metric and those of the totals are decoded.
 *
 * Bench row `queries`, three builds of 10,000 tasks: 18 to 34 ms where 40 were wanted, but no fifth of SQL on rows, which takes 25.
 * Of 18 ms warm, decoding takes 6, names and heads 2.5, task and recipe rows 4, sums on the exact grid 4.5, the join 1.5: each has to
 * look at 30,000 tasks, and 5 ms would be the answer itself, kept.
 */
export async function compareBuilds(context: OperationContext, input: CompareBuildsInput): Promise<CompareResult> {
  const { store } = context;
  if (input.builds.length < 2 || input.builds.length > COMPARE_BUILDS_MAX)
    throw new BakehouseError(
      'invalid',
      `2 to ${COMPARE_BUILDS_MAX} builds can be compared; ${input.builds.length} were given.`,
    );
  const ids = await Promise.all(input.builds.map((build) => resolveBuildId(store, build)));
  const metrics = [...new Set([input.options.metric, ...MAIN_METRICS])];
  const known = new Map<string, Metric>();
  const inputs = await Promise.all(
    ids.map(async (id) => {
      const [head, tasks, contents, summary] = await Promise.all([
        store.readHead(id),
        store.readTaskTable(id, metrics),
        store.readContents(id),
        store.readSummary(id),
      ]);
      if (head === null || tasks === null || contents === null || summary === null) throw noSuchBuild(id);
      return { head, tasks, contents, summary };
    }),
  );
  for (const { contents } of inputs)
    for (const metric of contents.metrics) if (!known.has(metric.id)) known.set(metric.id, metric);
  const comparison = compare(inputs, input.options);
  const builds = await buildRows(
    store,
    inputs.map(({ summary }) => summary),
  );
  // The comparison saw the decoded metrics only; the pickers offer all that the builds have.
  for (const metric of comparison.metrics) if (!known.has(metric.id)) known.set(metric.id, metric);
  return { ...comparison, builds, metrics: [...known.values()] };
}
