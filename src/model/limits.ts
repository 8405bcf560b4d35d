/**
 * Every bound on what comes from outside, in one file, each with its reason. Going over gives a clear problem or error and
 * loses nothing that was good beside it.
 */

/** A task file is about 0.8 KB; a hundred appended runs stay far below. Larger is not a task file. */
export const TASK_FILE_BYTES_MAX = 1 << 20;
/** build_stats is a few lines; a user-named directory appends for years. */
export const BUILD_STATS_BYTES_MAX = 8 << 20;
/** A day at one sample a second of 20 network interfaces is 150 MB; read in pieces, never as one string. */
export const SAMPLE_FILE_BYTES_MAX = 256 << 20;
/** Longer lines in text files are cut here before any pattern sees them: bounds every regular expression. */
export const TEXT_LINE_CHARS_MAX = 4096;
/** oe-core has 1,000 recipes and world builds 10,000; a directory with more is not one build. */
export const RECIPES_MAX = 100_000;
export const TASK_RUNS_MAX = 2_000_000;
/** A metric a line: 30 are real, and hostile input must not make a column of every line. */
export const METRICS_MAX = 256;
/** Series of one build. A machine with many interfaces has some hundred. */
export const SAMPLE_SERIES_MAX = 1024;
/** Distinct task names of a build; real ones have about 100. Fits the Uint16 of the task table. */
export const TASK_NAMES_MAX = 60_000;
/** One line of an event log; MultiConfigParsed is 7 MB, allvariables 2 MB, a dependency tree of sato tens of MB. */
export const EVENT_LINE_BYTES_MAX = 256 << 20;
/** Total bytes a tar may unpack to: a build of 100,000 tasks with samples is 600 MB. */
export const TAR_BYTES_MAX = 2 * 2 ** 30;
export const TAR_ENTRIES_MAX = 2_500_000;
/** Warnings and errors kept of one build; a world build with a noisy class logs some thousand, and nobody reads more. */
export const MESSAGES_MAX = 2000;
export const QA_ISSUES_MAX = 5000;
/** Cut of one such text: a QA error lists files by the thousand. */
export const MESSAGE_CHARS_MAX = 2000;
/** A log in a build's folder that is looked through for its lines: a second. Of a longer one head and tail are shown. */
export const LOG_FILE_BYTES_MAX = 1 << 30;
/** Lines of one log. Where it lies they are counted in 32 bits. */
export const LOG_LINES_MAX = 2 ** 32 - 1;
/** What is looked for in a log: longer than any line that people paste. */
export const LOG_WORDS_CHARS_MAX = 200;
/** Failed tasks kept with their cause. */
export const FAILURES_MAX = 5000;
/** Edges of a task graph: 100,000 tasks have about a million. */
export const GRAPH_EDGES_MAX = 20_000_000;
/** One event log, unpacked: 10 KB a task make 1 GB of 100,000 tasks, and a resident server writes several builds into one. */
export const EVENT_LOG_BYTES_MAX = 4 * 2 ** 30;
/** One line of a record: all task runs of a build of 100,000 are 5 MB of base64, a day of samples of a large machine 50 MB. */
export const RECORD_LINE_BYTES_MAX = 64 << 20;
/** What the columns of one line may unpack to, known before they are: those of 100,000 task runs are 10 MB. */
export const RECORD_LINE_UNPACKED_BYTES_MAX = 256 << 20;
/** Numbers of one record: as COLUMN_CELLS_MAX, 512 MB of doubles; a column of width 0 costs no byte of the line and 8 of memory a row. */
export const RECORD_CELLS_MAX = 2 ** 26;
/**
 * So many of them for nothing, and then for each character of packed data: a day of constant samples packs to nothing, the columns of real
 * task runs to a cell a character. Without it a kilobyte would cost half a gigabyte.
 */
export const RECORD_CELLS_FREE = 2 ** 23;
export const RECORD_CELLS_A_CHAR = 64;
/** The same of task runs: 100,000 that did not run pack to a tenth of a byte each, real ones to 40. */
export const RECORD_ROWS_FREE = 2 ** 17;
export const RECORD_ROWS_A_CHAR = 16;
/** Columns of one line; a frame of /proc/stat and of 100 network interfaces has some hundred numbers. */
export const RECORD_COLUMNS_MAX = 4096;
/** Lines that later ones may be like, kept whole: a stream has one for each sample file and a few of task runs. */
export const RECORD_NUMBERED_LINES_MAX = 256;
/** Columns, names and texts that lines take from those that they are like: so many, and one more for each character of their own data. Real ones take a tenth. */
export const RECORD_BORROWED_FREE = 2 ** 16;
/** Lines of one record: one a failure, message, phase and flush; a build of a day that is flushed every second has 100,000. */
export const RECORD_LINES_MAX = 2_000_000;
/** A name, a path, a detail; those that people write (messages, causes) have cuts of their own. */
export const RECORD_TEXT_CHARS_MAX = 4096;
/** Sample files of one build as text, which is made of templates and numbers: as much as one such file may be. */
export const RECORD_SAMPLE_BYTES_MAX = 256 << 20;
/** Logs and sizes of one build; a world build with a log for every success has one for each task run of 10,000 recipes. */
export const LOGS_MAX = 200_000;
export const ARTIFACT_SIZES_MAX = 200_000;
export const PHASES_MAX = 5000;
export const LAYERS_MAX = 1000;
/** Variables (and extras) of one build: the whitelist has 50, times the multiconfigs. */
export const VARIABLES_MAX = 2000;
/** A target is a word; `bitbake world universe …` by a script names some hundred. */
export const TARGETS_MAX = 10_000;
/** The task graph of a build, unpacked JSON: 100,000 tasks with a million edges are 10 MB. */
export const GRAPH_BYTES_MAX = 128 << 20;
/** One record on disk, logs aside: 100,000 task runs with a day of samples are 100 MB. */
export const RECORD_BYTES_MAX = 2 * 2 ** 30;
/** One blob of a record as it is read to be sent; what is recorded of a log is head and tail. */
export const LOG_BLOB_BYTES_MAX = 256 << 20;

/** One chunk of an upload, unpacked: it is held in memory a few times over while it is unpacked, hashed and written. */
export const CHUNK_BYTES_MAX = 4 << 20;
/** As it is sent: one that does not compress, with gzip's own bytes. */
export const CHUNK_BODY_BYTES_MAX = CHUNK_BYTES_MAX + (64 << 10);
/** Chunks of one stream: a build of two days that is sent every ten seconds. Each is a row, however small. */
export const CHUNKS_MAX = 20_000;
/** A blob as it is sent: 256 MB of log are 25 MB of gzip. */
export const BLOB_BODY_BYTES_MAX = 64 << 20;
/** Blobs that are offered in one request: a thousand are 150 KB. */
export const OFFERED_BLOBS_MAX = 1000;
export const OFFER_BYTES_MAX = 1 << 20;
/** A log as it is sent that is held in memory until it is stored; nearly all are some ten KB. A larger one goes by a file. */
export const BODY_IN_MEMORY_BYTES_MAX = 1 << 20;
/** Bodies that are being received, in memory, of all clients together: 300 chunks of real builds. Beyond it a client is told to come again. */
export const RECEIVING_BYTES_MAX = 256 << 20;
/** Of a client that nobody knows: a build every half minute, from behind a company's one address. */
export const STRANGER_BUILDS_PER_HOUR = 120;
export const STRANGER_BYTES_PER_HOUR = 1 << 30;
/** The log of bitbake's user interface: 150 bytes a task, and 20 lines of each failure; `-v` and `-DDD` make it a gigabyte. */
export const COOKER_LOG_BYTES_MAX = 256 << 20;

/** An error report, with its logs as escaped JSON: a `-k` build that fails a dozen times with 5 MB each. */
export const ERROR_REPORT_BYTES_MAX = 64 << 20;
/** A name in a report that anybody may send; upstream's own server cuts at 50 to 300. */
export const REPORT_NAME_CHARS_MAX = 400;
/** Of a password: a sentence fits, and hashing it costs what hashing a word does. */
export const PASSWORD_CHARS_MAX = 200;
/** Of the name of an account, and of a token: what fits into a line of a table. */
export const ACCOUNT_NAME_CHARS_MAX = 64;
export const TOKEN_NAME_CHARS_MAX = 100;
/** What comes whole in one request: the tar of a build of 100,000 tasks with a day of samples, an event log of a day. */
export const PUSH_BODY_BYTES_MAX = 1 << 30;
/** Files in one form; accounts of one build are three or four. */
export const PUSH_FILES_MAX = 20;
/** On disk at a time while bodies come in and are read, of all clients together. */
export const SPOOL_BYTES_MAX = 4 * 2 ** 30;
/** One request of an oestats client, with the log of a failed task. */
export const OESTATS_BYTES_MAX = 16 << 20;
/** Commits of a buildhistory repository that are read, the last ones: each is a build with the sizes of all packages. */
export const HISTORY_BUILDS_MAX = 10;
/** Records of one state of the tree: 10,000 recipes with ten packages each. */
export const HISTORY_FILES_MAX = 250_000;
/** One record; FILELIST of a kernel's headers is 1 MB. */
export const HISTORY_FILE_BYTES_MAX = 4 << 20;
/** What one answer of git may be. */
export const HISTORY_GIT_BYTES_MAX = 256 << 20;
/** A search as it is typed, in an address and in a feed's. A sentence is 100; what facets add is a term each. */
export const SEARCH_QUERY_CHARS_MAX = 1000;
/** Searches that one account keeps by name: a menu of more is not read. */
export const SAVED_SEARCHES_MAX = 100;
export const SEARCH_NAME_CHARS_MAX = 100;
/** Each is a condition of a query. */
export const SEARCH_TERMS_MAX = 30;
/** Of one key, joined by commas. */
export const SEARCH_VALUES_MAX = 50;
/** Builds that one run of a mirror takes of a farm; the next run goes on from there. Two requests each: some minutes of a busy Buildbot. */
export const FARM_BUILDS_MAX = 10_000;
/** Builds of a page: with all properties Buildbot makes a query for each, a second for a hundred. */
export const FARM_PAGE_BUILDS = 100;
/** Builds of before that still ran the last time and are asked for again. A farm runs some hundred; what a crash left open is a few more. */
export const FARM_OPEN_MAX = 1000;
/** One answer of a farm's API: a hundred builds with all their properties are 200 KB, a build of ten thousand steps 4 MB. */
export const FARM_ANSWER_BYTES_MAX = 32 << 20;
/** Links of one build: a log for each failed step, and what steps show of their own. */
export const FARM_LINKS_MAX = 200;
/** Targets of one publication of the autobuilder; a-full has 110. */
export const PUBLISHED_TARGETS_MAX = 1000;
/** Jobs of a Jenkins, folders and branches of multi-branch jobs included; each is asked once a run. */
export const FARM_JOBS_MAX = 5000;
/** Of an address; longer is none that a person was given. */
export const FARM_LINK_CHARS_MAX = 2000;
/** Builds or jobs that triggered one; a join of a dozen is the most that was seen. */
export const FARM_PARENTS_MAX = 50;
/** Of a log that is looked through for the line that says why: half a second. Of a longer one head and tail, as of every log. */
export const CAUSE_LOG_BYTES_MAX = 64 << 20;
/** A known issue's expression: a line of an error is 100 characters, with alternatives some hundred. */
export const EXPRESSION_CHARS_MAX = 500;
/** Steps that one comes to: matching takes at most so many times the characters of the text. */
export const EXPRESSION_STATES_MAX = 2000;
/** In force at a time. Each is tried on each new kind of failure. */
export const KNOWN_ISSUES_MAX = 500;
export const ISSUE_TITLE_CHARS_MAX = 200;
/** A note is a paragraph, with a stack trace or a patch pasted into it. */
export const NOTE_CHARS_MAX = 10_000;
export const LINK_CHARS_MAX = 500;
/** A revision, a version, or a name of a series. */
export const FIXED_IN_CHARS_MAX = 200;
/** Kinds of failures changed by one click: what the largest page shows. */
export const TRIAGED_AT_ONCE_MAX = 500;
/** A file of test results: an oe-selftest is 3 MB, all ptests of an image with their raw logs 60 MB. It is parsed whole. */
export const TEST_RESULTS_BYTES_MAX = 128 << 20;
/** oeqa adds a run to the file each time; nobody clears it for a year of nightly ones. */
export const TEST_RUNS_MAX = 1000;
/** Files of one store of results; a checkout of the Yocto Project's has some hundred. */
export const TEST_FILES_MAX = 10_000;
/** Cases of one file: all ptests of a large image are 200,000, of gcc's own suite as many. */
export const TEST_CASES_MAX = 500_000;
/** Names hold file names and parameters. */
export const TEST_NAME_CHARS_MAX = 500;
/** What a failed case said; a trace of Python is 2 KB. */
export const TEST_DETAIL_CHARS_MAX = 4000;
/** Suites of a run: oe-core has some 150 with ptests. */
export const TEST_SUITES_MAX = 5000;
/** YAML of one LAVA job, of which 1 MB takes a second to read; 40,000 cases of LTP. */
export const LAVA_YAML_CHARS_MAX = 16 << 20;
/** One case of it; LAVA itself cuts what it keeps of one at 4,096. */
export const LAVA_CASE_CHARS_MAX = 16 << 10;
/** Brackets, dashes and colons of it: it has twenty keys. Ten thousand brackets in brackets take the parser a second. */
export const LAVA_CASE_MARKS_MAX = 1000;
/** Of a log whose words are kept: a second. Of a longer one its end and its beginning. */
export const LOG_SEARCHED_BYTES_MAX = 16 << 20;
/** Different words of one log, with a blank between two: PostgreSQL takes a megabyte of them, a gcc's log of 1.5 MB has 7 KB. */
export const LOG_INDEX_CHARS_MAX = 512 << 10;
/** What is read of logs for one question, to say in which lines the words stand: a third of a second. */
export const LOG_SEARCH_READ_BYTES_MAX = 32 << 20;
/** A line of a log that was pasted to be looked for. */
export const LOG_SEARCH_CHARS_MAX = 500;
