import { judgeQaIssues, QA_TASK, type QaVerdict } from '../analysis/qa-issues.ts';
import type { StoredQaIssue } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface NewQaInput {
  readonly build: string;
}

export interface JudgedQaIssue extends StoredQaIssue, QaVerdict {}

export interface NewQaIssues {
  readonly build: string;
  /** Earlier builds of its machine, distribution and branch that it was compared with. */
  readonly compared: number;
  /** Every issue of the build, in the order of its list. */
  readonly issues: readonly JudgedQaIssue[];
}

/** As far back as a blame range looks; an issue that was last seen before them all is told as new again. */
const COMPARED_MAX = 300;

/** Which package QA issues a build brought: those that no earlier build had which executed the check. */
export async function newQaIssues({ store }: OperationContext, input: NewQaInput): Promise<NewQaIssues> {
  const build = await resolveBuildId(store, input.build);
  const history = await store.readQaHistory(build, QA_TASK, COMPARED_MAX);
  if (history === null) throw noSuchBuild(build);
  const verdicts = judgeQaIssues(history.own, history.earlier, history.checks);
  return {
    build,
    compared: history.builds,
    issues: history.own.map((issue, index) => ({ ...issue, ...verdicts[index]! })),
  };
}
