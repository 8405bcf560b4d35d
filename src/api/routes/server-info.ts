import type { FastifyInstance } from 'fastify';
import { ServerInfo } from '../contract.ts';
import { mayWrite } from '../security.ts';
import { sendAnswer } from '../send.ts';
import { Nothing, type RouteContext, routeSchema } from './route.ts';

export function serverInfo(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'server-info',
    summary: 'What this server is, what it reads just now and whether this peer may write',
    params: Nothing,
    query: Nothing,
  };
  app.get(
    '/server',
    {
      schema: routeSchema(context.documented, about, {
        description: about.summary,
        content: { 'application/json': { schema: ServerInfo } },
      }),
    },
    async (request, reply) => {
      const { signedIn } = request;
      const input = {
        ...context.activity(),
        writable: mayWrite(request),
        signIn: await context.authentication.offersSignIn(),
        account: signedIn === null ? null : { name: signedIn.name, role: signedIn.role },
      };
      const answer = await context.runner.run('server-info', input, request.viewer);
      return sendAnswer(request, reply, answer, { askedRevision: undefined, pure: false, version: context.version });
    },
  );
}
