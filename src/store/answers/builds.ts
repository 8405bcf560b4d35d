/** Builds as a list shows and narrows them, and what one holds besides its tables. */
import type { Build, BuildKind, BuildOutcome, SstateSummary } from '../../model/build.ts';
import type { Metric } from '../../model/metric.ts';
import type { SampleSeries } from '../../model/samples.ts';
import type { TaskOutcome } from '../../model/task-table.ts';
import type { Visibility } from './access.ts';

export interface SavedBuild {
  readonly id: string;
  /** Hash of the content: saving the same build again gives the same revision and writes nothing. */
  readonly revision: string;
  readonly changed: boolean;
}

/** Everything of a build but its task table and samples. */
export type BuildHead = Omit<Build, 'tasks' | 'samples' | 'graph'>;

export interface BuildListFilter {
  readonly words?: readonly string[];
  /** Exact values; '' means not recorded. */
  readonly machine?: readonly string[];
  readonly distro?: readonly string[];
  readonly target?: readonly string[];
  readonly builder?: readonly string[];
  readonly host?: readonly string[];
  readonly outcome?: readonly BuildOutcome[];
  readonly kind?: readonly BuildKind[];
  /** Distribution of the machine that built. */
  readonly hostDistro?: readonly string[];
  /** Of the core layer. */
  readonly branch?: readonly string[];
  /** DISTRO_VERSION. */
  readonly release?: readonly string[];
  readonly visibility?: readonly Visibility[];
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A line of the list of builds: what is searched, sorted and shown without opening a build. */
export interface BuildSummary {
  readonly id: string;
  readonly revision: string;
  readonly name: string;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly endEstimated: boolean;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly builder: string | null;
  readonly hostName: string | null;
  /** Of the first source. */
  readonly location: string;
  readonly kind: BuildKind;
  readonly kindEstimated: boolean;
  readonly sstate: SstateSummary | null;
  /** Task runs that started. */
  readonly tasks: number;
  readonly failures: number;
  /** `pn:do_x` */
  readonly firstFailure: string | null;
  readonly qaIssues: number;
  readonly problems: number;
  /** Sum over its task runs; null where none recorded it. */
  readonly cpuTimeS: number | null;
  /** Key of what makes builds comparable (product.md, configuration). */
  readonly configuration: string;
  readonly visibility: Visibility;
}

export interface BuildSummaryPage {
  /** Newest start first; builds without a start last; then by id. */
  readonly builds: readonly BuildSummary[];
  /** Cursor of the next page, null on the last. */
  readonly next: string | null;
  readonly matching: number;
  readonly total: number;
}

export const FACETS = [
  'machine',
  'distro',
  'target',
  'builder',
  'host',
  'hostDistro',
  'branch',
  'release',
  'outcome',
  'kind',
  'visibility',
] as const;
export type Facet = (typeof FACETS)[number];
/** Values with their counts, most frequent first; null: not recorded. */
export type FacetCounts = Readonly<Record<Facet, readonly { readonly value: string | null; readonly count: number }[]>>;

/** What a build's task table and samples hold, told without decoding them. */
export interface BuildContents {
  readonly taskNames: readonly string[];
  readonly metrics: readonly Metric[];
  readonly series: readonly (Omit<SampleSeries, 'values'> & { readonly source: string })[];
  /** Task runs by outcome; outcomes that none has are absent. */
  readonly taskOutcomes: Readonly<Partial<Record<TaskOutcome, number>>>;
  readonly hasGraph: boolean;
}

export interface OriginQuestion {
  readonly name: string;
  readonly startedMs: number | null;
  readonly slackMs: number;
}

/** A body as it is stored, sent without being understood. */
export interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly revision: string;
  /** Not running. */
  readonly finished: boolean;
}
