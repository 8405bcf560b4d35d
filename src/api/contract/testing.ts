/** What builds where: the table of the OE Testing page, made by itself. */
import { z } from 'zod';
import { FailureAddress } from './failure.ts';
import { count, epochMs } from './values.ts';

const TestedBuild = z.object({
  id: z.string(),
  name: z.string(),
  startedMs: epochMs.nullable(),
  revision: z.string().nullable().describe('commit of the core layer'),
});

export const TestingTable = z.object({
  rows: z
    .array(
      z.object({
        machine: z.string().nullable(),
        distro: z.string().nullable(),
        target: z.string().nullable().describe('a build of several stands at each'),
        branch: z.string().nullable(),
        hostDistro: z.string().nullable(),
        builder: z.string().nullable(),
        builds: count.describe('that ended in success or failure'),
        lastSuccess: TestedBuild.nullable(),
        failure: TestedBuild.extend({
          first: z.string().nullable().describe('pn:do_x'),
          address: FailureAddress.nullable().describe('null: the build tells of no failed task'),
          cause: z.string().nullable(),
        })
          .nullable()
          .describe('null: the newest one succeeded'),
      }),
    )
    .describe('the one that was built last first'),
  leftOut: count,
});
export type TestingTable = z.infer<typeof TestingTable>;
