import { RULES_VERSION } from '../analysis/fingerprint.ts';
import type { PushRules } from '../collector/push-policy.ts';
import type { OperationContext } from './context.ts';
import { assertAdmin } from './credential.ts';

export interface UploadProblem {
  /** The build's id as its client gave it. */
  readonly id: string;
  readonly name: string | null;
  /** Who sent it; null: somebody without an account. */
  readonly account: string | null;
  readonly bytes: number;
  readonly touchedMs: number;
  readonly problem: string;
}

export interface ServerState {
  /** Null: this server takes no reports. */
  readonly rules: PushRules | null;
  readonly uploads: number;
  /** Streams of which more is here than is stored. */
  readonly unstored: number;
  /** Failures that the rules of this version have not looked at yet. */
  readonly unindexed: number;
  /** Builds whose recipes are still counted as an older version did. */
  readonly uncounted: number;
  readonly problems: readonly UploadProblem[];
}

const PROBLEMS_MAX = 50;

/** What an admin wants to know of the server: its rules for reports, and the reports that could not be stored. */
export async function showServer(context: OperationContext, _input: object): Promise<ServerState> {
  assertAdmin(context);
  const { uploads, accounts } = context.wholeStore;
  const { uploads: all, unstored } = await uploads.count();
  const unindexed = await context.wholeStore.failureIndex.countPending(RULES_VERSION);
  const uncounted = await context.wholeStore.recipeRecount.countPending();
  const problems: UploadProblem[] = [];
  for (const { id, about, account, bytes, touchedMs, problem } of await uploads.withProblem(PROBLEMS_MAX))
    problems.push({
      id,
      name: about.name ?? null,
      account: account === null ? null : await accounts.nameOf(account),
      bytes,
      touchedMs,
      problem: problem ?? '',
    });
  return { rules: context.collector?.rules ?? null, uploads: all, unstored, unindexed, uncounted, problems };
}
