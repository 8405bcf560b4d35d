/**
 * `/f/<first digits of the build>.<key>`: a failure as people paste it. Browsers get the page, with what failed in its title for chat bots, and the
 * whole of it in words where no script runs; a terminal gets text. Who may not see the failure gets the page of a failure that is not there, which
 * says nothing.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FailureDetail, LogText } from '../api/contract.ts';
import { problemOf } from '../api/errors.ts';
import { API_PREFIX } from '../api/plugin.ts';
import { prefixOfShortId } from '../collector/short-id.ts';
import type { OperationRunner } from '../operations/run.ts';
import { failureHead, failureHtml, failureText, LOG_AROUND_LINES } from './failure-text.ts';
import { ANNOUNCED, findAnnounced, SHORT_PAGE_POLICY } from './short-address.ts';

/** Of a terminal's log: what a screen and a scroll hold. The page without a script has more room. */
const TEXT_AROUND_LINES = 20;
/** Programs that say they take anything and show text. Chat bots say the same, and want HTML. */
const TERMINAL = /^(?:curl|Wget|HTTPie|xh|fetch|lwp-request|PowerShell)\b/i;

export interface ShownFailure {
  readonly head: string;
  readonly body: string;
}

export function wantsText(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '*/*';
  if (/\btext\/html\b|\bapplication\/xhtml/i.test(accept)) return false;
  return /\btext\/plain\b/i.test(accept) || TERMINAL.test(request.headers['user-agent'] ?? '');
}

async function readFailure(
  runner: OperationRunner,
  request: FastifyRequest,
  failure: string,
  around: number,
): Promise<{ detail: FailureDetail; part: LogText | null; rawLog: string | null }> {
  const asked = await runner.run('show-failure', { failure }, request.viewer);
  if (asked.kind !== 'json') throw new Error('show-failure gives JSON');
  const detail = JSON.parse(new TextDecoder().decode(asked.bytes)) as FailureDetail;
  const { log, causeLine, build } = detail;
  if (log.missing !== null) return { detail, part: null, rawLog: null };
  const name = log.row !== null ? { row: log.row } : { blob: log.blob ?? '' };
  const range =
    causeLine === null ? { tail: 2 * around } : { from: Math.max(1, causeLine - around), to: causeLine + around };
  const which = 'row' in name ? `row=${name.row}` : `blob=${name.blob}`;
  const rawLog = `${API_PREFIX}/builds/${build}/log.txt?${which}&raw=1`;
  try {
    const read = await runner.run('read-log', { build, ...name, ...range }, request.viewer);
    if (read.kind !== 'json') throw new Error('read-log gives JSON');
    return { detail, part: JSON.parse(new TextDecoder().decode(read.bytes)) as LogText, rawLog };
  } catch (error) {
    // It went meanwhile; the failure is worth showing all the same.
    if (problemOf(error).bug) throw error;
    return { detail, part: null, rawLog: null };
  }
}

/** By what name the one who asks knows this server. */
function baseOf(request: FastifyRequest, publicUrl: string | null): string {
  return publicUrl === null ? `${request.protocol}://${request.host}` : publicUrl.replace(/\/$/, '');
}

/** Null: there is none to be seen, whatever the reason; the page asks again itself and says it. */
export async function failureFor(
  runner: OperationRunner,
  request: FastifyRequest,
  failure: string,
  publicUrl: string | null,
): Promise<ShownFailure | null> {
  try {
    const { detail, part, rawLog } = await readFailure(runner, request, failure, LOG_AROUND_LINES);
    return {
      head: failureHead(detail, `${baseOf(request, publicUrl)}/f/${detail.id}`),
      body: failureHtml(detail, part, rawLog),
    };
  } catch (error) {
    if (problemOf(error).bug) request.log.error({ err: error }, 'the page of a failure is sent without its words');
    return null;
  }
}

export async function sendFailureText(
  runner: OperationRunner,
  request: FastifyRequest,
  reply: FastifyReply,
  failure: string,
  publicUrl: string | null,
): Promise<FastifyReply> {
  reply.header('cache-control', 'private, no-cache').header('vary', 'Accept, User-Agent, Cookie, Authorization');
  reply.type('text/plain; charset=utf-8');
  try {
    const { detail, part, rawLog } = await readFailure(runner, request, failure, TEXT_AROUND_LINES);
    return reply.send(failureText(detail, part, { base: baseOf(request, publicUrl), rawLog }));
  } catch (error) {
    const { problem, bug } = problemOf(error);
    if (bug) throw error;
    return reply.code(problem.status).send(`${problem.detail}\n`);
  }
}

/** Whether it has the form that a client prints before it sends, and nothing of that build has come. */
async function isToCome(runner: OperationRunner, request: FastifyRequest, failure: string): Promise<boolean> {
  const short = failure.slice(0, failure.indexOf('.'));
  if (prefixOfShortId(short) === null) return false;
  const { id, problem } = await findAnnounced(runner, request, short);
  return id === null && problem === null;
}

/** `publicUrl`: how others know the server. */
export function registerFailures(
  app: FastifyInstance,
  runner: OperationRunner,
  publicUrl: string | null,
  pagesPrefix: string,
): void {
  app.get<{ Params: { failure: string } }>('/f/:failure', async (request, reply) => {
    const { failure } = request.params;
    if (failure.endsWith('.txt')) return sendFailureText(runner, request, reply, failure.slice(0, -4), publicUrl);
    if (wantsText(request)) return sendFailureText(runner, request, reply, failure, publicUrl);
    reply.header('cache-control', 'no-store').header('vary', 'Accept, User-Agent');
    if (await isToCome(runner, request, failure))
      return reply
        .code(404)
        .header('content-security-policy', SHORT_PAGE_POLICY)
        .type('text/html; charset=utf-8')
        .send(ANNOUNCED);
    return reply.redirect(`${pagesPrefix}/f/${encodeURIComponent(failure)}`, 302);
  });
}
