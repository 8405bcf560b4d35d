import type { FastifyInstance } from 'fastify';
import { SampleImported } from '../contract.ts';
import { assertMayWrite } from '../security.ts';
import { sendAnswer } from '../send.ts';
import { Nothing, type RouteContext, routeSchema } from './route.ts';

export function importSample(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'import-sample',
    summary: 'Puts the sample builds that Bakehouse brings into the store; the second time nothing changes',
    params: Nothing,
    query: Nothing,
  };
  app.post(
    '/sample',
    {
      schema: routeSchema(context.documented, about, {
        description: about.summary,
        content: { 'application/json': { schema: SampleImported } },
      }),
      preHandler: async (request) => assertMayWrite(request),
    },
    async (request, reply) => {
      const answer = await context.runner.run('import-sample', {}, request.viewer);
      return sendAnswer(request, reply, answer, { askedRevision: undefined, pure: false, version: context.version });
    },
  );
}
