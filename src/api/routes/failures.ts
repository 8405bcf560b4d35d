/** Failures as groups and one by one, by weeks, and since when they fail. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
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
import { sendAnswer } from '../send.ts';
import { buildFilter } from './build-filter.ts';
import { failureFilter } from './failure-filter.ts';
import { jsonRoute, Nothing, type RegisterRoute, type RouteContext, routeSchema } from './route.ts';

/** The week as text has addresses in it, and only the request knows by what name it came here. */
function weekText(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'week-as-text',
    summary: 'The same as text, for a mail',
    params: Nothing,
    query: WeekQuery,
  };
  const ok = { description: about.summary, content: { 'text/plain': { schema: z.string() } } };
  app.get('/failures/week.txt', { schema: routeSchema(context.documented, about, ok) }, async (request, reply) => {
    const query = request.query as z.output<typeof WeekQuery>;
    const base = `${context.publicUrl ?? `${request.protocol}://${request.host}`}/buildstats`;
    const input = { week: query.week ?? null, filter: buildFilter(query), base };
    const answer = await context.runner.run('week-as-text', input, request.viewer);
    return sendAnswer(request, reply, answer, { askedRevision: undefined, pure: true, version: context.version });
  });
}

const FeedQuery = WeekQuery.omit({ week: true });

/** Readers come for it without a session: what they see is what everybody sees. */
function weekFeed(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'week-feed',
    summary: 'Kinds of failures that are new in this week, and the weeks before, as an Atom feed',
    params: Nothing,
    query: FeedQuery,
  };
  const ok = { description: about.summary, content: { 'application/atom+xml': { schema: z.string() } } };
  app.get('/failures/week.atom', { schema: routeSchema(context.documented, about, ok) }, async (request, reply) => {
    const query = request.query as z.output<typeof FeedQuery>;
    const base = context.publicUrl ?? `${request.protocol}://${request.host}`;
    const input = { filter: buildFilter(query), base: base.replace(/\/+$/, ''), asked: askedFor(query) };
    const answer = await context.runner.run('week-feed', input, request.viewer);
    return sendAnswer(request, reply, answer, { askedRevision: undefined, pure: false, version: context.version });
  });
}

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
