/**
 * A route is data: where, what it takes, which operation answers and what the contract promises. That the operation's result is what
 * the contract says is checked by the compiler here; that it is so in fact, by the tests, which parse every answer.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BakehouseError } from '../../model/errors.ts';
import type { FileAnswer } from '../../operations/answer.ts';
import type { OperationInput, OperationName, OperationOutput } from '../../operations/index.ts';
import type { Answer, OperationRunner } from '../../operations/run.ts';
import type { Activity } from '../../operations/server-info.ts';
import type { Authentication } from '../authentication.ts';
import { ProblemDocument, type ServerEvent } from '../contract.ts';
import { PROBLEM_MEDIA_TYPE } from '../errors.ts';
import { assertOwnPage } from '../security.ts';
import { sendAnswer } from '../send.ts';

/** Whose a build is that an event tells of; it stays in the server. */
export interface EventAccess {
  readonly visibility: 'public' | 'unlisted' | 'private';
  readonly owner: number | null;
}

/** Where events come from; a new listener is told at once how things stand. `access` null: everybody may hear it. */
export interface EventSource {
  subscribe(listener: (event: ServerEvent, access: EventAccess | null) => void): () => void;
}

/** What routes need of the server around them. */
export interface RouteContext {
  readonly runner: OperationRunner;
  readonly version: string;
  readonly events: EventSource;
  readonly authentication: Authentication;
  readonly publicUrl: string | null;
  /** What the process is doing, which no store knows. */
  readonly activity: () => Activity;
  /** Declare parameters and answers for the OpenAPI document; the running server needs only the parameters. */
  readonly documented: boolean;
}

export type RegisterRoute = (app: FastifyInstance, context: RouteContext) => void;

/** The contract's type as an operation may give it: read-only all the way down. */
type Promised<T> = T extends readonly (infer E)[]
  ? readonly Promised<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Promised<T[K]> }
    : T;

export const Nothing = z.object({});

interface Asked<P extends z.ZodType, Q extends z.ZodType, N extends OperationName> {
  readonly operation: N;
  /** Below /api/v1, parameters as `{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly input: (params: z.output<P>, query: z.output<Q>) => OperationInput<N>;
}

interface JsonRoute<P extends z.ZodType, Q extends z.ZodType, N extends OperationName, A extends z.ZodType>
  extends Asked<P, Q, N> {
  readonly answer: OperationOutput<N> extends Promised<z.output<A>> ? A : never;
}

interface FileRoute<P extends z.ZodType, Q extends z.ZodType, N extends OperationName> extends Asked<P, Q, N> {
  readonly mediaType: OperationOutput<N> extends FileAnswer ? string : never;
  /** See SendOptions.pure. */
  readonly pure: boolean;
}

export function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

const problemAnswer = {
  description: 'A problem document (RFC 9457) with a stable code',
  content: { [PROBLEM_MEDIA_TYPE.split(';')[0]!]: { schema: ProblemDocument } },
};

/** The schema of a route for Fastify: parameters to check, and for the document everything else. */
export function routeSchema(
  documented: boolean,
  route: { operation: string; summary: string; params: z.ZodType; query: z.ZodType; body?: z.ZodType | undefined },
  ok: { description: string; content: Record<string, { schema: z.ZodType }> },
): object {
  const { params, query, body } = route;
  const checked = { params, querystring: query, ...(body === undefined ? {} : { body }) };
  if (!documented) return checked;
  return {
    ...checked,
    operationId: route.operation,
    summary: route.summary,
    response: { 200: ok, '4xx': problemAnswer, '5xx': problemAnswer },
  };
}

function register<P extends z.ZodType, Q extends z.ZodType, N extends OperationName>(
  route: Asked<P, Q, N>,
  ok: { description: string; content: Record<string, { schema: z.ZodType }> },
  pure: boolean,
): RegisterRoute {
  return (app, context) => {
    app.get(fastifyPath(route.path), { schema: routeSchema(context.documented, route, ok) }, async (request, reply) => {
      // Checked and decoded by the validator that the schema above gave to Fastify.
      const query = request.query as z.output<Q>;
      const input = route.input(request.params as z.output<P>, query);
      const answer = await context.runner.run(route.operation, input, request.viewer);
      const asked = typeof query === 'object' && query !== null && 'r' in query ? query.r : undefined;
      return sendAnswer(request, reply, answer, {
        askedRevision: typeof asked === 'string' ? asked : undefined,
        pure,
        version: context.version,
      });
    });
  };
}

export function jsonRoute<P extends z.ZodType, Q extends z.ZodType, N extends OperationName, A extends z.ZodType>(
  route: JsonRoute<P, Q, N, A>,
): RegisterRoute {
  return register(
    route,
    { description: route.summary, content: { 'application/json': { schema: route.answer } } },
    false,
  );
}

interface WriteRoute<P extends z.ZodType, B extends z.ZodType, N extends OperationName, A extends z.ZodType> {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly operation: N;
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  /** Null: it carries none. */
  readonly body: B | null;
  /** Of accounts and their tokens: a token that was found makes no other, and the console has its command line. */
  readonly bySessionOnly?: boolean;
  readonly answer: OperationOutput<N> extends Promised<z.output<A>> ? A : never;
  readonly input: (params: z.output<P>, body: z.output<B>, request: FastifyRequest) => OperationInput<N>;
}

/**
 * What is written in the name of an account. By session the request comes from our own page (authentication.ts); who has no session and no
 * token is at the console of a server without accounts, and then it must come from our own page too.
 */
export function assertMayWriteAs(request: FastifyRequest, context: RouteContext): void {
  if (request.signedIn === null) assertOwnPage(request, context.publicUrl);
}

export function writeRoute<P extends z.ZodType, B extends z.ZodType, N extends OperationName, A extends z.ZodType>(
  route: WriteRoute<P, B, N, A>,
): RegisterRoute {
  return (app, context) => {
    const { operation, summary, params, body } = route;
    const ok = { description: summary, content: { 'application/json': { schema: route.answer as z.ZodType } } };
    const about = { operation, summary, params, query: Nothing, body: body ?? undefined };
    app.route({
      method: route.method,
      url: fastifyPath(route.path),
      schema: routeSchema(context.documented, about, ok),
      handler: async (request, reply) => {
        if (route.bySessionOnly === true && request.signedIn?.by !== 'session')
          throw new BakehouseError(
            'unauthorized',
            'Sign in first: this is changed from the page, or by `bakehouse account`.',
          );
        assertMayWriteAs(request, context);
        const input = route.input(request.params as z.output<P>, request.body as z.output<B>, request);
        const answer = await context.runner.run(operation, input, request.viewer);
        // A session, a token or an account may be another now.
        context.authentication.forget();
        return sendOnce(reply, answer);
      },
    });
  };
}

/** Of what is not asked again: no ETag, kept by nobody. */
export function sendOnce(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.kind !== 'json') throw new Error('what is written is answered with JSON');
  return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(answer.bytes);
}

export function fileRoute<P extends z.ZodType, Q extends z.ZodType, N extends OperationName>(
  route: FileRoute<P, Q, N>,
): RegisterRoute {
  const binary = z.string().meta({ format: 'binary' });
  return register(
    route,
    { description: route.summary, content: { [route.mediaType]: { schema: binary } } },
    route.pure,
  );
}

interface LinkedRoute<Q extends z.ZodType, N extends OperationName>
  extends Omit<Asked<typeof Nothing, Q, N>, 'input' | 'params'> {
  readonly mediaType: string;
  readonly pure: boolean;
  /** `base`: the server's own address, without a slash at the end. */
  readonly input: (query: z.output<Q>, base: string) => OperationInput<N>;
}

/** A text with addresses of this server in it. Where its settings do not name it, only the request knows by what name it came here. */
export function linkedRoute<Q extends z.ZodType, N extends OperationName>(route: LinkedRoute<Q, N>): RegisterRoute {
  const { operation, path, summary, query, mediaType, pure, input } = route;
  return (app, { documented, publicUrl, runner, version }) => {
    const ok = { description: summary, content: { [mediaType]: { schema: z.string() } } };
    const schema = routeSchema(documented, { operation, summary, params: Nothing, query }, ok);
    app.get(fastifyPath(path), { schema }, async (request, reply) => {
      const base = publicUrl ?? `${request.protocol}://${request.host}`;
      const answer = await runner.run(operation, input(request.query as z.output<Q>, base), request.viewer);
      return sendAnswer(request, reply, answer, { askedRevision: undefined, pure, version });
    });
  };
}
