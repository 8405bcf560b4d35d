/** Recipes over all builds. */
import { z } from 'zod';
import { RECIPE_STATUSES } from '../../model/recipe-status.ts';
import { BuildsQuery } from './builds.ts';
import { FailureAddress, ShownBlame } from './failure.ts';
import { BuildOutcome, count, csv, epochMs } from './values.ts';

const RecipeStatus = z.enum(RECIPE_STATUSES);
export type RecipeStatus = z.infer<typeof RecipeStatus>;

export const RecipesQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(1000).default(200).describe('how many of the last builds that match'),
});
export type RecipesQuery = z.infer<typeof RecipesQuery>;

export const RecipeListed = z.object({
  pn: z.string(),
  succeeded: count,
  failed: count,
  fromSstate: count.describe('builds that took it from sstate: not checked'),
  notExecuted: count.describe('builds in which it was current, or not reached: not checked'),
  unfinished: count,
  lastSucceededMs: epochMs.nullable(),
  lastFailedMs: epochMs.nullable(),
  busyMsMean: z.number().nullable().describe('sum of its tasks, mean over the builds in which it succeeded'),
});
export type RecipeListed = z.infer<typeof RecipeListed>;
export const RecipeList = z.object({ builds: count.describe('that were looked at'), recipes: z.array(RecipeListed) });
export type RecipeList = z.infer<typeof RecipeList>;
export const RecipeParams = z.object({ pn: z.string().min(1).max(300) });

export const RecipeQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(2000).default(500).describe('how many of the last builds that had it'),
  by: csv.describe('what strips are put together by: machine, distro, branch, hostDistro, builder, target'),
});
export type RecipeQuery = z.infer<typeof RecipeQuery>;
const text = z.string().nullable();

export const RecipeShown = z.object({
  pn: z.string(),
  runs: z
    .array(
      z.object({
        build: z.string(),
        name: z.string(),
        startedMs: epochMs.nullable(),
        outcome: BuildOutcome.describe('of the build'),
        targets: z.array(z.string()).nullable(),
        machine: text,
        distro: text,
        branch: text,
        hostDistro: text,
        builder: text,
        mc: z.string(),
        version: text,
        status: RecipeStatus,
        failedTask: text,
        busyMs: z.number().nullable(),
        failure: z
          .object({
            address: FailureAddress,
            cause: text,
            fingerprint: text,
            causeClass: text,
            infrastructure: z.boolean().nullable(),
          })
          .nullable(),
      }),
    )
    .describe('newest first'),
  more: z.boolean().describe('there are older ones'),
  sizes: z.array(z.object({ run: count, packages: count, bytes: count })),
  strips: z.array(
    z.object({
      values: z.array(text).describe('in the order of `by`'),
      runs: z.array(count).describe('indexes of runs, oldest first'),
      lastPass: count.nullable(),
      lastFailure: count.nullable(),
      blamed: count
        .nullable()
        .describe('the newest failure of the source, if nothing or the newest pass alone came after it'),
      blame: ShownBlame.nullable().describe('of blamed, as its page has it; null: its task is not recorded'),
    }),
  ),
  versions: z.array(
    z.object({
      version: text,
      succeeded: count,
      failed: count,
      notChecked: count,
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      busyMsMedian: z.number().nullable(),
    }),
  ),
  causes: z.array(
    z.object({
      fingerprint: text,
      causeClass: text,
      infrastructure: z.boolean().nullable(),
      cause: text,
      failures: count,
      machines: z.array(z.string()),
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      last: count.describe('index of the newest run'),
    }),
  ),
});
export type RecipeShown = z.infer<typeof RecipeShown>;
