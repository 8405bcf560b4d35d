/** Whole in one request, for who has nothing but curl (docs/formats/upload.md): a form, or the file as the body. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { BakehouseError } from '../../model/errors.ts';
import { PUSH_BODY_BYTES_MAX } from '../../model/limits.ts';
import type { FilesTaken } from '../../operations/take-files.ts';
import { FilesPushed, PushParams, PushQuery } from '../contract.ts';
import { type Incoming, receiveFiles } from '../incoming.ts';
import { assertNoForeignPage } from '../security.ts';
import { type RouteContext, routeSchema } from './route.ts';
import { fromWhere } from './uploads.ts';

/** Text that a terminal may be given. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}

/** Asked before a byte of the body is taken in; gives whether its bytes were counted by it. */
export async function askFirst(request: FastifyRequest, context: Pick<RouteContext, 'runner'>): Promise<boolean> {
  const announced = request.headers['content-length'];
  const bytes = announced === undefined ? null : Number(announced);
  assertNoForeignPage(request);
  await context.runner.run('may-push', { from: fromWhere(request), bytes }, request.viewer);
  return bytes !== null;
}

/** A query or a field of the form. */
function visibilityOf(request: FastifyRequest, incoming: Incoming): 'public' | 'unlisted' | 'private' | null {
  const asked = incoming.fields.get('visibility') ?? (request.query as z.output<typeof PushQuery>).visibility;
  if (asked === undefined || asked === '') return null;
  if (asked === 'public' || asked === 'unlisted' || asked === 'private') return asked;
  throw new BakehouseError('invalid', 'visibility: public, unlisted or private.');
}

async function answer(request: FastifyRequest, reply: FastifyReply, taken: FilesTaken): Promise<FastifyReply> {
  reply.header('cache-control', 'no-store');
  if (/\bapplication\/json\b/.test(request.headers.accept ?? ''))
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(taken));
  const lines = [
    ...taken.builds.map(({ url }) => url),
    ...new Set(taken.tests.map(({ url }) => url)),
    ...taken.problems
      .filter(({ severity }) => severity !== 'note')
      .map(({ severity, file, message }) => `# ${severity}: ${file === null ? '' : `${file}: `}${message}`),
  ];
  return reply.type('text/plain; charset=utf-8').send(lines.map((line) => `${plain(line)}\n`).join(''));
}

export function push(app: FastifyInstance, context: RouteContext): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Left where it is: it is read by whoever knows where to put it.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const file = {
      operation: 'take-files',
      summary: 'Builds from files: tars of buildstats, event logs, error reports',
      params: PushParams,
      query: PushQuery,
    };
    const ok = {
      description: 'Stored; as text, a line a build: its address',
      content: { 'application/json': { schema: FilesPushed } },
    };
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const counted = await askFirst(request, context);
      const { name = '' } = request.params as z.output<typeof PushParams>;
      const incoming = await receiveFiles(request, PUSH_BODY_BYTES_MAX, name);
      try {
        if (incoming.files.length === 0)
          throw new BakehouseError('invalid', 'The form has no file: curl -F file=@stats.tar.gz');
        const { folder, files, bytes } = incoming;
        const query = request.query as z.output<typeof PushQuery>;
        const given = (name: 'build' | 'series') => incoming.fields.get(name)?.slice(0, 200) ?? query[name] ?? null;
        const input = {
          from: fromWhere(request),
          folder,
          files,
          bytes: counted ? 0 : bytes,
          visibility: visibilityOf(request, incoming),
          tested: given('build'),
          series: given('series'),
        };
        const result = await context.runner.run('take-files', input, request.viewer);
        if (result.kind !== 'json') throw new Error('take-files gives JSON');
        return await answer(request, reply, JSON.parse(new TextDecoder().decode(result.bytes)) as FilesTaken);
      } finally {
        await incoming.remove();
      }
    };
    // `-F` and `--data-binary` post, `-T` puts, and adds the file's name to an address that ends in a slash.
    scope.post('/push', { schema: routeSchema(context.documented, file, ok) }, handle);
    if (context.documented) return;
    const schema = { params: PushParams, querystring: PushQuery };
    scope.put('/push', { schema }, handle);
    scope.post('/push/:name', { schema }, handle);
    scope.put('/push/:name', { schema }, handle);
  });
}
