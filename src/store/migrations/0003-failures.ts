import { sql, type Transaction } from 'kysely';
import { NOT_REPORTED } from '../../model/build.ts';
import { unpackText } from '../compression.ts';
import type { Dialect } from '../dialect.ts';
import { factColumns, insertFacts } from '../facts.ts';
import type { Database } from '../schema.ts';
import type { BuildHead } from '../store.ts';
import type { Migration } from './index.ts';

/** Builds brought up between two looks at how far it is; a head is some 10 KB of JSON. */
const AT_ONCE = 200;

/**
 * What failures are grouped, found and counted by: facts of a build that were in its head alone (layers, QA issues, host distribution) become
 * rows, and a failure gets a name of its own, its log and a fingerprint.
 *
 * A fingerprint is not of a failure but of the words in which it failed (analysis/fingerprint.ts), so it has a table of its own; the rules
 * that make it grow, and `failures.rules` says by which of them a row was made: 0 is "not looked at yet". Fingerprints stay when the last
 * failure that had them is gone, since what people wrote about one would go with it.
 */
export const failures: Migration = {
  name: 'failures',
  statements: ({ types }) => {
    const { identity, integer, small, keyed } = types;
    const build = `build ${small} not null references builds(number) on delete cascade`;
    return [
      'alter table builds add column host_distro text',
      // Of the layer that all others stand on; where it has none, of the first layer that has one.
      'alter table builds add column branch text',
      'alter table builds add column core_commit text',
      'alter table builds add column bitbake text',
      'alter table builds add column distro_version text',
      // Executed do_package_qa runs; null: it has no task table, so nobody knows.
      `alter table builds add column qa_checks ${small}`,
      // Widened by what builds can now be told apart by, and by what reports are made of: the matrix reads nothing else (queries/build-groups.ts).
      'drop index builds_by_facets',
      `create index builds_by_facets on builds
        (machine, distro, targets, builder, host, outcome, kind, host_distro, branch, distro_version, visibility, owner, order_ms)`,

      // Its name within the build, the same after the build was stored again.
      "alter table failures add column key text not null default ''",
      'alter table failures add column version text',
      // SHA-256 of its log, or null.
      'alter table failures add column blob text',
      `alter table failures add column fingerprint ${small}`,
      // 0-based line of the log that says why; null: the cause is the source's word.
      `alter table failures add column cause_line ${small}`,
      `alter table failures add column rules ${small} not null default 0`,
      'create index failures_by_fingerprint on failures (fingerprint)',
      'create index failures_by_blob on failures (blob)',
      'create index failures_by_rules on failures (rules)',

      `create table fingerprints (
        number ${identity},
        hash text not null unique,
        cross_hash text not null,
        rules ${small} not null,
        class text not null,
        infrastructure ${small} not null,
        pn text,
        task text,
        text text not null
      )`,
      'create index fingerprints_by_cross on fingerprints (cross_hash)',
      // A log is looked through once for each version of the rules, however many builds sent it and however often they are stored again.
      `create table log_causes (hash text not null primary key, rules ${small} not null, line ${integer}, text text, class text,
        vague ${small} not null, excerpt text not null) ${keyed}`,

      `create table build_layers (${build}, ordinal ${small} not null, name text not null, branch text, commit_hash text,
        modified ${small}, primary key (build, ordinal)) ${keyed}`,
      'create index build_layers_by_commit on build_layers (commit_hash)',
      `create table qa_issues (${build}, ordinal ${small} not null, qa_class text, severity text not null, pn text, task text,
        mc text not null, message text not null, primary key (build, ordinal)) ${keyed}`,
      'create index qa_issues_by_recipe on qa_issues (pn)',
    ];
  },
  after: fillFacts,
};

/** Builds of before have these facts in their heads. */
async function fillFacts(db: Transaction<Database>, dialect: Dialect): Promise<void> {
  let from = 0;
  for (;;) {
    const rows = await db
      .selectFrom('build_heads')
      .select(['build', 'head'])
      .where('build', '>', from)
      .orderBy('build')
      .limit(AT_ONCE)
      .execute();
    for (const { build, head } of rows) {
      const told = { ...NOT_REPORTED, ...(JSON.parse(unpackText(head)) as BuildHead) };
      // How many checks ran is in the task table, which is not decoded here: `qa_checks` stays null, not known, until it is stored again.
      await db.updateTable('builds').set(factColumns(told)).where('number', '=', build).execute();
      await sql`delete from failures where build = ${build}`.execute(db);
      await insertFacts(db, dialect, build, told);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    from = last.build;
  }
}
