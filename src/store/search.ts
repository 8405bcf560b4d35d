/**
 * What a search asks of the store and what it gets: builds, recipes, failures and the lines that say why, all by the same conditions. The words of
 * the language (analysis/search-query.ts) are the operation's business; here a date is a time and a layer has its parts.
 */
import type { OfferedField } from '../model/offered-fields.ts';
import type { BuildListFilter, BuildSummary, FacetCounts } from './store.ts';

/** `''` is "not recorded"; `*` of a pattern stands for anything. */
export interface WantedValue {
  readonly text: string;
  readonly pattern: boolean;
}

export const SEARCH_FIELDS = [
  'recipe',
  'version',
  'status',
  'task',
  'class',
  'fingerprint',
  'cause',
  'log',
  'outcome',
  'kind',
  'machine',
  'distro',
  'release',
  'target',
  'builder',
  'host',
  'branch',
  'build',
  'text',
] as const;
export type SearchField = (typeof SEARCH_FIELDS)[number];

/** One of the values holds; or none of them, where it is negated. */
export interface SearchCondition {
  readonly field: SearchField;
  readonly negated: boolean;
  readonly values: readonly WantedValue[];
}

export interface WantedLayer {
  readonly negated: boolean;
  readonly any: readonly { readonly name: string | null; readonly commit: string | null }[];
}

/** Builds that had the layer after `from` and not after `to`, in the order in which builds had its commits. */
export interface WantedRange {
  readonly negated: boolean;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface SearchFilter {
  readonly conditions: readonly SearchCondition[];
  readonly layers: readonly WantedLayer[];
  readonly ranges: readonly WantedRange[];
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** A page of one kind. */
export interface SearchPage<T> {
  readonly rows: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/** `more`: it was not counted to the end. */
export interface SearchCount {
  readonly count: number;
  readonly more: boolean;
}

export interface FoundRecipe {
  readonly pn: string;
  /** Of the newest run: */
  readonly version: string | null;
  readonly status: 'succeeded' | 'failed' | 'not-executed' | 'unfinished';
  readonly failedTask: string | null;
  readonly buildId: string;
  readonly startedMs: number | null;
  readonly machine: string | null;
  /** Runs that were looked at, and how many of them executed and failed. */
  readonly runs: number;
  readonly executed: number;
  readonly failed: number;
}

export interface FoundFailure {
  /** `<build id>.<key>` */
  readonly id: string;
  readonly buildId: string;
  readonly buildName: string;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly cause: string | null;
  /** Null: its log was not looked through, or there is none. */
  readonly causeClass: string | null;
  readonly infrastructure: boolean | null;
  readonly fingerprint: string | null;
  /** Of its build: */
  readonly startedMs: number | null;
  readonly machine: string | null;
  readonly distro: string | null;
  readonly builder: string | null;
  readonly hostDistro: string | null;
}

/** Failures that say the same: of one fingerprint, or, where there is none yet, with the same line. */
export interface FoundCause {
  readonly newest: FoundFailure;
  readonly failures: number;
  readonly builds: number;
  readonly recipes: number;
  readonly firstMs: number | null;
}

export interface SearchFacets {
  /** A facet's own exact values do not narrow its own counts. */
  readonly builds: FacetCounts;
  /** Of the newest matching failures; null: not recorded. */
  readonly recipe: readonly { readonly value: string | null; readonly count: number }[];
  readonly task: readonly { readonly value: string | null; readonly count: number }[];
  readonly class: readonly { readonly value: string | null; readonly count: number }[];
}

export interface PageAsked {
  readonly after: string | null;
  readonly limit: number;
}

export interface OfferedValue {
  readonly value: string;
  /** How many builds or failures have it, of those that were looked at; null: not counted. */
  readonly count: number | null;
}

/** A page, and how many there are in all: where everything is looked at anyway. */
export interface CountedPage<T> extends SearchPage<T> {
  readonly found: SearchCount;
  readonly reached: readonly ReachedBound[];
}

export interface LogWords {
  readonly words: readonly string[];
  readonly beginning: string | null;
}

export interface LogsWithWords {
  readonly hashes: readonly string[];
  /** There are more. */
  readonly more: boolean;
}

/**
 * Where looking ended before everything was seen. `failures`: those that causes are made of; `words`: failures whose lines are looked through;
 * `builds`: of which the recipes are looked at; `names` and `runs`: of recipes that are asked for by name; `logs`: that have a word; `texts`: logs
 * that are read for what no index knows.
 */
export const SEARCH_BOUNDS = ['failures', 'words', 'builds', 'names', 'runs', 'logs', 'texts'] as const;
export interface ReachedBound {
  readonly bound: (typeof SEARCH_BOUNDS)[number];
  /** So many were looked at. */
  readonly of: number;
}

/** All reads are of what the store's viewer may see. */
export interface Search {
  builds(filter: SearchFilter, page: PageAsked): Promise<SearchPage<BuildSummary>>;
  failures(filter: SearchFilter, page: PageAsked): Promise<SearchPage<FoundFailure>>;
  /** Among the newest CAUSE_FAILURES_MAX failures; newest first. `failures`: how many they are. */
  causes(filter: SearchFilter, page: PageAsked): Promise<CountedPage<FoundCause> & { readonly failures: SearchCount }>;
  /** Among the newest builds (RECIPE_BUILDS_MAX), and the newest runs of recipes that are asked for by name. */
  recipes(filter: SearchFilter, page: PageAsked): Promise<CountedPage<FoundRecipe>>;
  countBuilds(filter: SearchFilter): Promise<SearchCount>;
  facets(filter: SearchFilter, chosen: BuildListFilter): Promise<SearchFacets>;
  /** `recipe`: versions of this one alone. */
  values(field: OfferedField, typed: string, limit: number, recipe?: string | null): Promise<readonly OfferedValue[]>;
  /** Logs of failures with these words, by their hashes, the newest first. */
  logs(wanted: LogWords, limit: number): Promise<LogsWithWords>;
  /** The same of failures that match, where what is wanted of their logs is more than an index tells. */
  logsOf(filter: SearchFilter, wanted: LogWords, limit: number): Promise<LogsWithWords>;
  /** Why a range of revisions means nothing here, in a sentence; null: it does. */
  rangeProblem(range: WantedRange): Promise<string | null>;
}

/** Counting goes on to here. Beyond it "10,000+" says what a person wants to know, and 100,000 builds need not be walked for it. */
export const SEARCH_COUNT_MAX = 10_000;
/** Failures that are grouped into causes, and counted with it: what an answer can look at in some 20 ms. */
export const CAUSE_FAILURES_MAX = 10_000;
/** Failures whose lines are looked through for words, the newest that are left by all else that is asked. */
export const WORD_FAILURES_MAX = 20_000;
/** Builds whose recipes are looked at where no recipe is named: a build has 300 to 1,000 of them. */
export const RECIPE_BUILDS_MAX = 50;
/** Logs of one question that have a word: one that more have tells nothing. */
export const WORD_LOGS_MAX = 2000;
/** Logs of one question that are read for a phrase or the part of a word, as far as LOG_SEARCH_READ_BYTES_MAX goes. */
export const TEXT_LOGS_MAX = 200;
/** Recipes of one name's beginning that are looked up in all builds, and how many runs of each. */
export const RECIPE_NAMES_MAX = 50;
export const RECIPE_RUNS_MAX = 100;
