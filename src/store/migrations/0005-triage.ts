import type { Migration } from './index.ts';

/**
 * What people say of kinds of failures. It hangs on fingerprints, not on failures: builds come and go by the rules of retention, and what
 * somebody found out stays. Whether a viewer may read it is asked of the builds that have the fingerprint (triage.ts).
 *
 * The journal is only ever added to, and keeps the name that an account had: who may be gone by the time somebody asks.
 */
export const triage: Migration = {
  name: 'triage',
  statements: ({ types }) => {
    const { identity, integer, small, keyed } = types;
    return [
      // Null state: nobody said one, and a rule may.
      `create table triage (
        fingerprint ${small} not null primary key references fingerprints(number) on delete cascade,
        state text,
        link text,
        fixed_in text,
        owner ${small} references accounts(number) on delete set null,
        changed_ms ${integer} not null
      ) ${keyed}`,
      'create index triage_by_owner on triage (owner)',

      `create table known_issues (
        number ${identity},
        title text not null,
        expression text not null,
        class text,
        pn text,
        task text,
        state text not null,
        link text,
        created_ms ${integer} not null,
        removed_ms ${integer}
      )`,
      // Which fingerprints an issue's expression matches; looked up by every list, made when an issue or a fingerprint is new.
      `create table issue_matches (
        fingerprint ${small} not null references fingerprints(number) on delete cascade,
        issue ${small} not null references known_issues(number) on delete cascade,
        primary key (fingerprint, issue)
      ) ${keyed}`,
      'create index issue_matches_by_issue on issue_matches (issue)',
      // One row, once there is one: up to which fingerprint all issues were tried.
      `create table issue_progress (fingerprint ${small} not null)`,

      `create table triage_journal (
        number ${identity},
        at_ms ${integer} not null,
        account ${small},
        name text not null,
        fingerprint ${small} references fingerprints(number) on delete cascade,
        issue ${small},
        what text not null,
        was text,
        said text
      )`,
      'create index triage_journal_by_fingerprint on triage_journal (fingerprint, number)',
      'create index triage_journal_by_time on triage_journal (at_ms)',
    ];
  },
};
