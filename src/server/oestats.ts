/**
 * The three requests of the oestats clients of OpenEmbedded (2008 to 2011): multipart forms to /builds/, /tasks/ and /builds/<id>/, and of their
 * first version urlencoded ones to /builds/start/, /builds/task/<id>/ and /builds/stop/<id>/. The answer to the first is a number and nothing
 * else, or the client is silent for the rest of its build; those to the others are paths, which it prints behind the server's name.
 */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from '../api/errors.ts';
import { type Incoming, receiveFiles } from '../api/incoming.ts';
import { askFirst } from '../api/routes/push.ts';
import { fromWhere } from '../api/routes/uploads.ts';
import { BakehouseError } from '../model/errors.ts';
import { OESTATS_BYTES_MAX } from '../model/limits.ts';
import type { OperationRunner } from '../operations/run.ts';
import type { OestatsInput } from '../operations/take-oestats.ts';

const URLENCODED = 'urlencoded.txt';

/** Fields of a form, whichever of the two it is. */
async function fieldsOf(incoming: Incoming): Promise<[string, string][]> {
  if (incoming.fields.size > 0 || incoming.files[0] !== URLENCODED) return [...incoming.fields];
  const body = await readFile(`${incoming.folder}/${URLENCODED}`, 'utf8');
  if (body.length > OESTATS_FORM_CHARS_MAX) throw new BakehouseError('too-large', 'The form is too long.');
  return [...new URLSearchParams(body)].slice(0, 100);
}

/** DEPENDS of a large recipe is a few kilobytes. */
const OESTATS_FORM_CHARS_MAX = 256 << 10;

export function registerOestats(app: FastifyInstance, runner: OperationRunner): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.setErrorHandler((error, request, reply) => {
      const { problem, bug } = problemOf(error);
      if (bug) request.log.error({ err: error, url: request.url }, 'internal error');
      return reply.code(problem.status).type('text/plain; charset=utf-8').send(`${problem.detail}\n`);
    });

    async function handle(
      request: FastifyRequest,
      reply: FastifyReply,
      what: OestatsInput['what'],
      given: string | null,
    ): Promise<FastifyReply> {
      const counted = await askFirst(request, { runner });
      const incoming = await receiveFiles(request, OESTATS_BYTES_MAX, URLENCODED);
      try {
        const fields = await fieldsOf(incoming);
        const named = given ?? fields.find(([name]) => name === 'build')?.[1]?.trim() ?? '';
        if (what !== 'begin' && !/^\d{1,10}$/.test(named))
          throw new BakehouseError('invalid', 'Which build? The field build is a number.');
        const file = (field: string): string | null => {
          const name = incoming.files.find((one) => incoming.fieldOf.get(one) === field);
          return name === undefined ? null : `${incoming.folder}/${name}`;
        };
        const answer = await runner.run(
          'take-oestats',
          {
            from: fromWhere(request),
            what,
            number: Number(named),
            fields,
            log: file('log'),
            qaLog: file('qalog'),
            bytes: counted ? 0 : incoming.bytes,
          },
          request.viewer,
        );
        if (answer.kind !== 'json') throw new Error('take-oestats gives JSON');
        const { number, path } = JSON.parse(new TextDecoder().decode(answer.bytes)) as { number: number; path: string };
        return reply
          .type('text/plain; charset=utf-8')
          .header('cache-control', 'no-store')
          .send(what === 'begin' ? String(number) : path);
      } finally {
        await incoming.remove();
      }
    }
    type Numbered = { Params: { number: string } };
    scope.post('/builds', (request, reply) => handle(request, reply, 'begin', null));
    scope.post('/tasks', (request, reply) => handle(request, reply, 'task', null));
    scope.post<Numbered>('/builds/:number', (request, reply) => handle(request, reply, 'end', request.params.number));
    scope.post('/builds/start', (request, reply) => handle(request, reply, 'begin', null));
    scope.post<Numbered>('/builds/task/:number', (request, reply) =>
      handle(request, reply, 'task', request.params.number),
    );
    scope.post<Numbered>('/builds/stop/:number', (request, reply) =>
      handle(request, reply, 'end', request.params.number),
    );
  });
}
