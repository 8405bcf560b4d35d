/** The newest result of each pair of two dimensions. */
import { z } from 'zod';
import { BUILD_DIMENSIONS } from '../../model/build-dimension.ts';
import { BuildRow, BuildsQuery } from './builds.ts';
import { BuildOutcome, count, epochMs } from './values.ts';

export const MatrixQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  rows: z.enum(BUILD_DIMENSIONS).default('target'),
  columns: z.enum([...BUILD_DIMENSIONS, 'none']).default('machine'),
  zone: z.coerce.number().int().min(-840).max(840).default(0).describe('minutes east of UTC, where days begin'),
});
export type MatrixQuery = z.infer<typeof MatrixQuery>;

export const MatrixResult = z.object({
  /** By the start of their newest build, newest first. Builds without a recorded start are in none. */
  cells: z.array(
    z.object({
      row: z.string().nullable().describe('null: not recorded'),
      column: z.string().nullable(),
      builds: count,
      failed: count,
      running: count,
      succeededMs: epochMs.nullable().describe('start of the last that succeeded, with errors or without'),
      newestMs: epochMs.describe('start of the last, whatever became of it'),
      build: count.describe(
        'index into builds: the last with a verdict (succeeded, with errors, failed); where none has one, the last',
      ),
      outcome: BuildOutcome.describe('of that build, or of the recipe in it'),
      failing: z.string().nullable().describe('`pn:do_x` of the build, `do_x` of the recipe'),
    }),
  ),
  builds: z.array(
    BuildRow.pick({
      id: true,
      name: true,
      startedMs: true,
      endedMs: true,
      outcome: true,
      failures: true,
      firstFailure: true,
      durationMs: true,
    }).extend({ usualMs: z.number().nullable(), ratio: z.number().nullable() }),
  ),
  leftOut: count.describe('cells that are not told'),
  sinceMs: epochMs
    .nullable()
    .describe('only builds from here on are told, of days and of recipes; null: all that match'),
});
export type MatrixResult = z.infer<typeof MatrixResult>;
