/**
 * The tables as types, the same for both engines: whole numbers are numbers, flags are 0 and 1, JSON is text, bytes are Uint8Array.
 * Why a table exists is said in migrations/0001-builds.ts.
 */
import type { Generated } from 'kysely';

export interface BuildsTable {
  /** Names one revision of a build: replacing a build takes a new number, so a reader never mixes two revisions. */
  number: Generated<number>;
  id: string;
  revision: string;
  name: string;
  /** Lower case, all that the search looks in, a line each. */
  search: string;
  started_ms: number | null;
  /** started_ms, or -1 where it is not recorded: what lists are ordered by. */
  order_ms: number;
  ended_ms: number | null;
  end_estimated: number;
  duration_ms: number | null;
  outcome: string;
  targets: string | null;
  machine: string | null;
  distro: string | null;
  builder: string | null;
  host: string | null;
  location: string;
  kind: string;
  kind_estimated: number;
  sstate: string | null;
  tasks: number;
  failures: number;
  first_failure: string | null;
  qa_issues: number;
  problems: number;
  cpu_time_s: number | null;
  configuration: string;
  /** 1: counts for the usual of its configuration. */
  baseline: number;
  /** Rows of the task table. */
  positions: number;
  key_list: number;
  graph: number | null;
  visibility: Generated<string>;
  owner: number | null;
  pinned: Generated<number>;
  received_ms: number | null;
  host_distro: string | null;
  /** Of the core layer (facts.ts), and its commit. */
  branch: string | null;
  core_commit: string | null;
  bitbake: string | null;
  distro_version: string | null;
  /** Executed do_package_qa runs; null: not known. */
  qa_checks: number | null;
}

export interface BuildHeadsTable {
  build: number;
  /** zstd of the JSON of a BuildHead without its problems. */
  head: Uint8Array;
  /** zstd of the JSON of StoredContents. */
  contents: Uint8Array;
}

export interface KeyListsTable {
  number: Generated<number>;
  hash: string;
  body: Uint8Array;
}

export interface GraphsTable {
  number: Generated<number>;
  hash: string;
  body: Uint8Array;
}

export interface MetricsTable {
  number: Generated<number>;
  id: string;
  /** JSON of the Metric as the last saved build had it; null for own columns of the table. */
  about: string | null;
}

export interface RecipeNamesTable {
  number: Generated<number>;
  pn: string;
}

export interface AccountsTable {
  number: Generated<number>;
  name: string;
  /** argon2id, as PHC text; null: this account cannot sign in by password. */
  password: string | null;
  role: string;
  created_ms: number;
  disabled: Generated<number>;
}

export interface TokensTable {
  number: Generated<number>;
  /** SHA-256 of the token, hex. */
  hash: string;
  account: number;
  name: string;
  /** The first characters, by which its owner knows it again. */
  hint: string;
  created_ms: number;
  used_ms: number | null;
  expires_ms: number | null;
  revoked_ms: number | null;
}

export interface UploadsTable {
  number: Generated<number>;
  id: string;
  build: string | null;
  /** SourceKind of what the stream tells. */
  kind: string;
  /** SHA-256 of the build's write secret, hex. */
  secret: string;
  account: number | null;
  /** Whom quotas count: `account:<n>`, or `address:<salted hash>`. */
  client: string;
  visibility: string;
  /** JSON of what the client says of the build before anything of it is there. */
  about: string;
  /** The newest generation, which grows. */
  generation: number;
  /** Uncompressed bytes of it that are durable here, and the SHA-256 of them. */
  bytes: number;
  sha256: string;
  complete: number;
  /** What of it is in the store as a build; null: nothing yet. */
  stored_generation: number | null;
  stored_bytes: number | null;
  /** 'growing', 'silent' (its client was given up) or 'complete'. */
  stored_as: string | null;
  /** 1: all that is durable is stored, and nothing is done with it until more comes. */
  settled: Generated<number>;
  /** Chunks of the newest generation. */
  chunks: Generated<number>;
  /** How often it was begun to be read since something of it was stored last, by who found it left over. */
  attempts: Generated<number>;
  created_ms: number;
  touched_ms: number;
  /** Why its stream could not be read or stored, in a sentence. */
  problem: string | null;
}

export interface Database {
  builds: BuildsTable;
  build_heads: BuildHeadsTable;
  build_targets: { build: number; target: string };
  key_lists: KeyListsTable;
  graphs: GraphsTable;
  metrics: MetricsTable;
  metric_totals: { build: number; metric: number; sum: number; max: number; count: number };
  recipe_names: RecipeNamesTable;
  recipe_runs: {
    build: number;
    /** Index into the build's recipes. */
    ordinal: number;
    recipe: number;
    mc: string;
    version: string | null;
    /** RECIPE_SUCCEEDED … of recipe-runs.ts. */
    status: number;
    failed_task: string | null;
    /** Sum of task wall times; null: none has both ends. */
    busy_ms: number | null;
  };
  /** One row while recipe runs of an older program are left to count anew: up to which number of builds. None: all is done. */
  recipe_recount: { upto: number };
  failures: {
    build: number;
    ordinal: number;
    pn: string | null;
    mc: string;
    task: string | null;
    /** The line that says why: the source's word, and once its log was looked through, the log's. */
    cause: string | null;
    /** Its name within the build (facts.ts). */
    key: Generated<string>;
    version: string | null;
    blob: string | null;
    fingerprint: number | null;
    cause_line: number | null;
    rules: Generated<number>;
  };
  fingerprints: {
    number: Generated<number>;
    /** Of recipe, task, class and words; 16 hex digits. */
    hash: string;
    /** Of class and words without paths: alike in other recipes. */
    cross_hash: string;
    rules: number;
    class: string;
    infrastructure: number;
    pn: string | null;
    task: string | null;
    /** The words after everything that differs from build to build was taken out. */
    text: string;
  };
  log_causes: {
    hash: string;
    rules: number;
    line: number | null;
    text: string | null;
    class: string | null;
    vague: number;
    /** The line with some around it. */
    excerpt: string;
  };
  /** Logs whose words are kept; the words are in a table that each engine has its own way of (Dialect.logWords). */
  log_texts: {
    number: Generated<number>;
    hash: string;
    version: number;
  };
  build_layers: {
    build: number;
    ordinal: number;
    name: string;
    branch: string | null;
    commit_hash: string | null;
    modified: number | null;
  };
  qa_issues: {
    build: number;
    ordinal: number;
    qa_class: string | null;
    severity: string;
    pn: string | null;
    task: string | null;
    mc: string;
    message: string;
  };
  /** What people say of a kind of failure; no row: nobody said anything. */
  triage: {
    fingerprint: number;
    /** Null: nobody said one. */
    state: string | null;
    link: string | null;
    fixed_in: string | null;
    owner: number | null;
    changed_ms: number;
  };
  known_issues: {
    number: Generated<number>;
    title: string;
    expression: string;
    class: string | null;
    pn: string | null;
    task: string | null;
    state: string;
    link: string | null;
    created_ms: number;
    /** Null: in force. */
    removed_ms: number | null;
  };
  issue_matches: { fingerprint: number; issue: number };
  /** One row: up to which fingerprint every known issue was tried. */
  issue_progress: { fingerprint: number };
  triage_journal: {
    number: Generated<number>;
    at_ms: number;
    /** Null: the console. */
    account: number | null;
    /** As it was called then. */
    name: string;
    fingerprint: number | null;
    issue: number | null;
    what: string;
    was: string | null;
    said: string | null;
  };
  problems: {
    build: number;
    ordinal: number;
    severity: string;
    code: string;
    message: string;
    file: string | null;
    line: number | null;
  };
  task_blocks: { build: number; metric: number; block: number; bytes: Uint8Array };
  sample_blocks: { build: number; ordinal: number; bytes: Uint8Array };
  build_aliases: { alias: string; build: string };
  build_links: { build: string; ordinal: number; kind: string; title: string; url: string; target: string };
  build_parents: { build: string; parent: string };
  farm_positions: { farm: string; position: string };
  test_runs: {
    number: Generated<number>;
    build: string;
    run_key: string;
    revision: string;
    format: string;
    type: string | null;
    series: string | null;
    machine: string | null;
    image: string | null;
    distro: string | null;
    started_ms: number | null;
    received_ms: number;
    passed: number;
    failed: number;
    skipped: number;
    other: number;
    about: string;
  };
  test_names: { number: Generated<number>; name: string };
  test_cases: {
    run: number;
    ordinal: number;
    test: number;
    result: string;
    state: string;
    duration_ms: number | null;
    detail: string | null;
  };
  accounts: AccountsTable;
  sessions: { hash: string; account: number; created_ms: number; used_ms: number; expires_ms: number };
  tokens: TokensTable;
  uploads: UploadsTable;
  upload_chunks: { upload: number; generation: number; at: number; length: number; bytes: Uint8Array };
  blobs: { hash: string; bytes: number; stored_bytes: number; created_ms: number };
  blob_uses: { hash: string; build: string; class: string };
  report_numbers: { number: Generated<number>; build: string; ordinal: number };
  quota_uses: { client: string; hour: number; builds: number; bytes: number };
  server_secrets: { name: string; value: string };
  saved_searches: { account: number; name: string; q: string; kind: string | null; created_ms: number };
  store_version: { version: number };
}
