/**
 * Which kinds of failures the known issues are about. Expressions are tried when one of the two is new, and never by whoever reads: a list of 500
 * groups under 200 rules would be 100,000 of them.
 */
import { issueMatcher } from '../analysis/match-issue.ts';
import type { Store } from '../store/store.ts';
import type { KnownIssue } from '../store/triage.ts';

/** Kinds tried in one go: some 10 ms for each ten rules. */
const AT_ONCE = 500;

/** All rules on the kinds that are new since the last time. Called when failures were looked through. Says how many there were. */
export async function matchNewFingerprints(store: Store): Promise<number> {
  let after = await store.triage.progress();
  let tried = 0;
  let rules: { readonly issue: number; readonly matches: ReturnType<typeof issueMatcher> }[] | null = null;
  for (;;) {
    const subjects = await store.triage.subjects(after, AT_ONCE);
    const last = subjects.at(-1);
    if (last === undefined) return tried;
    rules ??= (await store.triage.issues()).map((issue) => ({ issue: issue.number, matches: issueMatcher(issue) }));
    const matches = subjects.flatMap((subject) =>
      rules!.filter((rule) => rule.matches(subject)).map(({ issue }) => ({ issue, fingerprint: subject.fingerprint })),
    );
    await store.triage.addMatches(matches, last.fingerprint);
    after = last.fingerprint;
    tried += subjects.length;
  }
}

/** One rule, new or changed, on every kind. Gives the numbers of those it is about. */
export async function matchIssue(store: Store, issue: KnownIssue): Promise<void> {
  const matches = issueMatcher(issue);
  const found: number[] = [];
  for (let after = 0; ; ) {
    const subjects = await store.triage.subjects(after, AT_ONCE);
    const last = subjects.at(-1);
    if (last === undefined) break;
    for (const subject of subjects) if (matches(subject)) found.push(subject.fingerprint);
    after = last.fingerprint;
  }
  await store.triage.setMatches(issue.number, found);
}
