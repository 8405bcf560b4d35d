import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LOG_PIECE_BYTES } from '../../operations/log-bytes.ts';
import { BuildParams, LogDownloadQuery } from '../contract.ts';
import { fileHeaders, sendStream } from '../send.ts';
import { fastifyPath, type RouteContext, routeSchema } from './route.ts';

/** A whole log, piece by piece as the reader takes it: one of 200 MB holds four of memory. */
export function logFile(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'read-log-bytes',
    summary: 'A whole log as it is, to be kept',
    params: BuildParams,
    query: LogDownloadQuery,
  };
  app.get(
    fastifyPath('/builds/{id}/log.txt'),
    {
      schema: routeSchema(context.documented, about, {
        description: about.summary,
        content: { 'text/plain': { schema: z.string() } },
      }),
    },
    async (request, reply) => {
      const { id } = request.params as z.output<typeof BuildParams>;
      const { row, blob, raw } = request.query as z.output<typeof LogDownloadQuery>;
      const read = async (at: number) => {
        const answer = await context.runner.run('read-log-bytes', { build: id, row, blob, at }, request.viewer);
        if (answer.kind !== 'file') throw new Error('a log is a file');
        return answer.file;
      };
      // The first piece before anything is sent: that there is no such log must be said with a status.
      const first = await read(0);
      async function* pieces(): AsyncIterable<Uint8Array> {
        let at = 0;
        for (let piece = first; piece.bytes.length > 0; piece = await read(at)) {
          yield piece.bytes;
          at += piece.bytes.length;
          if (piece.bytes.length < LOG_PIECE_BYTES) return;
        }
      }
      fileHeaders(reply, first);
      // Plain text that browsers are told not to guess about, in a sandbox of its own.
      if (raw === '1') reply.header('content-disposition', 'inline');
      reply.header('cache-control', 'private, no-cache');
      return sendStream(request, reply, Readable.from(pieces(), { objectMode: false }));
    },
  );
}
