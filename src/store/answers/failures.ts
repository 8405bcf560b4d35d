/** What failed in many builds: its kinds, the single ones, and the same task elsewhere. */
import type { BuildOutcome, LayerRevision, Message } from '../../model/build.ts';
import type { TriageState } from '../../model/triage.ts';
import type { TriageWord } from '../triage.ts';

/** What failures are asked for by, besides their builds. Exact values; '' means not recorded. */
export interface FailureFilter {
  readonly fingerprint?: readonly string[];
  readonly crossHash?: readonly string[];
  /** '' : not looked at yet. */
  readonly class?: readonly string[];
  readonly infrastructure?: boolean;
  readonly recipe?: readonly string[];
  readonly task?: readonly string[];
  /** Each is found in cause, recipe or task. */
  readonly words?: readonly string[];
  /** Of groups alone, as the following: what is known of their fingerprint. */
  readonly state?: readonly TriageState[];
  /** Names of accounts; '' is nobody. */
  readonly owner?: readonly string[];
  /** Numbers of known issues; 0 is none. */
  readonly issue?: readonly number[];
  /** Of groups: one cause in whatever recipe and task (the default), or each recipe and task by itself. */
  readonly by?: 'cause' | 'task';
  readonly sort?: 'failures' | 'builds' | 'machines' | 'first' | 'last' | 'recipe';
}

/** Failures that failed in the same words. */
export interface FailureGroup {
  /** The most frequent first; none: nobody looked at them yet, and they stand together by recipe and task. */
  readonly fingerprints: readonly string[];
  readonly crossHash: string | null;
  readonly class: string | null;
  readonly infrastructure: boolean | null;
  /** Some of their names, and how many there are. */
  readonly recipes: readonly string[];
  readonly recipeCount: number;
  readonly tasks: readonly string[];
  /** The words they have in common. */
  readonly text: string | null;
  /** Words and version of the newest. */
  readonly cause: string | null;
  readonly version: string | null;
  readonly failures: number;
  readonly builds: number;
  readonly machines: readonly string[];
  readonly machineCount: number;
  readonly builders: readonly string[];
  readonly builderCount: number;
  /** Distributions of the hosts. */
  readonly hosts: readonly string[];
  readonly hostCount: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Ids of builds, and the name of the newest failure in the newest. */
  readonly firstBuild: string;
  readonly lastBuild: string;
  readonly lastKey: string;
  /** Failures by day, or by some days (`daysAPlace`), UTC. */
  readonly days: readonly number[];
  /** Null where there is no fingerprint that it could be said of. */
  readonly triage: Omit<TriageWord, 'fingerprint'> | null;
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  /** Groups that match. */
  readonly matching: number;
  /** Of the builds that match and of the failures as asked for, state, owner and issue left out. */
  readonly failures: number;
  readonly builds: number;
  /** There are older failures than could be counted. */
  readonly truncated: boolean;
  /** Groups by state, with the state that was asked for left out. */
  readonly states: Readonly<Partial<Record<TriageState, number>>>;
  /** Groups by class; '' is not looked at yet. */
  readonly classes: Readonly<Record<string, number>>;
  /** Of the first place of `days`; null: no build tells when it began. */
  readonly firstDayMs: number | null;
  readonly daysAPlace: number;
}

export interface FailureLine {
  /** `<build>.<key>` */
  readonly id: string;
  readonly build: string;
  readonly buildName: string;
  readonly key: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly targets: readonly string[] | null;
  readonly builder: string | null;
  readonly hostDistro: string | null;
  readonly branch: string | null;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly cause: string | null;
  /** SHA-256 of its log; null: none is kept. */
  readonly blob: string | null;
  readonly fingerprint: string | null;
  readonly class: string | null;
  readonly infrastructure: boolean | null;
}

/** A build that triggered one which has failures here. */
export interface FailureParent {
  readonly child: string;
  readonly build: string;
  readonly buildName: string;
  readonly startedMs: number | null;
  readonly outcome: BuildOutcome;
  readonly targets: readonly string[] | null;
  readonly machine: string | null;
  readonly builder: string | null;
}

export interface FailurePage {
  readonly failures: readonly FailureLine[];
  /** Newest first; where a farm told who triggered whom. */
  readonly parents: readonly FailureParent[];
  readonly next: string | null;
  readonly matching: number;
}

export interface TaskHistoryQuestion {
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  /** Id of a build: those of its machine, distribution and branch. */
  readonly like: string;
  /** How many of them at most on each side of it. */
  readonly builds: number;
}

/** What one task did in builds of one configuration, oldest first. */
export type TaskHistory = readonly {
  readonly build: string;
  readonly startedMs: number | null;
  /** Index into TASK_OUTCOMES; null: the build did not have the task. */
  readonly outcome: number | null;
  readonly hash: string | null;
  readonly hostDistro: string | null;
  /** Of its failure within the build. */
  readonly key: string | null;
  readonly fingerprint: string | null;
  readonly infrastructure: boolean;
  readonly layers: readonly LayerRevision[];
}[];

export interface TaskElsewhereQuestion {
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  /** Id of a build: those of its branch. */
  readonly like: string;
  readonly fromMs: number;
  readonly builds: number;
}

/** The same of builds for whatever machine and distribution, oldest first. */
export type TaskElsewhere = readonly (TaskHistory[number] & {
  readonly machine: string | null;
  readonly distro: string | null;
})[];

/** One run of a task hash that failed somewhere. */
export interface ExecutedTask {
  readonly build: string;
  readonly startedMs: number | null;
  readonly hostDistro: string | null;
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
  readonly hash: string;
  readonly passed: boolean;
  readonly infrastructure: boolean;
  /** Of its build: bitbake says there which runs were forced. */
  readonly messages: readonly Message[];
}
