/**
 * What upstream's error-report-web answers to `send-error-report`, of every release since 2014, and the addresses that its pages had. Statuses and
 * words are those that the clients and the scripts around them look at; bodies are found out by what they are, for all call them JSON.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from '../api/errors.ts';
import { receiveFiles } from '../api/incoming.ts';
import { askFirst } from '../api/routes/push.ts';
import { fromWhere } from '../api/routes/uploads.ts';
import { BakehouseError } from '../model/errors.ts';
import { ERROR_REPORT_BYTES_MAX } from '../model/limits.ts';
import type { OperationInput, OperationName } from '../operations/index.ts';
import type { OperationRunner } from '../operations/run.ts';
import { INVALID_JSON } from '../operations/take-error-report.ts';
import { PAGES_PREFIX } from './pages-prefix.ts';

/** As text, as upstream has it: of each log the client sends the last so many characters. */
const MAX_LOG_SIZE = '5242880';
const NO_DATA = 'No valid data provided';
const TEXT = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** An operation's answer as an object. */
async function asked<T>(
  runner: OperationRunner,
  request: FastifyRequest,
  name: OperationName,
  input: OperationInput<OperationName>,
): Promise<T> {
  const answer = await runner.run(name, input, request.viewer);
  if (answer.kind !== 'json') throw new Error(`${name} gives JSON`);
  return JSON.parse(new TextDecoder().decode(answer.bytes)) as T;
}

interface Taken {
  readonly url: string;
  readonly number: number;
  readonly failures: readonly number[];
  readonly listed: boolean;
  readonly alike: number;
  readonly alikeUrl: string | null;
}

/** What cannot be read is a 500 there, and a client or a script may look for it; every other refusal is what it is everywhere. */
function refused(reply: FastifyReply, request: FastifyRequest, error: unknown, json: boolean): FastifyReply {
  const { problem, bug } = problemOf(error);
  if (bug) request.log.error({ err: error, url: request.url }, 'internal error');
  const badPayload =
    error instanceof BakehouseError &&
    (error.code === 'unreadable' || (error.code === 'invalid' && error.message === INVALID_JSON));
  const retryAfterS = error instanceof BakehouseError ? error.details?.retryAfterS : undefined;
  if (typeof retryAfterS === 'number') reply.header('retry-after', String(retryAfterS));
  reply.code(badPayload ? 500 : problem.status).header('cache-control', 'no-store');
  if (json) return reply.type(JSON_TYPE).send(JSON.stringify({ error: problem.detail }));
  return reply.type('text/plain; charset=utf-8').send(problem.detail);
}

export function registerErrorReports(app: FastifyInstance, runner: OperationRunner): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));

    const look = (json: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        await runner.run('may-push', { from: fromWhere(request), bytes: 0 }, request.viewer);
      } catch (error) {
        // Without a token the answer to the report itself says so; here the client would only say that there is no server.
        if (!(error instanceof BakehouseError && error.code === 'unauthorized'))
          return refused(reply, request, error, json);
      }
      reply.header('cache-control', 'no-store');
      if (!json) return reply.type(TEXT).send(NO_DATA);
      return reply.type(JSON_TYPE).send(JSON.stringify({ error: NO_DATA, max_log_size: MAX_LOG_SIZE }));
    };

    const take = (json: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        const counted = await askFirst(request, { runner });
        const incoming = await receiveFiles(request, ERROR_REPORT_BYTES_MAX, 'report.txt');
        try {
          const { folder, files, bytes } = incoming;
          const [file] = files;
          if (file === undefined) throw new BakehouseError('invalid', INVALID_JSON);
          const from = fromWhere(request);
          const input = { from, file: `${folder}/${file}`, bytes: counted ? 0 : bytes };
          const { url, number, failures, listed, alike, alikeUrl } = await asked<Taken>(
            runner,
            request,
            'take-error-report',
            input,
          );
          reply.header('cache-control', 'no-store');
          if (!json) return reply.type(TEXT).send(`Your entry can be found here: ${url}`);
          const base = url.slice(0, url.lastIndexOf('/b/'));
          return reply.type(JSON_TYPE).send(
            JSON.stringify({
              build_id: number,
              build_url: url,
              // An address by number leads nobody to a build that is not listed.
              failures: failures.map((id) => ({ id, url: listed ? `${base}/Errors/Details/${id}/` : url })),
              num_similar_errors: alike,
              ...(alikeUrl === null ? {} : { similar_errors_url: alikeUrl }),
            }),
          );
        } finally {
          await incoming.remove();
        }
      } catch (error) {
        return refused(reply, request, error, json);
      }
    };
    // A slash at the end makes no difference: no client follows a redirect of what it posts.
    scope.get('/ClientPost', look(false));
    scope.get('/ClientPost/JSON', look(true));
    scope.post('/ClientPost', take(false));
    scope.post('/ClientPost/JSON', take(true));
  });

  const failed = `${PAGES_PREFIX}?outcome=failed`;
  const to = (address: string) => async (_: FastifyRequest, reply: FastifyReply) => reply.redirect(address, 302);
  for (const path of ['/Errors', '/Errors/Latest', '/Errors/Latest/:submitter', '/Errors/Search'])
    app.get(path, to(failed));
  for (const path of ['/Statistics', '/Errors/Statistics', '/Errors/Statistics/:key']) app.get(path, to(PAGES_PREFIX));
  for (const path of ['/Errors/Build/:number', '/Errors/Details/:number', '/Errors/SimilarTo/:number'])
    app.get<{ Params: { number: string } }>(path, async (request, reply) => {
      const { number } = request.params;
      const input = { number: /^\d{1,10}$/.test(number) ? Number(number) : 0 };
      const { id } = await asked<{ id: string }>(runner, request, 'find-report', input);
      return reply.redirect(`${PAGES_PREFIX}/b/${id}${path.startsWith('/Errors/Build') ? '' : '/problems'}`, 302);
    });
}
