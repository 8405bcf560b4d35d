/**
 * The nouns. One word per thing, everywhere: table, JSON, type, file, menu and Python.
 *
 *   build       one run of `bitbake <targets>` on one host, all its multiconfigs together
 *   origin      (host id, BUILDNAME, first Build Started): what makes a directory, an event log, a record and an error
 *               report of the same run one build
 *   builder     who or what ran it
 *   target      what was asked for, as given to bitbake
 *   recipe run  a recipe's share of one build
 *   task run    one execution of a task; `do_x_setscene` is a task run of its own; executions live in a TaskTable
 *   phase       a part of the build outside any task: server start, parsing, sstate check …
 *   failure     a failed task run, with its log where there is one
 *   usual       the median of the last 20 succeeded builds of the same configuration
 *
 * All times are integer milliseconds UTC. `null` is "not recorded"; it is never the same as zero or the empty string.
 */
import type { Problem } from './problem.ts';
import type { SampleTable } from './samples.ts';
import type { TaskGraph, TaskTable } from './task-table.ts';
import type { Bytes, DurationMs, EpochMs } from './units.ts';

export const BUILD_OUTCOMES = [
  'succeeded',
  'succeeded-with-errors',
  'failed',
  'interrupted',
  'lost',
  'running',
  'never-started',
  'not-recorded',
] as const;
/**
 * `lost`: no end was recorded and nothing has been written for a while. `not-recorded`: the end is there but no source
 * says how it went (buildstats of a build whose tasks all passed say `succeeded`: the tasks are the evidence).
 */
export type BuildOutcome = (typeof BUILD_OUTCOMES)[number];

/**
 * A source a build was read from. The order of strength when two disagree: record, event log, buildstats, cooker log, buildhistory, error report,
 * and then what a farm's server says of a build.
 */
export const SOURCE_KINDS = [
  'record',
  'eventlog',
  'buildstats',
  'cooker-log',
  'buildhistory',
  'error-report',
  'test-results',
  'autobuilder',
  'buildbot',
  'jenkins',
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

export interface BuildSource {
  readonly kind: SourceKind;
  /** Where it was read: a path, a tar's path with the inner folder after `!`, or an URL. */
  readonly location: string;
}

export interface Host {
  /** As uname says; private, so a public server may hide it. */
  readonly name: string | null;
  /** Stable per host, made by hashing; null when no name was recorded. */
  readonly id: string | null;
  readonly kernel: string | null;
  readonly arch: string | null;
  /** Host distribution, e.g. `debian-12` (NATIVELSBSTRING without uninative's `universal/`). */
  readonly distro: string | null;
  readonly cores: number | null;
  readonly memoryBytes: Bytes | null;
  readonly cpuModel: string | null;
}

export interface LayerRevision {
  readonly name: string;
  readonly branch: string | null;
  readonly commit: string | null;
  /** Null: not recorded. */
  readonly modified: boolean | null;
}

/** bitbake's `Sstate summary` line. Null parts: that release does not print them. */
export interface SstateSummary {
  readonly wanted: number;
  readonly found: number;
  readonly local: number | null;
  readonly mirrors: number | null;
  readonly missed: number;
  readonly current: number;
}

/** `clean`: nothing was there before. `incremental`: stamps were current. `sstate`: tmp was empty and much came from sstate. */
export type BuildKind = 'clean' | 'incremental' | 'sstate' | 'not-recorded';

export interface BuildType {
  readonly kind: BuildKind;
  /** How the kind was found: said by a source, or estimated from the tasks that ran. */
  readonly estimated: boolean;
  readonly sstate: SstateSummary | null;
}

/** A part of the build that is outside any task. */
export interface Phase {
  /** `server-start`, `parsing`, `sanity`, `task-graph`, `sstate-check`, `final-handlers` … */
  readonly id: string;
  readonly label: string;
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  /** Event logs give most events no time; then the ends are the times of the neighbours. */
  readonly estimated: boolean;
  /** A sentence with counts: "1,011 files: 0 cached, 1,011 parsed". */
  readonly detail: string | null;
}

/** One recipe's share of a build. Two versions of one recipe in a build are two recipe runs. */
export interface Recipe {
  /** PF as the directory is named: `gcc-cross-x86_64-13.2.0-r0`. The identity within a build, with `mc`. */
  readonly pf: string;
  /** PN. Guessed from PF by upstream's rule when no source says it (`guessed`). */
  readonly pn: string;
  readonly pe: string | null;
  readonly pv: string | null;
  readonly pr: string | null;
  readonly guessed: boolean;
  /** Multiconfig; '' is the default one. */
  readonly mc: string;
  /** Layer it came from, or null. */
  readonly layer: string | null;
  /** Path of the .bb file as the source says it, or null. */
  readonly file: string | null;
}

export interface Failure {
  /** Row of the task table, or null for failures outside tasks (no provider, parse error). */
  readonly row: number | null;
  readonly pf: string | null;
  readonly task: string | null;
  readonly mc: string;
  /** First line that says why, cut to 1,000 characters; null when there is no log. */
  readonly cause: string | null;
  /** Where the log was on the host that built, as the source says; only opened below the folder given. */
  readonly logPath: string | null;
}

export interface QaIssue {
  /** `installed-vs-shipped`, or null where the line names none. */
  readonly qaClass: string | null;
  readonly severity: 'warning' | 'error';
  readonly pf: string | null;
  readonly task: string | null;
  readonly message: string;
}

/** A warning or an error that bitbake logged, cut to 2,000 characters. */
export interface Message {
  readonly level: 'warning' | 'error';
  readonly timeMs: EpochMs | null;
  readonly logger: string | null;
  readonly text: string;
}

/** Why a log is kept: it failed, it has a QA issue, its owner wants logs of successes, or it is pseudo's or the host's word on a failure. */
export const LOG_KINDS = ['failure', 'qa', 'success', 'pseudo', 'host-stats'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** A log that came with the build and lies outside the database, found by its content. */
export interface TaskLog {
  readonly kind: LogKind;
  /** Row of the task table, or null where no row is its run. */
  readonly row: number | null;
  readonly pf: string | null;
  readonly task: string | null;
  readonly mc: string;
  /** SHA-256 of its bytes, 64 hex digits. */
  readonly blob: string;
  /** Of what was kept. */
  readonly bytes: Bytes;
  /** Of the file on the host that built, where the middle of it was left out; else null. */
  readonly originalBytes: Bytes | null;
}

/** The size of something a build made: a package, an image (without its extra space), or its scratch directory (`tmp`). */
export interface ArtifactSize {
  readonly kind: 'package' | 'image' | 'scratch';
  readonly name: string;
  /** PF of the recipe that made it, or null. */
  readonly pf: string | null;
  readonly mc: string;
  readonly bytes: Bytes;
  /** How many files it holds, where they were counted. */
  readonly files: number | null;
  /** SHA-256 of the list of its files (a blob of JSON: path -> bytes), where it was sent. */
  readonly fileList: string | null;
}

export interface RootfsSize {
  /** Path as recorded. */
  readonly path: string;
  /** `du -sh` text as recorded: rounded. */
  readonly text: string;
  /** The text in bytes; an estimate, since du rounds up. */
  readonly bytes: Bytes | null;
}

export interface Build {
  /** BUILDNAME; the directory's name where a source says no other. */
  readonly name: string;
  readonly sources: readonly BuildSource[];
  /** Epoch ms; null only when nothing at all was timed. */
  readonly startedMs: EpochMs | null;
  /** Null: running, or not recorded. When estimated from the last task or sample, `endEstimated`. */
  readonly endedMs: EpochMs | null;
  readonly endEstimated: boolean;
  readonly outcome: BuildOutcome;
  /** What was asked for; null: not recorded. */
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly distroVersion: string | null;
  /** Who or what ran it, for people: a name. */
  readonly builder: string | null;
  /** The same for programs: stays when the name changes. */
  readonly builderId: string | null;
  /** The farm's job that asked for it, or null. */
  readonly jobId: string | null;
  /** Of the targets those that make an image; null: no source tells images from other recipes. */
  readonly images: readonly string[] | null;
  readonly host: Host;
  readonly bitbakeVersion: string | null;
  readonly layers: readonly LayerRevision[];
  readonly type: BuildType;
  /** Whitelisted variables only (src/formats/eventlog/variables.ts has the list and the reason). */
  readonly variables: Readonly<Record<string, string>>;
  readonly recipes: readonly Recipe[];
  readonly tasks: TaskTable;
  readonly graph: TaskGraph | null;
  readonly phases: readonly Phase[];
  readonly samples: readonly SampleTable[];
  readonly failures: readonly Failure[];
  readonly qaIssues: readonly QaIssue[];
  readonly messages: readonly Message[];
  readonly logs: readonly TaskLog[];
  readonly sizes: readonly ArtifactSize[];
  readonly rootfsSizes: readonly RootfsSize[];
  /** Lines of build_stats no reader knows, kept: `Start*`/`End*` disk counters of 2011 …; and `NOT_SENT`. */
  readonly extras: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Among the extras: what the client that sent the build kept back, in words. */
export const NOT_SENT = 'Not sent';

/** What a source that knows nothing of a reporting client leaves empty. */
export const NOT_REPORTED = {
  builderId: null,
  jobId: null,
  images: null,
  logs: [],
  sizes: [],
} as const satisfies Partial<Build>;

/** Wall time of the build, or null when an end is missing. */
export function buildDurationMs(build: Pick<Build, 'startedMs' | 'endedMs'>): DurationMs | null {
  if (build.startedMs === null || build.endedMs === null) return null;
  return Math.max(0, build.endedMs - build.startedMs);
}
