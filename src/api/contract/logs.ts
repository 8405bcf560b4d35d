/** Logs of task runs: lines of one, and words in all. */
import { z } from 'zod';
import { LOG_LINES_MAX, LOG_SEARCH_CHARS_MAX, LOG_WORDS_CHARS_MAX, TASK_RUNS_MAX } from '../../model/limits.ts';
import { BuildsQuery } from './builds.ts';
import { count, epochMs } from './values.ts';

/** Which log: by its task run, or by its bytes where it came with the build. */
export const LogFileQuery = z.object({
  row: z.coerce.number().int().min(0).max(TASK_RUNS_MAX).optional().describe('row of the task table'),
  blob: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits')
    .optional()
    .describe('SHA-256 of a log that came with the build, instead of row'),
});

export const LogDownloadQuery = LogFileQuery.extend({
  raw: z.enum(['0', '1']).default('0').describe('1: to be shown by the browser, not kept'),
});

/** Without words: lines that look like errors. */
export const LogFoundQuery = LogFileQuery.extend({
  words: z.string().min(1).max(LOG_WORDS_CHARS_MAX).optional().describe('in either case, anywhere in a line'),
});
export type LogFoundQuery = z.infer<typeof LogFoundQuery>;
const lineNumber = z.coerce.number().int().min(1).max(LOG_LINES_MAX);

/** Without lines: all of it, or its head and its tail where it is long. */
export const LogQuery = LogFileQuery.extend({
  from: lineNumber.optional().describe('first line, counted from 1'),
  to: lineNumber.optional().describe('last line'),
  tail: lineNumber.optional().describe('so many lines at the end, instead of from and to'),
});
export type LogQuery = z.infer<typeof LogQuery>;

export const LogText = z.object({
  path: z.string(),
  blob: z.string().nullable().describe('SHA-256 of a log that came with the build; null: a file'),
  bytes: count.describe('of the whole log'),
  originalBytes: count.nullable().describe('on the host that built, where the middle was left out before it came'),
  lines: count.nullable().describe('of the whole log; null: they were not counted'),
  from: count.describe('the first line of text, counted from 1'),
  to: count.nullable().describe('its last line; before `from`: there is none'),
  truncated: z.boolean().describe('not all that was asked for is here: the middle, or lines after `to`'),
  gap: z.object({ from: count, to: count }).nullable().describe('lines left out between head and tail'),
  text: z.string(),
});
export type LogText = z.infer<typeof LogText>;

/** The same filter as the list of builds has. */
export const LogsQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  words: z.string().min(1).max(LOG_SEARCH_CHARS_MAX).describe('all of them; "in quotes": in one line, as written'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type LogsQuery = z.infer<typeof LogsQuery>;

export const LogsFound = z.object({
  failures: z.array(
    z.object({
      build: z.string(),
      buildName: z.string(),
      startedMs: epochMs.nullable(),
      machine: z.string().nullable(),
      key: z.string().describe('the failure is <build>.<key>'),
      pn: z.string().nullable(),
      mc: z.string(),
      task: z.string().nullable(),
      version: z.string().nullable(),
      cause: z.string().nullable().describe('the line that says why'),
      line: count
        .nullable()
        .describe('where the words stand, counted from 1; null: not looked for, or the log is kept no more'),
      text: z.string().nullable().describe('of that line'),
      whole: z.boolean().describe('all words are in that line'),
    }),
  ),
  more: z.boolean().describe('not every log that has these words was looked at'),
});
export type LogsFound = z.infer<typeof LogsFound>;

export const LogFound = z.object({
  found: z.array(count).describe('lines counted from 1'),
  best: count.nullable().describe('of lines that look like errors the one that says why'),
  more: z.boolean().describe('there are more than are here'),
});
export type LogFound = z.infer<typeof LogFound>;
