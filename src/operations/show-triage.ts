import { BakehouseError } from '../model/errors.ts';
import type { JournalEntry, TriageWord } from '../store/triage.ts';
import type { OperationContext } from './context.ts';

export interface TriageDetail extends TriageWord {
  /** Newest first, notes among them. */
  readonly journal: readonly JournalEntry[];
}

/** Of one kind: a page of it; older entries are in the export. */
const JOURNAL_MAX = 500;

/** What is known of one kind of failure, and everything that was said of it with who and when. */
export async function showTriage(
  { store }: OperationContext,
  input: { readonly fingerprint: string },
): Promise<TriageDetail> {
  const { fingerprint } = input;
  const word = (await store.triage.words([fingerprint])).get(fingerprint);
  if (word === undefined) throw new BakehouseError('not-found', `No failure has the fingerprint ${fingerprint}.`);
  return { ...word, journal: await store.triage.journal({ fingerprint, limit: JOURNAL_MAX }) };
}
