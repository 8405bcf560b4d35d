// The floor of starting: Fastify that answers one page, and node:sqlite with a file open. Bundled by the bench as the release is.
import { enableCompileCache } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import fastify from 'fastify';

enableCompileCache();
const db = new DatabaseSync(process.argv[2] ?? ':memory:');
const server = fastify();
server.get('/buildstats', async (_, reply) => reply.type('text/html').send('<!doctype html><title>empty</title>'));
const url = await server.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`empty server at ${url}\n`);
process.once('SIGTERM', () => {
  db.close();
  server.close();
});
