/** Recipe runs counted by any dimensions. */
import { z } from 'zod';
import { CUBE_PARTS } from '../../model/cube.ts';
import { RECIPE_STATUSES } from '../../model/recipe-status.ts';
import { BuildsFilterQuery } from './builds.ts';
import { FailureAddress } from './failure.ts';
import { BuildOutcome, count, csv, epochMs } from './values.ts';

const amount = {
  runs: count,
  executed: count,
  failed: count,
  busyMs: z.number().nullable(),
  busyRuns: count,
};
const text = z.string().nullable();
const cells = z.array(z.object({ values: z.array(text), ...amount }));

export const CubeQuery = BuildsFilterQuery.extend({
  by: z.string().max(200).describe('one to three dimensions, comma-separated'),
  recipe: csv,
  builds: z.coerce.number().int().min(1).max(5000).default(500).describe('how many of the last builds that match'),
});
export type CubeQuery = z.infer<typeof CubeQuery>;

export const CubeTable = z.object({
  builds: count.describe('that were looked at'),
  more: z.boolean().describe('older ones match too'),
  cells,
  leftOut: count,
  once: cells
    .nullable()
    .describe(
      'where the target is a dimension, the same without it: a run has a cell for each target; null: it is none',
    ),
});
export type CubeTable = z.infer<typeof CubeTable>;

/** The recipe runs that a cell counts: asked for by what asked for the cube, and the cell's values. */
export const RecipeRunsQuery = CubeQuery.extend({
  by: z.string().max(200).default('').describe('dimensions of the cell, comma-separated; empty: every run'),
  at: z
    .union([z.string().max(500), z.array(z.string().max(500)).max(3)])
    .default([])
    .describe(
      'its values, in the order of `by`; ~ is "not recorded", a value that begins with ~ has another before it',
    ),
  part: z.enum(CUBE_PARTS).default('runs').describe('which of them; timed: those that recorded a busy time'),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export type RecipeRunsQuery = z.infer<typeof RecipeRunsQuery>;

export const RecipeRunsPage = z.object({
  builds: count.describe('that were looked at'),
  more: z.boolean().describe('older ones match too'),
  amount: z.object(amount).describe('of the cell, whichever part is listed'),
  ofBuilds: count.describe('of how many builds the listed part is'),
  runs: z.array(
    z.object({
      build: z.string(),
      name: z.string(),
      startedMs: epochMs.nullable(),
      outcome: BuildOutcome.describe('of the build'),
      targets: z.array(z.string()).nullable(),
      machine: text,
      distro: text,
      branch: text,
      release: text,
      host: text,
      hostDistro: text,
      builder: text,
      pn: z.string(),
      mc: z.string(),
      version: text,
      status: z.enum(RECIPE_STATUSES),
      failedTask: text,
      busyMs: z.number().nullable(),
      failure: z.object({ address: FailureAddress, cause: text }).nullable(),
    }),
  ),
  next: z.string().nullable(),
});
export type RecipeRunsPage = z.infer<typeof RecipeRunsPage>;
