import { BuildParams, NewQaIssues, QaIssues, QaQuery } from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { jsonRoute, Nothing } from './route.ts';

export const qaIssues = jsonRoute({
  operation: 'qa-issues',
  path: '/qa',
  summary: 'Package QA issues of the last builds that match, by build and class, and by class and recipe',
  params: Nothing,
  query: QaQuery,
  answer: QaIssues,
  input: (_, query) => ({ filter: buildFilter(query), builds: query.builds, pn: query.recipe ?? null }),
});

export const newQaIssues = jsonRoute({
  operation: 'new-qa-issues',
  path: '/builds/{id}/qa',
  summary: 'Package QA issues of a build, and which of them no earlier build had that executed the check',
  params: BuildParams,
  query: Nothing,
  answer: NewQaIssues,
  input: ({ id }) => ({ build: id }),
});
