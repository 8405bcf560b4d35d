/** Any figure over any other, and one figure over time. */
import { z } from 'zod';
import { MetricInfo } from './builds.ts';
import { count, epochMs, values } from './values.ts';

/** Metrics and dimensions of one build or many, as points or groups. */
export const ExploreQuery = z.object({
  b: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('build ids; without, the last `builds` that match'),
  builds: z.coerce.number().int().min(1).max(1000).default(1),
  level: z.enum(['task', 'recipe', 'build']).default('task'),
  x: z.string().max(100),
  y: z.string().max(100),
  size: z.string().max(100).optional(),
  colour: z.string().max(100).optional(),
  facet: z.string().max(100).optional(),
  aggregate: z.enum(['none', 'sum', 'mean', 'median', 'max', 'min', 'count']).default('none'),
  task: z.string().max(100).optional(),
  recipe: z.string().max(200).optional(),
  minValue: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(200_000).default(50_000),
});
export type ExploreQuery = z.infer<typeof ExploreQuery>;

export const ExploreAxis = z.object({
  id: z.string(),
  label: z.string(),
  kind: z.enum(['number', 'category', 'time']),
  unit: z.string(),
});

/** Columns of equal length; category columns hold indexes into `categories`. */
export const ExploreResult = z.object({
  axes: z.object({
    x: ExploreAxis,
    y: ExploreAxis,
    size: ExploreAxis.nullable(),
    colour: ExploreAxis.nullable(),
    facet: ExploreAxis.nullable(),
  }),
  count,
  leftOut: count,
  notRecorded: count.describe('rows without a value on x or y: not drawn, never zero'),
  columns: z.object({
    x: values,
    y: values,
    size: values.nullable(),
    colour: values.nullable(),
    facet: values.nullable(),
    build: values,
    row: values.nullable(),
  }),
  categories: z.record(z.string(), z.array(z.string())),
  builds: z.array(z.object({ id: z.string(), name: z.string(), startedMs: epochMs.nullable() })),
  dimensions: z.array(ExploreAxis).describe('everything that can be put on an axis'),
});
export type ExploreResult = z.infer<typeof ExploreResult>;

/** History of one task, recipe or of the whole build over many builds. */
export const TrendQuery = z.object({
  recipe: z.string().max(200).optional(),
  task: z.string().max(100).optional(),
  mc: z.string().max(100).default(''),
  metric: z.string().max(100).default('walltime'),
  builds: z.coerce.number().int().min(1).max(1000).default(100),
  like: z
    .string()
    .max(64)
    .optional()
    .describe('a build: only builds of its configuration, which is all that one may compare'),
});
export type TrendQuery = z.infer<typeof TrendQuery>;

export const TrendResult = z.object({
  metric: MetricInfo,
  points: z.array(z.object({ id: z.string(), startedMs: epochMs.nullable(), value: z.number(), outcome: z.string() })),
  builds: count.describe('builds that were looked at, with a point or not'),
});
export type TrendResult = z.infer<typeof TrendResult>;
