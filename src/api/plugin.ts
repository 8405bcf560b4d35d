/** Everything under /api/v1: the routes of the contract, one error policy for all of them. */
import type { FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { BakehouseError } from '../model/errors.ts';
import type { Viewer } from '../operations/run.ts';
import type { SignedInAs } from './authentication.ts';
import { notFound, PROBLEM_MEDIA_TYPE, problemOf } from './errors.ts';
import { loggedUrl } from './logged-url.ts';
import { openApiDocument } from './openapi.ts';
import { ROUTES } from './routes/index.ts';
import type { RouteContext } from './routes/route.ts';
import { DATA_CONTENT_POLICY } from './security.ts';

export const API_PREFIX = '/api/v1';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any route. */
    viewer: Viewer;
    /** The account behind it, where there is one. */
    signedIn: SignedInAs | null;
  }
}

/** Errors and unknown addresses of `app` as RFC 9457 documents; a bug is logged and told as "internal error". */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { problem, bug } = problemOf(error);
    if (bug) request.log.error({ err: error, url: loggedUrl(request.url) }, 'internal error');
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="Bakehouse"');
    const retryAfterS = error instanceof BakehouseError ? error.details?.retryAfterS : undefined;
    if (typeof retryAfterS === 'number') reply.header('retry-after', String(retryAfterS));
    return reply
      .code(problem.status)
      .type(PROBLEM_MEDIA_TYPE)
      .header('cache-control', 'no-store')
      .send(JSON.stringify(problem));
  });
  app.setNotFoundHandler((request, reply) => {
    const problem = notFound(`There is nothing at ${request.method} ${request.url.slice(0, 200)}.`);
    return reply.code(404).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  });
}

/** Registers the routes on `app`, below whatever prefix it has. */
export function registerApi(app: FastifyInstance, context: RouteContext): void {
  app.setValidatorCompiler(validatorCompiler);
  app.addHook('onRequest', async (_, reply) => {
    reply.header('content-security-policy', DATA_CONTENT_POLICY);
  });
  answerProblems(app);
  for (const route of ROUTES) route(app, context);
  app.get('/openapi.json', async (_, reply) => {
    return reply.type('application/json; charset=utf-8').send(await openApiDocument(context.version));
  });
}
