/** Builds over time, a column per builder, machine or target. */
import { z } from 'zod';
import { WATERFALL_DIMENSIONS } from '../../model/build-dimension.ts';
import { BuildRow, BuildsQuery } from './builds.ts';
import { count, epochMs } from './values.ts';

/** Builds over time. Without begin and end: how many there are in each step of all the time that builds cover. */
export const WaterfallQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  by: z
    .enum([...WATERFALL_DIMENSIONS, 'none'])
    .default('builder')
    .describe('what a column is'),
  begin: z.coerce.number().int().optional(),
  end: z.coerce.number().int().optional(),
  cells: z.coerce
    .number()
    .int()
    .min(16)
    .max(1000)
    .default(256)
    .describe('steps of time at most, where builds are many'),
});
export type WaterfallQuery = z.infer<typeof WaterfallQuery>;

export const WaterfallResult = z.object({
  beginMs: epochMs,
  endMs: epochMs,
  /** Newest start first; a build of several targets stands in the column of each. */
  builds: z.array(
    BuildRow.pick({
      id: true,
      name: true,
      startedMs: true,
      endedMs: true,
      endEstimated: true,
      outcome: true,
      failures: true,
      firstFailure: true,
      targets: true,
      machine: true,
      distro: true,
      builder: true,
      hostName: true,
    }).extend({
      value: z.string().nullable().describe('of the column; null: not recorded'),
      usualMs: z.number().nullable().describe('how long its like usually take, of a build that runs'),
    }),
  ),
  cells: z
    .object({
      stepMs: z.number(),
      rows: z.array(
        z.object({
          value: z.string().nullable(),
          startMs: epochMs,
          builds: count,
          failed: count,
          errors: count.describe('succeeded with errors'),
          succeeded: count,
        }),
      ),
    })
    .nullable()
    .describe('instead of builds, where they are too many to tell each'),
});
export type WaterfallResult = z.infer<typeof WaterfallResult>;
