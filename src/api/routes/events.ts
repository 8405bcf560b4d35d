import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BakehouseError } from '../../model/errors.ts';
import { Nothing, type RouteContext, routeSchema } from './route.ts';

/** Every open page holds one; a browser opens six to an origin. More than this is not people. */
const CONNECTIONS_MAX = 100;
/** Proxies close what is silent for a minute. A session that another process ended hears of builds for at most this and BELIEVED_MS. */
const HEARTBEAT_MS = 25_000;

/** A slow reader is let go rather than buffered for: it reconnects by itself and asks afresh. */
const BUFFERED_BYTES_MAX = 256 << 10;

export function events(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'events',
    summary: 'What changes, as it happens (server-sent events; each `data:` is a ServerEvent)',
    params: Nothing,
    query: Nothing,
  };
  const open = new Set<() => void>();
  const checks = new Set<() => void>();
  context.authentication.onForgotten(() => {
    for (const check of checks) check();
  });
  app.get(
    '/events',
    {
      schema: routeSchema(context.documented, about, {
        description: about.summary,
        content: { 'text/event-stream': { schema: z.string() } },
      }),
    },
    (request, reply) => {
      if (open.size >= CONNECTIONS_MAX)
        throw new BakehouseError('unavailable', `${CONNECTIONS_MAX} pages are listening already.`);
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // nginx buffers answers unless told.
        'x-accel-buffering': 'no',
      });
      if (request.method === 'HEAD') {
        raw.end();
        return;
      }
      // Reconnect after two seconds: a restarted server is up by then.
      raw.write('retry: 2000\n\n');
      const { viewer } = request;
      const unsubscribe = context.events.subscribe((event, access) => {
        // The id of a build is what gives a right to an unlisted one: only its owner hears it without asking.
        const own = access !== null && access.owner !== null && access.owner === viewer.account;
        if (access !== null && access.visibility !== 'public' && !own && !viewer.admin) return;
        raw.write(`data: ${JSON.stringify(event)}\n\n`);
        if (raw.writableLength > BUFFERED_BYTES_MAX) raw.destroy();
      });
      let checked: Promise<void> = Promise.resolve();
      // Signed out, disabled, or no admin any more: the page connects again as who it is now. One after the other: they write into the request.
      const check = (): void => {
        checked = checked
          .then(() => context.authentication.identify(request))
          .then(
            () => {
              const now = request.viewer;
              if (now.account !== viewer.account || now.admin !== viewer.admin) end();
            },
            () => end(),
          );
      };
      checks.add(check);
      const heartbeat = setInterval(() => {
        raw.write(': still here\n\n');
        check();
      }, HEARTBEAT_MS);
      heartbeat.unref();
      const end = (): void => {
        if (!open.delete(end)) return;
        clearInterval(heartbeat);
        checks.delete(check);
        unsubscribe();
        raw.end();
      };
      open.add(end);
      raw.on('close', end);
      raw.on('error', end);
    },
  );
  // A stream never ends by itself, and a server that closes waits for every answer to end.
  app.addHook('preClose', async () => {
    for (const end of [...open]) end();
  });
}
