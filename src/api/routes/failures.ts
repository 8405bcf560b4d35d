/** Failures as groups and one by one, by weeks, and since when they fail. */
import {
  BlameAnswer,
  BlameQuery,
  FailureGroups,
  FailureListQuery,
  FailuresPage,
  FailuresQuery,
  FailureWeek,
  UnsteadyQuery,
  UnsteadyTasks,
  WeekQuery,
} from '../contract.ts';
import { buildFilter } from './build-filter.ts';
import { failureFilter } from './failure-filter.ts';
import { jsonRoute, linkedRoute, Nothing, type RegisterRoute } from './route.ts';

const weekText = linkedRoute({
  operation: 'week-as-text',
  path: '/failures/week.txt',
  summary: 'The same as text, for a mail',
  query: WeekQuery,
  mediaType: 'text/plain',
  pure: true,
  input: (query, base) => ({ week: query.week ?? null, filter: buildFilter(query), base: `${base}/buildstats` }),
});

/** Readers come for it without a session: what they see is what everybody sees. */
const weekFeed = linkedRoute({
  operation: 'week-feed',
  path: '/failures/week.atom',
  summary: 'Kinds of failures that are new in this week, and the weeks before, as an Atom feed',
  query: WeekQuery.omit({ week: true }),
  mediaType: 'application/atom+xml',
  pure: false,
  input: (query, base) => ({ filter: buildFilter(query), base, asked: askedFor(query) }),
});

/** In one order, so that one question is one feed. */
function askedFor(query: object): string {
  const said = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new URLSearchParams(said.sort(([a], [b]) => (a < b ? -1 : 1))).toString();
}

export const failures: readonly RegisterRoute[] = [
  jsonRoute({
    operation: 'group-failures',
    path: '/failures',
    summary: 'Failures by what they have in common, each kind with what is known of it',
    params: Nothing,
    query: FailuresQuery,
    answer: FailureGroups,
    input: (_, query) => ({ filter: buildFilter(query), failures: failureFilter(query), limit: query.limit }),
  }),
  jsonRoute({
    operation: 'list-failures',
    path: '/failures/list',
    summary: 'Single failures, those of the newest build first',
    params: Nothing,
    query: FailureListQuery,
    answer: FailuresPage,
    input: (_, query) => ({
      filter: buildFilter(query),
      failures: failureFilter(query),
      after: query.after ?? null,
      limit: query.limit,
    }),
  }),
  jsonRoute({
    operation: 'show-week',
    path: '/failures/week',
    summary: 'What the rota reads on Monday: kinds of failures that are new, back, going on and gone',
    params: Nothing,
    query: WeekQuery,
    answer: FailureWeek,
    input: (_, query) => ({ week: query.week ?? null, filter: buildFilter(query) }),
  }),
  weekText,
  weekFeed,
  jsonRoute({
    operation: 'list-unsteady',
    path: '/failures/unsteady',
    summary: 'Tasks that passed and failed with one and the same hash',
    params: Nothing,
    query: UnsteadyQuery,
    answer: UnsteadyTasks,
    input: (_, query) => ({ filter: buildFilter(query), builds: query.builds }),
  }),
  jsonRoute({
    operation: 'blame-failure',
    path: '/failures/blame',
    summary: 'Since when a task fails where this build was made, and what changed in the layers between',
    params: Nothing,
    query: BlameQuery,
    answer: BlameAnswer,
    input: (_, { build, recipe, task, mc }) => ({ build, pn: recipe, task, mc }),
  }),
];
