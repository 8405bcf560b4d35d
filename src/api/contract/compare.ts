/** Two to twenty builds side by side. */
import { z } from 'zod';
import { BuildRow, MetricInfo } from './builds.ts';
import { count, values } from './values.ts';

export const COMPARE_BUILDS_MAX = 20;

export const CompareQuery = z.object({
  b: z.union([z.string(), z.array(z.string())]).describe('2 to 20 build ids, the first is the base'),
  metric: z.string().max(100).default('walltime'),
  minValue: z.coerce.number().min(0).optional().describe('hide tasks below this, in the metric unit'),
  minDifference: z.coerce.number().min(0).optional(),
  mode: z.enum(['any', 'all']).default('any').describe('minValue must hold in any build, or in all'),
  task: z.string().max(100).optional().describe('only this task name'),
  recipe: z.string().max(200).optional().describe('only recipes whose name holds this'),
  outcome: z.enum(['all', 'common', 'new', 'dropped']).default('all'),
  setscene: z.enum(['separate', 'hide']).default('separate'),
  limit: z.coerce.number().int().min(1).max(20_000).default(2000),
});
export type CompareQuery = z.infer<typeof CompareQuery>;

export const CompareTaskRow = z.object({
  pn: z.string(),
  mc: z.string(),
  task: z.string(),
  values,
  /** last - first; null when either is missing. */
  difference: z.number().nullable(),
  /** difference / first; null when first is missing or zero. */
  ratio: z.number().nullable(),
  state: z.enum(['common', 'new', 'dropped']),
  versions: z.array(z.string().nullable()),
});

export const CompareResult = z.object({
  builds: z.array(BuildRow),
  metric: MetricInfo,
  metrics: z.array(MetricInfo).describe('metrics that at least one of the builds has'),
  warnings: z.array(z.string()),
  configuration: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['build', 'host', 'layer', 'variable']),
      values: z.array(z.string().nullable()),
      differs: z.boolean(),
    }),
  ),
  totals: z.array(z.object({ metric: MetricInfo, values, differences: values, ratios: values })),
  /** Where the difference of the metric between the first and the last build comes from; the parts add up exactly. */
  contributions: z.array(
    z.object({
      id: z.enum(['new', 'dropped', 'cache-loss', 'cache-gain', 'version-changed', 'hash-changed', 'same']),
      label: z.string(),
      tasks: count,
      difference: z.number(),
    }),
  ),
  tasks: z.array(CompareTaskRow),
  tasksLeftOut: count,
  recipes: z.array(
    z.object({
      pn: z.string(),
      mc: z.string(),
      values,
      difference: z.number().nullable(),
      ratio: z.number().nullable(),
      state: z.enum(['common', 'new', 'dropped']),
      versions: z.array(z.string().nullable()),
    }),
  ),
  versionChanges: z.array(
    z.object({
      pn: z.string(),
      mc: z.string(),
      versions: z.array(z.string().nullable()),
      kind: z.enum(['new', 'dropped', 'epoch', 'version', 'revision']),
    }),
  ),
});
export type CompareResult = z.infer<typeof CompareResult>;
