import type { Migration } from './index.ts';

/**
 * The layout of task_blocks, as measured with 300 builds of 10,000 tasks (56 bytes of blocks a task), SQLite, node:sqlite, best of 9 (insert
 * and size for one build; history: one task of all builds; top: one metric of 100 builds; whole: all blocks of a build; in ms):
 *
 *     layout                                    page   block   B/task  insert  history   top  whole
 *     rowid, key (build, metric, block)         4096    4096     62.3     1.1      7.3  12.2    0.4   <- taken
 *     rowid, key (build, metric, block)         8192    4096     66.6     1.0      7.0  14.5    0.4
 *     rowid, key (build, metric, block)         1024    4096     58.4     1.3      9.5  17.1    0.5
 *     rowid, key (build, metric, block)         4096    1024     83.0     1.5      3.8  15.8    0.6
 *     rowid, key (metric, block, build)         4096    4096     62.3     1.2      6.7  14.0    1.5
 *     without rowid, (build, metric, block)     4096    4096     71.8     1.7     16.4  20.9    0.6
 *     without rowid, (metric, block, build)     4096    4096     72.2     3.3     10.3  12.6   12.2
 *
 * So: blobs of kilobytes belong in a rowid table, whose rows are appended and whose key is a small index beside them; a key that
 * begins with the build costs the history nothing that counts (1.3 ms of the 7.3 are SQL, the rest is zstd) and lets a build go as one run.
 * On PostgreSQL blocks go to TOAST uncompressed, which adds 8 %; recipe_runs take 6 bytes a task there, all the rest 6.
 */

/**
 * Builds. Rows exist for what is searched; numbers of tasks are blocks of bytes (src/model/columns.ts).
 *
 * All tables below a build begin their key with its number and go with it (on delete cascade), so replacing a build is one delete
 * and the inserts; recipe_runs excepted.
 */
export const builds: Migration = {
  name: 'builds',
  statements: ({ types, storeUncompressed }) => {
    const { identity, integer, small, double, bytes, keyed } = types;
    const build = `build ${small} not null references builds(number) on delete cascade`;
    return [
      `create table key_lists (number ${identity}, hash text not null unique, body ${bytes} not null)`,
      `create table graphs (number ${identity}, hash text not null unique, body ${bytes} not null)`,
      `create table metrics (number ${identity}, id text not null unique, about text)`,
      `create table recipe_names (number ${identity}, pn text not null unique)`,
      `create table builds (
        number ${identity},
        id text not null unique,
        revision text not null,
        name text not null,
        search text not null,
        started_ms ${integer},
        order_ms ${integer} not null,
        ended_ms ${integer},
        end_estimated ${small} not null,
        duration_ms ${integer},
        outcome text not null,
        targets text,
        machine text,
        distro text,
        builder text,
        host text,
        location text not null,
        kind text not null,
        kind_estimated ${small} not null,
        sstate text,
        tasks ${small} not null,
        failures ${small} not null,
        first_failure text,
        qa_issues ${small} not null,
        problems ${small} not null,
        cpu_time_s ${double},
        configuration text not null,
        baseline ${small} not null,
        positions ${small} not null,
        key_list ${small} not null references key_lists(number),
        graph ${small} references graphs(number)
      )`,
      'create index builds_by_order on builds (order_ms, id)',
      'create index builds_by_configuration on builds (configuration, order_ms)',
      'create index builds_by_name on builds (name)',
      // Asked when a build is replaced: does another still use the list, the graph?
      'create index builds_by_key_list on builds (key_list)',
      'create index builds_by_graph on builds (graph)',
      `create table build_heads (build ${small} primary key references builds(number) on delete cascade,
        head ${bytes} not null, contents ${bytes} not null)`,
      `create table build_targets (${build}, target text not null, primary key (build, target)) ${keyed}`,
      `create table metric_totals (${build}, metric ${small} not null, sum ${double} not null, max ${double} not null,
        count ${small} not null, primary key (build, metric)) ${keyed}`,
      // Without a reference: its check costs 5 ms for 580 rows on PostgreSQL. save-build.ts deletes them.
      `create table recipe_runs (build ${small} not null, ordinal ${small} not null, recipe ${small} not null, mc text not null,
        version text, status ${small} not null, failed_task text, busy_ms ${integer}, primary key (build, ordinal)) ${keyed}`,
      'create index recipe_runs_by_recipe on recipe_runs (recipe)',
      `create table failures (${build}, ordinal ${small} not null, pn text, mc text not null, task text, cause text,
        primary key (build, ordinal)) ${keyed}`,
      'create index failures_by_recipe on failures (pn)',
      `create table problems (${build}, ordinal ${small} not null, severity text not null, code text not null,
        message text not null, file text, line ${small}, primary key (build, ordinal)) ${keyed}`,
      `create table task_blocks (${build}, metric ${small} not null, block ${small} not null, bytes ${bytes} not null,
        primary key (build, metric, block))`,
      `create table sample_blocks (${build}, ordinal ${small} not null, bytes ${bytes} not null,
        primary key (build, ordinal))`,
      ...storeUncompressed('task_blocks', 'bytes'),
      ...storeUncompressed('sample_blocks', 'bytes'),
      ...storeUncompressed('build_heads', 'head'),
      ...storeUncompressed('build_heads', 'contents'),
      ...storeUncompressed('key_lists', 'body'),
      ...storeUncompressed('graphs', 'body'),
    ];
  },
};
