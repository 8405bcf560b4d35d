/**
 * What the store promises, for both engines. Writes are whole builds in one transaction; every screen has its own read.
 * Asynchronous throughout because PostgreSQL is; SQLite answers in the same tick.
 */
import type { Build, BuildKind, BuildOutcome } from '../model/build.ts';
import type { TaskTable } from '../model/task-table.ts';

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
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  /** Writes the build whole, in one transaction; the same content again writes nothing. */
  saveBuild(id: string, build: Build): Promise<SavedBuild>;
  /** The build whole, or null. */
  readBuild(id: string): Promise<Build | null>;
  readHead(id: string): Promise<(BuildHead & { readonly id: string; readonly revision: string }) | null>;
  /** Ids that begin with the prefix, at most `limit`. */
  findIds(prefix: string, limit: number): Promise<string[]>;
  /** Only the asked metrics are decoded; '*' is all. Null: no such build. */
  readTaskTable(id: string, metrics: readonly string[] | '*'): Promise<TaskTable | null>;
  close(): Promise<void>;
}
