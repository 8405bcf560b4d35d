/** Recipe runs counted by any dimensions. */
import { z } from 'zod';
import { BuildsFilterQuery } from './builds.ts';
import { count, csv } from './values.ts';

export const CubeQuery = BuildsFilterQuery.extend({
  by: z.string().max(200).describe('one to three dimensions, comma-separated'),
  recipe: csv,
  builds: z.coerce.number().int().min(1).max(5000).default(500).describe('how many of the last builds that match'),
});
export type CubeQuery = z.infer<typeof CubeQuery>;

export const CubeTable = z.object({
  builds: count.describe('that were looked at'),
  more: z.boolean().describe('older ones match too'),
  cells: z.array(
    z.object({
      values: z.array(z.string().nullable()),
      runs: count,
      executed: count,
      failed: count,
      busyMs: z.number().nullable(),
      busyRuns: count,
    }),
  ),
  leftOut: count,
});
export type CubeTable = z.infer<typeof CubeTable>;
