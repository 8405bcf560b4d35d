export interface TestedBuild {
  readonly id: string;
  readonly name: string;
  readonly startedMs: number | null;
  /** Commit of the core layer. */
  readonly revision: string | null;
}

/** What was ever built together, and how it stands. A build of several targets stands at each. */
export interface TestingRow {
  readonly machine: string | null;
  readonly distro: string | null;
  readonly target: string | null;
  readonly branch: string | null;
  readonly hostDistro: string | null;
  readonly builder: string | null;
  /** That ended in success or failure. */
  readonly builds: number;
  readonly lastSuccess: TestedBuild | null;
  /** Null: the newest one succeeded. `first`: `pn:do_x` of its first failure, `key` of it (with the id its address), `cause` its words. */
  readonly failure:
    | (TestedBuild & { readonly first: string | null; readonly key: string | null; readonly cause: string | null })
    | null;
}
