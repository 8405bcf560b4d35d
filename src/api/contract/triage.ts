/** Failures by their kind, what is said of them, what is flaky, and whom a change broke. */
import { z } from 'zod';
import {
  ACCOUNT_NAME_CHARS_MAX,
  EXPRESSION_CHARS_MAX,
  FIXED_IN_CHARS_MAX,
  ISSUE_TITLE_CHARS_MAX,
  LINK_CHARS_MAX,
  NOTE_CHARS_MAX,
  TRIAGED_AT_ONCE_MAX,
} from '../../model/limits.ts';
import { JOURNAL_KINDS, TRIAGE_STATES } from '../../model/triage.ts';
import { BuildsQuery } from './builds.ts';
import { FailureAddress } from './failure.ts';
import { BuildId, BuildOutcome, count, csv, epochMs, PAGE_LIMIT_MAX } from './values.ts';

export const TriageState = z.enum(TRIAGE_STATES);
export const Fingerprint = z.string().regex(/^[0-9a-f]{16}$/, 'is not a fingerprint of 16 lower-case hex digits');

/** What is asked of failures beside the builds they are of. Values as in BuildsQuery. */
export const FailuresQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(200).describe('groups'),
  text: z.string().max(200).optional().describe('words, each found in cause, recipe or task'),
  fingerprint: csv,
  cross: csv.describe('the same cause in whatever recipe'),
  class: csv.describe("of the cause; '' is not looked at yet"),
  infrastructure: z.enum(['yes', 'no']).optional().describe('of the machine or the network, or of the source'),
  recipe: csv,
  task: csv,
  state: csv,
  owner: csv.describe("names of accounts; '' is nobody"),
  issue: csv.describe('numbers of known issues; 0 is none'),
  by: z.enum(['cause', 'task']).optional().describe('one cause in whatever recipe, or each recipe and task by itself'),
  sort: z.enum(['failures', 'builds', 'machines', 'first', 'last', 'recipe']).optional(),
});
export type FailuresQuery = z.infer<typeof FailuresQuery>;

export const FailureListQuery = FailuresQuery.omit({
  state: true,
  owner: true,
  issue: true,
  by: true,
  sort: true,
}).extend({
  after: z.string().max(200).optional(),
});
export type FailureListQuery = z.infer<typeof FailureListQuery>;

export const TriageWord = z.object({
  fingerprint: z.string(),
  state: TriageState,
  by: z.enum(['person', 'issue', 'nobody']).describe('who said the state'),
  link: z.string().nullable(),
  fixedIn: z.string().nullable(),
  owner: z.string().nullable(),
  changedMs: epochMs.nullable().describe('when a person said something last'),
  notes: count,
  issue: z.object({ number: count, title: z.string(), link: z.string().nullable() }).nullable(),
});
export type TriageWord = z.infer<typeof TriageWord>;

export const FailureGroup = z.object({
  fingerprints: z
    .array(z.string())
    .describe('the most frequent first; none: not looked at yet, such stand together by recipe and task'),
  crossHash: z.string().nullable(),
  class: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
  recipes: z.array(z.string()),
  recipeCount: count,
  tasks: z.array(z.string()),
  text: z.string().nullable().describe('the words they have in common'),
  cause: z.string().nullable().describe('the words of the newest'),
  version: z.string().nullable(),
  failures: count,
  builds: count,
  machines: z.array(z.string()),
  machineCount: count,
  builders: z.array(z.string()),
  builderCount: count,
  hosts: z.array(z.string()),
  hostCount: count,
  firstMs: epochMs.nullable(),
  lastMs: epochMs.nullable(),
  firstBuild: z.string(),
  lastBuild: z.string(),
  lastKey: z.string().describe('name of the newest failure within its build'),
  lastAddress: FailureAddress.describe('of the newest failure'),
  days: z.array(count).describe('failures by day, see firstDayMs and daysAPlace'),
  triage: TriageWord.omit({ fingerprint: true }).nullable(),
});
export type FailureGroup = z.infer<typeof FailureGroup>;

export const FailureGroups = z.object({
  groups: z.array(FailureGroup),
  matching: count,
  failures: count,
  builds: count.describe('that have them'),
  truncated: z.boolean().describe('there are older ones than could be counted'),
  states: z.record(z.string(), count).describe('groups by state, the asked state left out'),
  classes: z.record(z.string(), count),
  firstDayMs: epochMs.nullable(),
  daysAPlace: count,
});
export type FailureGroups = z.infer<typeof FailureGroups>;

export const FailureLine = z.object({
  id: z.string().describe('build.key'),
  build: z.string(),
  buildName: z.string(),
  key: z.string(),
  address: FailureAddress,
  startedMs: epochMs.nullable(),
  outcome: BuildOutcome,
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  targets: z.array(z.string()).nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
  branch: z.string().nullable(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  cause: z.string().nullable(),
  blob: z.string().nullable().describe('SHA-256 of its log'),
  fingerprint: z.string().nullable(),
  class: z.string().nullable(),
  infrastructure: z.boolean().nullable(),
});
export type FailureLine = z.infer<typeof FailureLine>;

export const FailureParent = FailureLine.pick({
  build: true,
  buildName: true,
  startedMs: true,
  outcome: true,
  targets: true,
  machine: true,
  builder: true,
}).extend({ child: z.string().describe('id of a build that it triggered') });
export type FailureParent = z.infer<typeof FailureParent>;

export const FailuresPage = z.object({
  failures: z.array(FailureLine),
  parents: z.array(FailureParent).describe('newest first, where a farm told who triggered whom'),
  next: z.string().nullable(),
  matching: count,
});
export type FailuresPage = z.infer<typeof FailuresPage>;

export const UnsteadyQuery = BuildsQuery.omit({ after: true, limit: true }).extend({
  builds: z.coerce.number().int().min(1).max(500).default(500).describe('the newest'),
});
export type UnsteadyQuery = z.infer<typeof UnsteadyQuery>;

export const UnsteadyTask = z.object({
  pn: z.string(),
  task: z.string(),
  hash: z.string().describe('task hash'),
  kind: z.enum(['flaky', 'host-dependent', 'host-unknown']),
  passed: count,
  failed: count,
  hosts: z.array(z.object({ hostClass: z.string().nullable(), passed: count, failed: count })),
  firstMs: epochMs.nullable(),
  lastMs: epochMs.nullable(),
  lastPass: z.string().describe('id of a build'),
  lastFailure: z.string(),
});
export type UnsteadyTask = z.infer<typeof UnsteadyTask>;
export const UnsteadyTasks = z.object({ builds: count, tasks: z.array(UnsteadyTask) });
export type UnsteadyTasks = z.infer<typeof UnsteadyTasks>;

export const BlameQuery = z.object({
  build: BuildId,
  recipe: z.string().min(1).max(400),
  task: z.string().min(1).max(400),
  mc: z.string().max(400).default(''),
});
export type BlameQuery = z.infer<typeof BlameQuery>;

export const BlameEnd = z.object({
  build: z.string(),
  startedMs: epochMs.nullable(),
  key: z.string().nullable().describe('of the failure; null: it passed'),
  hostDistro: z.string().nullable(),
  fingerprint: z.string().nullable(),
});

export const BlameLayer = z.object({
  name: z.string(),
  change: z.enum(['moved', 'added', 'removed', 'modified', 'not-recorded']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  fromBranch: z.string().nullable(),
  toBranch: z.string().nullable(),
  link: z.string().nullable().describe("the repository's page of the commits between"),
});

export const BlameStretch = z.object({
  from: BlameEnd,
  to: BlameEnd,
  worth: z.enum(['revisions', 'same-revisions', 'not-recorded']),
  layers: z.array(BlameLayer),
  unchecked: count.describe('builds between that did not execute it, or failed for the machine’s sake'),
  sameHash: z.boolean().nullable(),
  otherHost: z.boolean().nullable(),
});
export type BlameStretch = z.infer<typeof BlameStretch>;

export const Blame = z.object({
  builds: count,
  late: count.describe('of them made of older revisions than one that began before'),
  firstFailure: BlameEnd,
  lastFailure: BlameEnd,
  failures: count,
  broke: BlameStretch.nullable(),
  sinceCause: BlameStretch.nullable(),
  fixed: BlameStretch.nullable(),
});
export type Blame = z.infer<typeof Blame>;

export const BlameAnswer = z.object({
  blame: Blame.nullable().describe('null: it failed for no reason of the source'),
});
export type BlameAnswer = z.infer<typeof BlameAnswer>;
export const TriageParams = z.object({ fingerprint: Fingerprint });

export const JournalEntry = z.object({
  number: count,
  atMs: epochMs,
  name: z.string().describe('who, as they were called then'),
  fingerprint: z.string().nullable(),
  about: z.string().nullable().describe('recipe and task of the kind, or title of the known issue'),
  issue: count.nullable(),
  what: z.enum(JOURNAL_KINDS),
  was: z.string().nullable(),
  said: z.string().nullable(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;
export const TriageDetail = TriageWord.extend({ journal: z.array(JournalEntry) });
export type TriageDetail = z.infer<typeof TriageDetail>;
const link = z.string().max(LINK_CHARS_MAX);

export const TriageFailures = z.object({
  fingerprints: z.array(Fingerprint).min(1).max(TRIAGED_AT_ONCE_MAX),
  state: TriageState.nullable().optional().describe('left out: as it is; null takes back what a person said'),
  link: link.nullable().optional(),
  fixedIn: z.string().max(FIXED_IN_CHARS_MAX).nullable().optional(),
  owner: z.string().max(ACCOUNT_NAME_CHARS_MAX).nullable().optional().describe('name of an account; null: nobody'),
  note: z.string().max(NOTE_CHARS_MAX).optional(),
});
export type TriageFailures = z.infer<typeof TriageFailures>;
export const FailuresTriaged = z.object({ changed: count });
export type FailuresTriaged = z.infer<typeof FailuresTriaged>;

export const IssueText = z.object({
  title: z.string().trim().min(1).max(ISSUE_TITLE_CHARS_MAX),
  expression: z.string().min(1).max(EXPRESSION_CHARS_MAX).describe('a regular expression, see docs/triage.md'),
  class: z.string().max(40).nullable().default(null),
  pn: z.string().max(400).nullable().default(null),
  task: z.string().max(400).nullable().default(null),
  state: TriageState.default('known'),
  link: link.nullable().default(null),
});
export type IssueText = z.infer<typeof IssueText>;
export const KnownIssue = IssueText.extend({ number: count, createdMs: epochMs });
export type KnownIssue = z.infer<typeof KnownIssue>;
export const KnownIssues = z.object({ issues: z.array(KnownIssue) });
export type KnownIssues = z.infer<typeof KnownIssues>;

export const IssueParams = z.object({
  number: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
});
export const IssueSaved = z.object({ number: count });

export const WeekQuery = BuildsQuery.omit({ after: true, limit: true, from: true, to: true }).extend({
  week: z.string().max(20).optional().describe('ISO 8601, `2026-W48`; left out: the one that runs'),
});
export type WeekQuery = z.infer<typeof WeekQuery>;

const WeekNumbers = z.object({
  builds: count,
  succeeded: count,
  failed: count,
  failures: count,
  infrastructure: count,
});

export const FailureWeek = z.object({
  week: z.object({ name: z.string(), fromMs: epochMs, toMs: epochMs.describe('not in it') }),
  untilMs: epochMs,
  previous: z.string(),
  next: z.string().nullable().describe('null: this one still runs'),
  numbers: WeekNumbers,
  before: WeekNumbers.describe('of the week before'),
  kinds: z.object({
    new: z.array(FailureGroup).describe('not seen in the quarter before'),
    back: z.array(FailureGroup).describe('said to be fixed before they failed again'),
    goingOn: z.array(FailureGroup),
    gone: z.array(FailureGroup).describe('seen in the week before, not in this one'),
  }),
  unsteady: z.array(UnsteadyTask),
  journal: z.array(JournalEntry).describe('what people said in this week, newest first'),
});
export type FailureWeek = z.infer<typeof FailureWeek>;
