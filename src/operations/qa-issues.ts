import type { QaIssuesQuestion, StoredQaIssues } from '../store/store.ts';
import type { OperationContext } from './context.ts';

/** Package QA issues of the last builds that match: by build and class, and by class and recipe. */
export async function qaIssues({ store }: OperationContext, input: QaIssuesQuestion): Promise<StoredQaIssues> {
  return store.readQaIssues(input);
}
