/** QA issues over all builds. */
import { z } from 'zod';
import { RecipesQuery } from './recipes.ts';
import { BuildOutcome, count, epochMs } from './values.ts';

export const QaQuery = RecipesQuery.extend({
  recipe: z.string().min(1).max(300).optional().describe('then builds that did not execute its check have no checks'),
});
export type QaQuery = z.infer<typeof QaQuery>;
const qaClass = z.string().nullable().describe('null: the line names none');
const QaSeverity = z.enum(['warning', 'error']);

export const QaIssues = z.object({
  builds: z
    .array(
      z.object({
        build: z.string(),
        name: z.string(),
        startedMs: epochMs.nullable(),
        outcome: BuildOutcome,
        targets: z.array(z.string()).nullable(),
        machine: z.string().nullable(),
        distro: z.string().nullable(),
        branch: z.string().nullable(),
        builder: z.string().nullable(),
        checks: count.nullable().describe('executed do_package_qa runs; null: no task table tells'),
        issues: count.describe('0 says something only of a build with checks'),
      }),
    )
    .describe('newest first'),
  counts: z.array(z.object({ build: count.describe('index of a build'), qaClass, issues: count })),
  groups: z
    .array(
      z.object({
        qaClass,
        pn: z.string().nullable(),
        severity: QaSeverity,
        issues: count,
        builds: count.describe('that have one'),
        first: count.describe('index of the oldest build that has one'),
        last: count,
        message: z.string().describe('one of them, cut'),
      }),
    )
    .describe('most issues first'),
  more: z.boolean(),
});
export type QaIssues = z.infer<typeof QaIssues>;

export const NewQaIssues = z.object({
  build: z.string(),
  compared: count.describe('earlier builds of its machine, distribution and branch'),
  issues: z
    .array(
      z.object({
        qaClass,
        severity: QaSeverity,
        pn: z.string().nullable(),
        version: z.string().nullable(),
        task: z.string().nullable(),
        message: z.string(),
        state: z.enum(['new', 'known', 'not-checked-before']),
        firstBuild: z.string().nullable().describe('of a known one: the first earlier build that had it'),
        lastCheck: z.string().nullable().describe('of a new one: the last that executed the check and did not have it'),
      }),
    )
    .describe("all of the build's, in the order of its list"),
});
export type NewQaIssues = z.infer<typeof NewQaIssues>;
