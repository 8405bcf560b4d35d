/** Builds: the list with its filter and facets, one build, and what an owner does with it. */
import { z } from 'zod';
import { LOG_KINDS, SOURCE_KINDS } from '../../model/build.ts';
import { LINK_KINDS } from '../../model/farm-build.ts';
import { testCounts } from './tests.ts';
import { BuildOutcome, count, csv, epochMs, PAGE_LIMIT_MAX, revision, Visibility } from './values.ts';

/** How this build's duration stands to its own past: median of up to 20 earlier succeeded builds of the same configuration. */
export const Usual = z.object({
  builds: count.describe('how many earlier builds the usual is made of; fewer than 3: no usual'),
  medianMs: z.number().nullable(),
  /** duration / median - 1; null when there is no usual or no duration. */
  ratio: z.number().nullable(),
  /** Durations of the earlier builds, oldest first, for the sparkline (at most 20). */
  historyMs: z.array(z.number()),
});
export type Usual = z.infer<typeof Usual>;

export const SstateSummary = z.object({
  wanted: count,
  found: count,
  local: count.nullable(),
  mirrors: count.nullable(),
  missed: count,
  current: count,
});

/** A line of the list of builds. */
export const BuildRow = z.object({
  id: z.string(),
  visibility: Visibility,
  name: z.string(),
  startedMs: epochMs.nullable(),
  endedMs: epochMs.nullable(),
  endEstimated: z.boolean(),
  durationMs: z.number().nullable(),
  outcome: BuildOutcome,
  targets: z.array(z.string()).nullable(),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostName: z.string().nullable(),
  /** Folder or log it was read from; tells builds apart that record nothing else. */
  location: z.string(),
  kind: z.enum(['clean', 'incremental', 'sstate', 'not-recorded']),
  kindEstimated: z.boolean(),
  sstate: SstateSummary.nullable(),
  tasks: count.describe('task runs that were executed (started), setscene ones included'),
  failures: count,
  /** First failed task as `pn:do_x`, or null. */
  firstFailure: z.string().nullable(),
  qaIssues: count,
  problems: count,
  cpuTimeS: z.number().nullable(),
  /** cpu time / wall time of the build. */
  parallelism: z.number().nullable(),
  usual: Usual,
  /** Changes whenever anything of the build changes; the ETag of everything below the build. */
  revision: z.string(),
});
export type BuildRow = z.infer<typeof BuildRow>;

/** Facet values are comma-separated; a value is matched exactly, '' means not recorded. */
export const BuildsQuery = z.object({
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(100),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('words, each found in target, machine, distro, name, builder, host or location'),
  machine: csv,
  distro: csv,
  target: csv,
  builder: csv,
  host: csv,
  outcome: csv,
  kind: csv,
  hostDistro: csv.describe('distribution of the machine that built'),
  branch: csv.describe('of the core layer'),
  release: csv.describe('DISTRO_VERSION'),
  visibility: csv,
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
});
export type BuildsQuery = z.infer<typeof BuildsQuery>;

export const BuildsPage = z.object({
  builds: z.array(BuildRow),
  next: z.string().nullable(),
  /** Builds that match, and builds in the store. */
  matching: count,
  total: count,
});
export type BuildsPage = z.infer<typeof BuildsPage>;
export const FacetValue = z.object({ value: z.string().nullable(), count });

export const Facets = z.object({
  machine: z.array(FacetValue),
  distro: z.array(FacetValue),
  target: z.array(FacetValue),
  builder: z.array(FacetValue),
  host: z.array(FacetValue),
  outcome: z.array(FacetValue),
  kind: z.array(FacetValue),
  visibility: z.array(FacetValue),
  hostDistro: z.array(FacetValue),
  branch: z.array(FacetValue),
  release: z.array(FacetValue),
});
export type Facets = z.infer<typeof Facets>;

export const MetricInfo = z.object({
  id: z.string(),
  label: z.string(),
  unit: z.string(),
  aggregation: z.enum(['sum', 'max', 'mean', 'none']),
  lowerIsBetter: z.boolean(),
  derived: z.boolean(),
  guessed: z.boolean(),
  note: z.string().nullable(),
});
export type MetricInfo = z.infer<typeof MetricInfo>;

export const SeriesInfo = z.object({
  id: z.string(),
  label: z.string(),
  unit: z.string(),
  source: z.string(),
  limit: z.number().nullable(),
  marks: z.array(z.enum(['corrected', 'saturated', 'may-double-count', 'not-recorded'])),
  note: z.string().nullable(),
  guessed: z.boolean(),
});
export type SeriesInfo = z.infer<typeof SeriesInfo>;

export const RecipeInfo = z.object({
  pf: z.string(),
  pn: z.string(),
  pe: z.string().nullable(),
  pv: z.string().nullable(),
  pr: z.string().nullable(),
  guessed: z.boolean(),
  mc: z.string(),
  layer: z.string().nullable(),
  file: z.string().nullable(),
});
export type RecipeInfo = z.infer<typeof RecipeInfo>;

export const LayerInfo = z.object({
  name: z.string(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  modified: z.boolean().nullable(),
});

export const PhaseInfo = z.object({
  id: z.string(),
  label: z.string(),
  startMs: epochMs,
  endMs: epochMs,
  estimated: z.boolean(),
  detail: z.string().nullable(),
});

export const FailureInfo = z.object({
  row: count.nullable(),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  mc: z.string(),
  cause: z.string().nullable(),
  logPath: z.string().nullable(),
});

export const QaIssueInfo = z.object({
  qaClass: z.string().nullable(),
  severity: z.enum(['warning', 'error']),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  message: z.string(),
});

export const MessageInfo = z.object({
  level: z.enum(['warning', 'error']),
  timeMs: epochMs.nullable(),
  logger: z.string().nullable(),
  text: z.string(),
});

export const ProblemInfo = z.object({
  severity: z.enum(['note', 'warning', 'error']),
  code: z.string(),
  message: z.string(),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
});
export type ProblemInfo = z.infer<typeof ProblemInfo>;

/** A log that came with the build: read with GET /builds/{id}/log?row= or ?blob=. */
export const TaskLogInfo = z.object({
  kind: z.enum(LOG_KINDS),
  row: count.nullable(),
  pf: z.string().nullable(),
  task: z.string().nullable(),
  mc: z.string(),
  blob: z.string(),
  bytes: count,
  /** Of the file on the host that built, where its middle was left out; else null. */
  originalBytes: count.nullable(),
});

export const ArtifactSizeInfo = z.object({
  kind: z.enum(['package', 'image', 'scratch']),
  name: z.string(),
  pf: z.string().nullable(),
  mc: z.string(),
  bytes: z.number(),
  files: count.nullable(),
  fileList: z.string().nullable(),
});

export const BuildLinkInfo = z.object({
  kind: z.enum(LINK_KINDS).describe('origin: its own page on the server that ran it; job: the page of what ran it'),
  title: z.string(),
  url: z.string(),
});
export type BuildLinkInfo = z.infer<typeof BuildLinkInfo>;

export const BuildHost = z.object({
  name: z.string().nullable(),
  kernel: z.string().nullable(),
  arch: z.string().nullable(),
  distro: z.string().nullable(),
  cores: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  cpuModel: z.string().nullable(),
});

/** Everything about a build but its task table and samples, which travel as binary columns. */
export const BuildDetail = BuildRow.extend({
  access: z.object({
    visibility: Visibility,
    owner: z.string().nullable().describe('account it belongs to, told to who may change the build'),
    pinned: z.boolean().describe('no retention rule takes it'),
    mayChange: z.boolean(),
  }),
  distroVersion: z.string().nullable(),
  bitbakeVersion: z.string().nullable(),
  builderId: z.string().nullable(),
  jobId: z.string().nullable(),
  /** Of the targets those that make an image; null: not recorded. */
  images: z.array(z.string()).nullable(),
  logs: z.array(TaskLogInfo),
  sizes: z.array(ArtifactSizeInfo),
  host: BuildHost,
  sources: z.array(
    z.object({
      kind: z.enum(SOURCE_KINDS),
      location: z.string(),
    }),
  ),
  layers: z.array(LayerInfo),
  variables: z.record(z.string(), z.string()),
  extras: z.record(z.string(), z.string()),
  rootfsSizes: z.array(z.object({ path: z.string(), text: z.string(), bytes: z.number().nullable() })),
  recipes: z.array(RecipeInfo),
  taskNames: z.array(z.string()),
  metrics: z.array(MetricInfo),
  series: z.array(SeriesInfo),
  phases: z.array(PhaseInfo),
  failureList: z.array(FailureInfo),
  failureAddresses: z.array(z.string()).describe('of their pages (GET /failures/{failure}), in the same order'),
  qaIssueList: z.array(QaIssueInfo),
  messages: z.array(MessageInfo),
  problemList: z.array(ProblemInfo),
  taskOutcomes: z.record(z.string(), count).describe('task runs by outcome'),
  hasGraph: z.boolean(),
  /** The longest chain of dependencies by the measured times; null: no source told the task graph, or nothing ran. */
  longestChain: z
    .object({
      lengthMs: z.number().describe('no number of threads makes the build shorter'),
      tasks: count.describe('tasks of the chain that ran'),
      parallelismMax: z.number().describe('sum of all task times / length: more threads cannot all be kept busy'),
    })
    .nullable(),
  /** Bytes of logs cannot be shown unless the server was pointed at the build's folder. */
  logsAvailable: z.boolean(),
  /** Neighbours in time of the same configuration, for "compare with previous". */
  previousId: z.string().nullable(),
  nextId: z.string().nullable(),
  /** A running build: share done and estimated end from its own history; null: not running or no history. */
  progress: z
    .object({ share: z.number().nullable(), estimatedEndMs: epochMs.nullable(), basis: z.string() })
    .nullable(),
  links: z.array(BuildLinkInfo).describe('pages elsewhere that are about the build'),
  parents: z.array(BuildRow).describe('builds that made it run'),
  children: z.array(BuildRow).describe('builds that it made run, the newest first, at most 500'),
  childrenTotal: count,
  tests: z.object({ runs: count, ...testCounts }).describe('of all test runs of the build together'),
});
export type BuildDetail = z.infer<typeof BuildDetail>;

/**
 * GET /builds/{id}/columns?metrics=walltime,io.read_bytes — one binary body (docs/formats/task-table.md): recipe, task,
 * outcome, startMs, endMs always; metrics as asked, `*` for all.
 * GET /builds/{id}/samples — the sample tables in the same encoding.
 * GET /builds/{id}/graph — which task run needs which, in rows of the task table.
 */
export const COLUMNS_MEDIA_TYPE = 'application/vnd.bakehouse.columns';
export const RevisionQuery = z.object({ r: revision });

export const ColumnsQuery = z.object({
  r: revision,
  metrics: z
    .string()
    .max(10_000)
    .default('')
    .describe('metric ids, comma-separated; * for all; empty for none. A metric the build has not got is left out.'),
});

/** The words of the page's own address (`…/chart?min=8&grp=recipe`), so that a picture is asked for by the address that shows it. */
export const ChartQuery = z.object({
  r: revision,
  min: z.coerce.number().min(0).max(1e6).default(0).describe('seconds; shorter task runs go into the density lane'),
  grp: z.enum(['slots', 'recipe', 'task', 'layer', 'outcome']).default('slots'),
  col: z.enum(['kind', 'outcome', 'classic']).default('kind'),
  scheme: z.enum(['light', 'dark']).default('light'),
  width: z.coerce.number().int().min(200).max(20_000).default(1400).describe('pixels'),
  t: z
    .string()
    .regex(/^-?\d{1,9}(\.\d{1,6})?--?\d{1,9}(\.\d{1,6})?$/)
    .optional()
    .describe('from-to in seconds since the start of the build'),
  chain: z
    .enum(['longest', 'waited'])
    .optional()
    .describe('dims all but a chain of tasks: the longest of the dependencies, or what the build waited for'),
  strips: z.string().max(2000).optional().describe('sample series: + superimposes, comma separates; empty for none'),
});
export type ChartQuery = z.infer<typeof ChartQuery>;
export const SetVisibility = z.object({ visibility: Visibility });
export const VisibilitySet = z.object({ id: z.string(), visibility: Visibility });
export const PinBuild = z.object({ pinned: z.boolean() });
export const PinnedBuild = z.object({ id: z.string(), pinned: z.boolean() });
export const DeletedBuild = z.object({ id: z.string() });

/** What of the builds a report is over. */
export const BuildsFilterQuery = BuildsQuery.omit({ after: true, limit: true });
export type BuildsFilterQuery = z.infer<typeof BuildsFilterQuery>;
