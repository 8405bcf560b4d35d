import { BakehouseError } from '../../model/errors.ts';
import { TRIAGE_STATES } from '../../model/triage.ts';
import type { FailureFilter } from '../../operations/list-failures.ts';
import type { FailuresQuery } from '../contract.ts';
import { given, known, values, words } from './build-filter.ts';

/** The query of failures, that of their builds left out -> what the store narrows them by. */
export function failureFilter(query: Partial<FailuresQuery>): FailureFilter {
  return given<{ [K in keyof FailureFilter]-?: NonNullable<FailureFilter[K]> }>({
    fingerprint: values(query.fingerprint),
    crossHash: values(query.cross),
    class: values(query.class),
    infrastructure: query.infrastructure === undefined ? undefined : query.infrastructure === 'yes',
    recipe: values(query.recipe),
    task: values(query.task),
    words: words(query.text),
    state: known('state', query.state, TRIAGE_STATES),
    owner: values(query.owner),
    issue: values(query.issue)?.map(issueNumber),
    by: query.by,
    sort: query.sort,
  });
}

function issueNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new BakehouseError('invalid', `issue: "${text.slice(0, 20)}" is not the number of a known issue.`);
  return Number(text);
}
