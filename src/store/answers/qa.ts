/** Package QA over many builds. */
import type { BuildOutcome } from '../../model/build.ts';
import type { BuildListFilter } from './builds.ts';

export interface QaIssuesQuestion {
  readonly filter: BuildListFilter;
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
  /** One recipe: then only builds that executed its check say anything. Null: all. */
  readonly pn: string | null;
}

/** A build as far as package QA is concerned. */
export interface QaBuild {
  readonly build: string;
  readonly name: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly branch: string | null;
  readonly builder: string | null;
  /** Executed do_package_qa runs, of the recipe where one is asked for; null: no task table tells. */
  readonly checks: number | null;
  readonly issues: number;
}

/** Issues of one class in one recipe over many builds. */
export interface QaGroup {
  readonly qaClass: string | null;
  readonly pn: string | null;
  readonly severity: 'warning' | 'error';
  readonly issues: number;
  /** Builds that have one. */
  readonly builds: number;
  /** Indexes of the oldest and the newest build that have one. */
  readonly first: number;
  readonly last: number;
  /** One of them, cut. */
  readonly message: string;
}

export interface StoredQaIssues {
  /** Newest first. */
  readonly builds: readonly QaBuild[];
  /** How many issues of a class a build has; none that are zero. */
  readonly counts: readonly { readonly build: number; readonly qaClass: string | null; readonly issues: number }[];
  /** Most issues first. */
  readonly groups: readonly QaGroup[];
  /** There are more groups than are told. */
  readonly more: boolean;
}

/** What a build's QA issues are compared with: issues of the same recipes in earlier builds, and who executed their checks. */
export interface StoredQaHistory {
  /** Earlier builds of the same machine, distribution and branch that were looked at. */
  readonly builds: number;
  /** Of the build itself, in the order of its list. */
  readonly own: readonly StoredQaIssue[];
  /** The same words once, with the first build that had them. */
  readonly earlier: readonly (Omit<StoredQaIssue, 'severity'> & { readonly build: string })[];
  /** The last earlier build that executed the task. */
  readonly checks: readonly { readonly pn: string; readonly task: string; readonly build: string }[];
}

export interface StoredQaIssue {
  readonly qaClass: string | null;
  readonly severity: 'warning' | 'error';
  readonly pn: string | null;
  readonly version: string | null;
  readonly task: string | null;
  readonly message: string;
}
