/** Words of triage, the same in the store, the API and the page. */

/**
 * What is known of a kind of failure. `new`: nobody looked yet. `known`: somebody did. `reported`: there is a bug, with its link. `fixed`: the
 * source has the fix, from a revision on. `wont-fix`: known and left. `infrastructure`: of the machine or the network, not of the source.
 */
export const TRIAGE_STATES = ['new', 'known', 'reported', 'fixed', 'wont-fix', 'infrastructure'] as const;
export type TriageState = (typeof TRIAGE_STATES)[number];

/** What an entry of the journal is about. */
export const JOURNAL_KINDS = ['state', 'owner', 'note', 'issue-added', 'issue-changed', 'issue-removed'] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];

export const TRIAGE_STATE_NAMES: Readonly<Record<TriageState, string>> = {
  new: 'New',
  known: 'Known',
  reported: 'Reported',
  fixed: 'Fixed',
  'wont-fix': "Won't fix",
  infrastructure: 'Infrastructure',
};
